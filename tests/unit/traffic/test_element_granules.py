"""Elements that lanes touch together are counted like each of them alone."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial_opt.runtime.element_granules import Touched, granulated
from spatial_opt.runtime.element_sets import Coordinate, count_union, touched
from spatial_opt.runtime.masks import Mask


def elements(each: Touched) -> set[tuple[int, ...]]:
    """List the different elements of a set, one by one; -1 is outside."""
    coordinates, masks = each
    arrays = [c.places for c in coordinates]
    shape = np.broadcast_shapes(*(a.shape for a in (*arrays, *masks)))
    whole = [np.broadcast_to(array, shape) for array in arrays]
    where = np.ones(shape, np.bool_)
    for mask in masks:
        where = where & mask
    found: set[tuple[int, ...]] = set()
    for at in product(*map(range, shape)):
        if where[at]:
            places = (int(array[at]) for array in whole)
            sizes = (c.size for c in coordinates)
            found.add(tuple(p if 0 <= p < s else -1 for p, s in zip(places, sizes, strict=True)))
    return found


def counted(sets: list[Touched]) -> tuple[int, list[int]]:
    """Count the elements of all sets and of each, with granules."""
    parts = granulated(sets)
    products = [[touched(*part) for part in each] for each in parts]
    sizes = next(([c.size for c in part[0]] for each in parts for part in each), list[int]())
    every = [part for each in products for part in each]
    return count_union(every, sizes), [count_union(each, sizes) for each in products]


@st.composite
def stream(draw: st.DrawFn, sizes: tuple[int, int, int], lanes: int) -> Touched:
    """
    Draw tokens of a matrix, and of a second one that goes on behind its columns.

    Rows and columns are [outer, inner, lanes]: lanes are columns side by side, or a few columns of
    several rows. Some sets begin anywhere, others at whole tokens.
    """
    rows, columns, more = sizes
    outer, inner = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    o, i = np.arange(outer).reshape(-1, 1, 1), np.arange(inner).reshape(1, -1, 1)
    lane = np.arange(lanes).reshape(1, 1, -1)
    across = draw(st.sampled_from([1, lanes, max(1, lanes // 4)]))
    row = draw(st.integers(0, 3)) * o + lane // (lanes // across) * draw(st.sampled_from([0, 1, 1]))
    step = draw(st.sampled_from([lanes, lanes // across, 1, 3]))
    column = step * i + lane % (lanes // across) + draw(st.sampled_from([0, 0, lanes, 1]))
    if draw(st.booleans()):
        row, column = row + i, column + draw(st.sampled_from([0, lanes])) * o
    masks: list[Mask] = []
    if draw(st.booleans()):
        masks.append((row < rows) & (column < columns + more))
    if draw(st.booleans()):
        masks.append(np.asarray(lane < draw(st.integers(1, lanes))))
    if draw(st.booleans()):
        masks.append(np.asarray((o + i) % 2 == 0))
    found = [Coordinate(row, rows), Coordinate(column, columns)]
    if more:
        # What lies in no tensor counts nowhere.
        found.append(Coordinate(column - columns, more))
        masks.append((row < rows) & (column < columns + more))
    return found, masks


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_against_plain_counting(data: st.DataObject) -> None:
    lanes = data.draw(st.sampled_from([1, 2, 4, 6, 8]))
    sizes = data.draw(
        st.tuples(st.integers(1, 9), st.sampled_from([1, 4, 5, 8, 11, 16]), st.sampled_from([0, 8]))
    )
    sets = data.draw(st.lists(stream(sizes, lanes), min_size=1, max_size=3))
    lists = [elements(each) for each in sets]
    assert counted(sets) == (len(set[tuple[int, ...]]().union(*lists)), [len(e) for e in lists])


def tokens(first: list[int], lanes: int, size: int, mask: Mask | None = None) -> Touched:
    """Give tokens of elements side by side."""
    places = np.array(first).reshape(-1, 1) + np.arange(lanes)
    return [Coordinate(places, size)], [] if mask is None else [mask]


def keys(sets: list[Touched]) -> int:
    """Count the numbers that sets are spelled out in."""
    return sum(len(k) for each in granulated(sets) for part in each for k in touched(*part).keys)


def test_a_token_is_one() -> None:
    assert keys([tokens([0, 64, 640], 64, 1000)]) == 3 + 64
    assert counted([tokens([0, 64, 640], 64, 1000), tokens([64, 128], 64, 1000)])[0] == 4 * 64


def test_a_row_that_ends_within_a_token() -> None:
    """The last token has a set of its own."""
    mask = np.arange(4 * 64).reshape(4, 64) < 250
    sets = [tokens([0, 64, 128, 192], 64, 250, mask)]
    assert keys(sets) == 3 + 64 + 1 + 58
    assert counted(sets) == (250, [250])


def test_tokens_that_begin_anywhere_fall_apart() -> None:
    assert keys([tokens([0, 64, 96], 64, 1000)]) == 5 + 32
    assert counted([tokens([0, 64, 96], 64, 1000)]) == (160, [160])
    assert keys([tokens([0, 63], 64, 1000)]) == 127


def test_elements_beyond_the_end_that_count_are_not_mixed_up() -> None:
    """Without a mask, all elements outside are one."""
    sets = [tokens([0, 8], 8, 12)]
    assert counted(sets) == (13, [13])


def test_rows_in_the_lanes() -> None:
    """Four elements of each of 16 rows are a token as well."""
    lane, start = np.arange(64), np.array([[0], [16]])
    row, column = start + lane // 4, 4 * np.arange(3).reshape(-1, 1, 1) + lane % 4
    each: Touched = ([Coordinate(np.broadcast_to(row, (1, 2, 64)), 32), Coordinate(column, 12)], [])
    assert counted([each]) == (32 * 12, [32 * 12])
    assert keys([each]) == 2 + 3 + 16 + 4


@pytest.mark.parametrize("lanes", [1, 16])
def test_many_patterns_are_left_as_they_are(lanes: int) -> None:
    """Where every token counts other lanes, nothing is gained."""
    mask = np.arange(lanes) <= np.arange(40).reshape(-1, 1) % 37
    sets = [tokens(list(range(0, 40 * lanes, lanes)), lanes, 40 * lanes, mask)]
    assert counted(sets)[0] == len(elements(sets[0]))
