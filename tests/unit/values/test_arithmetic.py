"""What each operation computes: against Python's own numbers, wrap-around, NaN, zeros."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from xdsl.dialects import arith
from xdsl.dialects.builtin import (
    DenseIntOrFPElementsAttr,
    Float8E4M3FNType,
    Float16Type,
    FloatAttr,
    IndexType,
    IntegerAttr,
    VectorType,
    f32,
    i1,
    i8,
    i16,
    i32,
)
from xdsl.dialects.math import SqrtOp, TanhOp
from xdsl.ir import Attribute
from xdsl.utils.test_value import create_ssa_value

from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.numerics import (
    Array,
    accumulate,
    apply_arith,
    combine,
    convert_values,
    identity,
    quantise,
    round_to,
    storage_dtype,
    table_values,
    tree,
)

E4M3 = Float8E4M3FNType()
F16 = Float16Type()
INTEGERS: list[tuple[Attribute, int]] = [(i8, 8), (i16, 16), (i32, 32)]

INTEGER_OPERATIONS: list[tuple[Any, Any]] = [
    (arith.AddiOp, int.__add__),
    (arith.SubiOp, int.__sub__),
    (arith.MuliOp, int.__mul__),
    (arith.MaxSIOp, max),
    (arith.MinSIOp, min),
]


def binary(
    op: Any, element_type: Attribute, a: Sequence[Any] | Array, b: Sequence[Any] | Array
) -> Array:
    x, y = create_ssa_value(element_type), create_ssa_value(element_type)
    dtype = storage_dtype(element_type)
    return apply_arith(op(x, y), [np.array(a, dtype), np.array(b, dtype)])


@pytest.mark.parametrize(("element_type", "bits"), INTEGERS)
@pytest.mark.parametrize(
    ("op", "compute"),
    INTEGER_OPERATIONS,
)
def test_integers_wrap(element_type: Attribute, bits: int, op: Any, compute: Any):
    half = 1 << (bits - 1)
    values = [-half, 1 - half, -1, 0, 1, 2, 77, half - 1]
    a = [x for x in values for _ in values]
    b = values * len(values)
    want = [(compute(x, y) + half) % (2 * half) - half for x, y in zip(a, b, strict=True)]
    assert binary(op, element_type, a, b).tolist() == want


def test_floats_round_once_per_operation():
    values = [0.3, -1.7, 448.0, 2.0**-9, -0.0, float("nan")]
    a = round_to(np.repeat(np.array(values, np.float32), len(values)), E4M3)
    b = round_to(np.tile(np.array(values, np.float32), len(values)), E4M3)
    got = binary(arith.MulfOp, E4M3, a, b)
    np.testing.assert_array_equal(got, round_to(a * b, E4M3))
    assert binary(arith.AddfOp, E4M3, [448.0], [448.0]).tolist() == [448.0]
    assert binary(arith.AddfOp, F16, [65504.0], [65504.0]).tolist() == [float("inf")]
    assert binary(arith.DivfOp, E4M3, [1.0], [0.0]).tolist() == [448.0]


@pytest.mark.parametrize("element_type", [f32, F16, E4M3])
def test_square_roots_are_rounded_once(element_type: Attribute):
    drawn = np.random.default_rng(0).integers(0, 0x7F800000, 100000).astype(np.int32)
    x = round_to(drawn.view(np.float32), element_type)
    got = apply_arith(SqrtOp(create_ssa_value(element_type)), [x])
    # Double precision has more than twice the digits, so that the second rounding does nothing.
    assert (got == round_to(np.sqrt(x.astype(np.float64)), element_type)).all()


def test_square_roots_at_the_edges():
    x = np.array([-0.0, 0.0, np.inf, -1.0, np.nan, 4.0, 2.0**-148], np.float32)
    got = apply_arith(SqrtOp(create_ssa_value(f32)), [x])
    assert got[[0, 1, 2, 5, 6]].tolist() == [0.0, 0.0, np.inf, 2.0, 2.0**-74]
    assert np.signbit(got[:2]).tolist() == [True, False]
    assert np.isnan(got[3:5]).all()


def test_maximum_knows_zeros_and_nan():
    nan = float("nan")
    a, b = [-0.0, 0.0, -0.0, nan, 1.0], [0.0, -0.0, -0.0, 1.0, nan]
    largest = binary(arith.MaximumfOp, f32, a, b)
    assert np.signbit(largest[:3]).tolist() == [False, False, True]
    assert np.isnan(largest[3:]).all()
    smallest = binary(arith.MinimumfOp, f32, a, b)
    assert np.signbit(smallest[:3]).tolist() == [True, True, True]
    assert binary(arith.MaxnumfOp, f32, a[3:], b[3:]).tolist() == [1.0, 1.0]
    assert binary(arith.MinnumfOp, f32, a[3:], b[3:]).tolist() == [1.0, 1.0]


def test_every_comparison_of_floats():
    nan = float("nan")
    pairs = [(1.0, 2.0), (2.0, 1.0), (1.0, 1.0), (nan, 1.0), (nan, nan)]
    # less, greater, equal, unordered
    outcomes = [(1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1), (0, 0, 0, 1)]
    names = "false oeq ogt oge olt ole one ord ueq ugt uge ult ule une uno true".split()
    parts = {"e": 2, "gt": 1, "lt": 0}
    x, y = create_ssa_value(f32), create_ssa_value(f32)
    a, b = (np.array(side, np.float32) for side in zip(*pairs, strict=True))
    for number, name in enumerate(names):
        wanted: set[int] = set()
        if name[1:] in ("eq", "ge", "le"):
            wanted.add(parts["e"])
        if name[1:] in ("gt", "ge", "ne"):
            wanted.add(parts["gt"])
        if name[1:] in ("lt", "le", "ne"):
            wanted.add(parts["lt"])
        if name in ("ord", "true"):
            wanted = {0, 1, 2}
        if name.startswith("u") or name == "true":
            wanted.add(3)
        got = apply_arith(arith.CmpfOp(x, y, number), [a, b])
        assert got.tolist() == [any(row[n] for n in wanted) for row in outcomes], name


@given(st.integers(-128, 127), st.integers(-128, 127))
def test_every_comparison_of_integers(a: int, b: int):
    x, y = create_ssa_value(i8), create_ssa_value(i8)
    u, v = a % 256, b % 256
    want = [a == b, a != b, a < b, a <= b, a > b, a >= b, u < v, u <= v, u > v, u >= v]
    operands = [np.array(a, np.int8), np.array(b, np.int8)]
    got = [bool(apply_arith(arith.CmpiOp(x, y, n), operands)) for n in range(10)]
    assert got == want


def test_select_of_vectors_by_one_condition_per_firing():
    vector = VectorType(f32, [3])
    op = arith.SelectOp(create_ssa_value(i1), create_ssa_value(vector), create_ssa_value(vector))
    a, b = np.ones((2, 3), np.float32), np.zeros((2, 3), np.float32)
    got = apply_arith(op, [np.array([True, False]), a, b])
    assert got.tolist() == [[1, 1, 1], [0, 0, 0]]


def test_conversions_between_integers_and_floats():
    x = create_ssa_value(i1)
    assert apply_arith(arith.ExtSIOp(x, i32), [np.array([True, False])]).tolist() == [-1, 0]
    assert apply_arith(arith.ExtUIOp(x, i32), [np.array([True, False])]).tolist() == [1, 0]
    y = create_ssa_value(i32)
    assert apply_arith(arith.TruncIOp(y, i8), [np.array([300, -1], np.int32)]).tolist() == [44, -1]
    got = apply_arith(arith.SIToFPOp(y, f32), [np.array([2**24 + 1, -5], np.int32)])
    assert got.tolist() == [2**24, -5]
    z = create_ssa_value(f32)
    got = apply_arith(arith.FPToSIOp(z, i8), [np.array([-2.9, 2.9, 1e9, -1e9, np.nan], np.float32)])
    assert got.tolist() == [-2, 2, 127, -128, 0]
    assert apply_arith(arith.TruncFOp(z, E4M3), [np.array(0.3, np.float32)]) == np.float32(0.3125)
    index = create_ssa_value(IndexType())
    got = apply_arith(arith.IndexCastOp(index, i32), [np.array([7], np.int64)])
    assert got.dtype == np.int32


def test_constants():
    assert apply_arith(arith.ConstantOp(FloatAttr(0.3, f32)), []) == np.float32(0.3)
    assert apply_arith(arith.ConstantOp(IntegerAttr(-3, i8)), []) == -3
    vector = VectorType(f32, [3])
    splat = DenseIntOrFPElementsAttr.from_list(vector, [2.5])
    assert apply_arith(arith.ConstantOp(splat), []).tolist() == [2.5] * 3
    dense = DenseIntOrFPElementsAttr.from_list(vector, [1.0, 2.0, 3.0])
    assert apply_arith(arith.ConstantOp(dense), []).tolist() == [1, 2, 3]


def test_operation_without_definition_is_named():
    op = TanhOp(create_ssa_value(f32))
    with pytest.raises(SpatialError, match=r"math\.tanh has no arithmetic"):
        apply_arith(op, [np.zeros(1, np.float32)])


def test_convert():
    x = np.array([0.5, 1.5, 2.5, -0.5, 300, -300, np.nan, np.inf], np.float32)
    assert convert_values(x, f32, i8).tolist() == [0, 2, 2, 0, 127, -128, 0, 127]
    got = convert_values(x, f32, i8, rounding="toward_zero")
    assert got.tolist() == [0, 1, 2, 0, 127, -128, 0, 127]
    assert convert_values(x, f32, i32, clamp=(0, 2)).tolist() == [0, 2, 2, 0, 2, 0, 0, 2]
    assert convert_values(x[:2], f32, i8, scale=127.0).tolist() == [64, 127]
    big = np.array([3e9, -3e9, 2.0**31 - 128], np.float32)
    assert convert_values(big, f32, i32).tolist() == [2**31 - 1, -(2**31), 2**31 - 128]
    n = np.array([100, -100], np.int8)
    assert convert_values(n, i8, i32).tolist() == [100, -100]
    assert convert_values(n.astype(np.int32) * 2, i32, i8).tolist() == [127, -128]
    assert convert_values(n, i8, f32, scale=0.01).tolist() == [1.0, -1.0]
    assert convert_values(np.array([17], np.int8), i8, E4M3).tolist() == [16.0]
    assert convert_values(np.array([1e6], np.float32), f32, F16).tolist() == [float("inf")]


def test_quantise_goes_through_float32():
    exact = 1 + 2.0**-4 + 2.0**-30
    # In float32 it's a tie, which goes to the even 1.0.
    assert quantise(np.array([exact]), E4M3).tolist() == [1.0]
    assert quantise(np.array([2**24 + 1]), i32).tolist() == [2**24 + 1]


@given(st.lists(st.floats(-8, 8, width=16), min_size=1, max_size=33))
def test_tree_of_adjacent_pairs(values: list[float]):
    level = [np.float32(round_to(np.array(v, np.float32), F16)) for v in values]
    first = True
    while len(level) > 1:
        odd = level[len(level) // 2 * 2 :]
        sums = [a + b for a, b in zip(level[::2], level[1::2], strict=False)]
        if first:
            sums = [np.float32(round_to(np.array(s), F16)) for s in sums]
        level, first = sums + odd, False
    got = tree("add", np.array(values, np.float32), [F16, f32])
    if len(values) > 1:
        assert got == level[0]


@pytest.mark.parametrize("element_type", [f32, F16, E4M3, i8, i32])
@pytest.mark.parametrize("kind", ["add", "mul", "max", "min"])
def test_identities(kind: str, element_type: Attribute):
    values = np.array([-3, 0, 2], storage_dtype(element_type))
    got = combine(kind, identity(kind, element_type), values, element_type)
    assert got.tolist() == values.tolist()
    assert got.dtype == values.dtype


def test_accumulation_is_sequential():
    values = np.array([2.0**24, 1, 1, -(2.0**24)], np.float32)
    assert accumulate("add", values, f32) == 0
    assert accumulate("add", values[::-1], f32) == 2.0


def test_tables():
    got = table_values("sigmoid", 8, -4.0, 4.0, f32)
    assert got.tolist() == [float(np.float32(1 / (1 + np.exp(-x)))) for x in np.arange(-4.0, 4.0)]
    assert table_values("tanh", 4, 0.0, 1.0, E4M3).dtype == np.float32
    with pytest.raises(SpatialError, match="no table of function 'sine'"):
        table_values("sine", 4, 0.0, 1.0, f32)
