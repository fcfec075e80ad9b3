"""Memories of constants: laid out in the order in which one unit reads them."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap

from spatial_opt.dialects import pattern, spatial
from spatial_opt.lowering.spatial.plan import MemoryPlan
from spatial_opt.lowering.spatial.program import Access, ProgramBlock, element_type, shape
from spatial_opt.lowering.spatial.space import KernelSpace, ReduceSpace, time_replacement


@dataclass(frozen=True)
class ConstantLayout:
    """
    What one unit reads of a parameter, in the order of its counters.

    `held` has one dimension per loop variable that the access uses, `address` the counters that
    run through it, `origin` says which element of the parameter each place holds. Only units for
    which the elements differ get memories of their own: `labels` tells them apart.
    """

    held: tuple[int, ...]
    address: tuple[AffineExpr, ...]
    origin: AffineMap
    labels: tuple[int, ...]


def labels_of(
    access: Access, space: KernelSpace, copy: int, reduce: ReduceSpace | None, piece: int
) -> tuple[int, ...]:
    """Number the units that read different elements: by copy, by piece, by both or by neither."""
    used = [v for v in access.variables if access.dims_of(v)]
    per_copy = space.kernel.indices[-1] in used and space.vector_variable is None
    per_piece = reduce is not None and reduce.op.indices[-1] in used
    return tuple(n for n, on in ((copy, per_copy), (piece, per_piece)) if on)


def constant_layout(
    access: Access, space: KernelSpace, copy: int, reduce: ReduceSpace | None, piece: int
) -> ConstantLayout:
    """Lay out what one copy and piece of a kernel reads of a parameter."""
    kernel = space.kernel
    used = [v for v in access.variables if access.dims_of(v)]
    last_row = kernel.indices[-1]
    held: list[int] = []
    address: list[AffineExpr] = []
    origin: dict[SSAValue, AffineExpr] = {}
    bounds = space.bounds(reduce, piece)
    time = time_replacement(kernel.block)
    order = [*time, *kernel.indices, *(reduce.op.body.block.args if reduce else ())]
    for position, variable in enumerate(order):
        if variable not in used:
            continue
        counter = AffineExpr.dimension(position)
        coordinate = AffineExpr.dimension(len(held))
        if variable in time:
            held.append(kernel.block.trips)
            origin[variable] = (
                coordinate
                if kernel.block.loop is None or kernel.block.loop.reverse is None
                else AffineExpr.constant(kernel.block.trips - 1) - coordinate
            )
        elif reduce is not None and variable is reduce.op.body.block.args[-1]:
            held.append(reduce.length(piece))
            origin[variable] = coordinate + piece * reduce.piece
            counter = counter * reduce.lanes if reduce.lanes > 1 else counter
        elif variable is space.vector_variable:
            held.append(kernel.bounds[-1])
            origin[variable] = coordinate
            counter = counter * kernel.lanes
        elif variable is last_row:
            held.append(space.rows[-1])
            origin[variable] = coordinate * space.step + copy if space.step > 1 else coordinate
        else:
            held.append(bounds[position - space.base])
            origin[variable] = coordinate
        address.append(counter)
    return ConstantLayout(
        tuple(held) or (1,),
        tuple(address) or (AffineExpr.constant(0),),
        AffineMap(max(1, len(held)), 0, access.substituted(origin)),
        labels_of(access, space, copy, reduce, piece),
    )


def constant_memory(
    access: Access, layout: ConstantLayout, name: str, block: ProgramBlock
) -> MemoryPlan:
    """Plan the memory that holds a layout of a parameter."""
    parameter = access.source.owner
    assert isinstance(parameter, pattern.ParameterOp)
    scale = parameter.scale.value.data if parameter.scale is not None else None
    init = spatial.ParameterInitAttr.get(
        parameter.name_.data, scale, layout.origin, shape(access.source)
    )
    return MemoryPlan(name, block, layout.held, element_type(access.source), init, mutable=False)
