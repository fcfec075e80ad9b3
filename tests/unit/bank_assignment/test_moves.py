"""Words that change their unit: isl against numpy, point by point, and against hand counts."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from points_twin import dealt, moved_points
from xdsl.ir.affine import AffineExpr

from spatial_opt.dialects.affine_values import evaluate_affine
from spatial_opt.dialects.pattern_dealing import Dealing
from spatial_opt.passes.bank_assignment.uses import Use
from spatial_opt.passes.polyhedral.bank_moves import moved_words

ROW, OTHER = AffineExpr.dimension(0), AffineExpr.dimension(1)


def use(rows: int, element: AffineExpr, extent: int, **others: object) -> Use:
    """A map of `rows` rows reads a vector."""
    return replace(Use(0, 1, (rows,), (element,), (extent,), 0), **others)


def slices(rows: int, extent: int) -> list[Use]:
    """What maps of `rows` rows read of a vector: shifted, strided, reversed, repeated."""
    return [
        use(rows, ROW, extent),
        use(rows, ROW + 1, extent),
        use(rows, ROW - 5, extent),
        use(rows, ROW * 2, extent),
        use(rows, ROW * 3 + 1, extent),
        use(rows, ROW * -1 + (rows - 1), extent),
        use(rows, ROW // 2, extent),
        use(rows, ROW % 4, extent),
    ]


def tables(rows: int, columns: int) -> list[Use]:
    """Gate splits, transposes, and rows of a product that is made at run time."""
    gates = Use(0, 1, (4, rows), (ROW * rows + OTHER,), (4 * rows,), 1)
    transposed = Use(0, 1, (columns, rows), (OTHER, ROW), (rows, columns), 1)
    matrix = Use(0, 1, (rows, columns), (ROW, OTHER), (rows, columns), 0, copies=True)
    convolved = Use(0, 1, (rows, 3), (ROW + OTHER - 1,), (rows,), 0, (OTHER // 2,), copies=True)
    return [gates, transposed, matrix, convolved, replace(matrix, apart=(OTHER // 4,), times=5)]


DEALINGS = [
    (units, turns, lanes, blocked)
    for units, turns, lanes in ((1, 1, 1), (3, 1, 1), (2, 3, 1), (4, 2, 2), (2, 1, 16), (5, 2, 1))
    for blocked in (False, True)
]


@pytest.mark.parametrize(("rows", "other"), [(1, 1), (7, 13), (16, 16), (24, 36), (37, 5)])
def test_isl_counts_what_numpy_counts(rows: int, other: int) -> None:
    for each in (*slices(rows, other), *tables(rows, other)):
        for made, read in product(DEALINGS[::2] + DEALINGS[5::6], DEALINGS[1::3]):
            maker = Dealing(each.extents[-1], made[0] * made[1], made[0], *made[2:])
            reader = Dealing(rows, read[0] * read[1], read[0], *read[2:])
            found = moved_words(each, maker, reader)
            assert found == moved_points(each, maker, reader), (each, maker, reader)


factors = st.tuples(st.integers(1, 6), st.integers(1, 3), st.sampled_from([1, 2, 16]))


@settings(max_examples=80, deadline=None)
@given(
    rows=st.integers(1, 40),
    extent=st.integers(1, 60),
    step=st.integers(-2, 3),
    offset=st.integers(-8, 40),
    made=factors,
    read=factors,
    blocked=st.tuples(st.booleans(), st.booleans()),
)
def test_any_slice(
    rows: int,
    extent: int,
    step: int,
    offset: int,
    made: tuple[int, int, int],
    read: tuple[int, int, int],
    blocked: tuple[bool, bool],
) -> None:
    each = use(rows, ROW * step + offset, extent)
    maker = Dealing(extent, made[0] * made[1], made[0], made[2], blocked[0])
    reader = Dealing(rows, read[0] * read[1], read[0], read[2], blocked[1])
    assert moved_words(each, maker, reader) == moved_points(each, maker, reader)


@settings(max_examples=60, deadline=None)
@given(rows=st.integers(1, 200), factors=factors, blocked=st.booleans())
def test_every_row_is_made_once(rows: int, factors: tuple[int, int, int], blocked: bool) -> None:
    """The formulas for rows of a unit, and for unit and turn of a row, agree with dealing out."""
    units, turns, lanes = factors
    deal = Dealing(rows, units * turns, units, lanes, blocked)
    owners, order = dealt(deal)
    made: list[int] = []
    for unit, group, turn in product(range(units), range(deal.groups), range(turns)):
        first = deal.unit_step * unit + deal.group_step * group + deal.turn_step * turn
        mine = [row for row in range(first, first + lanes) if row < rows]
        made += mine
        assert {(owners[row], order[row]) for row in mine} <= {(unit, turn)}
    assert sorted(made) == list(range(rows))
    for row in range(rows):
        assert evaluate_affine(deal.unit(ROW), [row]) == owners[row]
        assert evaluate_affine(deal.turn(ROW), [row]) == order[row]
    assert deal.block * units >= rows
    assert deal.block * units < rows + deal.group


CYCLIC = Dealing(16, 4, 4, 1)
BLOCKED = replace(CYCLIC, blocked=True)


@pytest.mark.parametrize(
    ("each", "maker", "reader", "words"),
    [
        (use(16, ROW, 16), CYCLIC, CYCLIC, 0),
        (use(16, ROW, 16), BLOCKED, BLOCKED, 0),
        # Of 4 rows each, one is where it should be.
        (use(16, ROW, 16), CYCLIC, BLOCKED, 12),
        # All go to the next unit, or only what passes the end of a block.
        (use(15, ROW + 1, 16), CYCLIC, replace(CYCLIC, rows=15), 15),
        (use(15, ROW + 1, 16), BLOCKED, replace(BLOCKED, rows=15), 3),
        # Every second row: rows 0, 2, 4, .. of units 0, 2, 0, ..; or half a block each.
        (use(8, ROW * 2, 16), CYCLIC, replace(CYCLIC, rows=8), 6),
        (use(8, ROW * 2, 16), BLOCKED, replace(BLOCKED, rows=8), 0),
        # Backwards, units meet units 3 - q.
        (use(16, ROW * -1 + 15, 16), CYCLIC, CYCLIC, 16),
        (use(16, ROW * -1 + 15, 16), BLOCKED, BLOCKED, 16),
        # Both halves of a block, twice each: a unit needs the element once.
        (use(16, ROW // 2, 8), replace(BLOCKED, rows=8), BLOCKED, 0),
        (use(16, ROW // 2, 8), replace(CYCLIC, rows=8), CYCLIC, 12),
        # Seven steps of a loop.
        (use(15, ROW + 1, 16, times=7), BLOCKED, replace(BLOCKED, rows=15), 21),
    ],
)
def test_by_hand(each: Use, maker: Dealing, reader: Dealing, words: int) -> None:
    assert moved_words(each, maker, reader) == words
    assert moved_points(each, maker, reader) == words


def test_the_grid_moves_something() -> None:
    """Else the comparisons above would say little."""
    found = [
        moved_words(each, Dealing(37, 6, 3, 1, made), Dealing(24, 4, 4, 1, read))
        for each in slices(24, 37)
        for made in (False, True)
        for read in (False, True)
    ]
    assert len(set(found)) > 8
    assert min(found) < 5 < max(found)
