"""Compile one problem with one set of parameters, run the time engine on it, and say what came."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from xdsl.dialects.builtin import ModuleOp
from xdsl.utils.arg_spec import ParameterListType

from spatial_opt.bench.fragmentation import Work, loop_factors, loop_work, product_work
from spatial_opt.bench.parameters import BITS, CAPACITY, pipeline_of, pipeline_options
from spatial_opt.bench.problems import Problem, generate
from spatial_opt.machine.load import load_machine
from spatial_opt.runtime.report import RunReport, make_report, time_configuration
from spatial_opt.tools.compilation import Compilation, compile_module, make_context, steps_for
from spatial_opt.tools.errors import USER_ERRORS

STEADY_STEPS = 8
"""Steps of the run that gives the cycles per step of a problem with fewer than `FEW_STEPS`."""
FEW_STEPS = 4


@dataclass(frozen=True)
class Job:
    """What to compile, and how; plain data, so that another process can do it."""

    problem: Problem
    parameters: str
    """`paper`, `auto` or `unfused`."""
    target: str = "plasticine-rnn"
    format: str = "mixed8"
    pipeline: str | None = None
    """By default the one that `parameters` belongs to."""

    @property
    def name(self) -> str:
        """What the job is called in messages."""
        return f"{self.problem.name} {self.parameters}"


@dataclass
class Looked:
    """What was read off the program while it was compiled."""

    work: Work | None = None
    issued: int | None = None
    factors: list[dict[str, int]] = field(default_factory=list[dict[str, int]])
    lines: int | None = None
    """Lines of the program in the pattern dialect, all its passes done."""


@dataclass(frozen=True)
class Measurement:
    """What one job gave; figures are None where it was refused."""

    job: Job
    looked: Looked
    relaxed: bool = False
    """The capacity of memory units was not enforced, for with it not all weights stay in them."""
    strict: Measurement | None = None
    """The same with all limits, a part of the weights being loaded from DRAM in every step."""
    strict_refusal: str | None = None
    """Why the capacity could not be kept."""
    refusal: str | None = None
    """Why there are no figures."""
    report: RunReport | None = None
    """Of the whole sequence."""
    cycles_per_step: float | None = None
    peak: int = 0
    """Multiply-accumulates that all compute units could do in a cycle."""
    compile_s: float | None = None

    @property
    def utilization(self) -> float | None:
        """Useful multiply-accumulates of a step over what all compute units could do in it."""
        if not self.cycles_per_step:
            return None
        return self.job.problem.macs_per_step / (self.cycles_per_step * self.peak)

    @property
    def dram_bytes_per_step(self) -> float:
        """Bytes of weights that are loaded from DRAM in every step."""
        if self.report is None:
            return 0.0
        return self.report.dram["weight_bytes"] / self.job.problem.steps

    @property
    def bytes_per_step(self) -> float | None:
        """Bytes read from and written to memory units, over the steps."""
        if self.report is None:
            return None
        return self.report.bytes["memory_units"] / self.job.problem.steps

    @property
    def bytes_by_cause(self) -> dict[str, float] | None:
        """Useful bytes through memory units by cause, over the steps."""
        if self.report is None:
            return None
        amounts: dict[str, int] = self.report.memory["by_cause"]
        return {cause: amount / self.job.problem.steps for cause, amount in amounts.items()}

    @property
    def least_bytes_per_step(self) -> float | None:
        """Bytes that must go through memory units, over the steps."""
        if self.report is None:
            return None
        return self.report.memory["minimum"] / self.job.problem.steps

    @property
    def bytes_ratio(self) -> float | None:
        """Useful bytes over those that must be moved."""
        return None if self.report is None else self.report.memory["ratio"]


class _Refused(Exception):
    """Carries the sentence of a refusal."""


def measure(job: Job) -> Measurement:
    """
    Compile and run a job, without the limit on memory too where weights do not fit with it.

    Where they are loaded from DRAM then, the figures with all limits are beside the others. A
    refusal of the compiler is part of the result. Faults of the compiler itself pass through.
    """
    strict: Measurement | None = None
    refusal: str | None = None
    looked = Looked()
    try:
        strict = _run(job, relaxed=False)
        if not strict.dram_bytes_per_step:
            return strict
    except _Refused as error:
        refusal = str(error)
    try:
        found = _run(job, relaxed=True, looked=looked)
    except _Refused as error:
        return strict or Measurement(job, looked, strict_refusal=refusal, refusal=str(error))
    return replace(found, strict=strict, strict_refusal=refusal)


def _run(job: Job, relaxed: bool, looked: Looked | None = None) -> Measurement:
    looked = looked or Looked()
    compilation = Compilation()
    report = _report(job, job.problem.steps, relaxed, compilation, looked)
    per_step = report.cycles_per_step
    if job.problem.steps < FEW_STEPS:
        # The whole of a short run is mostly filling and emptying.
        per_step = _report(job, STEADY_STEPS, relaxed, Compilation()).cycles_per_step
    return Measurement(
        job,
        looked,
        relaxed,
        report=report,
        cycles_per_step=per_step,
        peak=load_machine(job.target).peak_macs_per_cycle(BITS[job.format]),
        compile_s=sum(compilation.seconds.values()),
    )


def _report(
    job: Job, steps: int, relaxed: bool, compilation: Compilation, looked: Looked | None = None
) -> RunReport:
    try:
        module = compile_job(job, steps, relaxed, compilation, looked)
        compilation.stage = "counting cycles"
        return make_report(module, time_configuration(module), job.format)
    except USER_ERRORS as error:
        raise _Refused(_sentence(error, compilation.stage)) from error


def compile_job(
    job: Job,
    steps: int,
    relaxed: bool,
    compilation: Compilation,
    looked: Looked | None = None,
) -> ModuleOp:
    """
    Compile the layer of a job for a sequence of `steps` and give its configuration.

    `looked` is filled on the way. Raises as the passes do.
    """
    module = generate(job.problem.cell, job.problem.hidden, steps)
    options: dict[str, ParameterListType] = {
        "target": (job.target,),
        "format": (job.format,),
        **pipeline_options(job.problem, job.parameters, load_machine(job.target), job.format),
    }
    if relaxed:
        options["relax"] = (CAPACITY,)
    passes = steps_for(module, job.pipeline or pipeline_of(job.parameters), options)

    def look(program: ModuleOp, name: str) -> None:
        if looked is None:
            return
        if name == "convert-rnn-to-pattern":
            looked.work = product_work(program)
        elif name == "pattern-parallelize":
            looked.issued = loop_work(program)
            looked.factors = loop_factors(program)
            looked.lines = len(str(program).splitlines())

    compile_module(make_context(), module, passes, compilation, look)
    return module


def _sentence(error: BaseException, stage: str) -> str:
    text = (str(error).strip() or type(error).__name__).splitlines()[0]
    return text if not stage or text.startswith(f"{stage}:") else f"{stage}: {text}"
