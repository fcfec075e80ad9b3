"""Affine expressions while one variable runs through an aligned block of its values."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineConstantExpr,
    AffineExpr,
)

from spatial_opt.dialects.affine_bounds import linear_form


def within_block(expr: AffineExpr, dim: int, dims: int, block: int) -> AffineExpr:
    """
    Simplify an expression for dimension `dim` running from n * block to n * block + block - 1.

    What it is divided by has to be a multiple of `block`, and what is added to it before: then
    quotients stay as they are (0 stands for them), and remainders rise with it. Other divisions are
    left alone.
    """
    if not isinstance(expr, AffineBinaryOpExpr):
        return expr
    if expr.kind in (AffineBinaryOpKind.FloorDiv, AffineBinaryOpKind.Mod):
        form = linear_form(expr.lhs, dims)
        divisor = expr.rhs
        if form is None or not isinstance(divisor, AffineConstantExpr) or not form[0][dim]:
            return expr
        coefficients, constant = form
        others = [*coefficients[:dim], *coefficients[dim + 1 :], constant, divisor.value]
        if coefficients[dim] != 1 or any(other % block for other in others):
            return expr
        if expr.kind is AffineBinaryOpKind.Mod:
            return AffineExpr.dimension(dim)
        return AffineExpr.constant(0)
    left = within_block(expr.lhs, dim, dims, block)
    right = within_block(expr.rhs, dim, dims, block)
    return AffineBinaryOpExpr(expr.kind, left, right)


def side_by_side(exprs: Sequence[AffineExpr], dim: int, dims: int, block: int) -> bool:
    """
    Tell whether coordinates go through neighbours, last coordinate, as one dimension runs.

    `block` values of it, from a multiple of `block` on; 1 where any number from any value on.
    """
    if block > 1:
        exprs = [within_block(expr, dim, dims, block) for expr in exprs]
    *outer, last = exprs
    form = linear_form(last, dims)
    inside = any(dim in expr.used_dims() for expr in outer)
    return form is not None and form[0][dim] == 1 and not inside
