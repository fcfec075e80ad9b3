"""The report of a run of several configurations as text for a terminal."""

from __future__ import annotations

from spatial_opt.runtime.sequence_report import SequenceReport
from spatial_opt.tools.run_text import head, resources

_HEADER = f"{'configuration':<16} {'loading':>10} {'cycles':>12} {'per step':>10} {'share':>7}"


def sequence_text(report: SequenceReport) -> str:
    """Write a report as lines of text."""
    lines = [*head(report), ""]
    lines.append(f"cycles per sequence    {report.cycles:>10,}   {report.latency_us:.3f} us")
    lines.append(f"  running              {report.running_cycles:>10,}")
    lines.append(
        f"  loading              {report.loading_cycles:>10,}   before all configurations but the "
        f"first, which takes {report.first_loading_cycles:,}"
    )
    lines.append(
        f"multiply-accumulates   {report.macs:>10,}   utilisation {report.utilization:.2%} while "
        "running"
    )
    lines += ["", _HEADER]
    for name, part in report.configurations.items():
        step = "-" if part.cycles_per_step is None else f"{part.cycles_per_step:,.1f}"
        share = part.cycles / report.cycles if report.cycles else 0.0
        loading = report.loading[name].cycles
        lines.append(f"{name:<16} {loading:>10,} {part.cycles:>12,} {step:>10} {share:>7.1%}")
    for name, part in report.configurations.items():
        lines += ["", f"{name}: where the cycles went"]
        for cause, cycles in sorted(part.causes.items(), key=lambda item: -item[1]):
            if cycles:
                lines.append(f"  {cause:<20} {cycles:>10,}   {cycles / part.cycles:6.1%}")
        lines += resources(part)
    lines += ["", *(f"note: {note}" for note in report.notes)]
    return "\n".join(lines).rstrip() + "\n"
