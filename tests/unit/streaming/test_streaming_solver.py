"""How much of which memory is streamed: shares, their times, and the choice among them."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial_opt.machine.description import Machine
from spatial_opt.machine.load import load_machine
from spatial_opt.passes.solvers.relay_counts import DIRECT, relays
from spatial_opt.passes.solvers.stream_shares import (
    LEGIBLE,
    Memory,
    Share,
    best_share,
    cycles,
    divisors,
    least_cycles,
    load_interval,
    share_of,
)
from spatial_opt.passes.solvers.stream_times import NEVER, divisions
from spatial_opt.passes.solvers.streaming import (
    NoStreamError,
    Problem,
    Solution,
    solve,
    total_cycles,
    verify,
)

TINY = load_machine("tiny")
"""1024 bytes a unit, bursts of 16 bytes, 16 bytes a cycle."""
TRIPS = st.sampled_from([(4,), (12,), (3, 4), (2, 3, 2), (5, 6), (7,), (1, 16), (6, 1, 4)])


def small(**changes: int) -> Machine:
    """Give the machine with memory units of fewer bytes."""
    return replace(TINY, pmu=replace(TINY.pmu, **changes))


@st.composite
def memories(draw: st.DrawFn, kernels: int = 2) -> Memory:
    """Draw a memory of up to four units of 64 bytes."""
    trips = draw(TRIPS)
    token_bytes = draw(st.sampled_from([4, 16, 24]))
    return Memory(
        trips,
        repeats=draw(st.integers(1, 2)),
        token_bytes=token_bytes,
        activations=draw(st.integers(1, 2)),
        units=min(4, -(-prod(trips) * token_bytes // 64)),
        places=draw(st.integers(1, 6)),
        kernel=draw(st.integers(0, kernels - 1)),
    )


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Draw a problem of up to three memories."""
    found = tuple(draw(st.lists(memories(), min_size=1, max_size=3)))
    return Problem(
        found,
        lack=draw(st.integers(1, max(1, sum(memory.units for memory in found)))),
        generators=draw(st.integers(1, 3)),
        busy=draw(st.integers(0, 2)),
        compute_units=100,
        machine=small(capacity_bytes=64),
    )


@given(number=st.integers(1, 5000))
def test_divisors(number: int) -> None:
    assert divisors(number) == tuple(n for n in range(number, 0, -1) if number % n == 0)


def test_cycles_by_hand() -> None:
    # 24 tokens, 12 a round: 8 from memory units in 8 cycles, 4 from DRAM, one every 5 cycles.
    memory = Memory((2, 12), repeats=1, token_bytes=16, activations=1, units=9, places=2)
    share = Share(period=12, parts=2, each=4)
    # Two are there when the others begin; two more take 10 cycles. But 4 can't come in 18.
    assert cycles(memory, share, 5) == 2 * 20
    # With more places they are under way all the time, with fewer not.
    assert cycles(replace(memory, places=4), share, 5) == 2 * 20
    assert cycles(replace(memory, places=0), share, 5) == 2 * 28
    assert cycles(memory, share, 2) == 2 * 12
    # Three times in each of four activations; a kernel that takes 36 cycles instead of 24.
    again = replace(memory, repeats=3, activations=4)
    assert cycles(again, share, 5) == 3 * 4 * 2 * 20
    assert cycles(memory, share, 5, 36) == 2 * 22
    assert cycles(memory, share, 5, 120) == 120


def test_a_token_of_dram_takes_its_share_or_waits_for_its_place() -> None:
    memory = Memory((8,), 1, 16, 1, 2, places=3)
    # 3 generators share 16 bytes a cycle; 3 requests are answered every 10 cycles.
    assert load_interval(memory, TINY, 3) == 4
    assert load_interval(memory, TINY, 5) == 5
    assert load_interval(replace(memory, token_bytes=20), TINY, 3) == 6
    assert load_interval(replace(memory, places=20), TINY, 1) == 1


@given(memory=memories(), interval=st.integers(1, 9), base=st.integers(1, 400))
def test_all_ways_at_once_take_what_each_takes(memory: Memory, interval: int, base: int) -> None:
    parts = (1, 2, 3)
    ways = divisions(memory, parts, 64)
    times = ways.cycles(interval, base)
    best: set[int] = set()
    for column, kept in enumerate(parts):
        for row, rounds in enumerate(ways.rounds.tolist()):
            share = share_of(memory, kept, rounds, 64)
            wanted = NEVER if share is None else cycles(memory, share, interval, base)
            assert times[row, column] == wanted
        fastest = best_share(memory, kept, interval, 64, base)
        best |= set() if fastest is None else {memory.tokens // fastest.period}
    assert ways.best_rounds(times) == best


@given(memory=memories(), parts=st.integers(0, 3), interval=st.integers(1, 9))
def test_the_best_share_is_a_share_and_as_fast_as_any(
    memory: Memory, parts: int, interval: int
) -> None:
    shares = [share_of(memory, parts, rounds, 64) for rounds in divisors(memory.tokens)]
    found = [share for share in shares if share is not None]
    best = best_share(memory, parts, interval, 64)
    assert (best is None) == (not found)
    if best is None:
        return
    assert best in found
    assert best.parts == parts
    assert memory.tokens % best.period == 0
    assert best.resident < best.period
    assert best.each * (memory.tokens // best.period) * memory.token_bytes <= 64
    least = min(cycles(memory, share, interval) for share in found)
    assert cycles(memory, best, interval) <= LEGIBLE * least
    assert least_cycles(memory, parts, interval, 64) <= least


def test_periods_keep_counters_where_that_costs_nothing() -> None:
    # 7 rows of 8 tokens, of which a unit holds 14: a quarter, of 4 tokens, of 8, or of 28.
    memory = Memory((7, 8), 1, 16, 1, units=9, places=4)
    assert best_share(memory, 1, 2, 14 * 16) == Share(8, 1, 2)
    # But not if it costs much: a unit of 12 holds 1 of 8 tokens, or 3 of 14.
    assert best_share(memory, 2, 2, 12 * 16) == Share(14, 2, 3)


@pytest.mark.parametrize(
    ("parts", "count"), [(1, 0), (4, 0), (5, 2), (9, 3), (32, 8), (33, 9 + 3), (400, 100 + 25 + 7)]
)
def test_relays_pass_on_what_relays_pass_on(parts: int, count: int) -> None:
    assert relays(parts) == count
    assert relays(parts, DIRECT) == (count if parts > 8 else 0)


def rounds_of(problem: Problem, kernel: int, generators: int) -> set[int]:
    """Give the numbers of rounds that are best for some memory of a kernel, at some speed."""
    members = [m for m in problem.memories if m.kernel == kernel]
    capacity = problem.machine.pmu.capacity_bytes
    bases = {max(m.resident_cycles for m in members)}
    for memory in members:
        interval = load_interval(memory, problem.machine, generators)
        bases.add(cycles(memory, Share(memory.tokens, 0, 0), interval))
    found = {1}
    for memory, base in product(members, bases):
        interval = load_interval(memory, problem.machine, generators)
        for parts in range(1, memory.units):
            share = best_share(memory, parts, interval, capacity, base)
            found |= set() if share is None else {memory.tokens // share.period}
    return found


def solutions(problem: Problem, every: bool) -> Iterator[Solution]:
    """List all ways to divide the memories; with `every`, into any number of rounds."""
    kernels = sorted({memory.kernel for memory in problem.memories})
    capacity = problem.machine.pmu.capacity_bytes
    kept = [[None, *range(memory.units)] for memory in problem.memories]
    for parts in product(*kept):
        count = sum(number is not None for number in parts)
        choices = [
            {d for m in problem.memories if m.kernel == kernel for d in divisors(m.tokens)}
            if every
            else rounds_of(problem, kernel, problem.busy + count)
            for kernel in kernels
        ]
        for rounds in product(*choices):
            of = dict(zip(kernels, rounds, strict=True))
            shares = [
                None if n is None else share_of(memory, n, of[memory.kernel], capacity)
                for memory, n in zip(problem.memories, parts, strict=True)
            ]
            if all((s is None) == (n is None) for s, n in zip(shares, parts, strict=True)):
                yield Solution(tuple(shares))


def is_valid(problem: Problem, solution: Solution) -> bool:
    try:
        verify(problem, solution)
    except RuntimeError:
        return False
    return True


@settings(max_examples=80, deadline=None)
@given(problem=problems())
def test_against_all_solutions(problem: Problem) -> None:
    valid = [s for s in solutions(problem, every=False) if is_valid(problem, s)]
    if not valid:
        with pytest.raises(NoStreamError):
            solve(problem)
        return
    solution = solve(problem)
    verify(problem, solution)
    found = total_cycles(problem, solution)
    assert found == min(total_cycles(problem, other) for other in valid)
    # Any numbers of rounds at all, not only those that are best for one memory, gain little.
    any_rounds = [s for s in solutions(problem, every=True) if is_valid(problem, s)]
    assert found <= 1.15 * min(total_cycles(problem, other) for other in any_rounds)
    assert solve(problem) == solution


def many(
    count: int, trips: tuple[int, ...] = (32, 12), units: int = 6, **changes: int
) -> tuple[Memory, ...]:
    """Give memories that are alike."""
    memory = Memory(trips, 1, 16, 1, units, places=16)
    return (replace(memory, **changes),) * count


def test_what_lacks_is_divided_evenly() -> None:
    problem = Problem(many(4), 8, generators=8, busy=1, compute_units=0, machine=TINY)
    assert [share and share.parts for share in solve(problem).shares] == [4, 4, 4, 4]


def test_one_kernel_after_another_is_not_streamed_in_both() -> None:
    """All generators share the bandwidth at all times, so one kernel's should suffice."""
    one = Problem(many(4), 8, generators=8, busy=1, compute_units=0, machine=TINY)
    two = replace(one, memories=many(2) + many(2, kernel=1))
    assert all(share is not None for share in solve(one).shares)
    streamed = [share is not None for share in solve(two).shares]
    assert streamed in ([True, True, False, False], [False, False, True, True])
    assert total_cycles(two, solve(one)) > total_cycles(two, solve(two))


def test_relays_are_as_many_as_compute_units() -> None:
    problem = Problem(many(2, units=12, trips=(64, 12)), 2, 4, 0, compute_units=0, machine=TINY)
    assert all(share is None or share.parts <= 4 for share in solve(problem).shares)
    free = solve(replace(problem, compute_units=8))
    assert sum(share.parts for share in free.shares if share is not None) > 8
    # A memory that has relays anyway has no need of more.
    anyway = replace(problem, memories=many(2, units=12, trips=(64, 12), relays=3))
    assert total_cycles(anyway, solve(anyway)) == total_cycles(anyway, free)


def test_what_cannot_stay_whole_is_streamed() -> None:
    ordinary, crowded = many(2), many(1, units=9, crowded=1, trips=(48, 12))
    problem = Problem(ordinary + crowded, 1, 3, 0, compute_units=0, machine=TINY)
    first, second, third = solve(problem).shares
    assert third is not None
    assert third.parts <= 4
    with pytest.raises(NoStreamError):
        solve(replace(problem, generators=0))
    del first, second


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"memories": ()}, "no memory holds weights that could be streamed"),
        ({"generators": 0}, "no address generator is left to stream weights \\(ag.count\\)"),
        (
            {"lack": 9, "generators": 1},
            "streaming frees at most 6 of the 9 memory units that are missing: 2 memories of "
            "weights can be streamed, and 1 address generator is left \\(ag.count\\)",
        ),
    ],
)
def test_reasons(changes: dict[str, object], reason: str) -> None:
    problem = Problem(many(2), 1, 4, 0, 0, TINY)
    with pytest.raises(NoStreamError, match=f"^{reason}$"):
        solve(replace(problem, **changes))


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        (Problem(many(1, units=0), 1, 1, 0, 0, TINY), "memory 0: .* holds less than nothing"),
        (Problem(many(1, trips=(0,)), 1, 1, 0, 0, TINY), "memory 0: .* holds less than nothing"),
        (Problem(many(1), 1, -1, 0, 0, TINY), "counted from 0"),
        (Problem(many(1), 1, 1, 0, -1, TINY), "counted from 0"),
    ],
)
def test_problems_that_make_no_sense(problem: Problem, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        solve(problem)


@pytest.mark.parametrize(
    ("share", "message"),
    [
        (Share(7, 1, 1), "no share of it"),
        (Share(12, 3, 4), "no share of it"),
        (Share(12, 2, 3), "a part holds 1536 bytes"),
        (None, "0 units are freed of 1"),
        (Share(384, 5, 60), "2 relays are needed"),
    ],
)
def test_solutions_that_are_wrong(share: Share | None, message: str) -> None:
    problem = Problem(many(1), 1, 1, 0, 0, TINY)
    with pytest.raises(RuntimeError, match=message):
        verify(problem, Solution((share,)))


def test_too_many_are_streamed() -> None:
    problem = Problem(many(2), 1, 1, 0, 0, TINY)
    with pytest.raises(RuntimeError, match="2 memories are streamed"):
        verify(problem, Solution((Share(384, 0, 0),) * 2))
