"""What parallel factors take of the machine, estimated: compute units, memory units, cycles."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from spatial_opt.machine.description import Machine
from spatial_opt.passes.parallelization.facts import KernelFacts
from spatial_opt.passes.solvers.stream_shares import divisors


@dataclass(frozen=True)
class Factors:
    """Parallel factors of one kernel."""

    copies: int
    lanes: int
    rows: int
    reductions: tuple[tuple[int, int], ...]
    """Pieces and lanes of each reduction."""


@dataclass(frozen=True)
class Weights:
    """Memories of parameters, one at each of several units."""

    memories: int
    token_bytes: int
    tokens: int
    """Different ones that one memory gives when the kernel runs."""
    repeats: int
    """How often it gives each of them then."""
    units: int
    """Memory units that each takes."""


@dataclass(frozen=True)
class Estimate:
    """What factors take."""

    compute_units: int
    other_memories: int
    """Memory units beside those of the weights of reductions."""
    weights: tuple[Weights, ...]
    running: int
    """Cycles in which the kernel's reductions take all their operands."""
    latency: int
    """Cycles that a run of the kernel takes beside."""
    steps: int
    """Runs of the kernel."""

    @property
    def memory_units(self) -> int:
        """Memory units where all weights stay in them."""
        return self.other_memories + sum(each.memories * each.units for each in self.weights)

    @property
    def cycles(self) -> int:
        """Cycles over the whole run, where all weights stay in memory units."""
        return (self.running + self.latency) * self.steps


def estimate(
    kernel: KernelFacts, machine: Machine, factors: Factors, vectors: list[int], private: bool
) -> Estimate:
    """Estimate the units and cycles that factors take."""
    compute = operands = 0
    weights: list[Weights] = []
    iterations = 1
    groups = kernel.outer * ceil(kernel.length / (factors.copies * factors.lanes))
    strict = machine.enforces("pmu.capacity_bytes")
    for facts, (pieces, lanes), count in zip(
        kernel.reductions, factors.reductions, vectors, strict=True
    ):
        dots = factors.copies * pieces
        stages = facts.ops + sum_stages(lanes, factors.lanes, machine)
        compute += dots * facts.results * ceil(stages / machine.pcu.stages)
        # A parameter that only a part of the reduction reads lies with the pieces of that part.
        for held in facts.resident:
            readers = min(pieces, ceil(pieces * held.span / facts.length))
            memories = factors.copies * readers
            row = ceil(ceil(count / pieces) * held.span / facts.length) * facts.turns
            token_bytes = ceil(factors.lanes * lanes * held.bits / 8)
            repeats = _repeats(kernel, groups * row, held.bytes / (memories * token_bytes))
            units = _units(groups // repeats, row * token_bytes, machine) if strict else 1
            tokens = groups * row // repeats
            weights.append(Weights(memories * facts.results, token_bytes, tokens, repeats, units))
        if facts.operands:
            # A piece that holds the seam of two values reads both.
            operands += dots * facts.results if private else pieces + facts.operands - 1
        iterations = max(iterations, ceil(count / pieces) * facts.turns)
    turns = factors.copies // factors.rows
    row, depth = row_units(kernel, factors, machine)
    compute += factors.rows * row
    # What a step costs beside its groups: every unit on the way takes its stages and some hops.
    latency = 50 + 8 * depth + turns
    return Estimate(
        compute,
        operands + factors.rows * kernel.row_memories,
        tuple(weights),
        groups * max(iterations, turns),
        latency,
        kernel.steps,
    )


def _repeats(kernel: KernelFacts, tokens: int, needed: float) -> int:
    """Count how often outer indices, such as that of a batch, go through all of a parameter."""
    return max(d for d in divisors(kernel.outer) if d == 1 or tokens // d >= needed)


def _units(rows: int, row_bytes: int, machine: Machine) -> int:
    """Count the memory units of one memory, each of which holds whole rows if one fits."""
    capacity = machine.pmu.capacity_bytes
    together = capacity // row_bytes
    return ceil(rows / together) if together else rows * ceil(row_bytes / capacity)


def sum_stages(lanes: int, rows: int, machine: Machine) -> int:
    """Count the stages that sum a vector up: pairs within words, a tree over lanes, over time."""
    if rows > 1:
        return (lanes - 1).bit_length() + 1
    over = min(lanes, machine.pcu.lanes)
    tree = (over - 1).bit_length()
    return (lanes // over - 1).bit_length() + (1 if machine.pcu.folded_reduction else tree + 1)


def row_units(kernel: KernelFacts, factors: Factors, machine: Machine) -> tuple[int, int]:
    """Estimate the compute units of one row, and how many follow one another."""
    stages, inputs = machine.pcu.stages, machine.pcu.scalar_inputs
    trees = [
        pieces - 1
        for facts, (pieces, _) in zip(kernel.reductions, factors.reductions, strict=True)
        for _ in range(facts.results)
    ]
    count = depth = 0
    for level, parts in enumerate(kernel.row_ops or ((),)):
        sizes = sorted(parts, reverse=True)
        if level == 0:
            # Trees go with the arithmetic that uses them, the larger with the larger.
            largest = sorted(trees, reverse=True)
            padded = sizes + [0] * max(0, len(largest) - len(sizes))
            sizes = [ops + (largest[n] if n < len(largest) else 0) for n, ops in enumerate(padded)]
        count += _packed(sizes, stages, inputs)
        depth += max((ceil(ops / stages) for ops in sizes), default=0)
    return count, depth


def _packed(sizes: list[int], stages: int, inputs: int) -> int:
    """Count the units that parts of a row take: large ones several, small ones half of one."""
    units = sum(
        max(ceil(ops / stages), ceil((ops + 1) / (inputs - 1))) for ops in sizes if ops > stages
    )
    small = sorted((ops for ops in sizes if 0 < ops <= stages), reverse=True)
    while small:
        largest = small.pop(0)
        partner = next((ops for ops in small if largest + ops <= stages), None)
        if partner is not None:
            small.remove(partner)
        units += 1
    return units
