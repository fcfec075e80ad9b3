"""What the memories of one kernel can do for others: the units they free in a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spatial_opt.machine.description import Machine
from spatial_opt.passes.solvers.stream_shares import (
    Memory,
    Share,
    cycles,
    load_interval,
    more_relays,
    share_of,
)
from spatial_opt.passes.solvers.stream_times import NEVER, Bools, Divisions, Ints, divisions

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

    def ways(self, limit: int, lack: int) -> list[Way]:
        """
        List what the memories can do within `limit` cycles, where `lack` units are missing.

        Only what no other way does in less time is listed.
        """
        start = max(memory.resident_cycles for memory in self.numbers)
        whole = {self._whole(memory) for memory in self.numbers}
        bases = sorted({start, *(time for time in whole if time > start)})
        tried = [self._tried(base, limit) for base in bases if base <= limit]
        if not tried:
            return []
        time, rounds, base = (
            np.concatenate(part) for part in zip(*(found[:3] for found in tried), strict=True)
        )
        freed = np.concatenate([found[3] for found in tried])
        order = np.lexsort((rounds, base, time))
        time, rounds, base, freed = time[order], rounds[order], base[order], freed[order]
        useful = np.minimum(freed, max(0, lack))
        # A row must free more than those that are as fast, a column more than one memory less.
        before = np.maximum.accumulate(useful, axis=0)
        kept = freed >= 0
        kept[1:] &= useful[1:] > before[:-1]
        kept[:, 1:] &= useful[:, 1:] > useful[:, :-1]
        return [
            Way(int(time[row]), self.crowded + column, int(freed[row, column]), *more)
            for row, column in np.argwhere(kept).tolist()
            for more in [(int(rounds[row]), int(base[row]))]
        ]

    def _whole(self, memory: Memory) -> int:
        """Give the cycles of a memory of which nothing stays."""
        return cycles(memory, Share(memory.tokens, 0, 0), self.limits.interval(memory))

    def _tried(self, base: int, limit: int) -> tuple[Ints, Ints, Ints, Ints]:
        """
        Try all numbers of rounds that are best for some memory, and all times they lead to.

        Gives times, rounds, bases, and a table of the units that are freed: a row for each of
        these, a column for each number of memories, from the crowded ones on; -1 where that cannot
        be.
        """
        wanted, tables = {1}, list[tuple[Divisions, Ints]]()
        for memory in self.numbers:
            capacity = self.limits.machine.pmu.capacity_bytes
            ways = divisions(memory, tuple(self.limits.parts(memory)[1:]), capacity)
            times = ways.cycles(self.limits.interval(memory), base)
            tables.append((ways, times))
            wanted |= ways.best_rounds(times)
        rounds = np.array(sorted(wanted), np.int64)
        options = [self._options_of(ways, times, rounds, base) for ways, times in tables]
        least = np.full((len(rounds), 1), base, np.int64)
        ends = np.maximum(base, np.concatenate([least, *options], axis=1))
        rows, columns = np.nonzero(ends <= limit)
        time = ends[rows, columns]
        rooms = np.zeros((len(rows), len(options)), np.int64)
        for number, (memory, own) in enumerate(zip(self.numbers, options, strict=True)):
            frees = memory.units - np.array(self.limits.parts(memory), np.int64)
            rooms[:, number] = np.where(own[rows] <= time[:, np.newaxis], frees, 0).max(axis=1)
        return time, rounds[rows], np.full(len(rows), base, np.int64), self._freed(rooms)

    def _options_of(self, ways: Divisions, times: Ints, rounds: Ints, base: int) -> Ints:
        """Give the times of a memory for so many rounds (rows), and units that it keeps, from 0."""
        found = np.full((len(rounds), times.shape[1] + 1), NEVER, np.int64)
        # The others never wait for what is loaded whole, at this base.
        whole = self._whole(ways.memory)
        found[:, 0] = whole if whole <= base else NEVER
        place = np.minimum(np.searchsorted(ways.rounds, rounds), len(ways.rounds) - 1)
        there = ways.rounds[place] == rounds
        found[there, 1:] = times[place[there]]
        return found

    def _freed(self, rooms: Ints) -> Ints:
        """
        Count the units that so many memories free, the crowded ones and those that free most.

        `rooms` has a row for each case, a column for each kind of memories.
        """
        many = np.array([len(numbers) for numbers in self.numbers.values()], np.int64)
        crowded = np.array([memory.crowded for memory in self.numbers], np.bool_)
        must = (rooms * many)[:, crowded].sum(axis=1)
        possible: Bools = np.all(rooms[:, crowded] > 0, axis=1)
        order = np.argsort(-rooms[:, ~crowded], axis=1, kind="stable")
        sorted_rooms = np.take_along_axis(rooms[:, ~crowded], order, axis=1)
        counts = many[~crowded][order]
        before = counts.cumsum(axis=1) - counts
        most = min(self.limits.count, int(many.sum())) - self.crowded
        number = np.arange(most + 1)
        taken = np.clip(number - before[:, :, np.newaxis], 0, counts[:, :, np.newaxis])
        more = (taken * sorted_rooms[:, :, np.newaxis]).sum(axis=1)
        return np.where(possible.reshape(-1, 1), must.reshape(-1, 1) + more, -1)

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
