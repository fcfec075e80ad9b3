"""The event engine and its cycle-by-cycle twin give every firing the same time."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_networks import random_network

from spatial_opt.runtime.cycle_engine import run_cycles
from spatial_opt.runtime.deadlock import DeadlockError
from spatial_opt.runtime.event_engine import run
from spatial_opt.runtime.network import Network


def agree(network: Network, native: bool | None) -> bool:
    """Compare all firing times; returns whether the network runs to its end."""
    # Activations of one firing have the same meaning, and are what the event engine records.
    network = replace(
        network, processes=[replace(p, loop=p.total, firings=1) for p in network.processes]
    )
    twin = run_cycles(network)
    if not twin.finished:
        with pytest.raises(DeadlockError) as caught:
            run(network, native=native)
        waiting = {wait.process for wait in caught.value.waits}
        assert waiting == {
            index
            for index, process in enumerate(network.processes)
            if len(twin.times[index]) < process.total
        }
        return False
    most = max(process.total for process in network.processes)
    result = run(network, native=native, steady=False, record=most)
    times: list[list[int]] = [[] for _ in network.processes]
    for record in result.records:
        times[record.process].append(record.start)
    assert times == twin.times
    assert result.cycles == twin.cycles
    assert sum(result.causes.values()) == result.cycles
    for process, row in zip(result.processes, twin.times, strict=True):
        assert (process.firings, process.first, process.last) == (len(row), row[0], row[-1])
    return True


def test_seeded() -> None:
    finished = [
        agree(random_network(Random(seed), live=seed % 2 == 0), None) for seed in range(400)
    ]
    # The networks are worth running: most run to their end, and some do not.
    assert 240 < sum(finished) < 380


def test_seeded_portable() -> None:
    for seed in range(400, 460):
        agree(random_network(Random(seed)), False)


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**32), trips=st.integers(1, 6), live=st.booleans())
def test_any(seed: int, trips: int, live: bool) -> None:
    agree(random_network(Random(seed), trips=trips, live=live), None)
