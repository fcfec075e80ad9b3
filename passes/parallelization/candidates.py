"""The factors that a kernel can have, and what each takes of the machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from spatial_opt.machine.description import Machine
from spatial_opt.passes.parallelization.facts import KernelFacts, ReductionFacts
from spatial_opt.passes.solvers.parallelism import Option

MOST_LINKS = 14
"""Links that may feed a sum; a switch takes 16, and a bias or two come to the same unit."""


@dataclass(frozen=True)
class Factors:
    """Parallel factors of one kernel."""

    copies: int
    lanes: int
    rows: int
    reductions: tuple[tuple[int, int], ...]
    """Pieces and lanes of each reduction."""


@dataclass(frozen=True)
class Pinned:
    """Factors given by hand; None where they are open."""

    hu: int | None = None
    ru: int | None = None
    rv: int | None = None
    hv: int | None = None
    rows: int | None = None


def reduction_lanes(facts: ReductionFacts, rows: int, pinned: Pinned, machine: Machine) -> int:
    """Elements of a reduction that one vector takes, for as many rows in its lanes."""
    if rows > 1 and facts.single:
        return 1
    if rows == 1 and facts.vectors is not None:
        return 1
    width = machine.lanes_for(facts.bits)
    most = max(1, width // machine.pcu.lanes) if rows > 1 else width
    # A format of more bits has fewer elements in a vector than what was given.
    lanes = min(pinned.rv or most, most) if machine.enforces("pcu.lanes") else pinned.rv or most
    exact = facts.exact_with_rows if rows > 1 else facts.exact
    while not exact and facts.length % lanes:
        lanes //= 2
    return lanes


def rows_in_lanes(kernel: KernelFacts, pinned: Pinned, machine: Machine) -> str | None:
    """Say why the lanes of a unit cannot carry rows of a kernel, None where they can."""
    if kernel.length == 1:
        return "there is one row"
    if kernel.lanes is not None:
        return kernel.lanes
    for facts in kernel.reductions:
        if facts.rows is not None:
            return facts.rows
        if facts.vectors is not None and reduction_lanes(facts, 2, pinned, machine) > 1:
            return facts.vectors
    return None


def pieces_for(vectors: int, iterations: int) -> int:
    """Count the pieces that hold an element when each takes at most so many vectors."""
    return ceil(vectors / iterations)


def candidates(
    kernel: KernelFacts, machine: Machine, pinned: Pinned, private: bool
) -> Iterator[tuple[Factors, Option]]:
    """List the sensible factors of a kernel with reductions, and what each would take."""
    preset = _preset(kernel, pinned, machine)
    if preset is not None:
        vectors = [
            ceil(facts.length / lanes)
            for facts, (_, lanes) in zip(kernel.reductions, preset.reductions, strict=True)
        ]
        yield preset, option_of(kernel, machine, preset, vectors, private)
        return
    full = machine.pcu.lanes
    widths = [1] if rows_in_lanes(kernel, pinned, machine) is not None else [1, full]
    if pinned.hv is not None and kernel.length > 1:
        widths = [pinned.hv]
    for width in widths:
        lanes = [reduction_lanes(facts, width, pinned, machine) for facts in kernel.reductions]
        vectors = [ceil(f.length / n) for f, n in zip(kernel.reductions, lanes, strict=True)]
        for iterations in _iterations(max(vectors), pinned.ru):
            # A reduction of no more vectors than that is one piece.
            pieces = [pieces_for(count, iterations) for count in vectors]
            yield from _with_copies(kernel, machine, pinned, private, width, lanes, pieces, vectors)


def _preset(kernel: KernelFacts, pinned: Pinned, machine: Machine) -> Factors | None:
    """Give the factors that stand in the text; what has none there is not cut."""
    op = kernel.op
    copies, lanes = op.par_factors[-1], op.lane_count
    reduces = [facts.op for facts in kernel.reductions]
    marked = [reduce.piece_count > 1 or reduce.lane_count > 1 for reduce in reduces]
    if copies == 1 and lanes == 1 and not any(marked):
        return None
    return Factors(
        copies,
        lanes,
        op.row_copies,
        tuple(
            (facts.op.piece_count, facts.op.lane_count)
            if given
            else (1, reduction_lanes(facts, lanes, pinned, machine))
            for facts, given in zip(kernel.reductions, marked, strict=True)
        ),
    )


def _iterations(vectors: int, pieces: int | None) -> list[int]:
    """Vectors per piece that differ in the number of pieces they make."""
    if pieces is not None:
        return [ceil(vectors / min(pieces, vectors))]
    return sorted({ceil(vectors / count) for count in range(1, min(vectors, 96) + 1)})


def _with_copies(
    kernel: KernelFacts,
    machine: Machine,
    pinned: Pinned,
    private: bool,
    width: int,
    lanes: list[int],
    pieces: list[int],
    vectors: list[int],
) -> Iterator[tuple[Factors, Option]]:
    groups_of_one = ceil(kernel.length / width)
    dots = sum(f.results * n for f, n in zip(kernel.reductions, pieces, strict=True))
    most = max(1, len(machine.grid.positions("pcu")) // dots)
    copies = (
        [min(pinned.hu, groups_of_one)]
        if pinned.hu is not None
        else sorted({ceil(groups_of_one / ceil(groups_of_one / n)) for n in range(1, most + 1)})
    )
    writers = machine.pmu.scalar_inputs if width == 1 else machine.pmu.vector_inputs
    seen: set[tuple[int, int]] = set()
    for wanted in copies:
        for rows in _rows(wanted, pinned, writers):
            # A number of copies that the row units share evenly.
            count = wanted if pinned.hu is not None else ceil(wanted / rows) * rows
            if (count, rows) in seen or count > groups_of_one:
                continue
            links = count // rows * max([kernel.joined, *pieces])
            if pinned.hu is None and count > rows and links > MOST_LINKS:
                continue
            if pinned.hu is None and not kernel.row_ops and count > MOST_LINKS:
                # Without arithmetic around them the reductions write the memories themselves.
                continue
            seen.add((count, rows))
            factors = Factors(count, width, rows, tuple(zip(pieces, lanes, strict=True)))
            yield factors, option_of(kernel, machine, factors, vectors, private)


def _rows(copies: int, pinned: Pinned, writers: int) -> list[int]:
    """List the numbers of row units; at most `writers` can write one memory side by side."""
    if pinned.rows is not None and pinned.hu is None:
        return [min(pinned.rows, copies)]
    if pinned.rows is not None:
        # A short kernel may have fewer copies than were asked for.
        return [max(n for n in range(1, min(pinned.rows, copies) + 1) if copies % n == 0)]
    if pinned.hu is not None:
        return [copies]
    return list(range(1, min(copies, writers) + 1))


def option_of(
    kernel: KernelFacts, machine: Machine, factors: Factors, vectors: list[int], private: bool
) -> Option:
    """Estimate the units and cycles that factors take."""
    compute = memory = operands = 0
    iterations = 1
    strict = machine.enforces("pmu.capacity_bytes")
    for facts, (pieces, lanes), count in zip(
        kernel.reductions, factors.reductions, vectors, strict=True
    ):
        dots = factors.copies * pieces
        stages = facts.ops + sum_stages(lanes, factors.lanes, machine)
        compute += dots * facts.results * ceil(stages / machine.pcu.stages)
        capacity = machine.pmu.capacity_bytes
        # A parameter that only a part of the reduction reads lies with the pieces of that part.
        for held, span in facts.resident:
            readers = min(pieces, ceil(pieces * span / facts.length))
            share = ceil(held / (factors.copies * readers))
            each = ceil(share / capacity) if strict else 1
            memory += factors.copies * readers * facts.results * each
        if facts.operands:
            # A piece that holds the seam of two values reads both.
            operands += dots * facts.results if private else pieces + facts.operands - 1
        iterations = max(iterations, ceil(count / pieces) * facts.turns)
    turns = factors.copies // factors.rows
    row, depth = row_units(kernel, factors, machine)
    compute += factors.rows * row
    memory += operands + factors.rows * kernel.row_memories
    groups = kernel.outer * ceil(kernel.length / (factors.copies * factors.lanes))
    # What a step costs beside its groups: every unit on the way takes its stages and some hops.
    latency = 50 + 8 * depth + turns
    cycles = groups * max(iterations, turns) + latency
    return Option(compute, memory, cycles * kernel.steps)


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
