"""The evaluator's reductions against the definition, written out one element at a time."""

from collections.abc import Callable

import ml_dtypes
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pattern_text import parse
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.runtime.pattern_evaluator import evaluate

Number = np.float32 | np.int32
FLOATS = {
    "f32": np.float32,
    "f16": np.float16,
    "bf16": ml_dtypes.bfloat16,
    "f8E4M3FN": ml_dtypes.float8_e4m3fn,
    "f8E5M2": ml_dtypes.float8_e5m2,
}
SATURATED = {"f8E4M3FN": 448.0, "f8E5M2": 57344.0}


def _rounded(value: np.float32, name: str) -> np.float32:
    if name in SATURATED and not np.isnan(value):
        value = np.float32(min(max(value, -SATURATED[name]), SATURATED[name]))
    with np.errstate(all="ignore"):
        return np.float32(np.float32(value).astype(FLOATS[name]))


def _combined(kind: str, a: np.float32, b: np.float32, name: str) -> np.float32:
    with np.errstate(all="ignore"):
        match kind:
            case "add":
                return _rounded(np.float32(a + b), name)
            case "mul":
                return _rounded(np.float32(a * b), name)
            case "max":
                return max(a, b)
            case _:
                return min(a, b)


IDENTITIES = {"add": 0.0, "mul": 1.0, "max": -np.inf, "min": np.inf}


def _tree(kind: str, values: list[np.float32], levels: list[str], result: str) -> np.float32:
    level = 0
    while len(values) > 1:
        name = levels[min(level, len(levels) - 1)]
        values = [_rounded(value, name) for value in values]
        pairs = range(0, len(values) - 1, 2)
        odd = values[len(values) // 2 * 2 :]
        values = [_combined(kind, values[i], values[i + 1], name) for i in pairs] + odd
        level += 1
    return _rounded(values[0], result)


def _reference(
    kind: str,
    rows: npt.NDArray[np.float32],
    par: int,
    lanes: int,
    through: list[str],
    result: str,
) -> np.float32:
    """Follow the definition of `pattern.reduce`; `rows` has the outer dimensions flattened."""
    extent = rows.shape[1]
    size = -(-(-(-extent // par)) // lanes) * lanes
    identity = np.float32(IDENTITIES[kind])
    pieces: list[np.float32] = []
    for piece in range(par):
        if piece * size >= extent:
            continue
        total = identity
        for row in rows:
            for vector in range(piece * size, (piece + 1) * size, lanes):
                elements = [
                    np.float32(row[k]) if k < extent else identity
                    for k in range(vector, vector + lanes)
                ]
                total = _combined(kind, total, _tree(kind, elements, through, result), result)
        pieces.append(total)
    return _tree(kind, pieces, [result], result)


def _program(
    kind: str, shape: tuple[int, int], par: int, lanes: int, through: list[str], result: str
) -> ModuleOp:
    rows, extent = shape
    domain = f"(%r in {rows}, %k in {extent} par {par} x {lanes})"
    via = f" through [{', '.join(through)}]" if through else ""
    return parse(f"""
    func.func @main(%x: tensor<3x{rows}x{extent}xf32>) -> tensor<3x{result}> {{
      %y = pattern.map (%b in 3) -> tensor<3x{result}> {{
        %s = pattern.reduce {kind} {domain}{via} : {result} {{
          %e = pattern.read %x[%b, %r, %k] : tensor<3x{rows}x{extent}xf32>
          pattern.yield %e : f32
        }}
        pattern.yield %s : {result}
      }}
      func.return %y : tensor<3x{result}>
    }}""")


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(sorted(IDENTITIES)),
    rows=st.integers(1, 3),
    extent=st.sampled_from([1, 2, 3, 4, 5, 7, 8, 13, 16, 17, 31, 37]),
    par=st.integers(1, 6),
    lanes=st.sampled_from([1, 2, 3, 4, 5, 8, 16]),
    through=st.lists(st.sampled_from(sorted(FLOATS)), max_size=3),
    result=st.sampled_from(["f32", "f16", "bf16"]),
    block=st.sampled_from([1, 7, 64, 1 << 18]),
    seed=st.integers(0, 2**32 - 1),
)
def test_order_is_the_definition(
    kind: str,
    rows: int,
    extent: int,
    par: int,
    lanes: int,
    through: list[str],
    result: str,
    block: int,
    seed: int,
):
    par = min(par, extent)
    data = np.random.default_rng(seed).normal(size=(3, rows, extent)).astype(np.float32) * 3
    program = _program(kind, (rows, extent), par, lanes, through, result)
    got = evaluate(program, {"x": data}, {}, block)["result0"]
    # A lane without an element holds the identity in the format of the yielded value.
    levels = through or [result]
    expected = [_reference(kind, batch, par, lanes, levels, result) for batch in data]
    np.testing.assert_array_equal(got, np.array(expected, np.float32))


@pytest.mark.parametrize(("par", "lanes"), [(1, 1), (2, 4), (3, 5), (7, 1)])
@pytest.mark.parametrize("kind", ["add", "mul", "max", "min"])
def test_integers_wrap(kind: str, par: int, lanes: int):
    data = np.random.default_rng(0).integers(-(2**31), 2**31, size=11)
    program = parse(f"""
    func.func @main(%x: tensor<11xi32>) -> tensor<i32> {{
      %y = pattern.map () -> tensor<i32> {{
        %s = pattern.reduce {kind} (%k in 11 par {par} x {lanes}) : i32 {{
          %e = pattern.read %x[%k] : tensor<11xi32>
          pattern.yield %e : i32
        }}
        pattern.yield %s : i32
      }}
      func.return %y : tensor<i32>
    }}""")
    exact: Callable[..., int] = {
        "add": lambda: sum(map(int, data)),
        "mul": lambda: int(np.prod(data.astype(object))),
        "max": lambda: int(data.max()),
        "min": lambda: int(data.min()),
    }[kind]
    wrapped = (exact() + 2**31) % 2**32 - 2**31
    assert int(evaluate(program, {"x": data}, {})["result0"]) == wrapped


def test_several_results_of_several_kinds():
    data = np.array([3.0, -1.0, 4.0, -1.5, 5.0], np.float32)
    program = parse("""
    func.func @main(%x: tensor<5xf32>) -> (tensor<f32>, tensor<i32>, tensor<f32>) {
      %a, %b, %c = pattern.map () -> (tensor<f32>, tensor<i32>, tensor<f32>) {
        %s, %n, %m = pattern.reduce add, max, min (%k in 5 par 2 x 2) : f32, i32, f32 {
          %e = pattern.read %x[%k] : tensor<5xf32>
          %i = pattern.convert %e : f32 to i8
          pattern.yield %e, %i, %e : f32, i8, f32
        }
        pattern.yield %s, %n, %m : f32, i32, f32
      }
      func.return %a, %b, %c : tensor<f32>, tensor<i32>, tensor<f32>
    }""")
    results = evaluate(program, {"x": data}, {})
    assert [value.item() for value in results.values()] == [9.5, 5, -1.5]
