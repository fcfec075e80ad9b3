"""How a memory of weights gives its tokens, and what a part of them in DRAM or elsewhere holds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import ceil, prod

from xdsl.ir.affine import AffineExpr, AffineMap

from spatial_opt.dialects.affine_bounds import linear_form
from spatial_opt.dialects.spatial import (
    LinkOp,
    PmuOp,
    ReadOp,
    Unit,
    element_bits,
    enclosing,
    trip_count,
)


@dataclass(frozen=True)
class WeightStream:
    """
    The one stream of a memory that holds weights.

    It gives `tokens` tokens of `width` elements, each other elements, in order; all of them once
    for each iteration of its outermost `repeated` counters, which it reads by the others.
    """

    pmu: PmuOp
    read: ReadOp
    repeated: int
    width: int
    links: tuple[LinkOp, ...]

    @property
    def name(self) -> str:
        """Name of its process."""
        return f"{self.pmu.sym_name.data}::{self.read.sym_name.data}"

    @cached_property
    def trips(self) -> tuple[int, ...]:
        """Trip counts of the counters that choose a token."""
        return self.read.bounds.get_values()[self.repeated :]

    @cached_property
    def tokens(self) -> int:
        """Tokens that differ."""
        return prod(self.trips)

    @property
    def repeats(self) -> int:
        """How often an activation gives them."""
        return prod(self.read.bounds.get_values()[: self.repeated])

    @property
    def activations(self) -> int:
        """How often the stream runs."""
        return activations(self.pmu)

    @property
    def token_bytes(self) -> int:
        """Bytes of a token."""
        return ceil(self.width * element_bits(self.pmu.held) / 8)

    @property
    def queue(self) -> int:
        """Tokens that wait at the reader with the shortest queue."""
        return min(link.depth.value.data for link in self.links)

    def origin(self, period: int, first: int, count: int) -> AffineMap:
        """
        Give the map from a part's coordinates to the memory's.

        The part holds `count` tokens from number `first` of each `period` tokens on: a row for each
        time the period comes round (none if it does once), its tokens side by side.
        """
        return _origin(self.read.map.data, self.trips, self.width, period, first, count)


@lru_cache(maxsize=1024)
def _origin(
    read: AffineMap, trips: tuple[int, ...], width: int, period: int, first: int, count: int
) -> AffineMap:
    """Give the map of `WeightStream.origin`; memories of one kind have the same ones."""
    rows = prod(trips) > period
    row = AffineExpr.dimension(0)
    element = AffineExpr.dimension(int(rows))
    part = _Part(period, first, count, width, row, element)
    counters = [
        part.counter(trips[number], prod(trips[number + 1 :]), number == 0)
        for number in range(len(trips))
    ]
    around = read.num_dims - len(trips)
    values = [*(AffineExpr.constant(0) for _ in range(around)), *counters]
    results = [expr.replace_dims_and_symbols(values, []) for expr in read.results]
    within = element if count == 1 else element % width
    beside = _beside(read, trips, part, values)
    results[-1] = results[-1] + within if beside is None else beside
    return AffineMap(1 + int(rows), 0, tuple(results))


def _beside(
    read: AffineMap, trips: tuple[int, ...], part: _Part, values: list[AffineExpr]
) -> AffineExpr | None:
    """Give the last coordinate where tokens that follow one another are side by side, too."""
    form = linear_form(read.results[-1], read.num_dims)
    innermost = trips[-1] if trips else 1
    if form is None or not form[0] or form[0][-1] != part.width or part.period % innermost:
        return None
    along = part.element + part.width * part.first
    if part.period != innermost:
        along = along % (part.width * innermost)
    rest = [*values[:-1], AffineExpr.constant(0)]
    return read.results[-1].replace_dims_and_symbols(rest, []) + along


@dataclass(frozen=True)
class _Part:
    """Expressions of a part's coordinates: `count` tokens from number `first` of a period on."""

    period: int
    first: int
    count: int
    width: int
    row: AffineExpr
    element: AffineExpr

    def counter(self, trip: int, inside: int, outermost: bool) -> AffineExpr:
        """Give a counter of so many iterations, in each of which others go through `inside`."""
        if trip == 1:
            return AffineExpr.constant(0)
        if self.period % (inside * trip) == 0:
            place = self._token(inside)
            return place if self.period == inside * trip else place % trip
        if inside % self.period == 0:
            place = self.row // (inside // self.period) if inside > self.period else self.row
            return place if outermost else place % trip
        if self.period % inside == 0 and inside * trip % self.period == 0:
            row = self.row if outermost else self.row % (inside * trip // self.period)
            return row * (self.period // inside) + self._token(inside)
        place = self.row * self.period + self._token(1)
        place = place // inside if inside > 1 else place
        return place if outermost else place % trip

    def _token(self, divisor: int) -> AffineExpr:
        """Give the number of an element's token in its period, divided."""
        if self.count == 1:
            return AffineExpr.constant(self.first // divisor)
        if self.first % divisor == 0:
            size = self.width * divisor
            return (self.element // size if size > 1 else self.element) + self.first // divisor
        token = self.element // self.width if self.width > 1 else self.element
        return (token + self.first) // divisor


def activations(unit: Unit) -> int:
    """Iterations of the controllers around a unit."""
    return trip_count([b for control in enclosing(unit) for b in control.bounds.get_values()])
