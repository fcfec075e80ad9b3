"""The shapes of a network's inputs, with open dimensions fixed by the user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from spatial_opt.frontends.graph.tensor import Shape
from spatial_opt.machine.errors import SpatialError

OpenShape = Sequence[int | str | None] | None
"""Extents: numbers, names, or None for one without a name; None if even the rank is open."""


def fixed_shapes(
    ports: Mapping[str, OpenShape], dims: Mapping[str, int], *, numbers_stay: bool = False
) -> dict[str, Shape]:
    """
    Return the static shape of each input.

    `dims` fixes dimensions by name, or by place as in `x[0]`, which also overrides a number unless
    `numbers_stay`. Raises SpatialError for dimensions that stay open or are zero, and for names
    that no dimension has.
    """
    unused = dict(dims)
    shapes: dict[str, Shape] = {}
    still_open: list[str] = []
    for port, extents in ports.items():
        if extents is None:
            raise SpatialError(f"input {port!r} is no tensor; export the model with tensors")
        found: list[int] = []
        for position, extent in enumerate(extents):
            place = f"{port}[{position}]"
            name = extent if isinstance(extent, str) else place
            known = dims.get(place, dims.get(name))
            if known is None and isinstance(extent, int):
                known = extent
            if numbers_stay and isinstance(extent, int) and known not in (None, extent):
                raise SpatialError(
                    f"dimension {place} is {extent} in the program, which {known} of --dim can't "
                    "change; export it again for another one"
                )
            for used in (place, name):
                unused.pop(used, None)
            if known is None:
                still_open.append(name)
            else:
                found.append(known)
        shapes[port] = tuple(found)
    if still_open:
        names = list(dict.fromkeys(still_open))
        listed = ", ".join(repr(name) for name in names)
        given = " ".join(f"--dim {name}=1" for name in names)
        raise SpatialError(
            f"{'dimension' if len(names) == 1 else 'dimensions'} {listed} of the inputs "
            f"{'is' if len(names) == 1 else 'are'} open, and the machine's are not; fix "
            f"{'it' if len(names) == 1 else 'them'}, as with {given}"
        )
    if unused:
        there = sorted({e for each in ports.values() for e in each or () if isinstance(e, str)})
        raise SpatialError(
            f"no input has the dimension {next(iter(unused))!r} of --dim; "
            + (f"there are {', '.join(there)}" if there else "none has a name, write x[0]=1")
        )
    for name, shape in shapes.items():
        if min(shape, default=1) < 1:
            raise SpatialError(
                f"input {name!r} has the shape {shape}, which holds nothing; every dimension must "
                f"be at least 1, as with --dim {name}[{shape.index(min(shape))}]=1"
            )
    return shapes
