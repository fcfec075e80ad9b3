"""Units whose lanes carry rows: what they compute, on numpy and natively, bit for bit."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.machine.errors import UnsupportedError
from spatial_opt.runtime import bindings, numpy_evaluator
from spatial_opt.runtime.native import evaluator
from spatial_opt.runtime.native.build import Builder
from spatial_opt.runtime.native.layout import choose_plan
from spatial_opt.runtime.native.program import all_kernels, make_program
from spatial_opt.runtime.order import config_of
from spatial_opt.runtime.values import prepare_best

native = pytest.mark.skipif(bindings.find() is None, reason="needs MLIR's bindings")

Make = Callable[[Any], tuple[ModuleOp, Any, Any]]
Layer = Callable[..., Any]
Parse = Callable[[str], ModuleOp]

SIZES = [
    {},
    {"rows": 40, "inputs": 21, "turns": 2},
    {"rows": 7, "inputs": 5},
    {"rows": 100, "inputs": 33, "turns": 3, "steps": 2},
    {"rows": 256, "inputs": 64, "turns": 1, "steps": 2},
    {"rows": 13, "inputs": 9, "lanes": 4, "turns": 2},
]
FORMATS = ["f32", "bf16", "int8", "mixed8"]


def agree(module: ModuleOp, inputs: Any, parameters: Any) -> Any:
    """Compare every bit of both evaluators, the native one twice."""
    wanted = numpy_evaluator.prepare(module).run(inputs, parameters)["y"]
    prepared = evaluator.prepare(module)
    for _ in range(2):
        assert prepared.run(inputs, parameters)["y"].tobytes() == wanted.tobytes()
    return wanted


@pytest.mark.parametrize("sizes", SIZES)
def test_a_layer_is_what_it_should_be(make_layer: Make, layer: Layer, sizes: dict[str, int]):
    """In f32 against the formula, the other formats within their rounding."""
    for format, far in (("f32", 2e-6), ("bf16", 0.02), ("int8", 0.08), ("mixed8", 0.15)):
        module, inputs, parameters = make_layer(layer(format=format, **sizes))
        x = inputs["x"] * np.float32(0.4)
        found = numpy_evaluator.prepare(module).run({"x": x}, parameters)["y"]
        h = np.zeros(found.shape[1])
        for t in range(found.shape[0]):
            given = x[t].astype(np.float64)
            h = np.clip(parameters["W"] @ given + parameters["U"] @ h + parameters["b"], -1, 1)
            assert np.abs(found[t] - h).max() < far, format


@native
@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("sizes", SIZES)
def test_native_is_numpy(make_layer: Make, layer: Layer, format: str, sizes: dict[str, int]):
    module, inputs, parameters = make_layer(layer(format=format, **sizes))
    assert agree(module, inputs, parameters).std() > 0.05


@native
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.integers(1, 70),
    st.integers(1, 40),
    st.integers(1, 4),
    st.sampled_from(FORMATS),
    st.sampled_from([2, 4, 8, 16]),
)
def test_any_size(
    make_layer: Make, layer: Layer, rows: int, inputs: int, turns: int, format: str, lanes: int
):
    agree(*make_layer(layer(rows, inputs, 2, turns, format, lanes)))


@native
@pytest.mark.parametrize(
    ("sizes", "along", "blocks"),
    [({"rows": 1024}, 64, 4), ({"rows": 320}, 16, 4), ({"rows": 48}, 16, 3)],
)
def test_dot_products_fill_vectors(
    make_layer: Make, layer: Layer, sizes: dict[str, int], along: int, blocks: int
):
    """Sixteen rows at once, several of them together, and weights where they are wanted."""
    module, _, _ = make_layer(layer(**sizes))
    builder = Builder(config_of(module))
    make_program(builder)
    (dot,) = [k for k in all_kernels(builder.root) if k.name == "dot0"]
    plan = choose_plan(dot.structure)
    assert plan.simd is not None
    assert (dot.structure.trips[plan.simd], plan.blocks) == (along, blocks)
    assert max(node.lanes for node in dot.structure.nodes) == 4
    weights, words, _ = (access for _, access in dot.structure.accesses)
    assert weights.is_blocked
    # x and h are put together once, and not for every group of rows.
    assert words.coefficients[plan.simd] == 0
    held = [size for r, (size, _) in builder.sources.buffers.items() if r == ("input", "dot0", "x")]
    assert held == [4 * sum(layer(**sizes).words)]


BODY = """
spatial.input @x : tensor<48xf32>
spatial.output @y : tensor<{tokens}x{width}xf32>
spatial.ag @load loads @x counters (%i = 0 to 12) address [4 * %i] : vector<4xf32>
spatial.ag @word loads @x counters (%i = 0 to 12) address [4 * %i + 1] : vector<2xf32>
spatial.pcu @u counters (%j = 0 to 3, %k = 0 to 4) {{
  %v = spatial.receive "v" : vector<4xf32>
  %w = spatial.receive "w" : vector<2xf32>
  {body}
}}
spatial.ag @store stores @y counters (%i = 0 to {tokens}) address [%i, 0] : vector<{width}xf32>
spatial.link @load::@data to @u::@v : vector depth 4
spatial.link @word::@data to @u::@w : vector depth 4
spatial.link @u::@out to @store::@data : vector depth 4
"""

LANES = """%f = spatial.fold {} %v per %j : vector<4xf32> to vector<4xf32>
spatial.send "out" %f per %j : vector<4xf32>"""


def unit(body: str, tokens: int = 3, width: int = 4) -> str:
    """A unit that receives twelve vectors of four and of two."""
    text = BODY.format(body=body, tokens=tokens, width=width)
    return f"builtin.module {{ spatial.config @main {{ {text} }} }}"


X = np.random.default_rng(3).standard_normal(48).astype(np.float32)
V = X.reshape(3, 4, 4)
W = np.stack([X[4 * i + 1 : 4 * i + 3] for i in range(12)]).reshape(3, 4, 2)


def _running(values: Any) -> Any:
    total = np.zeros(4, np.float32)
    found: list[Any] = []
    for value in values:
        total = total + value
        found.append(total)
    return found


@pytest.mark.parametrize(
    ("body", "tokens", "width", "expected"),
    [
        (LANES.format("add"), 3, 4, [_running(v)[-1] for v in V]),
        (LANES.format("max"), 3, 4, V.max(axis=1)),
        (LANES.format("min").replace("per %j", "once"), 1, 4, V.reshape(12, 4).min(axis=0)[None]),
        # Every running total.
        (
            LANES.format("add").replace("%f per %j", "%f"),
            12,
            4,
            np.concatenate([_running(v) for v in V]),
        ),
        (
            """%r = spatial.repeat %w : vector<2xf32> to vector<8xf32>
            spatial.send "out" %r : vector<8xf32>""",
            12,
            8,
            np.tile(W.reshape(12, 2), 4),
        ),
        # A word, and its two elements each for themselves.
        (
            """%r = spatial.repeat %w : vector<2xf32> to vector<4xf32>
            %p = arith.mulf %v, %r : vector<4xf32>
            %c = spatial.combine max %p : vector<4xf32> to vector<2xf32>
            %d = arith.maximumf %c, %w : vector<2xf32>
            %f = spatial.fold max %d per %j : vector<2xf32> to vector<2xf32>
            spatial.send "out" %f per %j : vector<2xf32>""",
            3,
            2,
            np.maximum((V * np.tile(W, 2)).reshape(3, 4, 2, 2).max(axis=-1), W).max(axis=1),
        ),
        # A tree beside lanes that add up for themselves; scalars go to all lanes.
        (
            """%t = spatial.fold max %v per %j : vector<4xf32> to f32
            %f = spatial.fold min %v per %j : vector<4xf32> to vector<4xf32>
            %s = spatial.repeat %t : f32 to vector<4xf32>
            %d = arith.addf %f, %s : vector<4xf32>
            spatial.send "out" %d per %j : vector<4xf32>""",
            3,
            4,
            V.min(axis=1) + V.max(axis=(1, 2))[:, None],
        ),
        (
            """%s = spatial.fold max %w : vector<2xf32> to f32
            %r = spatial.repeat %s : f32 to vector<4xf32>
            %d = arith.subf %v, %r : vector<4xf32>
            %f = spatial.fold max %d per %j : vector<4xf32> to vector<4xf32>
            spatial.send "out" %f per %j : vector<4xf32>""",
            3,
            4,
            (V - W.max(axis=-1, keepdims=True)).max(axis=1),
        ),
        # Folds that are final at every firing, made of each other.
        (
            """%f = spatial.fold add %v per %k : vector<4xf32> to vector<4xf32>
            %g = spatial.fold max %f per %k : vector<4xf32> to vector<4xf32>
            spatial.send "out" %g : vector<4xf32>""",
            12,
            4,
            V.reshape(12, 4),
        ),
        (
            """%t = spatial.fold max %v per %k : vector<4xf32> to f32
            %r = spatial.repeat %t : f32 to vector<4xf32>
            %f = spatial.fold add %v per %k : vector<4xf32> to vector<4xf32>
            %d = arith.mulf %f, %r : vector<4xf32>
            %g = spatial.fold min %d per %k : vector<4xf32> to vector<4xf32>
            %h = arith.addf %g, %f : vector<4xf32>
            spatial.send "out" %h : vector<4xf32>""",
            12,
            4,
            (V * V.max(axis=-1, keepdims=True) + V).reshape(12, 4),
        ),
        # A sum starts at +0, so that of lanes which are all -0 is +0.
        (
            """%o = arith.constant dense<1.0> : vector<4xf32>
            %z = arith.constant dense<-0.0> : vector<4xf32>
            %t = spatial.fold add %z per %k : vector<4xf32> to f32
            %r = spatial.repeat %t : f32 to vector<4xf32>
            %d = math.copysign %o, %r : vector<4xf32>
            %g = spatial.fold add %d per %k : vector<4xf32> to vector<4xf32>
            spatial.send "out" %g : vector<4xf32>""",
            12,
            4,
            np.ones((12, 4)),
        ),
    ],
)
def test_by_hand(parse: Parse, body: str, tokens: int, width: int, expected: Any):
    module = parse(unit(body, tokens, width))
    wanted = np.asarray(expected, np.float32)
    assert (numpy_evaluator.prepare(module).run({"x": X}, {})["y"] == wanted).all()
    if bindings.find() is not None and 'send "out" %f :' in body:
        # Running totals are left to numpy, with lanes or without.
        with pytest.raises(UnsupportedError, match="before it is final"):
            evaluator.prepare(module)
    elif bindings.find() is not None:
        assert (evaluator.prepare(module).run({"x": X}, {})["y"] == wanted).all()
    assert (prepare_best(module)[0].run({"x": X}, {})["y"] == wanted).all()


def turns(windows: list[tuple[str, int, int, int]], first: int, second: int) -> str:
    """Two loads that feed one port: (load, low, high, period)."""
    links = "\n".join(
        f"spatial.link @{name}::@data to @store::@data : scalar depth 2 window ({low}, {high})"
        + (f" of {period}" if period != 12 else "")
        for name, low, high, period in windows
    )
    return f"""builtin.module {{ spatial.config @main {{
spatial.input @x : tensor<12xf32>
spatial.output @y : tensor<12xf32>
spatial.ag @a loads @x counters (%i = 0 to {first}) address [%i] : f32
spatial.ag @b loads @x counters (%i = 0 to {second}) address [%i + {first}] : f32
spatial.ag @store stores @y counters (%i = 0 to 12) address [%i] : f32
{links}
}} }}"""


@pytest.mark.parametrize(
    ("windows", "order"),
    [
        ([("a", 0, 1, 3), ("b", 1, 3, 3)], [0, 4, 5, 1, 6, 7, 2, 8, 9, 3, 10, 11]),
        ([("b", 0, 2, 3), ("a", 2, 3, 3)], [4, 5, 0, 6, 7, 1, 8, 9, 2, 10, 11, 3]),
        ([("b", 0, 4, 6), ("a", 4, 6, 6)], [4, 5, 6, 7, 0, 1, 8, 9, 10, 11, 2, 3]),
        ([("a", 0, 4, 12), ("b", 4, 12, 12)], list(range(12))),
    ],
)
def test_windows_come_round(parse: Parse, windows: Any, order: list[int]):
    module = parse(turns(windows, 4, 8))
    x = np.arange(12, dtype=np.float32)
    assert (numpy_evaluator.prepare(module).run({"x": x}, {})["y"] == order).all()
    assert (prepare_best(module)[0].run({"x": x}, {})["y"] == order).all()


def test_clipped_rows_lie_apart(parse: Parse):
    """A clipped store of vectors that are not side by side where they come from."""
    text = """builtin.module { spatial.config @main {
spatial.output @y : tensor<10xf32>
spatial.pmu @m holds tensor<24xf32> banked (4, 1) init parameter "p" [24] {
  spatial.read @out port 0 counters (%i = 0 to 3) address [8 * %i] : vector<4xf32>
}
spatial.ag @store stores @y counters (%i = 0 to 3) address [4 * %i] : vector<4xf32>
spatial.link @m::@out to @store::@data : vector depth 4
} }"""
    parameters = {"p": np.arange(24, dtype=np.float32)}
    found = prepare_best(parse(text))[0].run({}, parameters)["y"]
    assert found.tolist() == [0, 1, 2, 3, 8, 9, 10, 11, 16, 17]


@native
def test_weights_of_one_parameter_fill_natively(make_layer: Make, layer: Layer, parse: Parse):
    """W and U from one parameter, in rows of four elements of different rows."""
    chosen = layer(rows=64, inputs=64)
    module, inputs, parameters = make_layer(chosen)
    joined = np.concatenate([parameters["W"], parameters["U"]], axis=1)
    text = str(module)
    text = text.replace('parameter "W" [64, 64]', 'parameter "A" [64, 128]')
    text = text.replace('parameter "U" [64, 64]', 'parameter "A" [64, 128]')
    begin = text.index("spatial.pmu @u0")
    end = text.index("spatial.pcu @dot0")
    second = text[begin:end].replace("(d1 * 4) +", "((d1 * 4) + 64) +")
    both = {"A": joined, "b": parameters["b"]}
    found = agree(parse(text[:begin] + second + text[end:]), inputs, both)
    assert found.tobytes() == agree(module, inputs, parameters).tobytes()


def test_sizes_of_the_fixture(layer: Layer):
    assert replace(layer(), rows=33, turns=2).groups == 2
    assert (layer(inputs=9).words, layer(format="f32").token) == ((3, 8), "f32")
