"""
Runs that can be followed on paper.

The figures are those of the machine `tiny` where they matter: a hop takes 1 cycle. Firings are
written X(n), in cycles from the start.
"""

from collections.abc import Sequence

import pytest

from spatial_opt.runtime.cycle_engine import run_cycles
from spatial_opt.runtime.event_engine import recurrence_bound, run
from spatial_opt.runtime.event_results import TimeResult
from spatial_opt.runtime.network import CAUSES, Channel, Network, Process

ENGINES = pytest.mark.parametrize("native", [False, None])


def starts(result: TimeResult) -> list[list[int]]:
    """Start of each recorded activation, by process."""
    times: list[list[int]] = [[] for _ in result.processes]
    for record in result.records:
        times[record.process].append(record.start)
    return times


def causes(**parts: int) -> dict[str, int]:
    return dict.fromkeys(CAUSES, 0) | parts


def check(
    network: Network, native: bool | None, times: Sequence[Sequence[int]], cycles: int
) -> TimeResult:
    """Run both engines; every process has activations of one firing."""
    result = run(network, native=native, record=100)
    twin = run_cycles(network)
    assert starts(result) == twin.times == [list(row) for row in times]
    assert result.cycles == twin.cycles == cycles
    assert sum(result.causes.values()) == cycles
    return result


@ENGINES
def test_one_unit(native: bool | None) -> None:
    # Fires at 0, 1, 2, 3, 4; the last result leaves the pipeline of 4 stages at 8.
    network = Network([Process("a", "pcu", 5, 1, latency=4)], [])
    result = check(network, native, [[0, 1, 2, 3, 4]], 8)
    assert result.causes == causes(compute=4, pipeline=4)
    assert result.processes[0].busy == 5
    assert result.processes[0].finish == 8


@ENGINES
def test_two_units_in_sequence(native: bool | None) -> None:
    # R(n) = n. A token takes 2 cycles in the memory and 2 on 2 hops: P(n) = n + 4.
    # P(7) = 11 and leaves 3 stages at 14. P(0) is bound by its token, the others by P(n - 1),
    # which comes first when both bind.
    network = Network(
        [Process("r", "read", 8, 1, latency=2), Process("p", "pcu", 8, 1, latency=3)],
        [Channel("rp", "vector", 0, 1, hops=2, capacity=20)],
    )
    result = check(network, native, [list(range(8)), list(range(4, 12))], 14)
    assert result.causes == causes(memory=2, network=2, compute=7, pipeline=3)
    assert result.processes[1].starved == 4
    assert result.channels[0].starved == 4
    assert result.channels[0].blocked == 0


@ENGINES
def test_back_pressure_with_depth_1(native: bool | None) -> None:
    # A(0) = 0, its token leaves the one stage at 1 and arrives after 1 hop: B(0) = 2. The credit
    # takes the hop back: A(1) = 3, B(1) = 5, and so on, every 3 cycles.
    network = Network(
        [Process("a", "pcu", 4, 1, latency=1), Process("b", "pcu", 4, 1, latency=1)],
        [Channel("ab", "vector", 0, 1, hops=1, capacity=1)],
    )
    result = check(network, native, [[0, 3, 6, 9], [2, 5, 8, 11]], 12)
    # 4 times through the stage of a, once through that of b; 4 hops there, 3 back.
    assert result.causes == causes(pipeline=5, network=4, back_pressure=3)
    # A is ready 1 cycle after a firing and fires 3 after it; B likewise, and 2 at the start.
    assert result.channels[0].blocked == 3 * 2
    assert result.channels[0].starved == 2 + 3 * 2


@ENGINES
def test_bank_conflict(native: bool | None) -> None:
    # Every second access takes 3 cycles: two of its elements wait for the bank of the first.
    # R = 0, 1, 4, 5, and the last word is there 2 cycles later.
    network = Network([Process("r", "read", 4, 1, interval=(1, 3), latency=2)], [])
    result = check(network, native, [[0, 1, 4, 5]], 7)
    assert result.causes == causes(memory=1 + 1 + 1 + 2, bank_conflict=2)
    assert result.processes[0].busy == 1 + 3 + 1 + 3


@ENGINES
def test_dram(native: bool | None) -> None:
    # 4 cycles for a burst, 10 until the first is there: L = 0, 4, 8; done at 18.
    network = Network([Process("l", "load", 3, 1, interval=4, latency=10)], [])
    result = check(network, native, [[0, 4, 8]], 18)
    assert result.causes == causes(dram=18)


def fork_and_join(depth: int) -> Network:
    """A read, a fast and a slow unit beside each other, and one that joins them."""
    return Network(
        [
            Process("read", "read", 8, 1, latency=2),
            Process("fast", "pcu", 8, 1, latency=2),
            Process("slow", "pcu", 8, 1, latency=6),
            Process("join", "pcu", 8, 1, latency=1),
        ],
        [
            Channel("rf", "vector", 0, 1, hops=1, capacity=20),
            Channel("rs", "vector", 0, 2, hops=1, capacity=20),
            Channel("fj", "vector", 1, 3, hops=1, capacity=depth),
            Channel("sj", "vector", 2, 3, hops=1, capacity=20),
        ],
    )


@ENGINES
def test_fork_and_join_with_unequal_branches(native: bool | None) -> None:
    # read(n) = n; fast(n) = slow(n) = n + 2 + 1; join(n) = n + 3 + 6 + 1.
    result = check(
        fork_and_join(20),
        native,
        [range(8), range(3, 11), range(3, 11), range(10, 18)],
        18,
    )
    assert result.causes == causes(memory=2, network=2, compute=7, pipeline=6 + 1)


@ENGINES
def test_fork_and_join_with_a_short_queue(native: bool | None) -> None:
    # The fast branch holds 2 tokens, so fast(n) >= join(n - 2) + 1:
    # join = 10, 11 as before; fast(2) = 11, join(2) = 11 + 2 + 1 = 14; fast(3) = 12,
    # join(3) = 15; fast(4) = 15, ...: two tokens every 4 cycles.
    result = check(
        fork_and_join(2),
        native,
        [
            range(8),
            [3, 4, 11, 12, 15, 16, 19, 20],
            range(3, 11),
            [10, 11, 14, 15, 18, 19, 22, 23],
        ],
        24,
    )
    assert result.causes["back_pressure"] == 3
    assert result.channels[2].blocked == (11 - 5) + (15 - 13) + (19 - 17)


def recurrence(steps: int) -> Network:
    """A memory read 4 times a step, a sum over the 4, and the write that starts the next step."""
    return Network(
        [
            Process("read", "read", steps, 4, latency=2, loop_id=0),
            Process("sum", "pcu", steps, 4, latency=5, loop_id=0),
            Process("write", "write", steps, 1, latency=1, loop_id=0),
        ],
        [
            Channel("rs", "vector", 0, 1, hops=1, capacity=17),
            Channel("sw", "scalar", 1, 2, hops=1, capacity=17, src_period=4, src_offset=3),
            Channel("wr", "token", 2, 0, hops=1, capacity=5, initial=1, dst_period=4, dst_cycle=4),
        ],
        [steps],
    )


@ENGINES
def test_recurrence_over_the_time_loop(native: bool | None) -> None:
    # With r the first read of a step: the last read is at r + 3, arrives 2 + 1 later, the sum
    # arrives 5 + 1 later at r + 12, and its being written is known at the read 1 + 1 later.
    result = run(recurrence(100), native=native, record=2)
    assert result.cycles_per_step == [14.0]
    assert result.cycles == 99 * 14 + 12 + 1
    # sum(0) of a step is bound by its token; the others by the firing before.
    step = {"memory": 2, "compute": 3, "pipeline": 5, "network": 2, "control": 2}
    assert result.loops[0].causes_per_step == causes(**step)
    assert result.loops[0].steady
    assert result.loops[0].after <= 4
    # All steps take the same, but the last ends with the write (1) and not with the token.
    assert result.causes == causes(
        memory=200 + 1, compute=300, pipeline=500, network=200, control=99 * 2
    )
    assert [(r.start, r.end) for r in result.records if r.process == 0] == [(0, 4), (14, 18)]


def test_bounds() -> None:
    # With latency only, the four firings of a step happen at once: 14 - 3 cycles.
    network = recurrence(100)
    bound = recurrence_bound(network)
    assert bound.cycles_per_step == [11.0]
    assert bound.cycles == 99 * 11 + 9 + 1
    # Back-pressure is not part of the bound.
    pair = Network(
        [Process("a", "pcu", 4, 1, latency=1), Process("b", "pcu", 4, 1, latency=1)],
        [Channel("ab", "vector", 0, 1, hops=1, capacity=1)],
    )
    assert recurrence_bound(pair).cycles == 1 + 1 + 1


@ENGINES
def test_turns_at_a_port(native: bool | None) -> None:
    # Two streams take turns; a turn is handed on without latency.
    network = Network(
        [Process("a", "read", 4, 1, latency=2), Process("b", "read", 4, 1, latency=2)],
        [
            Channel("ab", "token", 0, 1, latency=0),
            Channel("ba", "token", 1, 0, latency=0, initial=1),
        ],
    )
    # b may go in the same cycle as a, since nothing lies between: both once a cycle.
    check(network, native, [[0, 1, 2, 3], [0, 1, 2, 3]], 5)


def test_nothing() -> None:
    assert run(Network([], [])).cycles == 0
    assert run_cycles(Network([], [])).cycles == 0
