"""Choose factors for all kernels of a program together, so that units suffice and time is least."""

from __future__ import annotations

from dataclasses import dataclass, replace
from sys import maxsize

import numpy as np

FEW = 64
"""Sums that are kept to find a solution quickly."""
MOST = 60_000
"""Sums of kernels so far and one more that are looked at; of more, some are left out."""


@dataclass(frozen=True)
class Option:
    """What one choice for one kernel takes."""

    compute_units: int
    memory_units: int
    cycles: int
    """Estimated, over the whole run."""
    generators: int = 0
    """Address generators that load weights."""


@dataclass(frozen=True)
class Problem:
    """The options of every kernel, and the units they share: all kernels stand side by side."""

    kernels: tuple[tuple[Option, ...], ...]
    compute_units: int
    memory_units: int
    generators: int = maxsize

    def check(self) -> None:
        """Raise ValueError where a figure makes no sense."""
        for number, options in enumerate(self.kernels):
            if not options:
                raise ValueError(f"kernel {number} has no option")
            for option in options:
                figures = option.compute_units, option.memory_units, option.cycles
                if min(*figures, option.generators) < 0:
                    raise ValueError(f"kernel {number}: {option} is less than nothing")


@dataclass(frozen=True)
class Solution:
    """The number of the option chosen for each kernel."""

    chosen: tuple[int, ...]


@dataclass(frozen=True)
class _Partial:
    compute_units: int
    memory_units: int
    generators: int
    cycles: int
    chosen: tuple[int, ...]


def solve(problem: Problem) -> Solution:
    """
    Take the options of least total cycles that fit; where none do, those that lack fewest units.

    Kernels are added one by one, and of the sums so far only those are kept that no other beats in
    units of any kind and cycles at once, and that can still beat a solution that is found in
    passing: exact, unless there are more than `MOST`. Then of those that take about the same units
    the fastest is kept. Of equals the first option wins.
    """
    problem.check()
    quick = _added(problem, FEW, None)
    limit = None if _shortage(quick, problem) else quick.cycles
    return Solution(_added(problem, None, limit).chosen)


def _added(problem: Problem, most: int | None, limit: int | None) -> _Partial:
    """Add kernel after kernel, keeping at most so many sums, and none that exceeds a limit."""
    found = [_Partial(0, 0, 0, 0, ())]
    ahead = sum(min(option.cycles for option in options) for options in problem.kernels)
    for options in problem.kernels:
        ahead -= min(option.cycles for option in options)
        useful = _undominated(options)
        found = _thinned(found, most or max(FEW, MOST // len(useful)))
        sums = [
            _Partial(
                before.compute_units + option.compute_units,
                before.memory_units + option.memory_units,
                before.generators + option.generators,
                before.cycles + option.cycles,
                (*before.chosen, number),
            )
            for before in found
            for number, option in useful
            if limit is None or before.cycles + option.cycles + ahead <= limit
        ]
        found = _fewest(sums, problem)
    # Sums that do not fit are kept beside: they come last.
    return min(found, key=lambda each: _rank(each, problem))


def _shortage(partial: _Partial, problem: Problem) -> int:
    over = max(0, partial.compute_units - problem.compute_units)
    over += max(0, partial.memory_units - problem.memory_units)
    return over + max(0, partial.generators - problem.generators)


def _rank(partial: _Partial, problem: Problem) -> tuple[int, int, tuple[int, ...]]:
    return _shortage(partial, problem), partial.cycles, partial.chosen


def _undominated(options: tuple[Option, ...]) -> list[tuple[int, Option]]:
    """List the options that no other beats in everything."""
    order = sorted(
        range(len(options)),
        key=lambda n: (
            options[n].cycles,
            options[n].compute_units,
            options[n].memory_units,
            options[n].generators,
            n,
        ),
    )
    kept: list[tuple[int, Option]] = []
    least: list[tuple[int, int, int]] = []
    """Units of those kept that no other of them beats in units."""
    for number in order:
        option = options[number]
        c, m, g = option.compute_units, option.memory_units, option.generators
        for compute, memory, generators in least:
            if compute <= c and memory <= m and generators <= g:
                break
        else:
            kept.append((number, option))
            least = [u for u in least if not (c <= u[0] and m <= u[1] and g <= u[2])]
            least.append((c, m, g))
    return kept


def _fewest(sums: list[_Partial], problem: Problem) -> list[_Partial]:
    """Keep the sums that no other beats; of those that do not fit, what lacks fewest units."""
    fitting = [each for each in sums if not _shortage(each, problem)]
    if not fitting:
        return [min(sums, key=lambda each: _rank(each, problem))]
    fitting.sort(key=lambda p: (p.cycles, p.compute_units, p.memory_units, p.generators, p.chosen))
    taken = np.array([(p.compute_units, p.memory_units, p.generators) for p in fitting])
    kept = np.zeros_like(taken)
    found: list[_Partial] = []
    for row, each in zip(taken, fitting, strict=True):
        if not (kept[: len(found)] <= row).all(axis=1).any():
            kept[len(found)] = row
            found.append(each)
    return found


def _thinned(sums: list[_Partial], most: int) -> list[_Partial]:
    """Keep at most so many sums, the fastest first of those that take about the same units."""
    step = 1
    while len(sums) > most:
        step *= 2
        cells: dict[tuple[int, int, int], _Partial] = {}
        for each in sums:  # the fastest come first
            place = each.compute_units // step, each.memory_units // (2 * step)
            cells.setdefault((*place, each.generators // step), each)
        sums = list(cells.values())
    return sums


def rank(problem: Problem, solution: Solution) -> tuple[int, int]:
    """Give the units that the options chosen lack, and their cycles: the less, the better."""
    total = _total(problem, solution)
    return _shortage(total, problem), total.cycles


def bound_by_memory(problem: Problem, solution: Solution) -> bool:
    """Whether a solution does not fit, or would be faster if there were more memory units."""
    roomy = replace(problem, memory_units=maxsize)
    lack, cycles = rank(problem, solution)
    return lack > 0 or rank(roomy, solve(roomy))[1] < cycles


def _total(problem: Problem, solution: Solution) -> _Partial:
    """Add the options chosen."""
    chosen = [
        options[number] for options, number in zip(problem.kernels, solution.chosen, strict=True)
    ]
    return _Partial(
        sum(option.compute_units for option in chosen),
        sum(option.memory_units for option in chosen),
        sum(option.generators for option in chosen),
        sum(option.cycles for option in chosen),
        solution.chosen,
    )


def verify(problem: Problem, solution: Solution) -> None:
    """Raise ValueError unless a solution takes one option of each kernel, and units if any do."""
    if len(solution.chosen) != len(problem.kernels):
        raise ValueError(
            f"{len(solution.chosen)} options are chosen for {len(problem.kernels)} kernels"
        )
    for number, (options, chosen) in enumerate(zip(problem.kernels, solution.chosen, strict=True)):
        if not 0 <= chosen < len(options):
            raise ValueError(f"kernel {number} has no option {chosen}")
    total = _total(problem, solution)
    if not _shortage(total, problem):
        return
    for options, chosen in zip(problem.kernels, solution.chosen, strict=True):
        old = options[chosen]
        for other in options:
            swapped = _Partial(
                total.compute_units - old.compute_units + other.compute_units,
                total.memory_units - old.memory_units + other.memory_units,
                total.generators - old.generators + other.generators,
                0,
                (),
            )
            if not _shortage(swapped, problem):
                raise ValueError(f"{solution} does not fit, but would with {other} for {old}")
