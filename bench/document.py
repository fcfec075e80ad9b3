"""
All figures of a benchmark run as plain data; `docs/spatial-bench.md` describes the fields.

`SCHEMA` changes when a field changes its meaning or goes away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import exp, fsum, log
from typing import Any

from spatial_opt.bench.measure import Measurement
from spatial_opt.bench.parameters import AUTO, BITS, SETS, UNFUSED
from spatial_opt.bench.problems import Problem
from spatial_opt.bench.published import PUBLISHED

SCHEMA = "spatial-opt.bench/1"
_STRICT = (
    *("factors", "cycles_per_step", "slowdown", "latency_us"),
    *("dram_bytes_per_step", "dram_used", "dram_bound", "compile_s"),
)
"""Figures of the run with all limits, where weights are loaded from DRAM in it."""


def make_document(target: str, format: str, measurements: Sequence[Measurement]) -> dict[str, Any]:
    """Put the measurements of one run together; each problem and parameter set occurs once."""
    unfused = {m.job.problem: m for m in measurements if m.job.parameters == UNFUSED}
    fused = [m for m in measurements if m.job.parameters != UNFUSED]
    rows = [_row(m, unfused.get(m.job.problem)) for m in fused]
    means = {
        name: _mean(row["speedup_vs_published"] for row in rows if row["parameters"] == name)
        for name in SETS
        if any(row["parameters"] == name for row in rows)
    }
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "target": target,
        "format": format,
        "rows": rows,
        "geomean_speedup_vs_published": means.get(AUTO, next(iter(means.values()), None)),
        "geomean_by_parameters": means,
        "fragmentation": _fragmentation(fused),
        "published": [_published(problem) for problem in _problems(fused)],
    }
    if unfused:
        document["geomean_speedup_vs_unfused"] = {
            name: _mean(row["speedup_vs_unfused"] for row in rows if row["parameters"] == name)
            for name in means
        }
        document["unfused_refusals"] = {
            problem.name: m.refusal for problem, m in unfused.items() if m.refusal is not None
        }
    return document


def _problems(measurements: Iterable[Measurement]) -> list[Problem]:
    return list(dict.fromkeys(m.job.problem for m in measurements))


def _head(problem: Problem) -> dict[str, Any]:
    return {"cell": problem.cell, "H": problem.hidden, "T": problem.steps}


def _row(m: Measurement, unfused: Measurement | None) -> dict[str, Any]:
    problem, report = m.job.problem, m.report
    published = PUBLISHED[problem]
    row: dict[str, Any] = {
        **_head(problem),
        "parameters": m.job.parameters,
        "factors": m.looked.factors,
        "fits": not m.relaxed and m.refusal is None,
        "relaxed": list(report.relaxed) if report is not None else [],
        "cycles_per_step": m.cycles_per_step,
        "published_cycles_per_step": published.cycles_per_step,
        "speedup_vs_published": _ratio(published.cycles_per_step, m.cycles_per_step),
        "latency_us": report.latency_us if report is not None else None,
        "published_latency_us": round(published.plasticine_ms * 1e3, 3),
        "utilization": m.utilization,
        "cycles": report.cycles if report is not None else None,
        "steady": report.steady if report is not None else None,
        "bounds": report.bounds if report is not None else None,
        "causes": report.causes if report is not None else None,
        "resources": report.resources if report is not None else None,
        "bytes_per_step": m.bytes_per_step,
        "bytes_by_cause": m.bytes_by_cause,
        "least_bytes_per_step": m.least_bytes_per_step,
        "bytes_ratio": m.bytes_ratio,
        "weight_bytes_per_step": problem.macs_per_step * BITS[m.job.format] // 8,
        "pattern_lines": m.looked.lines,
        "compile_s": m.compile_s,
        "strict_refusal": m.strict_refusal,
        "refusal": m.refusal,
        **_strict(m),
    }
    if unfused is not None:
        row |= {
            "unfused_cycles_per_step": unfused.cycles_per_step,
            "unfused_bytes_per_step": unfused.bytes_per_step,
            "unfused_fits": not unfused.relaxed and unfused.refusal is None,
            "speedup_vs_unfused": _ratio(unfused.cycles_per_step, m.cycles_per_step),
        }
    return row


def _strict(m: Measurement) -> dict[str, Any]:
    """Give the figures of a run with all limits and weights loaded from DRAM; null without one."""
    strict = m if m.strict is None and m.dram_bytes_per_step else m.strict
    report = None if strict is None else strict.report
    if strict is None or report is None:
        return {f"strict_{name}": None for name in _STRICT}
    figures = (
        strict.looked.factors,
        strict.cycles_per_step,
        _ratio(strict.cycles_per_step, m.cycles_per_step),
        report.latency_us,
        strict.dram_bytes_per_step,
        report.dram["used"],
        report.bounds["dram"] / report.cycles,
        strict.compile_s,
    )
    return {f"strict_{name}": figure for name, figure in zip(_STRICT, figures, strict=True)}


def _ratio(above: float | None, below: float | None) -> float | None:
    return above / below if above is not None and below else None


def _mean(ratios: Iterable[float | None]) -> float | None:
    """Geometric mean of those that are there."""
    found = [log(ratio) for ratio in ratios if ratio is not None]
    return exp(fsum(found) / len(found)) if found else None


def _fragmentation(measurements: Sequence[Measurement]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for problem in _problems(measurements):
        entry: dict[str, Any] = _head(problem)
        for m in measurements:
            work = m.looked.work
            if m.job.problem != problem or work is None:
                continue
            entry["macs_per_step"] = work.useful // problem.steps
            entry["tiled"] = work.padding
            if m.looked.issued is not None:
                entry[m.job.parameters] = m.looked.issued / work.useful
        found.append(entry)
    return found


def _published(problem: Problem) -> dict[str, Any]:
    published = PUBLISHED[problem]
    return {
        **_head(problem),
        "xeon_ms": published.xeon_ms,
        "v100_ms": published.v100_ms,
        "brainwave_ms": published.brainwave_ms,
        "plasticine_ms": published.plasticine_ms,
        "plasticine_w": published.plasticine_w,
    }
