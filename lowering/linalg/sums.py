"""How a reduction is cut for upstream, whose reductions have no order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.ir import Attribute

from spatial_opt.dialects.pattern import ReduceOp
from spatial_opt.lowering.linalg.combining import keeps_order

LEAVES = 8
"""Elements that one body combines; what a tree has beyond them takes operations of their own."""
MOST_LEAVES = 64
"""Elements that one body combines where their number has no factor of two left."""
MOST_PIECES = 256
"""Pieces of a reduction, whose totals one body combines."""


@dataclass(frozen=True)
class Cut:
    """
    The last dimension of a reduction in groups of `leaves` adjacent elements.

    Each group is combined by the tree that the reduction defines. The groups of one of `pieces`
    pieces, `size` elements long, are combined in turn if `exact`, in any order otherwise.
    """

    extent: int
    leaves: int
    pieces: int
    size: int
    exact: bool

    @property
    def groups(self) -> int:
        """Return how many groups a piece has, the last perhaps incomplete."""
        return -(-min(self.size, self.extent) // self.leaves)

    @property
    def complete(self) -> int:
        """Return how many groups hold `leaves` elements, of all pieces."""
        return self.extent // self.leaves

    @property
    def uneven(self) -> bool:
        """Tell whether groups reach beyond the last element."""
        return self.pieces * self.groups * self.leaves > self.extent


def cut_of(op: ReduceOp, exact: bool) -> Cut:
    """Decide how a reduction is cut; `exact` asks for the order that it defines."""
    extent, lanes = op.domain[-1], op.lane_count
    leaves = max(_tree_leaves(op.through_types, result.type, lanes) for result in op.res)
    exact = exact or leaves > LEAVES
    for kind, result in zip(op.kind_names, op.res, strict=True):
        exact = exact or keeps_order(kind, result.type)
    if not exact:
        return Cut(extent, leaves, 1, extent, False)
    size = -(-(-(-extent // op.piece_count)) // lanes) * lanes
    return Cut(extent, lanes, -(-extent // size), size, True)


def _tree_leaves(through: Sequence[Attribute], result: Attribute, lanes: int) -> int:
    """Give the elements that must be combined in order, for the levels that round or wrap."""
    depth = (lanes - 1).bit_length()
    levels = [level_type(through, result, level) for level in range(depth)]
    while levels and levels[-1] == result:
        levels.pop()
    leaves = 1 << len(levels)
    return leaves if lanes % leaves == 0 else lanes


def level_type(through: Sequence[Attribute], result: Attribute, level: int) -> Attribute:
    """Give the type in which a level of the tree over lanes computes."""
    return through[min(level, len(through) - 1)] if through else result


def leaves_at_once(width: int) -> int:
    """Give how many adjacent values of a tree over `width` values one body combines."""
    if width <= LEAVES:
        return width
    power = min(width & -width, LEAVES)
    return power if power > 1 else width


def reason_against(op: ReduceOp, exact: bool) -> str | None:
    """Tell why a reduction can't be written upstream, or None."""
    cut = cut_of(op, exact)
    width = cut.leaves
    while width > LEAVES and leaves_at_once(width) < width:
        width //= leaves_at_once(width)
    if width > MOST_LEAVES:
        return (
            f"the order of its sums matters, and of its {cut.leaves} lanes {width} would be "
            f"combined in one body, which takes {MOST_LEAVES} at most; choose a number of lanes "
            "with more factors of two"
        )
    if cut.pieces > MOST_PIECES:
        return (
            f"the order of its sums matters, and its {cut.pieces} pieces would be combined in one "
            f"body, which takes {MOST_PIECES} at most; lower par"
        )
    return None
