"""The command line of `spatial-bench`."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from difflib import get_close_matches
from pathlib import Path

from spatial_opt.bench.parameters import SETS
from spatial_opt.bench.problems import DEEPBENCH, Problem
from spatial_opt.dialects.rnn_format import FORMATS
from spatial_opt.tools.entry import Version

TOOL = "spatial-bench"
BOTH = "both"

_EXAMPLES = """\
examples:
  spatial-bench deepbench
  spatial-bench deepbench --parameters auto --unfused --jobs 2
  spatial-bench deepbench --problems lstm-512,gru-2816 --report json > figures.json
  spatial-bench deepbench --csv figures.csv --plot figures.svg
"""
_DEEPBENCH = """\
Every problem is compiled and its configuration is run; no cycle comes from a formula. Columns of
other machines are published figures. docs/spatial-bench.md describes all fields and columns.

Tables or JSON go to stdout, progress and errors to stderr. A problem that the compiler refuses
is a row that says so, and makes the exit code 1. Wrong usage is exit code 2.
"""


def arguments() -> ArgumentParser:
    """Make the parser of the command line."""
    parser = ArgumentParser(
        TOOL,
        description="Compile and run published problems, and set them beside published figures.",
        epilog=_EXAMPLES,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=Version, nargs=0, help="print the version and exit")
    suites = parser.add_subparsers(metavar="SUITE", required=True)
    suite = suites.add_parser(
        "deepbench",
        help="the eleven recurrent layers of DeepBench at batch 1",
        description="Run the eleven recurrent layers of DeepBench at batch 1.",
        epilog=f"{_DEEPBENCH}\n{_EXAMPLES}",
        formatter_class=RawDescriptionHelpFormatter,
    )
    suite.add_argument(
        "--parameters",
        choices=(*SETS, BOTH),
        default=BOTH,
        help="loop parameters: the published ones, the compiler's, or both (default)",
    )
    suite.add_argument(
        "--unfused", action="store_true", help="also run every problem kernel by kernel"
    )
    suite.add_argument(
        "--problems",
        type=_problems,
        default=DEEPBENCH,
        metavar="NAMES",
        help="such as lstm-256,gru-2816 (default: all)",
    )
    suite.add_argument(
        "--format", choices=FORMATS, default="mixed8", help="number format (default: mixed8)"
    )
    suite.add_argument(
        "--target",
        default="plasticine-rnn",
        help="name of a shipped machine or a .toml file (default: plasticine-rnn)",
    )
    suite.add_argument("--report", choices=("text", "json"), default="text")
    suite.add_argument("--csv", type=Path, metavar="F.csv", help="also write the rows there")
    suite.add_argument(
        "--plot", type=Path, metavar="F.svg", help="also draw them; needs the extra 'plot'"
    )
    suite.add_argument(
        "--jobs", type=_jobs, default=1, metavar="N", help="processes at once (default: 1)"
    )
    suite.add_argument("--traceback", action="store_true", help="after an error")
    return parser


def _problems(text: str) -> tuple[Problem, ...]:
    known = {problem.name: problem for problem in DEEPBENCH}
    names = text.split(",")
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f", did you mean {near[0]}?" if near else ""
            raise ArgumentTypeError(
                f"there is no problem {name!r}{hint}; there are {', '.join(known)}"
            )
        if names.count(name) > 1:
            raise ArgumentTypeError(f"problem {name} is named twice; name it once")
    return tuple(known[name] for name in names)


def _jobs(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise ArgumentTypeError(f"processes at once are a whole number from 1 on, got {text!r}")
    return int(text)
