"""
Which memories keep a part of what they hold in DRAM, and how much, so that memory units suffice.

All address generators share the bandwidth evenly. Memories of one kernel give their tokens at the
same time, so the slowest of them decides, and they load in the same part of as many rounds: what
one of them waits for, all wait for. Kernels run one after another, so their times add up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spatial_opt.machine.description import Machine
from spatial_opt.passes.solvers.stream_kernels import Kernel, Limits, Way
from spatial_opt.passes.solvers.stream_shares import (
    Memory,
    Share,
    cycles,
    least_cycles,
    load_interval,
    more_relays,
)
from spatial_opt.passes.solvers.stream_times import NEVER, Ints


@dataclass(frozen=True)
class Problem:
    """Memories, and what they must make room for."""

    memories: tuple[Memory, ...]
    lack: int
    """Memory units that are missing."""
    generators: int
    """Address generators that are free."""
    busy: int
    """Address generators that share the bandwidth already."""
    compute_units: int
    """Compute units that are free to be relays, beyond those that memories have anyway."""
    machine: Machine

    def check(self) -> None:
        """Raise ValueError where a figure makes no sense."""
        for number, memory in enumerate(self.memories):
            figures = *memory.trips, memory.repeats, memory.token_bytes, memory.activations
            if min(*figures, memory.units, memory.places) < 1:
                raise ValueError(f"memory {number}: {memory} holds less than nothing")
        if min(self.generators, self.busy, self.compute_units) < 0:
            raise ValueError("address generators and compute units are counted from 0")


@dataclass(frozen=True)
class Solution:
    """The share of each memory that is streamed, None for those that are not."""

    shares: tuple[Share | None, ...]


class NoStreamError(ValueError):
    """Streaming does not make room enough; the message says why."""


def solve(problem: Problem) -> Solution:
    """
    Free as many memory units as lack, so that all kernels together take the least time.

    For every number of memories, all times of the kernels are tried with which so many memories
    free enough: exact for the estimate `cycles`, with as many relays for each memory as for the
    others, and with as many rounds as are best for some memory of a kernel. Raises `NoStreamError`
    with the reason if nothing frees enough.
    """
    problem.check()
    most = min(problem.generators, len(problem.memories))
    fewest = max(1, sum(memory.crowded for memory in problem.memories))
    limit = NEVER
    best: tuple[list[Kernel], list[Way]] | None = None
    # Of equals, fewer memories are better; many of them are soon fast, which bounds the others.
    for count in range(most, fewest - 1, -1):
        if _at_least(problem, count) > limit:
            continue
        kernels = _kernels(problem, count)
        ways = [kernel.ways(limit, problem.lack) for kernel in kernels]
        chosen = least(ways, count, max(0, problem.lack), limit)
        if chosen is not None:
            limit, best = sum(way.time for way in chosen), (kernels, chosen)
    if best is None:
        raise NoStreamError(_reason(problem, most))
    kernels, chosen = best
    over = sum(way.freed for way in chosen) - problem.lack
    shares: dict[int, Share] = {}
    for kernel, way in zip(kernels, chosen, strict=True):
        found, over = kernel.shares(way, over)
        shares |= found
    return Solution(tuple(shares.get(n) for n in range(len(problem.memories))))


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
    tables: list[Ints] = [table]
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


def _at_least(problem: Problem, count: int) -> int:
    """Bound the cycles of all ways to stream `count` memories from below."""
    generators = problem.busy + count
    capacity = problem.machine.pmu.capacity_bytes
    resident: dict[int, int] = {}
    kinds = dict.fromkeys(problem.memories)
    for memory in kinds:
        resident[memory.kernel] = max(resident.get(memory.kernel, 0), memory.resident_cycles)
    # One of them frees this many units at least, and what it keeps is full at best.
    freed = -(-problem.lack // count)
    loaded = [
        least_cycles(
            memory,
            memory.units - freed,
            load_interval(memory, problem.machine, generators),
            capacity,
        )
        - resident[memory.kernel]
        for memory in kinds
        if memory.units >= freed
    ]
    return sum(resident.values()) + max(0, min(loaded, default=NEVER))


def _kernels(problem: Problem, count: int) -> list[Kernel]:
    """Put the memories of each kernel together, where at most `count` are streamed."""
    limits = Limits(count, problem.busy + count, problem.compute_units, problem.machine)
    members: dict[int, list[tuple[int, Memory]]] = {}
    for number, memory in enumerate(problem.memories):
        members.setdefault(memory.kernel, []).append((number, memory))
    return [Kernel(each, limits) for each in members.values()]


def total_cycles(problem: Problem, solution: Solution) -> int:
    """Estimate the cycles of a run in which all kernels take their weights."""
    streamed = sum(share is not None for share in solution.shares)
    generators = problem.busy + streamed
    kernels: dict[int, list[tuple[Memory, Share | None]]] = {}
    for memory, share in zip(problem.memories, solution.shares, strict=True):
        kernels.setdefault(memory.kernel, []).append((memory, share))
    total = 0
    for members in kernels.values():
        base = max(memory.resident_cycles for memory, _ in members)
        partial: list[tuple[Memory, Share, int]] = []
        for memory, share in members:
            interval = load_interval(memory, problem.machine, generators)
            if share is not None and share.parts:
                partial.append((memory, share, interval))
            elif share is not None:
                base = max(base, cycles(memory, share, interval))
        total += max([base, *(cycles(*each, base) for each in partial)])
    return total


def loaded_bytes(problem: Problem, solution: Solution) -> int:
    """Count the bytes that come from DRAM in a run."""
    return sum(
        memory.tokens
        // share.period
        * memory.repeats
        * (share.period - share.resident)
        * memory.token_bytes
        * memory.activations
        for memory, share in zip(problem.memories, solution.shares, strict=True)
        if share is not None
    )


def _reason(problem: Problem, most: int) -> str:
    units = sorted((memory.units for memory in problem.memories), reverse=True)
    if not problem.memories:
        return "no memory holds weights that could be streamed"
    if not most:
        return "no address generator is left to stream weights (ag.count)"
    memories = "1 memory" if len(units) == 1 else f"{len(units)} memories"
    left = problem.generators
    generators = "1 address generator is" if left == 1 else f"{left} address generators are"
    return (
        f"streaming frees at most {sum(units[:most])} of the {problem.lack} memory units that are "
        f"missing: {memories} of weights can be streamed, and {generators} left (ag.count)"
    )


def verify(problem: Problem, solution: Solution) -> None:
    """Raise RuntimeError unless a solution fits and frees what lacks."""
    freed = streamed = passing = 0
    for number, (memory, share) in enumerate(zip(problem.memories, solution.shares, strict=True)):
        if share is None:
            continue
        streamed += 1
        freed += memory.units - share.parts
        passing += more_relays(memory, share.parts)
        if memory.tokens % share.period or share.resident >= share.period:
            raise RuntimeError(f"memory {number}: {share} is no share of it; this is a bug")
        held = share.each * (memory.tokens // share.period) * memory.token_bytes
        if held > problem.machine.pmu.capacity_bytes:
            raise RuntimeError(f"memory {number}: a part holds {held} bytes; this is a bug")
    if streamed > problem.generators:
        raise RuntimeError(f"{streamed} memories are streamed; this is a bug")
    if passing > problem.compute_units:
        raise RuntimeError(f"{passing} relays are needed; this is a bug")
    if freed < problem.lack:
        raise RuntimeError(f"{freed} units are freed of {problem.lack}; this is a bug")
