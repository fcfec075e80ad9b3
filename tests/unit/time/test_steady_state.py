"""Skipping iterations changes nothing but the time it takes to know the result."""

import re
from dataclasses import replace
from random import Random

import pytest
from random_networks import random_network

from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime import steady_capture as s
from spatial_opt.runtime import steady_regime
from spatial_opt.runtime.deadlock import DeadlockError
from spatial_opt.runtime.event_engine import run
from spatial_opt.runtime.event_results import TimeResult
from spatial_opt.runtime.network import Channel, Network, Process


def same(network: Network) -> TimeResult:
    """Run with and without skipping and compare everything; returns the run with it."""
    full = run(network, steady=False)
    short = run(network)
    assert replace(short, cycles_per_step=[], loops=[]) == replace(
        full, cycles_per_step=[], loops=[]
    )
    return short


def test_random_networks() -> None:
    periods: set[int] = set()
    for seed in range(300):
        network = random_network(Random(seed), trips=50, live=seed % 2 == 0)
        try:
            result = same(network)
        except DeadlockError as error:
            with pytest.raises(DeadlockError, match=re.escape(str(error))):
                run(network, steady=True)
            continue
        for loop in result.loops:
            if loop.steady:
                periods.add(loop.period)
                assert sum(loop.causes_per_step.values()) == pytest.approx(loop.cycles_per_step)
    assert periods >= {1, 2, 3, 4}


def with_loads(rng: Random, network: Network) -> Network:
    """Add address generators that run far ahead of one of the processes."""
    processes, channels = list(network.processes), list(network.channels)
    inside = [index for index, process in enumerate(processes) if process.loop_id is not None]
    for _ in range(rng.choice([1, 1, 2]) if inside else 0):
        dst = rng.choice(inside)
        loop_id = processes[dst].loop_id
        assert loop_id is not None
        trips = network.loops[loop_id]
        firings = processes[dst].total // trips
        tokens = rng.choice([n for n in range(1, firings + 1) if firings % n == 0])
        interval: int | tuple[int, ...] = rng.choice([1, 1, 2, 3, 0, (1, 2), (0, 3, 1)])
        capacity = rng.choice([tokens, 2 * tokens, 8, 20, 40, 90])
        channels.append(
            Channel(
                f"l{len(channels)}",
                "vector",
                len(processes),
                dst,
                rng.randint(0, 4),
                capacity=capacity,
                initial=min(capacity - 1, rng.choice([0, 0, 0, 0, 1, 2 * tokens])),
                dst_period=firings // tokens,
                dst_offset=rng.randrange(firings // tokens),
            )
        )
        processes.append(
            Process("load", "load", trips, tokens, interval, rng.randint(0, 30), loop_id=loop_id)
        )
    return replace(network, processes=processes, channels=channels)


def test_random_networks_with_loads() -> None:
    parts = 0
    for seed in range(1000, 1200):
        rng = Random(seed)
        network = with_loads(rng, random_network(rng, trips=100, live=seed % 4 != 0))
        try:
            result = same(network)
        except DeadlockError as error:
            with pytest.raises(DeadlockError, match=re.escape(str(error))):
                run(network, steady=True)
            continue
        parts += any(len(loop.skipped) > 1 for loop in result.loops)
    # Iterations are skipped before the generators have filled their channels, and after.
    assert parts > 20


def chain(steps: int, **middle: int | tuple[int, ...]) -> tuple[list[Process], list[Channel]]:
    processes = [
        Process("a", "read", steps, 8, latency=2, loop_id=0),
        replace(Process("b", "pcu", steps, 8, latency=4, loop_id=0), **middle),
        Process("c", "write", steps, 1, latency=1, loop_id=0),
    ]
    channels = [
        Channel("ab", "vector", 0, 1, hops=2, capacity=6),
        Channel("bc", "scalar", 1, 2, hops=1, capacity=4, src_period=8, src_offset=7),
        Channel("ca", "token", 2, 0, hops=3, capacity=2, initial=1, dst_period=8, dst_cycle=8),
    ]
    return processes, channels


def test_many_steps_cost_no_more_than_few() -> None:
    processes, channels = chain(1_000_000)
    result = run(Network(processes, channels, [1_000_000]))
    assert result.loops[0].after < 10
    few, _ = chain(1000)
    short = run(Network(few, channels, [1000]), steady=False)
    assert result.cycles - short.cycles == 999_000 * result.cycles_per_step[0]


def test_what_only_the_last_step_does() -> None:
    steps = 200
    processes, channels = chain(steps)
    processes.append(Process("end", "controller", 1, 1, latency=1))
    processes.append(Process("start", "controller", 1, 1, latency=90))
    processes.append(Process("late", "controller", 1, 1, latency=50_000))
    total = steps * 8
    channels += [
        # Sent by the last firing of the loop only; consumed by the first and the last.
        Channel("done", "token", 1, 3, src_period=total, src_offset=total - 1),
        Channel("go", "token", 4, 0, dst_period=total),
        Channel("held", "token", 5, 1, dst_period=total, dst_offset=total - 3),
    ]
    result = same(Network(processes, channels, [steps]))
    assert result.loops[0].steady
    assert result.loops[0].after < 10
    assert result.processes[0].first == 90 + 0
    assert result.cycles > 50_000


def test_what_only_one_step_in_the_middle_does() -> None:
    steps = 200
    interval = [1] * (steps * 8)
    interval[100 * 8 + 3] = 500
    processes, channels = chain(steps, interval=tuple(interval))
    slow = same(Network(processes, channels, [steps]))
    processes, channels = chain(steps)
    fast = same(Network(processes, channels, [steps]))
    assert slow.loops[0].steady
    assert 490 < slow.cycles - fast.cycles <= 499


def test_queue_that_fills_slowly() -> None:
    # a runs ahead until the queue of 24 steps is full: nothing repeats before.
    steps = 100
    processes = [
        Process("a", "load", steps, 1, latency=2, loop_id=0),
        Process("b", "pcu", steps, 1, interval=7, latency=2, loop_id=0),
    ]
    channels = [Channel("ab", "vector", 0, 1, hops=1, capacity=24)]
    result = same(Network(processes, channels, [steps]))
    assert result.cycles_per_step == [7.0]
    assert 24 < result.loops[0].after < 36
    # Until it is full nobody waits for it.
    assert result.loops[0].skipped[0].start < 8
    assert result.loops[0].skipped[0].stop > 20


def test_loops_one_after_the_other() -> None:
    processes, channels = chain(300)
    more, again = chain(500, interval=2)
    for process in more:
        processes.append(replace(process, loop_id=1, name=process.name + "2"))
    for channel in again:
        channels.append(replace(channel, src=channel.src + 3, dst=channel.dst + 3))
    channels.append(
        Channel("next", "token", 2, 3, src_period=300, src_offset=299, dst_period=500 * 8)
    )
    result = same(Network(processes, channels, [300, 500]))
    assert [loop.steady for loop in result.loops] == [True, True]
    assert [loop.after < 12 for loop in result.loops] == [True, True]
    assert result.processes[3].first > result.processes[1].last
    assert result.cycles_per_step[1] - result.cycles_per_step[0] == 7.0


def test_loops_in_lockstep() -> None:
    # Two layers: the second takes each step's result of the first, and is slower.
    processes, channels = chain(300)
    more, again = chain(300, interval=3)
    for process in more:
        processes.append(replace(process, loop_id=1, name=process.name + "2"))
    for channel in again:
        channels.append(replace(channel, src=channel.src + 3, dst=channel.dst + 3))
    channels.append(Channel("layer", "scalar", 2, 3, capacity=3, dst_period=8, dst_cycle=8))
    result = same(Network(processes, channels, [300, 300]))
    assert [loop.steady for loop in result.loops] == [True, True]
    assert result.loops[0].cycles_per_step == result.loops[1].cycles_per_step


def test_period_of_two_steps() -> None:
    processes, channels = chain(101, interval=(1,) * 8 + (2,) * 8)
    result = same(Network(processes, channels, [101]))
    assert result.loops[0].period == 2
    assert result.loops[0].steady


def test_causes_that_take_turns() -> None:
    # Each is bound by the other: times repeat each step, what they are spent on every other step.
    steps = 101
    processes = [
        Process("a", "pcu", steps, 1, latency=5, loop_id=0),
        Process("b", "read", steps, 1, latency=5, loop_id=0),
    ]
    channels = [
        Channel("ab", "vector", 0, 1, capacity=2, initial=1),
        Channel("ba", "vector", 1, 0, capacity=2, initial=1),
    ]
    result = same(Network(processes, channels, [steps]))
    assert result.loops[0].period == 2
    assert result.causes["pipeline"] == 5 * 51
    assert result.causes["memory"] == 5 * 50


def test_every_difference_between_states_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    compare_states = steady_regime.compare_states
    compared: set[int] = set()

    def spy(where: list[int], states: list[int]) -> None:
        compare_states(where, states)
        if not where[s.ALIKE]:
            return
        live = where[s.LIVE_AT]
        # Not when, how long they worked and how long they waited: that shows in the rest.
        free = {
            *range(where[s.READY_AT], where[s.SPLITS_AT]),
            *range(where[s.WAITS_AT], live),
        }
        count = states[where[s.LAST]]
        assert count > 0
        for at in set(range(live + count * s.LIVE_WORDS)) - free:
            if at >= live and (at - live) % s.LIVE_WORDS == s.RUN_AT:
                continue
            for state in (s.EARLIER, s.MIDDLE, s.LAST):
                changed, asked = states.copy(), where.copy()
                changed[where[state] + at] += 1
                compare_states(asked, changed)
                assert not asked[s.ALIKE]
                compared.add(at)

    monkeypatch.setattr(steady_regime, "compare_states", spy)
    processes, channels = chain(20, interval=3)
    assert run(Network(processes, channels, [20]), native=False).loops[0].steady
    assert len(compared) > 30


def test_too_long_a_run() -> None:
    network = Network([Process("a", "pcu", 2**31, 1, loop_id=0)], [], [2**31])
    with pytest.raises(SpatialError, match="run fewer steps"):
        run(network)
