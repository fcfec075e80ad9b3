"""The command line of spatial-bench."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

RunTool = Callable[..., Any]


def test_help_has_examples(run_tool: RunTool):
    for arguments in (["--help"], ["deepbench", "--help"]):
        run = run_tool("spatial-bench", *arguments)
        assert run.code == 0
        assert "spatial-bench deepbench --parameters auto --unfused" in run.out
    assert "exit code 2" in run.out


def test_version(run_tool: RunTool):
    run = run_tool("spatial-bench", "--version")
    assert run.code == 0
    assert run.out.startswith("spatial-bench ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: SUITE"),
        (["mlperf"], "invalid choice: 'mlperf'"),
        (["deepbench", "--parameters", "best"], "invalid choice: 'best'"),
        (["deepbench", "--problems", "lstm-513"], "no problem 'lstm-513', did you mean lstm-512?"),
        (["deepbench", "--problems", ""], "there is no problem ''"),
        (["deepbench", "--problems", "gru-512,gru-512"], "problem gru-512 is named twice"),
        (["deepbench", "--format", "mixed4"], "invalid choice: 'mixed4'"),
        (["deepbench", "--jobs", "0"], "a whole number from 1 on, got '0'"),
        (["deepbench", "--jobs", "-2"], "a whole number from 1 on, got '-2'"),
        (["deepbench", "--report", "xml"], "invalid choice: 'xml'"),
    ],
)
def test_wrong_usage(arguments: list[str], message: str, run_tool: RunTool):
    run = run_tool("spatial-bench", *arguments)
    assert run.code == 2
    assert message in run.err
    assert run.out == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--target", "nowhere"], "nowhere"),
        (["--csv", "no/such/folder/f.csv"], "no/such/folder/f.csv: No such file or directory"),
        (["--plot", "figures.bmp"], "--plot writes .png, .svg, .pdf, got 'figures.bmp'"),
    ],
)
def test_what_is_refused_before_anything_runs(
    arguments: list[str], message: str, run_tool: RunTool
):
    run = run_tool("spatial-bench", "deepbench", *arguments)
    assert run.code == 1
    assert run.err.startswith("spatial-bench: error: ")
    assert message in run.err
    assert len(run.err.splitlines()) == 1
    assert run.out == ""


@pytest.mark.usefixtures("no_matplotlib")
def test_a_plot_without_matplotlib(run_tool: RunTool, tmp_path: Path):
    path = tmp_path / "figures.png"
    run = run_tool("spatial-bench", "deepbench", "--plot", str(path))
    assert run.code == 1
    assert run.err == (
        "spatial-bench: error: --plot needs matplotlib, which is not installed; "
        "pip install 'spatial-opt[plot]'\n"
    )
    assert not path.exists()


def test_one_problem_from_end_to_end(run_tool: RunTool, tmp_path: Path):
    table, picture = tmp_path / "figures.csv", tmp_path / "figures.svg"
    options = ["--problems", "lstm-256", "--unfused", "--report", "json"]
    files = ["--csv", str(table), "--plot", str(picture)]
    run = run_tool("spatial-bench", "deepbench", *options, *files)
    assert run.code == 0, run.err
    document = json.loads(run.out)
    paper, auto = document["rows"]
    assert [row["parameters"] for row in (paper, auto)] == ["paper", "auto"]
    assert paper["factors"] == [{"hu": 6, "hv": 1, "rows": 6, "ru": 4, "rv": 64}]
    for row in (paper, auto):
        assert row["fits"]
        assert row["refusal"] is None
        assert sum(row["causes"].values()) == row["cycles"]
        assert max(row["bounds"].values()) <= row["cycles"]
        assert row["utilization"] == pytest.approx(524288 / row["cycles_per_step"] / 12288)
        assert row["latency_us"] == row["cycles"] / 1000
        # A run is its steps, and filling and emptying once.
        assert 0 <= row["cycles"] - 150 * row["cycles_per_step"] < 1000
        assert row["unfused_cycles_per_step"] > 2 * row["cycles_per_step"]
        assert row["unfused_bytes_per_step"] > 0
        assert row["pattern_lines"] < 300
    assert auto["cycles_per_step"] <= min(279, paper["cycles_per_step"])
    assert auto["bytes_per_step"] < auto["unfused_bytes_per_step"]
    mean = document["geomean_speedup_vs_published"]
    assert mean == pytest.approx(279 / auto["cycles_per_step"])
    (padding,) = document["fragmentation"]
    assert padding["tiled"] == pytest.approx(2.93, abs=0.005)
    assert padding["paper"] == pytest.approx(258 / 256)
    assert table.read_text().startswith("cell,H,T,parameters,")
    assert picture.read_text().startswith("<?xml")
    assert [line.split(",")[0] for line in run.err.splitlines()] == [
        "1 of 3: lstm-256 paper",
        "2 of 3: lstm-256 auto",
        "3 of 3: lstm-256 unfused",
    ]


def test_refused_problems_are_rows(run_tool: RunTool, tmp_path: Path):
    table = tmp_path / "figures.csv"
    options = ["--problems", "gru-512", "--target", "tiny", "--parameters", "paper"]
    run = run_tool("spatial-bench", "deepbench", *options, "--csv", str(table))
    assert run.code == 1
    assert "gru-512 paper REFUSED: " in run.out
    *progress, error = run.err.splitlines()
    assert progress == ["1 of 1: gru-512 paper, refused"]
    assert error.startswith(
        "spatial-bench: error: 1 of 1 runs were refused by the compiler, gru-512 paper;"
    )
    assert "gru,512,1,paper" in table.read_text()
