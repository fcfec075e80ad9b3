"""Firing several times at once changes nothing, and is done wherever firings follow evenly."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import numpy as np
from random_networks import random_network, random_rows

from spatial_opt.runtime import event_words as k
from spatial_opt.runtime.cycle_engine import run_cycles
from spatial_opt.runtime.deadlock import DeadlockError
from spatial_opt.runtime.event_engine import run
from spatial_opt.runtime.event_results import TimeResult
from spatial_opt.runtime.event_tables import Tables, build_tables, pattern_words, unpack
from spatial_opt.runtime.network import Channel, Network, Process


def figures(work: Callable[[], TimeResult]) -> object:
    """Everything a run tells but the records, or the message if it comes to a halt."""
    try:
        result = work()
    except DeadlockError as error:
        return str(error)
    return result.cycles, result.causes, result.processes, result.channels


def one_by_one(network: Network) -> TimeResult:
    """Run a network firing by firing: what is recorded is not fired in batches."""
    most = max(process.loop for process in network.processes)
    return run(network, steady=False, record=most)


def test_as_one_by_one() -> None:
    for seed in range(150):
        network = random_network(Random(seed), trips=20, live=seed % 3 != 0)
        expected = figures(lambda n=network: one_by_one(n))
        assert figures(lambda n=network: run(n, steady=False)) == expected
    for seed in range(60):
        network = random_rows(Random(seed), 150)
        expected = figures(lambda n=network: one_by_one(n))
        assert figures(lambda n=network: run(n, steady=False)) == expected


def rest(network: Network, limits: list[int]) -> Tables:
    """Fire each process up to its limit, as far as it gets."""
    tables = build_tables(network, 0)
    tables.raise_limits(np.array(limits, np.int64))
    tables.flow(False)()
    return tables


def waiting(tables: Tables, channel: int, side: int) -> list[list[int]]:
    """The runs at a port."""
    row = tables.channels[channel]
    first, last = row[side + k.HEAD] // k.RUN_WORDS, row[side + k.TAIL] // k.RUN_WORDS
    return tables.runs.reshape(-1, k.RUN_WORDS)[first : last + 1].tolist()


def test_a_run_tells_many_firings() -> None:
    processes = [
        Process("a", "read", 1, 1000, 3, latency=5),
        Process("b", "pcu", 1, 500, latency=2),
    ]
    channel = Channel("ab", "vector", 0, 1, 2, 1, 1000, src_period=2, src_offset=1)
    tables = rest(Network(processes, [channel]), [900, 0])
    (found,) = waiting(tables, 0, k.TOKENS)
    # 450 tokens, the first sent at cycle 3, all 6 cycles apart.
    assert found[: k.STEP + 1] == [3 + 5 + 2, 450, 6]
    first = unpack(np.array(found[k.RUN_SPLIT : k.STEP_SPLIT]))
    assert {cause: n for cause, n in first.items() if n} == {
        "memory": 6,
        "bank_conflict": 2,
        "network": 2,
    }
    step = unpack(np.array(found[k.STEP_SPLIT : k.STEP_SPLIT + 4]))
    assert {cause: n for cause, n in step.items() if n} == {"memory": 2, "bank_conflict": 4}


def test_runs_end_where_the_distance_changes() -> None:
    processes = [
        Process("a", "pcu", 1, 12, (1, 1, 1, 5), latency=1),
        Process("b", "pcu", 1, 12),
    ]
    tables = rest(Network(processes, [Channel("ab", "vector", 0, 1, capacity=12)]), [12, 0])
    runs = waiting(tables, 0, k.TOKENS)
    assert [row[: k.STEP + 1] for row in runs] == [[1, 4, 1], [9, 4, 1], [17, 4, 1]]


def test_batches_follow_what_binds() -> None:
    # c waits each time for the slower of its sources, of equally slow ones for the first.
    def network(a: int, b: int) -> Network:
        processes = [
            Process("a", "read", 1, 100, a, latency=4),
            Process("b", "gather", 1, 100, b, latency=4),
            Process("c", "pcu", 1, 100),
        ]
        channels = [Channel(name, "vector", n, 2, capacity=100) for n, name in enumerate("ab")]
        return Network(processes, channels)

    for a, b in ((3, 3), (3, 2), (2, 3)):
        result = run(network(a, b), steady=False)
        assert result.causes == one_by_one(network(a, b)).causes
        waits = 4 + 99 * 2
        if a >= b:
            assert [channel.starved for channel in result.channels] == [waits, 0]
        else:
            # Both are there at cycle 4.
            assert [channel.starved for channel in result.channels] == [4, waits - 4]


def test_a_slower_source_overtakes_in_the_middle() -> None:
    # a is late at first, b is slower: from the 20th firing on c waits for b.
    processes = [
        Process("a", "read", 1, 100, 2, latency=21),
        Process("b", "read", 1, 100, 3, latency=1),
        Process("c", "pcu", 1, 100),
    ]
    channels = [Channel(name, "vector", n, 2, capacity=100) for n, name in enumerate("ab")]
    network = Network(processes, channels)
    result = run(network, steady=False)
    times = run_cycles(network).times[2]
    assert times == [max(21 + 2 * n, 1 + 3 * n) for n in range(100)]
    assert (result.processes[2].first, result.processes[2].last) == (times[0], times[-1])
    # 20 + 2n against 3n: equal at n = 20, where a counts.
    assert [channel.starved for channel in result.channels] == [21 + 20, 79 * 2]


def test_pattern_words() -> None:
    assert pattern_words((3,)) == [3, k.ENDLESS]
    assert pattern_words((1, 1, 1, 5)) == [1, 3, 1, 2, 1, 1, 5, 1]
    assert pattern_words((2, 1, 2)) == [2, 1, 1, 1, 2, 1]


def test_many_firings_cost_no_more_than_few() -> None:
    # One by one this would take minutes.
    network = Network([Process("a", "pcu", 1, 2_000_000_000)], [])
    result = run(network, native=False, steady=False)
    assert result.cycles == 2_000_000_000
    assert result.causes["compute"] == 2_000_000_000
    short = replace(network, processes=[Process("a", "pcu", 1, 7)])
    assert run(short, native=False, steady=False).causes["compute"] == 7
