"""Tiled programs compute the same bits, whatever the sizes; what is illegal is refused."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir.affine import AffineExpr

from spatial_opt.dialects.affine_bounds import exact_range
from spatial_opt.dialects.pattern import MapOp, ReduceOp
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.pattern_tile import PatternTilePass
from spatial_opt.passes.remarks import collect_remarks
from spatial_opt.passes.tiling.tiled_domain import TiledDomain, simplify

SameValues = Callable[..., ModuleOp]
Program = Callable[[str], ModuleOp]


def product(rows: int, columns: int, type: str = "f32", wide: str = "f32") -> str:
    """Write the product of a stack of two matrices with a vector, and a reader of it."""
    mul = "arith.mulf" if type.startswith(("f", "b")) else "arith.muli"
    add = "arith.addf" if wide.startswith(("f", "b")) else "arith.addi"
    matrix = f"tensor<{2 * rows}x{columns}x{type}>"
    return f"""
func.func @main(%x: tensor<{columns}x{type}>) -> tensor<{rows}x2x{wide}> {{
  %w = pattern.parameter "w" : {matrix}
  %y = pattern.map (%g in 2, %i in {rows}) -> tensor<2x{rows}x{wide}> {{
    %s = pattern.reduce add (%k in {columns}) : {wide} {{
      %a = pattern.read %w[{rows} * %g + %i, %k] : {matrix}
      %b = pattern.read %x[%k] : tensor<{columns}x{type}>
      %p = {mul} %a, %b : {type}
      pattern.yield %p : {type}
    }}
    pattern.yield %s : {wide}
  }}
  %z = pattern.map (%i in {rows}, %g in 2) -> tensor<{rows}x2x{wide}> {{
    %v = pattern.read %y[1 - %g, {rows - 1} - %i] : tensor<2x{rows}x{wide}>
    %u = pattern.read %y[%g, %i] : tensor<2x{rows}x{wide}>
    %n = {add} %v, %u : {wide}
    pattern.yield %n : {wide}
  }}
  func.return %z : tensor<{rows}x2x{wide}>
}}"""


def arrays(rows: int, columns: int, scale: float = 1.0):
    """Return an input and a parameter for `product`."""
    generator = np.random.default_rng(rows + columns)
    x = generator.normal(size=columns) * scale
    w = generator.normal(size=(2 * rows, columns)) * scale
    return {"x": x.astype(np.float32)}, {"w": w.astype(np.float32)}


@st.composite
def tilings(draw: st.DrawFn) -> tuple[int, int, PatternTilePass]:
    rows, columns = draw(st.integers(1, 13)), draw(st.integers(1, 13))
    sizes: tuple[int | str, ...] = (
        draw(st.sampled_from([1, 2, "keep"])),
        draw(st.one_of(st.just("keep"), st.integers(1, rows))),
    )
    count = 2 + sum(size != "keep" for size in sizes)
    order = draw(st.one_of(st.none(), st.permutations(range(count)).map(tuple)))
    columns_size = draw(st.one_of(st.none(), st.integers(1, columns).map(lambda size: (size,))))
    return rows, columns, PatternTilePass(("y",), sizes, order, columns_size)


@settings(max_examples=40, deadline=None)
@given(tiling=tilings())
def test_any_size_keeps_every_bit(
    tiling: tuple[int, int, PatternTilePass], program: Program, same_values: SameValues
):
    rows, columns, step = tiling
    module = program(product(rows, columns))
    changed = same_values(module, step, *arrays(rows, columns))
    parts = TiledDomain.of(
        (2, rows), [s if isinstance(s, int) else None for s in step.sizes or ()], step.interchange
    )
    kernel = next(op for op in changed.walk() if isinstance(op, MapOp))
    assert kernel.domain == parts.bounds


@pytest.mark.parametrize(("type", "wide"), [("i8", "i32"), ("bf16", "f32"), ("f8E4M3FN", "f32")])
def test_formats(type: str, wide: str, program: Program, same_values: SameValues):
    module = program(product(7, 11, type, "i8" if type == "i8" else wide))
    step = PatternTilePass(("y",), ("keep", 3), (2, 1, 0), (4,))
    same_values(module, step, *arrays(7, 11, 20.0 if type == "i8" else 1.0))


def test_two_kernels_tiled_alike_read_tiles(program: Program, same_values: SameValues):
    module = program("""
func.func @main(%x: tensor<12xf32>) -> tensor<12xf32> {
  %a = pattern.map (%i in 12) -> tensor<12xf32> {
    %v = pattern.read %x[%i] : tensor<12xf32>
    %n = arith.negf %v : f32
    pattern.yield %n : f32
  }
  %b = pattern.map (%i in 12) -> tensor<12xf32> {
    %v = pattern.read %a[%i] : tensor<12xf32>
    %n = arith.addf %v, %v : f32
    pattern.yield %n : f32
  }
  %c = pattern.map (%i in 12) -> tensor<12xf32> {
    %v = pattern.read %b[%i] : tensor<12xf32>
    pattern.yield %v : f32
  }
  func.return %c : tensor<12xf32>
}""")
    with collect_remarks() as remarks:
        changed = same_values(
            module, PatternTilePass(sizes=(4,)), {"x": np.arange(12, dtype=np.float32)}, {}
        )
    assert "pattern.read %a[%io" in str(changed).replace("_1", "").replace("_2", "")
    assert "pattern.read %b[%i floordiv 4, %i mod 4]" in str(changed).replace("_2", "")
    assert "is a result of the function" in remarks[-1].text


SUMS = """
func.func @main(%x: tensor<6x5xKIND>) -> tensor<1xKIND> {
  %y = pattern.map (%i in 1) -> tensor<1xKIND> {
    %s = pattern.reduce OP (%j in 6, %k in 5) : KIND {
      %a = pattern.read %x[%j, %k] : tensor<6x5xKIND>
      pattern.yield %a : KIND
    }
    pattern.yield %s : KIND
  }
  %z = pattern.map (%i in 1) -> tensor<1xKIND> {
    %v = pattern.read %y[%i] : tensor<1xKIND>
    pattern.yield %v : KIND
  }
  func.return %z : tensor<1xKIND>
}"""


def sums(kind: str, type: str) -> str:
    """Write a reduction over two dimensions."""
    return SUMS.replace("OP", kind).replace("KIND", type)


@pytest.mark.parametrize(("kind", "type"), [("add", "i32"), ("mul", "i32"), ("max", "f32")])
def test_interchange_of_exact_reductions(
    kind: str, type: str, program: Program, same_values: SameValues
):
    x = np.random.default_rng(0).normal(size=(6, 5)) * 1000
    step = PatternTilePass(("y",), reduce_sizes=(3, "keep"), reduce_interchange=(2, 0, 1))
    changed = same_values(program(sums(kind, type)), step, {"x": x}, {})
    assert next(op for op in changed.walk() if isinstance(op, ReduceOp)).domain == (5, 2, 3)


def test_interchange_of_a_float_sum_only_when_allowed(program: Program):
    module = program(sums("add", "f32"))
    with pytest.raises(SpatialError, match=r"reassociates .* in f32, .*; keep the order"):
        PatternTilePass(("y",), reduce_interchange=(1, 0)).apply(Context(), module)
    PatternTilePass(("y",), reduce_interchange=(1, 0), reassociate=True).apply(Context(), module)
    module.verify()
    assert next(op for op in module.walk() if isinstance(op, ReduceOp)).domain == (5, 6)


@pytest.mark.parametrize(
    ("kind", "sizes", "legal"),
    [
        ("add", (4, "keep"), True),
        ("max", (4, "keep"), False),
        ("max", (3, "keep"), True),
        ("mul", ("keep", 2), False),
        ("add", (4, 3), True),
    ],
)
def test_remainders_of_reductions(
    kind: str,
    sizes: tuple[int | str, ...],
    legal: bool,
    program: Program,
    same_values: SameValues,
):
    module, step = program(sums(kind, "f32")), PatternTilePass(("y",), reduce_sizes=sizes)
    if legal:
        x = np.random.default_rng(0).normal(size=(6, 5))
        same_values(module, step, {"x": x}, {})
    else:
        with pytest.raises(SpatialError, match=r"would not add zero; choose a size that divides"):
            step.apply(Context(), module)


def test_a_remainder_needs_reads_that_lie_outside(program: Program):
    # Beyond 5 the second half of %x begins, which is not zero.
    module = program(sums("add", "f32").replace("(%j in 6, %k in 5)", "(%k in 3, %j in 5)"))
    with pytest.raises(SpatialError, match="tiles of 2 cover 3 elements of %k and 1 more"):
        PatternTilePass(("y",), reduce_sizes=(2, "keep")).apply(Context(), module)


@pytest.mark.parametrize(("clamp", "legal"), [("clamp -3, 3", True), ("clamp 1, 15", False)])
def test_a_clamp_may_move_zero(clamp: str, legal: bool, program: Program, same_values: SameValues):
    text = f"""
func.func @main(%x: tensor<5xf32>) -> tensor<2xi32> {{
  %y = pattern.map (%i in 2) -> tensor<2xi32> {{
    %s = pattern.reduce add (%k in 5) : i32 {{
      %v = pattern.read %x[%k] : tensor<5xf32>
      %c = pattern.convert %v nearest_even {clamp} : f32 to i32
      pattern.yield %c : i32
    }}
    pattern.yield %s : i32
  }}
  func.return %y : tensor<2xi32>
}}"""
    step = PatternTilePass(("y",), reduce_sizes=(2,))
    if legal:
        x = np.linspace(-4, 4, 5, dtype=np.float32)
        same_values(program(text), step, {"x": x}, {})
    else:
        # The sixth element would add 1.
        with pytest.raises(SpatialError, match="tiles of 2 cover 5 elements of %k and 1 more"):
            step.apply(Context(), program(text))


LOOKUP = """
func.func @main(%x: tensor<5xf32>, %t: tensor<5xf32>) -> tensor<1xf32> {
  %y = pattern.map (%i in 5) -> tensor<5xf32> {
    %n = arith.index_cast %i : index to i32
    %g = pattern.gather %t[%n] : tensor<5xf32>, i32
    pattern.yield %g : f32
  }
  %z = pattern.map (%o in 1) -> tensor<1xf32> {
    %s = pattern.reduce add (%k in 5) : f32 {
      %v = pattern.read %y[%k] : tensor<5xf32>
      %n = arith.index_cast %k : index to i32
      %g = pattern.gather %t[%n] : tensor<5xf32>, i32
      %p = arith.mulf %v, %g : f32
      pattern.yield %p : f32
    }
    pattern.yield %s : f32
  }
  func.return %z : tensor<1xf32>
}"""


@pytest.mark.parametrize(
    "step", [PatternTilePass(("y",), (2,)), PatternTilePass(("z",), reduce_sizes=(2,))]
)
def test_no_look_up_in_what_fills_the_last_tile(step: PatternTilePass, program: Program):
    message = r"looks up %t at a computed place, which may lie outside .* sizes that divide \[5\]"
    with pytest.raises(SpatialError, match=message):
        step.apply(Context(), program(LOOKUP))


def test_readers_that_count_on_zeros(program: Program, same_values: SameValues):
    text = """
func.func @main(%x: tensor<10xf32>) -> tensor<14xf32> {
  %y = pattern.map (%i in 10) -> tensor<10xf32> {
    %v = pattern.read %x[%i] : tensor<10xf32>
    %one = arith.constant 1.0 : f32
    %n = arith.addf %v, %one : f32
    pattern.yield %n : f32
  }
  %z = pattern.map (%i in 14) -> tensor<14xf32> {
    %v = pattern.read %y[%i - 2] zero_outside : tensor<10xf32>
    pattern.yield %v : f32
  }
  func.return %z : tensor<14xf32>
}"""
    x = np.arange(10, dtype=np.float32)
    same_values(program(text), PatternTilePass(("y",), (5,), (1, 0)), {"x": x}, {})
    with pytest.raises(SpatialError, match=r"counts on zeros from 10 on .* divides 10"):
        PatternTilePass(("y",), (4,)).apply(Context(), program(text))


def test_indices_as_numbers(program: Program, same_values: SameValues):
    text = """
func.func @main(%x: tensor<10xi32>) -> tensor<10xi32> {
  %y = pattern.map (%i in 10) -> tensor<10xi32> {
    %v = pattern.read %x[%i] : tensor<10xi32>
    %n = arith.index_cast %i : index to i32
    %s = arith.addi %v, %n : i32
    pattern.yield %s : i32
  }
  %z = pattern.map (%i in 10) -> tensor<10xi32> {
    %v = pattern.read %y[%i] : tensor<10xi32>
    pattern.yield %v : i32
  }
  func.return %z : tensor<10xi32>
}"""
    x = np.arange(10)
    same_values(program(text), PatternTilePass(("y",), (4,), (1, 0)), {"x": x}, {})


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (lambda: PatternTilePass(("y",), (0, 2)), "sizes are at least 1, got 0; write keep"),
        (lambda: PatternTilePass(reduce_sizes=(-3,)), "reduce-sizes are at least 1, got -3"),
        (lambda: PatternTilePass(sizes=("all",)), "sizes are at least 1, got all"),
        (lambda: PatternTilePass(("y",), (3, 2)), "the tile size of %g is at most its extent 2"),
        (lambda: PatternTilePass(("y",), (2,)), "sizes has 1 entries and .* has 2 dimensions"),
        (lambda: PatternTilePass(("Y",), (2, 2)), "no map with a result %Y; there are %y, %z"),
        (lambda: PatternTilePass(("y",), None, (0, 0)), "interchange names each dimension once"),
        (lambda: PatternTilePass(("y",), None, (1, 0, 2)), "interchange names 3 dimensions"),
        (lambda: PatternTilePass(("z",), (2, 2)), "is a result of the function, which fixes"),
    ],
)
def test_refusals(step: Callable[[], PatternTilePass], message: str, program: Program):
    module = program(product(4, 4))
    before = str(module)
    with pytest.raises(SpatialError, match=message):
        step().apply(Context(), module)
    assert str(module) == before


@given(
    coefficients=st.lists(st.integers(-9, 9), min_size=1, max_size=3),
    constant=st.integers(-20, 20),
    divisor=st.integers(1, 8),
    data=st.data(),
)
@settings(deadline=None)
def test_simplified_divisions_have_the_same_value(
    coefficients: list[int], constant: int, divisor: int, data: st.DataObject
):
    bounds = [data.draw(st.integers(1, 5)) for _ in coefficients]
    total = AffineExpr.constant(constant)
    for dim, coefficient in enumerate(coefficients):
        total = total + AffineExpr.dimension(dim) * coefficient
    for expr in (total // divisor, total % divisor):
        assert exact_range(expr - simplify(expr, bounds), bounds) == (0, 0)
