"""The choice of factors for all kernels together, against trying every combination."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatial_opt.passes.solvers.parallelism import Option, Problem, Solution, solve, verify

options = st.builds(
    Option,
    compute_units=st.integers(0, 12),
    memory_units=st.integers(0, 12),
    cycles=st.integers(1, 30),
)
problems = st.builds(
    Problem,
    kernels=st.lists(st.lists(options, min_size=1, max_size=5).map(tuple), max_size=4).map(tuple),
    compute_units=st.integers(0, 30),
    memory_units=st.integers(0, 30),
)


def total(problem: Problem, chosen: tuple[int, ...]) -> Option:
    taken = [each[n] for each, n in zip(problem.kernels, chosen, strict=True)]
    return Option(
        sum(option.compute_units for option in taken),
        sum(option.memory_units for option in taken),
        sum(option.cycles for option in taken),
    )


def fits(problem: Problem, option: Option) -> bool:
    return (
        option.compute_units <= problem.compute_units
        and option.memory_units <= problem.memory_units
    )


@given(problems)
def test_least_time_of_all_that_fit(problem: Problem) -> None:
    solution = solve(problem)
    every = list(product(*(range(len(each)) for each in problem.kernels)))
    fitting = [total(problem, chosen) for chosen in every if fits(problem, total(problem, chosen))]
    found = total(problem, solution.chosen)
    if fitting:
        assert fits(problem, found)
        assert found.cycles == min(option.cycles for option in fitting)
        verify(problem, solution)
    else:
        assert not fits(problem, found)


@given(problems)
def test_deterministic(problem: Problem) -> None:
    assert solve(problem) == solve(problem)


def test_slow_options_leave_room_for_others() -> None:
    """The first kernel's fastest option takes what the second, which gains more, needs."""
    first = (Option(10, 1, 10), Option(2, 1, 12))
    second = (Option(9, 1, 5), Option(1, 1, 50))
    assert solve(Problem((first, second), 12, 4)).chosen == (1, 0)
    assert solve(Problem((first, second), 19, 4)).chosen == (0, 0)


@pytest.mark.parametrize(
    ("kernels", "message"),
    [
        (((),), "kernel 0 has no option"),
        (((Option(1, 1, -1),),), "less than nothing"),
    ],
)
def test_problems_that_make_no_sense(kernels: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        solve(Problem(kernels, 4, 4))


@pytest.mark.parametrize(
    ("options", "chosen", "message"),
    [
        ((Option(1, 1, 1),), (), "0 options are chosen for 1 kernels"),
        ((Option(1, 1, 1),), (1,), "kernel 0 has no option 1"),
        ((Option(9, 1, 1), Option(1, 1, 5)), (0,), "does not fit, but would with"),
    ],
)
def test_solutions_that_are_none(
    options: tuple[Option, ...], chosen: tuple[int, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        verify(Problem((options,), 4, 4), Solution(chosen))
