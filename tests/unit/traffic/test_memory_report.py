"""The bytes of a run in the report: JSON, its description, and the text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from traffic_cases import Layer, options
from xdsl.utils.hints import isa

from spatial_opt.runtime.held_values import CAUSES
from spatial_opt.runtime.report import RunReport, make_report, time_configuration
from spatial_opt.tools.run_text import report_text

DOCS = Path(__file__).parents[3] / "docs" / "report.md"


@pytest.fixture(scope="module")
def report() -> RunReport:
    module = Layer("lstm", 13, 7, 4, map=options(hu=2, ru=1, rv=16, hv=1)).compiled()
    return make_report(module, time_configuration(module), "mixed8")


def _keys(value: Any) -> Iterator[str]:
    if isa(value, dict[str, Any]):
        yield from value
        for inner in value.values():
            yield from _keys(inner)
    elif isa(value, list[Any]):
        for inner in value:
            yield from _keys(inner)


def test_every_field_is_described(report: RunReport) -> None:
    text = DOCS.read_text().split("## Bytes")[1]
    described = set(re.findall(r"`([a-z_]+)`", text))
    assert set(_keys(report.memory)) <= described
    assert set(CAUSES) <= described


def test_json(report: RunReport) -> None:
    memory = json.loads(json.dumps(report.to_json()))["memory"]
    assert memory["steps"] == 4
    assert set(memory["by_cause"]) == set(memory["compulsory"]) == set(CAUSES)
    assert sum(memory["by_cause"].values()) == memory["bytes"]
    assert sum(memory["compulsory"].values()) == memory["minimum"]
    assert memory["ratio"] == memory["bytes"] / memory["minimum"]
    assert memory["by_cause_per_step"]["weights"] == memory["by_cause"]["weights"] / 4
    assert memory["bytes"] <= report.bytes["memory_units"] <= memory["moved"]
    assert memory["dram"]["moved"] == report.bytes["dram"]
    assert sum(unit["held_bytes"] for unit in memory["by_unit"]) == report.bytes["held"]
    names = [unit["name"] for unit in memory["by_unit"]]
    assert len(names) == len(set(names)) == report.resources["pmu"]["used"]


def test_text(report: RunReport) -> None:
    memory, text = report.memory, report_text(report)
    per_step = f"{memory['bytes'] / 4:,.0f}"
    assert f"bytes through memory units per step: {per_step}, {memory['ratio']:.3f} of" in text
    assert f"weights {memory['by_cause']['weights'] / 4:,.0f}" in text
    assert "index" not in text
    assert "holds" not in text
    table = report_text(report, memory=True)
    assert table.startswith(text.rstrip("\n"))
    row = next(line for line in table.splitlines() if line.startswith("W + R "))
    # Four gates of two copies. Of 13 rows each of 7 and of 13 weights is read once.
    assert row.split()[3:7] == ["weights", "8", f"{4 * 13 * (7 + 13):,}", "0"]
    assert "B + B" not in table
