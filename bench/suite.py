"""Run the jobs of a suite, one after another or in several processes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from spatial_opt.bench.measure import Job, Measurement, measure
from spatial_opt.bench.parameters import UNFUSED
from spatial_opt.bench.problems import Problem


def list_jobs(
    problems: Sequence[Problem],
    parameters: Sequence[str],
    *,
    unfused: bool = False,
    target: str = "plasticine-rnn",
    format: str = "mixed8",
) -> list[Job]:
    """List what is to be run, problem by problem."""
    sets = [*parameters, UNFUSED] if unfused else list(parameters)
    return [Job(problem, name, target, format) for problem in problems for name in sets]


def run_jobs(
    jobs: Sequence[Job], processes: int, tell: Callable[[str], None] = lambda text: None
) -> list[Measurement]:
    """Run all jobs; the results are in the order of `jobs` and do not depend on `processes`."""
    found: list[Measurement] = []
    with _results(jobs, min(processes, len(jobs))) as results:
        for measurement in results:
            found.append(measurement)
            tell(f"{len(found)} of {len(jobs)}: {_summary(measurement)}")
    return found


@contextmanager
def _results(jobs: Sequence[Job], processes: int) -> Generator[Iterator[Measurement]]:
    if processes <= 1:
        yield map(measure, jobs)
        return
    # Forked threads of numpy could hold locks for ever.
    pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"))
    try:
        yield pool.map(measure, jobs)
    finally:
        pool.shutdown(cancel_futures=True)


def _summary(measurement: Measurement) -> str:
    name = measurement.job.name
    if measurement.cycles_per_step is None:
        return f"{name}, refused"
    capacity = ", capacity relaxed" if measurement.relaxed else ""
    found = f"{name}, {measurement.cycles_per_step:,.0f} cycles per step{capacity}"
    strict = measurement.strict
    if strict is not None and strict.cycles_per_step is not None:
        found += f", {strict.cycles_per_step:,.0f} with weights from DRAM"
    return found
