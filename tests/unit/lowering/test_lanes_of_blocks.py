"""Lanes that read what a quotient and a remainder choose: side by side within aligned blocks."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir.affine import AffineExpr
from xdsl.parser import Parser

from spatial_opt.dialects.affine_blocks import side_by_side
from spatial_opt.dialects.pattern import MapOp
from spatial_opt.dialects.target import set_target
from spatial_opt.lowering.convert_pattern_to_spatial import ConvertPatternToSpatialPass
from spatial_opt.machine.load import load_machine
from spatial_opt.passes.pattern_parallelize import PatternParallelizePass
from spatial_opt.passes.remarks import collect_remarks
from spatial_opt.runtime.values import evaluate
from spatial_opt.tools.compilation import make_context

SIZES = st.sampled_from([1, 2, 3, 4, 8, 12])


@st.composite
def expressions(draw: st.DrawFn, depth: int = 2) -> AffineExpr:
    """Draw an expression over two dimensions that adds, multiplies and divides."""
    if depth == 0:
        return draw(st.sampled_from([AffineExpr.dimension(0), AffineExpr.dimension(1)]))
    left = draw(expressions(depth - 1))
    match draw(st.sampled_from(["same", "add", "plus", "times", "floordiv", "mod"])):
        case "add":
            return left + draw(expressions(depth - 1))
        case "plus":
            return left + draw(st.sampled_from([1, 4, 8]))
        case "times":
            return left * draw(st.sampled_from([2, 4]))
        case "floordiv":
            return left // draw(SIZES)
        case "mod":
            return left % draw(SIZES)
        case _:
            return left


@given(exprs=st.lists(expressions(), min_size=1, max_size=2), block=st.sampled_from([1, 2, 4]))
@settings(max_examples=400, deadline=None)
def test_what_is_side_by_side_is(exprs: list[AffineExpr], block: int) -> None:
    if not side_by_side(exprs, 0, 2, block):
        return
    width = block if block > 1 else 5
    for start, other in product(range(0, 24, block), range(6)):
        places = [[expr.eval([start + lane, other], []) for expr in exprs] for lane in range(width)]
        first = places[0]
        assert places == [[*first[:-1], first[-1] + lane] for lane in range(width)]


def halves(rows: int, width: int, shift: int = 0) -> str:
    """Write a program that puts the two rows of a tensor side by side, from some element on."""
    given, made = f"tensor<{rows}x2x{width}xf32>", f"tensor<{rows}x{2 * width - shift}xf32>"
    place = f"(%d + {shift}) floordiv {width}, (%d + {shift}) mod {width}"
    return f"""
    func.func @main(%x : {given}) -> {made} {{
      %y = pattern.map (%t in {rows}, %d in {2 * width - shift}) -> {made} {{
        %v = pattern.read %x[%t, {place}] : {given}
        pattern.yield %v : f32
      }}
      func.return %y : {made}
    }}"""


def parallelized(text: str) -> tuple[ModuleOp, int, list[str]]:
    """Spread a program; gives it, the lanes of its map, and what was remarked."""
    module = Parser(make_context(), text).parse_module()
    set_target(module, load_machine("plasticine-rnn"))
    with collect_remarks() as remarks:
        PatternParallelizePass().apply(Context(), module)
    (kernel,) = (op for op in module.walk() if isinstance(op, MapOp))
    return module, kernel.lane_count, [remark.text for remark in remarks]


@pytest.mark.parametrize(
    ("rows", "width", "shift", "lanes"),
    [
        (3, 32, 0, 16),
        (2, 16, 16, 16),
        (1, 48, 32, 16),
        (2, 24, 0, 1),
        (3, 32, 8, 1),
        (2, 7, 0, 1),
        (1, 1, 0, 1),
    ],
)
def test_halves_side_by_side(rows: int, width: int, shift: int, lanes: int) -> None:
    module, found, remarks = parallelized(halves(rows, width, shift))
    assert found == lanes
    reason = "runs one element at a time: %x is not contiguous along %d"
    assert remarks == ([reason] if lanes == 1 else [])
    ConvertPatternToSpatialPass().apply(Context(), module)
    x = np.arange(rows * 2 * width, dtype=np.float32).reshape(rows, 2, width)
    found_y = evaluate(module, {"x": x}, {})["result0"]
    assert (found_y == x.reshape(rows, 2 * width)[:, shift:]).all()
