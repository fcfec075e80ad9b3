"""Memories of constants: laid out in the order in which one unit reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap

from spatial_opt.dialects import pattern, spatial
from spatial_opt.dialects.affine_bounds import linear_form
from spatial_opt.lowering.spatial.plan import MemoryPlan
from spatial_opt.lowering.spatial.program import Access, ProgramBlock, element_type, shape
from spatial_opt.lowering.spatial.space import UnitSpace


@dataclass(frozen=True)
class ConstantLayout:
    """
    What one unit reads of a parameter, in the order of its counters.

    `held` has one dimension per counter that the access uses, the last one with the lanes of a
    token behind it; `address` the counters that run through it, `origin` says which element of
    the parameter each place holds. Units with equal layouts read the same elements.
    """

    held: tuple[int, ...]
    address: tuple[AffineExpr, ...]
    origin: AffineMap


def constant_layout(access: Access, space: UnitSpace) -> ConstantLayout:
    """Lay out what one unit reads of a parameter."""
    lanes = space.lanes_of(access)
    width = space.width(access) or 1
    positions = access.substituted(dict(space.positions))
    counters = sorted({dim for expr in positions for dim in expr.used_dims()})
    held = [space.trips[dim] for dim in counters]
    address: list[AffineExpr] = [AffineExpr.dimension(dim) for dim in counters]
    # Which element of each dimension a place holds: the counters, then a lane of the token.
    places = [AffineExpr.dimension(n) for n in range(len(counters))]
    within = AffineExpr.dimension(len(held)) if width > 1 else AffineExpr.constant(0)
    joined = _joined(space, lanes, counters)
    if joined is not None:
        variable, offset = joined
        # A unit whose rows are all behind the end holds one zero.
        held[-1] = max(1, min(held[-1] * width, space.limit(variable) - offset))
        address[-1] = address[-1] * width
        within = AffineExpr.dimension(len(held) - 1)
        places[-1] = AffineExpr.constant(0)
    elif width > 1:
        held.append(width)
        address.append(AffineExpr.constant(0))
    dims: list[AffineExpr] = [AffineExpr.constant(0)] * len(space.trips)
    for dim, place in zip(counters, places, strict=True):
        dims[dim] = place
    coordinates: dict[SSAValue, AffineExpr] = {}
    for variable in access.variables:
        at = space.positions[variable].replace_dims_and_symbols(dims, [])
        coordinates[variable] = at + _lane(variable, lanes, within)
    return ConstantLayout(
        tuple(held) or (1,),
        tuple(address) or (AffineExpr.constant(0),),
        AffineMap(max(1, len(held)), 0, access.substituted(coordinates)),
    )


def _joined(
    space: UnitSpace, lanes: list[tuple[SSAValue, int]], counters: list[int]
) -> tuple[SSAValue, int] | None:
    """
    Give the variable whose counter and lanes make one dimension, and where that begins.

    That is so where the tokens of the last counter lie side by side.
    """
    if len(lanes) != 1 or not counters:
        return None
    variable, count = lanes[0]
    form = linear_form(space.positions[variable], len(space.trips))
    if form is None:
        return None
    factors, offset = form
    alone = all(not factor for dim, factor in enumerate(factors) if dim != counters[-1])
    return (variable, offset) if alone and factors[counters[-1]] == count else None


def _lane(variable: SSAValue, lanes: list[tuple[SSAValue, int]], within: AffineExpr) -> AffineExpr:
    """Give a variable's part of a place within a token; the last of `lanes` runs fastest."""
    inner = 1
    for position in range(len(lanes) - 1, -1, -1):
        other, count = lanes[position]
        if other is variable:
            found = within if inner == 1 else within // inner
            return found if position == 0 else found % count
        inner *= count
    return AffineExpr.constant(0)


def alike(layouts: Sequence[ConstantLayout]) -> bool:
    """Tell whether layouts differ in what they hold only, so that a memory can hold the sum."""
    first = layouts[0]
    return all((each.held, each.address) == (first.held, first.address) for each in layouts)


def constant_memory(
    accesses: Sequence[Access], layouts: Sequence[ConstantLayout], name: str, block: ProgramBlock
) -> MemoryPlan:
    """Plan the memory that holds a layout of a parameter, or the sum of several."""
    parts: list[spatial.ParameterInitAttr] = []
    for access, layout in zip(accesses, layouts, strict=True):
        parameter = access.source.owner
        assert isinstance(parameter, pattern.ParameterOp)
        scale = parameter.scale.value.data if parameter.scale is not None else None
        parts.append(
            spatial.ParameterInitAttr.get(
                parameter.name_.data, scale, layout.origin, shape(access.source)
            )
        )
    init = parts[0] if len(parts) == 1 else spatial.SumInitAttr.get(parts)
    element = element_type(accesses[0].source)
    return MemoryPlan(name, block, layouts[0].held, element, init, mutable=False)
