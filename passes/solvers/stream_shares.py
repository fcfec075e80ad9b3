"""
How a memory of weights is divided between memory units and DRAM, and what that costs.

A memory gives its tokens in order, over and over. Of every `period` tokens some memory units give
the first ones, in turn, and an address generator loads the others from DRAM.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import ceil, prod

from spatial_opt.machine.description import Machine
from spatial_opt.passes.solvers.relay_counts import relays

LEGIBLE = 1.01
"""Times as long as at best that a share may take whose period is that of some counters."""


@dataclass(frozen=True)
class Memory:
    """A memory that may be streamed: it gives each of its tokens `repeats` times an activation."""

    trips: tuple[int, ...]
    """Of the counters that tell its tokens apart."""
    repeats: int
    token_bytes: int
    activations: int
    units: int
    """Memory units that it takes when all of it stays there."""
    places: int
    """Tokens from DRAM that may be on their way to its reader, or wait there."""
    relays: int = 0
    """Compute units that pass its tokens on when all of it stays there."""
    crowded: bool = False
    """Whether it is to be streamed in any case, for its units are too many without relays."""
    kernel: int = 0
    """Memories of one kernel give their tokens at the same time, kernels one after another."""

    @property
    def tokens(self) -> int:
        """Tokens that differ."""
        return prod(self.trips)

    @property
    def resident_cycles(self) -> int:
        """Cycles in which all tokens of a run leave memory units."""
        return self.tokens * self.repeats * self.activations


@dataclass(frozen=True)
class Share:
    """How a memory is divided: of every `period` tokens, `parts` units give `each` of them."""

    period: int
    parts: int
    each: int

    @property
    def resident(self) -> int:
        """Tokens of a period that memory units give; DRAM gives the others."""
        return self.parts * self.each


def more_relays(memory: Memory, parts: int) -> int:
    """Count the relays of a memory that keeps some units, beyond those it has anyway."""
    return relays(parts) - memory.relays


@lru_cache(maxsize=256)
def divisors(number: int) -> tuple[int, ...]:
    """List the divisors of a number, the largest first."""
    small = [n for n in range(1, int(number**0.5) + 1) if number % n == 0]
    return tuple(sorted({*small, *(number // n for n in small)}, reverse=True))


def load_interval(memory: Memory, machine: Machine, generators: int) -> int:
    """
    Give the cycles between two tokens of a memory that come from DRAM.

    Its address generator has its share of the bandwidth, one of `generators`, and as many requests
    under way as there are places for the answers.
    """
    waiting = ceil(machine.dram.latency_cycles / memory.places)
    return max(machine.dram_interval(memory.token_bytes, generators), waiting)


def cycles(memory: Memory, share: Share, interval: int, base: int | None = None) -> int:
    """
    Estimate the cycles in which a memory gives all tokens of a run.

    `base` are the cycles in which its kernel would take all of them from memory units; None: one a
    cycle. A token comes from DRAM every `interval` cycles. As many as there are places for are
    loaded while memory units give theirs.
    """
    rounds = memory.tokens // share.period * memory.repeats * memory.activations
    period = share.period if base is None else ceil(base / rounds)
    loaded = share.period - share.resident
    given = ceil(period * share.resident / share.period)
    waited = given + max(0, loaded - memory.places) * interval
    return max(period, waited, loaded * interval) * rounds


def share_of(memory: Memory, parts: int, rounds: int, capacity: int) -> Share | None:
    """
    Divide a memory of which `parts` units stay, with `rounds` periods; None if that cannot be.

    Parts take as much of each period as fits. A memory of which nothing stays has one period.
    """
    if not parts:
        return Share(memory.tokens, 0, 0)
    if memory.tokens % rounds:
        return None
    period, each = memory.tokens // rounds, capacity // (rounds * memory.token_bytes)
    if each == 0 or parts * each >= period:
        # Nothing fits, or nothing would be left to load.
        return None
    return Share(period, parts, each)


def best_share(
    memory: Memory, parts: int, interval: int, capacity: int, base: int | None = None
) -> Share | None:
    """
    Find the fastest way to give a memory that keeps `parts` units; None if they cannot be used.

    `interval` and `base` are those of `cycles`, `capacity` the bytes that a memory unit holds.
    Of shares that are equally fast, or nearly so, it is one whose period goes through some counters
    and keeps the others, as far as there are such, and then the one of the longest period.
    """
    shares = [
        share_of(memory, parts, memory.tokens // period, capacity)
        for period in divisors(memory.tokens if parts else 1)
    ]
    found = [(cycles(memory, s, interval, base), s) for s in shares if s is not None]
    if not found:
        return None
    least = min(time for time, _ in found)
    legible = [
        (time, share)
        for time, share in found
        if time <= LEGIBLE * least and is_round(memory.trips, share.period)
    ]
    return min(legible or found, key=lambda each: each[0])[1]


def least_cycles(memory: Memory, parts: int, interval: int, capacity: int) -> int:
    """
    Estimate the cycles of a memory that keeps `parts` units, if they could be filled up.

    That is a lower bound, close enough to compare choices of which there are thousands.
    """
    loaded = max(1, memory.tokens - parts * (capacity // memory.token_bytes))
    return max(memory.tokens, loaded * interval) * memory.repeats * memory.activations


def is_round(trips: tuple[int, ...], period: int) -> bool:
    """Whether a period is a number of iterations of one counter that divides its trip count."""
    inside = [prod(trips[number:]) for number in range(len(trips) + 1)]
    return any(outer % period == 0 and period % inner == 0 for outer, inner in pairwise(inside))
