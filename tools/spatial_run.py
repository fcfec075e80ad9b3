"""Compile a model, execute its configuration, and report values, cycles and why: `spatial-run`."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter

import numpy as np
from xdsl.dialects.builtin import ModuleOp
from xdsl.utils.arg_spec import ParameterListType

from spatial_opt.dialects.pattern_interface import weights_file
from spatial_opt.dialects.target import target_of
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.pipelines import PIPELINES
from spatial_opt.runtime import values
from spatial_opt.runtime.array_files import load_arrays, save_arrays
from spatial_opt.runtime.boundary import random_arrays
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.program_inputs import input_specs, parameter_specs
from spatial_opt.runtime.report import RunReport, make_report, time_configuration
from spatial_opt.runtime.rnn_calibrate import calibrate
from spatial_opt.tools.compilation import (
    Compilation,
    Dumper,
    compile_module,
    level_of,
    make_context,
    read_module,
    steps_for,
)
from spatial_opt.tools.errors import USER_ERRORS, report
from spatial_opt.tools.run_text import report_text

TOOL = "spatial-run"
LABELS = "labels"
"""Name in the input file under which the right classes may stand."""

_EXAMPLES = """\
examples:
  spatial-run examples/digits_lstm.mlir --inputs examples/digits_test.npz
  spatial-run net.mlir --format int8 --map hu=4,ru=8,rv=64 --report json
  spatial-run net.mlir --target my_machine.toml --outputs y.npz --trace run.json
  spatial-opt net.mlir -p unfused -o net.spatial.mlir && spatial-run net.spatial.mlir

MODEL may be IR of any level: rnn, pattern, or a configuration. Without --inputs, random inputs
are made from --seed. Data goes to stdout, everything else to stderr.
"""


def arguments() -> ArgumentParser:
    """Make the parser of the command line."""
    parser = ArgumentParser(
        TOOL,
        description="Compile a model for a spatial machine, run it, and explain its cycles.",
        epilog=_EXAMPLES,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", metavar="MODEL", type=Path, help="IR at any level (.mlir)")
    parser.add_argument(
        "--target", help="name of a shipped machine or a .toml file (default: plasticine-rnn)"
    )
    parser.add_argument(
        "--relax",
        metavar="KEYS",
        help="limits of the machine not to enforce, such as pmu.capacity_bytes",
    )
    parser.add_argument(
        "--format",
        choices=("f32", "bf16", "int8", "mixed8"),
        help="number format of layers that state none (default: mixed8)",
    )
    parser.add_argument(
        "--pipeline", default="unfused", help=f"one of {', '.join(PIPELINES)} (default: unfused)"
    )
    parser.add_argument("--map", metavar="hu=4,ru=8,rv=64", default="", help="loop parameters")
    parser.add_argument("--inputs", type=Path, metavar="F.npz", help="inputs by name, and labels")
    parser.add_argument("--outputs", type=Path, metavar="F.npz", help="write the results there")
    parser.add_argument("--weights", type=Path, help="parameters, instead of the file the IR names")
    parser.add_argument("--seed", type=int, default=0, help="for random inputs (default: 0)")
    parser.add_argument(
        "--evaluator", choices=("native", "numpy"), help="default: native where it is available"
    )
    parser.add_argument("--report", choices=("text", "json"), default="text")
    parser.add_argument("--dump-ir", type=Path, metavar="DIR", help="one numbered file per pass")
    parser.add_argument("--trace", type=Path, metavar="F.json", help="a timeline for Perfetto")
    parser.add_argument("--traceback", action="store_true", help="after an error")
    return parser


def parse_map(text: str) -> dict[str, ParameterListType]:
    """Read `hu=4,ru=8,rv=64`; raises SpatialError naming what is not of that form."""
    found: dict[str, ParameterListType] = {}
    for part in filter(None, text.split(",")):
        name, _, value = part.partition("=")
        if name not in ("hu", "ru", "rv") or not value.isdigit():
            raise SpatialError(
                f"--map takes hu, ru and rv with whole numbers, as in hu=4,ru=8,rv=64; got {part!r}"
            )
        found[name] = (int(value),)
    return found


def run_model(options: Namespace, compilation: Compilation) -> tuple[RunReport, dict[str, Array]]:
    """Do everything that the command line asks for, up to writing the report."""
    compilation.stage = ""
    context = make_context()
    module = read_module(context, options.model)
    parameters = _parameters(module, options)
    inputs, labels, notes = _inputs(module, options)
    level = level_of(module)
    if options.format is not None and level != "rnn":
        raise SpatialError(
            f"--format chooses the format of rnn layers, and {options.model} is {level} IR, "
            "which has its formats written in it; leave --format out"
        )
    format = (options.format or "mixed8") if level == "rnn" else None
    # The program as it came, for the accuracy in f32 beside the one in the chosen format.
    original = module.clone() if labels is not None and level == "rnn" else None
    start = perf_counter()
    if format is not None:
        calibrate(module, format, inputs, parameters)
    given: dict[str, ParameterListType] = parse_map(options.map)
    if options.target is not None:
        given["target"] = (options.target,)
    if options.relax is not None:
        given["relax"] = tuple(options.relax.split(","))
    dump = Dumper(options.dump_ir) if options.dump_ir is not None else None
    steps = steps_for(module, options.pipeline, given)
    compile_module(context, module, steps, compilation, dump)
    compile_s = perf_counter() - start

    start = perf_counter()
    timing = time_configuration(module, record=64 if options.trace else 0)
    prepared = values.prepare(module, _evaluator(options))
    results = prepared.run(inputs, parameters)
    found = make_report(module, timing, format)
    found.run_s, found.compile_s = perf_counter() - start, compile_s
    found.notes += notes
    if labels is not None:
        _judge(found, results, labels, original, inputs, parameters)
    if options.trace is not None:
        from spatial_opt.runtime.trace import write_trace

        write_trace(options.trace, timing.network, timing.result, target_of(module))
    return found, results


def _parameters(module: ModuleOp, options: Namespace) -> dict[str, Array]:
    wanted = parameter_specs(module)
    if not wanted:
        return {}
    path: Path | None = options.weights
    if path is None:
        name = weights_file(module)
        if name is None:
            listed = ", ".join(repr(spec.name) for spec in wanted[:3])
            raise SpatialError(
                f"{options.model} has parameters ({listed}, ...) but names no weights file; give "
                "--weights or the module attribute pattern.weights"
            )
        path = options.model.parent / name
    return load_arrays(path)


def _inputs(
    module: ModuleOp, options: Namespace
) -> tuple[dict[str, Array], Array | None, list[str]]:
    """Give the inputs, the labels if there are any, and what to say of them."""
    if options.inputs is None:
        made = random_arrays(input_specs(module), options.seed)
        return made, None, [f"no --inputs: random ones from seed {options.seed}"]
    inputs = load_arrays(options.inputs)
    names = {spec.name for spec in input_specs(module)}
    labels = inputs.pop(LABELS) if LABELS in inputs and LABELS not in names else None
    return inputs, labels, []


def _evaluator(options: Namespace) -> str:
    if options.evaluator is not None:
        return options.evaluator
    from spatial_opt.runtime import bindings

    return "native" if bindings.find() is not None else "numpy"


def _judge(
    found: RunReport,
    results: Mapping[str, Array],
    labels: Array,
    original: ModuleOp | None,
    inputs: Mapping[str, Array],
    parameters: Mapping[str, Array],
) -> None:
    """Compare the largest score of each sample with its label."""
    found.accuracy = _accuracy(results, labels)
    found.samples = len(labels)
    if original is not None:
        from spatial_opt.runtime.f32_reference import evaluate_samples

        found.accuracy_f32 = _accuracy(evaluate_samples(original, inputs, parameters), labels)


def _accuracy(results: Mapping[str, Array], labels: Array) -> float:
    scores = next(iter(results.values()))
    if scores.ndim < 2 or len(scores) != len(labels):
        raise SpatialError(
            f"there are {len(labels)} labels but the first result has shape {scores.shape}; "
            "labels need one sample of inputs each"
        )
    return float(np.mean(scores.reshape(len(labels), -1).argmax(axis=1) == labels))


def main(argv: Sequence[str] | None = None) -> int:
    """Run `spatial-run` and return its exit code: 0, 1 for an error, 2 for wrong usage."""
    compilation = Compilation()
    traceback = "--traceback" in (sys.argv[1:] if argv is None else argv)
    try:
        options = arguments().parse_args(argv)
        found, results = run_model(options, compilation)
        if options.outputs is not None:
            save_arrays(options.outputs, results)
        if options.report == "json":
            sys.stdout.write(json.dumps(found.to_json(), indent=2) + "\n")
        else:
            sys.stdout.write(report_text(found))
    except BrokenPipeError:
        return 1
    except USER_ERRORS as error:
        sys.stderr.write(report(TOOL, error, compilation.stage, traceback))
        return 1
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
