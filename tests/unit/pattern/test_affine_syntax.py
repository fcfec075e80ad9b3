"""Affine accesses and counters: what is printed reads back as the same expression."""

from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.context import Context
from xdsl.ir.affine import AffineExpr, AffineMap
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.utils.exceptions import ParseError

from spatial_opt.dialects.affine_bounds import exact_range, interval
from spatial_opt.dialects.affine_syntax import (
    parse_affine_access,
    parse_counters,
    parse_domain,
    print_affine_access,
    print_counters,
    print_domain,
)

NAMES = ["t", "i", "k_1"]

expressions = st.recursive(
    st.one_of(
        st.integers(-9, 9).map(AffineExpr.constant), st.integers(0, 2).map(AffineExpr.dimension)
    ),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: pair[0] + pair[1]),
        st.tuples(inner, st.integers(-5, 5)).map(lambda pair: pair[0] * pair[1]),
        st.tuples(inner, st.integers(1, 5)).map(lambda pair: pair[0] // pair[1]),
        st.tuples(inner, st.integers(1, 5)).map(lambda pair: pair[0] % pair[1]),
        st.tuples(inner, st.integers(1, 5)).map(lambda pair: pair[0].ceil_div(pair[1])),
    ),
    max_leaves=6,
)


def _text(map: AffineMap) -> str:
    out = StringIO()
    print_affine_access(Printer(out), map, NAMES)
    return out.getvalue()


@settings(max_examples=300, deadline=None)
@given(st.lists(expressions, max_size=3))
def test_access_round_trip(results: list[AffineExpr]):
    map = AffineMap(3, 0, tuple(results))
    parsed, operands = parse_affine_access(Parser(Context(), _text(map)), NAMES)
    assert operands == []
    assert _text(parsed) == _text(map)
    for point in [(0, 0, 0), (1, 2, 3), (7, 5, 11), (4, 9, 2)]:
        assert parsed.eval(point, []) == map.eval(point, [])


@settings(max_examples=200, deadline=None)
@given(expressions, st.tuples(*[st.integers(1, 4)] * 3))
def test_ranges_hold_every_value(expr: AffineExpr, bounds: tuple[int, int, int]):
    values = [
        expr.eval((a, b, c), [])
        for a in range(bounds[0])
        for b in range(bounds[1])
        for c in range(bounds[2])
    ]
    low, high = interval(expr, bounds)
    assert low <= min(values) <= max(values) <= high
    assert exact_range(expr, bounds) == (min(values), max(values))


@pytest.mark.parametrize(
    "text",
    [
        "[%t, 4 * %i + %k_1 - 1]",
        "[(%t + 1) mod 2, 16 * %i - 128]",
        "[7 - %i, -%k_1]",
        "[%t floordiv 4 - 2 * %i]",
        "[]",
    ],
)
def test_text_is_kept(text: str):
    map, _ = parse_affine_access(Parser(Context(), text), NAMES)
    assert _text(map) == text


def test_free_names_are_numbered_as_they_appear():
    map, operands = parse_affine_access(Parser(Context(), "[%b + %a, %b]"))
    assert [operand.operand_name for operand in operands] == ["b", "a"]
    assert map == AffineMap.from_callable(lambda b, a: (b + a, b))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[%x]", "unknown index %x, available here: %t, %i, %k_1"),
        ("[%t * %i]", "one factor of a product must be a constant"),
        ("[%t floordiv %i]", "floordiv takes a positive constant on its right"),
        ("[%t mod 0]", "mod takes a positive constant on its right"),
        ("[+]", "expected an index, an integer or"),
    ],
)
def test_access_errors(text: str, message: str):
    with pytest.raises(ParseError, match=message):
        parse_affine_access(Parser(Context(), text), NAMES)


def test_domain_and_counters_round_trip():
    text = "(%g in 4, %i in 512 par 4 x 16)"
    domain = parse_domain(Parser(Context(), text))
    assert (domain.bounds, domain.par, domain.lanes) == ((4, 512), (1, 4), 16)
    out = StringIO()
    print_domain(Printer(out), domain.text_names, domain.bounds, domain.par, domain.lanes)
    assert out.getvalue() == text
    text = "(%i = 0 to 8, %k = 0 to 2)"
    counters = parse_counters(Parser(Context(), text))
    out = StringIO()
    print_counters(Printer(out), counters.text_names, counters.bounds)
    assert out.getvalue() == text
    with pytest.raises(ParseError, match="counters start at 0"):
        parse_counters(Parser(Context(), "(%i = 1 to 8)"))
    with pytest.raises(ParseError, match="lanes stand on the last dimension only"):
        parse_domain(Parser(Context(), "(%i in 8 par 1 x 2, %j in 3)"))
