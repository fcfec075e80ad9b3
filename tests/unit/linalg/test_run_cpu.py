"""`spatial-run --target cpu`: values, accuracy and time on this computer."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from spatial_opt.runtime import bindings
from spatial_opt.runtime.array_files import save_arrays
from spatial_opt.runtime.boundary import random_arrays
from spatial_opt.runtime.program_inputs import parameter_specs
from spatial_opt.tools.compilation import Compilation, make_context, read_module

EXAMPLES = Path(__file__).parents[3] / "examples"
DIGITS, IMAGES = str(EXAMPLES / "digits_lstm.mlir"), str(EXAMPLES / "digits_test.npz")
CELL = str(EXAMPLES / "cells" / "matvec_mixed8.mlir")

needs_bindings = pytest.mark.skipif(
    bindings.find() is None, reason="MLIR's bindings are not installed"
)


@needs_bindings
def test_digits(run_tool: Callable[..., Any], tmp_path: Path):
    out = tmp_path / "scores.npz"
    run = run_tool(
        "spatial-run", DIGITS, "--target", "cpu", "--inputs", IMAGES, "--outputs", str(out)
    )
    assert run.code == 0, run.err
    lines = run.out.splitlines()
    assert lines[0] == "target cpu, format mixed8"
    assert lines[1] == "accuracy 97.78% (f32: 97.22%) on 360 samples"
    assert lines[3].startswith("milliseconds per sequence")
    assert "the best of 360; median" in lines[3]
    assert lines[5] == "pipeline cpu, order of sums: any"
    assert np.load(out)["scores"].shape == (360, 1, 10)


@needs_bindings
@pytest.mark.long
@pytest.mark.parametrize("pipeline", ["fused", "unfused"])
@pytest.mark.parametrize("format", ["f32", "bf16", "int8", "mixed8"])
def test_the_machine_gives_the_same_bits(
    run_tool: Callable[..., Any], tmp_path: Path, format: str, pipeline: str
):
    model = ["spatial-run", DIGITS, "--format", format, "--pipeline", pipeline, "--inputs", IMAGES]
    there, here = tmp_path / "there.npz", tmp_path / "here.npz"
    assert run_tool(*model, "--outputs", str(there)).code == 0
    run = run_tool(*model, "--outputs", str(here), "--target", "cpu")
    assert run.code == 0
    assert f"pipeline {pipeline}, order of sums: as the patterns define it" in run.out
    np.testing.assert_array_equal(np.load(there)["scores"], np.load(here)["scores"])


@needs_bindings
def test_one_sequence_is_repeated_and_reported_as_json(run_tool: Callable[..., Any]):
    run = run_tool("spatial-run", CELL, "--target", "cpu", "--report", "json")
    assert run.code == 0, run.err
    report = json.loads(run.out)
    assert report["target"] == "cpu"
    assert report["format"] is None
    assert report["runs"] > 1
    assert 0 < report["best_ms"] <= report["median_ms"]
    assert report["notes"] == ["no --inputs: random ones from seed 0"]


@needs_bindings
def test_steps_are_dumped(run_tool: Callable[..., Any], tmp_path: Path):
    run = run_tool("spatial-run", CELL, "--target", "cpu", "--dump-ir", str(tmp_path / "steps"))
    assert run.code == 0, run.err
    last = sorted((tmp_path / "steps").iterdir())[-1]
    assert last.name.endswith("convert-pattern-to-linalg.mlir")
    assert "linalg.generic" in last.read_text()


REFUSED = {
    "trace": (
        ["--trace", "t.json"],
        "--trace shows the cycles of a spatial machine, and --target cpu runs on this computer; "
        "leave it out",
    ),
    "relax": (
        ["--relax", "pmu.banks"],
        "--relax lifts limits of a spatial machine, and --target cpu runs on this computer; leave "
        "it out",
    ),
    "memory": (
        ["--memory"],
        "--memory lists the memory units of a spatial machine, and --target cpu runs on this "
        "computer; leave it out",
    ),
    "evaluator": (
        ["--evaluator", "numpy"],
        "--evaluator chooses how a configuration is evaluated, and --target cpu runs on this "
        "computer; leave it out",
    ),
    "map": (
        ["--map", "hu=4"],
        "--map spreads loops over units of a spatial machine; with --target cpu it needs a "
        "pipeline of such a machine, as in --pipeline fused",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_options_of_machines(run_tool: Callable[..., Any], tmp_path: Path, name: str):
    options, message = REFUSED[name]
    options = [str(tmp_path / word) if word.endswith(".json") else word for word in options]
    run = run_tool("spatial-run", CELL, "--target", "cpu", *options)
    assert (run.code, run.out) == (1, "")
    assert run.err == f"spatial-run: error: {message}\n"


def test_the_pipeline_needs_the_target(run_tool: Callable[..., Any]):
    run = run_tool("spatial-run", CELL, "--pipeline", "cpu")
    assert run.code == 1
    assert run.err == (
        "spatial-run: error: pipeline cpu ends in code for this computer, not in a "
        "configuration; add --target cpu\n"
    )


def test_configurations(run_tool: Callable[..., Any], tmp_path: Path):
    config = tmp_path / "config.mlir"
    run = run_tool("spatial-opt", CELL, "-p", "unfused", "-o", str(config))
    assert run.code == 0, run.err
    run = run_tool("spatial-run", str(config), "--target", "cpu")
    assert run.code == 1
    assert run.err == (
        f"spatial-run: error: {config} is a configuration of a spatial machine, which --target "
        "cpu can't run; give the model that it was compiled from\n"
    )


def test_without_bindings(run_tool: Callable[..., Any]):
    with patch("spatial_opt.runtime.bindings.find", return_value=None):
        run = run_tool("spatial-run", CELL, "--target", "cpu")
    assert run.code == 1
    assert run.err.startswith("spatial-run: error: native code needs MLIR's Python bindings")
    assert run.err.count("\n") == 1


UPSTREAM = Path(__file__).parent / "torch_mlir" / "gru.mlir"


@needs_bindings
@pytest.mark.long
def test_a_model_of_another_front_end_on_both(run_tool: Callable[..., Any], tmp_path: Path):
    """What torch-mlir lowered runs here, and raised to patterns on the machine."""
    here, there = tmp_path / "here.npz", tmp_path / "there.npz"
    model = ["spatial-run", str(UPSTREAM), "--outputs"]
    run = run_tool(*model, str(here), "--target", "cpu")
    assert run.code == 0, run.err
    run = run_tool(*model, str(there), "--evaluator", "numpy")
    assert run.code == 0, run.err
    for name, array in np.load(there).items():
        np.testing.assert_allclose(np.load(here)[name], array, rtol=0, atol=1e-6)


@needs_bindings
def test_a_model_of_another_front_end(run_tool: Callable[..., Any]):
    run = run_tool("spatial-run", str(UPSTREAM), "--target", "cpu", "--report", "json")
    assert run.code == 0, run.err
    assert json.loads(run.out)["pipeline"] == "cpu"


@needs_bindings
def test_a_program_of_ours_that_was_lowered(run_tool: Callable[..., Any], tmp_path: Path):
    lowered, cell = tmp_path / "cell.mlir", str(EXAMPLES / "cells" / "matvec_int8.mlir")
    run = run_tool("spatial-opt", cell, "-p", "convert-pattern-to-linalg", "-o", str(lowered))
    assert run.code == 0, run.err
    weights = str(EXAMPLES / "cells" / "matvec.safetensors")
    results: list[Any] = []
    for model in (cell, str(lowered)):
        out = tmp_path / "out.npz"
        run = run_tool(
            "spatial-run", model, "--target", "cpu", "--weights", weights, "--outputs", str(out)
        )
        assert run.code == 0, run.err
        results.append(np.load(out)["y"])
    np.testing.assert_array_equal(*results)


def test_a_model_that_can_not_be_raised(run_tool: Callable[..., Any], tmp_path: Path):
    model = tmp_path / "net.mlir"
    model.write_text(
        """func.func @f(%x: tensor<4xf32>) -> tensor<2xf32> {
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2xf32>
  %y = "tensor.gather"(%x, %e) : (tensor<4xf32>, tensor<2xf32>) -> tensor<2xf32>
  func.return %y : tensor<2xf32>
}
"""
    )
    run = run_tool("spatial-run", str(model))
    assert (run.code, run.out) == (1, "")
    assert run.err.startswith("spatial-run: error: ")
    assert "tensor.gather" in run.err


@needs_bindings
@pytest.mark.long
def test_a_program_that_the_machine_runs_in_parts(run_tool: Callable[..., Any], tmp_path: Path):
    """This computer holds all of it, so nothing is cut."""
    model, weights = EXAMPLES / "exported" / "wavenet.mlir", tmp_path / "w.safetensors"
    module = read_module(make_context(), model, Compilation())
    save_arrays(weights, random_arrays(parameter_specs(module), 1))
    words = ["spatial-run", str(model), "--target", "cpu", "--weights", str(weights)]
    results: list[Any] = []
    for pipeline in ("cpu", "unfused"):
        out = tmp_path / "out.npz"
        run = run_tool(*words, "--pipeline", pipeline, "--outputs", str(out))
        assert run.code == 0, run.err
        results.append(next(iter(np.load(out).values())))
    np.testing.assert_allclose(*results, rtol=0, atol=1e-5 * np.abs(results[0]).max())
