"""Ways to do the same steps of a unit in as many parts, of which some may turn out wrong."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable

from spatial_opt.passes.solvers.partition import Problem, leaving, part_level, send_levels

ENOUGH = 8
"""Ways that are kept whatever they promise."""

Way = tuple[tuple[int, ...], ...]
"""The parts in which some steps are done."""


class Ways(list[Way]):
    """The first ways to do some steps, and those that promise something else."""

    def __init__(self, ways: Iterable[Way] = ()) -> None:
        """Take ways as they are."""
        super().__init__(ways)
        self._promised: set[Hashable] | None = None

    def offer(self, way: Way, promised_by: Callable[[Way], Hashable]) -> None:
        """Take a way, unless there are enough and one of them promises the same, or it fails."""
        if len(self) < ENOUGH:
            self.append(way)
            return
        if self._promised is None:
            self._promised = {promised_by(known) for known in self} | {None}
        promised = promised_by(way)
        if promised not in self._promised:
            self._promised.add(promised)
            self.append(way)


def promise(problem: Problem, done: int, way: Way) -> Hashable:
    """
    Tell what decides whether a way to do some steps (bits of a number) is right in the end.

    That are the output ports of parts with values that steps not done use, as far as their number
    is known, for a port serves all users of one level; None if they are too many already.
    """
    levels = [step.level for step in problem.steps]
    for part in way:
        for index in part:
            levels[index] = part_level(problem, part)
    later = {index for index in range(len(problem.steps)) if not done >> index & 1}
    limits = problem.limits
    found: list[Hashable] = []
    for part in way:
        values = leaving(problem, part)
        ports = {value: send_levels(problem, part, value, levels, later) for value in values}
        for vector, most in ((True, limits.vector_outputs), (False, limits.scalar_outputs)):
            alike = [value for value in values if problem.values[value].vector == vector]
            if sum(max(1, len(ports[value])) for value in alike) > most:
                return None
            if any(later.intersection(problem.users[value]) for value in alike):
                taken = tuple((value, tuple(sorted(ports[value]))) for value in alike)
                found.append((part_level(problem, part), taken))
    return tuple(found)
