"""The command line of `spatial-run`."""

from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from pathlib import Path

from xdsl.utils.arg_spec import ParameterListType

from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.pipelines import PIPELINES
from spatial_opt.tools.dim_options import add_dim_option
from spatial_opt.tools.entry import Version

TOOL = "spatial-run"
DEFAULT_PIPELINE = "fused"

_EXAMPLES = """\
examples:
  spatial-run examples/digits_lstm.mlir --inputs examples/digits_test.npz
  spatial-run net.mlir --format int8 --map hu=4,ru=8,rv=64 --report json
  spatial-run net.mlir --target my_machine.toml --outputs y.npz --trace run.json
  spatial-run net.onnx --dim batch=1 --inputs x.npz
  spatial-run net.mlir --target cpu --format f32
  spatial-opt net.mlir -p unfused -o net.spatial.mlir && spatial-run net.spatial.mlir

MODEL may be IR of any level (rnn, pattern, linalg on tensors, or a configuration), or a network
that spatial-import reads. Without --inputs, random inputs are made from --seed. Data goes to
stdout, everything else to stderr. Errors are one sentence and exit code 1; no output file is
written then. Wrong usage is exit code 2.
"""


def arguments() -> ArgumentParser:
    """Make the parser of the command line."""
    parser = ArgumentParser(
        TOOL,
        description="Compile a model for a spatial machine, run it, and explain its cycles.",
        epilog=_EXAMPLES,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "model", metavar="MODEL", type=Path, help="IR (.mlir) or a network (.onnx, .pt2)"
    )
    parser.add_argument(
        "--target",
        help="name of a shipped machine, a .toml file, or cpu, which is this computer "
        "(default: plasticine-rnn)",
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
        "--pipeline",
        help=f"one of {', '.join(PIPELINES)} (default: {DEFAULT_PIPELINE}; cpu with --target cpu)",
    )
    parser.add_argument("--map", metavar="hu=4,ru=8,rv=64", default="", help="loop parameters")
    parser.add_argument(
        "--configurations",
        choices=("auto", "one", "fastest", "each"),
        help="into how many parts that run one after another the program is cut: several where one "
        "can't hold the weights (auto, the default), one, as many as are fastest, or all",
    )
    parser.add_argument("--inputs", type=Path, metavar="F.npz", help="inputs by name, and labels")
    parser.add_argument("--outputs", type=Path, metavar="F.npz", help="write the results there")
    parser.add_argument("--weights", type=Path, help="parameters, instead of the file the IR names")
    add_dim_option(parser)
    parser.add_argument(
        "--calibrate",
        type=Path,
        metavar="F.npz",
        help="examples of the inputs, for the scales of 8-bit formats (default: those of --inputs)",
    )
    parser.add_argument("--seed", type=_seed, default=0, help="for random inputs (default: 0)")
    parser.add_argument(
        "--evaluator", choices=("native", "numpy"), help="default: native where it is available"
    )
    parser.add_argument("--report", choices=("text", "json"), default="text")
    parser.add_argument(
        "--memory", action="store_true", help="add a table of what memory units hold to the text"
    )
    parser.add_argument("--dump-ir", type=Path, metavar="DIR", help="one numbered file per pass")
    parser.add_argument("--trace", type=Path, metavar="F.json", help="a timeline for Perfetto")
    parser.add_argument("--traceback", action="store_true", help="after an error")
    parser.add_argument("--version", action=Version, nargs=0, help="print the version and exit")
    return parser


def _seed(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ArgumentTypeError(f"a seed is a whole number from 0 on, got {text!r}")
    return int(text)


def parse_map(text: str) -> dict[str, ParameterListType]:
    """Read `hu=4,ru=8,rv=64` (or hv, rows); raises SpatialError naming what is not of that form."""
    found: dict[str, ParameterListType] = {}
    for part in text.split(",") if text else ():
        name, _, value = part.partition("=")
        if name not in ("hu", "ru", "rv", "hv", "rows") or not (
            value.isascii() and value.isdigit()
        ):
            raise SpatialError(
                "--map takes hu, ru, rv, hv and rows with whole numbers, as in "
                f"hu=4,ru=8,rv=64; got {part!r}"
            )
        if name in found:
            raise SpatialError(f"--map gives {name} twice, in {text!r}; give it once")
        found[name] = (int(value),)
    return found
