"""The script that compares native code with onnxruntime: its table, and wrong usage."""

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from spatial_opt.runtime import bindings

FOLDER = Path(__file__).parents[3] / "benchmarks"


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run the script as if from its folder; gives exit code and both outputs."""
    monkeypatch.setattr(sys, "path", [str(FOLDER), *sys.path])
    script: Any = import_module("cpu")

    def call(*arguments: str) -> tuple[int, str, str]:
        try:
            code: int = script.main(arguments)
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 0
        written = capsys.readouterr()
        return code, written.out, written.err

    return call


@pytest.mark.skipif(bindings.find() is None, reason="MLIR's bindings are not installed")
def test_the_table(run: Callable[..., tuple[int, str, str]]):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    code, out, err = run("lstm,7,3", "gru,5,2", "--seconds", "0.01")
    assert (code, err) == (0, "")
    _, header, *lines = out.splitlines()
    assert header.split()[:4] == ["layer", "ours", "onnx", "ratio"]
    assert [line.split()[0] for line in lines] == ["lstm,7,3", "gru,5,2"]
    assert all(float(line.split()[-1]) < 1e-6 for line in lines)


@pytest.mark.parametrize("layer", ["lstm,512", "foo,5,3", "lstm,a,3", "lstm,5,3,1", "lstm,-5,3"])
def test_wrong_usage(run: Callable[..., tuple[int, str, str]], layer: str):
    code, out, err = run(layer)
    assert (code, out) == (2, "")
    assert f"{layer!r} is no layer; write cell,hidden units,steps with a cell of lstm, gru" in err


def test_nothing_to_measure(run: Callable[..., tuple[int, str, str]]):
    code, _, err = run("gru,0,3")
    assert code == 2
    assert "'gru,0,3' has no hidden unit or no step; give one or more" in err


def test_without_bindings(run: Callable[..., tuple[int, str, str]]):
    with patch("spatial_opt.runtime.bindings.find", return_value=None):
        code, out, err = run("gru,5,3")
    assert (code, out) == (1, "")
    assert err == "cpu.py: MLIR's Python bindings are missing; pip install torch-mlir\n"
