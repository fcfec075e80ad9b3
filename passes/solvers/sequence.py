"""Where to cut a program into parts that run one after another, so that all take least time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    """What a part takes."""

    lack: int
    """Units that the machine lacks for it."""
    cycles: int
    """Cycles, those of loading it included."""

    def __add__(self, other: Cost) -> Cost:
        """Give what two parts take, one after the other."""
        return Cost(self.lack + other.lack, self.cycles + other.cycles)


@dataclass(frozen=True)
class Problem:
    """So many items in a row, which are to be divided into parts of neighbours."""

    items: int
    cost: Callable[[int, int], Cost]
    """What the items from one up to another would take as a part; asked once for each."""

    def check(self) -> None:
        """Raise `ValueError` where there is nothing to divide."""
        if self.items < 1:
            raise ValueError(f"a program of {self.items} items cannot be divided")


@dataclass(frozen=True)
class Solution:
    """The first item of every part; the first of all is 0."""

    starts: tuple[int, ...]


def solve(problem: Problem) -> Solution:
    """
    Divide the items so that all parts together lack no unit, or few, and take the least time.

    Exact, if a part that lacks units does so with more items, too: longer ones are not looked at,
    but for the whole. Of equals, the one with fewest parts wins.
    """
    problem.check()
    # best[n]: what the first n items take, and where their last part starts.
    best: list[tuple[int, int, int, int]] = [(0, 0, 0, 0)]
    fits: dict[int, bool] = dict.fromkeys(range(problem.items), True)
    for end in range(1, problem.items + 1):
        choices: list[tuple[int, int, int, int]] = []
        for start in range(end):
            single, whole = end - start == 1, end - start == problem.items
            if not (single or whole or fits[start]):
                continue
            cost = problem.cost(start, end)
            fits[start] = not cost.lack
            lack, cycles, parts, _ = best[start]
            choices.append((lack + cost.lack, cycles + cost.cycles, parts + 1, start))
        best.append(min(choices))
    starts: list[int] = []
    end = problem.items
    while end:
        end = best[end][3]
        starts.append(end)
    return Solution(tuple(reversed(starts)))


def total(problem: Problem, solution: Solution) -> Cost:
    """Add up what the parts of a solution take."""
    ends = (*solution.starts[1:], problem.items)
    found = Cost(0, 0)
    for start, end in zip(solution.starts, ends, strict=True):
        found += problem.cost(start, end)
    return found


def verify(problem: Problem, solution: Solution) -> None:
    """Raise `RuntimeError` unless the parts hold every item once, in order."""
    starts = solution.starts
    if not starts or starts[0] or list(starts) != sorted({*starts}) or starts[-1] >= problem.items:
        raise RuntimeError(
            f"parts from {starts} do not divide {problem.items} items; this is a bug"
        )
