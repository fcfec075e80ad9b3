"""The bytes of a run as text: a paragraph for every run, and a table of what memories hold."""

from __future__ import annotations

from typing import Any

from spatial_opt.bench.columns import aligned
from spatial_opt.runtime.report import RunReport


def memory_paragraph(report: RunReport) -> list[str]:
    """Say in a few lines what goes through memory units, and what must."""
    memory = report.memory
    per = memory["steps"] or 1
    line = f"bytes through memory units{' per step' if memory['steps'] else ''}"
    lines = [f"{line}: {_amount(memory['bytes'] / per)}"]
    if memory["ratio"] is not None:
        lines[0] += f", {memory['ratio']:.3f} of the {_amount(memory['minimum'] / per)} needed"
    causes = sorted(memory["by_cause"].items(), key=lambda item: -item[1])
    named = [f"{cause} {_amount(amount / per)}" for cause, amount in causes if amount]
    if named:
        lines.append(f"  {', '.join(named)}")
    dram = memory["dram"]
    if dram["bytes"]:
        lines.append(
            f"DRAM bytes per run: {dram['bytes']:,} of {dram['minimum']:,} needed, "
            f"{dram['moved']:,} moved; contents before the run {dram['contents']:,}"
        )
    return lines


def memory_table(report: RunReport) -> list[str]:
    """List the values that memory units hold: bytes read and written per step, and held."""
    memory = report.memory
    steps = memory["steps"] or 1
    rows = [["holds", "cause", "units", "read", "written", "taken and given", "held", "room"]]
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for unit in memory["by_unit"]:
        groups.setdefault((unit["holds"], unit["cause"]), []).append(unit)
    for (holds, cause), units in groups.items():
        read, written, taken, given, held, room = (
            sum(unit[key] for unit in units)
            for key in (
                "bytes_read",
                "bytes_written",
                "moved_read",
                "moved_written",
                "held_bytes",
                "capacity_bytes",
            )
        )
        moved = f"{(taken + given) / steps:,.0f}"
        figures = [f"{read / steps:,.0f}", f"{written / steps:,.0f}", moved]
        rows.append([holds, cause, str(len(units)), *figures, f"{held:,}", f"{room:,}"])
    per = "per step of the first time loop" if memory["steps"] else "per run"
    return [f"memory units: bytes {per}; bytes held", *aligned(rows, [True, True] + [False] * 6)]


def _amount(bytes: float) -> str:
    return f"{bytes:,.0f}"
