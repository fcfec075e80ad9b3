"""The evaluator against numpy: an LSTM written in patterns, scans, blocks, and its errors."""

import re

import numpy as np
import numpy.typing as npt
import pytest
from pattern_text import parse

from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.pattern_evaluator import evaluate

Floats = npt.NDArray[np.float32]


LSTM = """
func.func @main(%x: tensor<6x5xf32>, %h0: tensor<7xf32>, %c0: tensor<7xf32>)
    -> (tensor<6x7xf32> {pattern.name = "y"}, tensor<7xf32> {pattern.name = "c"}) {
  %w = pattern.parameter "w" : tensor<4x7x12xf32>
  %b = pattern.parameter "b" : tensor<4x7xf32>
  %hT, %cT, %ys = pattern.scan (%t in 6)
      carry (%h = %h0 : tensor<7xf32>, %c = %c0 : tensor<7xf32>)
      -> (tensor<7xf32>, tensor<7xf32>, tensor<6x7xf32>) {
    %pre = pattern.map (%g in 4, %i in 7) -> tensor<4x7xf32> {
      %wx = pattern.reduce add (%k in 5) : f32 {
        %a = pattern.read %w[%g, %i, %k] : tensor<4x7x12xf32>
        %v = pattern.read %x[%t, %k] : tensor<6x5xf32>
        %p = arith.mulf %a, %v : f32
        pattern.yield %p : f32
      }
      %rh = pattern.reduce add (%k in 7 par 2 x 2) : f32 {
        %a = pattern.read %w[%g, %i, %k + 5] : tensor<4x7x12xf32>
        %v = pattern.read %h[%k] : tensor<7xf32>
        %p = arith.mulf %a, %v : f32
        pattern.yield %p : f32
      }
      %bias = pattern.read %b[%g, %i] : tensor<4x7xf32>
      %s = arith.addf %wx, %rh : f32
      %sb = arith.addf %s, %bias : f32
      pattern.yield %sb : f32
    }
    %hn, %cn = pattern.map (%i in 7) -> (tensor<7xf32>, tensor<7xf32>) {
      %p0 = pattern.read %pre[0, %i] : tensor<4x7xf32>
      %p1 = pattern.read %pre[1, %i] : tensor<4x7xf32>
      %p2 = pattern.read %pre[2, %i] : tensor<4x7xf32>
      %p3 = pattern.read %pre[3, %i] : tensor<4x7xf32>
      %old = pattern.read %c[%i] : tensor<7xf32>
      %ig = pattern.activate sigmoid %p0 : f32
      %og = pattern.activate sigmoid %p1 : f32
      %fg = pattern.activate sigmoid %p2 : f32
      %cg = pattern.activate tanh %p3 : f32
      %kept = arith.mulf %fg, %old : f32
      %new = arith.mulf %ig, %cg : f32
      %cv = arith.addf %kept, %new : f32
      %ct = pattern.activate tanh %cv : f32
      %hv = arith.mulf %og, %ct : f32
      pattern.yield %hv, %cv : f32, f32
    }
    pattern.next %hn, %cn emit %hn : tensor<7xf32>, tensor<7xf32>, tensor<7xf32>
  }
  func.return %ys, %cT : tensor<6x7xf32>, tensor<7xf32>
}
"""


def test_lstm_against_numpy():
    random = np.random.default_rng(3)
    x, h0, c0 = (random.normal(size=s).astype(np.float32) for s in ((6, 5), 7, 7))
    w, b = (random.normal(size=s).astype(np.float32) * 0.5 for s in ((4, 7, 12), (4, 7)))
    given = {"x": x, "h0": h0, "c0": c0}
    results = evaluate(parse(LSTM), given, {"w": w, "b": b, "unused": b})
    h, c = h0.astype(np.float64), c0.astype(np.float64)
    ys: list[npt.NDArray[np.float64]] = []
    for step in x:
        pre = w @ np.concatenate([step, h]) + b
        i, o, f = 1 / (1 + np.exp(-pre[:3]))
        c = f * c + i * np.tanh(pre[3])
        h = o * np.tanh(c)
        ys.append(h)
    np.testing.assert_allclose(results["y"], np.array(ys), atol=1e-5)
    np.testing.assert_allclose(results["c"], c, atol=1e-5)
    for block in (1, 3, 50):
        again = evaluate(parse(LSTM), given, {"w": w, "b": b}, block)
        assert all((again[name] == results[name]).all() for name in results)


def test_reverse_scan_stacks_at_its_own_index():
    program = parse("""
    func.func @main(%x: tensor<4xf32>, %z: tensor<1xf32>) -> (tensor<1xf32>, tensor<4x1xf32>) {
      %s, %ys = pattern.scan reverse (%t in 4) carry (%a = %z : tensor<1xf32>)
          -> (tensor<1xf32>, tensor<4x1xf32>) {
        %n = pattern.map (%i in 1) -> tensor<1xf32> {
          %o = pattern.read %a[%i] : tensor<1xf32>
          %v = pattern.read %x[%t + %i] : tensor<4xf32>
          %r = arith.addf %o, %v : f32
          pattern.yield %r : f32
        }
        pattern.next %n emit %n : tensor<1xf32>, tensor<1xf32>
      }
      func.return %s, %ys : tensor<1xf32>, tensor<4x1xf32>
    }""")
    given = {"x": np.array([1, 10, 100, 1000]), "z": np.zeros(1)}
    results = evaluate(program, given, {})
    assert results["result0"].tolist() == [1111]
    assert results["result1"].ravel().tolist() == [1111, 1110, 1100, 1000]


def test_scan_and_map_inside_a_map():
    program = parse("""
    func.func @main(%x: tensor<3x4xf32>) -> tensor<3xf32> {
      %zero = arith.constant 0.0 : f32
      %y = pattern.map (%i in 3) -> tensor<3xf32> {
        %s, %all = pattern.scan (%t in 4) carry (%a = %zero : f32) -> (f32, tensor<4xf32>) {
          %v = pattern.read %x[%i, %t] : tensor<3x4xf32>
          %n = arith.addf %a, %v : f32
          pattern.next %n emit %n : f32, f32
        }
        %twice = pattern.map (%j in 4) -> tensor<4xf32> {
          %v = pattern.read %all[3 - %j] : tensor<4xf32>
          %d = arith.addf %v, %v : f32
          pattern.yield %d : f32
        }
        %m = pattern.reduce max (%k in 4) : f32 {
          %v = pattern.read %twice[%k] : tensor<4xf32>
          pattern.yield %v : f32
        }
        %r = arith.addf %m, %s : f32
        pattern.yield %r : f32
      }
      func.return %y : tensor<3xf32>
    }""")
    x = np.random.default_rng(0).integers(-5, 5, size=(3, 4)).astype(np.float32)
    sums = np.cumsum(x, axis=1)
    for block in (1, 2, 1 << 18):
        got = evaluate(program, {"x": x}, {}, block)["result0"]
        assert got.tolist() == (2 * sums.max(axis=1) + sums[:, -1]).tolist()


READ = """
func.func @main(%x: tensor<{n}xf32>) -> tensor<{a}x{b}xf32> {{
  %y = pattern.map (%i in {a}, %j in {b}) -> tensor<{a}x{b}xf32> {{
    %v = pattern.read %x[{expr}] zero_outside : tensor<{n}xf32>
    pattern.yield %v : f32
  }}
  func.return %y : tensor<{a}x{b}xf32>
}}"""


@pytest.mark.parametrize(
    "expr",
    [
        "%i",
        "2 * %i + %j",
        "%j - %i",
        "5 - 2 * %j",
        "3 * %i - 4",
        "(%i + %j) mod 3",
        "(4 * %i + %j) floordiv 2 - 1",
        "%j ceildiv 2 + %i",
        "(%i - 2) floordiv 2 + 2",
        "7",
    ],
)
@pytest.mark.parametrize("block", [1, 3, 1000])
def test_every_access_reads_its_element(expr: str, block: int):
    count, rows, columns = 8, 3, 4
    program = parse(READ.format(n=count, a=rows, b=columns, expr=expr))
    x = np.arange(1, count + 1, dtype=np.float32)
    python = re.sub(r"%(\w)", r"\1", expr).replace("mod", "%").replace("floordiv", "//")
    python = re.sub(r"(\w+) ceildiv (\d)", r"-(-\1 // \2)", python)
    expected = np.zeros((rows, columns), np.float32)
    for i, j in np.ndindex(rows, columns):
        at = int(eval(python, {"i": i, "j": j}))
        expected[i, j] = x[at] if 0 <= at < count else 0
    assert evaluate(program, {"x": x}, {}, block)["result0"].tolist() == expected.tolist()


def test_formats_convert_at_the_boundary():
    program = parse("""
    func.func @main(%x: tensor<2xi8> {pattern.name = "in", pattern.scale = 10.0 : f32})
        -> (tensor<2xi8> {pattern.name = "out"}, tensor<2xf8E4M3FN>) {
      %w = pattern.parameter "w" scale 2.0 : tensor<2xf8E4M3FN>
      func.return %x, %w : tensor<2xi8>, tensor<2xf8E4M3FN>
    }""")
    results = evaluate(program, {"in": np.array([1.26, 99])}, {"w": np.array([0.55, 1000])})
    assert results["out"].dtype == np.int8
    assert results["out"].tolist() == [13, 127]
    assert results["result1"].tolist() == [1.125, 448]


def _message(text: str, inputs: dict[str, Floats], parameters: dict[str, Floats]) -> str:
    with pytest.raises(SpatialError) as error:
        evaluate(parse(text), inputs, parameters)
    return str(error.value)


GATHER = """
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %w = pattern.parameter "w" : tensor<4xf32>
  %y = pattern.map (%i in 2) -> tensor<2xf32> {
    %v = pattern.read %x[%i] : tensor<2xf32>
    %j = pattern.convert %v : f32 to i32
    %e = pattern.gather %w[%j] : tensor<4xf32>, i32
    pattern.yield %e : f32
  }
  func.return %y : tensor<2xf32>
}"""


def test_messages():
    x, w = np.array([0.0, 3.0], np.float32), np.arange(4, dtype=np.float32)
    assert evaluate(parse(GATHER), {"x": x}, {"w": w})["result0"].tolist() == [0, 3]
    assert 'input "x" is missing; given: none' in _message(GATHER, {}, {"w": w})
    assert 'no input is called "z"; the program has x' in _message(GATHER, {"x": x, "z": x}, {})
    assert 'parameter "w" is missing' in _message(GATHER, {"x": x}, {})
    assert "must have shape (4,) for tensor<4xf32>, got (2,)" in _message(
        GATHER, {"x": x}, {"w": x}
    )
    assert "coordinate 0 = 4, but it has 4 elements" in _message(
        GATHER, {"x": x + np.float32(1)}, {"w": w}
    )
    assert "one function @main with a body, found none" in _message("builtin.module {}", {}, {})
    unnamed = "func.func @main(%x: f32) { func.return }"
    assert "argument 0 of @main must be a tensor, got f32" in _message(unnamed, {}, {})
    outside = GATHER.replace("%x[%i]", "%x[%n]").replace(
        "%y =", "%n = arith.constant 5 : index\n %y ="
    )
    assert "read of %x at coordinate 0 = 5" in _message(outside, {"x": x}, {"w": w})
