"""
Memories: who holds a value for whom, and at which address.

Every access gets a read stream of a memory laid out for it. Constants (parameters, tables) are laid
out in the order in which they are read, one memory per unit that reads them; for values made at run
time see `kernel_reads`.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import arith
from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineExpr

from spatial_opt.dialects import pattern, spatial
from spatial_opt.lowering.spatial.constants import (
    ConstantLayout,
    alike,
    constant_layout,
    constant_memory,
)
from spatial_opt.lowering.spatial.kernel_reads import KernelReads
from spatial_opt.lowering.spatial.layouts import Source, reads_beyond
from spatial_opt.lowering.spatial.plan import Feed, MemoryPlan, Plan, StreamPlan
from spatial_opt.lowering.spatial.program import Access, Kernel
from spatial_opt.lowering.spatial.space import UnitSpace


class Memories:
    """Allocates memories and read streams for accesses."""

    def __init__(self, plan: Plan, reads: KernelReads) -> None:
        self.plan = plan
        self.reads = reads
        self.values = reads.values
        self.constants: dict[
            tuple[
                tuple[SSAValue, ...], str, tuple[ConstantLayout, ...], tuple[int, ...], int | None
            ],
            Source,
        ] = {}

    def serve(self, access: Access, space: UnitSpace) -> Source:
        """Give the source of one access of one unit."""
        constant = self.constant([access], space) if is_constant(access) else None
        return constant or self.reads.read(access, space)

    def serve_rows(
        self, access: Access, spaces: Sequence[UnitSpace]
    ) -> tuple[list[Feed], list[Source]]:
        """Give what feeds each of the row units of a kernel for an access, and all its sources."""
        if not is_constant(access):
            return self.reads.read_rows(access, spaces)
        sources = [self.serve(access, space) for space in spaces]
        return [((source.port, None),) for source in sources], sources

    def constant(self, accesses: Sequence[Access], space: UnitSpace) -> Source | None:
        """
        Give the source of a parameter's elements, or of the sum of several parameters' elements.

        None where they are not laid out alike, so that no memory can hold the sum.
        """
        layouts = [constant_layout(access, space) for access in accesses]
        if not alike(layouts):
            return None
        kernel, width = space.kernel, space.width(accesses[0])
        sources = tuple(access.source for access in accesses)
        key = (sources, kernel.name, tuple(layouts), space.bounds, width)
        if key in self.constants:
            return self.constants[key]
        shorts: list[str] = []
        for source in sources:
            assert isinstance(source.owner, pattern.ParameterOp)
            shorts.append(source.owner.name_.data.rsplit(".", 1)[-1])
        labels = space.label if layouts[0].address != (AffineExpr.constant(0),) else ()
        short = "".join(dict.fromkeys(shorts))
        name = self.plan.unique(".".join([kernel.name, short, *map(str, labels)]))
        memory = constant_memory(accesses, layouts, name, kernel.block)
        memory.bank(self.values.declarations.fixed_banking(sources[0]))
        self.plan.units.append(memory)
        found = _stream(memory, space, layouts[0].address, width)
        self.constants[key] = found
        return found

    def index(self, op: arith.IndexCastOp, space: UnitSpace) -> Source:
        """Give the source of an index as a number: a memory that holds 0, 1, 2, …"""
        kernel = space.kernel
        variable = op.operands[0]
        lanes = dict(space.lanes).get(variable)
        memory = MemoryPlan(
            self.plan.unique(f"{kernel.name}.{variable.name_hint or 'index'}"),
            kernel.block,
            (_extent(variable, kernel),),
            op.result.type,
            spatial.TableInitAttr.get("identity", 0.0, float(_extent(variable, kernel))),
            mutable=False,
        )
        self.plan.units.append(memory)
        return _stream(memory, space, (space.positions[variable],), lanes)


def is_constant(access: Access) -> bool:
    """Tell whether an access reads a parameter."""
    return isinstance(access.source.owner, pattern.ParameterOp)


def _extent(variable: SSAValue, kernel: Kernel) -> int:
    return kernel.block.trips if variable not in kernel.indices else kernel.bounds[-1]


def _stream(
    memory: MemoryPlan, space: UnitSpace, address: tuple[AffineExpr, ...], width: int | None
) -> Source:
    kernel = space.kernel
    trips = space.bounds if kernel.block.loop is None else (kernel.block.trips, *space.bounds)
    name = f"to.{kernel.name}"
    stream = StreamPlan(
        "read",
        name,
        space.bounds,
        address,
        memory.element,
        width,
        ports=(name,),
        names=space.names,
        padded=reads_beyond(memory, address, trips, width or 1),
    )
    memory.streams.append(stream)
    return Source((memory.name, name), width, memory, stream, crossing=False)
