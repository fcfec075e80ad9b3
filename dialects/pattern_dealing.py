"""
How the rows of a map, its last dimension, are dealt to the units that make them.

Unit q of `units` takes in turn n of group g, in lane l, the row

    group_step * g + turn_step * n + unit_step * q + l

Dealt *cyclically*, the units take neighbouring rows, `lanes` each, then come the next turn and the
next group. Dealt in *blocks*, each unit takes `block` rows one after another. All units take as
many turns either way; what they compute behind the last row, nobody keeps.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.ir.affine import AffineExpr

DEALINGS = ("cyclic", "blocked")


@dataclass(frozen=True)
class Dealing:
    """Rows, and the copies, units and lanes that they are dealt to."""

    rows: int
    """Extent of the last dimension."""
    copies: int
    """Of the reductions; each unit takes the results of copies / units of them in turn."""
    units: int
    lanes: int
    blocked: bool = False

    @property
    def turns(self) -> int:
        """Copies of a reduction whose results one unit takes in turn."""
        return self.copies // self.units

    @property
    def group(self) -> int:
        """Rows that all copies take at once."""
        return self.copies * self.lanes

    @property
    def groups(self) -> int:
        """How often the copies take rows until all are taken."""
        return -(-self.rows // self.group)

    @property
    def block(self) -> int:
        """Rows of one unit, those behind the end included."""
        return self.groups * self.turns * self.lanes

    @property
    def group_step(self) -> int:
        """Rows from a unit's first one of a group to that of the next group."""
        return self.turns * self.lanes if self.blocked else self.group

    @property
    def turn_step(self) -> int:
        """Rows from a unit's first one of a turn to that of the next turn."""
        return self.lanes if self.blocked else self.units * self.lanes

    @property
    def unit_step(self) -> int:
        """Rows from a unit's first one to that of the next unit."""
        return self.block if self.blocked else self.lanes

    @property
    def is_partial(self) -> bool:
        """Whether some unit takes rows behind the end."""
        return self.rows % self.group != 0

    def unit(self, row: AffineExpr) -> AffineExpr:
        """Give the number of the unit that makes a row."""
        if self.units == 1:
            return AffineExpr.constant(0)
        return row // self.block if self.blocked else row // self.lanes % self.units

    def turn(self, row: AffineExpr) -> AffineExpr:
        """Give the turn in which its unit makes a row."""
        if self.turns == 1:
            return AffineExpr.constant(0)
        # A block is a whole number of groups' turns.
        return row // self.turn_step % self.turns
