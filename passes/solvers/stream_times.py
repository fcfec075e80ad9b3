"""The times of all ways to divide a memory of weights at once; see `stream_shares` for one way."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from spatial_opt.passes.solvers.stream_shares import LEGIBLE, Memory, divisors, is_round

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

NEVER = 1 << 60
"""Cycles that nothing takes."""


@dataclass(frozen=True)
class Divisions:
    """Ways to divide a memory: a row for each number of rounds, a column for each of units kept."""

    memory: Memory
    rounds: Ints
    """Numbers of rounds, the fewest first."""
    legible: Bools
    """Whether a round is so many iterations of one counter."""
    period: Ints
    """Tokens of a round, as a column."""
    resident: Ints
    """Tokens of a round that memory units give."""
    possible: Bools
    """Whether parts fit, and leave something to load."""

    def cycles(self, interval: int, base: int) -> Ints:
        """
        Give the cycles of every way, as `stream_shares.cycles` does; `NEVER` for impossible ones.
        """
        memory = self.memory
        rounds = self.rounds[:, np.newaxis] * (memory.repeats * memory.activations)
        period = -(-base // rounds)
        loaded = self.period - self.resident
        given = -(-period * self.resident // self.period)
        waited = given + np.maximum(0, loaded - memory.places) * interval
        times = np.maximum(np.maximum(period, waited), loaded * interval) * rounds
        return np.where(self.possible, times, NEVER)

    def best_rounds(self, times: Ints) -> set[int]:
        """List the numbers of rounds that `stream_shares.best_share` takes for some column."""
        least = times.min(axis=0, initial=NEVER)
        nearly = (times <= LEGIBLE * least) & self.legible[:, np.newaxis]
        wanted = np.where(nearly.any(axis=0), np.where(nearly, times, NEVER), times)
        chosen = wanted.argmin(axis=0)[least < NEVER]
        return {int(rounds) for rounds in self.rounds[chosen]}


@lru_cache(maxsize=256)
def divisions(memory: Memory, parts: tuple[int, ...], capacity: int) -> Divisions:
    """List the ways to divide a memory that keeps one of `parts` units of `capacity` bytes."""
    period = np.array(divisors(memory.tokens), np.int64)
    rounds = memory.tokens // period
    each = (capacity // (rounds * memory.token_bytes))[:, np.newaxis]
    resident = each * np.array(parts, np.int64)
    return Divisions(
        memory,
        rounds,
        np.array([is_round(memory.trips, n) for n in period.tolist()]),
        period[:, np.newaxis],
        resident,
        (each > 0) & (resident < period[:, np.newaxis]),
    )
