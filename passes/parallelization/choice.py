"""The choice of parallel factors for all kernels of a program together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from sys import maxsize
from typing import Literal

from spatial_opt.machine.description import Machine
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.parallelization.candidates import Pinned, candidates
from spatial_opt.passes.parallelization.estimates import Estimate, Factors
from spatial_opt.passes.parallelization.facts import KernelFacts
from spatial_opt.passes.parallelization.streamed import resident, streamed
from spatial_opt.passes.solvers import parallelism

LISTED = ((4, 8), (4, 6), (4, 4), (2, 4), (2, 2), (1, 2), (1, 1))
"""(hu, ru) in order of preference; the first is what Zhao et al. use for most LSTMs."""

Found = list[list[tuple[Factors, Estimate]]]
"""Of each kernel, the factors it may have and what they take."""
_Options = list[list[tuple[Factors, parallelism.Option]]]


@dataclass(frozen=True)
class Choice:
    """Chooses the factors of kernels with reductions, within the units that others leave."""

    kernels: Sequence[KernelFacts]
    """All kernels, with and without reductions."""
    machine: Machine
    pinned: Pinned
    private: bool
    """Whether each dot product has its own copy of its operand."""
    weights: Literal["auto", "resident", "dram"]
    busy: int
    """Address generators that load inputs and store results."""
    stored: int
    """Memories from which results are stored, beside those that kernels read."""

    def best(self) -> list[Factors]:
        """Take the fastest factors that fit."""
        problem, options, solution = self._solved(self.candidates())
        parallelism.verify(problem, solution)
        return [each[n][0] for each, n in zip(options, solution.chosen, strict=True)]

    def takes(self, found: Found) -> tuple[int, int]:
        """Give the units that the fastest of `candidates` that fit lack, and their cycles."""
        problem, _, solution = self._solved(found)
        return parallelism.rank(problem, solution)

    def candidates(self) -> Found:
        """List the factors that each kernel with reductions may have, and what they take."""
        found = [
            list(candidates(kernel, self.machine, self.pinned, self.private))
            for kernel in self._reducing
        ]
        for kernel, options in zip(self._reducing, found, strict=True):
            _refuse_none(kernel, self.pinned, bool(options))
        return found

    def listed(self) -> list[Factors]:
        """
        Take the first factors of a short list that fit with all weights in memory units.

        If none do, the fastest with some weights in DRAM, or the last.
        """
        tried: list[tuple[tuple[int, int], list[Factors]]] = []
        for hu, ru in LISTED:
            pinned = replace(
                self.pinned,
                hu=self.pinned.hu or hu,
                ru=self.pinned.ru or ru,
                hv=self.pinned.hv or 1,
            )
            found = [
                list(candidates(kernel, self.machine, pinned, self.private))[:1]
                for kernel in self._reducing
            ]
            factors = [options[0][0] for options in found]
            problem = self._problem(_resident(found))
            first = parallelism.Solution((0,) * len(found))
            lack, _ = parallelism.rank(problem, first)
            if not lack:
                return factors
            if self.weights == "auto":
                problem, _, solution = self._solved(found)
                tried.append((parallelism.rank(problem, solution), factors))
            else:
                tried = [((lack, 0), factors)]
        return min(tried, key=lambda each: each[0])[1]

    @property
    def _reducing(self) -> list[KernelFacts]:
        return [kernel for kernel in self.kernels if kernel.reductions]

    def _problem(self, options: _Options) -> parallelism.Problem:
        """State what the kernels may have, and the units that are left for them."""
        machine = self.machine
        compute = len(machine.grid.positions("pcu"))
        memory = len(machine.grid.positions("pmu")) - self.stored
        for kernel in self.kernels:
            if not kernel.reductions:
                stages = machine.pcu.stages
                compute -= sum(-(-ops // stages) for level in kernel.row_ops for ops in level) or 1
                memory -= kernel.row_memories
        free = max(0, machine.ag.count - self.busy) if machine.enforces("ag.count") else maxsize
        choices = tuple(tuple(option for _, option in each) for each in options)
        return parallelism.Problem(choices, compute, memory, free)

    def _solved(self, found: Found) -> tuple[parallelism.Problem, _Options, parallelism.Solution]:
        """Choose with all weights in memory units, and where these bind, with some in DRAM."""
        options = _resident(found)
        if self.weights == "dram":
            loaded = self._streamed(found, 0)
            options = [some or every for some, every in zip(loaded, options, strict=True)]
        problem = self._problem(options)
        solution = parallelism.solve(problem)
        if self.weights == "auto" and parallelism.bound_by_memory(problem, solution):
            # What does not fit by itself is asked for only where nothing fits.
            for room in ((problem.compute_units, problem.memory_units), (maxsize, maxsize)):
                more = self._streamed(found, None, room)
                every = [[*each, *loaded] for each, loaded in zip(options, more, strict=True)]
                problem = self._problem(every)
                solution = parallelism.solve(problem)
                if not parallelism.rank(problem, solution)[0]:
                    break
            options = every
        return problem, options, solution

    def _streamed(
        self, found: Found, most: int | None, room: tuple[int, int] = (maxsize, maxsize)
    ) -> _Options:
        machine, busy = self.machine, self.busy
        return [
            [(f, option) for f, e in each for option in streamed(e, machine, busy, most, room)]
            for each in found
        ]


def _resident(found: Found) -> _Options:
    return [[(factors, resident(estimate)) for factors, estimate in each] for each in found]


def _refuse_none(kernel: KernelFacts, pinned: Pinned, any_left: bool) -> None:
    """Refuse factors that leave nothing to choose from."""
    if not any_left:
        raise SpatialError(
            f"no parallel factors of {kernel.name} are left by hu={pinned.hu}, ru={pinned.ru}, "
            f"rv={pinned.rv}, hv={pinned.hv}, rows={pinned.rows}; leave some of them out"
        )
