"""Choose how many rows at once and how many pieces per dot product, so that units suffice."""

from __future__ import annotations

from dataclasses import dataclass

CANDIDATES = ((4, 8), (4, 6), (4, 4), (2, 4), (2, 2), (1, 2), (1, 1))
"""(copies, pieces) in order of preference; the first is what Zhao et al. use for most LSTMs."""


@dataclass(frozen=True)
class Reduction:
    """One kernel with a reduction: `rows` results, each over `length` elements."""

    rows: int
    length: int
    lanes: int
    resident_bytes: int
    """Bytes of constants that its units read privately."""


@dataclass(frozen=True)
class Problem:
    """The kernels of a program and the machine's units."""

    reductions: tuple[Reduction, ...]
    other_compute_units: int
    """Compute units that everything else takes."""
    other_memory_units: int
    compute_units: int
    memory_units: int
    memory_bytes: int
    """Bytes of one memory unit; 0 where capacity is not a limit."""
    copies: int | None = None
    """Given by hand."""
    pieces: int | None = None

    def check(self) -> None:
        """Raise ValueError where a figure makes no sense."""
        for name, value in (("hu", self.copies), ("ru", self.pieces)):
            if value is not None and value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")


@dataclass(frozen=True)
class Solution:
    """The same factors for every reduction; each takes no more pieces than it has vectors."""

    copies: int
    pieces: int


def pieces_of(reduction: Reduction, pieces: int) -> int:
    """Count the pieces that hold an element when a reduction is cut into `pieces`."""
    vectors = -(-reduction.length // reduction.lanes)
    return -(-vectors // -(-vectors // pieces))


def demand(problem: Problem, solution: Solution) -> tuple[int, int]:
    """Estimate the compute and memory units that a choice takes."""
    compute, memory = problem.other_compute_units, problem.other_memory_units
    for reduction in problem.reductions:
        pieces = pieces_of(reduction, solution.pieces)
        copies = min(solution.copies, reduction.rows)
        units = copies * pieces
        compute += units + copies * -(-pieces // 3)
        share = -(-reduction.resident_bytes // units)
        memory += pieces + units * max(1, -(-share // (problem.memory_bytes or share or 1)))
    return compute, memory


def solve(problem: Problem) -> Solution:
    """Take the first candidate that fits; where none does, the smallest."""
    problem.check()
    solution = Solution(1, 1)
    for copies, pieces in CANDIDATES:
        solution = Solution(problem.copies or copies, problem.pieces or pieces)
        compute, memory = demand(problem, solution)
        if compute <= problem.compute_units and memory <= problem.memory_units:
            break
    return solution


def verify(problem: Problem, solution: Solution) -> None:
    """Raise ValueError unless a solution keeps what was given by hand."""
    if problem.copies not in (None, solution.copies) or problem.pieces not in (
        None,
        solution.pieces,
    ):
        raise ValueError(f"{solution} does not keep hu={problem.copies}, ru={problem.pieces}")
