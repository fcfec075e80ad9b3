"""The benchmark's table and command line; what it measures is another matter."""

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[3] / "benchmarks"
SIBLINGS = ("generate", "onnx_layer", "results", "run")
GOOD: dict[str, Any] = {
    "problem": "lstm-512",
    "cell": "lstm",
    "hidden": 512,
    "steps": 25,
    "format": "int8",
    "relaxed": False,
    "onnxruntime_s": 0.002,
    "values_s": 0.004,
    "cycles_s": 0.001,
    "compile_s": 0.5,
    "codegen_s": 0.25,
    "peak_mb": 200.0,
    "deviation": 0.025,
}


@pytest.fixture
def benchmark_modules(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Import the scripts as they import each other, and forget them again."""
    monkeypatch.setattr(sys, "path", [str(FOLDER), *sys.path])
    yield {name: import_module(name) for name in SIBLINGS}
    for name in SIBLINGS:
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("changes", "missed"),
    [
        ({}, []),
        ({"values_s": 0.006}, ["run 3.50x > 3x"]),
        ({"hidden": 1024}, ["run 2.50x > 1x"]),
        ({"hidden": 1024, "format": "mixed8"}, []),
        ({"format": "mixed8", "cycles_s": 0.0041}, ["run 4.05x > 4x"]),
        ({"format": "f32", "values_s": 1.0}, []),
        (
            {"compile_s": 1.25, "peak_mb": 1100.0},
            ["compile 1.25 s > 1 s", "peak 1100 MB > 1000 MB"],
        ),
    ],
)
def test_misses(
    benchmark_modules: dict[str, Any], changes: dict[str, Any], missed: list[str]
) -> None:
    assert benchmark_modules["results"].misses({**GOOD, **changes}) == missed


def test_table(benchmark_modules: dict[str, Any]) -> None:
    head = {"problem": "gru-2816", "steps": 750, "format": "mixed8"}
    rows = [GOOD, {**GOOD, "relaxed": True, "compile_s": 2.0}, {**head, "failed": "no room"}]
    machine = {"processor": "P", "system": "S", "python": "3", "onnxruntime": "1"}
    wholes = [{"problem": "lstm-512", "format": "int8", "seconds": 3.5}]
    results = {"machine": machine, "date": "D", "rows": rows, "whole_runs": wholes}
    lines: list[str] = benchmark_modules["results"].table(results).splitlines()
    assert lines[0] == "P, S, Python 3, onnxruntime 1, D"
    assert len({line.index("values ms") for line in lines if "values ms" in line}) == 1
    column = lines[2].index("capacity")
    assert [line[column:].split()[0] for line in lines[3:6]] == ["strict", "relaxed", "-"]
    assert lines[3].endswith(
        "4.00       1.00     5.00   2.50    3       0.50       0.25      200  2.5e-02  met"
    )
    assert lines[4].endswith("MISSED: compile 2.00 s > 1 s")
    assert "gru-2816 in mixed8 FAILED: no room" in lines
    assert "3.50 s (aim 3 s, MISSED)" in lines[-3]
    assert lines[-1] == "1 met, 2 missed, 1 failed"


def test_wrong_names_and_missing_packages(
    benchmark_modules: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    main = benchmark_modules["run"].main
    with pytest.raises(SystemExit):
        main(["--problems", "lstm-513"])
    assert "unknown name 'lstm-513', expected some of lstm-256, lstm-512" in capsys.readouterr().err
    monkeypatch.setattr(benchmark_modules["run"], "missing_modules", lambda: ["onnxruntime"])
    assert main([]) == 2
    assert "needs onnxruntime; install it: pip install -e '.[bench]'" in capsys.readouterr().err


@pytest.mark.long
def test_one_problem() -> None:
    command = ["--problems", "gru-512", "--formats", "mixed8,f32", "--seconds", "0", "--json"]
    done = subprocess.run(
        [sys.executable, str(FOLDER / "run.py"), *command], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    assert [row["format"] for row in results["rows"]] == ["mixed8", "f32"]
    for row, deviation in zip(results["rows"], (0.1, 1e-5), strict=True):
        assert 0 < row["deviation"] < deviation
        assert min(row["values_s"], row["onnxruntime_s"], row["cycles_s"], row["cycles"]) > 0
    assert [whole["format"] for whole in results["whole_runs"]] == ["mixed8", "f32"]
