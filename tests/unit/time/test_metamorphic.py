"""How the time of a run must change when a network is changed."""

from dataclasses import replace
from random import Random

import pytest
from random_networks import random_network

from spatial_opt.runtime.deadlock import DeadlockError
from spatial_opt.runtime.event_engine import recurrence_bound, run
from spatial_opt.runtime.network import Channel, Network, Process


def cycles(network: Network) -> int | None:
    """Cycles of a run; None if it comes to a halt."""
    try:
        return run(network).cycles
    except DeadlockError:
        return None


SEEDS = range(150)


def test_longer_latency_never_shortens() -> None:
    for seed in SEEDS:
        rng = Random(seed)
        network = random_network(rng)
        processes = list(network.processes)
        index = rng.randrange(len(processes))
        processes[index] = replace(processes[index], latency=processes[index].latency + 3)
        before, after = cycles(network), cycles(replace(network, processes=processes))
        assert (before is None) == (after is None)
        if before is not None and after is not None:
            assert after >= before


def test_larger_queue_never_slows() -> None:
    for seed in SEEDS:
        rng = Random(seed)
        network = random_network(rng)
        if not network.channels:
            continue
        channels = list(network.channels)
        index = rng.randrange(len(channels))
        channels[index] = replace(channels[index], capacity=channels[index].capacity + 2)
        before, after = cycles(network), cycles(replace(network, channels=channels))
        if before is not None:
            assert after is not None
            assert after <= before


def test_recurrence_bound_is_a_bound() -> None:
    for seed in SEEDS:
        network = random_network(Random(seed))
        before = cycles(network)
        if before is not None:
            assert recurrence_bound(network).cycles <= before


@pytest.mark.parametrize("stage", range(4))
def test_one_more_stage_adds_one_cycle(stage: int) -> None:
    def network(extra: int) -> Network:
        processes = [
            Process(f"p{index}", "pcu", 1, 50, latency=4 + (extra if index == stage else 0))
            for index in range(4)
        ]
        # Places for all tokens on the way there and all credits on the way back.
        channels = [
            Channel(f"c{index}", "vector", index, index + 1, hops=2, capacity=16)
            for index in range(3)
        ]
        return Network(processes, channels)

    assert run(network(1)).cycles == run(network(0)).cycles + 1


def test_order_of_the_channels_does_not_matter() -> None:
    for seed in SEEDS:
        rng = Random(seed)
        network = random_network(rng)
        channels = list(network.channels)
        rng.shuffle(channels)
        assert cycles(network) == cycles(replace(network, channels=channels))
