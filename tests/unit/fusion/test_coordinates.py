"""Normal forms of affine coordinates mean the same as the expressions they come from."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xdsl.ir.affine import AffineExpr

from spatial_opt.passes.fusion.coordinates import (
    Coordinate,
    Index,
    Quotient,
    describe,
    of_index,
    substitute,
    to_map,
)

BOUNDS = (3, 4, 2)


def expressions() -> st.SearchStrategy[AffineExpr]:
    leaves = st.one_of(
        st.integers(-5, 5).map(AffineExpr.constant),
        st.integers(0, len(BOUNDS) - 1).map(AffineExpr.dimension),
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.tuples(inner, inner).map(lambda pair: pair[0] + pair[1]),
            st.tuples(inner, st.integers(-4, 4)).map(lambda pair: pair[0] * pair[1]),
            st.tuples(inner, st.integers(1, 5)).map(lambda pair: pair[0] // pair[1]),
            st.tuples(inner, st.integers(1, 5)).map(lambda pair: pair[0] % pair[1]),
            st.tuples(inner, st.integers(1, 5)).map(lambda pair: pair[0].ceil_div(pair[1])),
        ),
        max_leaves=6,
    )


@given(expressions())
def test_normal_form_keeps_the_value_and_its_range(expr: AffineExpr):
    indices = [Index(n, bound) for n, bound in enumerate(BOUNDS)]
    coordinate = substitute(expr, [of_index(index) for index in indices])
    map, used = to_map((coordinate,))
    reach = coordinate.range()
    assert reach is not None
    for point in product(*map_ranges()):
        value = expr.eval(point, [])
        dims = [point[indices.index(index)] for index in used]
        assert map.eval(dims, []) == (value,)
        assert reach[0] <= value <= reach[1]


def map_ranges() -> list[range]:
    return [range(bound) for bound in BOUNDS]


def test_equal_sums_are_equal():
    i, j = Index(0, 8, "i"), Index(1, 8, "j")
    a, b = of_index(i), of_index(j)
    assert a + b == b + a
    assert (a + b) + b.scaled(-1) == a
    assert a.scaled(4).floor_divided(4) == a
    assert (a.scaled(8) + b).modulo(8) == b
    assert of_index(Index(0, 1)) == Coordinate()


def test_range_of_an_unknown_index_is_unknown():
    assert of_index(Index(0, None)).range() is None
    assert of_index(Index(0, None)).modulo(4).range() == (0, 3)


@pytest.mark.parametrize(
    ("coordinate", "text"),
    [
        (Coordinate(), "[0]"),
        (Coordinate(((Index(0, 8, "i"), -1),), 7), "[-%i + 7]"),
        (Coordinate(((Index(0, 8, "i"), 4), (Index(1, 8, "j"), 1)), -2), "[4 * %i + %j - 2]"),
        (
            Coordinate(((Quotient(of_index(Index(0, 8, "i")), 3, True), 2),)),
            "[2 * (%i mod 3)]",
        ),
    ],
)
def test_text(coordinate: Coordinate, text: str):
    assert describe((coordinate,)) == text
