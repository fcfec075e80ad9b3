"""Programs on the processor of this computer, in place of a spatial machine."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter
from typing import Any

from xdsl.dialects.builtin import ModuleOp
from xdsl.utils.arg_spec import ArgSpec, ParameterListType

from spatial_opt.dialects.sequence import is_sequence, parts_of
from spatial_opt.interop.jit import CpuProgram, compile_program
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.pipelines import PIPELINES
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.sequence import chained
from spatial_opt.tools.compilation import CONVERSION, level_of, steps_for
from spatial_opt.tools.run_arrays import Given

CPU = "cpu"
"""The target, and the pipeline that it takes unless another is chosen."""
_MACHINE_ONLY = ("pattern-assign-memories", CONVERSION)
"""The first of these in a pipeline and everything behind it is for a spatial machine."""
_SECONDS = 0.2
"""How long a single sequence is repeated, for its time."""


@dataclass
class CpuReport:
    """What a run on the processor gave."""

    format: str | None
    pipeline: str
    exact: bool
    best_ms: float
    """Of one sequence."""
    median_ms: float
    runs: int
    compile_s: float
    accuracy: float | None = None
    accuracy_f32: float | None = None
    samples: int | None = None
    notes: list[str] = field(default_factory=list[str])

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values; times in the units their names say."""
        return {"target": CPU, **vars(self)}

    def to_text(self) -> str:
        """Return it as lines for a terminal."""
        kind = "" if self.format is None else f", format {self.format}"
        lines = [f"target {CPU}{kind}"]
        if self.accuracy is not None:
            beside = "" if self.accuracy_f32 is None else f" (f32: {self.accuracy_f32:.2%})"
            lines.append(f"accuracy {self.accuracy:.2%}{beside} on {self.samples} samples")
        order = "as the patterns define it" if self.exact else "any"
        lines += [
            "",
            f"milliseconds per sequence {self.best_ms:>9.3f}   the best of {self.runs:,}; median "
            f"{self.median_ms:.3f}",
            f"compilation, seconds      {self.compile_s:>9.2f}",
            f"pipeline {self.pipeline}, order of sums: {order}",
        ]
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)]) + "\n"


@dataclass(frozen=True)
class CpuOutcome:
    """A report, and results by name."""

    report: CpuReport
    results: dict[str, Array]


def check_options(options: Namespace) -> None:
    """Refuse options of a run that only a spatial machine understands."""
    meaning = {
        "relax": "lifts limits of a spatial machine",
        "trace": "shows the cycles of a spatial machine",
        "memory": "lists the memory units of a spatial machine",
        "evaluator": "chooses how a configuration is evaluated",
    }
    for name, text in meaning.items():
        if getattr(options, name):
            raise SpatialError(
                f"--{name} {text}, and --target {CPU} runs on this computer; leave it out"
            )
    for option, what in (
        ("map", "spreads loops over units of a spatial machine"),
        ("configurations", "cuts programs for a spatial machine"),
    ):
        if getattr(options, option) and options.pipeline in (None, CPU):
            raise SpatialError(
                f"--{option} {what}; with --target {CPU} it needs a pipeline of such a machine, as "
                "in --pipeline fused"
            )


def cpu_steps(
    module: ModuleOp, options: Namespace, given: Mapping[str, ParameterListType]
) -> list[ArgSpec]:
    """
    List the passes that bring a module to upstream dialects.

    With a pipeline of a spatial machine, its patterns are kept, and the order of their sums.
    """
    if level_of(module) == "spatial":
        raise SpatialError(
            f"{options.model} is a configuration of a spatial machine, which --target {CPU} can't "
            "run; give the model that it was compiled from"
        )
    pipeline = options.pipeline or CPU
    if pipeline == CPU:
        return list(PIPELINES[CPU].expand(ArgSpec(CPU, {})))
    steps = steps_for(module, pipeline, {k: v for k, v in given.items() if k != "target"})
    names = [step.name for step in steps]
    end = min(names.index(name) for name in _MACHINE_ONLY if name in names)
    return [*steps[:end], ArgSpec("convert-pattern-to-linalg", {"exact": (True,)})]


def run_on_cpu(
    module: ModuleOp, options: Namespace, given: Given, format: str | None, start: float
) -> CpuOutcome:
    """
    Compile a module of upstream dialects, and run it on what it is given.

    `start` is when the compilation began, by `perf_counter`.
    """
    programs = {part: compile_program(part) for part in parts_of(module)}
    compile_s = perf_counter() - start
    if is_sequence(module):
        results = chained(module, programs.__getitem__).run(given.inputs, given.parameters)
        seconds = [sum(each) for each in zip(*(p.seconds for p in programs.values()), strict=True)]
    else:
        (program,) = programs.values()
        results = program.run(given.inputs, given.parameters)
        seconds = program.seconds if len(program.seconds) > 1 else _repeated(program, given)
    pipeline = options.pipeline or CPU
    report = CpuReport(
        format,
        pipeline,
        pipeline != CPU,
        min(seconds) * 1e3,
        median(seconds) * 1e3,
        len(seconds),
        compile_s,
        notes=list(given.notes),
    )
    return CpuOutcome(report, results)


def _repeated(program: CpuProgram, given: Given) -> list[float]:
    """Run one sequence again and again; returns the seconds of each run."""
    ranks = {spec.name: len(spec.shape) for spec in program.interface.inputs}
    inputs = {
        name: array[0] if array.ndim > ranks[name] else array
        for name, array in given.inputs.items()
    }
    call = program.bound(inputs, given.parameters)
    seconds: list[float] = []
    start = perf_counter()
    while not seconds or perf_counter() - start < _SECONDS:
        before = perf_counter()
        call()
        seconds.append(perf_counter() - before)
    return seconds
