"""The choice of factors against its definition: the first candidate that fits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatial_opt.passes.solvers.parallelism import (
    CANDIDATES,
    Problem,
    Reduction,
    Solution,
    demand,
    pieces_of,
    solve,
    verify,
)

reductions = st.builds(
    Reduction,
    rows=st.integers(1, 40),
    length=st.integers(1, 300),
    lanes=st.sampled_from([1, 4, 16, 64]),
    resident_bytes=st.integers(0, 5000),
)


@given(st.integers(1, 300), st.sampled_from([1, 4, 16]), st.integers(1, 12))
def test_pieces_that_hold_an_element(length: int, lanes: int, pieces: int) -> None:
    """Cut the vectors one by one and count the pieces that got any."""
    vectors = -(-length // lanes)
    per_piece = -(-vectors // pieces)
    wanted = len({vector // per_piece for vector in range(vectors)})
    assert pieces_of(Reduction(1, length, lanes, 0), pieces) == wanted


@given(st.lists(reductions, max_size=3), st.integers(1, 120), st.integers(1, 120))
def test_first_candidate_that_fits(
    found: list[Reduction], compute_units: int, memory_units: int
) -> None:
    problem = Problem(tuple(found), 2, 3, compute_units, memory_units, 1024)
    solution = solve(problem)
    verify(problem, solution)

    def fits(copies: int, pieces: int) -> bool:
        compute, memory = demand(problem, Solution(copies, pieces))
        return compute <= compute_units and memory <= memory_units

    fitting = [candidate for candidate in CANDIDATES if fits(*candidate)]
    wanted = fitting[0] if fitting else CANDIDATES[-1]
    assert (solution.copies, solution.pieces) == wanted


def test_demand_by_hand() -> None:
    """
    Sixteen rows of 128 elements by 64 lanes: two vectors, so two of eight pieces.

    4 copies x 2 pieces are 8 units, with one adder each copy; each holds 4096 / 8 bytes, which
    one memory of 1024 bytes takes; two more hold the vector's pieces.
    """
    problem = Problem((Reduction(16, 128, 64, 4096),), 5, 7, 100, 100, 1024)
    assert demand(problem, Solution(4, 8)) == (5 + 8 + 4, 7 + 2 + 8)
    # Alone, one unit needs four memories.
    assert demand(problem, Solution(1, 1)) == (5 + 1 + 1, 7 + 1 + 4)


def test_given_factors_are_kept() -> None:
    problem = Problem((Reduction(16, 512, 64, 0),), 0, 0, 1, 1, 0, copies=3, pieces=5)
    solution = solve(problem)
    assert solution == Solution(3, 5)
    verify(problem, solution)
    with pytest.raises(ValueError, match="does not keep hu=3, ru=5"):
        verify(problem, Solution(4, 5))
    with pytest.raises(ValueError, match="ru must be at least 1, got 0"):
        solve(Problem((), 0, 0, 1, 1, 0, pieces=0))
