"""What the memories of one kernel can do for others: the units they free in a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spatial_opt.machine.description import Machine
from spatial_opt.passes.solvers.stream_shares import (
    Memory,
    Share,
    best_share,
    cycles,
    load_interval,
    more_relays,
    share_of,
)

Options = Sequence[tuple[int, Share]]
"""Cycles and share of a memory, for numbers of units that it keeps."""


@dataclass(frozen=True)
class Limits:
    """How many memories are streamed at most, and what they share."""

    count: int
    generators: int
    """Address generators that share the bandwidth, theirs included."""
    compute_units: int
    """Compute units that are free to be relays, beyond those that memories have anyway."""
    machine: Machine

    def parts(self, memory: Memory) -> list[int]:
        """List the units that a memory may keep, with as many relays as any other."""
        spare = self.compute_units // self.count
        return [n for n in range(memory.units) if more_relays(memory, n) <= spare]

    def interval(self, memory: Memory) -> int:
        """Give the cycles between two tokens of a memory that come from DRAM."""
        return load_interval(memory, self.machine, self.generators)


@dataclass(frozen=True)
class Way:
    """What a kernel can do in a time: so many of its memories, streamed, free so many units."""

    time: int
    count: int
    freed: int
    rounds: int
    """Periods of all memories of which a part stays."""
    base: int
    """Cycles in which the kernel takes what does not come from DRAM in part."""


class Kernel:
    """The memories of a kernel, which give their tokens at the same time."""

    def __init__(self, members: Sequence[tuple[int, Memory]], limits: Limits) -> None:
        """Take the memories by their numbers."""
        self.limits = limits
        self.numbers: dict[Memory, list[int]] = {}
        """Those of all memories that are alike."""
        for number, memory in members:
            self.numbers.setdefault(memory, []).append(number)
        self.crowded = sum(memory.crowded for _, memory in members)
        self._options: dict[tuple[Memory, int, int], Options] = {}

    def ways(self, limit: int) -> list[Way]:
        """List what the memories can do, for all times up to `limit` that make a difference."""
        start = max(memory.resident_cycles for memory in self.numbers)
        whole = {cycles(m, Share(m.tokens, 0, 0), self.limits.interval(m)) for m in self.numbers}
        found: list[Way] = []
        for base in sorted({start, *(time for time in whole if time > start)}):
            for rounds in self._rounds(base):
                found += self._ways(rounds, base, limit)
        return found

    def _rounds(self, base: int) -> list[int]:
        """List the numbers of rounds that are best for some memory, the fewest first."""
        capacity = self.limits.machine.pmu.capacity_bytes
        found = {1}
        for memory in self.numbers:
            interval = self.limits.interval(memory)
            for parts in self.limits.parts(memory)[1:]:
                share = best_share(memory, parts, interval, capacity, base)
                found |= set() if share is None else {memory.tokens // share.period}
        return sorted(found)

    def _ways(self, rounds: int, base: int, limit: int) -> list[Way]:
        times = {time for m in self.numbers for time, _ in self._of(m, rounds, base)}
        best: dict[int, int] = {}
        found: list[Way] = []
        for time in sorted({base, *(time for time in times if time > base)}):
            if time > limit:
                break
            rooms = [
                room
                for memory, room in self._ranked(time, rounds, base)
                for _ in self.numbers[memory]
            ]
            if not all(rooms[: self.crowded]):
                continue
            freed = sum(rooms[: self.crowded])
            for number in range(self.crowded, min(self.limits.count, len(rooms)) + 1):
                freed += rooms[number - 1] if number > self.crowded else 0
                if freed > best.get(number, -1):
                    best[number] = freed
                    found.append(Way(time, number, freed, rounds, base))
        return found

    def _of(self, memory: Memory, rounds: int, base: int) -> Options:
        """List (cycles, share) of a memory for every number of units it may keep."""
        key = memory, rounds, base
        if key not in self._options:
            interval = self.limits.interval(memory)
            capacity = self.limits.machine.pmu.capacity_bytes
            found: list[tuple[int, Share]] = []
            for parts in self.limits.parts(memory):
                share = share_of(memory, parts, rounds, capacity)
                if share is not None:
                    time = cycles(memory, share, interval, base if parts else None)
                    # The others never wait for what is loaded whole, at this base.
                    if parts or time <= base:
                        found.append((time, share))
            self._options[key] = found
        return self._options[key]

    def _ranked(self, time: int, rounds: int, base: int) -> list[tuple[Memory, int]]:
        """List the units that memories free in a time: the crowded ones, and those of most."""
        rooms = [
            (
                memory,
                max(
                    (
                        memory.units - share.parts
                        for each, share in self._of(memory, rounds, base)
                        if each <= time
                    ),
                    default=0,
                ),
            )
            for memory in self.numbers
        ]
        return sorted(rooms, key=lambda each: (not each[0].crowded, -each[1]))

    def shares(self, way: Way, over: int) -> tuple[dict[int, Share], int]:
        """
        Give the shares of the memories, by number, that are streamed in some way.

        `over` units are freed beyond need: they are given back, as far as that takes no more time;
        gives what is left of them as well.
        """
        shares: dict[int, Share] = {}
        ranked = [
            (number, memory, room)
            for memory, room in self._ranked(way.time, way.rounds, way.base)
            for number in self.numbers[memory]
        ]
        # The last ones give back what is freed beyond need.
        for number, memory, room in reversed(ranked[: way.count]):
            fitting = [
                share
                for time, share in self._of(memory, way.rounds, way.base)
                if time <= way.time and memory.units - share.parts >= max(1, room - over)
            ]
            if fitting:
                share = max(fitting, key=lambda share: share.parts)
                shares[number] = share
                over -= room - (memory.units - share.parts)
        return shares, over


def least(ways: Sequence[Sequence[Way]], count: int, lack: int, limit: int) -> list[Way] | None:
    """
    Choose one way of each kernel, so that their times are least: exact, kernel by kernel.

    Gives None if no choice of at most `count` memories frees what lacks within `limit` cycles.
    """
    never = limit + 1
    if not all(ways) or sum(min(way.time for way in each) for each in ways) >= never:
        return None
    # tables[n][k, f]: least time in which kernels before n free f units with k memories.
    table = np.full((count + 1, lack + 1), never, np.int64)
    table[:, 0] = 0
    tables: list[NDArray[np.int64]] = [table]
    columns = np.arange(lack + 1)
    for each in ways[:-1]:
        after = np.full_like(table, never)
        for way in each:
            moved = table[: count + 1 - way.count][:, np.maximum(0, columns - way.freed)]
            rows = after[way.count :]
            np.minimum(rows, moved + way.time, out=rows)
        table = after
        tables.append(table)
    chosen: list[Way] = []
    for each, before in zip(reversed(ways), reversed(tables), strict=True):
        time, number = min(
            (
                (int(before[count - way.count, max(0, lack - way.freed)]) + way.time, n)
                for n, way in enumerate(each)
                if way.count <= count
            ),
            default=(never, 0),
        )
        if time >= never:
            return None
        way = each[number]
        chosen.append(way)
        count, lack = count - way.count, max(0, lack - way.freed)
    return chosen[::-1]
