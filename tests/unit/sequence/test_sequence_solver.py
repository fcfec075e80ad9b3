"""Where programs are cut, against trying every way to cut them."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatial_opt.passes.solvers.sequence import Cost, Problem, Solution, solve, total, verify


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Draw a program whose items need units: parts that lack some do so with more items, too."""
    items = draw(st.integers(1, 7))
    units = [draw(st.integers(1, 6)) for _ in range(items)]
    cycles = [draw(st.integers(0, 30)) for _ in range(items)]
    room, loading = draw(st.integers(3, 20)), draw(st.integers(0, 20))
    gain = draw(st.integers(0, 3))

    def cost(start: int, end: int) -> Cost:
        lack = max(0, sum(units[start:end]) - room)
        shared = gain * (end - start - 1) * 3
        return Cost(lack, loading + shared + sum(cycles[start:end]))

    return Problem(items, cost)


def ways(problem: Problem) -> list[Solution]:
    """List every way to cut a program."""
    inner = range(1, problem.items)
    return [
        Solution((0, *starts))
        for count in range(problem.items)
        for starts in combinations(inner, count)
    ]


@given(problem=problems())
def test_no_other_cut_is_better(problem: Problem) -> None:
    solution = solve(problem)
    verify(problem, solution)
    found = total(problem, solution)
    best = min(
        (total(problem, way) for way in ways(problem)), key=lambda cost: (cost.lack, cost.cycles)
    )
    assert (found.lack, found.cycles) == (best.lack, best.cycles)


def test_of_equals_the_fewest_parts_win() -> None:
    problem = Problem(4, lambda start, end: Cost(0, 5 * (end - start)))
    assert solve(problem) == Solution((0,))


def test_longer_parts_than_fit_are_not_asked_about() -> None:
    asked: list[tuple[int, int]] = []

    def cost(start: int, end: int) -> Cost:
        asked.append((start, end))
        return Cost(int(end - start > 2), 10)

    assert solve(Problem(6, cost)) == Solution((0, 2, 4))
    assert max(end - start for start, end in asked if (start, end) != (0, 6)) == 3


def test_nothing_to_divide() -> None:
    with pytest.raises(ValueError, match="a program of 0 items cannot be divided"):
        solve(Problem(0, lambda start, end: Cost(0, 0)))


@pytest.mark.parametrize("starts", [(), (1,), (0, 2, 1), (0, 1, 1), (0, 3)])
def test_what_is_no_solution(starts: tuple[int, ...]) -> None:
    with pytest.raises(RuntimeError, match="do not divide 3 items; this is a bug"):
        verify(Problem(3, lambda start, end: Cost(0, 0)), Solution(starts))
