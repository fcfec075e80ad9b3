"""What parallel factors take where a part of the weights is loaded from DRAM all the time."""

from __future__ import annotations

from collections.abc import Iterator

from spatial_opt.machine.description import Machine
from spatial_opt.passes.parallelization.estimates import Estimate, Weights
from spatial_opt.passes.solvers.parallelism import Option
from spatial_opt.passes.solvers.relay_counts import DIRECT, relays
from spatial_opt.passes.solvers.stream_shares import (
    Memory,
    least_cycles,
    load_interval,
)


def resident(estimate: Estimate) -> Option:
    """Give what factors take where all weights stay in memory units."""
    passing = sum(each.memories * relays(each.units, DIRECT) for each in estimate.weights)
    return Option(estimate.compute_units + passing, estimate.memory_units, estimate.cycles)


def streamed(
    estimate: Estimate, machine: Machine, busy: int, most: int | None = None
) -> Iterator[Option]:
    """
    List what factors take where every memory of weights keeps so many units (at most `most`).

    `busy` address generators share the bandwidth already; each memory that keeps less than all of
    it needs one more.
    """
    largest = max((each.units for each in estimate.weights), default=0)
    for kept in range(largest if most is None else min(largest, most + 1)):
        parts = [each for each in estimate.weights if each.units > kept]
        generators = sum(each.memories for each in parts)
        if busy + generators > machine.ag.count and machine.enforces("ag.count"):
            continue
        loading = [_cycles(each, kept, busy + generators, machine) for each in parts]
        units = sum(each.memories * min(each.units, kept) for each in estimate.weights)
        passing = sum(
            each.memories * (relays(kept) if each.units > kept else relays(each.units, DIRECT))
            for each in estimate.weights
        )
        yield Option(
            estimate.compute_units + passing,
            estimate.other_memories + units,
            (max(estimate.running, *loading) + estimate.latency) * estimate.steps,
            generators,
        )


def _cycles(weights: Weights, kept: int, generators: int, machine: Machine) -> int:
    """Cycles in which weights are given, from `kept` memory units each and from DRAM."""
    places = machine.pcu.fifo_depth + machine.ag.outstanding_bursts
    memory = Memory(
        (weights.tokens,), weights.repeats, weights.token_bytes, 1, weights.units, places
    )
    interval = load_interval(memory, machine, generators)
    return least_cycles(memory, kept, interval, machine.pmu.capacity_bytes)
