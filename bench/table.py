"""The figures of a benchmark run as tables for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from spatial_opt.bench.columns import aligned
from spatial_opt.runtime.held_values import CAUSES

Row = dict[str, Any]
_NONE = "-"
_TEXT = ("problem", "parameters", "hu x ru x rv", "capacity", "most cycles")
"""Columns of text; all others are of numbers."""


def tables(document: dict[str, Any]) -> str:
    """Write all tables, with what they are above and the means and refusals below."""
    rows: list[Row] = document["rows"]
    lines = [f"target {document['target']}, format {document['format']}, batch 1", ""]
    lines += ["cycles per step, ours beside those of Zhao et al., MLSys 2019 (published)"]
    lines += _table(rows, _CYCLES)
    lines += _means(document)
    streamed = [row for row in rows if row["strict_cycles_per_step"] is not None]
    if streamed:
        lines += ["", "with all limits: weights that do not fit are loaded from DRAM in every step"]
        lines += _table(streamed, _STRICT)
    lines += ["", "lower bounds, as shares of a run's cycles; what most of them went to; units"]
    lines += _table(rows, _WHY)
    lines += ["", "kB through memory units per step, and how many times what must be moved"]
    lines += _table(rows, _BYTES)
    if "geomean_speedup_vs_unfused" in document:
        lines += ["", "one fused loop nest beside kernel by kernel on the same machine, per step"]
        lines += _table(rows, _UNFUSED)
        lines += [
            f"geometric mean of cycles unfused / {name}: {mean:.2f}"
            for name, mean in document["geomean_speedup_vs_unfused"].items()
            if mean is not None
        ]
    lines += ["", "latency of a sequence in ms, ours beside published figures of four platforms"]
    lines += _table(_latencies(document), _LATENCIES)
    lines += ["", "multiply-accumulates issued per useful one (1.00: no padding)"]
    lines += _table(document["fragmentation"], _FRAGMENTATION)
    lines += ["", *_notes(document)]
    return "\n".join(lines).rstrip() + "\n"


Column = tuple[str, Callable[[Row], str]]


def _table(rows: Sequence[Row], columns: Sequence[Column]) -> list[str]:
    names = [name for name, _ in columns]
    cells = [[cell(row) for _, cell in columns] for row in rows]
    return aligned([names, *cells], [name in _TEXT for name in names])


def _number(key: str, pattern: str, factor: float = 1) -> Callable[[Row], str]:
    def cell(row: Row) -> str:
        value = row.get(key)
        return _NONE if value is None else format(value * factor, pattern)

    return cell


def _problem(row: Row) -> str:
    return f"{row['cell']}-{row['H']}"


def _factors(key: str) -> Callable[[Row], str]:
    def cell(row: Row) -> str:
        return " + ".join(_nest(factors) for factors in row[key]) or _NONE

    return cell


def _nest(factors: dict[str, int]) -> str:
    """Such as 4x8x64, or 12(6)x4x(4x16) with 6 units for the rows and 16 rows in the lanes."""
    units = "" if factors["rows"] == factors["hu"] else f"({factors['rows']})"
    lanes = str(factors["rv"]) if factors["hv"] == 1 else f"({factors['rv']}x{factors['hv']})"
    return f"{factors['hu']}{units}x{factors['ru']}x{lanes}"


def _capacity(row: Row) -> str:
    if row["refusal"] is not None:
        return "REFUSED"
    return "strict" if row["fits"] else "relaxed"


def _mostly(row: Row) -> str:
    """The cause of most cycles, and its share."""
    causes: dict[str, int] | None = row["causes"]
    if not causes or not row["cycles"]:
        return _NONE
    cause = max(causes, key=lambda name: causes[name])
    return f"{cause} {causes[cause] / row['cycles']:.0%}"


def _share(bound: str) -> Callable[[Row], str]:
    def cell(row: Row) -> str:
        bounds = row["bounds"]
        return f"{bounds[bound] / row['cycles']:.0%}" if bounds and row["cycles"] else _NONE

    return cell


def _cause(cause: str) -> Callable[[Row], str]:
    def cell(row: Row) -> str:
        return f"{row['bytes_by_cause'][cause] / 1e3:,.1f}" if row["bytes_by_cause"] else _NONE

    return cell


def _used(kind: str) -> Callable[[Row], str]:
    def cell(row: Row) -> str:
        return str(row["resources"][kind]["used"]) if row["resources"] else _NONE

    return cell


_CYCLES: Sequence[Column] = (
    ("problem", _problem),
    ("steps", _number("T", "d")),
    ("parameters", lambda row: row["parameters"]),
    ("hu x ru x rv", _factors("factors")),
    ("capacity", _capacity),
    ("cycles/step", _number("cycles_per_step", ",.0f")),
    ("published", _number("published_cycles_per_step", ",d")),
    ("times faster", _number("speedup_vs_published", ".2f")),
    ("used", _number("utilization", ".1%")),
)
_STRICT: Sequence[Column] = (
    ("problem", _problem),
    ("parameters", lambda row: row["parameters"]),
    ("hu x ru x rv", _factors("strict_factors")),
    ("cycles/step", _number("strict_cycles_per_step", ",.0f")),
    ("relaxed", _number("cycles_per_step", ",.0f")),
    ("times slower", _number("strict_slowdown", ",.1f")),
    ("latency ms", _number("strict_latency_us", ",.3f", 1e-3)),
    ("MB from DRAM", _number("strict_dram_bytes_per_step", ",.2f", 1e-6)),
    ("bandwidth used", _number("strict_dram_used", ".0%")),
    ("DRAM bound", _number("strict_dram_bound", ".0%")),
)
_WHY: Sequence[Column] = (
    ("problem", _problem),
    ("parameters", lambda row: row["parameters"]),
    ("compute", _share("compute")),
    ("memory", _share("memory")),
    ("recurrence", _share("recurrence")),
    ("most cycles", _mostly),
    ("PCUs", _used("pcu")),
    ("PMUs", _used("pmu")),
)
_BYTES: Sequence[Column] = (
    ("problem", _problem),
    ("parameters", lambda row: row["parameters"]),
    *((cause, _cause(cause)) for cause in CAUSES if cause != "index"),
    ("least", _number("least_bytes_per_step", ",.1f", 1e-3)),
    ("ratio", _number("bytes_ratio", ".3f")),
)
_UNFUSED: Sequence[Column] = (
    ("problem", _problem),
    ("parameters", lambda row: row["parameters"]),
    ("cycles", _number("cycles_per_step", ",.0f")),
    ("unfused", _number("unfused_cycles_per_step", ",.0f")),
    ("times faster", _number("speedup_vs_unfused", ".2f")),
    ("kB moved", _number("bytes_per_step", ",.1f", 1e-3)),
    ("unfused kB", _number("unfused_bytes_per_step", ",.1f", 1e-3)),
    ("weights kB", _number("weight_bytes_per_step", ",.1f", 1e-3)),
)
_LATENCIES: Sequence[Column] = (
    ("problem", _problem),
    ("steps", _number("T", "d")),
    ("ours, paper", _number("paper", ".4f")),
    ("ours, auto", _number("auto", ".4f")),
    ("published Plasticine", _number("plasticine_ms", ".4f")),
    ("published Brainwave", _number("brainwave_ms", ".3f")),
    ("published V100", _number("v100_ms", ".2f")),
    ("published Xeon", _number("xeon_ms", ",.2f")),
)
_FRAGMENTATION: Sequence[Column] = (
    ("problem", _problem),
    ("MACs/step", _number("macs_per_step", ",d")),
    ("tiled 400x240", _number("tiled", ".2f")),
    ("loops, paper", _number("paper", ".2f")),
    ("loops, auto", _number("auto", ".2f")),
)


def _latencies(document: dict[str, Any]) -> list[Row]:
    """Join the published latencies with ours, in ms."""
    joined: list[Row] = []
    for published in document["published"]:
        ours = {
            row["parameters"]: row["latency_us"] / 1e3
            for row in document["rows"]
            if _problem(row) == _problem(published) and row["latency_us"] is not None
        }
        joined.append({**published, **ours})
    return joined


def _means(document: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    for name, mean in document["geomean_by_parameters"].items():
        rows = [row for row in document["rows"] if row["parameters"] == name]
        there = sum(row["speedup_vs_published"] is not None for row in rows)
        if mean is not None:
            of = f"{there} problems" if there == len(rows) else f"{there} of {len(rows)} problems"
            lines.append(f"geometric mean of published / {name} over {of}: {mean:.3f}")
    return lines


def _notes(document: dict[str, Any]) -> list[str]:
    rows: list[Row] = document["rows"]
    notes = ["used: useful multiply-accumulates over those that all compute units could do"]
    if any(row["parameters"] == "paper" for row in rows):
        notes.append(
            "paper: the published loop parameters (GRU with hu = 5, see docs/spatial-bench.md)"
        )
    if any(not row["fits"] and row["refusal"] is None for row in rows):
        notes.append(
            "relaxed: the machine's memories do not hold it; the limit pmu.capacity_bytes was "
            "not enforced"
        )
    if any(row["strict_cycles_per_step"] is not None for row in rows):
        notes.append(
            "DRAM bound: cycles that the busiest address generator needs at its even share of the "
            "bandwidth, of a run's cycles"
        )
    if any(row["T"] < 4 and row["cycles_per_step"] is not None for row in rows):
        notes.append(
            "cycles per step of a sequence of fewer than 4 steps are those of a longer one; its "
            "latency is its own"
        )
    notes += [
        f"{_problem(row)} {row['parameters']} REFUSED: {row['refusal']}"
        for row in rows
        if row["refusal"] is not None
    ]
    notes += [
        f"{name} unfused REFUSED: {refusal}"
        for name, refusal in document.get("unfused_refusals", {}).items()
    ]
    return notes
