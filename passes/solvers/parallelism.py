"""Choose factors for all kernels of a program together, so that units suffice and time is least."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Option:
    """What one choice for one kernel takes."""

    compute_units: int
    memory_units: int
    cycles: int
    """Estimated, over the whole run."""


@dataclass(frozen=True)
class Problem:
    """The options of every kernel, and the units they share: all kernels stand side by side."""

    kernels: tuple[tuple[Option, ...], ...]
    compute_units: int
    memory_units: int

    def check(self) -> None:
        """Raise ValueError where a figure makes no sense."""
        for number, options in enumerate(self.kernels):
            if not options:
                raise ValueError(f"kernel {number} has no option")
            for option in options:
                if min(option.compute_units, option.memory_units, option.cycles) < 0:
                    raise ValueError(f"kernel {number}: {option} is less than nothing")


@dataclass(frozen=True)
class Solution:
    """The number of the option chosen for each kernel."""

    chosen: tuple[int, ...]


@dataclass(frozen=True)
class _Partial:
    compute_units: int
    memory_units: int
    cycles: int
    chosen: tuple[int, ...]


def solve(problem: Problem) -> Solution:
    """
    Take the options of least total cycles that fit; where none do, those that lack fewest units.

    Exact: kernels are added one by one, and of the sums so far only those are kept that no other
    beats in compute units, memory units and cycles at once. Of equals the first option wins.
    """
    problem.check()
    found = [_Partial(0, 0, 0, ())]
    for options in problem.kernels:
        sums = [
            _Partial(
                before.compute_units + option.compute_units,
                before.memory_units + option.memory_units,
                before.cycles + option.cycles,
                (*before.chosen, number),
            )
            for before in found
            for number, option in _undominated(options)
        ]
        found = _fewest(sums, problem)
    # Sums that do not fit are kept beside: they come last.
    return Solution(min(found, key=lambda each: _rank(each, problem)).chosen)


def _shortage(partial: _Partial, problem: Problem) -> int:
    over = max(0, partial.compute_units - problem.compute_units)
    return over + max(0, partial.memory_units - problem.memory_units)


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
            n,
        ),
    )
    kept: list[tuple[int, Option]] = []
    for number in order:
        option = options[number]
        if not any(
            other.compute_units <= option.compute_units
            and other.memory_units <= option.memory_units
            for _, other in kept
        ):
            kept.append((number, option))
    return kept


def _fewest(sums: list[_Partial], problem: Problem) -> list[_Partial]:
    """Keep the sums that no other beats; of those that do not fit, what lacks fewest units."""
    fitting = [each for each in sums if not _shortage(each, problem)]
    over = [each for each in sums if _shortage(each, problem)]
    kept: list[_Partial] = []
    for each in sorted(
        fitting, key=lambda p: (p.cycles, p.compute_units, p.memory_units, p.chosen)
    ):
        if not any(
            other.compute_units <= each.compute_units and other.memory_units <= each.memory_units
            for other in kept
        ):
            kept.append(each)
    return kept or [min(over, key=lambda each: _rank(each, problem))]


def verify(problem: Problem, solution: Solution) -> None:
    """Raise ValueError unless a solution takes one option of each kernel, and units if any do."""
    if len(solution.chosen) != len(problem.kernels):
        raise ValueError(
            f"{len(solution.chosen)} options are chosen for {len(problem.kernels)} kernels"
        )
    total = _Partial(0, 0, 0, ())
    for number, (options, chosen) in enumerate(zip(problem.kernels, solution.chosen, strict=True)):
        if not 0 <= chosen < len(options):
            raise ValueError(f"kernel {number} has no option {chosen}")
        option = options[chosen]
        total = _Partial(
            total.compute_units + option.compute_units,
            total.memory_units + option.memory_units,
            total.cycles + option.cycles,
            (),
        )
    if not _shortage(total, problem):
        return
    for options, chosen in zip(problem.kernels, solution.chosen, strict=True):
        old = options[chosen]
        for other in options:
            swapped = _Partial(
                total.compute_units - old.compute_units + other.compute_units,
                total.memory_units - old.memory_units + other.memory_units,
                0,
                (),
            )
            if not _shortage(swapped, problem):
                raise ValueError(f"{solution} does not fit, but would with {other} for {old}")
