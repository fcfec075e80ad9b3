"""What may be tiled: functions that return the reason against it, or None."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import func
from xdsl.ir import Operation, SSAValue
from xdsl.ir.affine import AffineExpr

from spatial_opt.dialects.affine_bounds import interval
from spatial_opt.dialects.pattern import (
    ConvertOp,
    DomainOp,
    GatherOp,
    MapOp,
    NextOp,
    ReadOp,
    ReduceOp,
    ScanOp,
    is_float,
)
from spatial_opt.dialects.pattern_remainder import adds_zero
from spatial_opt.passes.tiling.accesses import bounds_of, shape_of
from spatial_opt.passes.tiling.tiled_domain import TiledDomain

KEEP = "keep"
"""Stands for a dimension that stays whole."""


def bad_sizes(op: DomainOp, sizes: Sequence[int | str], option: str) -> str | None:
    """Return what is wrong with tile sizes for a domain."""
    dimensions = dimensions_of(op)
    if len(sizes) != len(op.domain):
        return (
            f"{option} has {len(sizes)} entries and ({dimensions}) has {len(op.domain)} "
            f"dimensions; give one size per dimension, {KEEP} for one that stays whole"
        )
    for position, size in enumerate(sizes):
        name, extent = index_name(op, position), op.domain[position]
        if isinstance(size, int) and size > extent:
            return (
                f"the tile size of %{name} is at most its extent {extent}, got {size}; choose a "
                f"smaller one, or {KEEP}"
            )
    return None


def bad_order(op: DomainOp, tiled: TiledDomain, option: str) -> str | None:
    """Return what is wrong with an interchange."""
    count = len(op.domain) + sum(size is not None for size in tiled.sizes)
    if len(tiled.order) != count:
        return (
            f"{option} names {len(tiled.order)} dimensions and ({dimensions_of(op)}) has {count} "
            "after the cutting; name each of them once"
        )
    return None


def spread(op: DomainOp) -> str | None:
    """Return the reason if a domain has parallel factors already."""
    factors = [*op.par_factors, op.lane_count]
    if any(factor != 1 for factor in factors):
        return (
            f"({dimensions_of(op)}) has parallel factors already (par "
            f"{list(op.par_factors)}, lanes {op.lane_count}); tile before pattern-parallelize"
        )
    return None


def map_reason(op: MapOp, tiled: TiledDomain) -> str | None:
    """Return why a map cannot be tiled so that every reader still finds its elements."""
    for result in op.results:
        for use in result.uses:
            reason = _reader_reason(use.operation, result, op, tiled)
            if reason is not None:
                return reason
    return _gather_reason(op, tiled)


def _reader_reason(user: Operation, result: SSAValue, op: MapOp, tiled: TiledDomain) -> str | None:
    name = result.name_hint
    match user:
        case ReadOp():
            bounds = bounds_of(user.indices)
            for position, expr in enumerate(user.map.data.results):
                extent = op.domain[position]
                if user.zero_outside is None or not tiled.remainder(position):
                    continue
                if bounds is None or interval(expr, bounds)[1] >= extent:
                    return (
                        f"a reader of %{name} counts on zeros from {extent} on in dimension "
                        f"{position}, where the last tile of {tiled.sizes[position]} is filled "
                        f"with other values; choose a size that divides {extent}"
                    )
            return None
        case GatherOp():
            what = "is looked up at computed coordinates"
        case NextOp():
            what = "leaves its step of the scan"
        case func.ReturnOp():
            what = "is a result of the function"
        case ScanOp():
            what = "starts a carried value of a scan"
        case _:
            what = f"is used by {user.name}"
    return (
        f"%{name} {what}, which fixes its shape {list(op.domain)}; tile a map in between, or "
        "leave this one whole"
    )


def reduce_reason(op: ReduceOp, tiled: TiledDomain, reassociate: bool) -> str | None:
    """Return why a reduction cannot be tiled without another value."""
    if tiled.moves and not reassociate:
        for kind, result in zip(op.kind_names, op.results, strict=True):
            if kind in ("add", "mul") and is_float(result.type):
                return (
                    f"another order of ({dimensions_of(op)}) reassociates a sum or product in "
                    f"{result.type}, which changes its rounding; keep the order, or allow it with "
                    "reassociate=true"
                )
    for position, extent in enumerate(op.domain):
        if tiled.remainder(position) and not _pads_with_zeros(op, position, tiled):
            size = tiled.sizes[position]
            return (
                f"tiles of {size} cover {extent} elements of %{index_name(op, position)} and "
                f"{tiled.remainder(position)} more, which would not add zero; choose a size that "
                f"divides {extent}, or make it a sum of products of values read along "
                f"%{index_name(op, position)}"
            )
    return _gather_reason(op, tiled)


def _gather_reason(op: DomainOp, tiled: TiledDomain) -> str | None:
    """Return why the points that fill the last tiles up must not be computed."""
    if not any(tiled.remainder(position) for position in range(len(op.domain))):
        return None
    for inner in op.body.block.walk():
        if isinstance(inner, GatherOp) and not all(map(_is_clamped, inner.indices)):
            return (
                f"its body looks up %{inner.source.name_hint} at a computed place, which may "
                "lie outside for the points that fill the last tile; choose sizes that divide "
                f"{list(op.domain)}"
            )
    return None


def _is_clamped(index: SSAValue) -> bool:
    return isinstance(index.owner, ConvertOp) and index.owner.clamp is not None


def _pads_with_zeros(op: ReduceOp, position: int, tiled: TiledDomain) -> bool:
    """
    Return whether a point beyond the end of a dimension adds zero to every result.

    Its reads must lie outside their tensors, where they give zero.
    """
    extent = op.domain[position]
    beyond = (extent, extent + tiled.remainder(position) - 1)
    return adds_zero(op, lambda read: _reads_outside(read, op, tiled, position, beyond))


def _reads_outside(
    op: ReadOp, reduce: ReduceOp, tiled: TiledDomain, position: int, beyond: tuple[int, int]
) -> bool:
    """Return whether a read lies outside for a range of one index, whatever the others are."""
    bounds, index = bounds_of(op.indices), reduce.indices[position]
    if bounds is None or index not in op.indices:
        return False
    for other, extent in enumerate(tiled.domain):
        # The last tiles of the other dimensions may be filled up as well.
        if reduce.indices[other] in op.indices:
            bounds[op.indices.index(reduce.indices[other])] = extent + tiled.remainder(other)
    place = op.indices.index(index)
    low, high = beyond
    for expr, extent in zip(op.map.data.results, shape_of(op.source), strict=True):
        # The range starts at `low`: count from there.
        shifted = [
            expr_dim + low if dim == place else expr_dim
            for dim, expr_dim in enumerate(map(AffineExpr.dimension, range(len(bounds))))
        ]
        box = [high - low + 1 if dim == place else bound for dim, bound in enumerate(bounds)]
        least, greatest = interval(expr.replace_dims_and_symbols(shifted, []), box)
        if least >= extent or greatest < 0:
            return True
    return False


def dimensions_of(op: DomainOp) -> str:
    """Write the indices of a domain with their extents."""
    return ", ".join(
        f"%{index_name(op, position)} in {extent}" for position, extent in enumerate(op.domain)
    )


def index_name(op: DomainOp, position: int) -> str:
    """Return the name of an index, its number when it has none."""
    return op.indices[position].name_hint or str(position)
