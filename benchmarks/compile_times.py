"""
Measures how long the compiler takes from rnn IR to a placed and routed configuration.

    python benchmarks/compile_times.py
    python benchmarks/compile_times.py --problems lstm-512,gru-2816 --pipeline unfused --json

`docs/benchmarks.md` says what each figure is. Times are processor time of this process, all its
threads added up: what one core would take. The exit code is 1 where something does not compile; an
aim that was missed is only reported.
"""

import argparse
import gc
import json
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import process_time
from typing import Any, NamedTuple, TypeVar

from xdsl.dialects.builtin import ModuleOp

from spatial_opt.bench.columns import aligned
from spatial_opt.bench.measure import Job, Looked, compile_job
from spatial_opt.bench.problems import DEEPBENCH, Problem
from spatial_opt.machine.errors import SpatialError
from spatial_opt.tools.compilation import Compilation, collector_paused

Result = TypeVar("Result")

COMPILE_S = 0.5
"""At most for a compilation."""
GROWTH = 1.2
"""At most from the smallest to the largest size."""
LINES = 300
"""At most for the program in the pattern dialect, all its passes done."""
SIZES = (256, 2816)
LENGTHS = (1, 1500)


class Times(NamedTuple):
    """Seconds of processor time of a compilation."""

    passes: float
    verify: float
    """Verifying the configuration behind the last pass."""


@dataclass(frozen=True)
class Subject:
    """A compilation that can be repeated; the capacity is relaxed where it must be."""

    job: Job
    relaxed: bool
    lines: int

    def run(self) -> Times:
        """Compile once more."""
        whole, module = seconds_of(lambda: compile_once(self.job, self.relaxed))
        verified, _ = seconds_of(module.verify)
        return Times(whole - verified, verified)


def compile_once(job: Job, relaxed: bool, looked: Looked | None = None) -> ModuleOp:
    """Compile a job; raises `SpatialError` where it is refused."""
    return compile_job(job, job.problem.steps, relaxed, Compilation(), looked)


def seconds_of(work: Callable[[], Result]) -> tuple[float, Result]:
    """Run something; returns the seconds of processor time it took, and what it gave."""
    gc.collect()
    with collector_paused():
        start = process_time()
        result = work()
        return process_time() - start, result


def prepare(job: Job) -> Subject:
    """Find out how a job compiles; raises `SpatialError` if even relaxed it does not."""
    for relaxed in (False, True):
        looked = Looked()
        try:
            compile_once(job, relaxed, looked)
        except SpatialError:
            if relaxed:
                raise
            continue
        return Subject(job, relaxed, looked.lines or 0)
    raise RuntimeError("neither strict nor relaxed was tried; this is a bug")


def medians(subjects: Sequence[Subject], repetitions: int) -> list[Times]:
    """Repeat compilations in turn, so that a slow moment falls on all; the medians of each."""
    rounds = [[subject.run() for subject in subjects] for _ in range(repetitions)]
    return [
        Times(*(statistics.median(part) for part in zip(*times, strict=True)))
        for times in zip(*rounds, strict=True)
    ]


def measure_problem(problem: Problem, pipeline: str, repetitions: int) -> dict[str, Any]:
    """Measure one problem; a refusal is a row with `failed`."""
    head: dict[str, Any] = {"problem": problem.name, "steps": problem.steps}
    try:
        subject = prepare(job_of(problem, pipeline))
    except SpatialError as error:
        return {**head, "failed": str(error).splitlines()[0]}
    (median,) = medians([subject], repetitions)
    return {
        **head,
        "relaxed": subject.relaxed,
        "compile_s": median.passes,
        "verify_s": median.verify,
        "lines": subject.lines,
        "missed": [
            *(
                [f"compile {median.passes:.2f} s > {COMPILE_S:g} s"]
                if median.passes > COMPILE_S
                else []
            ),
            *([f"{subject.lines} lines > {LINES}"] if subject.lines > LINES else []),
        ],
    }


def measure_growth(
    what: str, small: Problem, large: Problem, pipeline: str, repetitions: int
) -> dict[str, Any]:
    """Measure how the time grows from one problem to another."""
    try:
        subjects = [prepare(job_of(problem, pipeline)) for problem in (small, large)]
    except SpatialError as error:
        return {"what": what, "failed": str(error).splitlines()[0]}
    few, many = (times.passes for times in medians(subjects, repetitions))
    growth = many / few
    missed = [f"{growth:.2f}x > {GROWTH:g}x"] if growth > GROWTH else []
    return {"what": what, "from_s": few, "to_s": many, "growth": growth, "missed": missed}


def job_of(problem: Problem, pipeline: str) -> Job:
    """Give the compilation of a problem with the compiler's own choice of parameters."""
    return Job(problem, "auto", pipeline=pipeline)


def growths() -> list[tuple[str, Problem, Problem]]:
    """List the pairs of problems between which the time should hardly grow."""
    found: list[tuple[str, Problem, Problem]] = []
    for cell in ("lstm", "gru"):
        small, large = (Problem(cell, size, 25) for size in SIZES)
        found.append((f"{cell}, H = {small.hidden} to {large.hidden}", small, large))
        short, long = (Problem(cell, 1024, length) for length in LENGTHS)
        found.append((f"{cell}, T = {short.steps} to {long.steps}", short, long))
    return found


def table(results: dict[str, Any]) -> str:
    """Write the results as text."""
    rows: list[dict[str, Any]] = results["problems"]
    cells = [("problem", "steps", "capacity", "compile s", "verify s", "lines", "aims")]
    for row in rows:
        head = (row["problem"], str(row["steps"]))
        cells.append(
            (*head, "-", "-", "-", "-", "FAILED")
            if "failed" in row
            else (
                *head,
                "relaxed" if row["relaxed"] else "strict",
                f"{row['compile_s']:.3f}",
                f"{row['verify_s']:.3f}",
                str(row["lines"]),
                verdict(row),
            )
        )
    lines = aligned(cells, [True, False, True, False, False, False, True])
    lines.append("")
    grown: list[dict[str, Any]] = results["growth"]
    cells = [("growth", "from s", "to s", "times", "aims")]
    for row in grown:
        cells.append(
            (row["what"], "-", "-", "-", "FAILED")
            if "failed" in row
            else (
                row["what"],
                f"{row['from_s']:.3f}",
                f"{row['to_s']:.3f}",
                f"{row['growth']:.2f}",
                verdict(row),
            )
        )
    if grown:
        lines += [*aligned(cells, [True, False, False, False, True]), ""]
    everything = [*rows, *grown]
    for row in everything:
        if "failed" in row:
            lines.append(f"{row.get('problem') or row['what']} FAILED: {row['failed']}")
    failed = sum("failed" in row for row in everything)
    missed = sum(bool(row.get("missed")) for row in everything)
    lines.append(f"{len(everything) - failed - missed} met, {missed} missed, {failed} failed")
    return "\n".join(lines) + "\n"


def verdict(row: dict[str, Any]) -> str:
    """Tell whether a row met its aims."""
    return "MISSED: " + ", ".join(row["missed"]) if row["missed"] else "met"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Measure the compiler's speed.")
    known = {problem.name: problem for problem in DEEPBENCH}
    parser.add_argument(
        "--problems", metavar="NAMES", default=",".join(known), help="such as lstm-512,gru-512"
    )
    parser.add_argument("--pipeline", default="fused", help="a named pipeline (default: fused)")
    parser.add_argument("--repetitions", type=int, default=5, help="of each (default: 5)")
    parser.add_argument("--no-growth", action="store_true", help="leave out other sizes")
    parser.add_argument("--json", action="store_true", help="print all figures as JSON instead")
    options = parser.parse_args(arguments)
    names: list[str] = options.problems.split(",")
    if unknown := [name for name in names if name not in known]:
        parser.error(f"unknown problem {unknown[0]!r}, expected some of {', '.join(known)}")
    if options.repetitions < 1:
        parser.error(f"repetitions must be at least 1, got {options.repetitions}")
    how = (options.pipeline, options.repetitions)
    results: dict[str, Any] = {"pipeline": options.pipeline, "problems": [], "growth": []}
    for name in names:
        print(name, file=sys.stderr, flush=True)
        results["problems"].append(measure_problem(known[name], *how))
    for what, small, large in [] if options.no_growth else growths():
        print(what, file=sys.stderr, flush=True)
        results["growth"].append(measure_growth(what, small, large, *how))
    print(json.dumps(results, indent=2) if options.json else table(results), end="")
    return int(any("failed" in row for row in [*results["problems"], *results["growth"]]))


if __name__ == "__main__":
    sys.exit(main())
