"""The script that measures the compiler's speed: its table and its verdicts."""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from spatial_opt.bench.problems import Problem

FOLDER = Path(__file__).parents[3] / "benchmarks"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Import the script as if from its folder."""
    monkeypatch.setattr(sys, "path", [str(FOLDER), *sys.path])
    return import_module("compile_times")


def test_a_problem(script: Any):
    row = script.measure_problem(Problem("gru", 8, 3), "unfused", 1)
    assert row["problem"] == "gru-8"
    assert 0 < row["compile_s"] < 10
    assert 0 < row["verify_s"] < 10
    assert 50 < row["lines"] < 300
    assert not row["relaxed"]


def test_growth_and_misses(script: Any, monkeypatch: pytest.MonkeyPatch):
    what, small, large = "rnn", Problem("rnn", 4, 1), Problem("rnn", 6, 2)
    monkeypatch.setattr(script, "GROWTH", 0.001)
    monkeypatch.setattr(script, "COMPILE_S", 0.001)
    monkeypatch.setattr(script, "LINES", 7)
    row = script.measure_growth(what, small, large, "unfused", 1)
    assert row["growth"] == pytest.approx(row["to_s"] / row["from_s"])
    assert row["missed"] == [f"{row['growth']:.2f}x > 0.001x"]
    slow, long = script.measure_problem(small, "unfused", 1)["missed"]
    assert slow.endswith("s > 0.001 s")
    assert long.endswith("lines > 7")


def test_what_is_grown(script: Any):
    pairs = [(small[1:], large[1:]) for _, small, large in script.growths()]
    assert pairs.count(((256, 25), (2816, 25))) == 2
    assert pairs.count(((1024, 1), (1024, 1500))) == 2


def test_table_and_exit_code(
    script: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    good = {"problem": "lstm-256", "steps": 150, "relaxed": True, "compile_s": 0.25, "lines": 90}
    good["verify_s"] = 0.125
    bad = {**good, "problem": "gru-512", "missed": ["compile 0.75 s > 0.5 s"]}
    grown = {"what": "lstm, T", "from_s": 0.5, "to_s": 0.75, "growth": 1.5, "missed": ["1.50x"]}
    rows: dict[str, dict[str, Any]] = {
        "lstm-256": {**good, "missed": []},
        "gru-512": bad,
        "gru-1024": {"problem": "gru-1024", "steps": 1500, "failed": "no room"},
    }

    def measure_problem(problem: Problem, *_: object) -> dict[str, Any]:
        return rows[problem.name]

    def measure_growth(*_: object) -> dict[str, Any]:
        return grown

    monkeypatch.setattr(script, "measure_problem", measure_problem)
    monkeypatch.setattr(script, "measure_growth", measure_growth)
    monkeypatch.setattr(script, "growths", lambda: [("lstm, T", None, None)])
    assert script.main(["--problems", "lstm-256,gru-512,gru-1024"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["lstm-256", "150", "relaxed", "0.250", "0.125", "90", "met"]
    assert lines[2].endswith("MISSED: compile 0.75 s > 0.5 s")
    assert lines[3].split() == ["gru-1024", "1500", "-", "-", "-", "-", "FAILED"]
    assert lines[6].endswith("1.50  MISSED: 1.50x")
    assert "gru-1024 FAILED: no room" in lines
    assert lines[-1] == "1 met, 2 missed, 1 failed"
    assert script.main(["--problems", "lstm-256", "--no-growth", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == {"pipeline": "fused", "problems": [rows["lstm-256"]], "growth": []}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--problems", "lstm-3"], "unknown problem 'lstm-3', expected some of lstm-256"),
        (["--repetitions", "0"], "repetitions must be at least 1, got 0"),
    ],
)
def test_wrong_usage(
    script: Any, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
):
    with pytest.raises(SystemExit):
        script.main(arguments)
    assert message in capsys.readouterr().err


def test_a_refusal_is_a_row(script: Any):
    row = script.measure_problem(Problem("lstm", 8, 1), "no-such-pipeline", 1)
    assert row["failed"].startswith("there is no pipeline 'no-such-pipeline'")
    row = script.measure_growth("x", Problem("rnn", 2, 1), Problem("rnn", 2, 1), "no-such", 1)
    assert "failed" in row
