"""Construction of tiled maps and reductions."""

from __future__ import annotations

from xdsl.dialects.builtin import IndexType
from xdsl.ir import Block, SSAValue
from xdsl.rewriter import InsertPoint, Rewriter

from spatial_opt.dialects.pattern import DomainOp, MapOp, ReadOp, ReduceOp
from spatial_opt.passes.tiling.accesses import Replacement, read_tiles, replace_indices
from spatial_opt.passes.tiling.tiled_domain import TiledDomain

_SUFFIX = {"whole": "", "outer": "o", "inner": "i"}


def tile_map(op: MapOp, tiled: TiledDomain) -> MapOp:
    """Replace a map by the tiled one, of another shape, and rewrite its readers."""
    elements = [result.type.element_type for result in op.res]
    new = MapOp(tiled.bounds, elements, op.detach_region(op.body))
    _replace_block_indices(new, tiled)
    new.attributes |= op.attributes
    new.location = op.location
    Rewriter.insert_op(new, InsertPoint.before(op))
    for old_result, result in zip(op.results, new.results, strict=True):
        result.name_hint = old_result.name_hint
        for use in list(old_result.uses):
            assert isinstance(use.operation, ReadOp)
            read_tiles(use.operation, result, tiled)
    Rewriter.erase_op(op)
    return new


def tile_reduce(op: ReduceOp, tiled: TiledDomain) -> ReduceOp:
    """Replace a reduction by the tiled one."""
    new = ReduceOp(
        op.kind_names,
        tiled.bounds,
        op.result_types,
        op.detach_region(op.body),
        through=op.through_types,
    )
    _replace_block_indices(new, tiled)
    new.attributes |= op.attributes
    new.location = op.location
    for old_result, result in zip(op.results, new.results, strict=True):
        result.name_hint = old_result.name_hint
    Rewriter.replace_op(op, new)
    return new


def _replace_block_indices(op: DomainOp, tiled: TiledDomain) -> None:
    """Give the body one index per new dimension in place of its old ones."""
    block = op.body.block
    old = block.args
    # Old indices move behind the new ones until nobody uses them: then bounds are found.
    for position, part in enumerate(tiled.parts):
        index = block.insert_arg(IndexType(), position)
        hint = old[part.source].name_hint
        index.name_hint = None if hint is None else f"{hint}{_SUFFIX[part.kind]}"
    replaced: dict[SSAValue, Replacement] = {}
    for source, index in enumerate(old):
        terms: list[tuple[int, SSAValue]] = []
        size = tiled.sizes[source]
        for kind, coefficient in (("whole", 1), ("outer", size or 1), ("inner", 1)):
            terms += [
                (coefficient, block.args[position])
                for position, part in enumerate(tiled.parts)
                if part.source == source and part.kind == kind
            ]
        replaced[index] = terms
    padded = any(tiled.remainder(position) for position in range(len(tiled.domain)))
    replace_indices(block, replaced, padded)
    _drop(block, len(tiled.parts))


def _drop(block: Block, kept: int) -> None:
    for index in reversed(block.args[kept:]):
        block.erase_arg(index)
