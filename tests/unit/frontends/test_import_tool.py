"""spatial-import writes IR and weights that run as the network does; spatial-run takes both."""

import json
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx_models import Array, assert_close, model, node, run_onnxruntime
from operator_cases import floats, one
from scan_cases import CASES as SCANS
from test_exported import FOLDER, load

from spatial_opt.runtime.array_files import load_arrays, save_arrays
from spatial_opt.runtime.sample_evaluation import evaluate_on_samples
from spatial_opt.tools.compilation import Compilation, make_context, read_module

DIGITS = Path(__file__).parents[3] / "examples" / "digits_lstm.onnx"
IMAGES = DIGITS.parent / "digits_test.npz"


@pytest.fixture
def imported(tmp_path: Path, run_tool: Callable[..., Any]) -> Callable[..., Any]:
    """Import a file to net.mlir; gives the module, the parameters, and what was printed."""

    def run(source: Path, *arguments: str) -> Any:
        output = tmp_path / "net.mlir"
        ran = run_tool("spatial-import", str(source), "-o", str(output), *arguments)
        assert ran.code == 0, ran.err
        assert ran.err == ""
        module = read_module(make_context(), output, Compilation())
        weights = output.with_suffix(".safetensors")
        return module, load_arrays(weights) if weights.exists() else {}, ran.out

    return run


@pytest.mark.parametrize("name", ["embedded_script", "convolved_dynamo", "cells_script"])
def test_what_is_written_computes_the_same(name: str, imported: Callable[..., Any]):
    proto, program, inputs, _ = load(name)
    module, parameters, out = imported(FOLDER / f"{name}.onnx")
    del module.attributes["pattern.weights"]
    assert str(module) == str(program.module)
    assert parameters.keys() == program.parameters.keys()
    for key, array in program.parameters.items():
        np.testing.assert_array_equal(parameters[key], array)
    found = evaluate_on_samples(module, inputs, parameters)
    assert_close(found, run_onnxruntime(proto, inputs))
    assert "net.mlir\n" in out
    assert "net.safetensors (" in out


def test_the_same_bytes_every_time(tmp_path: Path, run_tool: Callable[..., Any]):
    source = FOLDER / "convolved_script.onnx"
    written: list[list[bytes]] = []
    for _ in range(2):
        run_tool("spatial-import", str(source), "-o", str(tmp_path / "net.mlir"))
        written.append([path.read_bytes() for path in sorted(tmp_path.iterdir())])
    assert len(written[0]) == 2
    assert written[0] == written[1]


def test_open_dimensions_are_fixed(imported: Callable[..., Any]):
    module, _, _ = imported(FOLDER / "stateful_script.onnx", "--dim", "batch=3", "--dim", "time=9")
    assert "tensor<3x9x4xf32>" in str(module)


def test_without_weights_there_is_no_file_for_them(tmp_path: Path, imported: Callable[..., Any]):
    source = tmp_path / "net.onnx"
    source.write_bytes(one("Tanh", {"x": floats(3)})[0].SerializeToString())
    module, parameters, out = imported(source)
    assert parameters == {}
    assert "pattern.weights" not in module.attributes
    assert out == f"{tmp_path / 'net.mlir'}\n"


def test_other_formats_are_told_of(tmp_path: Path, imported: Callable[..., Any]):
    source = tmp_path / "net.onnx"
    half = floats(3).astype(np.float16)
    source.write_bytes(one("Add", {"x": half}, {"b": half})[0].SerializeToString())
    _, _, out = imported(source)
    assert "note: FLOAT16 is computed in 32-bit floats\n" in out


@pytest.mark.parametrize(
    ("format", "scales"),
    [
        pytest.param(format, scales, marks=pytest.mark.long if number % 3 else ())
        for number, (format, scales) in enumerate(
            product(("int8", "mixed8", "bf16", "f32"), ("tensor", "row"))
        )
    ],
)
def test_digits_lose_less_than_a_point(format: str, scales: str, imported: Callable[..., Any]):
    arguments = ["--format", format, "--scales", scales, "--calibrate", str(IMAGES)]
    module, parameters, out = imported(DIGITS, *arguments)
    arrays = load_arrays(IMAGES)
    labels = arrays.pop("labels")
    scores = evaluate_on_samples(module, arrays, parameters)["scores"][:, 0]
    accuracy = (scores.argmax(axis=1) == labels).mean()
    assert f"accuracy in {format} {accuracy:.2%} (f32: 97.22%) on 360 samples, " in out
    assert accuracy > 0.9622
    assert str(module).count(f"format <{format}") == 2


def test_without_labels_the_distance_from_f32_is_told(tmp_path: Path, imported: Callable[..., Any]):
    arrays = load_arrays(IMAGES)
    del arrays["labels"]
    np.savez(tmp_path / "x.npz", x=arrays["x"][:50])
    given = {"x": arrays["x"][:50]}
    examples = ["--calibrate", str(tmp_path / "x.npz")]
    exact, parameters, _ = imported(DIGITS)
    wanted = evaluate_on_samples(exact, given, parameters)["scores"]
    module, parameters, out = imported(DIGITS, "--format", "int8", *examples)
    found = evaluate_on_samples(module, given, parameters)["scores"]
    parts: Array = (found.astype(np.float64) - wanted) / np.abs(wanted).max()
    usual, most = float(np.linalg.norm(parts)) / parts.size**0.5, float(np.abs(parts).max())
    assert 0.001 < usual < most < 0.1
    assert out.splitlines()[2:] == [
        f"scores in int8 differs from f32 by {usual:.2%} (rms) and at most {most:.2%} of its "
        "largest magnitude"
    ]


def test_f32_is_taken_without_layers(
    tmp_path: Path, run_tool: Callable[..., Any], imported: Callable[..., Any]
):
    """All is computed in it anyway."""
    proto, inputs = SCANS["vectors"].build()
    source, outputs = tmp_path / "scan.onnx", tmp_path / "y.npz"
    source.write_bytes(proto.SerializeToString())
    imported(source, "--format", "f32")
    save_arrays(tmp_path / "x.npz", inputs)
    ran = run_tool(
        *("spatial-run", str(source), "--format", "f32", "--inputs", str(tmp_path / "x.npz")),
        *("--outputs", str(outputs), "--evaluator", "numpy"),
    )
    assert ran.code == 0, ran.err
    assert_close(load_arrays(outputs), run_onnxruntime(proto, inputs))


def test_running_a_network_is_running_its_ir(
    tmp_path: Path, run_tool: Callable[..., Any], imported: Callable[..., Any]
):
    nodes = [
        node("RNN", "x W R", "- h", hidden_size=3),
        node("Squeeze", "h zero", "last"),
        node("MatMul", "last V", "y"),
    ]
    constants = {"W": floats(1, 3, 2), "R": floats(1, 3, 3), "V": floats(3, 4)}
    constants["zero"] = np.array([0])
    x = floats(6, 2, 1, 2)
    proto = model(nodes, {"x": x[0]}, "y", constants)
    source, given, more = (tmp_path / name for name in ("n.onnx", "x.npz", "c.npz"))
    source.write_bytes(proto.SerializeToString())
    labels = np.array([run_onnxruntime(proto, {"x": each})["y"].argmax() for each in x])
    np.savez(given, x=x, labels=labels)
    np.savez(more, x=4 * x)
    imported(source)
    reports: list[Any] = []
    results: list[dict[str, Any]] = []
    for path in (source, tmp_path / "net.mlir"):
        outputs = tmp_path / f"{path.stem}.npz"
        ran = run_tool(
            *("spatial-run", str(path), "--inputs", str(given), "--outputs", str(outputs)),
            *("--report", "json", "--evaluator", "numpy", "--format", "int8"),
            *("--calibrate", str(more), "--map", "hu=1,ru=1"),
        )
        assert ran.code == 0, ran.err
        reports.append(json.loads(ran.out))
        results.append(load_arrays(outputs))
    np.testing.assert_array_equal(results[0]["y"], results[1]["y"])
    assert reports[0]["accuracy"] == reports[1]["accuracy"] > 0.8
    assert reports[0]["accuracy_f32"] == 1.0
    assert reports[0]["cycles"] == reports[1]["cycles"]


def test_what_running_a_network_refuses(tmp_path: Path, run_tool: Callable[..., Any]):
    scan = tmp_path / "scan.onnx"
    scan.write_bytes(SCANS["vectors"].build()[0].SerializeToString())
    ir = DIGITS.with_suffix(".mlir")
    for arguments, sentence in (
        ([DIGITS, "--weights", "w.npz"], "are in the model itself; leave --weights out"),
        ([DIGITS, "--dim", "batch=1"], "no input has the dimension 'batch' of --dim"),
        ([DIGITS, "--calibrate", "none.npz"], "there is no file none.npz"),
        ([ir, "--dim", "batch=1"], "is IR, which has none; leave --dim out"),
        ([scan, "--format", "int8"], "no recurrent or linear layer outside of loops"),
        ([tmp_path / "none.onnx"], "No such file or directory"),
    ):
        ran = run_tool("spatial-run", *map(str, arguments))
        assert ran.code == 1
        assert ran.out == ""
        assert sentence in ran.err, ran.err


def test_locations_are_the_nodes(tmp_path: Path):
    """What is made in memory knows the node that it comes from."""
    from spatial_opt.frontends.onnx.importer import import_proto

    proto = model([node("Tanh", "x", "y", name="squash")], {"x": floats(3)}, "y")
    (function,) = import_proto(proto).module.ops
    kernel = next(iter(function.regions[0].block.ops))
    assert 'loc("squash"' in str(kernel.location)
