"""The figures of a benchmark run, what they should be, and the table of both."""

from typing import Any

from spatial_opt.bench.columns import aligned

COMPILE_S = 1.0
"""At most for a compilation from the rnn level to routes."""
PEAK_MB = 1000.0
"""At most held by a process that compiles and runs one problem."""
WHOLE_S = 3.0
"""At most for `spatial-run` from the start of its process to its report."""


def run_aim(format: str, hidden: int) -> float | None:
    """Give how many times as long as onnxruntime's f32 values and cycles may take; None for any."""
    match format:
        case "int8":
            return 1.0 if hidden >= 1024 else 3.0
        case "mixed8":
            return 4.0
        case _:
            return None


def misses(row: dict[str, Any]) -> list[str]:
    """List what a row misses, each with the figure and the aim."""
    found: list[str] = []
    aim = run_aim(row["format"], row["hidden"])
    ratio = (row["values_s"] + row["cycles_s"]) / row["onnxruntime_s"]
    if aim is not None and ratio > aim:
        found.append(f"run {ratio:.2f}x > {aim:g}x")
    if row["compile_s"] > COMPILE_S:
        found.append(f"compile {row['compile_s']:.2f} s > {COMPILE_S:g} s")
    if row["peak_mb"] > PEAK_MB:
        found.append(f"peak {row['peak_mb']:.0f} MB > {PEAK_MB:.0f} MB")
    return found


HEADER = (
    "problem",
    "steps",
    "format",
    "capacity",
    "ort ms",
    "values ms",
    "cycles ms",
    "both ms",
    "x ort",
    "aim",
    "compile s",
    "codegen s",
    "peak MB",
    "max dev",
    "aims",
)
_LEFT = {"problem", "format", "capacity", "aims"}


def _cells(row: dict[str, Any]) -> list[str]:
    head = [row["problem"], str(row["steps"]), row["format"]]
    if "failed" in row:
        return [*head, *["-"] * (len(HEADER) - len(head) - 1), "FAILED"]
    ort, values, cycles = (row[key] for key in ("onnxruntime_s", "values_s", "cycles_s"))
    aim = run_aim(row["format"], row["hidden"])
    missed = misses(row)
    return [
        *head,
        "relaxed" if row["relaxed"] else "strict",
        f"{ort * 1e3:.2f}",
        f"{values * 1e3:.2f}",
        f"{cycles * 1e3:.2f}",
        f"{(values + cycles) * 1e3:.2f}",
        f"{(values + cycles) / ort:.2f}",
        "-" if aim is None else f"{aim:g}",
        f"{row['compile_s']:.2f}",
        f"{row['codegen_s']:.2f}",
        f"{row['peak_mb']:.0f}",
        f"{row['deviation']:.1e}",
        "MISSED: " + ", ".join(missed) if missed else "met",
    ]


def table(results: dict[str, Any]) -> str:
    """Write the results of a run as text: the machine, the table, whole runs, and a count."""
    machine = results["machine"]
    lines = [
        f"{machine['processor']}, {machine['system']}, Python {machine['python']}, "
        f"onnxruntime {machine['onnxruntime']}, {results['date']}",
        "",
    ]
    rows: list[dict[str, Any]] = results["rows"]
    cells = [_cells(row) for row in rows]
    left = [name in _LEFT for name in HEADER]
    lines += aligned([HEADER, *cells], left)
    lines.append("")
    for row in rows:
        if "failed" in row:
            lines.append(f"{row['problem']} in {row['format']} FAILED: {row['failed']}")
    wholes: list[dict[str, Any]] = results["whole_runs"]
    for whole in wholes:
        what = f"spatial-run on {whole['problem']} in {whole['format']}, start to report: "
        if "failed" in whole:
            lines.append(f"{what}FAILED: {whole['failed']}")
        else:
            verdict = "met" if whole["seconds"] <= WHOLE_S else "MISSED"
            lines.append(f"{what}{whole['seconds']:.2f} s (aim {WHOLE_S:g} s, {verdict})")
    if any(row.get("relaxed") for row in rows):
        lines.append(
            "relaxed: the weights are larger than the machine's memories; the limit "
            "pmu.capacity_bytes was not enforced"
        )
    failed = sum("failed" in row for row in [*rows, *wholes])
    missed = sum("failed" not in row and bool(misses(row)) for row in rows)
    missed += sum("failed" not in whole and whole["seconds"] > WHOLE_S for whole in wholes)
    met = len(rows) + len(wholes) - failed - missed
    lines.append(f"{met} met, {missed} missed, {failed} failed")
    return "\n".join(lines) + "\n"
