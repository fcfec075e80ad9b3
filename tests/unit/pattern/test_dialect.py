"""Constructors, derived facts and traits of the pattern operations."""

import pytest
from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import (
    ArrayAttr,
    BFloat16Type,
    DictionaryAttr,
    Float8E4M3FNType,
    Float8E5M2Type,
    IndexType,
    ModuleOp,
    StringAttr,
    TensorType,
    VectorType,
    f16,
    f32,
    i8,
    i16,
    i32,
)
from xdsl.ir import Attribute, Block, Region
from xdsl.ir.affine import AffineMap
from xdsl.transforms.canonicalize import CanonicalizePass
from xdsl.utils.test_value import create_ssa_value

from spatial_opt.dialects.pattern import (
    ConvertOp,
    MapOp,
    NextOp,
    ParameterOp,
    ReadOp,
    ReduceOp,
    ScanOp,
    YieldOp,
    index_bound,
    stacked,
)
from spatial_opt.dialects.pattern_interface import inputs_of, main_function, outputs_of
from spatial_opt.dialects.pattern_syntax import float_text
from spatial_opt.machine.errors import SpatialError

e4m3, e5m2, bf16 = Float8E4M3FNType(), Float8E5M2Type(), BFloat16Type()


def test_read_numbers_its_operands_in_order_of_use():
    source = create_ssa_value(TensorType(f32, [4, 4]))
    a, b, c = (create_ssa_value(IndexType()) for _ in range(3))
    read = ReadOp(source, [a, b, c], AffineMap.from_callable(lambda x, y, z: (z + x, x)))
    assert tuple(read.indices) == (c, a)
    assert read.map.data == AffineMap.from_callable(lambda x, y: (x + y, y))
    same = ReadOp(source, [a, a])
    assert tuple(same.indices) == (a,)
    with pytest.raises(ValueError, match="got 1 dimensions for 2 indices"):
        ReadOp(source, [a, b], AffineMap.identity(1))


@pytest.mark.parametrize(
    ("source", "target", "widens"),
    [
        (f16, f32, True),
        (bf16, f32, True),
        (e4m3, f16, True),
        (e4m3, bf16, True),
        (e5m2, f16, True),
        (e4m3, e5m2, False),
        (e5m2, e4m3, False),
        (f16, bf16, False),
        (f32, f16, False),
        (i8, i32, True),
        (i32, i8, False),
        (i8, bf16, True),
        (i8, e5m2, False),
        (i16, f32, True),
        (i16, f16, False),
        (i32, f32, False),
        (f32, i32, False),
        (VectorType(f16, [4]), VectorType(f32, [4]), True),
    ],
)
def test_widening_keeps_every_value(source: Attribute, target: Attribute, widens: bool):
    value = create_ssa_value(source)
    assert ConvertOp(value, target).is_widening == widens
    assert not ConvertOp(value, target, scale=2.0).is_widening


def test_constructors_make_bodies_and_types():
    domain = MapOp([4, 8], [f32, e4m3], par=[1, 2], lanes=16)
    assert [str(result.type) for result in domain.results] == [
        "tensor<4x8xf32>",
        "tensor<4x8xf8E4M3FN>",
    ]
    assert (domain.domain, domain.par_factors, domain.lane_count) == ((4, 8), (1, 2), 16)
    assert [index_bound(index) for index in domain.indices] == [4, 8]
    reduce = ReduceOp("add", [3, 9], [f32], par=2, lanes=4, through=[f16])
    assert (reduce.par_factors, reduce.piece_count) == ((1, 2), 2)
    assert reduce.through_types == (f16,)
    carried = create_ssa_value(TensorType(f32, [8]))
    scan = ScanOp(5, [carried], [TensorType(f16, [8]), i32], reverse=True)
    assert [str(result.type) for result in scan.results] == [
        "tensor<8xf32>",
        "tensor<5x8xf16>",
        "tensor<5xi32>",
    ]
    assert index_bound(scan.index) == 5
    assert index_bound(scan.carries[0]) is None
    assert stacked(f32, 3) == TensorType(f32, [3])


@pytest.mark.parametrize(
    ("value", "text"),
    [(4.0, "4.0"), (0.2, "0.2"), (1e-5, "1.0e-05"), (3e38, "3.0e+38"), (1 / 3, "0.33333334")],
)
def test_float_text(value: float, text: str):
    import struct

    single = struct.unpack("<f", struct.pack("<f", value))[0]
    assert float_text(single) == text


def test_unused_patterns_are_dead_code():
    tensor = TensorType(f32, [4])
    block = Block(arg_types=[tensor])
    parameter = ParameterOp("w", tensor)
    domain = MapOp([4], [f32])
    read = ReadOp(parameter.result, domain.indices)
    domain.body.block.add_ops([read, YieldOp(read.result)])
    scan = ScanOp(2, [domain.results[0]])
    scan.body.block.add_op(NextOp(scan.carries))
    block.add_ops([parameter, domain, scan, func.ReturnOp(block.args[0])])
    function = func.FuncOp("main", ((tensor,), (tensor,)), Region(block))
    module = ModuleOp([function])
    module.verify()
    CanonicalizePass().apply(Context(), module)
    assert [op.name for op in function.body.block.ops] == ["func.return"]


def test_interface_names():
    tensor = TensorType(f32, [2])
    block = Block(arg_types=[tensor, tensor, tensor])
    block.args[0].name_hint = "x"
    block.args[1].name_hint = "y"
    block.add_op(func.ReturnOp(block.args[0], block.args[1]))
    named = DictionaryAttr({"pattern.name": StringAttr("input")})
    function = func.FuncOp(
        "main",
        ((tensor,) * 3, (tensor,) * 2),
        Region(block),
        arg_attrs=ArrayAttr([DictionaryAttr({}), named, DictionaryAttr({})]),
    )
    assert [port.name for port in inputs_of(function)] == ["x", "input", "arg2"]
    assert [port.name for port in outputs_of(function)] == ["result0", "result1"]
    assert main_function(ModuleOp([function])) is function
    block.args[0].name_hint = "input"
    with pytest.raises(SpatialError, match='inputs of @main need distinct names, "input" occurs 2'):
        inputs_of(function)
