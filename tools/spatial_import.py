"""Read a network of another tool into IR, with its weights beside it: `spatial-import`."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path

import numpy as np
from xdsl.dialects.builtin import ModuleOp, StringAttr
from xdsl.printer import Printer

from spatial_opt.dialects.pattern_interface import WEIGHTS
from spatial_opt.frontends.files import read_network
from spatial_opt.frontends.graph.program import Program
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.array_files import save_arrays
from spatial_opt.tools.compilation import Compilation, level_of, make_context, read_module
from spatial_opt.tools.dim_options import add_dim_option, parse_dims
from spatial_opt.tools.entry import StageDisplay, Version, run_tool, write_output
from spatial_opt.tools.output_files import OutputFiles, check_output
from spatial_opt.tools.quantization import Judgement, quantize
from spatial_opt.tools.upstream_models import raise_upstream

TOOL = "spatial-import"

_EXAMPLES = """\
examples:
  spatial-import model.onnx -o model.mlir
  spatial-import model.onnx -o model.mlir --dim batch=1 --dim time=25
  spatial-import model.onnx -o model.mlir --format int8 --calibrate examples.npz

Writes the IR (rnn and pattern dialects) and beside it, if the network has weights, a .safetensors
file of the same name. Without --format layers state none, and whoever compiles them chooses one.
With --calibrate the scales of 8-bit formats come from running the network on examples of its
inputs, by name; 'labels' among them make the accuracy before and after be told.
A model that can't be read is one sentence and exit code 1, with nothing written. Wrong usage is
exit code 2.
"""


def _arguments() -> ArgumentParser:
    parser = ArgumentParser(
        TOOL,
        description="Read a network of another tool into IR that the compiler takes.",
        epilog=_EXAMPLES,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "model",
        metavar="MODEL",
        type=Path,
        help="an ONNX model (.onnx), a PyTorch program (.pt2), or linalg on tensors (.mlir)",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="F.mlir",
        required=True,
        help="the IR to write; weights go beside it",
    )
    add_dim_option(parser)
    parser.add_argument(
        "--format",
        choices=("f32", "bf16", "int8", "mixed8"),
        help="number format of recurrent and linear layers",
    )
    parser.add_argument(
        "--calibrate", type=Path, metavar="F.npz", help="examples of the inputs, and labels"
    )
    parser.add_argument(
        "--scales",
        choices=("tensor", "row"),
        default="tensor",
        help="scales of weights in 8-bit formats: one per tensor, or one per row (default: tensor)",
    )
    parser.add_argument("--traceback", action="store_true", help="after an error")
    parser.add_argument("--version", action=Version, nargs=0, help="print the version and exit")
    return parser


def _import(options: Namespace, display: StageDisplay, compilation: Compilation) -> str:
    """Do everything; gives the text for standard output."""
    model: Path = options.model
    output: Path = options.output
    weights = output.with_suffix(".safetensors")
    if output.suffix != ".mlir":
        raise SpatialError(f"{output} does not end in .mlir, as IR does; name it so")
    for path in (output, weights):
        check_output(path)
    if options.calibrate is not None and options.calibrate.resolve() == weights.resolve():
        raise SpatialError(
            f"the weights would take the place of the examples {weights}; choose another output"
        )
    display.show(f"reading {model}")
    dims = parse_dims(options.dim)
    is_ir = model.suffix == ".mlir"
    program = _read_ir(model, dims, compilation) if is_ir else read_network(model, dims)
    judgement = None
    if options.format is not None or options.calibrate is not None:
        if level_of(program.module) == "rnn":
            display.show("calibrating")
            by_row = options.scales == "row"
            format = options.format or "mixed8"
            program, judgement = quantize(program, format, options.calibrate, by_row=by_row)
        # Without layers all is computed in f32.
        elif options.format != "f32" or options.calibrate is not None:
            raise SpatialError(
                f"{model} has no recurrent or linear layer outside of loops, so no number format "
                "can be chosen; leave --format and --calibrate out"
            )
    _write(program, model, output, weights)
    return _told(program, output, weights, judgement)


def _read_ir(model: Path, dims: Mapping[str, int], compilation: Compilation) -> Program:
    """Read what another front end of MLIR has lowered."""
    if dims:
        raise SpatialError(
            f"--dim fixes open dimensions, and {model} is IR, whose shapes must be static; leave "
            "--dim out"
        )
    context = make_context()
    program = raise_upstream(context, read_module(context, model, compilation), compilation)
    if program is None:
        raise SpatialError(
            f"{model} is IR of this compiler already; spatial-run and spatial-opt take it as it is"
        )
    return program


def _write(program: Program, model: Path, output: Path, weights: Path) -> None:
    if program.parameters:
        program.module.attributes[WEIGHTS] = StringAttr(weights.name)
    text = _text(program.module, model)
    with OutputFiles() as files:
        files.temporary(output).write_text(text, encoding="utf-8")
        if program.parameters:
            save_arrays(files.temporary(weights), program.parameters)
        files.commit()


def _text(module: ModuleOp, model: Path) -> str:
    stream = StringIO()
    Printer(stream=stream).print_op(module)
    name = "".join(c if c.isprintable() else "?" for c in model.name)
    return f"// {name}, read by spatial-import\n{stream.getvalue()}\n"


def _told(program: Program, output: Path, weights: Path, judgement: Judgement | None) -> str:
    lines = [str(output)]
    if program.parameters:
        count = sum(array.size for array in program.parameters.values())
        lines.append(f"{weights} ({count:,} numbers)")
    if judgement is not None:
        lines += judgement.lines()
    lines += [f"note: {note}" for note in program.notes]
    return "\n".join(lines) + "\n"


def main(argv: Sequence[str] | None = None) -> int:
    """Run `spatial-import` and return its exit code: 0, 1 for an error, 2 for wrong usage."""
    compilation = Compilation()
    traceback = "--traceback" in (sys.argv[1:] if argv is None else argv)

    def work() -> None:
        options = _arguments().parse_args(argv)
        display = StageDisplay(sys.stderr)
        try:
            with np.errstate(all="ignore"):
                text = _import(options, display, compilation)
        finally:
            display.clear()
        write_output(text)

    return run_tool(TOOL, lambda: compilation.stage, traceback, work)


if __name__ == "__main__":
    sys.exit(main())
