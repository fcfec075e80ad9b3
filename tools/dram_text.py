"""What DRAM has to do with the time of a run, as text."""

from __future__ import annotations

from typing import Any

from spatial_opt.runtime.report import RunReport

BOUND = 0.9
"""Share of a run's cycles that its busiest address generator needs where DRAM is its bound."""
NAMED = 3
"""Address generators that are named."""


def dram_paragraph(report: RunReport) -> list[str]:
    """Say what is loaded in every step, and whether that bounds the run; nothing where neither."""
    dram = report.dram
    bound = bool(report.cycles) and report.bounds["dram"] >= BOUND * report.cycles
    weights = [each for each in dram["generators"] if each["cause"] == "weights"]
    if not bound and not weights:
        return []
    generators: list[dict[str, Any]] = dram["generators"]
    busiest = max(generators, key=lambda each: each["cycles"])
    lines = ["bound by the bandwidth of DRAM" if bound else "DRAM"]
    lines.append(
        f"  {len(generators)} address generators share {dram['bandwidth_bytes_per_cycle']:g} bytes "
        f"a cycle evenly, and use {dram['used']:.1%} of them"
    )
    if weights:
        per = dram["weight_bytes_per_step"]
        amount = f"{dram['weight_bytes']:,}" if per is None else f"{per:,.0f}"
        step = "" if per is None else " per step"
        lines.append(f"  {amount} bytes of weights{step} are loaded by {_names(weights)}")
    lines.append(
        f"  @{busiest['name']} moves a token every {busiest['interval']} cycles, and takes "
        f"{busiest['cycles']:,} of {report.cycles:,} cycles"
    )
    return lines


def _names(generators: list[dict[str, Any]]) -> str:
    """Name some address generators, and how many more there are."""
    names = ", ".join(f"@{each['name']}" for each in generators[:NAMED])
    more = len(generators) - NAMED
    return f"{names} and {more} more" if more > 0 else names
