"""The example of docs/timing.md takes the cycles that the page counts by hand."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from spatial_opt.dialects.target import set_target
from spatial_opt.machine.load import load_machine
from spatial_opt.runtime.configuration import build_network
from spatial_opt.runtime.cycle_engine import run_cycles
from spatial_opt.runtime.event_engine import recurrence_bound, run
from spatial_opt.runtime.network import CAUSES, Network
from spatial_opt.tools.compilation import make_context
from spatial_opt.tools.spatial_run import main

PAGE = Path(__file__).parents[3] / "docs" / "timing.md"


def example_text() -> str:
    """The configuration on the page."""
    return PAGE.read_text(encoding="utf-8").split("```mlir\n")[1].split("```")[0]


def network(changes: Mapping[str, str] | None = None) -> Network:
    """The network of the page's example, with some of its text changed."""
    text = example_text()
    for old, new in (changes or {}).items():
        assert old in text
        text = text.replace(old, new)
    module = Parser(make_context(), text).parse_module()
    assert isinstance(module, ModuleOp)
    set_target(module, load_machine("tiny"))
    module.verify()
    return build_network(module)


def firings(example: Network) -> dict[str, list[int]]:
    """Time of every firing, by process."""
    times = run_cycles(example).times
    return {process.name: row for process, row in zip(example.processes, times, strict=True)}


def test_example() -> None:
    example = network()
    assert firings(example) == {
        "steps": [0, 1, 2, 3],
        "x.load": [0, 2, 4, 6, 8, 10, 12, 14],
        "h::out": [0, 1, 19, 20, 28, 29, 37, 38],
        "h::in": [15, 17, 25, 26, 34, 35, 43, 44],
        "add": [12, 14, 22, 23, 31, 32, 40, 41],
        "y.store": [18, 20, 28, 30, 37, 39, 46, 48],
    }
    result = run(example)
    assert result.cycles == 58
    parts = {"dram": 24, "network": 19, "control": 6, "memory": 5, "pipeline": 4}
    assert result.causes == dict.fromkeys(CAUSES, 0) | parts


def test_positions() -> None:
    assert {process.name: process.at for process in network().processes} == {
        "steps": (1, 1),
        "x.load": (0, -1),
        "h::out": (0, 1),
        "h::in": (0, 1),
        "add": (0, 0),
        "y.store": (0, 4),
    }


def test_command_line(tmp_path: Path) -> None:
    model, trace = tmp_path / "sum.mlir", tmp_path / "run.json"
    model.write_text(example_text(), encoding="utf-8")
    options = ["--target", "tiny", "--evaluator", "numpy", "--trace", str(trace)]
    assert main([str(model), *options]) == 0
    found = json.loads(trace.read_text(encoding="utf-8"))
    assert (found["otherData"]["machine"], found["otherData"]["cycles"]) == ("tiny", 58)
    names = {event["args"]["name"] for event in found["traceEvents"] if "name" in event["args"]}
    assert "h::out at (0, 1)" in names
    waits = {event["name"] for event in found["traceEvents"] if event["name"].startswith("waits")}
    assert "waits for @x.load::@data to @add::@x" in waits


def test_bank_conflicts() -> None:
    example = network({"banked (4, 1)": "banked (4, 2)"})
    assert firings(example)["h::out"] == [0, 2, 19, 21, 29, 31, 39, 41]
    assert run(example).cycles == 60


def test_few_places() -> None:
    example = network({"@y.store::@data : vector depth 8": "@y.store::@data : vector depth 2"})
    assert firings(example)["add"] == [12, 14, 23, 25, 34, 36, 45, 47]
    assert run(example).cycles == 63


def test_latency_only() -> None:
    assert recurrence_bound(network()).cycles == 52


@pytest.mark.parametrize(
    ("changes", "per_step", "cycles"),
    [
        ({}, 9, 58),
        ({"banked (4, 1)": "banked (4, 2)"}, 10, 60),
        ({"@y.store::@data : vector depth 8": "@y.store::@data : vector depth 2"}, 11, 63),
    ],
)
def test_steady_state(changes: dict[str, str], per_step: int, cycles: int) -> None:
    longer = network({**changes, "%t = 0 to 4": "%t = 0 to 100", "<4x8xf32>": "<100x8xf32>"})
    result = run(longer)
    assert result.loops[0].steady
    assert result.cycles_per_step == [per_step]
    assert result.cycles == cycles + 96 * per_step
