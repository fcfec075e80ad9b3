"""The generator of benchmark layers."""

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from xdsl.context import Context
from xdsl.parser import Parser

from spatial_opt.runtime.array_files import load_arrays
from spatial_opt.runtime.rnn_reference import evaluate_rnn

GENERATOR: dict[str, Any] = runpy.run_path(
    str(Path(__file__).parents[3] / "benchmarks" / "generate.py")
)


@pytest.mark.parametrize(("cell", "results"), [("lstm", 3), ("gru", 2), ("rnn", 2)])
def test_written_layers_parse_and_run(
    cell: str, results: int, tmp_path: Path, spatial_context: Context
):
    file = tmp_path / "net.mlir"
    arguments = f"{cell} --hidden 4 --steps 3 --batch 2 --input 5 --weights 7 -o {file}"
    assert GENERATOR["main"](arguments.split()) == 0
    module = Parser(spatial_context, file.read_text()).parse_module()
    module.verify()
    assert str(module.attributes["pattern.weights"]) == '"net.safetensors"'
    weights = load_arrays(tmp_path / "net.safetensors")
    assert weights.keys() == {"W", "R", "B"}
    assert np.abs(weights["W"]).max() <= 0.5
    again = GENERATOR["make_weights"](cell, 4, 5, 7)
    assert all(np.array_equal(weights[name], again[name]) for name in weights)
    outputs = evaluate_rnn(module, {"x": np.ones((3, 2, 5))}, weights)
    assert list(outputs) == ["y", "y_h", "y_c"][:results]
    np.testing.assert_array_equal(outputs["y"][-1], outputs["y_h"])


def test_layer_goes_to_standard_output(capsys: pytest.CaptureFixture[str]):
    assert GENERATOR["main"](["gru", "--hidden", "4", "--steps", "2"]) == 0
    text = capsys.readouterr().out
    assert "rnn.gru" in text
    assert "linear_before_reset" in text
    assert "tensor<2x1x4xf32>" in text
    assert "pattern.weights" not in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("lstm --hidden 0 --steps 1", "must be at least 1"),
        ("lstm --hidden 4 --steps 1 --weights 0", "--weights needs -o"),
        ("conv --hidden 4 --steps 1", "invalid choice"),
    ],
)
def test_bad_arguments_are_refused(
    arguments: str, message: str, capsys: pytest.CaptureFixture[str]
):
    with pytest.raises(SystemExit):
        GENERATOR["main"](arguments.split())
    assert message in capsys.readouterr().err


def test_problems_of_deepbench():
    problems = GENERATOR["DEEPBENCH"]
    assert len(problems) == 11
    for problem in problems:
        GENERATOR["generate"](*problem)
    with pytest.raises(ValueError, match="unknown cell"):
        GENERATOR["generate"]("conv", 4, 1)
