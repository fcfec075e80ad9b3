"""What parallel factors take where a part of the weights is loaded from DRAM all the time."""

from __future__ import annotations

from collections.abc import Iterator
from sys import maxsize

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
    estimate: Estimate,
    machine: Machine,
    busy: int,
    most: int | None = None,
    room: tuple[int, int] = (maxsize, maxsize),
) -> Iterator[Option]:
    """
    List what factors take where every memory of weights keeps so many units (at most `most`).

    What takes more compute or memory units than there is `room` for is left out.

    `busy` address generators share the bandwidth already; each memory that keeps less than all of
    it needs one more.
    """
    memories = [(each.memories, _memory(each, machine)) for each in estimate.weights]
    whole = [count * relays(memory.units, DIRECT) for count, memory in memories]
    largest = max((memory.units for _, memory in memories), default=0)
    capacity = machine.pmu.capacity_bytes
    for kept in range(largest if most is None else min(largest, most + 1)):
        units = estimate.other_memories + sum(
            count * min(memory.units, kept) for count, memory in memories
        )
        if estimate.compute_units > room[0] or units > room[1]:
            return
        parts = [each for each in memories if each[1].units > kept]
        generators = busy + sum(count for count, _ in parts)
        if generators > machine.ag.count and machine.enforces("ag.count"):
            continue
        loading = [
            least_cycles(memory, kept, load_interval(memory, machine, generators), capacity)
            for _, memory in parts
        ]
        passing = relays(kept) * (generators - busy) + sum(
            count
            for count, (_, memory) in zip(whole, memories, strict=True)
            if memory.units <= kept
        )
        yield Option(
            estimate.compute_units + passing,
            units,
            (max(estimate.running, *loading) + estimate.latency) * estimate.steps,
            generators - busy,
        )


def _memory(weights: Weights, machine: Machine) -> Memory:
    """State weights as the solver of streams takes them."""
    places = machine.pcu.fifo_depth + machine.ag.outstanding_bursts
    return Memory((weights.tokens,), weights.repeats, weights.token_bytes, 1, weights.units, places)
