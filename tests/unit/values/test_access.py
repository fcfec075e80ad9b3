"""Addresses of streams against plain enumeration, for affine maps of every kind."""

from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.ir.affine import AffineExpr, AffineMap

from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.numpy_access import Access


@st.composite
def expressions(draw: st.DrawFn, dims: int, depth: int = 3) -> AffineExpr:
    if depth == 0 or draw(st.booleans()):
        if draw(st.booleans()):
            return AffineExpr.constant(draw(st.integers(-3, 3)))
        return AffineExpr.dimension(draw(st.integers(0, dims - 1)))
    left = draw(expressions(dims, depth - 1))
    match draw(st.sampled_from("+*/%c")):
        case "+":
            return left + draw(expressions(dims, depth - 1))
        case "*":
            return left * draw(st.integers(-3, 3))
        case "/":
            return left // draw(st.integers(1, 4))
        case "%":
            return left % draw(st.integers(1, 4))
        case _:
            return left.ceil_div(draw(st.integers(1, 4)))


@st.composite
def cases(draw: st.DrawFn) -> tuple[Access, tuple[int, ...]]:
    outer = draw(st.integers(0, 2))
    bounds = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    shape = draw(st.lists(st.integers(1, 6), min_size=1, max_size=3))
    width = draw(st.integers(0, 3))
    dims = outer + len(bounds)
    map_ = AffineMap(dims, 0, tuple(draw(expressions(dims)) for _ in shape))
    point = tuple(draw(st.integers(0, 3)) for _ in range(outer))
    return Access("@m::@s", map_, outer, bounds, shape, width), point


def enumerated(access: Access, point: tuple[int, ...]) -> list[tuple[tuple[int, ...], int | None]]:
    """(position in the token array, flat position in the memory or None) in firing order."""
    found: list[tuple[tuple[int, ...], int | None]] = []
    for firing in product(*(range(bound) for bound in access.bounds)):
        start = access.map.eval([*point, *firing], [])
        for lane in range(max(access.width, 1)):
            place = [*start[:-1], start[-1] + lane]
            inside = all(0 <= p < size for p, size in zip(place, access.shape, strict=True))
            flat = int(np.ravel_multi_index(place, access.shape)) if inside else None
            found.append(((*firing, lane) if access.width else firing, flat))
    return found


def memory_of(access: Access) -> Array:
    return np.arange(1, prod(access.shape) + 1, dtype=np.int32).reshape(access.shape)


@given(cases())
@settings(deadline=None, max_examples=200)
def test_reads(case: tuple[Access, tuple[int, ...]]):
    access, point = case
    memory = memory_of(access)
    got = access.read(memory, point, padded=True, copy=False)
    assert got.shape == access.token_shape
    points = enumerated(access, point)
    for place, flat in points:
        assert got[place] == (0 if flat is None else flat + 1)
    if any(flat is None for _, flat in points):
        with pytest.raises(SpatialError, match=r"@m::@s reads element .* outside"):
            access.read(memory, point, padded=False, copy=False)
    else:
        assert (access.read(memory, point, padded=False, copy=True) == got).all()


@given(cases())
@settings(deadline=None, max_examples=200)
def test_writes_the_last_firing_wins(case: tuple[Access, tuple[int, ...]]):
    access, point = case
    got, want = memory_of(access), memory_of(access).reshape(-1)
    values = -np.arange(1, prod(access.token_shape) + 1, dtype=np.int32)
    values = values.reshape(access.token_shape)
    for place, flat in enumerated(access, point):
        if flat is not None:
            want[flat] = values[place]
    access.write(got, point, values, clip=True)
    assert (got.reshape(-1) == want).all()


def test_linear_addresses_are_views_and_copies_are_not():
    map_ = AffineMap.from_callable(lambda t, i: (t, 2 * i))
    access = Access("@m::@s", map_, 1, [3], [2, 6], 2)
    memory = memory_of(access)
    view = access.read(memory, (1,), padded=False, copy=False)
    copy = access.read(memory, (1,), padded=False, copy=True)
    memory[1] = 0
    assert not view.any()
    assert copy.reshape(-1).tolist() == [7, 8, 9, 10, 11, 12]
