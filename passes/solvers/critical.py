"""The longest paths of a placement: how long they are, and how to make them shorter."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spatial_opt.passes.solvers.annealing import Floats, Indices, Layout, Shorts


@dataclass(frozen=True)
class Measure:
    """Lengths of paths in one placement."""

    longest: float
    before: Floats
    """The longest path to each step."""
    after: Floats
    """The longest path from each step."""
    through: Floats
    """The longest path through each wait."""

    @property
    def rank(self) -> tuple[float, int]:
        """The length of the longest path, and how many waits lie on such paths."""
        return self.longest, int((self.through > self.longest - 0.5).sum())


class Paths:
    """Steps that wait for each other, ready to be measured many times."""

    def __init__(self, steps: Sequence[int], waits: Sequence[tuple[int, int, float]]) -> None:
        """`steps` are units; `waits` (source, destination, delay), in an order of all paths."""
        self.steps = len(steps)
        self.joins = [(source, destination) for source, destination, _ in waits]
        self.unit: Indices = np.array([*steps, 0], dtype=np.intp)[: len(steps)]
        self.heads: Indices = np.array([source for source, _, _ in waits], dtype=np.intp)
        self.tails: Indices = np.array([destination for _, destination, _ in waits], dtype=np.intp)
        self.delays: Floats = np.array([delay for _, _, delay in waits])
        self.sources: Indices = self.unit[self.heads]
        self.destinations: Indices = self.unit[self.tails]

    def measure(self, layout: Layout) -> Measure:
        """Measure all paths of a placement."""
        ends = layout.place[self.sources], layout.place[self.destinations]
        lengths: Floats = self.delays + layout.steps[ends]
        listed = lengths.tolist()
        before = [0.0] * self.steps
        after = [0.0] * self.steps
        for (source, destination), length in zip(self.joins, listed, strict=True):
            reached = before[source] + length
            if reached > before[destination]:
                before[destination] = reached
        listed.reverse()
        for (source, destination), length in zip(reversed(self.joins), listed, strict=True):
            reached = after[destination] + length
            if reached > after[source]:
                after[source] = reached
        to, onward = np.array(before), np.array(after)
        through: Floats = to[self.heads] + lengths + onward[self.tails]
        return Measure(max(before, default=0.0), to, onward, through)

    def pull(self, found: Measure, size: int) -> Floats:
        """
        Weights between `size` units that shorten long paths.

        1 for a wait on the longest; the power leaves little for one that has slack.
        """
        result: Floats = np.zeros((size, size))
        share = (found.through / (found.longest or 1.0)) ** 16
        np.add.at(result, (self.sources, self.destinations), share)
        result += result.T
        np.fill_diagonal(result, 0.0)
        return result

    def at_sites(self, layout: Layout, found: Measure, unit: int) -> Floats:
        """Longest path through a unit and through who swaps with it, at each site of its kind."""
        kind = layout.kinds[unit]
        places, here = layout.places[kind], int(layout.place[unit])
        mine: Floats = np.zeros(len(places))
        for step in np.flatnonzero(self.unit == unit).tolist():
            arriving: Indices = np.flatnonzero(self.tails == step)
            leaving: Indices = np.flatnonzero(self.heads == step)
            length: Floats = np.zeros(len(places))
            for waits, others, known in (
                (arriving, self.sources, found.before[self.heads]),
                (leaving, self.destinations, found.after[self.tails]),
            ):
                if len(waits):
                    other = others[waits]
                    apart: Shorts = layout.steps[layout.place[other]][:, places]
                    apart[other == unit] = 0.0
                    reached: Floats = (known[waits] + self.delays[waits])[:, None] + apart
                    length += reached.max(axis=0)
            np.maximum(mine, length, out=mine)
        away = layout.steps[here]
        into: Floats = np.zeros(self.steps)
        onward: Floats = np.zeros(self.steps)
        before = found.before[self.heads] + self.delays + away[layout.place[self.sources]]
        after = found.after[self.tails] + self.delays + away[layout.place[self.destinations]]
        np.maximum.at(into, self.tails, before)
        np.maximum.at(onward, self.heads, after)
        theirs: Floats = np.zeros(layout.count + 1)
        np.maximum.at(theirs, self.unit, into + onward)
        return np.maximum(mine, theirs[layout.occupant[kind]])


def shorten(layout: Layout, paths: Paths, found: Measure, moves: int) -> Measure:
    """
    Move units of the longest path, one at a time, where that leaves shorter paths only.

    Stops after `moves` moves, or when no move of a unit on the longest path met first helps.
    """
    movable = set(layout.movable)
    for _ in range(moves):
        critical = np.flatnonzero(found.through > found.longest - 0.5)
        units = dict.fromkeys(
            unit
            for ends in zip(
                paths.sources[critical].tolist(), paths.destinations[critical].tolist(), strict=True
            )
            for unit in ends
            if unit in movable
        )
        for unit in units:
            better = _move(layout, paths, found, unit)
            if better is not None:
                found = better
                break
        else:
            break
    return found


def _move(layout: Layout, paths: Paths, found: Measure, unit: int) -> Measure | None:
    """Move a unit so that its paths get shorter, if that is possible; the new measure."""
    worst = paths.at_sites(layout, found, unit)
    changes = layout.changes(unit)
    changes[worst > found.longest - 0.5] = np.inf
    here = int(layout.site[unit])
    changes[here] = np.inf
    standing = layout.standing()
    for _ in range(2):
        there = int(changes.argmin())
        if changes[there] == np.inf:
            return None
        layout.swap(unit, there)
        now = paths.measure(layout)
        if now.rank < found.rank and layout.standing() <= standing:
            return now
        layout.swap(unit, here)
        changes[there] = np.inf
    return None
