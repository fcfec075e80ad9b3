"""Affine expressions whose divisions are decided by the ranges of their indices."""

from collections.abc import Sequence

from xdsl.ir.affine import AffineBinaryOpExpr, AffineBinaryOpKind, AffineConstantExpr, AffineExpr

from spatial_opt.dialects.affine_bounds import interval, linear_form


def simplify(expr: AffineExpr, extents: Sequence[int]) -> AffineExpr:
    """
    Simplify an expression of indices that run from 0 below their extents.

    (16 * a + b) floordiv 16 is a, and the same mod 16 is b, where b stays below 16.
    """
    linear = linear_form(expr, len(extents))
    if linear is not None:
        return _sum(linear[0], linear[1], extents)
    if not isinstance(expr, AffineBinaryOpExpr):
        return expr
    lhs, rhs = simplify(expr.lhs, extents), simplify(expr.rhs, extents)
    if expr.kind in (AffineBinaryOpKind.FloorDiv, AffineBinaryOpKind.Mod):
        decided = _divided(expr.kind, lhs, rhs, extents)
        if decided is not None:
            return decided
    return AffineBinaryOpExpr(expr.kind, lhs, rhs)


def _divided(
    kind: AffineBinaryOpKind, lhs: AffineExpr, rhs: AffineExpr, extents: Sequence[int]
) -> AffineExpr | None:
    """Divide a linear expression whose part that the divisor does not divide stays below it."""
    form = linear_form(lhs, len(extents))
    if form is None or not isinstance(rhs, AffineConstantExpr):
        return None
    divisor, (coefficients, constant) = rhs.value, form
    whole = [factor // divisor if factor % divisor == 0 else 0 for factor in coefficients]
    rest = [0 if factor % divisor == 0 else factor for factor in coefficients]
    left = _sum(rest, constant % divisor, extents)
    low, high = interval(left, extents)
    if low < 0 or high >= divisor:
        return None
    if kind is AffineBinaryOpKind.Mod:
        return left
    return _sum(whole, constant // divisor, extents)


def _sum(coefficients: Sequence[int], constant: int, extents: Sequence[int]) -> AffineExpr:
    """Write a linear expression, without the indices that are always 0."""
    total: AffineExpr | None = None
    for position, factor in enumerate(coefficients):
        if factor == 0 or extents[position] == 1:
            continue
        term = AffineExpr.dimension(position)
        if factor != 1:
            term = term * factor
        total = term if total is None else total + term
    if total is None:
        return AffineExpr.constant(constant)
    return total + constant if constant else total
