"""Small configurations written by hand, against numpy."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects.builtin import Float8E4M3FNType, Float16Type

from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.numerics import round_to
from spatial_opt.runtime.values import evaluate

Evaluate = Callable[..., dict[str, Array]]


def floats(shape: int | tuple[int, ...], seed: int = 0) -> Array:
    return np.random.default_rng(seed).uniform(-2, 2, shape).astype(np.float32)


COPY = """
  spatial.input @x : tensor<{n}xf32>
  spatial.output @y : tensor<{n}xf32>
  spatial.ag @x.load loads @x counters (%i = 0 to {tokens}) address [{w} * %i] : vector<{w}xf32>
  spatial.ag @y.store stores @y counters (%i = 0 to {tokens}) address [{w} * %i] : vector<{w}xf32>
  spatial.link @x.load::@data to @y.store::@data : vector depth 4
"""


@given(n=st.integers(1, 40), w=st.integers(2, 9))
@settings(max_examples=30, deadline=None)
def test_copy_of_any_size(n: int, w: int):
    from xdsl.context import Context
    from xdsl.dialects import builtin
    from xdsl.parser import Parser

    from spatial_opt.dialects.spatial import Spatial

    context = Context()
    for dialect in (builtin.Builtin, Spatial):
        context.load_dialect(dialect)
    text = COPY.format(n=n, w=w, tokens=-(-n // w))
    module = Parser(context, "spatial.config @main {" + text + "}").parse_module()
    x = floats(n)
    got = evaluate(module, {"x": x}, {})["y"]
    assert (got == x).all()


SCALED_ADD = """
  spatial.input @x : tensor<12xf8E4M3FN> scale 2.0
  spatial.output @y : tensor<12xf8E4M3FN>
  spatial.ag @x.load loads @x counters (%i = 0 to 3) address [4 * %i] : vector<4xf8E4M3FN>
  spatial.pmu @b holds tensor<12xf8E4M3FN> banked (4, 1) init parameter "b" scale 4.0 {
    spatial.read @out port 0 counters (%i = 0 to 3) address [4 * %i] : vector<4xf8E4M3FN>
  }
  spatial.pcu @add counters (%i = 0 to 3) {
    %x = spatial.receive "x" : vector<4xf8E4M3FN>
    %b = spatial.receive "b" : vector<4xf8E4M3FN>
    %s = arith.addf %x, %b : vector<4xf8E4M3FN>
    spatial.send "out" %s : vector<4xf8E4M3FN>
  }
  spatial.ag @y.store stores @y counters (%i = 0 to 3) address [4 * %i] : vector<4xf8E4M3FN>
  spatial.link @x.load::@data to @add::@x : vector depth 4
  spatial.link @b::@out to @add::@b : vector depth 4
  spatial.link @add::@out to @y.store::@data : vector depth 4
"""


def test_scaled_add_rounds_once(evaluate_config: Evaluate):
    e4m3 = Float8E4M3FNType()
    x, b = floats(12), floats(12, 1)
    want = round_to(round_to(x * np.float32(2), e4m3) + round_to(b * np.float32(4), e4m3), e4m3)
    got = evaluate_config(SCALED_ADD, {"x": x}, {"b": b})["y"]
    assert (got == want).all()


def test_samples_have_a_leading_axis(evaluate_config: Evaluate):
    x, b = floats((3, 12)), floats(12, 1)
    got = evaluate_config(SCALED_ADD, {"x": x}, {"b": b})["y"]
    assert got.shape == (3, 12)
    for sample in range(3):
        one = evaluate_config(SCALED_ADD, {"x": x[sample]}, {"b": b})["y"]
        assert (got[sample] == one).all()


def dot(rows: int, pieces: int, lanes: int) -> str:
    k = pieces * lanes
    return f"""
  spatial.output @y : tensor<{rows}xf32>
  spatial.pmu @W holds tensor<{rows}x{k}xf8E4M3FN> banked (4, 1) init parameter "W" {{
    spatial.read @out port 0 counters (%j = 0 to {rows}, %k = 0 to {pieces})
      address [%j, {lanes} * %k] : vector<{lanes}xf8E4M3FN>
  }}
  spatial.pmu @v holds tensor<{k}xf8E4M3FN> banked (4, 1) init parameter "v" {{
    spatial.read @out port 0 counters (%j = 0 to {rows}, %k = 0 to {pieces})
      address [{lanes} * %k] : vector<{lanes}xf8E4M3FN>
  }}
  spatial.pcu @dot counters (%j = 0 to {rows}, %k = 0 to {pieces}) {{
    %w = spatial.receive "w" : vector<{lanes}xf8E4M3FN>
    %v = spatial.receive "v" : vector<{lanes}xf8E4M3FN>
    %p = arith.mulf %w, %v : vector<{lanes}xf8E4M3FN>
    %q = pattern.convert %p : vector<{lanes}xf8E4M3FN> to vector<{lanes}xf16>
    %r = spatial.combine add %q : vector<{lanes}xf16> to vector<{lanes // 2}xf16>
    %s = pattern.convert %r : vector<{lanes // 2}xf16> to vector<{lanes // 2}xf32>
    %d = spatial.fold add %s per %j : vector<{lanes // 2}xf32> to f32
    spatial.send "out" %d per %j : f32
  }}
  spatial.ag @y.store stores @y counters (%j = 0 to {rows}) address [%j] : f32
  spatial.link @W::@out to @dot::@w : vector depth 4
  spatial.link @v::@out to @dot::@v : vector depth 4
  spatial.link @dot::@out to @y.store::@data : scalar depth 4
"""


def dot_reference(weights: Array, vector: Array, lanes: int) -> Array:
    """One scalar operation after another, as written in the unit."""
    e4m3, f16 = Float8E4M3FNType(), Float16Type()
    rows, k = weights.shape
    result = np.zeros(rows, np.float32)
    for j in range(rows):
        for start in range(0, k, lanes):
            products = [
                round_to(np.asarray(weights[j, n] * vector[n]), e4m3)
                for n in range(start, start + lanes)
            ]
            level = [
                round_to(np.asarray(a + b), f16)
                for a, b in zip(products[::2], products[1::2], strict=True)
            ]
            while len(level) > 1:
                odd = level[len(level) // 2 * 2 :]
                level = [a + b for a, b in zip(level[::2], level[1::2], strict=False)] + odd
            result[j] = result[j] + level[0]
    return result


@pytest.mark.parametrize(
    ("rows", "pieces", "lanes"),
    [(1, 1, 2), (1, 7, 4), (5, 1, 8), (3, 5, 6), (7, 3, 64), (2, 13, 16)],
)
def test_dot_with_an_accumulator_per_row(
    evaluate_config: Evaluate, rows: int, pieces: int, lanes: int
):
    e4m3 = Float8E4M3FNType()
    weights, vector = floats((rows, pieces * lanes)), floats(pieces * lanes, 1)
    got = evaluate_config(dot(rows, pieces, lanes), {}, {"W": weights, "v": vector})["y"]
    want = dot_reference(round_to(weights, e4m3), round_to(vector, e4m3), lanes)
    assert (got.view(np.uint32) == want.view(np.uint32)).all()


WINDOWS = """
  spatial.output @y : tensor<6xf32>
  spatial.pmu @a holds tensor<4xf32> banked (2, 1) init parameter "a" {
    spatial.read @out port 0 counters (%i = 0 to 2) address [2 * %i] : vector<2xf32>
  }
  spatial.pmu @b holds tensor<2xf32> banked (2, 1)
      init parameter "a" map affine_map<(d0) -> (d0 + 4)> {
    spatial.read @out port 0 counters (%i = 0 to 1) address [2 * %i] : vector<2xf32>
  }
  spatial.pcu @neg counters (%i = 0 to 3) {
    %v = spatial.receive "v" : vector<2xf32>
    %n = arith.negf %v : vector<2xf32>
    spatial.send "out" %n : vector<2xf32>
  }
  spatial.ag @y.store stores @y counters (%i = 0 to 3) address [2 * %i] : vector<2xf32>
  spatial.link @b::@out to @neg::@v : vector depth 4 window (2, 3)
  spatial.link @a::@out to @neg::@v : vector depth 4 window (0, 2)
  spatial.link @neg::@out to @y.store::@data : vector depth 4
"""


def test_windows_from_two_memories(evaluate_config: Evaluate):
    a = floats(6)
    assert (evaluate_config(WINDOWS, {}, {"a": a})["y"] == -a).all()


def test_a_map_beyond_the_parameter_is_zero(evaluate_config: Evaluate):
    a = floats(5)
    want = np.array([*-a, -0.0], np.float32)
    got = evaluate_config(WINDOWS, {}, {"a": a})["y"]
    assert (got.view(np.uint32) == want.view(np.uint32)).all()


def ping_pong(steps: int) -> str:
    return f"""
  spatial.output @y : tensor<{steps}x4xf32>
  spatial.controller @scan counters (%t = 0 to {steps}) {{
    spatial.pmu @h holds tensor<2x4xf32> banked (4, 1)
        init parameter "h0" map affine_map<(d0, d1) -> (d0, d1)> {{
      spatial.write @in ports ["in"] port 0 counters (%i = 0 to 2)
        address [(%t + 1) mod 2, 2 * %i] signals ["full"] : vector<2xf32>
      spatial.read @out port 0 counters (%i = 0 to 2)
        address [%t mod 2, 2 * %i] waits ["ready"] : vector<2xf32>
    }}
    spatial.pcu @step counters (%i = 0 to 2) {{
      %h = spatial.receive "h" : vector<2xf32>
      %half = arith.constant dense<0.5> : vector<2xf32>
      %one = arith.constant dense<1.0> : vector<2xf32>
      %m = arith.mulf %h, %half : vector<2xf32>
      %n = arith.addf %m, %one : vector<2xf32>
      spatial.send "out" %n : vector<2xf32>
    }}
    spatial.ag @y.store stores @y counters (%i = 0 to 2) address [%t, 2 * %i] : vector<2xf32>
  }}
  spatial.link @h::@out to @step::@h : vector depth 4
  spatial.link @step::@out to @h::@in : vector depth 4
  spatial.link @step::@out to @y.store::@data : vector depth 4
  spatial.link @h::@full to @h::@ready : token depth 2 init 1
"""


@pytest.mark.parametrize("steps", [1, 2, 7])
def test_ping_pong_recurrence(evaluate_config: Evaluate, steps: int):
    h = floats((1, 4))
    got = evaluate_config(ping_pong(steps), {}, {"h0": h})["y"]
    state = h[0]
    for step in range(steps):
        state = state * np.float32(0.5) + np.float32(1)
        assert (got[step] == state).all()


GATHER = """
  spatial.input @i : tensor<6xi32>
  spatial.output @y : tensor<6xf32>
  spatial.ag @i.load loads @i counters (%i = 0 to 3) address [2 * %i] : vector<2xi32>
  spatial.pmu @table holds tensor<16xf32> banked (2, 1) duplicated
      init table tanh from -2.0 to 2.0 {
    spatial.gather @out index "idx" port 0 counters (%i = 0 to 3) address [] : vector<2xf32>
  }
  spatial.ag @y.store stores @y counters (%i = 0 to 3) address [2 * %i] : vector<2xf32>
  spatial.link @i.load::@data to @table::@idx : vector depth 4
  spatial.link @table::@out to @y.store::@data : vector depth 4
"""


def test_gather_from_a_table(evaluate_config: Evaluate):
    index = np.array([0, 15, 8, 3, 3, 1])
    want = np.tanh(-2.0 + index * (4.0 / 16)).astype(np.float32)
    assert (evaluate_config(GATHER, {"i": index})["y"] == want).all()


def test_gather_outside_names_stream_index_and_shape(evaluate_config: Evaluate):
    with pytest.raises(SpatialError, match=r"@table::@out gathers at index 16 .*\[16\].*\[1\]"):
        evaluate_config(GATHER, {"i": [0, 1, 2, 16, 0, 0]})


PADDED = """
  spatial.output @y : tensor<{n}xf32>
  spatial.pmu @a holds tensor<5xf32> banked (2, 1) init parameter "a" {{
    spatial.read @out port 0 counters (%i = 0 to 4) address [2 * %i - 1] {padded} : vector<2xf32>
  }}
  spatial.pmu @b holds tensor<5xf32> banked (2, 1) init zero {{
    spatial.write @in ports ["p", "q"] port 0 counters (%i = 0 to 2) address [4 * %i - 2] {clip}
      signals ["full"] : vector<2xf32>
    spatial.read @out port 0 counters (%i = 0 to 5) address [%i] waits ["ready"] : f32
  }}
  spatial.pcu @deal counters (%i = 0 to 2, %j = 0 to 2) {{
    %v = spatial.receive "v" : vector<2xf32>
    spatial.send "last" %v per %i : vector<2xf32>
  }}
  spatial.pcu @one counters (%i = 0 to 2) {{
    %v = spatial.receive "v" once : vector<2xf32>
    spatial.send "out" %v : vector<2xf32>
  }}
  spatial.pmu @c holds tensor<2xf32> banked (2, 1) init parameter "c" {{
    spatial.read @out port 0 address [0] : vector<2xf32>
  }}
  spatial.ag @y.store stores @y counters (%i = 0 to 5) address [%i] : f32
  spatial.link @a::@out to @deal::@v : vector depth 4
  spatial.link @c::@out to @one::@v : vector depth 4
  spatial.link @deal::@last to @b::@p : vector depth 4
  spatial.link @one::@out to @b::@q : vector depth 4
  spatial.link @b::@full to @b::@ready : token depth 1
  spatial.link @b::@out to @y.store::@data : scalar depth 4
"""


def test_padding_clipping_and_two_write_ports(evaluate_config: Evaluate):
    a, c = floats(5), floats(2, 1)
    text = PADDED.format(n=5, padded="padded", clip="clip")
    got = evaluate_config(text, {}, {"a": a, "c": c})["y"]
    # Reads give [0 a0] [a1 a2] [a3 a4] [0 0]; the second and the fourth go on, each followed by c,
    # to the elements from -2 and from 2 on.
    want = np.array([c[0], c[1], 0, 0, c[0]], np.float32)
    assert (got == want).all()


def test_address_outside_names_the_place(evaluate_config: Evaluate):
    parameters = {"a": floats(5), "c": floats(2)}
    with pytest.raises(SpatialError, match=r"@a::@out reads element \[-1\].*shape \[5\].*padded"):
        evaluate_config(PADDED.format(n=5, padded="", clip="clip"), {}, parameters)
    with pytest.raises(SpatialError, match=r"@b::@in writes element \[-2\].*shape \[5\].*clip"):
        evaluate_config(PADDED.format(n=5, padded="padded", clip=""), {}, parameters)


HOLD = """
  spatial.input @x : tensor<2xf32>
  spatial.output @y : tensor<3x2xf32>
  spatial.output @z : tensor<2xf32>
  spatial.ag @x.load loads @x address [0] : vector<2xf32>
  spatial.controller @scan counters (%t = 0 to 3) {
    spatial.pcu @times {
      %v = spatial.receive "v" : vector<2xf32>
      %o = spatial.receive "o" : vector<2xf32>
      %p = arith.mulf %v, %o : vector<2xf32>
      spatial.send "out" %p : vector<2xf32>
    }
    spatial.pmu @k holds tensor<3x2xf32> banked (2, 1) init parameter "k" {
      spatial.read @out port 0 address [%t, 0] : vector<2xf32>
    }
    spatial.ag @y.store stores @y address [%t, 0] : vector<2xf32>
  }
  spatial.ag @z.store stores @z address [0] : vector<2xf32>
  spatial.link @x.load::@data to @times::@v : vector depth 1 hold 3
  spatial.link @k::@out to @times::@o : vector depth 1
  spatial.link @times::@out to @y.store::@data : vector depth 1
  spatial.link @times::@out to @z.store::@data : vector depth 1 every 3
"""


def test_hold_and_every_cross_loops(evaluate_config: Evaluate):
    x, k = floats(2), floats((3, 2), 1)
    got = evaluate_config(HOLD, {"x": x}, {"k": k})
    assert (got["y"] == x * k).all()
    assert (got["z"] == x * k[2]).all()


SCALARS = """
  spatial.input @x : tensor<1xf32>
  spatial.input @i : tensor<1xi32>
  spatial.output @y : tensor<1xf32>
  spatial.ag @x.load loads @x address [0] : f32
  spatial.ag @i.load loads @i address [0] : i32
  spatial.pmu @m holds tensor<3xf32> banked (1, 1) init zero {
    spatial.write @in ports ["in"] port 0 address [1] signals ["full"] : f32
    spatial.gather @out index "idx" port 0 address [] waits ["ready"] : f32
  }
  spatial.ag @y.store stores @y address [0] : f32
  spatial.link @x.load::@data to @m::@in : scalar depth 1
  spatial.link @i.load::@data to @m::@idx : scalar depth 1
  spatial.link @m::@full to @m::@ready : token depth 1
  spatial.link @m::@out to @y.store::@data : scalar depth 1
"""


@pytest.mark.parametrize(("index", "want"), [(0, 0.0), (1, 2.5)])
def test_scalar_streams_without_counters(evaluate_config: Evaluate, index: int, want: float):
    assert evaluate_config(SCALARS, {"x": [2.5], "i": [index]})["y"].tolist() == [want]
