"""Where the parts of a module in MLIR come from: places in the text that it was parsed from."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

Place = tuple[int, int]
"""Line and column, from 1."""

_PLACE = re.compile(r'"-":(\d+):(\d+)')


@dataclass
class Places:
    """The places of all operations and block arguments; those of one part may be several."""

    operations: list[list[Place]] = field(default_factory=list[list[Place]])
    """In the order of xDSL's `walk`."""
    arguments: list[list[Place]] = field(default_factory=list[list[Place]])
    """Block by block, in that order."""


def places_in(op: Any) -> Places:
    """Collect the places of one of MLIR's operations and of all that is in it."""
    places = Places()
    _collect(op, places)
    return places


def _collect(op: Any, places: Places) -> None:
    places.operations.append(_places(op.location))
    for region in op.regions:
        for block in region.blocks:
            places.arguments += [_places(argument.location) for argument in block.arguments]
            for inner in block.operations:
                _collect(inner.operation, places)


def _places(location: Any) -> list[Place]:
    """Find places in the text in a location, which may be made of several."""
    return [(int(line), int(column)) for line, column in _PLACE.findall(str(location))]
