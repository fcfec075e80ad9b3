"""
Loads and stores of a loop: whether they fit between the kernels that use the memory, or run beside.

With one buffer a load begins when the step before has read the last of it, and the next step waits
until it is complete; a store begins when all is written, and nothing new may be written until it is
over. Where that surely fits into a gap that the kernels leave anyway, or what comes too late surely
waits in queues without stopping a dot product, one buffer serves as well as two. Otherwise the
transfer goes on while the kernels use another buffer; it is one step away then, and a third buffer
would never be filled earlier than it is needed, or later than it is free.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, prod

from xdsl.ir import OpResult, SSAValue

from spatial_opt.dialects.spatial_access import element_bits
from spatial_opt.machine.description import Machine
from spatial_opt.passes.memory_assignment.durations import StepTimes
from spatial_opt.passes.memory_assignment.levels import Level
from spatial_opt.passes.memory_assignment.places import Place


@dataclass(frozen=True)
class Stream:
    """Tokens between DRAM and a memory, in one step."""

    tokens: int
    interval: int
    """Cycles from one to the next that its address generator takes."""


class Transfers:
    """Decides for the loads and stores of a program, whose generators share the bandwidth."""

    def __init__(self, machine: Machine, generators: int, queue: int) -> None:
        self.machine = machine
        self.generators = max(1, generators)
        self.queue = queue
        """Places of the queues behind accumulators."""
        self.steps: dict[Level, StepTimes] = {}

    def _times(self, level: Level) -> StepTimes:
        if level not in self.steps:
            self.steps[level] = StepTimes(level, self.machine)
        return self.steps[level]

    def load_fits(self, place: Place) -> bool:
        """Tell whether the load of a slice surely fits behind its last read of the step before."""
        machine, level, times = self.machine, place.level, self._times(place.level)
        positions = [level.position(read) for read in place.reads]
        first, last = min(positions), max(positions)
        final = [read for read, at in zip(place.reads, positions, strict=True) if at == last]
        stream = self._stream(place, machine.vector_bits // self._bits(place.value))
        gap = times.between(last, first, times.drain(last, final), 0)
        needed = self._handshake + stream.tokens - 1 + machine.pmu.write_latency_cycles + self._hop
        early = [read for read, at in zip(place.reads, positions, strict=True) if at == first]
        ahead = times.ahead(first, early, self._hops[-1] * self._hop)
        if needed + ahead > gap or not self._whole(place):
            return False
        span = times.least(range(first, last)) if last > first else 0
        span = max([span, *(times.span(last, read) for read in final)])
        return all(self._waits(stream, hops, times.step, span) for hops in self._hops)

    def _waits(self, stream: Stream, hops: int, step: int, span: int) -> bool:
        """
        Tell whether the tokens of a load wait in its queue when they may be written.

        The generator runs ahead by as many loads as the queue holds: those tokens were asked for
        when the load so many steps ago was written, `span` before the last read at the latest.
        """
        machine = self.machine
        places = machine.pmu.fifo_depth + machine.ag.outstanding_bursts
        ahead = (places + machine.network.switch_buffer_tokens * hops) // stream.tokens
        asked = stream.tokens * stream.interval
        arrives = asked + machine.dram.latency_cycles + 2 * hops * self._hop
        return ahead >= 1 and asked <= step and arrives <= (ahead - 1) * step + span

    def store_fits(self, place: Place, made: OpResult) -> bool:
        """
        Tell whether a store surely does not hold up what the next step writes.

        `made` is what a map writes: the value stored, or the next version of the state it is in.
        """
        machine, level, times = self.machine, place.level, self._times(place.level)
        written = level.position(made.op)
        gap = times.turn(written, made)
        if made is place.value and place.reads:
            # Readers of the same version come first at the port of the memory.
            last = max(level.position(read) for read in place.reads)
            final = [read for read in place.reads if level.position(read) == last]
            gap = times.between(last, written, times.drain(last, final), 0)
        stream = self._stream(place, machine.pcu.lanes)
        if stream.tokens * stream.interval > times.step or not self._whole(place):
            return False
        taken = max(self._taken(stream, hops, times.step) for hops in self._hops)
        needed = machine.pmu.write_latency_cycles + self._hop + taken + self._handshake
        return times.absorbs(written, max(0, needed - gap), self.queue)

    def _taken(self, stream: Stream, hops: int, step: int) -> int:
        """
        Cycles from the first to the last token that a store reads, over a way of so many hops.

        What does not fit the queue goes at the pace of the address generator, whose places come
        back after the way there and back; some may still be taken by the step before.
        """
        machine = self.machine
        way = machine.pmu.read_latency_cycles + 2 * hops * self._hop
        behind = stream.tokens * stream.interval + way - step
        before = min(stream.tokens, max(0, ceil(behind / stream.interval)))
        places = machine.ag.fifo_depth + machine.network.switch_buffer_tokens * hops - before
        if stream.tokens <= places:
            return stream.tokens - 1
        return way + (stream.tokens - max(0, places)) * stream.interval

    def _stream(self, place: Place, width: int) -> Stream:
        bits = self._bits(place.value)
        if not self.machine.pcu.packed:
            width = min(width, self.machine.pcu.lanes)
        *rows, length = place.held_shape
        tokens = prod(rows) * ceil(length / width)
        bytes = ceil(width * bits / 8)
        return Stream(tokens, self.machine.dram_interval(bytes, self.generators))

    def _whole(self, place: Place) -> bool:
        """Whether the memory is a single unit, so that its tokens stay in it."""
        held = prod(place.held_shape) * self._bits(place.value) // 8
        return held <= self.machine.pmu.capacity_bytes

    @staticmethod
    def _bits(value: SSAValue) -> int:
        return element_bits(value.type)

    @property
    def _hop(self) -> int:
        return self.machine.network.hop_latency_cycles

    @property
    def _handshake(self) -> int:
        """Cycles from the last read until a write that waits for it may begin."""
        return self.machine.pmu.read_latency_cycles + self._hop

    @property
    def _hops(self) -> range:
        """Numbers of hops that a way through the network may have."""
        grid = self.machine.grid
        return range(1, grid.rows + grid.columns + 2)
