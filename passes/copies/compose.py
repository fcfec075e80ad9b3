"""
Reads through a view: what a reader of a copy reads once the copy is gone.

The new access is `L' = L . W^-1 . L_C`, reader's iteration to element of the copy to iteration of
the copy to element of the source. A map writes each element once, at its own point, so W^-1 is
the identity (C1). The other conditions are checked here, each on sets of isl.
"""

from __future__ import annotations

from dataclasses import dataclass

import islpy as isl
from xdsl.ir import BlockArgument
from xdsl.ir.affine import AffineMap

from spatial_opt.dialects import pattern
from spatial_opt.dialects.pattern import is_float
from spatial_opt.passes.copies.lanes import lanes_index, lost_lanes
from spatial_opt.passes.copies.summed import only_moved, only_summed
from spatial_opt.passes.copies.views import Piece, View
from spatial_opt.passes.copies.written import written
from spatial_opt.passes.polyhedral.accesses import read_function, shape_of
from spatial_opt.passes.polyhedral.loops import Loops, loops_around
from spatial_opt.passes.polyhedral.spaces import (
    box,
    related,
)
from spatial_opt.passes.polyhedral.states import overwritten, scan_of
from spatial_opt.passes.polyhedral.text import points_text
from spatial_opt.passes.remarks import name_of


@dataclass(frozen=True)
class Rules:
    """What the machine is taken to have."""

    strict_lanes: bool = False
    """Whether no reader may lose neighbours along its lanes, whatever it costs."""
    buffers: int = 2
    """Buffers of a carried value."""


@dataclass(frozen=True)
class Refusal:
    """A condition that does not hold."""

    condition: str
    """C1 to C6."""
    reason: str

    def __str__(self) -> str:
        """Return what remarks say."""
        return f"{self.condition}: {self.reason}"


@dataclass(frozen=True)
class Part:
    """A read that takes the place of another one, for one piece of a view."""

    piece: Piece
    map: AffineMap
    """From the loops around the reader."""
    zero_outside: bool
    late: bool = False
    """It reads a state of which the successor may be there already, in another buffer."""


@dataclass(frozen=True)
class Composition:
    """What takes the place of a read: the sum of the parts, each zero where others are not."""

    read: pattern.ReadOp
    loops: Loops
    parts: tuple[Part, ...]
    adds_zero: bool
    """The copy added zero, which turns a negative zero into a positive one."""


def compose(read: pattern.ReadOp, view: View, rules: Rules) -> Composition | Refusal:
    """Return what a read of a view becomes, or the condition that forbids it."""
    loops = loops_around(read)
    names, name = loops.names, name_of(view.value)
    into = read_function(read.indices, read.map.data, loops, len(view.around))
    if into is None:
        return Refusal("C3", f"the coordinates of a read of {name} are computed at run time")
    domain = box(loops.bounds)
    inside = domain.intersect(view.points.preimage_multi_aff(into))
    if read.zero_outside is None and not domain.is_subset(inside):
        outside = points_text(domain.subtract(inside), names)
        return Refusal("C2", f"a read of {name} leaves it at {outside}")
    parts: list[Part] = []
    for piece in view.pieces:
        where = inside.intersect(piece.domain.preimage_multi_aff(into))
        if where.is_empty():
            continue
        part = _part(read, loops, into, piece, where, view, rules)
        if isinstance(part, Refusal):
            return part
        parts.append(part)
    if not is_float(read.result.type):
        adds_zero = False
        several = len(parts) < 2 or only_summed(read.result) or only_moved(read.result)
    else:
        summed = only_summed(read.result)
        adds_zero = view.adds and len(parts) == 1 and not summed
        several = len(parts) < 2 or summed or (view.adds and only_moved(read.result))
    if not several:
        return Refusal(
            "C6",
            f"a read of {name} needs {len(parts)} addresses by turns, which only a sum of "
            "products can take",
        )
    return Composition(read, loops, tuple(parts), adds_zero)


def _part(
    read: pattern.ReadOp,
    loops: Loops,
    into: isl.MultiAff,
    piece: Piece,
    where: isl.Set,
    view: View,
    rules: Rules,
) -> Part | Refusal:
    domain = box(loops.bounds)
    composed = related(into, where).apply_range(piece.relation)
    if not composed.is_single_valued() or not composed.domain().is_equal(where):
        reads = points_text(composed.domain(), loops.names)
        return Refusal("C3", f"the composed access is no function at {reads}")
    source = piece.source
    late = False
    if isinstance(source, BlockArgument) and scan_of(source) is not None:
        wrong = overwritten(source, read, composed)
        late = not wrong.is_empty()
        if late and rules.buffers < 2:
            points = points_text(wrong.domain(), loops.names)
            return Refusal(
                "C4",
                f"the state {name_of(source)} is overwritten before it is read at "
                f"{points}; with two buffers (buffers=2) that change places it is not",
            )
    raw = piece.access.pullback_multi_aff(into)
    everywhere = domain.is_subset(where)
    shape = shape_of(source)
    if piece.stacked:
        shape = (view.shape[0], *shape)
    before = over_loops(read, loops).results
    lanes = lanes_index(before, loops.bounds)
    map = written(raw, composed, domain, None if everywhere else where, shape, lanes)
    if map is None:
        natural = domain.intersect(box(shape).preimage_multi_aff(raw))
        points = points_text(natural.subtract(where), loops.names)
        return Refusal(
            "C2",
            f"not everything read was copied: {name_of(view.value)} is zero at "
            f"{points}, where {name_of(source)} has elements",
        )
    lost = lost_lanes(loops, before, map.results, source, view, rules.strict_lanes)
    if lost is not None:
        return Refusal("C6", lost)
    return Part(piece, map, not everywhere, late)


def over_loops(read: pattern.ReadOp, loops: Loops) -> AffineMap:
    """Return an access over all loops around it."""
    positions = [loops.position(index) for index in read.indices]
    dims = AffineMap.identity(len(loops)).results
    return read.map.data.replace_dims_and_symbols(
        [dims[position or 0] for position in positions], [], len(loops), 0
    )
