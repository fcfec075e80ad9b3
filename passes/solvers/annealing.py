"""Units on sites, pulled together by weights: greedy placement, then moves and swaps."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from spatial_opt.passes.solvers.grid import Position

Floats = NDArray[np.float64]
Shorts = NDArray[np.float32]
"""Half as much to move as `Floats`, which is what takes the time."""
Indices = NDArray[np.intp]


@lru_cache(maxsize=8)
def _distances(height: int, width: int) -> Shorts:
    """Steps between any two places of a mesh, places numbered row by row."""
    rows, columns = np.divmod(np.arange(height * width), width)
    apart = np.abs(rows[:, None] - rows[None, :]) + np.abs(columns[:, None] - columns[None, :])
    result: Shorts = apart.astype(np.float32)
    result.setflags(write=False)
    return result


class Layout:
    """
    A placement while it is improved.

    `table[unit, place]` is the cost of a unit at each place of the mesh; a move changes only the
    rows of the units it is connected to. An empty site is held by a unit of its own that nothing
    pulls. Weights should be multiples of 1/4: then sums of them are exact (up to 4 million), and
    costs do not depend on the order of the moves that led to them.
    """

    def __init__(
        self,
        kinds: Sequence[str],
        sites: Mapping[str, Sequence[Position]],
        pull: Floats,
        random: np.random.Generator,
        costs: Mapping[int, Mapping[Position, float]],
        demands: Mapping[int, float],
    ):
        self.kinds = kinds
        self.random = random
        self.count = len(kinds)
        everywhere = [position for kind in sorted(sites) for position in sites[kind]]
        self.low = min((p[1] for p in everywhere), default=0)
        """The first column; places count columns from it."""
        self.width = 1 + max((p[1] for p in everywhere), default=0) - self.low
        height = 1 + max((p[0] for p in everywhere), default=0)
        self.steps = _distances(height, self.width)
        self.places: dict[str, Indices] = {
            kind: np.array([p[0] * self.width + p[1] - self.low for p in positions], dtype=np.intp)
            for kind, positions in sites.items()
        }
        """Place of each site of a kind."""
        self.occupant = {
            kind: np.full(len(positions), self.count, dtype=np.intp)
            for kind, positions in sites.items()
        }
        self.free = {kind: np.zeros(len(positions)) for kind, positions in sites.items()}
        """Infinite where a site is taken (greedy placement) or its unit fixed (moves)."""
        self.held_fast: set[str] = set()
        """Kinds with fixed units."""
        self.site = np.full(self.count + 1, -1, dtype=np.intp)
        self.place = np.zeros(self.count + 1, dtype=np.intp)
        self.costs: Shorts = np.zeros((self.count + 1, height * self.width), dtype=np.float32)
        """What each unit costs at each place, whatever it is linked to."""
        for unit, priced in costs.items():
            for (row, column), price in priced.items():
                self.costs[unit, row * self.width + column - self.low] = price
        self.crowd: Indices = np.array(sorted(demands), dtype=np.intp)
        """Units that cost the product of their demands side by side."""
        self.demand: Floats = np.zeros(self.count + 1)
        self.demand[self.crowd] = [demands[unit] for unit in self.crowd.tolist()]
        self.beside: Shorts = (self.steps == 1).astype(np.float32)
        self.table: Shorts = self.costs.copy()
        self.own: Shorts = np.zeros(self.count + 1, dtype=np.float32)
        """Cost of each unit where it is."""
        self.movable: list[int] = []
        self._connect(pull)

    def _connect(self, pull: Floats) -> None:
        """Take the symmetric weights between units, an empty last row and column included."""
        self.pull = pull
        heads, tails = np.nonzero(pull)
        weights: Shorts = pull[heads, tails].astype(np.float32)
        ends = np.searchsorted(heads, np.arange(self.count + 2)).tolist()
        spans = [slice(ends[unit], ends[unit + 1]) for unit in range(self.count + 1)]
        self.near = [tails[span] for span in spans]
        self.near_pull = [weights[span, None] for span in spans]
        kind = np.unique(np.array([*self.kinds, ""]), return_inverse=True)[1]
        alike = kind[heads] == kind[tails]
        heads, tails, weights = heads[alike], tails[alike], 2 * weights[alike]
        ends = np.searchsorted(heads, np.arange(self.count + 2)).tolist()
        spans = [slice(ends[unit], ends[unit + 1]) for unit in range(self.count + 1)]
        self.partners = [(tails[span], weights[span]) for span in spans]
        """Connected units of the same kind, which a unit may swap with."""

    def reweight(self, pull: Floats) -> None:
        """Change the weights of a complete placement."""
        self._connect(pull)
        for unit in range(self.count):
            near = self.near[unit]
            self.table[unit] = self.near_pull[unit][:, 0] @ self.steps[self.place[near]]
        self.table += self.costs
        for unit in self.crowd.tolist():
            self._push(unit, self.beside[self.place[unit]])
        everyone = np.arange(self.count + 1)
        self.own = self.table[everyone, self.place]

    def _push(self, unit: int, where: Shorts) -> None:
        """Make places dearer for the others of the crowd, `where` by 1 times the demands."""
        others = self.crowd[self.crowd != unit]
        self.table[others] += (self.demand[unit] * self.demand[others])[:, None] * where

    def _put(self, unit: int, site: int) -> None:
        kind = self.kinds[unit]
        self.site[unit] = site
        self.occupant[kind][site] = unit
        self.free[kind][site] = np.inf
        place = self.places[kind][site]
        self.place[unit] = place
        self.table[self.near[unit]] += self.near_pull[unit] * self.steps[place]
        if self.demand[unit]:
            self._push(unit, self.beside[place])

    def fill(self, fixed: Mapping[int, int]) -> None:
        """
        Place every unit: first the fixed ones, then always the one pulled hardest.

        It gets the free site with the lowest cost, the nearest to the middle among equals. A
        unit that nothing pulls yet starts there too, the hardest connected first.
        """
        height = len(self.steps) // self.width
        everywhere: Indices = np.arange(len(self.steps))
        rows: Indices = everywhere // self.width
        columns: Indices = everywhere % self.width
        centred: Floats = np.abs(rows - (height - 1) / 2) + np.abs(columns - (self.width - 1) / 2)
        middle = {kind: 1e-6 * centred[places] for kind, places in self.places.items()}
        total = self.pull.sum(axis=1)[: self.count]
        attraction = 1e-9 * total
        for unit, site in fixed.items():
            self._put(unit, site)
            attraction += self.pull[unit, : self.count]
        attraction[list(fixed)] = -np.inf
        for _ in range(self.count - len(fixed)):
            unit = int(attraction.argmax())
            kind = self.kinds[unit]
            costs = self.table[unit].take(self.places[kind]) + middle[kind]
            costs += self.free[kind]
            self._put(unit, int(costs.argmin()))
            attraction += self.pull[unit, : self.count]
            attraction[unit] = -np.inf
        for kind, blocked in self.free.items():
            blocked[:] = 0.0
            for unit, site in fixed.items():
                if self.kinds[unit] == kind:
                    blocked[site] = np.inf
                    self.held_fast.add(kind)
        self.movable = [unit for unit in range(self.count) if unit not in fixed]
        everyone = np.arange(self.count + 1)
        self.own = self.table[everyone, self.place]

    def _shift(self, unit: int, place: int) -> None:
        """Tell the neighbours of a unit that it moves."""
        change = self.steps[place] - self.steps[self.place[unit]]
        self.table[self.near[unit]] += self.near_pull[unit] * change
        if self.demand[unit]:
            self._push(unit, self.beside[place] - self.beside[self.place[unit]])
        self.place[unit] = place

    def _settle(self, units: Indices) -> None:
        self.own[units] = self.table[units, self.place[units]]

    def changes(self, unit: int) -> Shorts:
        """How much each site of its kind would add to the cost if a unit moved or swapped there."""
        kind = self.kinds[unit]
        place, held = int(self.place[unit]), self.occupant[kind]
        # The unit goes there, who is there comes here.
        change = self.table[unit].take(self.places[kind])
        change += self.table[:, place].take(held)
        change -= self.own.take(held)
        others, weights = self.partners[unit]
        if len(others):  # Two connected units that swap stay as far apart as they were.
            change[self.site[others]] += weights * self.steps[place, self.place[others]]
        if self.demand[unit]:
            crowd = self.crowd[self.beside[place, self.place[self.crowd]] > 0]
            alike = [other for other in crowd.tolist() if self.kinds[other] == kind]
            change[self.site[alike]] += 2 * self.demand[unit] * self.demand[alike]
        change[self.site[unit]] = self.own[unit]
        change -= self.own[unit]
        if kind in self.held_fast:
            change += self.free[kind]
        return change

    def swap(self, unit: int, there: int) -> None:
        """Move a unit to a site; who is there takes its place."""
        kind = self.kinds[unit]
        held, place, here = self.occupant[kind], int(self.place[unit]), int(self.site[unit])
        other = int(held[there])
        held[here], held[there] = other, unit
        self.site[unit] = there
        self._shift(unit, int(self.places[kind][there]))
        if other < self.count:
            self.site[other] = here
            self._shift(other, place)
            self._settle(self.near[other])
        self._settle(self.near[unit])
        if self.demand[unit] or self.demand[other]:
            self._settle(self.crowd)
        self.own[unit] = self.table[unit, self.place[unit]]
        self.own[other] = self.table[other, self.place[other]]

    def sweep(self, temperature: float) -> int:
        """Offer each unit every site of its kind, in random order; how many moved."""
        noise: Floats = np.zeros(1)
        longest = max(len(sites) for sites in self.places.values())
        if temperature > 0:
            noise = temperature * self.random.gumbel(size=8 * longest)
        order: list[int] = self.random.permutation(np.array(self.movable, dtype=np.intp)).tolist()
        starts: list[int] = self.random.integers(0, 7 * longest, size=len(order)).tolist()
        moved = 0
        for unit, start in zip(order, starts, strict=True):
            change = self.changes(unit)
            here = int(self.site[unit])
            change[here] = -1e-9
            if temperature > 0:
                change -= noise[start : start + len(change)]
            there = int(change.argmin())
            if there != here:
                moved += 1
                self.swap(unit, there)
        return moved

    def standing(self) -> float:
        """What places and crowded neighbours cost."""
        where = self.place[: self.count]
        demand = self.demand[self.crowd]
        side = self.beside[np.ix_(self.place[self.crowd], self.place[self.crowd])]
        places = self.costs[np.arange(self.count), where].sum()
        return float(places + (side * np.outer(demand, demand)).sum() / 2)

    def positions(self) -> tuple[Position, ...]:
        """Row and column of each unit."""
        rows, columns = np.divmod(self.place[: self.count], self.width)
        return tuple(zip(rows.tolist(), (columns + self.low).tolist(), strict=True))
