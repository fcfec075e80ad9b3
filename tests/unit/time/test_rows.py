"""Skipping rows inside an activation changes nothing, whatever the parts are."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from random_networks import random_rows

from spatial_opt.runtime import bindings, event_rows
from spatial_opt.runtime import event_words as k
from spatial_opt.runtime.cycle_engine import run_cycles
from spatial_opt.runtime.deadlock import DeadlockError
from spatial_opt.runtime.event_engine import Prepared, prepare, recurrence_bound, run
from spatial_opt.runtime.event_parts import Part, find_parts, shortest
from spatial_opt.runtime.event_results import TimeResult
from spatial_opt.runtime.event_tables import build_tables
from spatial_opt.runtime.network import Channel, Network, Process

NATIVE = bindings.find() is not None


def outcome(work: Callable[[], TimeResult]) -> TimeResult | str:
    """What can be compared of a run, or the message if it comes to a halt."""
    try:
        return replace(work(), cycles_per_step=[], loops=[], native=True)
    except DeadlockError as error:
        return str(error)


def test_random_networks() -> None:
    halted = 0
    for seed in range(150):
        network = random_rows(Random(seed), 400)
        full = outcome(lambda n=network: run(n, steady=False))
        prepared = prepare(network)
        # Twice: a run leaves nothing behind.
        assert outcome(prepared.run) == full
        assert outcome(prepared.run) == full
        halted += isinstance(full, str)
    assert 0 < halted < 20


def test_portable() -> None:
    for seed in range(150, 165):
        network = random_rows(Random(seed), 300)
        full = outcome(lambda n=network: run(n, steady=False))
        assert outcome(lambda n=network: run(n, native=False)) == full


def test_twin() -> None:
    compared = 0
    for seed in range(200, 212):
        network = random_rows(Random(seed), 160)
        result = outcome(lambda n=network: run(n))
        twin = run_cycles(network)
        assert twin.finished == isinstance(result, TimeResult)
        if isinstance(result, TimeResult):
            compared += 1
            assert result.cycles == twin.cycles
            assert sum(result.causes.values()) == result.cycles
            for process, times in zip(result.processes, twin.times, strict=True):
                last = (len(times), times[0], times[-1])
                assert (process.firings, process.first, process.last) == last
    assert compared > 6


def test_recurrence_bound() -> None:
    for seed in range(300, 330):
        network = random_rows(Random(seed), 300)
        full = outcome(lambda n=network: recurrence_bound(n, steady=False))
        assert outcome(lambda n=network: recurrence_bound(n)) == full


def random_parts(rng: Random, network: Network) -> list[Part]:
    """Any division into parts, most of them useless ones."""
    free = set(range(len(network.processes)))
    parts: list[Part] = []
    for _ in range(rng.randint(1, 3)):
        if not free:
            break
        group = [rng.choice(sorted(free))]
        size = rng.randint(1, 12)
        for channel in rng.choices(network.channels, k=60):
            for here, there in ((channel.src, channel.dst), (channel.dst, channel.src)):
                if here in group and there in free.difference(group) and len(group) < size:
                    group.append(there)
        chosen = network.processes[rng.choice(group)]
        drivers = [index for index in group if network.processes[index].firings == chosen.firings]
        if rng.random() < 0.3:
            drivers = drivers[:1]
        ends = [(c.src in group) + (c.dst in group) for c in network.channels]
        parts.append(
            Part(
                tuple(drivers),
                tuple(index for index in group if index not in drivers),
                tuple(index for index, count in enumerate(ends) if count == 2),
                tuple(index for index, count in enumerate(ends) if count == 1),
                rng.choice([1, 2, 3, 4, 6, 12, 12, 24]),
            )
        )
        free.difference_update(group)
    return parts


@pytest.mark.parametrize("steady", [True, False])
def test_any_parts(steady: bool) -> None:
    for seed in range(400, 500):
        rng = Random(seed)
        network = random_rows(rng, 300)
        if not network.channels:
            continue
        tables = build_tables(network, 0, random_parts(rng, network))
        prepared = Prepared(network, tables, native=NATIVE, steady=steady, recorded=0)
        full = outcome(lambda n=network: run(n, steady=False))
        assert outcome(prepared.run) == full


def stream(firings: int) -> Network:
    """Two sources that take turns, a sum of every 4 products, and a write."""
    half = firings // 2
    processes = [
        Process("w0", "read", 1, half, latency=5),
        Process("w1", "read", 1, half, latency=5),
        Process("x", "read", 1, firings, latency=5),
        Process("dot", "pcu", 1, firings, latency=9),
        Process("sum", "pcu", 1, firings // 4, latency=3),
        Process("h", "write", 1, firings // 4, latency=1),
    ]
    window = {"dst_cycle": firings}
    channels = [
        Channel("w0", "vector", 0, 3, 2, 1, 20, dst_lo=0, dst_hi=half, **window),
        Channel("w1", "vector", 1, 3, 5, 1, 22, dst_lo=half, dst_hi=firings, **window),
        Channel("x", "vector", 2, 3, 4, 1, 24),
        Channel("dot", "scalar", 3, 4, 1, 1, 20, src_period=4, src_offset=3),
        Channel("sum", "scalar", 4, 5, 3, 1, 20),
        Channel(
            "next", "token", 5, 2, 2, 1, 2, 1, firings // 4, firings // 4 - 1, firings, 0,
            dst_cycle=firings,
        ),
    ]  # fmt: skip
    return Network(processes, channels)


def test_long_activations_cost_no_more_than_short_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    skipped: list[int] = []
    skip_rows = event_rows.skip_rows

    def spy(proc: list[int], port: list[int], runs: list[int], control: list[int],
            parts: list[int], members: list[int], past: list[int]) -> None:  # fmt: skip
        skipped.append(control[k.ROOM] * parts[control[k.CURRENT] + k.WIDTH])
        skip_rows(proc, port, runs, control, parts, members, past)

    monkeypatch.setattr(event_rows, "skip_rows", spy)
    result = run(stream(400_000), native=False)
    # Once for each of the two sources.
    assert len(skipped) == 2
    assert sum(skipped) > 399_000
    assert result.processes[3].firings == 400_000
    assert result.cycles > 400_000
    assert result.causes == run(stream(400_000), steady=False).causes


def test_every_difference_between_rows_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    compare_inner = event_rows.compare_inner
    seen: list[int] = []

    def found(arrays: list[list[int]], at: int) -> int:
        arrays = [array.copy() for array in arrays]
        arrays[2][at] += 1
        compare_inner(*arrays)
        return arrays[3][k.FOUND]

    def spy(*arrays: list[int]) -> None:
        before = [array.copy() for array in arrays]
        compare_inner(*arrays)
        runs, control, past = arrays[2], arrays[3], arrays[6]
        if control[k.FOUND] < 2:
            return
        for channel in range(0, len(arrays[1]), k.CHANNEL_WORDS):
            begin, count = (arrays[1][channel + word] for word in (k.PAST_AT, k.PAST_COUNT))
            if count > 0:
                run, place, events = past[begin : begin + 3]
                assert place >= 0
                seen.append(events)
                # Another time or distance is no repetition, other causes must repeat once more.
                assert found(before, run) == 0
                assert found(before, run + k.RUN_SPLIT + 2) == 1
                if events > 1:
                    assert found(before, run + k.STEP) == 0
                    assert found(before, run + k.STEP_SPLIT) == 1
                assert runs[run + k.EVENTS] >= events

    monkeypatch.setattr(event_rows, "compare_inner", spy)
    network = stream(512)
    slow = [replace(p, interval=3) if p.name == "dot" else p for p in network.processes]
    run(replace(network, processes=slow), native=False)
    assert max(seen) > 1


def test_results_are_their_own() -> None:
    prepared = prepare(stream(512))
    first = prepared.run()
    second = prepared.run()
    # The statistics of the first are still there to be worked out.
    assert first == second
    assert first.details is not second.details
    assert first.processes[3].firings == 512


def test_parts() -> None:
    (part,) = find_parts(stream(512))
    assert part.drivers == (2, 3)
    assert part.others == (0, 1, 4, 5)
    assert part.inner == (0, 1, 2, 3, 4, 5)
    assert part.outer == ()
    assert part.width == 16
    assert find_parts(stream(64)) == []


def test_rows_are_short_where_sources_take_uneven_turns() -> None:
    # Each source fires as fast as its reader while it is its turn, however few its firings are.
    firings = 4096
    turns = [(0, 1088), (1088, 2176), (2176, 4096)]
    processes = [Process(f"w{n}", "read", 1, hi - lo) for n, (lo, hi) in enumerate(turns)]
    processes += [Process("dot", "pcu", 1, firings), Process("sum", "pcu", 1, firings // 4)]
    channels = [
        Channel(f"w{n}", "vector", n, 3, 1, 1, 8, dst_lo=lo, dst_hi=hi, dst_cycle=firings)
        for n, (lo, hi) in enumerate(turns)
    ]
    channels.append(Channel("dot", "scalar", 3, 4, 1, 1, 8, src_period=4, src_offset=3))
    (part,) = find_parts(Network(processes, channels))
    assert part.width == 16


def test_shortest() -> None:
    assert shortest((2, 2, 2)) == (2,)
    assert shortest((1, 2, 1, 2)) == (1, 2)
    assert shortest((1, 2, 1)) == (1, 2, 1)
    assert shortest((1, 1, 2) * 7) == (1, 1, 2)
