"""Rewriting of reads whose indices or whose tensor were cut into tiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from xdsl.dialects import arith
from xdsl.dialects.builtin import IndexType, IntegerAttr, TensorType
from xdsl.ir import Block, Operation, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap
from xdsl.rewriter import InsertPoint, Rewriter

from spatial_opt.dialects.affine_bounds import interval
from spatial_opt.dialects.pattern import ReadOp, index_bound
from spatial_opt.passes.tiling.tiled_domain import TiledDomain, simplify, tidy

Replacement = Sequence[tuple[int, SSAValue]]
"""An index as a sum: coefficients and the indices that take its place."""


def bounds_of(indices: Sequence[SSAValue]) -> list[int] | None:
    """Return the bounds of loop indices, None when one is computed."""
    bounds = [index_bound(index) for index in indices]
    known = [bound for bound in bounds if bound is not None]
    return known if len(known) == len(bounds) else None


def replace_indices(block: Block, replaced: Mapping[SSAValue, Replacement], padded: bool) -> None:
    """
    Let everything below a block use new indices in place of old ones.

    Reads that now reach outside their tensor, which only points beyond the old bounds do (there
    are some if `padded`), are marked `zero_outside`. Other users get the old index computed.
    """
    for op in list(block.walk()):
        if isinstance(op, ReadOp) and any(index in replaced for index in op.indices):
            _replace_in_read(op, replaced, padded)
    for old, terms in replaced.items():
        if old.uses:
            old.replace_all_uses_with(_computed(block, old, terms))


def _replace_in_read(op: ReadOp, replaced: Mapping[SSAValue, Replacement], padded: bool) -> None:
    operands: list[SSAValue] = []
    dims: list[AffineExpr] = []
    for index in op.indices:
        total: AffineExpr | None = None
        for coefficient, value in replaced.get(index, ((1, index),)):
            if value not in operands:
                operands.append(value)
            term = AffineExpr.dimension(operands.index(value))
            term = term if coefficient == 1 else term * coefficient
            total = term if total is None else total + term
        assert total is not None
        dims.append(total)
    map = op.map.data.replace_dims_and_symbols(dims, [], len(operands), 0)
    bounds = bounds_of(operands)
    if bounds is not None:
        exprs = tuple(tidy(simplify(e, bounds), len(bounds)) for e in map.results)
        map = AffineMap(len(operands), 0, exprs)
    outside = padded and _reaches_outside(op.source, map, bounds)
    zero_outside = op.zero_outside is not None or outside
    _replace_read(op, ReadOp(op.source, operands, map, zero_outside=zero_outside))


def _reaches_outside(source: SSAValue, map: AffineMap, bounds: Sequence[int] | None) -> bool:
    """Return whether an access may leave its tensor, as far as the bounds tell."""
    if bounds is None:
        return True
    for expr, extent in zip(map.results, shape_of(source), strict=True):
        low, high = interval(expr, bounds)
        if low < 0 or high >= extent:
            return True
    return False


def shape_of(value: SSAValue) -> tuple[int, ...]:
    """Return the shape of a tensor."""
    return cast(TensorType, value.type).get_shape()


def read_tiles(op: ReadOp, tensor: SSAValue, tiled: TiledDomain) -> None:
    """Let a read find its element in a tensor whose shape was tiled."""
    indices = list(op.indices)
    # A computed index is only bounded by what the read allows.
    bounds = bounds_of(indices) or [1 << 31] * len(indices)
    map = AffineMap(len(indices), 0, tuple(tiled.new_coordinates(op.map.data.results, bounds)))
    _replace_read(op, ReadOp(tensor, indices, map, zero_outside=op.zero_outside is not None))


def _replace_read(old: ReadOp, new: ReadOp) -> None:
    new.attributes |= old.attributes
    new.location = old.location
    new.result.name_hint = old.result.name_hint
    Rewriter.replace_op(old, new)


def _computed(block: Block, old: SSAValue, terms: Replacement) -> SSAValue:
    """Compute an old index at the start of a block."""
    made: list[Operation] = []
    total: SSAValue | None = None
    for coefficient, value in terms:
        if coefficient != 1:
            factor = arith.ConstantOp(IntegerAttr(coefficient, IndexType()))
            product = arith.MuliOp(value, factor.result)
            made += [factor, product]
            value = product.result
        if total is not None:
            made.append(arith.AddiOp(total, value))
            value = made[-1].results[0]
        total = value
    assert total is not None
    parent = block.parent_op()
    for op in made:
        if parent is not None:
            op.location = parent.location
    if made:
        Rewriter.insert_op(made, InsertPoint.at_start(block))
        total.name_hint = old.name_hint
    return total
