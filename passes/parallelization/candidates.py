"""The factors that a kernel can have, and what each takes of the machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from spatial_opt.machine.description import Machine
from spatial_opt.passes.parallelization.estimates import Estimate, Factors, estimate
from spatial_opt.passes.parallelization.facts import KernelFacts, ReductionFacts

_OTHER_LINKS = 2
"""Links that a unit keeps for what comes beside the operands of its sum: a bias or two."""


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
) -> Iterator[tuple[Factors, Estimate]]:
    """List the sensible factors of a kernel with reductions, and what each would take."""
    preset = _preset(kernel, pinned, machine)
    if preset is not None:
        vectors = [
            ceil(facts.length / lanes)
            for facts, (_, lanes) in zip(kernel.reductions, preset.reductions, strict=True)
        ]
        yield preset, estimate(kernel, machine, preset, vectors, private)
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
) -> Iterator[tuple[Factors, Estimate]]:
    groups_of_one = ceil(kernel.length / width)
    dots = sum(f.results * n for f, n in zip(kernel.reductions, pieces, strict=True))
    most = max(1, len(machine.grid.positions("pcu")) // dots)
    copies = (
        [min(pinned.hu, groups_of_one)]
        if pinned.hu is not None
        else sorted({ceil(groups_of_one / ceil(groups_of_one / n)) for n in range(1, most + 1)})
    )
    writers = machine.pmu.scalar_inputs if width == 1 else machine.pmu.vector_inputs
    feeders = machine.links_into("scalar" if width == 1 else "vector") - _OTHER_LINKS
    seen: set[tuple[int, int]] = set()
    for wanted in copies:
        for rows in _rows(wanted, pinned, writers):
            # A number of copies that the row units share evenly.
            count = wanted if pinned.hu is not None else ceil(wanted / rows) * rows
            if (count, rows) in seen or count > groups_of_one:
                continue
            links = count // rows * max([kernel.joined, *pieces])
            if pinned.hu is None and count > rows and links > feeders:
                continue
            if pinned.hu is None and not kernel.row_ops and count > feeders:
                # Without arithmetic around them the reductions write the memories themselves.
                continue
            seen.add((count, rows))
            factors = Factors(count, width, rows, tuple(zip(pieces, lanes, strict=True)))
            yield factors, estimate(kernel, machine, factors, vectors, private)


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
