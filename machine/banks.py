"""
Which bank of a memory unit a word lies on, and where in it.

A scheme `(N, B, [a0, a1, ...])` puts the word at coordinates x on bank `floor(a . x / B) mod N`.
Coordinates are in words: all but the last dimension count rows, the last the words of a row.
Without the vector it is that of the row-major order, in which a . x is the number of the word.

Where in its bank a word lies follows from one of two rules, whichever takes fewer words. Let M be
N * B and A = a . x. The bank and `A mod B` together are `A mod M`.

* *linear*, if A numbers the words without repeating itself: offset `floor(A / M) * B + A mod B`.
  It gives the same for two words only if A does.
* *cells*: the memory is cut into equal boxes such that no two words of a box agree in `A mod M`;
  offset `B * cell + A mod B`, with the cells counted row by row. Two words at one place are in one
  cell and agree in `A mod M`, so they are the same. A box of one word always does.

So no two words share a place under any scheme. What schemes differ in is the number of words that
a bank must have (`Banking.depth`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, prod

import numpy as np
from numpy.typing import NDArray

WORD_BITS = 32
"""Bits that a bank gives or takes at once."""


@dataclass(frozen=True)
class Banking:
    """A scheme (N, B) or (N, B, [a0, a1, ...])."""

    banks: int
    block: int = 1
    projection: tuple[int, ...] | None = None

    def __str__(self) -> str:
        """Return it as in the text of a memory."""
        vector = "" if self.projection is None else f", {list(self.projection)}"
        return f"({self.banks}, {self.block}{vector})"

    def weights(self, shape: Sequence[int]) -> tuple[int, ...]:
        """Return the vector for a memory of `shape` words."""
        return row_major(tuple(shape)) if self.projection is None else self.projection

    def bank(self, word: Sequence[int], shape: Sequence[int]) -> int:
        """Return the bank of a word."""
        return self._number(word, shape) // self.block % self.banks

    def place(self, word: Sequence[int], shape: Sequence[int]) -> tuple[int, int]:
        """Return the bank of a word and its offset there, in words."""
        number, block = self._number(word, shape), self.block
        bank = number // block % self.banks
        if self._cells(shape) is None:
            return bank, number // (self.banks * block) * block + number % block
        cells = self._box(shape)
        cell = 0
        for position, extent, size in zip(word, shape, cells, strict=True):
            cell = cell * ceil(extent / size) + position // size
        return bank, cell * block + number % block

    def depth(self, shape: Sequence[int]) -> int:
        """Return the words that each bank must hold."""
        cells = self._cells(shape)
        return self._linear_depth(shape) if cells is None else cells * self.block

    def _number(self, word: Sequence[int], shape: Sequence[int]) -> int:
        return sum(a * x for a, x in zip(self.weights(shape), word, strict=True))

    def _box(self, shape: Sequence[int]) -> tuple[int, ...]:
        modulus = self.banks * self.block
        return fitting_box(tuple(a % modulus for a in self.weights(shape)), modulus, tuple(shape))

    def _cells(self, shape: Sequence[int]) -> int | None:
        """Return the number of cells, None where the linear rule takes no more words."""
        if self.projection is None:
            return None
        box = self._box(shape)
        cells = prod(ceil(extent / size) for extent, size in zip(shape, box, strict=True))
        numbers = _numbers_all(self.projection, shape)
        return None if numbers and self._linear_depth(shape) <= cells * self.block else cells

    def _linear_depth(self, shape: Sequence[int]) -> int:
        last = self._number([extent - 1 for extent in shape], shape)
        return (last // (self.banks * self.block) + 1) * self.block


def words_of(elements: Sequence[int], bits: int) -> tuple[int, ...]:
    """Return a shape in words; rows begin at a word."""
    return (*elements[:-1], ceil(elements[-1] * bits / WORD_BITS))


@lru_cache(1024)
def row_major(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the words from one position to the next in each dimension."""
    return tuple(prod(shape[position + 1 :]) for position in range(len(shape)))


def _numbers_all(vector: Sequence[int], shape: Sequence[int]) -> bool:
    """Return whether a . x differs for all words: each step jumps over what is within it."""
    reached = 0
    steps = ((a, extent) for a, extent in zip(vector, shape, strict=True) if extent > 1)
    for a, extent in sorted(steps):
        if a <= reached:
            return False
        reached += a * (extent - 1)
    return True


@lru_cache(4096)
def fitting_box(vector: tuple[int, ...], modulus: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """
    Return the box for the fewest cells in which no two words agree in `a . x mod modulus`.

    Among equals the one that is longest in the last dimensions.
    """
    best = (1,) * len(shape), prod(shape)

    def extend(position: int, taken: int, box: tuple[int, ...], cells: int) -> None:
        nonlocal best
        if position < 0:
            best = (box, cells) if cells < best[1] else best
            return
        extent = shape[position]
        # Bit n of `taken` is set if a word of the box so far has a . x = n.
        sizes: list[tuple[int, int]] = [(1, taken)]
        moved = taken
        while sizes[-1][0] < extent:
            moved = _rotated(moved, vector[position], modulus)
            size, reached = sizes[-1]
            if moved & reached:
                break
            sizes.append((size + 1, reached | moved))
        seen: set[int] = set()
        for size, reached in reversed(sizes):
            count = ceil(extent / size)
            # The outermost dimension wants the longest; elsewhere the shortest of equals leaves
            # most room to the others.
            if position and size > 1 and ceil(extent / (size - 1)) == count:
                continue
            if count not in seen:
                seen.add(count)
                extend(position - 1, reached, (size, *box), cells * count)
            if not position:
                break

    extend(len(shape) - 1, 1, (), 1)
    return best[0]


def _rotated(mask: int, by: int, modulus: int) -> int:
    by %= modulus
    return (mask << by | mask >> (modulus - by)) & ((1 << modulus) - 1)


def most_on_one_bank(
    number: NDArray[np.int64], span: NDArray[np.int64], step: int, banks: int, block: int
) -> NDArray[np.int64]:
    """
    Count the words of runs that fall on the fullest bank, per run.

    A run has `span` words; the first has a . x = `number`, and it grows by `step` from each to the
    next.
    """
    modulus = banks * block
    if block == 1:
        # Steps by `step` come round after this many banks.
        reached = modulus // np.gcd(step, modulus)
        return -(-span // reached)
    start = number % modulus
    width = int(span.max(initial=0)) + 1
    # Runs are alike that begin at one place within the period and are of one length.
    kind = start * width + span
    met = np.zeros(modulus * width, dtype=bool)
    met[kind] = True
    worst = np.zeros(modulus * width, dtype=np.int64)
    for one in np.flatnonzero(met):
        begin, length = divmod(int(one), width)
        on = (begin + step * np.arange(length)) // block % banks
        worst[one] = np.bincount(on, minlength=1).max(initial=0)
    return worst[kind]


def most_of_scattered(
    number: NDArray[np.int64],
    words: NDArray[np.int64],
    inside: NDArray[np.bool_],
    step: int,
    banks: int | None,
    block: int,
) -> NDArray[np.int64]:
    """
    Count the words on the fullest bank of each firing, whose words lie anywhere in a row.

    `words` are places in the row [firings, elements], of which those `inside` count, each word once
    per firing; the row begins with a . x = `number` [firings, 1], which grows by `step` per word.
    Without `banks` all words are on one.
    """
    ordered = np.sort(np.where(inside, words, -1), axis=1)
    kept = ordered >= 0
    kept[:, 1:] &= ordered[:, 1:] != ordered[:, :-1]
    if banks is None:
        return kept.sum(axis=1)
    on = (number + step * ordered) // block % banks
    rows = np.arange(len(words))[:, None] * banks
    counts = np.bincount((rows + on)[kept], minlength=len(words) * banks)
    return counts.reshape(len(words), banks).max(axis=1)
