"""Where each unit goes: short links first, and a short longest path through the recurrence."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations

from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.solvers.grid import Position, distance


@dataclass(frozen=True)
class Net:
    """All links that leave one port."""

    source: int
    destinations: tuple[int, ...]
    """One unit per link; a unit that is fed twice stands twice."""
    weight: float = 1.0
    """Cost of one step of distance, for each link."""
    kind: str = "vector"


@dataclass(frozen=True)
class Wait:
    """One step of the recurrence waits for another."""

    source: int
    destination: int
    delay: float = 0.0
    """What does not depend on the placement: latency of the source, in steps of distance."""


@dataclass(frozen=True)
class Problem:
    """
    Units, the sites that take them, and what pulls them together.

    The cost of a placement is the sum over links of `weight * distance`, plus `costs` and what
    crowded neighbours cost each other, plus `pressure` times the longest path through `waits`: the
    time one turn of a recurrence takes.
    """

    kinds: tuple[str, ...]
    """Kind of each unit."""
    sites: Mapping[str, tuple[Position, ...]]
    """Sites of each kind; a position that stands k times takes k units."""
    nets: tuple[Net, ...]
    fixed: Mapping[int, Position] = field(default_factory=dict[int, Position])
    """Units that stay where they are."""
    steps: tuple[int, ...] = ()
    """Unit of each step of the recurrence."""
    waits: tuple[Wait, ...] = ()
    """Arcs between steps, without a cycle: what is kept for the next turn ends a path."""
    pressure: float = 0.0
    costs: Mapping[int, Mapping[Position, float]] = field(
        default_factory=dict[int, Mapping[Position, float]]
    )
    """What some units cost at some positions, whatever they are linked to."""
    demands: Mapping[int, float] = field(default_factory=dict[int, float])
    """Two of these units side by side cost the product of their demands."""
    names: tuple[str, ...] = ()
    """Names of the units for messages; empty: their numbers."""

    def name(self, unit: int) -> str:
        """The unit as a message calls it."""
        return f"@{self.names[unit]}" if self.names else f"unit {unit}"

    def check(self) -> None:
        """Raise `SpatialError` when no placement exists, `RuntimeError` when ill-formed."""
        units = range(len(self.kinds))
        for net in self.nets:
            if any(unit not in units for unit in (net.source, *net.destinations)):
                raise RuntimeError("a net names a unit that does not exist; this is a bug")
        if any(unit not in units for unit in self.steps):
            raise RuntimeError("a step names a unit that does not exist; this is a bug")
        for wait in self.waits:
            if any(s not in range(len(self.steps)) for s in (wait.source, wait.destination)):
                raise RuntimeError("a wait names a step that does not exist; this is a bug")
        ordered_waits(self)
        used: Counter[tuple[str, Position]] = Counter()
        for unit, position in self.fixed.items():
            if unit not in units:
                raise RuntimeError("a fixed position names no unit; this is a bug")
            kind = self.kinds[unit]
            room = self.sites.get(kind, ()).count(position)
            if room == 0:
                raise SpatialError(
                    f"{self.name(unit)} is a {kind} and can not be at {position}: no {kind} site"
                )
            used[kind, position] += 1
            if used[kind, position] > room:
                others = [
                    self.name(other)
                    for other, where in self.fixed.items()
                    if where == position and self.kinds[other] == kind and other != unit
                ]
                raise SpatialError(
                    f"{self.name(unit)} is at {position}, which takes {room} {kind} "
                    f"and already has {', '.join(others[:room])}; move one of them"
                )
        for kind, count in Counter(self.kinds).items():
            room = len(self.sites.get(kind, ()))
            if count > room:
                raise SpatialError(f"needs {count} {kind} sites, the machine has {room}")


@dataclass(frozen=True)
class Solution:
    """A position for each unit."""

    positions: tuple[Position, ...]


def ordered_waits(problem: Problem) -> list[Wait]:
    """The waits so that every path meets them in order; `RuntimeError` if they form a cycle."""
    after: list[list[Wait]] = [[] for _ in problem.steps]
    open_inputs = [0] * len(problem.steps)
    for wait in problem.waits:
        after[wait.source].append(wait)
        open_inputs[wait.destination] += 1
    ready = [step for step, count in enumerate(open_inputs) if count == 0]
    result: list[Wait] = []
    for step in ready:
        for wait in after[step]:
            result.append(wait)
            open_inputs[wait.destination] -= 1
            if open_inputs[wait.destination] == 0:
                ready.append(wait.destination)
    if len(result) != len(problem.waits):
        raise RuntimeError("the waits of a placement problem form a cycle; this is a bug")
    return result


def longest_path(problem: Problem, positions: tuple[Position, ...]) -> float:
    """Length of the longest path through the waits, in steps of distance."""
    reached = [0.0] * len(problem.steps)
    for wait in ordered_waits(problem):
        a, b = (positions[problem.steps[s]] for s in (wait.source, wait.destination))
        length = reached[wait.source] + wait.delay + distance(a, b)
        reached[wait.destination] = max(reached[wait.destination], length)
    return max(reached, default=0.0)


def wire_length(problem: Problem, positions: tuple[Position, ...]) -> float:
    """Sum over links of weight times distance."""
    return sum(
        net.weight * sum(distance(positions[net.source], positions[d]) for d in net.destinations)
        for net in problem.nets
    )


def cost(problem: Problem, solution: Solution) -> float:
    """What `solve` makes small."""
    positions = solution.positions
    result = wire_length(problem, positions)
    result += sum(costs.get(positions[unit], 0.0) for unit, costs in problem.costs.items())
    crowd = sorted(problem.demands)
    result += sum(
        problem.demands[one] * problem.demands[other]
        for one, other in combinations(crowd, 2)
        if distance(positions[one], positions[other]) == 1
    )
    if problem.pressure and problem.waits:
        result += problem.pressure * longest_path(problem, positions)
    return result


def verify(problem: Problem, solution: Solution) -> None:
    """Raise `RuntimeError` unless every unit has a site of its kind to itself."""
    if len(solution.positions) != len(problem.kinds):
        raise RuntimeError("a placement leaves out units; this is a bug")
    room = {kind: Counter(sites) for kind, sites in problem.sites.items()}
    for unit, position in enumerate(solution.positions):
        kind = problem.kinds[unit]
        if room.get(kind, Counter[Position]())[position] < 1:
            raise RuntimeError(f"{problem.name(unit)} has no {kind} site left; this is a bug")
        room[kind][position] -= 1
        if problem.fixed.get(unit, position) != position:
            raise RuntimeError(f"{problem.name(unit)} was moved; this is a bug")
