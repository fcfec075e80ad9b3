"""Ranges of affine expressions over index boxes: does an access leave its tensor?"""

from collections.abc import Sequence
from itertools import product
from math import prod

from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineConstantExpr,
    AffineDimExpr,
    AffineExpr,
)

ENUMERATED_POINTS = 65536
"""Largest box whose points are tried one by one when an expression divides."""


def linear_form(expr: AffineExpr, dims: int) -> tuple[list[int], int] | None:
    """Return (coefficient per dimension, constant), or None when the expression divides."""
    match expr:
        case AffineConstantExpr(value):
            return [0] * dims, value
        case AffineDimExpr(position):
            return [int(dim == position) for dim in range(dims)], 0
        case AffineBinaryOpExpr(AffineBinaryOpKind.Add, lhs, rhs):
            left, right = linear_form(lhs, dims), linear_form(rhs, dims)
            if left is None or right is None:
                return None
            return [a + b for a, b in zip(left[0], right[0], strict=True)], left[1] + right[1]
        case AffineBinaryOpExpr(AffineBinaryOpKind.Mul, lhs, AffineConstantExpr(factor)):
            left = linear_form(lhs, dims)
            return left and ([a * factor for a in left[0]], left[1] * factor)
        case _:
            return None


def interval(expr: AffineExpr, bounds: Sequence[int]) -> tuple[int, int]:
    """
    Return an inclusive range holding every value of `expr` for 0 <= d[i] < bounds[i].

    It is tight for expressions without division; with division it may be too wide.
    """
    linear = linear_form(expr, len(bounds))
    if linear is not None:
        coefficients, constant = linear
        ends = [c * (bound - 1) for c, bound in zip(coefficients, bounds, strict=True)]
        return constant + sum(min(0, e) for e in ends), constant + sum(max(0, e) for e in ends)
    if not isinstance(expr, AffineBinaryOpExpr):
        raise RuntimeError(f"affine expression {expr} is neither linear nor binary, this is a bug")
    low, high = interval(expr.lhs, bounds)
    other_low, other_high = interval(expr.rhs, bounds)
    match expr.kind:
        case AffineBinaryOpKind.Add:
            return low + other_low, high + other_high
        case AffineBinaryOpKind.Mul:
            ends = [low * other_low, low * other_high, high * other_low, high * other_high]
            return min(ends), max(ends)
        case AffineBinaryOpKind.FloorDiv:
            return low // other_low, high // other_low
        case AffineBinaryOpKind.CeilDiv:
            return -(-low // other_low), -(-high // other_low)
        case AffineBinaryOpKind.Mod:
            if low // other_low == high // other_low:
                return low % other_low, high % other_low
            return 0, other_low - 1


def exact_range(expr: AffineExpr, bounds: Sequence[int]) -> tuple[int, int] | None:
    """
    Return the least and greatest value of `expr` over the box, or None when that is unknown.

    Unknown only for expressions that divide and whose box has more than 65536 points.
    """
    if linear_form(expr, len(bounds)) is not None:
        return interval(expr, bounds)
    used = sorted(expr.used_dims())
    if prod(bounds[dim] for dim in used) > ENUMERATED_POINTS:
        return None
    values: list[int] = []
    point = [0] * len(bounds)
    for coordinates in product(*(range(bounds[dim]) for dim in used)):
        for dim, coordinate in zip(used, coordinates, strict=True):
            point[dim] = coordinate
        values.append(expr.eval(point, []))
    return min(values), max(values)
