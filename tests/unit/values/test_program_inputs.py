"""What a program takes from outside, at the pattern level and as a configuration."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from xdsl.context import Context
from xdsl.dialects import builtin, func
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from spatial_opt.dialects.pattern import Pattern
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.boundary import random_arrays
from spatial_opt.runtime.program_inputs import (
    input_specs,
    parameter_specs,
    random_inputs,
)
from spatial_opt.runtime.values import evaluate

Parse = Callable[[str], ModuleOp]

CONFIG = """
  spatial.input @x : tensor<5x4xf32>
  spatial.pmu @h holds tensor<2x8xf32> banked (4, 1)
      init input "h0" map affine_map<(d0, d1) -> (d1)> {}
  spatial.pmu @a holds tensor<3x8xf32> banked (4, 1)
      init parameter "W" map affine_map<(d0, d1) -> (2 * d0, d1)> {}
  spatial.pmu @b holds tensor<3x8xf32> banked (4, 1)
      init parameter "W" map affine_map<(d0, d1) -> (2 * d0 + 1, d1)> {}
"""

FUNCTION = """
module {
  func.func @main(%x : tensor<5x4xf32> {pattern.name = "x"}, %n : tensor<2xi32>) {
    %w = pattern.parameter "W" : tensor<6x8xf32>
    func.return
  }
}
"""


WHOLE = CONFIG.replace('"h0" map', '"h0" [9] map').replace('"W" map', '"W" [7, 8] map')
"""The same configuration, whose memories tell the shapes of the whole tensors."""


def function() -> ModuleOp:
    context = Context()
    for dialect in (builtin.Builtin, func.Func, Pattern):
        context.load_dialect(dialect)
    return Parser(context, FUNCTION).parse_module()


def test_tensors_of_a_configuration(parse_config: Parse):
    module = parse_config(CONFIG)
    assert {s.name: s.text for s in input_specs(module)} == {"x": "5x4xf32", "h0": "8xf32"}
    assert {s.name: s.text for s in parameter_specs(module)} == {"W": "6x8xf32"}


def test_whole_tensors_of_a_configuration(parse_config: Parse):
    module = parse_config(WHOLE)
    assert {s.name: s.text for s in input_specs(module)} == {"x": "5x4xf32", "h0": "9xf32"}
    assert {s.name: s.text for s in parameter_specs(module)} == {"W": "7x8xf32"}
    one = parse_config(WHOLE.replace('"W" [7, 8]', '"W"', 1))
    assert {s.name: s.text for s in parameter_specs(one)} == {"W": "7x8xf32"}


@pytest.mark.parametrize(
    ("name", "shape", "declared"),
    [("W", (6, 8), "(7, 8)"), ("W", (8, 7), "(7, 8)"), ("W", (8,), "(7, 8)"), ("h0", (8,), "(9,)")],
)
def test_misshapen_tensors_are_not_padded(
    parse_config: Parse, name: str, shape: tuple[int, ...], declared: str
):
    module = parse_config(WHOLE)
    inputs, parameters = random_inputs(module), random_arrays(parameter_specs(module), 0)
    evaluate(module, inputs, parameters)
    (inputs if name in inputs else parameters)[name] = np.ones(shape, np.float32)
    message = f"{name}' has shape {shape}, but the program declares {declared}; reshape it"
    with pytest.raises(SpatialError, match=re.escape(message)):
        evaluate(module, inputs, parameters)


def test_an_unknown_shape_is_not_checked(parse_config: Parse):
    """Without a shape in the text, what lies outside the tensor is 0."""
    module = parse_config(CONFIG)
    evaluate(module, random_inputs(module), {"W": np.ones((2, 3))})


def test_tensors_of_a_function():
    assert {s.name: s.text for s in input_specs(function())} == {"x": "5x4xf32", "n": "2xi32"}
    assert {s.name: s.text for s in parameter_specs(function())} == {"W": "6x8xf32"}


def test_random_tensors_agree_between_levels(parse_config: Parse):
    module = parse_config(CONFIG)
    assert (random_inputs(module, 1)["x"] == random_inputs(function(), 1)["x"]).all()
    first, second = (random_arrays(parameter_specs(each), 1) for each in (module, function()))
    assert (first["W"] == second["W"]).all()
    assert (random_inputs(module, 1)["x"] != random_inputs(module, 2)["x"]).any()


def test_wrong_rank_for_a_memory_names_it(parse_config: Parse):
    inputs = random_inputs(parse_config(CONFIG))
    with pytest.raises(SpatialError, match=r"parameter 'W' .* rank 1, but memory @a .* rank 2"):
        evaluate(parse_config(CONFIG), inputs, {"W": np.ones(3)})


def test_modules_without_a_program_are_refused():
    with pytest.raises(SpatialError, match="no function and no configuration"):
        input_specs(ModuleOp([]))
    with pytest.raises(SpatialError, match=r"holds 0 configurations"):
        evaluate(ModuleOp([]), {}, {})
    with pytest.raises(SpatialError, match="no evaluator 'cuda'"):
        evaluate(ModuleOp([]), {}, {}, evaluator="cuda")
