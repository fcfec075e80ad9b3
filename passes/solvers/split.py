"""Cut a memory into parts that a reading stream visits one after another."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import prod


@dataclass(frozen=True)
class Problem:
    """The counters of the stream that decides the order, outermost first."""

    trips: tuple[int, ...]
    separable: tuple[bool, ...]
    """Whether each iteration of a counter reads elements of its own."""
    joinable: tuple[bool, ...]
    """Whether a counter and the next one may become one that runs through both."""
    iteration_bytes: int
    """Bytes read with all separable counters held still."""
    capacity_bytes: int
    around: int = 0
    """Outermost counters that are not cut: every part is visited in each of their iterations."""

    def check(self) -> None:
        """Raise `ValueError` unless the problem is well formed."""
        if not len(self.trips) == len(self.separable) == len(self.joinable):
            raise ValueError("each counter needs a trip count and two flags")
        if min(self.trips, default=1) < 1 or self.iteration_bytes < 1:
            raise ValueError("trip counts and bytes must be positive")
        if not 0 <= self.around <= len(self.trips):
            raise ValueError("no more counters than there are can stay as they are")


@dataclass(frozen=True)
class Solution:
    """Ranges of the counters `first` to `last`, taken as one that runs through all of them."""

    first: int
    last: int
    parts: tuple[tuple[int, int], ...]
    joined: bool
    """Whether a part may go on from one iteration of an outer counter to the next."""


class NoSplitError(ValueError):
    """No parts can be visited in order; the message says why."""


def bytes_inside(problem: Problem, last: int) -> int:
    """Bytes of one iteration of counter `last` (and of all cut counters outside it)."""
    counters = [*range(problem.around), *range(last + 1, len(problem.trips))]
    return problem.iteration_bytes * prod(
        problem.trips[index] for index in counters if problem.separable[index]
    )


@lru_cache(maxsize=1024)
def solve(problem: Problem) -> Solution:
    """
    Find the fewest parts. Raises `NoSplitError`.

    Parts are ranges of the outermost counter that counts and is not left as it is; where one of
    its iterations is too large for a unit, of it and the next one together, and so on.
    """
    problem.check()
    counting = [i for i in range(problem.around, len(problem.trips)) if problem.trips[i] > 1]
    if not counting:
        raise NoSplitError("a single iteration reads all of it")
    first = counting[0]
    for position, last in enumerate(counting):
        if not problem.separable[last]:
            what = "its outermost counter" if position == 0 else "a counter that must be cut"
            raise NoSplitError(f"{what} reads the same elements again")
        if bytes_inside(problem, last) <= problem.capacity_bytes:
            break
    else:
        raise NoSplitError("one iteration of its innermost counter is too large")
    most = problem.capacity_bytes // bytes_inside(problem, last)
    row = problem.trips[last]
    total = prod(problem.trips[first : last + 1])
    apart = [
        (start + low, start + high)
        for start in range(0, total, row)
        for low, high in cut(row, most)
    ]
    between = [index for index in counting if first <= index < last]
    if between and all(problem.joinable[index] for index in between):
        together = cut(total, most)
        if len(together) < len(apart):
            return Solution(first, last, tuple(together), joined=True)
    return Solution(first, last, tuple(apart), joined=False)


def cut(number: int, most: int) -> list[tuple[int, int]]:
    """Ranges that cover 0 to `number`, as few and as equal as `most` per range allows."""
    parts = -(-number // most)
    ends = [number * index // parts for index in range(parts + 1)]
    return list(pairwise(ends))


def verify(problem: Problem, solution: Solution) -> None:
    """Raise `RuntimeError` unless the parts fit, and cover all in order."""
    row = problem.trips[solution.last]
    size = bytes_inside(problem, solution.last)
    reached = 0
    for low, high in solution.parts:
        if low != reached or high <= low:
            raise RuntimeError(f"part {low} to {high} does not follow {reached}; this is a bug")
        if (high - low) * size > problem.capacity_bytes:
            raise RuntimeError(f"part {low} to {high} is too large; this is a bug")
        if not solution.joined and low // row != (high - 1) // row:
            raise RuntimeError(f"part {low} to {high} crosses a row; this is a bug")
        reached = high
    if reached != prod(problem.trips[solution.first : solution.last + 1]):
        raise RuntimeError(f"the parts cover {reached} iterations; this is a bug")
