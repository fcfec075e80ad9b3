"""Which switches each link passes: shortest paths, then negotiation where tracks run out."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.solvers.grid import Mesh, Position, Route, distance, route_text
from spatial_opt.passes.solvers.tracks import Tracks, Tree

ROUNDS = 60
"""Rounds of negotiation before a problem counts as impossible."""
PATIENCE = 12
"""Rounds without fewer missing tracks after which it does too; small problems get up to 30."""
_REMEDY = (
    "take another seed of spatial-place, other par factors (hu, ru, rows), or a machine with more "
    "tracks"
)


@dataclass(frozen=True)
class Net:
    """All links that leave one port; on a track they share, the value travels once."""

    source: Position
    sinks: tuple[Position, ...]
    """One switch per link; the source's own and repetitions are allowed."""
    kind: str = "vector"
    fixed: Mapping[int, Route] = field(default_factory=dict[int, Route])
    """Routes that stay, by index in `sinks`."""
    name: str = ""
    """The port, for messages."""


@dataclass(frozen=True)
class Problem:
    """Nets on a mesh of switches whose edges have a number of tracks per kind."""

    mesh: Mesh
    tracks: Mapping[str, int]
    """Tracks of each kind in each direction between neighbouring switches."""
    nets: tuple[Net, ...]

    def name(self, net: int) -> str:
        """The net as a message calls it."""
        return self.nets[net].name or f"net {net}"

    def check(self) -> None:
        """Raise `SpatialError` when a fixed route is wrong, `RuntimeError` when ill-formed."""
        for number, net in enumerate(self.nets):
            if net.kind not in self.tracks:
                raise RuntimeError(f"no tracks are given for {net.kind} nets; this is a bug")
            if not all(self.mesh.contains(end) for end in (net.source, *net.sinks)):
                raise RuntimeError(f"{self.name(number)} leaves the mesh; this is a bug")
            if any(sink not in range(len(net.sinks)) for sink in net.fixed):
                raise RuntimeError(f"{self.name(number)} fixes no sink's route; this is a bug")
            for sink, route in net.fixed.items():
                reason = route_fault(self.mesh, net.source, net.sinks[sink], route)
                if reason:
                    raise SpatialError(f"a route from {self.name(number)} {reason}")
            reason = tree_fault(net.fixed.values())
            if reason:
                raise SpatialError(f"the routes from {self.name(number)} {reason}")
        fault = track_fault(self, [list(net.fixed.values()) for net in self.nets])
        if fault:
            raise SpatialError(f"the given routes do not fit: {fault}; remove one of them")
        fault = switch_fault(self)
        if fault:
            raise SpatialError(f"the links do not fit: {fault}; {_REMEDY}")


@dataclass(frozen=True)
class Solution:
    """A route for each sink of each net."""

    routes: tuple[tuple[Route, ...], ...]


def route_fault(mesh: Mesh, source: Position, sink: Position, route: Route) -> str | None:
    """Why `route` does not lead from `source` to `sink`; the sentence lacks its subject."""
    if not route or route[0] != source:
        return f"must begin at its source's switch {source}, got {route_text(route)}"
    if route[-1] != sink:
        return f"must end at its destination's switch {sink}, got {route_text(route)}"
    for position in route:
        if not mesh.contains(position):
            return f"passes {position}, where there is no switch"
    for here, there in itertools.pairwise(route):
        if distance(here, there) != 1:
            return f"jumps from {here} to {there}, which are not neighbours"
    if len(set(route)) != len(route):
        return f"passes a switch twice: {route_text(route)}"
    return None


def tree_fault(routes: Iterable[Route]) -> str | None:
    """Why routes with one source are not a tree; the sentence lacks its subject."""
    entered: dict[Position, Position] = {}
    for route in routes:
        for before, switch in itertools.pairwise(route):
            if entered.setdefault(switch, before) != before:
                return (
                    f"enter switch {switch} both from {entered[switch]} and from {before}, "
                    "but one value enters a switch once"
                )
    return None


def track_fault(problem: Problem, routes: Sequence[Sequence[Route]]) -> str | None:
    """The fullest edge that has more nets than tracks, and its largest users, as a clause."""
    users: dict[tuple[str, Position, Position], list[int]] = {}
    for number, net in enumerate(problem.nets):
        edges = {edge for r in routes[number] for edge in itertools.pairwise(r)}
        for here, there in edges:
            users.setdefault((net.kind, here, there), []).append(number)
    worst = max(
        users, key=lambda e: (len(users[e]) - problem.tracks[e[0]], e[0], e[1], e[2]), default=None
    )
    if worst is None or len(users[worst]) <= problem.tracks[worst[0]]:
        return None
    kind, here, there = worst
    nets = sorted(users[worst], key=lambda n: (-len(problem.nets[n].sinks), n))
    largest = [f"{problem.name(n)} ({len(problem.nets[n].sinks)} links)" for n in nets[:3]]
    return (
        f"from {here} to {there} they need {len(nets)} {kind} tracks, "
        f"the machine has {problem.tracks[kind]}; largest users: {', '.join(largest)}"
    )


def switch_fault(problem: Problem) -> str | None:
    """A switch where more nets begin or end than its edges have tracks, as a clause."""
    users: dict[tuple[str, str, Position], list[int]] = {}
    for number, net in enumerate(problem.nets):
        others = dict.fromkeys(sink for sink in net.sinks if sink != net.source)
        for sink in others:
            users.setdefault((net.kind, "end", sink), []).append(number)
        if others:
            users.setdefault((net.kind, "begin", net.source), []).append(number)
    for (kind, verb, place), nets in users.items():
        edges = len(problem.mesh.neighbours(problem.mesh.index(place)))
        # What begins may leave by one edge, what ends arrives by one: no net needs more.
        if len(nets) > edges * problem.tracks[kind]:
            largest = sorted(nets, key=lambda n: (-len(problem.nets[n].sinks), n))[:3]
            return (
                f"{len(nets)} {kind} ports {verb} at {place}, whose edges have "
                f"{edges * problem.tracks[kind]} {kind} tracks in all; largest users: "
                + ", ".join(
                    f"{problem.name(n)} ({len(problem.nets[n].sinks)} links)" for n in largest
                )
            )
    return None


def verify(problem: Problem, solution: Solution) -> None:
    """Raise `RuntimeError` unless all routes are contiguous trees that fit the tracks."""
    if len(solution.routes) != len(problem.nets):
        raise RuntimeError("a routing leaves out nets; this is a bug")
    for number, (net, routes) in enumerate(zip(problem.nets, solution.routes, strict=True)):
        if len(routes) != len(net.sinks):
            raise RuntimeError(f"{problem.name(number)} lacks routes; this is a bug")
        for index, (sink, route) in enumerate(zip(net.sinks, routes, strict=True)):
            reason = route_fault(problem.mesh, net.source, sink, route)
            if reason:
                raise RuntimeError(f"a route from {problem.name(number)} {reason}; this is a bug")
            if net.fixed.get(index, route) != route:
                raise RuntimeError(f"a route from {problem.name(number)} changed; this is a bug")
        reason = tree_fault(routes)
        if reason:
            raise RuntimeError(f"the routes from {problem.name(number)} {reason}; this is a bug")
    fault = track_fault(problem, solution.routes)
    if fault:
        raise RuntimeError(f"the routes do not fit: {fault}; this is a bug")


_found: list[tuple[Problem, Solution]] = []
"""The last problem that was solved: what a placement is tried on is then routed for good."""


def solve(problem: Problem, rounds: int = ROUNDS) -> Solution:
    """
    Route every sink; the same problem always gets the same routes, whatever `rounds` are.

    Each net first takes the paths with one corner, row or column first, whichever meet fewer full
    edges. Nets on edges that are too full are then routed again, around prices that rise until
    no edge is, for so many `rounds`. Every route is a shortest one except those that had to give
    way. Raises `SpatialError` with the fullest edge when there is no way out.
    """
    if _found and _found[0][0] == problem:
        return _found[0][1]
    problem.check()
    routes: list[tuple[Route, ...]] = [()] * len(problem.nets)
    for kind in sorted(problem.tracks):
        for net, paths in _route_kind(problem, kind, rounds).items():
            routes[net] = paths
    solution = Solution(tuple(routes))
    fault = track_fault(problem, solution.routes)
    if fault:
        raise SpatialError(f"the links do not fit: {fault}; {_REMEDY}")
    _found[:] = [(problem, solution)]
    return solution


def _given_tree(mesh: Mesh, net: Net) -> Tree:
    """The switches of a net's fixed routes."""
    source = mesh.index(net.source)
    tree: Tree = {source: source}
    for route in net.fixed.values():
        for before, switch in itertools.pairwise(route):
            tree.setdefault(mesh.index(switch), mesh.index(before))
    return tree


def _first_tree(tracks: Tracks, given: Tree, sinks: Sequence[int]) -> Tree:
    """A tree of shortest paths, if nothing is given, on the fewest full edges and tracks."""
    if len(given) > 1:
        tree = dict(given)
        tracks.grow(tree, sinks)
        return tree
    source = next(iter(given))
    choices = [tracks.corner_tree(source, sinks, row_first) for row_first in (True, False)]
    return min(choices, key=lambda tree: (tracks.excess(tracks.edges(tree)), len(tree)))


def _shorten(
    tracks: Tracks, trees: dict[int, Tree], given: dict[int, Tree], sinks: dict[int, list[int]]
) -> None:
    """Offer nets with a detour a shorter tree on what is free now."""
    width = tracks.mesh.width
    for n, tree in trees.items():
        source = next(iter(tree))
        shortest = sum(
            abs(s // width - source // width) + abs(s % width - source % width) for s in sinks[n]
        )
        length = tracks.length(tree, sinks[n])
        if length == shortest:
            continue
        tracks.take(tree, -1)
        shorter = dict(given[n])
        reached = tracks.grow(shorter, sinks[n], strict=True)
        if reached and tracks.length(shorter, sinks[n]) < length:
            trees[n] = shorter
        tracks.take(trees[n])


def _route_kind(problem: Problem, kind: str, rounds: int) -> dict[int, tuple[Route, ...]]:
    """Routes of all nets of one kind, by net; they may not fit."""
    index = problem.mesh.index
    nets = {n: net for n, net in enumerate(problem.nets) if net.kind == kind}
    sinks = {n: [index(sink) for sink in net.sinks] for n, net in nets.items()}
    tracks = Tracks(problem.mesh, problem.tracks[kind])
    given = {n: _given_tree(problem.mesh, net) for n, net in nets.items()}
    for tree in given.values():
        tracks.take(tree)
    trees: dict[int, Tree] = {}
    for n in nets:
        tracks.take(given[n], -1)
        trees[n] = _first_tree(tracks, given[n], sinks[n])
        tracks.take(trees[n])
    used = {n: tracks.edges(tree) for n, tree in trees.items()}
    fewest, waited = sum(tracks.usage) + 1, 0
    patience = max(PATIENCE, 3000 // max(100, len(nets)))
    for _ in range(rounds):
        full = {e for e, count in enumerate(tracks.usage) if count > tracks.capacity}
        if not full:
            break
        missing = sum(tracks.usage[e] - tracks.capacity for e in full)
        waited = 0 if missing < fewest else waited + 1
        fewest = min(fewest, missing)
        if waited == patience:
            break
        for edge in sorted(full):
            tracks.history[edge] += 0.5 * (tracks.usage[edge] - tracks.capacity)
        order = list(nets)
        for n in order[waited:] + order[:waited]:  # stuck: the others must move, too
            if waited < 3 and full.isdisjoint(used[n]):
                continue
            tracks.take(trees[n], -1)
            trees[n] = dict(given[n])
            tracks.grow(trees[n], sinks[n])
            tracks.take(trees[n])
            used[n] = tracks.edges(trees[n])
        tracks.pressure *= 1.3
    _shorten(tracks, trees, given, sinks)
    return {n: tracks.routes(tree, sinks[n]) for n, tree in trees.items()}
