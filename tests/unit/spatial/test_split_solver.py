"""The split solver against all ways to cut small memories."""

from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial_opt.passes.solvers.split import (
    NoSplitError,
    Problem,
    Solution,
    bytes_inside,
    cut,
    solve,
    verify,
)


def problem_of(
    trips: tuple[int, ...], capacity: int, joinable: bool = False, each: int = 1
) -> Problem:
    """All counters select elements of their own."""
    flags = (True,) * len(trips)
    return Problem(trips, flags, (joinable,) * len(trips), each, capacity)


def test_cut():
    assert cut(10, 4) == [(0, 3), (3, 6), (6, 10)]
    assert cut(8, 4) == [(0, 4), (4, 8)]
    assert cut(3, 5) == [(0, 3)]


def test_outermost_counter():
    solution = solve(problem_of((4, 128, 4), capacity=1024))
    assert (solution.first, solution.last) == (0, 0)
    assert solution.parts == ((0, 2), (2, 4))


def test_each_iteration_in_parts():
    solution = solve(problem_of((1, 4, 10), capacity=5))
    assert (solution.first, solution.last, len(solution.parts)) == (1, 2, 8)


def test_across_iterations():
    apart, joined = (solve(problem_of((4, 10), 6, joinable)) for joinable in (False, True))
    assert len(apart.parts) == 8
    assert (len(joined.parts), joined.joined) == (7, True)
    # Equal numbers of parts stay in their rows, which is easier to read.
    assert not solve(problem_of((4, 10), 5, joinable=True)).joined


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        (problem_of((1, 1), 4), "a single iteration reads all of it"),
        (problem_of((4,), 4, each=5), "one iteration of its innermost counter is too large"),
        (
            Problem((4, 4), (False, True), (False, False), 1, 2),
            "its outermost counter reads the same elements again",
        ),
        (
            Problem((4, 4), (True, False), (False, False), 3, 2),
            "a counter that must be cut reads the same elements again",
        ),
    ],
)
def test_no_split(problem: Problem, reason: str):
    with pytest.raises(NoSplitError, match=reason):
        solve(problem)


def test_counters_that_stay():
    """With the outer counter left alone, parts hold all of its elements of theirs."""
    problem = Problem((3, 4, 10), (True, False, True), (False,) * 3, 1, 12, around=2)
    solution = solve(problem)
    assert (solution.first, solution.last, len(solution.parts)) == (2, 2, 3)
    assert bytes_inside(problem, 2) == 3
    verify(problem, solution)
    with pytest.raises(NoSplitError, match="innermost counter is too large"):
        solve(Problem((3, 4, 10), (True, False, True), (False,) * 3, 1, 2, around=2))
    with pytest.raises(ValueError, match="stay as they are"):
        Problem((4,), (True,), (True,), 1, 1, around=2).check()


def test_check_and_verify():
    with pytest.raises(ValueError, match="two flags"):
        Problem((4,), (), (), 1, 1).check()
    with pytest.raises(ValueError, match="positive"):
        Problem((0,), (True,), (True,), 1, 1).check()
    problem = problem_of((4, 10), 6)
    for parts in ([(0, 7)], [(1, 3)], [(0, 5)], [(0, 6), (6, 12)]):
        with pytest.raises(RuntimeError, match="this is a bug"):
            verify(problem, Solution(0, 1, tuple(parts), joined=False))


def _fewest(problem: Problem, solution: Solution) -> int:
    """Fewest runs of iterations, at the counters that the solution cuts, that fit."""
    size = bytes_inside(problem, solution.last)
    row = problem.trips[solution.last]
    total = prod(problem.trips[solution.first : solution.last + 1])
    across = all(problem.joinable[solution.first : solution.last])
    best = [0] + [total + 1] * total
    for high in range(1, total + 1):
        for low in range(high):
            fits = (high - low) * size <= problem.capacity_bytes
            if fits and (across or low // row == (high - 1) // row):
                best[high] = min(best[high], best[low] + 1)
    return best[total]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=3),
    st.integers(1, 12),
    st.booleans(),
    st.integers(1, 3),
)
def test_fewest_parts(trips: list[int], capacity: int, joinable: bool, each: int):
    problem = problem_of(tuple(trips), capacity, joinable, each)
    try:
        solution = solve(problem)
    except NoSplitError:
        assert each > capacity or prod(trips) == 1
        return
    verify(problem, solution)
    assert len(solution.parts) == _fewest(problem, solution)
