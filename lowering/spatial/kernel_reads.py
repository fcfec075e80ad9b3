"""
What kernels read of run-time values.

A reduction cut into pieces gets one memory per piece, so that each feeds its own unit. Row units
that read neighbours side by side, each its own rows, share one memory: a token for each of them
leaves it per firing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from xdsl.ir.affine import AffineExpr

from spatial_opt.lowering.spatial.carries import emitted_carries
from spatial_opt.lowering.spatial.halves import Half, halves
from spatial_opt.lowering.spatial.layouts import (
    Layout,
    Source,
    check_contiguous,
    fixed_dims,
    held_range,
    steps_apart,
)
from spatial_opt.lowering.spatial.plan import Feed
from spatial_opt.lowering.spatial.program import TOOL, Access, Program
from spatial_opt.lowering.spatial.space import UnitSpace
from spatial_opt.lowering.spatial.value_memories import Reading, ValueMemories
from spatial_opt.passes.remarks import remark


class KernelReads:
    """Finds sources for the accesses of kernels."""

    def __init__(self, program: Program, values: ValueMemories) -> None:
        self.values = values
        self.emitted = emitted_carries(program)

    def read_rows(
        self, access: Access, spaces: Sequence[UnitSpace]
    ) -> tuple[list[Feed], list[Source]]:
        """
        Give what feeds each row unit of a kernel for an access, and all the sources of it.

        It is one source for all of them where the units read evenly apart, and a memory has a port
        for each; or two in turn, where the value is stored in each step.
        """
        value = self.values.same.get(access.source, access.source)
        if value in self.emitted and value not in self.values.cut:
            cut = halves(access, spaces, self.values.machine.pcu.lanes)
            if cut is not None:
                self.values.cut[value] = cut
        parts = self.values.cut.get(value, ())
        if not parts or parts != halves(access, spaces, self.values.machine.pcu.lanes):
            sources = self._rows(access, spaces, None)
            return [((source.port, None),) for source in sources], sources
        feeds: list[Feed] = [() for _ in spaces]
        found: list[Source] = []
        for half in parts:
            sources = self._rows(access, [half.of(space) for space in spaces], half)
            turn = half.turn(spaces[0])
            feeds = [(*f, (s.port, turn)) for f, s in zip(feeds, sources, strict=True)]
            found += sources
        return feeds, found

    def _rows(self, access: Access, spaces: Sequence[UnitSpace], half: Half | None) -> list[Source]:
        width = spaces[0].width(access)
        apart = steps_apart(access, spaces)
        if len(spaces) == 1 or apart is None or apart < (width or 1):
            if len(spaces) > 1 and apart != 0:
                name = access.source.name_hint or "value"
                reason = (
                    f"its row units read %{name}, but not side by side: each has a memory of it"
                )
                remark(TOOL, spaces[0].kernel.op, reason)
            return [self._read(access, space, half)[0] for space in spaces]
        count = self.values.ports(width)
        found: list[Source] = []
        for first in range(0, len(spaces), count):
            some = spaces[first : first + count]
            found += self._read(access, some[0], half, len(some), apart)
        return found

    def read(self, access: Access, space: UnitSpace) -> Source:
        """Give the source of an access of one unit."""
        return self._read(access, space)[0]

    def _read(
        self,
        access: Access,
        space: UnitSpace,
        half: Half | None = None,
        ports: int = 1,
        apart: int | None = None,
    ) -> list[Source]:
        check_contiguous(access, space)
        width = space.width(access)
        reading = Reading(
            space.kernel.name,
            space.bounds,
            space.names,
            access.substituted(dict(space.positions)),
            width,
            ports,
            None if ports == 1 or apart == (width or 1) else apart,
            access.read.zero_outside is not None,
            self.values.private and space.run is not None,
        )
        value, kernel = self.values.same.get(access.source, access.source), space.kernel
        offset, length = held_range(access, space) if half is None else (half.offset, half.length)
        if kernel.block is self.values.top and not reading.private:
            last = self.values.last_version(value, offset, length, reading)
            if last is not None:
                return last
        fixed = fixed_dims(access, kernel)
        crossing = self.values.home(value) is not kernel.block and not fixed
        layout = Layout(
            value,
            kernel.block if not crossing else self.values.top,
            crossing,
            tuple((d, str(expr)) for d, expr in fixed.items()),
            offset,
            length,
        )
        if crossing:
            reading = replace(
                reading,
                bounds=(kernel.block.trips, *space.bounds),
                names=("step", *space.names),
            )
        held = self.values.hold(layout, fixed)
        return self.values.serve(
            held, reading, held.address(reading.exprs, AffineExpr.dimension(0))
        )
