"""Rounding against ml_dtypes and numpy, exhaustively where the format allows it."""

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from xdsl.dialects.builtin import (
    BFloat16Type,
    Float8E4M3FNType,
    Float8E5M2Type,
    Float16Type,
    f32,
)
from xdsl.ir import Attribute

from spatial_opt.runtime.numerics import Array, float_format, round_to, truncate_to

FORMATS: list[tuple[Attribute, Any]] = [
    (Float8E4M3FNType(), ml_dtypes.float8_e4m3fn),
    (Float8E5M2Type(), ml_dtypes.float8_e5m2),
    (Float16Type(), np.float16),
    (BFloat16Type(), ml_dtypes.bfloat16),
]


def expected(values: Array, element_type: Attribute, dtype: Any) -> Array:
    """Round by the library's cast; saturate where our formats do."""
    fmt = float_format(element_type)
    assert fmt is not None
    with np.errstate(all="ignore"):
        if fmt.saturates:
            values = np.where(np.isnan(values), values, np.clip(values, -fmt.largest, fmt.largest))
        return values.astype(np.float32).astype(dtype).astype(np.float32)


def assert_same(got: Array, want: Array) -> None:
    assert got.dtype == np.float32
    assert got.shape == want.shape
    assert (np.isnan(got) == np.isnan(want)).all()
    keep = ~np.isnan(want)
    assert (got[keep].view(np.uint32) == want[keep].view(np.uint32)).all()


def all_values(dtype: Any) -> Array:
    bits = np.dtype(dtype).itemsize * 8
    codes = np.arange(1 << bits, dtype=np.uint32).astype(np.dtype(f"u{bits // 8}"))
    return codes.view(dtype).astype(np.float32)


def finite_values(element_type: Attribute, dtype: Any) -> Array:
    values = all_values(dtype)
    fmt = float_format(element_type)
    assert fmt is not None
    return values[~np.isinf(values)] if fmt.saturates else values


@pytest.mark.parametrize(("element_type", "dtype"), FORMATS)
def test_held_values_are_fixed_points(element_type: Attribute, dtype: Any):
    values = finite_values(element_type, dtype)
    assert_same(round_to(values, element_type), values)
    assert_same(truncate_to(values, element_type), values)


@pytest.mark.parametrize(("element_type", "dtype"), FORMATS[:2])
@pytest.mark.parametrize("operation", [np.add, np.subtract, np.multiply, np.divide])
def test_all_pairs_of_8_bit_values(element_type: Attribute, dtype: Any, operation: Any):
    values = finite_values(element_type, dtype)
    with np.errstate(all="ignore"):
        exact = operation(values[:, None], values[None, :])
    assert_same(round_to(exact, element_type), expected(exact, element_type, dtype))


@pytest.mark.parametrize(("element_type", "dtype"), FORMATS)
def test_dense_sweep_of_f32(element_type: Attribute, dtype: Any):
    codes = np.arange(0, 1 << 32, 1021, dtype=np.uint64).astype(np.uint32)
    values = codes.view(np.float32)
    assert_same(round_to(values, element_type), expected(values, element_type, dtype))


@pytest.mark.parametrize(("element_type", "dtype"), FORMATS)
def test_ties_and_their_neighbours(element_type: Attribute, dtype: Any):
    values = np.unique(finite_values(element_type, dtype))
    values = values[np.isfinite(values)].astype(np.float64)
    middle = ((values[1:] + values[:-1]) / 2).astype(np.float32)
    around = np.concatenate(
        [
            middle,
            np.nextafter(middle, np.float32(np.inf)),
            np.nextafter(middle, np.float32(-np.inf)),
        ]
    )
    assert_same(round_to(around, element_type), expected(around, element_type, dtype))


@pytest.mark.parametrize(("element_type", "dtype"), FORMATS)
def test_float64_is_rounded_once(element_type: Attribute, dtype: Any):
    values = np.unique(finite_values(element_type, dtype))
    values = values[np.isfinite(values)].astype(np.float64)
    middle = (values[1:] + values[:-1]) / 2
    above = np.nextafter(middle, np.inf)
    below = np.nextafter(middle, -np.inf)
    # Compared as numbers: what rounds to zero keeps its own sign.
    assert (round_to(above, element_type) == values[1:]).all()
    assert (round_to(below, element_type) == values[:-1]).all()


@pytest.mark.parametrize(
    ("element_type", "largest"), [(Float8E4M3FNType(), 448.0), (Float8E5M2Type(), 57344.0)]
)
def test_8_bit_formats_saturate(element_type: Attribute, largest: float):
    values = np.array([np.inf, -np.inf, 1e30, -1e30, np.nan, -0.0, 1e-30, -1e-30], np.float32)
    want = np.array([largest, -largest, largest, -largest, np.nan, -0.0, 0.0, -0.0], np.float32)
    assert_same(round_to(values, element_type), want)


def test_16_bit_formats_overflow_to_infinity():
    values = np.array([65519.996, 65520.0, -7e4, 3e38], np.float32)
    want = np.array([65504.0, np.inf, -np.inf, np.inf], np.float32)
    assert_same(round_to(values, Float16Type()), want)
    top = np.array([np.finfo(np.float32).max, -np.finfo(np.float32).max], np.float32)
    assert_same(round_to(top, BFloat16Type()), np.array([np.inf, -np.inf], np.float32))


def test_shapes_and_orders_are_kept():
    values = np.arange(24, dtype=np.float32).reshape(2, 3, 4).transpose(2, 0, 1) / 7
    got = round_to(values, Float8E4M3FNType())
    assert got.shape == (4, 2, 3)
    assert_same(got, expected(values, Float8E4M3FNType(), ml_dtypes.float8_e4m3fn))
    assert round_to(np.array(0.3, np.float32), f32).shape == ()
    assert round_to(np.zeros((0, 3), np.float32), Float16Type()).shape == (0, 3)


@pytest.mark.parametrize(("element_type", "dtype"), FORMATS)
def test_truncation_never_grows_and_is_adjacent(element_type: Attribute, dtype: Any):
    codes = np.arange(0, 1 << 32, 65_537, dtype=np.uint64).astype(np.uint32)
    values = codes.view(np.float32)
    values = values[np.isfinite(values)]
    got = truncate_to(values, element_type)
    assert (np.abs(got) <= np.abs(values)).all()
    assert_same(round_to(got, element_type), got)
    near = expected(values, element_type, dtype)
    kept = np.abs(near) <= np.abs(values)
    assert_same(got[kept], near[kept])
