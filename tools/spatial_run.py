"""Compile a model, execute its configuration, and report values, cycles and why: `spatial-run`."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.utils.arg_spec import ParameterListType

from spatial_opt.dialects.sequence import is_compiled, is_sequence, parts_of
from spatial_opt.dialects.target import set_target, target_of
from spatial_opt.frontends.files import is_network, read_network
from spatial_opt.frontends.graph.program import Program
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.set_target import relaxed
from spatial_opt.runtime import values
from spatial_opt.runtime.array_files import check_suffix, save_arrays
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.report import RunReport, Timing, make_report, time_configuration
from spatial_opt.runtime.rnn_calibrate import calibrate
from spatial_opt.runtime.sequence_report import (
    SequenceReport,
    make_sequence_report,
)
from spatial_opt.tools.compilation import (
    Compilation,
    Dumper,
    compile_module,
    level_of,
    make_context,
    read_module,
    steps_for,
)
from spatial_opt.tools.dim_options import parse_dims
from spatial_opt.tools.entry import StageDisplay, run_tool, write_output
from spatial_opt.tools.output_files import OutputFiles, check_dump_folder, check_output
from spatial_opt.tools.quantization import read_examples
from spatial_opt.tools.run_arguments import DEFAULT_PIPELINE, TOOL, arguments, parse_map
from spatial_opt.tools.run_arrays import Given, accuracy, read_arrays
from spatial_opt.tools.run_cpu import (
    CPU,
    CpuOutcome,
    CpuReport,
    check_options,
    cpu_steps,
    run_on_cpu,
)
from spatial_opt.tools.run_text import report_text
from spatial_opt.tools.sequence_text import sequence_text
from spatial_opt.tools.upstream_models import raise_upstream


@dataclass(frozen=True)
class Outcome:
    """What a run gave: report, results by name, and what ran, with the times of every part."""

    report: RunReport | SequenceReport
    results: dict[str, Array]
    module: ModuleOp
    timings: list[Timing]


def run_model(options: Namespace, compilation: Compilation) -> Outcome | CpuOutcome:
    """Do everything that the command line asks for, up to writing the results."""
    _check_paths(options)
    on_cpu = options.target == CPU
    if on_cpu:
        check_options(options)
    elif options.pipeline == CPU:
        raise SpatialError(
            f"pipeline {CPU} ends in code for this computer, not in a configuration; add "
            f"--target {CPU}"
        )
    steps_options = _steps_options(options)
    context = make_context()
    compilation.show(f"reading {options.model}")
    module, network = _read_model(options, context, compilation)
    level = level_of(module)
    _check_level(options, level)
    if options.relax is not None and options.target is None and is_compiled(module):
        for part in parts_of(module):
            set_target(part, relaxed(target_of(part), _relaxed_limits(options), "--relax"))
    steps = (
        cpu_steps(module, options, steps_options)
        if on_cpu
        else steps_for(module, options.pipeline or DEFAULT_PIPELINE, steps_options)
    )
    given = read_arrays(
        module, options, compilation, None if network is None else network.parameters
    )
    format = (options.format or "mixed8") if level == "rnn" else None
    # The program as it came, for the accuracy in f32 beside the one in the chosen format.
    original = module.clone() if given.labels is not None and level == "rnn" else None
    start = perf_counter()
    if format is not None:
        examples = given.inputs
        if options.calibrate is not None:
            examples, _ = read_examples(module, options.calibrate)
        calibrate(module, format, examples, given.parameters)
    dump = Dumper(options.dump_ir) if options.dump_ir is not None else None
    compile_module(context, module, steps, compilation, dump)
    if on_cpu:
        compilation.show("compiling for this computer")
        outcome = run_on_cpu(module, options, given, format, start)
        outcome.report.notes += () if network is None else network.notes
        if given.labels is not None:
            _judge(outcome.report, outcome.results, given, given.labels, original)
        return outcome
    compile_s = perf_counter() - start

    start = perf_counter()
    compilation.show("counting cycles")
    record = 64 if options.trace else 0
    timings = [time_configuration(part, record=record) for part in parts_of(module)]
    compilation.show("computing values")
    evaluator, reason = options.evaluator, None
    if evaluator is None:
        prepared, evaluator, reason = values.prepare_best(module)
    else:
        prepared = values.prepare(module, evaluator)
    results = prepared.run(given.inputs, given.parameters)
    found = (
        make_sequence_report(module, timings, format)
        if is_sequence(module)
        else make_report(module, timings[0], format)
    )
    found.evaluator = evaluator
    if reason is not None:
        found.notes.append(f"values by the numpy evaluator: {reason}")
    found.run_s, found.compile_s = perf_counter() - start, compile_s
    found.notes += [*given.notes, *(() if network is None else network.notes)]
    if given.labels is not None:
        _judge(found, results, given, given.labels, original)
    return Outcome(found, results, module, timings)


def _read_model(
    options: Namespace, context: Context, compilation: Compilation
) -> tuple[ModuleOp, Program | None]:
    """Read IR, or a network of another tool, which brings weights along."""
    dims = parse_dims(options.dim)
    if is_network(options.model):
        if options.weights is not None:
            raise SpatialError(
                f"the weights of {options.model} are in the model itself; leave --weights out, or "
                "take the IR that spatial-import makes of it"
            )
        network = read_network(options.model, dims)
        return network.module, network
    if dims:
        raise SpatialError(
            f"--dim fixes open dimensions of networks of other tools, and {options.model} is IR, "
            "which has none; leave --dim out"
        )
    module = read_module(context, options.model, compilation)
    return module, raise_upstream(context, module, compilation)


def _check_paths(options: Namespace) -> None:
    """Refuse, before the work, paths that can't be written after it."""
    for path in (options.outputs, options.trace):
        if path is not None:
            check_output(path)
    if options.outputs is not None:
        check_suffix(options.outputs)
    if options.dump_ir is not None:
        check_dump_folder(options.dump_ir)


def _steps_options(options: Namespace) -> dict[str, ParameterListType]:
    """Give the options of the pipeline."""
    given = parse_map(options.map)
    if options.configurations is not None:
        given["configurations"] = (options.configurations,)
    if options.target is not None:
        given["target"] = (options.target,)
    if options.relax is not None:
        given["relax"] = _relaxed_limits(options)
    return given


def _relaxed_limits(options: Namespace) -> tuple[str, ...]:
    text: str = options.relax
    return tuple(text.split(","))


def _check_level(options: Namespace, level: str) -> None:
    """Refuse options that would change nothing in a model of this level."""
    if is_network(options.model) and level != "rnn":
        # Without layers all is computed in f32.
        if options.format not in (None, "f32") or options.calibrate is not None:
            raise SpatialError(
                f"{options.model} has no recurrent or linear layer outside of loops, so no number "
                "format can be chosen; leave --format and --calibrate out"
            )
        return
    for option in ("format", "calibrate"):
        if getattr(options, option) is not None and level != "rnn":
            raise SpatialError(
                f"--{option} chooses the format of rnn layers, and {options.model} is {level} IR, "
                f"which has its formats written in it; leave --{option} out"
            )
    for option, what in (
        ("map", "how loops are spread over units"),
        ("configurations", "how a program is cut into parts"),
    ):
        if getattr(options, option) and level == "spatial":
            raise SpatialError(
                f"--{option} chooses {what}, and {options.model} is a configuration, where that is "
                f"done already; leave --{option} out"
            )


def _judge(
    found: RunReport | SequenceReport | CpuReport,
    results: Mapping[str, Array],
    given: Given,
    labels: Array,
    original: ModuleOp | None,
) -> None:
    """Compare the largest score of each sample with its label."""
    found.accuracy = accuracy(results, labels)
    found.samples = len(labels)
    if original is not None:
        from spatial_opt.runtime.f32_reference import evaluate_samples

        reference = evaluate_samples(original, given.inputs, given.parameters)
        found.accuracy_f32 = accuracy(reference, labels)


def _write(options: Namespace, outcome: Outcome | CpuOutcome) -> None:
    """Write all that was asked for; files appear only once everything else has succeeded."""
    report = outcome.report
    if options.report == "json":
        text = json.dumps(report.to_json(), indent=2) + "\n"
    elif isinstance(report, CpuReport):
        text = report.to_text()
    elif isinstance(report, SequenceReport):
        text = sequence_text(report)
    else:
        text = report_text(report, options.memory)
    with OutputFiles() as files:
        if options.outputs is not None:
            save_arrays(files.temporary(options.outputs), outcome.results)
        if options.trace is not None and isinstance(outcome, Outcome):
            from spatial_opt.runtime.sequence_trace import write_program_trace

            write_program_trace(files.temporary(options.trace), outcome.module, outcome.timings)
        files.commit()
    write_output(text)


def main(argv: Sequence[str] | None = None) -> int:
    """Run `spatial-run` and return its exit code: 0, 1 for an error, 2 for wrong usage."""
    compilation = Compilation()
    traceback = "--traceback" in (sys.argv[1:] if argv is None else argv)

    def work() -> None:
        options = arguments().parse_args(argv)
        display = StageDisplay(sys.stderr)
        compilation.show = display.show
        try:
            # What overflows shows in the results; numpy's warnings would name our source lines.
            with np.errstate(all="ignore"):
                outcome = run_model(options, compilation)
        finally:
            display.clear()
        _write(options, outcome)

    return run_tool(TOOL, lambda: compilation.stage, traceback, work)


if __name__ == "__main__":
    sys.exit(main())
