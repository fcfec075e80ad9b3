"""The banking solver against all schemes there are, and what it prefers."""

from dataclasses import replace
from itertools import product

import banking_twin as twin
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.ir.affine import AffineExpr, AffineMap

from spatial_opt.machine.banks import Banking
from spatial_opt.passes.polyhedral import bank_conflicts
from spatial_opt.passes.solvers.bank_candidates import schemes
from spatial_opt.passes.solvers.bank_problem import (
    Access,
    NoBankingError,
    Problem,
    Solution,
    cost,
    fits,
    room,
)
from spatial_opt.passes.solvers.banking import solve, verify

BANK_WORDS = 4096


def problem(
    *accesses: Access,
    shape: tuple[int, ...] = (64, 64),
    bits: int = 32,
    banks: int = 16,
    bank_words: int | None = BANK_WORDS,
) -> Problem:
    return Problem(shape, bits, accesses, banks, bank_words)


def solved(some: Problem) -> Solution:
    solution = solve(some)
    verify(some, solution)
    return solution


def test_rows_stay_as_they_are():
    assert solved(problem(twin.row_access())) == Solution(Banking(16), False, (0,), 0)


def test_columns_alone():
    solution = solved(problem(twin.column_access()))
    assert solution.total == 0
    # One coordinate tells the bank.
    assert solution.banking == Banking(16, 64)


def test_rows_and_columns():
    some = problem(twin.row_access(), replace(twin.column_access(), writes=True))
    solution = solved(some)
    assert (solution.stalls, solution.banking) == ((0, 0), Banking(16, 1, (1, 1)))
    for access in some.accesses:
        assert bank_conflicts.conflict_free(some, access, solution.banking)


def test_a_tile():
    """Four by four words at any place: four banks for each dimension."""
    d = [AffineExpr.dimension(n) for n in range(3)]
    tile = Access("out", (60, 60), AffineMap(3, 0, (d[0] + d[2] // 4, d[1] + d[2] % 4)), 16)
    assert solved(problem(tile)).banking == Banking(16, 1, (4, 1))


def test_few_lanes_need_few_banks():
    """Among schemes without conflicts, banks are what costs."""
    solution = solved(problem(replace(twin.column_access(4), writes=True)))
    assert (solution.total, solution.banking.banks) == (0, 4)


def test_look_ups():
    address = AffineMap(2, 0, ())
    gather = Access("out", (8,), address, 4, gathers=True)
    table = problem(gather, shape=(64,), banks=4)
    assert solved(table) == Solution(Banking(4), True, (0,), 0)
    # Six look-ups take four banks two cycles.
    wide = problem(replace(gather, lanes=6), shape=(64,), banks=4)
    assert solved(wide).stalls == (8,)
    single = problem(replace(gather, lanes=1), shape=(64,), banks=4)
    assert not solved(single).duplicated
    with pytest.raises(NoBankingError, match="a bank can't hold all of it"):
        solve(problem(gather, shape=(64,), banks=4, bank_words=63))
    write = twin.access_of((8,), [((1, 1), 0)], 1, writes=True, name="in")
    with pytest.raises(NoBankingError, match=r"@out looks up 4 elements at once.* it is written"):
        solve(problem(gather, write, shape=(64,), banks=4))


def test_more_words_than_banks():
    """Twenty words from sixteen banks take two cycles whatever one does."""
    wide = twin.access_of((3,), [((20, 1), 0)], 20)
    solution = solved(problem(wide, shape=(60,)))
    assert solution == Solution(Banking(16), False, (3,), 3)


def test_what_fits():
    some = problem(twin.column_access(), bank_words=256)
    assert fits(some, Banking(16))
    # Thirteen of sixteen banks hold thirteen sixteenths, eight hold all, two together.
    assert not fits(some, Banking(13))
    assert fits(some, Banking(8))
    assert room(some, Banking(8)) == 512
    assert not fits(some, Banking(16, 1, (96, 0)))
    assert not fits(some, Banking(16), duplicated=True)
    tight = solved(some)
    assert tight.total == 0
    assert fits(some, tight.banking)


def test_nothing_serves_all():
    """Columns of a memory whose rows and diagonals are wanted too, from four banks."""
    d = [AffineExpr.dimension(n) for n in range(3)]
    shapes = [(d[0], d[1] * 4 + d[2]), (d[1] * 4 + d[2], d[0]), (d[0] + d[2], d[1] + d[2])]
    shapes.append((d[0] + d[2], 3 + d[1] - d[2]))
    accesses = [
        Access(f"r{n}", (4, 1), AffineMap(3, 0, results), 4, writes=True)
        for n, results in enumerate(shapes)
    ]
    some = problem(*accesses, shape=(8, 8), banks=4, bank_words=BANK_WORDS)
    solution = solved(some)
    every = (
        Banking(banks, block, vector)
        for banks, block in product(range(1, 5), (1, 2, 4))
        for vector in product(range(banks * block), repeat=2)
    )
    fewest = min(sum(twin.stalls(some, a, scheme) for a in accesses) for scheme in every)
    assert solution.total == fewest > 0
    # Copies do, if nothing is written.
    read = problem(*(replace(a, writes=False) for a in accesses), shape=(8, 8), banks=4)
    assert solved(read) == Solution(Banking(4), True, (0,) * 4, 0)


@st.composite
def small_problems(draw: st.DrawFn) -> Problem:
    rank = draw(st.integers(1, 2))
    shape = tuple(draw(st.integers(2, 6)) for _ in range(rank))
    accesses: list[Access] = []
    for number in range(draw(st.integers(1, 2))):
        bounds = (draw(st.integers(1, 4)),)
        rows = [
            (tuple(draw(st.integers(0, 3)) for _ in range(2)), draw(st.integers(0, 1)))
            for _ in shape
        ]
        lanes = draw(st.integers(1, 4))
        accesses.append(
            twin.access_of(bounds, rows, lanes, writes=draw(st.booleans()), name=f"s{number}")
        )
    return Problem(
        shape, 32, tuple(accesses), draw(st.integers(1, 4)), draw(st.none() | st.just(9))
    )


@settings(max_examples=60, deadline=None)
@given(small_problems())
def test_no_scheme_is_better(some: Problem):
    solution = solved(some)
    for access, lost in zip(some.accesses, solution.stalls, strict=True):
        assert twin.stalls(some, access, solution.banking, solution.duplicated) == lost
    fewest = solution.total
    for banks, block in product(range(1, some.banks + 1), (1, 2)):
        for vector in product(range(banks * block), repeat=len(some.shape)):
            scheme = Banking(banks, block, vector)
            if fits(some, scheme):
                lost = sum(twin.stalls(some, access, scheme) for access in some.accesses)
                assert lost >= fewest, scheme
    assert solution.total >= solution.least


def test_cost_counts_banks():
    some = problem(twin.row_access())
    assert cost(some, Banking(16)) == 16
    assert cost(some, Banking(16, 2)) == 17
    assert cost(some, Banking(16, 1, (64, 1))) == 16 + 2 + 1
    # Every bank holds 64 x 64 words instead of a sixteenth of them.
    assert cost(some, Banking(16), duplicated=True) == 16 + 15 * 64 * 64 / BANK_WORDS
    # An odd number of banks needs a division.
    assert cost(some, Banking(13)) > 13 + 2


def test_schemes_are_given_once():
    found = list(schemes((4, 6), [2, 3, 4]))
    assert len(found) == len(set(found))
    assert found[0] == Banking(2)
    assert Banking(4, 1, (2, 1)) in found


@pytest.mark.parametrize(
    ("some", "message"),
    [
        (problem(twin.row_access(), shape=(4,)), "address of rank 2, not 1"),
        (problem(twin.row_access(), bits=24), "no whole number of elements of 24"),
        (problem(twin.row_access(), banks=0), "in 0 banks"),
        (problem(replace(twin.row_access(), bounds=(4,))), "1 counters for 2"),
        (problem(replace(twin.row_access(), lanes=0)), "moves nothing"),
    ],
)
def test_problems_that_make_no_sense(some: Problem, message: str):
    with pytest.raises(ValueError, match=message):
        solve(some)


@pytest.mark.parametrize(
    ("solution", "message"),
    [
        (Solution(Banking(16), False, (0,), 0), "loses other cycles"),
        (Solution(Banking(16, 1, (96, 0)), False, (0,), 0), "does not fit"),
        (Solution(Banking(16), True, (0,), 0), "does not fit|has copies"),
    ],
)
def test_verify_finds_wrong_solutions(solution: Solution, message: str):
    some = problem(replace(twin.column_access(), writes=True), bank_words=256)
    with pytest.raises(RuntimeError, match=message):
        verify(some, solution)
