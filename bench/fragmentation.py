"""
How much of the work on a machine is padding: tiled products against one loop nest.

A matrix-vector unit with tiles pads each product in both dimensions, and W x and R h are products
of their own. A loop nest over [x, h] pads the one dimension that is cut into vectors, and the rows
up to a multiple of those that run at once (Zhao et al., MLSys 2019, section 3). Both figures are
read off the domains and factors of a program's reductions, whatever its cells are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from xdsl.dialects.builtin import ModuleOp

from spatial_opt.bench.nests import nests
from spatial_opt.bench.published import BRAINWAVE_TILE, Tile


@dataclass(frozen=True)
class Work:
    """Multiply-accumulates of a whole run."""

    useful: int
    """What the products need."""
    tiled: int
    """What a unit with tiles issues for them, one product at a time."""

    @property
    def padding(self) -> float:
        """How many times the useful work a unit with tiles does."""
        return self.tiled / self.useful if self.useful else 1.0


def product_work(module: ModuleOp, tile: Tile = BRAINWAVE_TILE) -> Work:
    """Measure a program whose products stand for themselves: before any fusion."""
    useful = tiled = 0
    for nest in nests(module):
        useful += nest.elements
        tiled += nest.tiled(tile.hv, tile.ru * tile.rv)
    return Work(useful, tiled)


def loop_work(module: ModuleOp) -> int:
    """Count what a program with its parallel factors issues in a whole run."""
    return sum(nest.issued for nest in nests(module))


def loop_factors(module: ModuleOp) -> list[dict[str, int]]:
    """
    List the factors of a program's reductions, without repetitions.

    hu: copies; hv: rows that the lanes of a copy carry; rows: copies of what stands around the
    reduction; ru: pieces; rv: elements per vector, of one row.
    """
    found = (
        {
            "hu": nest.copies[-1] if nest.copies else 1,
            "hv": nest.row_lanes,
            "rows": nest.row_units,
            "ru": nest.pieces,
            "rv": nest.lanes,
        }
        for nest in nests(module)
    )
    return _distinct(found)


def _distinct(found: Iterable[dict[str, int]]) -> list[dict[str, int]]:
    return [dict(items) for items in dict.fromkeys(tuple(factors.items()) for factors in found)]
