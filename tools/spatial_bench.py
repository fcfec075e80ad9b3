"""Run published problems and set them beside published figures: `spatial-bench`."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from spatial_opt.bench.arguments import BOTH, TOOL, arguments
from spatial_opt.bench.csv_text import csv_text
from spatial_opt.bench.document import make_document
from spatial_opt.bench.measure import Measurement
from spatial_opt.bench.parameters import SETS
from spatial_opt.bench.plot import check_plot, draw
from spatial_opt.bench.suite import list_jobs, run_jobs
from spatial_opt.bench.table import tables
from spatial_opt.machine.errors import SpatialError
from spatial_opt.machine.load import load_machine
from spatial_opt.tools.entry import run_tool, write_output
from spatial_opt.tools.output_files import OutputFiles, check_output


def _run(options: Namespace) -> None:
    """Do everything that the command line asks for; raises SpatialError if a row is refused."""
    for path in (options.csv, options.plot):
        if path is not None:
            check_output(path)
    if options.plot is not None:
        check_plot(options.plot)
    machine = load_machine(options.target)
    jobs = list_jobs(
        options.problems,
        SETS if options.parameters == BOTH else (options.parameters,),
        unfused=options.unfused,
        target=options.target,
        format=options.format,
    )
    measurements = run_jobs(jobs, options.jobs, _tell)
    _write(options, make_document(machine.name, options.format, measurements))
    _refuse(measurements)


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _write(options: Namespace, document: dict[str, Any]) -> None:
    """Write all that was asked for; files appear only once everything has been made."""
    as_json = options.report == "json"
    text = json.dumps(document, indent=2) + "\n" if as_json else tables(document)
    with OutputFiles() as files:
        if options.csv is not None:
            files.temporary(options.csv).write_text(csv_text(document), encoding="utf-8")
        if options.plot is not None:
            draw(document, files.temporary(options.plot))
        files.commit()
    write_output(text)


def _refuse(measurements: Sequence[Measurement]) -> None:
    refused = [m.job.name for m in measurements if m.refusal is not None]
    if refused:
        raise SpatialError(
            f"{len(refused)} of {len(measurements)} runs were refused by the compiler, "
            f"{', '.join(refused)}; the report says why, choose others with --problems, "
            "--parameters, --format or --target"
        )


def main(argv: Sequence[str] | None = None) -> int:
    """Run `spatial-bench` and return its exit code: 0, 1 for an error, 2 for wrong usage."""
    traceback = "--traceback" in (sys.argv[1:] if argv is None else argv)
    return run_tool(TOOL, lambda: "", traceback, lambda: _run(arguments().parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
