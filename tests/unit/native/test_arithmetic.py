"""Every operation, native against numpy, bit for bit; all pairs for the 8-bit formats."""

from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest
from xdsl.dialects import arith, math
from xdsl.dialects.builtin import (
    Float8E4M3FNType,
    Float8E5M2Type,
    bf16,
    f16,
    f32,
    i1,
    i8,
    i16,
    i32,
)
from xdsl.ir import Attribute, Operation
from xdsl.utils.test_value import create_ssa_value

from spatial_opt.dialects.pattern import ConvertOp
from spatial_opt.runtime import bindings
from spatial_opt.runtime.arithmetic import apply_arith
from spatial_opt.runtime.formats import Array, round_to, storage_dtype
from spatial_opt.runtime.native import arithmetic
from spatial_opt.runtime.native.conversion import kind_of
from spatial_opt.runtime.native.engine import Compiled
from spatial_opt.runtime.native.text import Val, Writer
from spatial_opt.runtime.numerics import apply_convert

pytestmark = pytest.mark.skipif(bindings.find() is None, reason="needs MLIR's bindings")

E4M3, E5M2 = Float8E4M3FNType(), Float8E5M2Type()
FLOATS = (f32, f16, bf16, E4M3, E5M2)
INTEGERS = (i8, i16, i32)
WIDTH = 16


def native(cases: Sequence[tuple[Operation, Sequence[Array]]]) -> list[Array]:
    """Compile one function per operation and apply each to its arrays."""
    texts: list[str] = []
    for number, (op, arrays) in enumerate(cases):
        w = Writer()
        index = Val("%i", "i64")
        last = arrays[0].size
        w.line(
            f"scf.for %i = {w.integer(0).name} to {w.integer(last).name} "
            f"step {w.integer(WIDTH).name} : i64 {{"
        )
        args: list[Val] = []
        for position, value in enumerate(op.operands):
            kind = kind_of(value.type)
            stored = "i8" if kind == "i1" else kind
            pointer = w.address(Val(f"%a{position}", "!llvm.ptr"), index, stored)
            loaded = w.load(pointer, stored, WIDTH)
            if kind == "i1":
                loaded = w.compare("arith.cmpi ne", loaded, w.integer(0, "i8", WIDTH))
            args.append(loaded)
        result = arithmetic.apply(w, op, args)
        if result.kind == "i1":
            result = w.cast("arith.extui", result, "i8")
        w.store(result, w.address(Val("%out", "!llvm.ptr"), index, result.kind))
        w.line("}")
        names = [f"%a{n}: !llvm.ptr" for n in range(len(arrays))] + ["%out: !llvm.ptr"]
        texts.append(
            f"func.func @op{number}({', '.join(names)}) attributes {{llvm.emit_c_interface}} "
            f"{{\n{w.text()}\nreturn\n}}"
        )
    compiled = Compiled("\n".join(texts))
    results: list[Array] = []
    for number, (op, arrays) in enumerate(cases):
        kept = [np.ascontiguousarray(array) for array in arrays]
        dtype = storage_dtype(op.results[0].type)
        out = np.zeros(kept[0].size, dtype)
        compiled.bind(f"op{number}", [a.ctypes.data for a in kept] + [out.ctypes.data])()
        results.append(out)
    return results


def values(type_: Attribute, count: int = 4096, seed: int = 0) -> Array:
    """Give values of a type: all of them for 8 bits, else special and random ones."""
    generator = np.random.default_rng(seed)
    dtype = storage_dtype(type_)
    if type_ == i1:
        return np.array([False, True])
    if dtype.kind == "i":
        info = np.iinfo(dtype)
        if dtype.itemsize == 1:
            return np.arange(-128, 128).astype(dtype)
        special = [info.min, info.min + 1, -1, 0, 1, info.max - 1, info.max]
        drawn = generator.integers(info.min, info.max, count - len(special), endpoint=True)
        small = generator.integers(-300, 300, count)
        numbers = [special, drawn[: count // 2], small[: count - 7 - count // 2]]
        return np.concatenate(numbers).astype(dtype)
    if type_ in (E4M3, E5M2):
        codes = np.arange(-128, 128).astype(np.int8)
        import ml_dtypes

        name = ml_dtypes.float8_e4m3fn if type_ == E4M3 else ml_dtypes.float8_e5m2
        held = codes.view(name).astype(np.float32)
        return held[~np.isinf(held)]
    bits = generator.integers(0, 1 << 32, count, dtype=np.uint64).astype(np.uint32)
    special = np.array(
        [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 0.5, 1.5, 2.5, 448.0, 464.0, 65504.0,
         65520.0, 2.0**31, -(2.0**31), 2.0**-149, 2.0**-126, 2.0**-133, 127.5, -128.5, 1e38],
        np.float32,
    )  # fmt: skip
    near = (generator.standard_normal(count) * 100).astype(np.float32)
    mixed = np.concatenate([special, bits.view(np.float32)[: count // 2], near[: count // 2 - 22]])
    return round_to(mixed, type_)


def pairs(a: Array, b: Array) -> list[Array]:
    """Give all pairs for small sets, else matched ones; padded to whole vectors."""
    if a.size <= 256 and b.size <= 256:
        left, right = np.repeat(a, b.size), np.tile(b, a.size)
    else:
        left, right = a, np.roll(b, 7)
        left = np.concatenate([left, np.repeat(a[:22], 22)])
        right = np.concatenate([right, np.tile(b[:22], 22)])
    return [padded(left), padded(right)]


def padded(a: Array) -> Array:
    """Repeat the first element up to a multiple of the width."""
    return np.concatenate([a, np.repeat(a[:1], -a.size % WIDTH)])


def same(a: Array, b: Array) -> bool:
    """Whether two arrays agree bit for bit, all NaN alike."""
    if a.dtype.kind != "f":
        return bool((a == b).all())
    equal = a.view(np.uint32) == b.view(np.uint32)
    return bool((equal | (np.isnan(a) & np.isnan(b))).all())


def check(cases: Sequence[tuple[Operation, Sequence[Array]]]) -> None:
    """Compare native and numpy."""
    for (op, arrays), found in zip(cases, native(cases), strict=True):
        wanted = (
            apply_convert(op, arrays[0])
            if isinstance(op, ConvertOp)
            else apply_arith(op, list(arrays))
        )
        wanted = np.broadcast_to(wanted, found.shape)
        if not same(found, wanted):
            wrong = next(
                i for i in range(found.size) if not same(found[i : i + 1], wanted[i : i + 1])
            )
            at = [array[wrong] for array in arrays]
            raise AssertionError(f"{op} at {at}: {found[wrong]}, not {wanted[wrong]}")


def test_float_binary() -> None:
    ops = (
        arith.AddfOp, arith.SubfOp, arith.MulfOp, arith.DivfOp,
        arith.MaximumfOp, arith.MinimumfOp, arith.MaxnumfOp, arith.MinnumfOp,
    )  # fmt: skip
    cases: list[tuple[Operation, Sequence[Array]]] = []
    for type_, make in product(FLOATS, ops):
        a, b = create_ssa_value(type_), create_ssa_value(type_)
        cases.append((make(a, b), pairs(values(type_), values(type_, seed=1))))
    check(cases)


def test_functions_of_floats() -> None:
    cases: list[tuple[Operation, Sequence[Array]]] = []
    for type_, make in product(FLOATS, (math.SqrtOp, math.AbsFOp, math.FloorOp, math.CeilOp)):
        cases.append((make(create_ssa_value(type_)), [padded(values(type_))]))
    check(cases)


def test_integer_binary() -> None:
    ops = (
        arith.AddiOp, arith.SubiOp, arith.MuliOp, arith.AndIOp, arith.OrIOp, arith.XOrIOp,
        arith.MaxSIOp, arith.MinSIOp, arith.ShLIOp, arith.ShRSIOp, arith.ShRUIOp,
    )  # fmt: skip
    cases: list[tuple[Operation, Sequence[Array]]] = []
    for type_, make in product(INTEGERS, ops):
        a, b = create_ssa_value(type_), create_ssa_value(type_)
        left, right = pairs(values(type_), values(type_, seed=1))
        if make in (arith.ShLIOp, arith.ShRSIOp, arith.ShRUIOp):
            right = (right & 15).astype(right.dtype) % (8 * right.itemsize)
        cases.append((make(a, b), [left, right]))
    check(cases)


def test_comparisons() -> None:
    cases: list[tuple[Operation, Sequence[Array]]] = []
    for predicate in range(16):
        a, b = create_ssa_value(f32), create_ssa_value(f32)
        cases.append((arith.CmpfOp(a, b, predicate), pairs(values(f32), values(f32, seed=1))))
    for predicate, type_ in product(range(10), INTEGERS):
        a, b = create_ssa_value(type_), create_ssa_value(type_)
        cases.append((arith.CmpiOp(a, b, predicate), pairs(values(type_), values(type_, seed=1))))
    check(cases)


def test_select_and_casts() -> None:
    cases: list[tuple[Operation, Sequence[Array]]] = []
    x = padded(values(f32))
    condition = np.arange(x.size) % 3 == 0
    select = arith.SelectOp(create_ssa_value(i1), create_ssa_value(f32), create_ssa_value(f32))
    cases.append((select, [condition, x, np.roll(x, 5)]))
    cases.append((arith.NegfOp(create_ssa_value(f32)), [x]))
    for type_ in FLOATS:
        v = padded(values(type_))
        cases += [(arith.FPToSIOp(create_ssa_value(type_), i), [v]) for i in INTEGERS]
        cases += [
            (arith.SIToFPOp(create_ssa_value(i), type_), [padded(values(i))]) for i in INTEGERS
        ]
    cases += [
        (arith.ExtSIOp(create_ssa_value(i8), i32), [padded(values(i8))]),
        (arith.ExtUIOp(create_ssa_value(i8), i32), [padded(values(i8))]),
        (arith.ExtUIOp(create_ssa_value(i1), i8), [padded(values(i1))]),
        (arith.TruncIOp(create_ssa_value(i32), i8), [padded(values(i32))]),
        (arith.TruncFOp(create_ssa_value(f32), E4M3), [padded(values(f32))]),
        (arith.ExtFOp(create_ssa_value(E5M2), f16), [padded(values(E5M2))]),
        (arith.BitcastOp(create_ssa_value(f32), i32), [padded(values(f32))]),
    ]
    check(cases)


@pytest.mark.parametrize("rounding", ["nearest_even", "toward_zero"])
def test_conversions(rounding: str) -> None:
    cases: list[tuple[Operation, Sequence[Array]]] = []
    for source, target in product((*FLOATS, *INTEGERS), (*FLOATS, *INTEGERS)):
        v = padded(values(source))
        for scale in (None, 3.7):
            op = ConvertOp(create_ssa_value(source), target, scale=scale, rounding=rounding)
            cases.append((op, [v]))
        if target in INTEGERS:
            op = ConvertOp(
                create_ssa_value(source), target, scale=0.5, rounding=rounding, clamp=(-3, 100)
            )
            cases.append((op, [v]))
    check(cases)
