"""Real modules go through MLIR and come back as they are: the examples, and what passes make."""

from pathlib import Path

import pytest
from invalid_cases import context, parse
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.interop.verification import check_module
from spatial_opt.passes.pipelines import PIPELINES
from spatial_opt.runtime import bindings
from spatial_opt.tools.compilation import (
    Compilation,
    compile_module,
    level_of,
    read_module,
    steps_for,
)

pytestmark = pytest.mark.skipif(bindings.find() is None, reason="needs MLIR's bindings")

EXAMPLES = Path(__file__).parents[3] / "examples"
FILES = sorted(EXAMPLES.rglob("*.mlir"))

CELLS = {
    "lstm": """
      %y, %h, %c = rnn.lstm %x, %w, %r bias %b hidden 6 : (tensor<4x1x5xf32>, tensor<1x24x5xf32>,
        tensor<1x24x6xf32>, tensor<1x48xf32>)
        -> (tensor<4x1x1x6xf32>, tensor<1x1x6xf32>, tensor<1x1x6xf32>)""",
    "gru": """
      %y, %h = rnn.gru %x, %w, %r bias %b hidden 6 linear_before_reset : (tensor<4x1x5xf32>,
        tensor<1x18x5xf32>, tensor<1x18x6xf32>, tensor<1x36xf32>)
        -> (tensor<4x1x1x6xf32>, tensor<1x1x6xf32>)""",
}


def _network(cell: str) -> ModuleOp:
    rows = 24 if cell == "lstm" else 18
    return parse(
        f"""builtin.module attributes {{pattern.weights = "w.safetensors"}} {{
          func.func @main(%x : tensor<4x1x5xf32> {{pattern.name = "x"}})
              -> (tensor<1x1x6xf32> {{pattern.name = "h"}}) {{
            %w = pattern.parameter "W" : tensor<1x{rows}x5xf32>
            %r = pattern.parameter "R" : tensor<1x{rows}x6xf32>
            %b = pattern.parameter "B" : tensor<1x{2 * rows}xf32>
            {CELLS[cell]}
            func.return %h : tensor<1x1x6xf32>
          }}
        }}"""
    )


def _check(module: ModuleOp, name: str) -> None:
    finding = check_module(module, "the test")
    assert finding is None, f"{name}: {finding.sentence()}"


def test_examples():
    cells = [path for path in FILES if path.parent.name != "exported"]
    assert len(cells) > 15
    for path in cells:
        _check(read_module(context(), path, Compilation()), path.name)


@pytest.mark.long
def test_exported_examples():
    for path in FILES:
        if path.parent.name == "exported":
            _check(read_module(context(), path, Compilation()), path.name)


SMALL = [
    pytest.param("lstm", "fused", "mixed8"),
    pytest.param("gru", "unfused", "int8"),
    pytest.param("lstm", "unfused", "f32", marks=pytest.mark.long),
    pytest.param("gru", "fused", "f32", marks=pytest.mark.long),
]


@pytest.mark.parametrize(("cell", "pipeline", "number_format"), SMALL)
def test_what_every_pass_leaves(cell: str, pipeline: str, number_format: str):
    module = _network(cell)
    seen: list[str] = []

    def check(module: ModuleOp, name: str) -> None:
        _check(module, name)
        seen.append(name)

    options = {"format": (number_format,), "hu": (1,), "ru": (1,)}
    steps = steps_for(module, pipeline, options)
    compile_module(context(), module, steps, Compilation(), check)
    assert seen == ["input", *(step.name for step in steps)]


@pytest.mark.long
@pytest.mark.parametrize("pipeline", PIPELINES)
@pytest.mark.parametrize("network", ["lstm", "gru", "digits_lstm.mlir", "exported/wavenet.mlir"])
def test_what_every_pass_leaves_on_a_large_machine(network: str, pipeline: str):
    path = EXAMPLES / network
    module = read_module(context(), path, Compilation()) if path.suffix else _network(network)
    # A program in patterns has its number formats.
    formats = ("mixed8", "f32") if level_of(module) == "rnn" else (None,)
    for number_format in formats:
        copy = module.clone()
        options = {} if number_format is None else {"format": (number_format,)}
        compile_module(context(), copy, steps_for(copy, pipeline, options), Compilation(), _check)
