"""Units that hang on one other unit and no loop: placed last, beside it."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from spatial_opt.passes.solvers.grid import Position

NEAR = 2
"""Pendants farther from their hosts than this are brought nearer, by way of others."""
ROUNDS = 4
"""How often all far ones are looked at."""


def pendants(links: Iterable[tuple[int, int]], excluded: Iterable[int]) -> dict[int, int]:
    """
    The unit that each pendant unit is linked to: a unit with one neighbour, which has others.

    `links` join two units each; units in `excluded` are none.
    """
    near: dict[int, set[int]] = {}
    for one, other in links:
        if one != other:
            near.setdefault(one, set()).add(other)
            near.setdefault(other, set()).add(one)
    barred = set(excluded)
    return {
        unit: host
        for unit, neighbours in sorted(near.items())
        if unit not in barred and len(neighbours) == 1
        for host in neighbours
        if len(near[host]) > 1
    }


def attach(hosts: Sequence[Position], free: Sequence[Position]) -> list[int]:
    """
    Give each pendant unit one of the free sites, near the position of its host.

    Returns indices in `free`, of which there must be enough. All pendants that find a site at
    distance 0 get one, then all at distance 1, and so on; then far ones swap with others.
    """
    if len(free) < len(hosts):
        raise RuntimeError("there are fewer sites than pendant units; this is a bug")
    sites: dict[Position, list[int]] = {}
    for index, position in enumerate(free):
        sites.setdefault(position, []).append(index)
    room = {position: len(indices) for position, indices in sites.items()}
    rings = _Rings(room)
    chosen: list[Position | None] = [None] * len(hosts)
    waiting = list(range(len(hosts)))
    radius = 0
    while waiting:
        left: list[int] = []
        for pendant in waiting:
            place = next((p for p in rings.at(hosts[pendant], radius) if room[p]), None)
            if place is None:
                left.append(pendant)
            else:
                room[place] -= 1
                chosen[pendant] = place
        waiting = left
        radius += 1
    found = [place for place in chosen if place is not None]
    _even_out(hosts, found)
    return [sites[place].pop(0) for place in found]


class _Rings:
    """Sites by their distance from a position, from those where there are any."""

    def __init__(self, room: Mapping[Position, int]) -> None:
        self.room = room
        self.known: dict[tuple[Position, int], list[Position]] = {}

    def at(self, centre: Position, radius: int) -> list[Position]:
        """The sites at a distance, in a fixed order."""
        key = centre, radius
        if key not in self.known:
            row, column = centre
            ring = [
                (row + step, column + side * (radius - abs(step)))
                for step in range(-radius, radius + 1)
                for side in ((-1, 1) if abs(step) < radius else (1,))
            ]
            self.known[key] = [place for place in ring if place in self.room]
        return self.known[key]


def _even_out(hosts: Sequence[Position], found: list[Position]) -> None:
    """Swap two pendants' sites as long as that brings far ones nearer, by squares of distances."""
    if not found:
        return
    home = np.array(hosts)
    place = np.array(found)
    for _ in range(ROUNDS):
        apart = np.abs(home - place).sum(axis=1)
        changed = False
        for one in np.flatnonzero(apart > NEAR).tolist():
            now = apart[one] ** 2 + apart**2
            mine = np.abs(home[one] - place).sum(axis=1)
            theirs = np.abs(home - place[one]).sum(axis=1)
            gain = now - mine**2 - theirs**2
            best = int(gain.argmax())
            if gain[best] > 0:
                place[[one, best]] = place[[best, one]]
                apart[one], apart[best] = mine[best], theirs[best]
                changed = True
        if not changed:
            break
    found[:] = [(row, column) for row, column in place.tolist()]
