"""The choice of what is streamed against all choices: relays, crowded memories, several kernels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from math import ceil, prod

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from spatial_opt.machine.load import load_machine
from spatial_opt.passes.solvers.relay_counts import DIRECT, relays
from spatial_opt.passes.solvers.stream_kernels import Kernel, Limits
from spatial_opt.passes.solvers.stream_shares import (
    Memory,
    Share,
    best_share,
    cycles,
    load_interval,
    share_of,
)
from spatial_opt.passes.solvers.streaming import (
    NoStreamError,
    Problem,
    Solution,
    loaded_bytes,
    solve,
    total_cycles,
    verify,
)

CAPACITY = 64
TINY = load_machine("tiny")
MACHINE = replace(TINY, pmu=replace(TINY.pmu, capacity_bytes=CAPACITY))
TRIPS = [(4,), (7,), (12,), (3, 4), (2, 3, 2), (5, 6), (1, 16), (6, 1, 4), (23,), (5, 7), (2, 19)]


@st.composite
def memories(draw: st.DrawFn) -> Memory:
    """Draw a memory of up to ten units, which may have its relays anyway."""
    trips = draw(st.sampled_from(TRIPS))
    token_bytes = draw(st.sampled_from([4, 16, 24, 64]))
    units = min(10, ceil(prod(trips) * token_bytes / CAPACITY))
    return Memory(
        trips,
        repeats=draw(st.integers(1, 2)),
        token_bytes=token_bytes,
        activations=draw(st.integers(1, 2)),
        units=units,
        places=draw(st.integers(1, 20)),
        relays=draw(st.sampled_from([0, relays(units, DIRECT)])),
        crowded=draw(st.sampled_from([False, False, True])),
        kernel=draw(st.integers(0, 1)),
    )


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Draw a problem of up to three memories, some of which may be alike."""
    found = draw(st.lists(memories(), min_size=1, max_size=2))
    if draw(st.booleans()):
        found.append(draw(st.sampled_from(found)))
    units = sum(memory.units for memory in found)
    return Problem(
        tuple(found),
        lack=draw(st.integers(0, units + 1)),
        generators=draw(st.integers(1, 3)),
        busy=draw(st.integers(0, 3)),
        compute_units=draw(st.integers(0, 6)),
        machine=MACHINE,
    )


def rounds_of(problem: Problem, kernel: int, generators: int) -> set[int]:
    """Give the numbers of rounds that are best for some memory of a kernel."""
    members = [memory for memory in problem.memories if memory.kernel == kernel]
    bases = {max(memory.resident_cycles for memory in members)}
    for memory in members:
        interval = load_interval(memory, MACHINE, generators)
        bases.add(cycles(memory, Share(memory.tokens, 0, 0), interval))
    found = {1}
    for memory, base in product(members, bases):
        interval = load_interval(memory, MACHINE, generators)
        for parts in range(1, memory.units):
            share = best_share(memory, parts, interval, CAPACITY, base)
            found |= set() if share is None else {memory.tokens // share.period}
    return found


def solutions(problem: Problem) -> Iterator[Solution]:
    """List all ways to divide the memories that keep to every limit."""
    kernels = sorted({memory.kernel for memory in problem.memories})
    kept = [
        range(memory.units) if memory.crowded else [None, *range(memory.units)]
        for memory in problem.memories
    ]
    rounds = {
        count: [rounds_of(problem, kernel, problem.busy + count) for kernel in kernels]
        for count in range(len(kept) + 1)
    }
    for parts in product(*kept):
        count = sum(number is not None for number in parts)
        if not 0 < count <= problem.generators:
            continue
        freed = sum(
            memory.units - number
            for memory, number in zip(problem.memories, parts, strict=True)
            if number is not None
        )
        spare = problem.compute_units // count
        if freed < problem.lack or any(
            number is not None and relays(number) - memory.relays > spare
            for memory, number in zip(problem.memories, parts, strict=True)
        ):
            continue
        for chosen in product(*rounds[count]):
            of = dict(zip(kernels, chosen, strict=True))
            shares = [
                None if number is None else share_of(memory, number, of[memory.kernel], CAPACITY)
                for memory, number in zip(problem.memories, parts, strict=True)
            ]
            if all((s is None) == (n is None) for s, n in zip(shares, parts, strict=True)):
                yield Solution(tuple(shares))


def is_needed(problem: Problem) -> bool:
    """Whether anything has to be streamed."""
    return problem.lack > 0 or any(memory.crowded for memory in problem.memories)


FEWER = Problem(
    (Memory((4,), 1, 4, 1, 1, 1), Memory((23,), 2, 24, 2, 9, 3, relays=3)), 2, 2, 2, 0, MACHINE
)
"""One memory alone is faster here, by a little, than both."""


@settings(max_examples=200, deadline=None)
@given(problem=problems())
@example(problem=FEWER)
def test_against_all_choices(problem: Problem) -> None:
    every = list(solutions(problem))
    crowded = sum(memory.crowded for memory in problem.memories)
    if crowded > problem.generators or (not every and is_needed(problem)):
        event("nothing can be streamed")
        with pytest.raises(NoStreamError):
            solve(problem)
        return
    solution = solve(problem)
    verify(problem, solution)
    for memory, share in zip(problem.memories, solution.shares, strict=True):
        assert share is not None or not memory.crowded
    if not is_needed(problem):
        assert solution.shares == (None,) * len(problem.memories)
        return
    least = min(total_cycles(problem, other) for other in every)
    event("slower than resident" if least > resident(problem) else "as fast as resident")
    assert total_cycles(problem, solution) == least


def resident(problem: Problem) -> int:
    """Cycles in which all kernels take their weights from memory units."""
    return total_cycles(problem, Solution((None,) * len(problem.memories)))


@settings(max_examples=200, deadline=None)
@given(problem=problems())
def test_what_is_freed_beyond_need_is_given_back(problem: Problem) -> None:
    """No memory could keep one unit more in the same time, with the same rounds."""
    try:
        solution = solve(problem)
    except NoStreamError:
        return
    pairs = list(zip(problem.memories, solution.shares, strict=True))
    freed = sum(m.units - share.parts for m, share in pairs if share is not None)
    count = sum(share is not None for share in solution.shares)
    time = total_cycles(problem, solution)
    for number, (memory, share) in enumerate(pairs):
        if share is None or freed <= problem.lack or share.parts + 1 >= memory.units:
            continue
        if not share.parts or relays(share.parts + 1) - memory.relays > (
            problem.compute_units // count
        ):
            continue
        more = share_of(memory, share.parts + 1, memory.tokens // share.period, CAPACITY)
        if more is not None:
            other = list(solution.shares)
            other[number] = more
            assert total_cycles(problem, Solution(tuple(other))) > time


@settings(max_examples=200, deadline=None)
@given(memory=memories(), busy=st.integers(0, 3), limit=st.integers(1, 400))
def test_the_ways_of_one_memory(memory: Memory, busy: int, limit: int) -> None:
    """A kernel of one memory: every number of units it frees, in the least time that takes."""
    limits = Limits(1, busy + 1, 4, MACHINE)
    found = Kernel([(0, memory)], limits).ways(limit, memory.units)
    interval = limits.interval(memory)
    base = memory.resident_cycles
    times: dict[int, int] = {}
    rounds = {1} | {
        memory.tokens // share.period
        for parts in limits.parts(memory)[1:]
        for at in (base, max(base, cycles(memory, Share(memory.tokens, 0, 0), interval)))
        for share in [best_share(memory, parts, interval, CAPACITY, at)]
        if share is not None
    }
    for parts, each in product(limits.parts(memory), rounds):
        share = share_of(memory, parts, each, CAPACITY)
        if share is not None:
            time = max(base, cycles(memory, share, interval, base if parts else None))
            free = memory.units - parts
            times[free] = min(times.get(free, time), time)
    for way in found:
        if way.count:
            assert way.time <= limit
            assert way.time == min(time for free, time in times.items() if free >= way.freed)
        else:
            assert (way.time, way.freed) == (base, 0)
    most = max((free for free, time in times.items() if time <= limit), default=0)
    assert max((way.freed for way in found), default=0) == most


def test_loaded_bytes_by_hand() -> None:
    # Of every 12 of 24 tokens 4 come from DRAM, 16 bytes each, three times in each of five steps.
    memory = Memory((2, 12), 3, 16, 5, units=9, places=4)
    problem = Problem((memory, memory), 1, 2, 0, 0, MACHINE)
    assert loaded_bytes(problem, Solution((Share(12, 2, 4), None))) == 2 * 4 * 16 * 3 * 5
    assert loaded_bytes(problem, Solution((Share(24, 0, 0), None))) == 24 * 16 * 3 * 5
    assert loaded_bytes(problem, Solution((None, None))) == 0
