"""Units on sites, pulled together by weights: greedy placement, then moves and swaps."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from spatial_opt.passes.solvers.grid import Position

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


class Layout:
    """
    A placement while it is improved.

    The cost of `unit` at a site is `rise[unit, row] + run[unit, column]`, because distance is
    the sum of both; a move changes only the two tables' rows of the units it is connected to.
    An empty site is held by a unit of its own that nothing pulls.
    """

    def __init__(
        self,
        kinds: Sequence[str],
        sites: Mapping[str, Sequence[Position]],
        pull: Floats,
        random: np.random.Generator,
    ):
        self.kinds = kinds
        self.random = random
        self.count = len(kinds)
        self.rows: dict[str, Indices] = {}
        self.columns: dict[str, Indices] = {}
        everywhere = [position for kind in sorted(sites) for position in sites[kind]]
        self.low = min((p[1] for p in everywhere), default=0)
        """The first column; tables count columns from it."""
        for kind, positions in sites.items():
            self.rows[kind] = np.array([p[0] for p in positions], dtype=np.intp)
            self.columns[kind] = np.array([p[1] - self.low for p in positions], dtype=np.intp)
        self.occupant = {
            kind: np.full(len(positions), self.count, dtype=np.intp)
            for kind, positions in sites.items()
        }
        self.free = {kind: np.full(len(p), 0.0) for kind, p in sites.items()}
        """Infinite where a site is taken (greedy placement) or its unit fixed (moves)."""
        height = 1 + max((p[0] for p in everywhere), default=0)
        width = 1 + max((p[1] for p in everywhere), default=0) - self.low
        r, c = np.arange(height), np.arange(width)
        self.row_steps = np.abs(r[:, None] - r[None, :]).astype(np.float64)
        self.column_steps = np.abs(c[:, None] - c[None, :]).astype(np.float64)
        self.site = np.full(self.count + 1, -1, dtype=np.intp)
        self.row = np.zeros(self.count + 1, dtype=np.intp)
        self.column = np.zeros(self.count + 1, dtype=np.intp)
        self.rise: Floats = np.zeros((self.count + 1, height))
        self.run: Floats = np.zeros((self.count + 1, width))
        self.own: Floats = np.zeros(self.count + 1)
        self.movable: list[int] = []
        self.pull: Floats = pull
        self.near: list[Indices] = []
        self.near_pull: list[Floats] = []
        self._connect(pull)

    def _connect(self, pull: Floats) -> None:
        """Take the symmetric weights between units, an empty last row and column included."""
        self.pull = pull
        heads, tails = np.nonzero(pull)
        ends = np.searchsorted(heads, np.arange(self.count + 2))
        self.near = [tails[ends[u] : ends[u + 1]] for u in range(self.count + 1)]
        self.near_pull = [pull[u, self.near[u]][:, None] for u in range(self.count + 1)]

    def reweight(self, pull: Floats) -> None:
        """Change the weights of a complete placement."""
        self._connect(pull)
        # Summed link by link: a matrix product's rounding depends on the machine.
        heads, tails = np.nonzero(pull)
        weights = pull[heads, tails][:, None]
        self.rise[:] = 0.0
        self.run[:] = 0.0
        np.add.at(self.rise, heads, weights * self.row_steps[self.row[tails]])
        np.add.at(self.run, heads, weights * self.column_steps[self.column[tails]])
        everyone = np.arange(self.count + 1)
        self.own = self.rise[everyone, self.row] + self.run[everyone, self.column]

    def _put(self, unit: int, site: int) -> None:
        kind = self.kinds[unit]
        self.site[unit] = site
        self.occupant[kind][site] = unit
        self.free[kind][site] = np.inf
        row, column = self.rows[kind][site], self.columns[kind][site]
        self.row[unit], self.column[unit] = row, column
        near, weight = self.near[unit], self.near_pull[unit]
        self.rise[near] += weight * self.row_steps[row]
        self.run[near] += weight * self.column_steps[column]

    def fill(self, fixed: Mapping[int, int]) -> None:
        """
        Place every unit: first the fixed ones, then always the one pulled hardest.

        It gets the free site with the lowest cost, the nearest to the middle among equals. A
        unit that nothing pulls yet starts there too, the hardest connected first.
        """
        middle = {
            kind: 1e-6
            * (
                np.abs(self.rows[kind] - (self.row_steps.shape[0] - 1) / 2)
                + np.abs(self.columns[kind] - (self.column_steps.shape[0] - 1) / 2)
            )
            for kind in self.rows
        }
        total = self.pull.sum(axis=1)[: self.count]
        attraction = 1e-9 * total
        for unit, site in fixed.items():
            self._put(unit, site)
            attraction += self.pull[unit, : self.count]
        attraction[list(fixed)] = -np.inf
        for _ in range(self.count - len(fixed)):
            unit = int(attraction.argmax())
            kind = self.kinds[unit]
            costs = self.rise[unit][self.rows[kind]] + self.run[unit][self.columns[kind]]
            costs += middle[kind]
            costs += self.free[kind]
            self._put(unit, int(costs.argmin()))
            attraction += self.pull[unit, : self.count]
            attraction[unit] = -np.inf
        for kind, blocked in self.free.items():
            blocked[:] = 0.0
            for unit, site in fixed.items():
                if self.kinds[unit] == kind:
                    blocked[site] = np.inf
        self.movable = [unit for unit in range(self.count) if unit not in fixed]
        self.reweight(self.pull)

    def _shift(self, unit: int, row: int, column: int) -> None:
        """Tell the neighbours of a unit that it moves."""
        near, weight = self.near[unit], self.near_pull[unit]
        steps = self.row_steps
        self.rise[near] += weight * (steps[row] - steps[self.row[unit]])
        steps = self.column_steps
        self.run[near] += weight * (steps[column] - steps[self.column[unit]])
        self.row[unit], self.column[unit] = row, column

    def _settle(self, units: Indices) -> None:
        self.own[units] = self.rise[units, self.row[units]] + self.run[units, self.column[units]]

    def sweep(self, temperature: float) -> int:
        """Offer each unit every site of its kind, in random order; how many moved."""
        noise: Floats = np.zeros(1)
        longest = max(len(sites) for sites in self.rows.values())
        if temperature > 0:
            noise = temperature * self.random.gumbel(size=8 * longest)
        order: list[int] = self.random.permutation(np.array(self.movable, dtype=np.intp)).tolist()
        starts: list[int] = self.random.integers(0, 7 * longest, size=len(order)).tolist()
        moved = 0
        for unit, start in zip(order, starts, strict=True):
            kind = self.kinds[unit]
            rows, columns, held = self.rows[kind], self.columns[kind], self.occupant[kind]
            row, column, here = int(self.row[unit]), int(self.column[unit]), int(self.site[unit])
            change = self.rise[unit].take(rows)
            change += self.run[unit].take(columns)
            change -= self.own[unit]
            change += self.rise[:, row].take(held)
            change += self.run[:, column].take(held)
            change -= self.own.take(held)
            # Two connected units that swap stay as far apart as they were.
            apart = self.row_steps[row].take(rows) + self.column_steps[column].take(columns)
            change += 2 * self.pull[unit].take(held) * apart
            change[here] = -1e-9
            change += self.free[kind]
            if temperature > 0:
                there = int((change - noise[start : start + len(rows)]).argmin())
            else:
                there = int(change.argmin())
            if there == here:
                continue
            moved += 1
            other = int(held[there])
            held[here], held[there] = other, unit
            self.site[unit] = there
            self._shift(unit, int(rows[there]), int(columns[there]))
            if other < self.count:
                self.site[other] = here
                self._shift(other, row, column)
                self._settle(self.near[other])
            self._settle(self.near[unit])
            self._settle(np.array([unit, other], dtype=np.intp))
            self.own[self.count] = 0.0
        return moved

    def positions(self) -> tuple[Position, ...]:
        """Row and column of each unit."""
        rows, columns = self.row.tolist(), self.column.tolist()
        return tuple((rows[u], columns[u] + self.low) for u in range(self.count))
