"""A clash of a read and a write as part of a sentence."""

from __future__ import annotations

import islpy as isl
from xdsl.ir import Operation

from spatial_opt.dialects import pattern
from spatial_opt.passes.memory_assignment.levels import Read
from spatial_opt.passes.memory_assignment.states import StateClash
from spatial_opt.passes.polyhedral.loops import Loops, loops_around, loops_of_block


def clash_text(clash: StateClash) -> str:
    """Say which iteration may overwrite which element before which other iteration reads it."""
    op = clash.maker.op
    assert isinstance(op, pattern.MapOp)
    reading, writing = loops_around(clash.reader), loops_of_block(op.body.block)
    point = clash.pairs.wrap().lexmin().sample_point()
    values = [
        point.get_coordinate_val(isl.dim_type.set, dim).to_python()
        for dim in range(len(reading) + len(writing))
    ]
    scan = op.parent_op()
    if isinstance(scan, pattern.ScanOp) and scan.reverse is not None:
        # Clashes count the steps of a loop that runs backwards.
        for place in (clash.read.outer, len(reading) + clash.write.outer):
            values[place] = scan.steps - 1 - values[place]
    read_at, write_at = values[: len(reading)], values[len(reading) :]
    element = write_at[len(writing) - len(op.domain) :]
    return (
        f"%{clash.maker.name_hint or 'value'} at {_at(writing, write_at)} may write element "
        f"{element} before {_name(clash.reader)} at {_at(reading, read_at)} has read it"
    )


def _at(loops: Loops, values: list[int]) -> str:
    return ", ".join(f"%{name} = {value}" for name, value in zip(loops.names, values, strict=True))


def _name(read: Read) -> str:
    """Give the name of the outermost map around a read."""
    found: Operation = read
    parent = read.parent_op()
    while parent is not None:
        found = parent if isinstance(parent, pattern.MapOp) else found
        parent = parent.parent_op()
    return f"%{found.results[0].name_hint or 'value'}"
