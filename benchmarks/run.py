"""
Measures speed and memory on the eleven DeepBench problems, beside onnxruntime's f32.

    pip install -e '.[bench]'
    python benchmarks/run.py
    python benchmarks/run.py --problems lstm-512,gru-2816 --formats int8 --json > figures.json

`docs/benchmarks.md` says what each column is. The table goes to stdout, progress to stderr. The
exit code is 1 where something failed to run; an aim that was missed is only reported.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from onnx_layer import missing_modules, version
from results import table

from spatial_opt.bench.problems import DEEPBENCH, Problem

FOLDER = Path(__file__).parent
FORMATS = ("int8", "mixed8", "bf16", "f32")
WHOLE = Problem("lstm", 512, 25)
"""What the whole command `spatial-run` is measured on."""
SINGLE_THREADED = {
    name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
}


def say(text: str) -> None:
    """Report progress."""
    print(text, file=sys.stderr, flush=True)


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python on one thread in a process of its own."""
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **SINGLE_THREADED},
    )


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "no output"


def write_model(problem: Problem, folder: Path) -> Path:
    """Generate a problem with random weights; raises RuntimeError if that fails."""
    path = folder / f"{problem.name}.mlir"
    sizes = ["--hidden", str(problem.hidden), "--steps", str(problem.steps), "--weights", "0"]
    done = python(str(FOLDER / "generate.py"), problem.cell, *sizes, "-o", str(path))
    if done.returncode:
        raise RuntimeError(f"generate.py failed on {problem.name}: {_last_line(done.stderr)}")
    return path


def measure(
    problem: Problem, format: str, model: Path, pipeline: str, seconds: float
) -> dict[str, Any]:
    """Measure a problem in a format in a new process, relaxed if the machine refuses it."""
    head = {"problem": problem.name, **problem._asdict(), "format": format}
    command = [str(FOLDER / "measure.py"), str(model), format, "--seconds", str(seconds)]
    command += ["--pipeline", pipeline]
    refusal = ""
    for relax in ([], ["--relax"]):
        done = python(*command, *relax)
        if done.returncode:
            return {**head, "failed": _last_line(done.stderr)}
        row: dict[str, Any] = json.loads(done.stdout)
        if "refused" not in row:
            return {**head, **row, "refusal": refusal}
        refusal = row["refused"]
    return {**head, "failed": refusal}


def measure_whole(model: Path, format: str, pipeline: str) -> dict[str, Any]:
    """Measure `spatial-run` from the start of its process to its report: the median of three."""
    head: dict[str, Any] = {"problem": WHOLE.name, "format": format}
    command = ["-m", "spatial_opt.tools.spatial_run", str(model), "--format", format]
    command += ["--pipeline", pipeline]
    taken: list[float] = []
    for _ in range(3):
        start = perf_counter()
        done = python(*command)
        taken.append(perf_counter() - start)
        if done.returncode:
            return {**head, "failed": _last_line(done.stderr)}
    return {**head, "seconds": statistics.median(taken)}


def machine() -> dict[str, Any]:
    """Describe the machine that the figures are of."""
    processor = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    for line in lines:
        if line.startswith("model name"):
            processor = line.partition(":")[2].strip()
            break
    return {
        "processor": processor,
        "processors": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "onnxruntime": version(),
    }


def run(
    problems: Sequence[Problem], formats: Sequence[str], pipeline: str, seconds: float
) -> dict[str, Any]:
    """Measure everything; returns plain data."""
    date = datetime.now(UTC).isoformat(timespec="minutes")
    rows: list[dict[str, Any]] = []
    wholes: list[dict[str, Any]] = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        for number, problem in enumerate(problems, 1):
            say(f"{number} of {len(problems)}: {problem.name}, {problem.steps} steps")
            model = write_model(problem, folder)
            for format in formats:
                say(f"  {format}")
                rows.append(measure(problem, format, model, pipeline, seconds))
            model.with_suffix(".safetensors").unlink()
        say(f"spatial-run on {WHOLE.name}")
        model = write_model(WHOLE, folder)
        wholes += [measure_whole(model, format, pipeline) for format in formats]
    return {
        "date": date,
        "pipeline": pipeline,
        "machine": machine(),
        "rows": rows,
        "whole_runs": wholes,
    }


def chosen(text: str | None, known: Sequence[str], parser: argparse.ArgumentParser) -> list[str]:
    """Read a list of names; all of them if there is none."""
    names = list(known) if text is None else text.split(",")
    for name in names:
        if name not in known:
            parser.error(f"unknown name {name!r}, expected some of {', '.join(known)}")
    return names


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Measure speed and memory beside onnxruntime.")
    parser.add_argument("--problems", metavar="NAMES", help="such as lstm-512,gru-512; default all")
    parser.add_argument(
        "--formats", default="int8,mixed8", help=f"some of {','.join(FORMATS)}; default int8,mixed8"
    )
    parser.add_argument("--pipeline", default="unfused", help="a named pipeline (default unfused)")
    parser.add_argument(
        "--seconds", type=float, default=3.0, help="for the repetitions of a row (default 3)"
    )
    parser.add_argument("--json", action="store_true", help="print all figures as JSON instead")
    options = parser.parse_args(arguments)
    named = {problem.name: problem for problem in DEEPBENCH}
    names = chosen(options.problems, list(named), parser)
    formats = chosen(options.formats, FORMATS, parser)
    if missing := missing_modules():
        them = "it" if len(missing) == 1 else "them"
        needs = " and ".join(missing)
        say(f"the benchmark needs {needs}; install {them}: pip install -e '.[bench]'")
        return 2
    results = run([named[name] for name in names], formats, options.pipeline, options.seconds)
    print(json.dumps(results, indent=2) if options.json else table(results), end="")
    return int(any("failed" in row for row in [*results["rows"], *results["whole_runs"]]))


if __name__ == "__main__":
    sys.exit(main())
