"""The option `--dim NAME=N` of tools that read networks."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence

from spatial_opt.machine.errors import SpatialError


def add_dim_option(parser: ArgumentParser) -> None:
    """Add `--dim`, which may be given several times."""
    parser.add_argument(
        "--dim",
        action="append",
        default=[],
        metavar="NAME=N",
        help="size of an open dimension of the network's inputs, by name or as x[0] (repeatable)",
    )


def parse_dims(given: Sequence[str]) -> dict[str, int]:
    """Read `NAME=N` each; raises SpatialError naming what is not of that form."""
    found: dict[str, int] = {}
    for text in given:
        name, mark, number = text.rpartition("=")
        if not (mark and name and number.isascii() and number.isdigit() and int(number)):
            raise SpatialError(
                f"--dim takes a name and a whole number from 1 on, as in batch=1; got {text!r}"
            )
        if name in found:
            raise SpatialError(f"--dim gives {name} twice; give it once")
        found[name] = int(number)
    return found
