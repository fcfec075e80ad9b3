"""Values of affine expressions, at one point or at many."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy.typing as npt
from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineConstantExpr,
    AffineDimExpr,
    AffineExpr,
)

Values: TypeAlias = npt.NDArray[Any] | int


def evaluate_affine(expr: AffineExpr, dims: Sequence[Values]) -> Values:
    """Evaluate an affine expression on integers or integer arrays (which broadcast)."""
    match expr:
        case AffineConstantExpr(value):
            return value
        case AffineDimExpr(position):
            return dims[position]
        case AffineBinaryOpExpr(kind, lhs, rhs):
            a, b = evaluate_affine(lhs, dims), evaluate_affine(rhs, dims)
            match kind:
                case AffineBinaryOpKind.Add:
                    return a + b
                case AffineBinaryOpKind.Mul:
                    return a * b
                case AffineBinaryOpKind.Mod:
                    return a % b
                case AffineBinaryOpKind.FloorDiv:
                    return a // b
                case AffineBinaryOpKind.CeilDiv:
                    return -(-a // b)
        case _:
            raise RuntimeError(f"affine expression {expr} has symbols; this is a bug")
