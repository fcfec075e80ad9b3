"""The JSON form, CSV, tables and plots of measurements."""

import csv
import json
import re
import tomllib
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from spatial_opt.bench import plot
from spatial_opt.bench.csv_text import csv_text
from spatial_opt.bench.document import make_document
from spatial_opt.bench.measure import Measurement
from spatial_opt.bench.table import tables
from spatial_opt.machine.errors import SpatialError

FIELDS = (
    *("cell", "H", "T", "parameters", "fits", "cycles_per_step", "published_cycles_per_step"),
    *("latency_us", "published_latency_us", "utilization", "bounds", "causes"),
)
UNFUSED = ("unfused_cycles_per_step", "bytes_per_step", "unfused_bytes_per_step")
ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs" / "spatial-bench.md"
DESCRIPTION = ROOT / "machine" / "descriptions" / "plasticine-rnn.toml"


def test_schema(document: dict[str, Any]):
    assert document["schema"] == "spatial-opt.bench/1"
    assert json.loads(json.dumps(document)) == document
    assert next(iter(document)) == "schema"
    for row in document["rows"]:
        assert set(FIELDS) | set(UNFUSED) <= row.keys()
    assert len({tuple(row) for row in document["rows"]}) == 1


def test_every_field_is_described(document: dict[str, Any]):
    described = set(re.findall(r"`([A-Za-z0-9_]+)`", DOCS.read_text()))
    assert set(document) <= described
    assert {name for row in document["rows"] for name in row} <= described
    for list_ in ("fragmentation", "published"):
        assert {name for entry in document[list_] for name in entry} <= described


def test_every_assumption_about_the_machine_is_described():
    section = DOCS.read_text().split("## Constants of the machine")[1].split("\n## ")[0]
    told = {
        key: cells[2].strip()
        for line in section.splitlines()
        if line.startswith("| `")
        for cells in [line.split("|")]
        for key in re.findall(r"`([^`]+)`", cells[1])
    }
    description = tomllib.loads(DESCRIPTION.read_text())
    sources = description.pop("sources")
    groups: dict[str, dict[str, str]] = {k: v for k, v in sources.items() if isinstance(v, dict)}
    for group, entries in groups.items():
        for name, source in entries.items():
            key = group if group == "op_latency_cycles" else f"{group}.{name}"
            if source.startswith("assumption"):
                assert key in told
    for key, value in told.items():
        group, _, name = key.partition(".")
        if name and "," not in value:
            assert str(description[group][name]) == value


def test_rows(document: dict[str, Any]):
    paper, auto, relaxed, refused = document["rows"]
    assert (paper["cell"], paper["H"], paper["T"]) == ("lstm", 256, 150)
    assert (auto["parameters"], auto["fits"], auto["relaxed"]) == ("auto", True, [])
    assert auto["speedup_vs_published"] == pytest.approx(2.0)
    assert auto["published_cycles_per_step"] == 279
    assert auto["published_latency_us"] == 41.9
    assert auto["latency_us"] == 25.0
    assert auto["utilization"] == pytest.approx(524288 / 139.5 / 12288)
    assert auto["unfused_cycles_per_step"] == 1116.0
    assert auto["speedup_vs_unfused"] == pytest.approx(8.0)
    assert (auto["bytes_per_step"], auto["unfused_bytes_per_step"]) == (10_000, 20_000)
    assert relaxed["fits"] is False
    assert relaxed["relaxed"] == ["pmu.capacity_bytes"]
    assert relaxed["unfused_cycles_per_step"] is None
    assert refused["refusal"] == "spatial-route: no way"
    assert refused["cycles_per_step"] is refused["utilization"] is refused["causes"] is None


def test_means(document: dict[str, Any], measurements: list[Measurement]):
    both = document["geomean_by_parameters"]
    assert both == pytest.approx({"paper": (279 / 310 * 1.0) ** 0.5, "auto": 2.0})
    assert document["geomean_speedup_vs_published"] == both["auto"]
    assert document["geomean_speedup_vs_unfused"]["auto"] == pytest.approx(8.0)
    paper = [m for m in measurements if m.job.parameters == "paper"]
    alone = make_document("plasticine-rnn", "mixed8", paper)
    assert alone["geomean_speedup_vs_published"] == pytest.approx(both["paper"])
    assert "geomean_speedup_vs_unfused" not in alone
    assert not set(alone["rows"][0]) & {"unfused_cycles_per_step", "unfused_bytes_per_step"}
    refused = [m for m in measurements if m.refusal and m.job.parameters == "auto"]
    nothing = make_document("plasticine-rnn", "mixed8", refused)
    assert nothing["geomean_speedup_vs_published"] is None


def test_fragmentation(document: dict[str, Any]):
    lstm, gru = document["fragmentation"]
    assert lstm["tiled"] == pytest.approx(2.93)
    assert (lstm["paper"], lstm["auto"]) == pytest.approx((1.01, 1.0))
    assert lstm["macs_per_step"] == 1000 // 150
    assert "auto" not in gru


def test_csv(document: dict[str, Any]):
    rows = list(csv.DictReader(StringIO(csv_text(document))))
    assert len(rows) == 4
    assert rows[1]["cycles_per_step"] == "139.5"
    assert rows[1]["factors"] == "hu=4 hv=1 rows=4 ru=8 rv=64"
    assert (rows[1]["cause_compute"], rows[1]["bound_recurrence"]) == ("24990", "12500")
    assert (rows[1]["pcu_used"], rows[1]["memory_bytes_used"]) == ("7", "7")
    assert rows[2]["relaxed"] == "pmu.capacity_bytes"
    steps = document["rows"][1]["T"]
    assert float(rows[1]["bytes_copies"]) == 75 / steps
    assert (float(rows[1]["least_bytes_per_step"]), rows[1]["bytes_ratio"]) == (75 / steps, "2.0")
    assert rows[3]["refusal"] == "spatial-route: no way"
    assert rows[3]["cycles_per_step"] == rows[3]["cause_compute"] == ""


def test_tables(document: dict[str, Any]):
    text = tables(document)
    lines = text.splitlines()
    auto = next(line for line in lines if line.startswith("lstm-256") and " auto " in line)
    assert auto.split()[1:3] == ["150", "auto"]
    assert auto.split()[3:] == ["4x8x64", "strict", "140", "279", "2.00", "30.6%"]
    assert ["gru-2816", "750", "auto", "-", "REFUSED", "-", "6,346", "-", "-"] in [
        line.split() for line in lines
    ]
    assert "geometric mean of published / auto over 1 of 2 problems: 2.000" in lines
    assert "geometric mean of published / paper over 2 problems: 0.949" in lines
    assert "geometric mean of cycles unfused / auto: 8.00" in lines
    assert "gru-2816 auto REFUSED: spatial-route: no way" in lines
    assert "gru-2816 unfused REFUSED: a: c" in lines
    for platform in ("Plasticine", "Brainwave", "V100", "Xeon"):
        assert f"published {platform}" in text
    latency = next(line for line in lines if "25,850.00" in line)
    assert latency.split() == [
        *("gru-2816", "750", "4.8000", "-"),
        *("4.7595", "1.987", "55.48", "25,850.00"),
    ]
    fragments = lines[lines.index(next(line for line in lines if "tiled 400x240" in line)) + 1]
    assert fragments.split() == ["lstm-256", "6", "2.93", "1.01", "1.00"]
    assert any(line.startswith("relaxed:") for line in lines)
    assert not any(line.endswith(" ") for line in lines)


def test_tables_without_the_other_runs(measurements: list[Measurement]):
    auto = [m for m in measurements if m.job.name == "lstm-256 auto"]
    text = tables(make_document("plasticine-rnn", "mixed8", auto))
    assert "unfused" not in text
    assert "relaxed" not in text
    assert "REFUSED" not in text
    assert "hu = 5" not in text


def test_factors_with_rows_in_the_lanes(document: dict[str, Any]):
    document["rows"][0]["factors"] = [
        {"hu": 12, "hv": 16, "rows": 6, "ru": 4, "rv": 4},
        {"hu": 2, "hv": 1, "rows": 2, "ru": 1, "rv": 64},
    ]
    assert "12(6)x4x(4x16) + 2x1x64" in tables(document)


@pytest.mark.parametrize("suffix", plot.SUFFIXES)
def test_plot(document: dict[str, Any], tmp_path: Path, suffix: str):
    path = tmp_path / f"figures{suffix}"
    plot.check_plot(path)
    plot.draw(document, path)
    signature = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[suffix]
    assert path.read_bytes().startswith(signature)
    if suffix == ".svg":
        for label in ("lstm-256", "gru-2816", "published", "unfused", "Brainwave (published)"):
            assert f">{label}<" in path.read_text()


def test_plotted_numbers(document: dict[str, Any]):
    cycles = plot.cycle_series(document)
    assert cycles["published"] == [279, 6346]
    assert cycles["auto"] == [139.5, None]
    assert cycles["unfused"] == [1116.0, None]
    latencies = plot.latency_series(document)
    assert latencies["Xeon (published)"] == [15.75, 25850.0]
    assert latencies["paper"] == [0.05, 4.8]
    assert latencies["auto"] == [0.025, None]


@pytest.mark.usefixtures("no_matplotlib")
def test_plots_that_cannot_be():
    with pytest.raises(SpatialError, match=r"writes \.png, \.svg, \.pdf, got 'a\.bmp'"):
        plot.check_plot(Path("a.bmp"))
    with pytest.raises(SpatialError, match=r"pip install 'spatial-opt\[plot\]'$"):
        plot.check_plot(Path("a.svg"))
