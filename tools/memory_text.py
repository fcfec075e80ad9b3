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
    words = memory["between_units"]["words"]
    if words:
        lines.append(f"words per run that another unit makes than needs them: {words:,}")
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


def dram_table(report: RunReport) -> list[str]:
    """List what address generators load and store: bytes per step, and of the bursts they take."""
    memory = report.memory
    steps = memory["steps"] or 1
    rows = [["holds", "cause", "buffers", "loaded", "stored", "in bursts"]]
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for buffer in memory["by_buffer"]:
        groups.setdefault((buffer["holds"], buffer["cause"]), []).append(buffer)
    for (holds, cause), buffers in groups.items():
        amounts = [
            f"{sum(buffer[key] for buffer in buffers) / steps:,.0f}"
            for key in ("bytes_read", "bytes_written", "burst_bytes")
        ]
        rows.append([holds, cause, str(len(buffers)), *amounts])
    per = "per step of the first time loop" if memory["steps"] else "per run"
    return [f"DRAM: bytes {per}", *aligned(rows, [True, True] + [False] * 4)]


def _amount(bytes: float) -> str:
    return f"{bytes:,.0f}"
