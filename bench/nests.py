"""Reductions of a program in the pattern dialect: how often they run, and their factors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.pattern import MapOp, ReduceOp, ScanOp


@dataclass(frozen=True)
class Nest:
    """A reduction with the maps and scans around it."""

    repeats: int
    """Steps of the scans around it, multiplied."""
    rows: tuple[int, ...]
    """Domain of the maps around it, outermost dimension first."""
    copies: tuple[int, ...]
    """Copies that run at once, for each dimension of `rows`."""
    row_lanes: int
    """Elements of the last dimension of `rows` that a copy takes at once (hv)."""
    row_units: int
    """Copies, in the last dimension, of what stands around the reduction."""
    domain: tuple[int, ...]
    """Domain of the reduction."""
    pieces: int
    """Pieces of its last dimension (ru)."""
    lanes: int
    """Elements per vector (rv)."""
    sums: int
    """Results of the reduction."""

    @property
    def elements(self) -> int:
        """Elements combined in a whole run."""
        return self.repeats * prod(self.rows) * prod(self.domain) * self.sums

    @property
    def issued(self) -> int:
        """Elements that pass through the units in a whole run, those beyond the ends included."""
        steps = [_up(extent, copies) for extent, copies in zip(self.rows, self.copies, strict=True)]
        if steps:
            steps[-1] = _up(self.rows[-1], self.copies[-1] * self.row_lanes)
        *outer, last = self.domain
        return self.repeats * prod(steps) * prod(outer) * self._whole_pieces(last) * self.sums

    def _whole_pieces(self, extent: int) -> int:
        return _up(extent, self.pieces * self.lanes)

    def tiled(self, rows: int, columns: int) -> int:
        """
        Give what `issued` would be on units that take tiles of `rows` x `columns` elements.

        Every product of a matrix and a vector is padded in both dimensions then.
        """
        *outer, last = self.rows or (1,)
        *deep, depth = self.domain
        tiles = prod(outer) * _up(last, rows) * prod(deep) * _up(depth, columns)
        return self.repeats * tiles * self.sums


def _up(extent: int, factor: int) -> int:
    return -(-extent // factor) * factor


def nests(module: ModuleOp) -> Iterator[Nest]:
    """Yield the reductions of a program in its order."""
    for op in module.walk():
        if isinstance(op, ReduceOp):
            yield _nest(op)


def _nest(reduce: ReduceOp) -> Nest:
    repeats, maps = 1, list[MapOp]()
    parent = reduce.parent_op()
    while parent is not None:
        match parent:
            case MapOp():
                maps.insert(0, parent)
            case ReduceOp() | ScanOp():
                repeats *= parent.steps if isinstance(parent, ScanOp) else prod(parent.domain)
            case _:
                pass
        parent = parent.parent_op()
    inner = maps[-1] if maps else None
    return Nest(
        repeats,
        tuple(extent for op in maps for extent in op.domain),
        tuple(factor for op in maps for factor in op.par_factors),
        1 if inner is None else inner.lane_count,
        1 if inner is None else inner.row_copies,
        reduce.domain,
        reduce.piece_count,
        reduce.lane_count,
        len(reduce.res),
    )
