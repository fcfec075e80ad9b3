"""Whole values, read vector by vector to be stored or handed on."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from xdsl.ir import BlockArgument, SSAValue
from xdsl.ir.affine import AffineExpr

from spatial_opt.lowering.spatial.carries import final_carry
from spatial_opt.lowering.spatial.layouts import Held, Layout, Source
from spatial_opt.lowering.spatial.plan import Feed
from spatial_opt.lowering.spatial.program import ProgramBlock, shape
from spatial_opt.lowering.spatial.space import shifted
from spatial_opt.lowering.spatial.value_memories import LAST, STORE, Reading, ValueMemories


@dataclass(frozen=True)
class Whole:
    """Streams that together give all elements of a value, vector by vector."""

    sources: tuple[Source, ...]
    feed: Feed
    bounds: tuple[int, ...]
    """Vectors: the dimensions of the value, the last one in vectors."""
    width: int


class WholeReads:
    """Finds memories that hold all of a value, and reads it there."""

    def __init__(self, values: ValueMemories) -> None:
        self.values = values

    def stored(self, value: SSAValue, block: ProgramBlock) -> Whole:
        """Give streams that read a whole value, in each iteration of its block."""
        size = shape(value)[-1]
        held = self.values.hold(Layout(value, block, False, (), 0, size), {})
        reading = self._vectors(value, block, STORE, 0, size)
        address = held.address(reading.exprs, AffineExpr.dimension(0))
        return self._whole(value, self.values.serve(held, reading, address))

    def stored_next(self, carry: BlockArgument) -> Whole | str:
        """
        Give streams that read, in each step, what the step hands on as a carried value.

        Or say why not: memories must hold all of it whose readers take each element once. The port
        of one that is read over and over has no time for another reader.
        """
        value = self.values.same.get(carry, carry)
        block, lanes = self.values.home(value), self.values.machine.pcu.lanes
        parts: list[Held] = []
        for offset, length in self._ranges(value):
            held = self.values.held.get(Layout(value, block, False, (), offset, length))
            if held is None:
                return "no memory holds all of it"
            memory = held.memories[0]
            if not memory.is_read_once:
                return f"@{memory.name} is read over and over"
            if memory.outputs(lanes) >= self.values.ports(lanes):
                return f"@{memory.name} has no port left"
            parts.append(held)
        found: list[Source] = []
        for held in parts:
            reading = self._vectors(value, block, STORE, held.layout.offset, held.layout.length)
            address = held.address(reading.exprs, AffineExpr.dimension(0) + 1)
            found += self.values.add_stream(held, held.memories[0], reading, address)
        return self._whole(value, found)

    def last(self, value: SSAValue) -> Whole | None:
        """Give streams that read the whole value that the last step of a loop left, or None."""
        carried = final_carry(value)
        if carried is None:
            return None
        carry = self.values.same.get(carried[0], carried[0])
        for ranges in ([(0, shape(value)[-1])], self._ranges(carry), self._pieces(carry)):
            parts = [
                self.values.last_version(
                    value, *part, self._vectors(value, self.values.top, LAST, *part)
                )
                for part in ranges
            ]
            found = [source for part in parts for source in part or ()]
            if found and len(found) == len(ranges):
                return self._whole(value, found)
        return None

    def _pieces(self, value: SSAValue) -> list[tuple[int, int]]:
        """List the parts in which reductions read a value, if these are all of it in vectors."""
        pieces = sorted(
            (layout.offset, layout.length)
            for layout in self.values.held
            if layout.value is value
            and layout.block is self.values.home(value)
            and not layout.fixed
        )
        size, lanes = shape(value)[-1], self.values.machine.pcu.lanes
        ends = [0, *(offset + length for offset, length in pieces)]
        in_a_row = [offset for offset, _ in pieces] == ends[:-1] and ends[-1] == size
        return pieces if in_a_row and all(end % lanes == 0 for end in ends[:-1]) else []

    def _ranges(self, value: SSAValue) -> list[tuple[int, int]]:
        """List offsets and lengths of the parts of a value that have memories of their own."""
        cut = [(half.offset, half.length) for half in self.values.cut.get(value, ())]
        return cut or [(0, shape(value)[-1])]

    def _vectors(
        self, value: SSAValue, block: ProgramBlock, reader: str, offset: int, length: int
    ) -> Reading:
        size, lanes = shape(value), self.values.machine.pcu.lanes
        base = 0 if block.loop is None else 1
        exprs = [AffineExpr.dimension(base + d) for d in range(len(size))]
        exprs[-1] = shifted(exprs[-1] * lanes, offset)
        return Reading(reader, (*size[:-1], -(-length // lanes)), None, tuple(exprs), lanes)

    def _whole(self, value: SSAValue, sources: list[Source]) -> Whole:
        *rows, size = shape(value)
        count = -(-size // self.values.machine.pcu.lanes)
        ends = [0]
        for source in sources:
            ends.append(ends[-1] + source.stream.bounds[-1])
        feed = tuple(
            (source.port, (low, high, count) if len(sources) > 1 else None)
            for source, (low, high) in zip(sources, pairwise(ends), strict=True)
        )
        return Whole(tuple(sources), feed, (*rows, count), self.values.machine.pcu.lanes)
