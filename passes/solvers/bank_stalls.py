"""
Cycles that accesses lose to bank conflicts, by counting.

Of each counter only as many iterations are looked at as differ (`bank_periods`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, gcd, prod

import numpy as np
from numpy.typing import NDArray
from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineDimExpr,
    AffineExpr,
)

from spatial_opt.dialects.affine_bounds import linear_form
from spatial_opt.dialects.affine_values import evaluate_affine
from spatial_opt.machine.banks import WORD_BITS, Banking
from spatial_opt.passes.solvers.bank_periods import periods
from spatial_opt.passes.solvers.bank_problem import Access, NoBankingError, Problem

CHUNK = 1 << 18
"""Elements that are looked at together."""

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Clash:
    """Two words that one firing wants from one bank."""

    firing: tuple[int, ...]
    """Values of the counters."""
    cycles: int
    """What the firing takes."""
    bank: int
    elements: tuple[tuple[int, ...], tuple[int, ...]]
    """Coordinates of an element of each word."""


def stalls(problem: Problem, access: Access, banking: Banking, duplicated: bool = False) -> int:
    """Return the cycles that an access loses to conflicts, over all its activations."""
    if access.gathers:
        if not duplicated and access.lanes > 1:
            raise NoBankingError(
                f"@{access.name} looks up {access.lanes} elements at once, which may fall on one "
                "bank"
            )
        return (ceil(access.lanes / banking.banks) - 1) * prod(access.bounds)
    if not duplicated and free(problem, access, banking):
        return 0
    lost = 0
    for firings in _firings(problem, access, banking, duplicated):
        taken = _cycles(firings, banking, duplicated, access.writes)
        lost += int((firings.weights * (np.maximum(taken, 1) - 1)).sum())
    return lost


def free(problem: Problem, access: Access, banking: Banking) -> bool:
    """Return True if a run of neighbouring words takes no bank twice, wherever it begins."""
    if banking.block != 1 or not contiguous(access):
        return False
    step = banking.weights(problem.words)[-1]
    return most_words(problem, access) <= banking.banks // gcd(step, banking.banks)


def least_stalls(problem: Problem, access: Access) -> int:
    """Return the cycles lost however words are spread over all banks of the unit."""
    if access.gathers or most_words(problem, access) <= problem.banks:
        return 0
    lost = 0
    for firings in _firings(problem, access, problem.default, False):
        words = firings.first_of_word.sum(axis=1)
        lost += int((firings.weights * (np.maximum(1, -(-words // problem.banks)) - 1)).sum())
    return lost


def worst_clash(problem: Problem, access: Access, banking: Banking) -> Clash | None:
    """Return the clash of a firing that takes longest, None if there is none."""
    worst: Clash | None = None
    for firings in _firings(problem, access, banking, False):
        taken = _cycles(firings, banking, False, access.writes)
        at = int(taken.argmax())
        if taken[at] <= (worst.cycles if worst else 1):
            continue
        lanes = np.flatnonzero(firings.first_of_word[at])
        on = firings.numbers[at, lanes] // banking.block % banking.banks
        bank = int(np.bincount(on).argmax())
        one, other = lanes[on == bank][:2]
        elements = [tuple(int(c[at, lane]) for c in firings.coordinates) for lane in (one, other)]
        firing = tuple(int(n) for n in firings.counters[:, at])
        worst = Clash(firing, int(taken[at]), bank, (elements[0], elements[1]))
    return worst


def contiguous(access: Access) -> bool:
    """Return whether the lanes are neighbours in the last dimension."""
    if access.gathers:
        return False
    lane = len(access.bounds)
    *others, last = access.address.results
    return not any(lane in other.used_dims() for other in others) and _steps_by_one(last, lane)


def _steps_by_one(expr: AffineExpr, dim: int) -> bool:
    match expr:
        case AffineDimExpr(position):
            return position == dim
        case AffineBinaryOpExpr(AffineBinaryOpKind.Add, lhs, rhs):
            here, there = (lhs, rhs) if dim in lhs.used_dims() else (rhs, lhs)
            return dim not in there.used_dims() and _steps_by_one(here, dim)
        case _:
            return False


@lru_cache(4096)
def most_words(problem: Problem, access: Access) -> int:
    """Return a bound of the words of one firing; for neighbours it is tight."""
    if not contiguous(access):
        return access.lanes
    per_word = WORD_BITS // problem.bits
    linear = linear_form(access.address.results[-1], len(access.bounds) + 1)
    aligned = linear is not None and not any(c % per_word for c in (*linear[0][:-1], linear[1]))
    return ceil((access.lanes + (0 if aligned else per_word - 1)) / per_word)


@dataclass(frozen=True)
class _Firings:
    """Some firings of an access."""

    counters: Ints
    """[counters, firings]"""
    weights: Ints
    """How many firings each stands for, [firings]."""
    coordinates: list[Ints]
    """Elements, per dimension [firings, lanes]."""
    numbers: Ints
    """a . x of the word of each lane, [firings, lanes]."""
    first_of_word: NDArray[np.bool_]
    """Whether a lane is inside, and the first one of its word, [firings, lanes]."""


def _cycles(firings: _Firings, banking: Banking, duplicated: bool, writes: bool) -> Ints:
    """Return what the fullest bank moves, [firings]."""
    if duplicated:
        words = firings.first_of_word.sum(axis=1)
        return words if writes else -(-words // banking.banks)
    on = firings.numbers // banking.block % banking.banks
    number = len(on)
    rows = np.broadcast_to(np.arange(number)[:, None], on.shape)
    key = (rows * banking.banks + on)[firings.first_of_word]
    counts = np.bincount(key, minlength=number * banking.banks)
    return counts.reshape(number, banking.banks).max(axis=1)


def _firings(
    problem: Problem, access: Access, banking: Banking, duplicated: bool
) -> Iterator[_Firings]:
    """Give all firings, or one for all those that are alike, some at a time."""
    alike = periods(problem, access, banking, duplicated)
    trips = [min(pair) for pair in zip(access.bounds, alike, strict=True)]
    total = prod(trips)
    lanes = np.arange(access.lanes, dtype=np.int64)
    weights = banking.weights(problem.words)
    at_once = max(1, CHUNK // access.lanes)
    for low in range(0, total, at_once):
        flat = np.arange(low, min(total, low + at_once), dtype=np.int64)
        counters = np.array(np.unravel_index(flat, trips or (1,)), dtype=np.int64)
        counters = counters[: len(trips)]
        weight = np.ones(len(flat), dtype=np.int64)
        for counter, bound, trip in zip(counters, access.bounds, trips, strict=True):
            weight *= bound // trip + (counter < bound % trip)
        values: list[Ints] = [*(counter[:, None] for counter in counters), lanes[None, :]]
        shape = (len(flat), access.lanes)
        coordinates = [
            np.broadcast_to(evaluate_affine(expr, values), shape) for expr in access.address.results
        ]
        inside = np.ones(shape, dtype=bool)
        for extent, coordinate in zip(problem.shape, coordinates, strict=True):
            inside &= (coordinate >= 0) & (coordinate < extent)
        words = [*coordinates[:-1], coordinates[-1] * problem.bits // WORD_BITS]
        numbers = np.zeros(shape, dtype=np.int64)
        for step, position in zip(weights, words, strict=True):
            numbers = numbers + step * position
        first = _first_of_word(problem, words, inside)
        yield _Firings(counters, weight, coordinates, numbers, first)


def _first_of_word(
    problem: Problem, words: Sequence[Ints], inside: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    key = np.zeros(inside.shape, dtype=np.int64)
    for extent, position in zip(problem.words, words, strict=True):
        key = key * extent + position
    key = np.where(inside, key, -1)
    order = np.argsort(key, axis=1, kind="stable")
    ordered = np.take_along_axis(key, order, axis=1)
    fresh = np.ones_like(inside)
    fresh[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    first = np.empty_like(inside)
    np.put_along_axis(first, order, fresh, axis=1)
    return first & inside
