"""Memories filled from parameters and their sums, native against numpy, bit for bit."""
# ruff: noqa: E501

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects.builtin import Float8E4M3FNType, IntegerType, ModuleOp, TensorType, f32
from xdsl.ir import Attribute
from xdsl.ir.affine import AffineExpr, AffineMap

from spatial_opt.dialects.affine_values import evaluate_affine
from spatial_opt.dialects.spatial import ConfigOp, ParameterInitAttr, PmuOp, SumInitAttr
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime import bindings, numpy_evaluator
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.memory_contents import Contents
from spatial_opt.runtime.native import contents, evaluator
from spatial_opt.runtime.native.arrays import Array as StoredArray
from spatial_opt.runtime.native.positions import find_places

needs_mlir = pytest.mark.skipif(bindings.find() is None, reason="needs MLIR's bindings")

Arrays = Mapping[str, Array]
Parse = Callable[[str], ModuleOp]
Dot = Callable[[str, int], tuple[str, str, str]]

FORMATS = ["f32", "bf16", "f16", "mixed8", "int8"]


@dataclass(frozen=True)
class Part:
    """A parameter of a sum: its shape, and its map from (row, column) of the memory."""

    shape: tuple[int, ...]
    map: str
    factor: float = 1.0

    def text(self, name: str, element: str) -> str:
        """Give what stands behind `init` or `plus`."""
        scale = 100.0 * self.factor if element == "i8" else self.factor
        scaled = "" if scale == 1.0 else f" scale {scale}"
        return f'parameter "{name}"{scaled} map affine_map<(d0, d1) -> {self.map}>'


Sums: TypeAlias = Mapping[str, list[Part]]

ROWS, COLUMNS = 40, 48
SUMS = {
    "one": [Part((1, 40, 48), "(0, d0, d1)")],
    "one with rows and columns outside": [Part((33, 41), "(d0 - 4, d1 - 3)")],
    "side by side": [Part((40, 20), "(d0, d1)"), Part((40, 28), "(d0, d1 - 20)")],
    "side by side, a gap": [Part((40, 17), "(d0, d1)"), Part((37, 20), "(d0, d1 - 21)")],
    "one below the other": [Part((23, 48), "(d0, d1)"), Part((17, 48), "(d0 - 23, d1)")],
    "all over": [Part((40, 48), "(d0, d1)"), Part((80, 48), "(2 * d0 + 1, d1)")],
    "partly": [Part((40, 31), "(d0, d1)"), Part((30, 48), "(d0 - 5, d1 - 11)", 0.25)],
    "transposed": [Part((48, 40), "(d1, d0)"), Part((48, 23), "(47 - d1, d0)")],
    "in words": [Part((160, 12), "(4 * d0 + d1 mod 4, d1 floordiv 4)"), Part((40, 48), "(d0, d1)")],
    "in words, some outside": [
        Part((150, 10), "(4 * d0 + d1 mod 4, d1 floordiv 4)"),
        Part((154, 12), "(4 * d0 + d1 mod 4, d1 floordiv 4 - 3)"),
    ],
    "three": [
        Part((40, 16), "(d0, d1)"),
        Part((40, 20), "(d0, d1 - 12)"),
        Part((40, 16), "(d0, d1 - 32)"),
    ],
    "corners outside": [Part((40, 23), "(d0 + d1 floordiv 4 - 3, (d0 + d1) floordiv 4)")],
    "nothing of one": [Part((8, 8), "(d0 + 100, d1)"), Part((40, 48), "(d0, d1)")],
}
FLAT = 47, 37
FLAT_SUMS = {
    "one": [Part((47, 37), "(d0, d1)")],
    "one that leaves room": [Part((30, 20), "(d0 - 10, d1 - 13)")],
    "side by side": [Part((47, 20), "(d0, d1)"), Part((47, 17), "(d0, d1 - 20)")],
    "all over": [Part((47, 37), "(d0, d1)"), Part((37, 47), "(d1, d0)")],
    "partly": [Part((47, 35), "(d0, d1)"), Part((35, 37), "(d0 - 7, d1 - 19)", 0.5)],
    "three": [
        Part((47, 30), "(d0, d1)"),
        Part((33, 37), "(d0 - 5, d1)"),
        Part((47, 37), "(d0, d1 - 17)"),
    ],
}


def arrays_of(sums: Sums, seed: int) -> dict[str, Array]:
    """Give random parameters; some are too large for a format, some are zeros of both signs."""
    generator = np.random.default_rng(seed)
    found: dict[str, Array] = {}
    for how, parts in sums.items():
        for number, part in enumerate(parts):
            values = generator.uniform(-1, 1, part.shape).astype(np.float32)
            values[generator.random(part.shape) < 0.1] *= 1000
            values[generator.random(part.shape) < 0.1] = -0.0
            found[f"{how} {number}"] = values
    return found


def init_text(sums: Sums, how: str, element: str) -> str:
    """Give what fills a memory."""
    parts = enumerate(sums[how])
    return " plus ".join(part.text(f"{how} {n}", element) for n, part in parts)


def products_text(make_dot: Dot, format: str) -> str:
    """Give the products of matrices, each a sum, and a vector."""
    lanes = 8
    body, result, element = make_dot(format, lanes)
    token, trips = f"vector<{lanes}x{element}>", COLUMNS // lanes
    scale = " scale 100.0" if element == "i8" else ""
    counters = f"counters (%j = 0 to {ROWS}, %k = 0 to {trips})"
    outputs: list[str] = []
    units: list[str] = []
    for n, how in enumerate(SUMS):
        outputs.append(f'spatial.output @"{how}" : tensor<{ROWS}x{result}>')
        units.append(
            f"""spatial.ag @load{n} loads @x {counters} address [{lanes} * %k] : {token}
spatial.pmu @m{n} holds tensor<{ROWS}x{COLUMNS}x{element}> banked (4, 1) init {init_text(SUMS, how, element)} {{
spatial.read @out port 0 {counters} address [%j, {lanes} * %k] : {token}
}}
spatial.pcu @dot{n} {counters} {{
%w = spatial.receive "w" : {token}
%v = spatial.receive "v" : {token}
{body}
spatial.send "out" %d per %j : {result}
}}
spatial.ag @store{n} stores @"{how}" counters (%j = 0 to {ROWS}) address [%j] : {result}
spatial.link @load{n}::@data to @dot{n}::@v : vector depth 4
spatial.link @m{n}::@out to @dot{n}::@w : vector depth 4
spatial.link @dot{n}::@out to @store{n}::@data : scalar depth 4"""
        )
    return f"""builtin.module {{ spatial.config @main {{
spatial.input @x : tensor<{COLUMNS}x{element}>{scale}
{chr(10).join(outputs + units)}
}} }}"""


def agree(module: ModuleOp, inputs: Arrays, sums: Sums) -> None:
    """Evaluate with two sets of parameters and the first again, and compare every bit."""
    native = evaluator.prepare(module)
    for seed in (1, 2, 1):
        parameters = arrays_of(sums, seed)
        wanted = numpy_evaluator.prepare(module).run(inputs, parameters)
        found = native.run(inputs, parameters)
        for how, array in wanted.items():
            assert found[how].tobytes() == array.tobytes(), f"{how}: {found[how]} {array}"
            assert np.asarray(array, np.float64).std() > 0


def through_numpy(module: ModuleOp, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """List the memories that are filled through numpy."""
    found: set[str] = set()
    memory = Contents.memory

    def noted(self: Contents, op: PmuOp) -> Array:
        found.add(op.sym_name.data)
        return memory(self, op)

    native = evaluator.prepare(module)
    with monkeypatch.context() as patch:
        patch.setattr(Contents, "memory", noted)
        native.run({"x": np.ones(COLUMNS, np.float32)}, arrays_of(SUMS, 1))
    return found


@needs_mlir
@pytest.mark.parametrize("format", FORMATS)
def test_blocks_of_rows(
    parse: Parse, make_dot: Dot, format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = parse(products_text(make_dot, format))
    x = np.random.default_rng(3).uniform(-1, 1, COLUMNS).astype(np.float32)
    agree(module, {"x": x}, SUMS)
    # Only what is outside in two ways at once is left to numpy.
    assert through_numpy(module, monkeypatch) == {f"m{list(SUMS).index('corners outside')}"}


@needs_mlir
@pytest.mark.parametrize("element", ["f32", "bf16", "f16", "f8E4M3FN", "i8"])
def test_flat_memories(parse: Parse, element: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Zeros keep their sign, or lose it, as in numpy; rows may lie apart (padding)."""
    (rows, columns), lanes = FLAT, 8
    trips = -(-columns // lanes)
    counters = f"counters (%j = 0 to {rows}, %k = 0 to {trips})"
    units = "\n".join(
        f"""spatial.output @"{how}" : tensor<{rows}x{trips * lanes}x{element}>
spatial.pmu @m{n} holds tensor<{rows}x{columns}x{element}> banked (4, 1) init {init_text(FLAT_SUMS, how, element)} {{
spatial.read @out port 0 {counters} address [%j, {lanes} * %k] padded : vector<{lanes}x{element}>
}}
spatial.ag @store{n} stores @"{how}" {counters} address [%j, {lanes} * %k] : vector<{lanes}x{element}>
spatial.link @m{n}::@out to @store{n}::@data : vector depth 4"""
        for n, how in enumerate(FLAT_SUMS)
    )
    module = parse(f"builtin.module {{ spatial.config @main {{\n{units}\n}} }}")
    monkeypatch.setattr(contents, "LARGE", 1)
    agree(module, {}, FLAT_SUMS)


@needs_mlir
def test_nan_in_a_part_is_refused(parse: Parse, make_dot: Dot) -> None:
    parameters = arrays_of(SUMS, 1)
    parameters["three 1"][5, 7] = np.nan
    with pytest.raises(SpatialError, match=r"'three 1' has 1 NaN \(the first at \[5, 7\]\)"):
        evaluator.prepare(parse(products_text(make_dot, "int8"))).run(
            {"x": np.ones(COLUMNS, np.float32)}, parameters
        )


@pytest.mark.parametrize(
    ("element", "wanted"),
    [
        (f32, [-0.0, 0.0, 1.5, 17.125, 100.0, 0.0]),
        # Around 17 and around 100 numbers are 2 and 8 apart.
        (Float8E4M3FNType(), [-0.0, 0.0, 1.5, 18.0, 96.0, 0.0]),
        (IntegerType(8), [0, 0, 2, 17, 100, 0]),
    ],
)
def test_what_a_sum_is(element: Attribute, wanted: list[float]) -> None:
    """Each part rounded, then the sum; what is outside of a part counts as +0."""
    same = AffineMap.identity(1)
    init = SumInitAttr.get(
        [
            ParameterInitAttr.get("p", None, same, (5,)),
            ParameterInitAttr.get("q", None, same, (4,)),
        ]
    )
    memory = PmuOp("m", TensorType(element, (6,)), (1, 1), init)
    p, q = [-0.0, -0.0, 1.5, 16.0, 100.0], [-0.0, 0.0, 0.0, 1.125]
    config = ConfigOp("main", [memory])
    found = Contents(config, {"p": np.array(p), "q": np.array(q)}, {}).memory(memory)
    assert found.tolist() == wanted
    assert np.signbit(found.astype(np.float32)).tolist() == [np.signbit(w) for w in wanted]


# --- positions -----------------------------------------------------------------------------------


def _term(draw: st.DrawFn) -> AffineExpr:
    dim = AffineExpr.dimension(draw(st.integers(0, 1)))
    scaled = dim * draw(st.sampled_from([1, 1, 2, -1, 3]))
    match draw(st.sampled_from(["plain", "plain", "div", "mod", "both"])):
        case "div":
            return scaled // draw(st.integers(1, 5))
        case "mod":
            return (scaled % draw(st.integers(1, 5))) * 2
        case "both":
            other = AffineExpr.dimension(0) + AffineExpr.dimension(1) * 4
            return other // draw(st.integers(1, 8))
        case _:
            return scaled


@st.composite
def _maps(draw: st.DrawFn) -> tuple[tuple[int, int], int, AffineMap, tuple[int, ...]]:
    """Give a memory's shape, the length of its rows, its map, and the shape of what fills it."""
    shape = draw(st.sampled_from([(6, 8), (1, 12), (7, 4), (12, 1), (5, 6)]))
    lengths = [n for n in range(1, prod(shape) + 1) if shape[1] % n == 0]
    lengths += [n * shape[1] for n in range(2, shape[0] + 1) if shape[0] % n == 0]
    exprs: list[AffineExpr] = []
    for _ in range(draw(st.integers(1, 3))):
        expr = AffineExpr.constant(draw(st.integers(-3, 3)))
        for _ in range(draw(st.integers(0, 2))):
            expr = expr + _term(draw)
        exprs.append(expr)
    source = tuple(draw(st.integers(1, 12)) for _ in exprs)
    return shape, draw(st.sampled_from(lengths)), AffineMap(2, 0, tuple(exprs)), source


@settings(deadline=None, max_examples=300)
@given(_maps())
def test_places_are_those_of_the_map(
    case: tuple[tuple[int, int], int, AffineMap, tuple[int, ...]],
) -> None:
    shape, length, map_, source = case
    memory = PmuOp(
        "m", TensorType(f32, shape), (1, 1), ParameterInitAttr.get("p", None, map_, source)
    )
    array = StoredArray(("memory", "m"), f32, list(shape), shape[1], "f32", memory, False)
    array.rows = (length, 16, 1)
    found = find_places(array, 0, source)
    if found is None:
        return
    at = np.arange(prod(shape)).reshape(-1, length)
    row, column = np.divmod(at, shape[1])
    wanted, inside = np.zeros(at.shape, np.int64), np.ones(at.shape, np.bool_)
    for dim, expr in enumerate(map_.results):
        place = np.broadcast_to(np.asarray(evaluate_affine(expr, [row, column])), at.shape)
        inside &= (place >= 0) & (place < source[dim])
        wanted += place * prod(source[dim + 1 :])
    tests = [
        np.zeros(size, np.int64) if test is None else test.astype(np.int64)
        for test, size in (
            (found.row_tests, at.shape[0]),
            (found.column_tests, at.shape[1]),
        )
    ]
    test = tests[0][:, None] + tests[1]
    assert (((test >= 0) & (test < found.limit)) == inside).all()
    assert ((found.rows[:, None] + found.columns == wanted) | ~inside).all()
