"""The report of a run as text for a terminal."""

from __future__ import annotations

from spatial_opt.runtime.report import RunReport
from spatial_opt.runtime.sequence_report import SequenceReport
from spatial_opt.tools.dram_text import dram_paragraph
from spatial_opt.tools.memory_text import dram_table, memory_paragraph, memory_table

_UNITS = {"pcu": "compute", "pmu": "memory", "ag": "address generators", "controller": "control"}


def report_text(report: RunReport, memory: bool = False) -> str:
    """Write a report as lines of text, `memory` with a table of what memory units hold."""
    lines = [*head(report), "", *_cycles(report), "", *resources(report)]
    lines += ["", *memory_paragraph(report)]
    if memory:
        lines += ["", *memory_table(report), "", *dram_table(report)]
    lines += [f"note: {note}" for note in report.notes]
    return "\n".join(lines) + "\n"


def head(report: RunReport | SequenceReport) -> list[str]:
    """Say for what and how well a program ran."""
    what = f"target {report.target}"
    if report.format is not None:
        what += f", format {report.format}"
    lines = [what]
    if report.accuracy is not None:
        beside = ""
        if report.accuracy_f32 is not None:
            beside = f" (f32: {report.accuracy_f32:.2%})"
        lines.append(f"accuracy {report.accuracy:.2%}{beside} on {report.samples} samples")
    return lines


def _cycles(report: RunReport) -> list[str]:
    lines = [f"cycles per sequence    {report.cycles:>10,}   {report.latency_us:.3f} us"]
    if report.cycles_per_step is not None:
        kind = "steady state" if report.steady else "the last step, no steady state"
        lines.append(f"cycles per step        {report.cycles_per_step:>10,.1f}   {kind}")
    lines.append(
        f"multiply-accumulates   {report.macs:>10,}   utilisation {report.utilization:.2%} of "
        f"{report.peak_macs_per_cycle:,} a cycle"
    )
    lines.append("")
    lines.append("lower bounds, in cycles")
    lines += [f"  {name:<20} {cycles:>10,}" for name, cycles in report.bounds.items()]
    lines.append("where the cycles went")
    for cause, cycles in sorted(report.causes.items(), key=lambda item: -item[1]):
        if cycles:
            lines.append(f"  {cause:<20} {cycles:>10,}   {cycles / report.cycles:6.1%}")
    lines += dram_paragraph(report)
    if report.stalls:
        lines.append("compute units waited longest for")
        lines += [
            f"  {wait['cycles']:>10,}  {wait['kind']:<8} {wait['link']}" for wait in report.stalls
        ]
    return lines


def resources(report: RunReport) -> list[str]:
    """List the units that a configuration takes."""
    lines = ["units                        used   available"]
    for kind, name in _UNITS.items():
        found = report.resources[kind]
        lines.append(f"  {name:<20} {found['used']:>10,}  {found['available']:>10,}")
    held = report.resources["memory_bytes"]
    lines.append(
        f"  {'memory, kB':<20} {held['used'] / 1000:>10,.1f}  {held['available'] / 1000:>10,.1f}"
    )
    return lines
