"""
Which bank each word of a memory lies on, so that no access has to wait.

A memory on which nothing conflicts stays as it is: a unit serves one memory, so banks that are not
needed are of no use to anybody else. Else the scheme with the fewest lost cycles is taken, among
equals the one that takes least of a unit, counted in banks (`cost`). Copies in each bank compete
where nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from spatial_opt.machine.banks import Banking
from spatial_opt.passes.solvers.bank_candidates import schemes
from spatial_opt.passes.solvers.bank_problem import (
    NoBankingError,
    Problem,
    Solution,
    complexity,
    cost,
    fits,
)
from spatial_opt.passes.solvers.bank_stalls import free, least_stalls, most_words, stalls

ATTEMPTS = 3000
"""Schemes that are tried for one memory."""


@lru_cache(maxsize=1024)
def solve(problem: Problem) -> Solution:
    """Find a scheme for a memory. Raises `NoBankingError` if there is none of known time."""
    problem.check()
    default = problem.default
    if all(free(problem, access, default) for access in problem.accesses):
        return Solution(default, False, (0,) * len(problem.accesses), 0)
    least = sum(least_stalls(problem, access) for access in problem.accesses)
    best = _Best(problem, least)
    unknown = [access for access in problem.accesses if access.gathers and access.lanes > 1]
    if not unknown:
        best.offer(default, False)
        if best.is_least:
            return best.solution
    if problem.read_only and fits(problem, default, duplicated=True):
        best.offer(default, True)
    elif unknown:
        why = "a bank can't hold all of it" if problem.read_only else "it is written"
        raise NoBankingError(
            f"@{unknown[0].name} looks up {unknown[0].lanes} elements at once, which may fall on "
            f"one bank, and the {problem.banks} banks can't each hold everything, as {why}"
        )
    if not unknown:
        for scheme in _candidates(problem, best):
            best.offer(scheme, False)
    return best.solution


def _candidates(problem: Problem, best: _Best) -> Iterator[Banking]:
    """Give what may be better than the best so far; too few banks only if nothing else does."""
    needed = max(most_words(problem, access) for access in problem.accesses)
    enough = list(range(min(needed, problem.banks), problem.banks + 1))
    attempts = ATTEMPTS
    for numbers in (enough, list(range(1, enough[0]))):
        for scheme in schemes(problem.words, numbers):
            if best.may_be_beaten(scheme) and fits(problem, scheme):
                yield scheme
                attempts -= 1
                if not attempts:
                    return
        if best.is_least:
            return


class _Best:
    """The best scheme so far."""

    def __init__(self, problem: Problem, least: int) -> None:
        self.problem = problem
        self.least = least
        self.price = float("inf")
        self._solution: Solution | None = None

    @property
    def solution(self) -> Solution:
        if self._solution is None:
            raise RuntimeError("no scheme was offered; this is a bug")
        return self._solution

    @property
    def is_least(self) -> bool:
        """Whether no scheme loses fewer cycles."""
        return self._solution is not None and self._solution.total <= self.least

    def may_be_beaten(self, scheme: Banking) -> bool:
        """Tell without counting whether a scheme may be better."""
        if not self.is_least:
            return True
        return scheme.banks + complexity(scheme) < self.price > cost(self.problem, scheme)

    def offer(self, scheme: Banking, duplicated: bool) -> None:
        """Keep a scheme if it loses fewer cycles, or as many and costs less."""
        lost = measure(self.problem, scheme, duplicated)
        price = cost(self.problem, scheme, duplicated)
        total = float("inf") if self._solution is None else self._solution.total
        if (sum(lost), price) < (total, self.price):
            self.price = price
            self._solution = Solution(scheme, duplicated, lost, self.least)


def measure(problem: Problem, banking: Banking, duplicated: bool = False) -> tuple[int, ...]:
    """Return the cycles that each access loses under a scheme, over all its activations."""
    return tuple(stalls(problem, access, banking, duplicated) for access in problem.accesses)


def verify(problem: Problem, solution: Solution) -> None:
    """
    Raise `RuntimeError` unless a solution loses no more than it says.

    That accesses don't conflict is proved over all their firings by integer sets, unless the
    closed form for neighbouring words says it already.
    """
    banking = solution.banking
    if banking != problem.default or solution.duplicated:
        if not fits(problem, banking, solution.duplicated):
            raise RuntimeError(f"scheme {banking} does not fit a unit; this is a bug")
        if solution.duplicated and not problem.read_only:
            raise RuntimeError("a memory that is written has copies; this is a bug")
    if solution.stalls != measure(problem, banking, solution.duplicated):
        raise RuntimeError(f"scheme {banking} loses other cycles than it says; this is a bug")
    if solution.duplicated:
        return
    for access, lost in zip(problem.accesses, solution.stalls, strict=True):
        if lost or access.gathers or free(problem, access, banking):
            continue
        from spatial_opt.passes.polyhedral.library import require_isl

        require_isl("the proof that no bank is wanted twice")
        from spatial_opt.passes.polyhedral.bank_conflicts import conflict_free

        if not conflict_free(problem, access, banking):
            raise RuntimeError(f"@{access.name} conflicts under {banking}; this is a bug")
