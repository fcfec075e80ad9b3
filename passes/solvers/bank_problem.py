"""Memories and the accesses that their banks must serve, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from xdsl.ir.affine import AffineMap

from spatial_opt.machine.banks import WORD_BITS, Banking, words_of


class NoBankingError(ValueError):
    """No scheme serves these accesses; the text says which of them and why."""


@dataclass(frozen=True)
class Access:
    """
    A stream: what one port of a memory moves in each of its firings.

    Streams don't disturb each other: those of one port take turns, and each port reaches all
    banks.
    """

    name: str
    bounds: tuple[int, ...]
    """Of its counters, outermost first."""
    address: AffineMap
    """Coordinates of an element over the counters and, last, its lane in the token."""
    lanes: int
    """Elements of a token; those in one word share it, those outside the memory don't count."""
    outer: int = 0
    """How many of the counters are around the activation."""
    writes: bool = False
    gathers: bool = False
    """Whether the elements are chosen at run time, so that any may meet on one bank."""

    @property
    def activations(self) -> int:
        """Return how often its own counters run through."""
        return prod(self.bounds[: self.outer])


@dataclass(frozen=True)
class Problem:
    """A memory of `shape` elements of `bits` bits each, and a unit to hold it."""

    shape: tuple[int, ...]
    bits: int
    accesses: tuple[Access, ...]
    banks: int
    """Banks of the unit."""
    bank_words: int | None
    """Words that each of them holds; None if that doesn't matter."""

    @property
    def default(self) -> Banking:
        """Return the scheme of a memory of which nobody has decided anything."""
        return Banking(self.banks)

    @property
    def words(self) -> tuple[int, ...]:
        """Return the shape in words."""
        return words_of(self.shape, self.bits)

    @property
    def read_only(self) -> bool:
        """Return whether nothing is written while the program runs."""
        return not any(access.writes for access in self.accesses)

    def check(self) -> None:
        """Raise `ValueError` where the problem makes no sense."""
        if not self.shape or min(self.shape) < 1 or self.banks < 1:
            raise ValueError(f"a memory of {self.shape} elements in {self.banks} banks")
        if WORD_BITS % self.bits:
            raise ValueError(
                f"a word of {WORD_BITS} bits holds no whole number of elements of {self.bits}"
            )
        for access in self.accesses:
            dims, results = access.address.num_dims, len(access.address.results)
            if dims != len(access.bounds) + 1:
                raise ValueError(f"@{access.name} has {len(access.bounds)} counters for {dims - 1}")
            rank = len(self.shape) - access.gathers
            if results != rank:
                raise ValueError(f"@{access.name} has an address of rank {results}, not {rank}")
            if access.lanes < 1 or min(access.bounds, default=1) < 1:
                raise ValueError(f"@{access.name} moves nothing")


@dataclass(frozen=True)
class Solution:
    """A scheme and what it takes."""

    banking: Banking
    duplicated: bool
    """Whether each bank holds everything."""
    stalls: tuple[int, ...]
    """Cycles lost to conflicts over all activations, per access."""
    least: int
    """Cycles that no scheme can save, as a token has more words than the unit banks."""

    @property
    def total(self) -> int:
        """Return the cycles lost by all accesses."""
        return sum(self.stalls)


def room(problem: Problem, banking: Banking) -> int | None:
    """
    Return the words that each bank of a scheme can hold, None if that doesn't matter.

    A bank of the scheme is as many banks of the unit as there are enough of for all.
    """
    if problem.bank_words is None:
        return None
    if banking.banks > problem.banks:
        return problem.bank_words * problem.banks // banking.banks
    return problem.bank_words * (problem.banks // banking.banks)


def depth(problem: Problem, banking: Banking, duplicated: bool) -> int:
    """Return the words that each bank of a scheme must hold."""
    return prod(problem.words) if duplicated else banking.depth(problem.words)


def fits(problem: Problem, banking: Banking, duplicated: bool = False) -> bool:
    """Return whether the memory fits a unit under a scheme."""
    available = room(problem, banking)
    return available is None or depth(problem, banking, duplicated) <= available


def cost(problem: Problem, banking: Banking, duplicated: bool = False) -> float:
    """
    Return what a scheme takes of a unit, in banks.

    The banks it uses, the capacity that padding and copies take, and how hard a bank is to compute.
    """
    held = prod(problem.words)
    placed = depth(problem, banking, duplicated) * banking.banks
    bank_words = problem.bank_words or max(1, held // problem.banks)
    return banking.banks + (placed - held) / bank_words + complexity(banking)


def complexity(banking: Banking) -> int:
    """Count what it takes to compute a bank: a block, terms of a vector, factors, odd counts."""
    vector = banking.projection or ()
    terms = sum(1 for entry in vector if entry)
    factors = sum(1 for entry in vector if entry > 1)
    whole = 0 if banking.banks & (banking.banks - 1) == 0 else 2
    return (banking.block > 1) + terms + factors + whole
