"""Affine maps of xDSL as isl's, and boxes of points."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import islpy as isl
from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineConstantExpr,
    AffineDimExpr,
    AffineExpr,
    AffineMap,
)


@cache
def box(bounds: tuple[int, ...]) -> isl.Set:
    """Return the points with 0 <= p[i] < bounds[i]."""
    names = [f"p{n}" for n in range(len(bounds))]
    limits = [f"0 <= {name} < {bound}" for name, bound in zip(names, bounds, strict=True)]
    condition = " and ".join(limits)
    return isl.Set(f"{{ [{', '.join(names)}]{f' : {condition}' if condition else ''} }}")


@cache
def _domain_space(dims: int) -> isl.Space:
    return isl.Space.set_alloc(isl.DEFAULT_CONTEXT, 0, dims)


@cache
def _map_space(dims: int, results: int) -> isl.Space:
    return isl.Space.alloc(isl.DEFAULT_CONTEXT, 0, dims, results)


@cache
def _dimension(dims: int, position: int) -> isl.Aff:
    space = isl.LocalSpace.from_space(_domain_space(dims))
    return isl.Aff.var_on_domain(space, isl.dim_type.set, position)


def _constant(dims: int, value: int) -> isl.Aff:
    return isl.Aff.val_on_domain_space(_domain_space(dims), value)


def _aff(expr: AffineExpr, dims: int, positions: Sequence[int]) -> isl.Aff | None:
    match expr:
        case AffineConstantExpr(value):
            return _constant(dims, value)
        case AffineDimExpr(position):
            return _dimension(dims, positions[position])
        case AffineBinaryOpExpr(AffineBinaryOpKind.Add, lhs, rhs):
            left, right = _aff(lhs, dims, positions), _aff(rhs, dims, positions)
            return None if left is None or right is None else left.add(right)
        case AffineBinaryOpExpr(kind, lhs, AffineConstantExpr(value)):
            left = _aff(lhs, dims, positions)
            return None if left is None else _by_constant(kind, left, value)
        case _:
            return None


def _by_constant(kind: AffineBinaryOpKind, left: isl.Aff, value: int) -> isl.Aff | None:
    if kind is AffineBinaryOpKind.Mul:
        return left.scale_val(value)
    if value <= 0:
        return None
    match kind:
        case AffineBinaryOpKind.FloorDiv:
            return left.scale_down_val(value).floor()
        case AffineBinaryOpKind.CeilDiv:
            return left.scale_down_val(value).ceil()
        case _:
            return left.mod_val(value)


def function(exprs: Sequence[isl.Aff], dims: int) -> isl.MultiAff:
    """Return the function of `dims` dimensions with these results."""
    space = _map_space(dims, len(exprs))
    affs = isl.AffList.alloc(isl.DEFAULT_CONTEXT, len(exprs))
    for expr in exprs:
        affs = affs.add(expr)
    return isl.MultiAff.from_aff_list(space, affs)


def to_isl(
    map: AffineMap, dims: int, positions: Sequence[int] | None = None, prefix: int = 0
) -> isl.MultiAff | None:
    """
    Return an affine map as a function of `dims` dimensions, None if it is not affine.

    Dimension i of the map is dimension `positions[i]` of the function, i itself by default. The
    first `prefix` dimensions stand unchanged in front of the results.
    """
    places = range(map.num_dims) if positions is None else positions
    affs = [_dimension(dims, n) for n in range(prefix)]
    for expr in map.results:
        aff = _aff(expr, dims, places)
        if aff is None:
            return None
        affs.append(aff)
    return function(affs, dims)


def chosen(dims: int, positions: Sequence[int]) -> isl.MultiAff:
    """Return the function of `dims` dimensions that gives some of them."""
    return function([_dimension(dims, n) for n in positions], dims)


def related(function: isl.MultiAff, domain: isl.Set) -> isl.Map:
    """Return a function on a domain as a relation."""
    return isl.Map.from_multi_aff(function).intersect_domain(domain)


def results_of(function: isl.MultiAff) -> list[isl.Aff]:
    """Return the results of a function one by one."""
    return [function.get_at(n) for n in range(function.dim(isl.dim_type.out))]


def single_function(relation: isl.Map) -> isl.MultiAff | None:
    """Return the function that a relation is on its domain, None if isl needs several pieces."""
    found: list[isl.MultiAff] = []
    relation.as_pw_multi_aff().foreach_piece(lambda where, piece: found.append(piece))
    return found[0] if len(found) == 1 else None
