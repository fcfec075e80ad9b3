"""The mesh of switches that placement and routing share."""

from collections.abc import Sequence
from dataclasses import dataclass

Position = tuple[int, int]
"""Row and column; the address generators' columns are -1 and the number of grid columns."""

Route = tuple[Position, ...]
"""Switches from the source unit's to the destination's, both included."""


def distance(a: Position, b: Position) -> int:
    """Steps between two switches; a route has one switch more."""
    return abs(a[0] - b[0]) + abs(a[1] - b[1])


def route_text(route: Sequence[Position]) -> str:
    """A route as a message shows it."""
    return " ".join(f"({row}, {column})" for row, column in route)


@dataclass(frozen=True)
class Mesh:
    """
    One switch per grid cell, and one per row beside each outer column.

    Switches are numbered row-major from `(0, -1)`, so that `index + 1` is the neighbour to the
    right and `index + width` the one below. An edge is a pair of neighbouring switches, in one
    direction.
    """

    rows: int
    columns: int
    """Columns of the grid, without the two of the address generators."""

    @property
    def width(self) -> int:
        """Switches in a row."""
        return self.columns + 2

    @property
    def size(self) -> int:
        """Switches in the mesh."""
        return self.rows * self.width

    def contains(self, position: Position) -> bool:
        """Whether there is a switch at `position`."""
        row, column = position
        return 0 <= row < self.rows and -1 <= column <= self.columns

    def index(self, position: Position) -> int:
        """Number of the switch at `position`, which must be inside."""
        return position[0] * self.width + position[1] + 1

    def position(self, index: int) -> Position:
        """Row and column of a numbered switch."""
        return index // self.width, index % self.width - 1

    def neighbours(self, index: int) -> list[int]:
        """Switches one step away: above, left, right, below."""
        row, column = divmod(index, self.width)
        result: list[int] = []
        if row > 0:
            result.append(index - self.width)
        if column > 0:
            result.append(index - 1)
        if column < self.width - 1:
            result.append(index + 1)
        if row < self.rows - 1:
            result.append(index + self.width)
        return result
