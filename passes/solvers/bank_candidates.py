"""
Schemes worth a try, the simple ones first.

The classes are those of Spatial (Koeplinger et al., "Spatial: A Language and Compiler for
Application Accelerators", PLDI 2018, appendix): the row-major order; single dimensions; dimensions
hierarchically, each with its own number of banks; likely vectors; any vectors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod

from spatial_opt.machine.banks import Banking, row_major

BLOCKS = (1, 2, 4, 8, 16, 32, 64)
SMALL = (0, 1, 2, 3, 4, 5, 7, 8, 16, 32)
ANY_LIMIT = 1024
"""Most vectors of one (N, B) of the last class."""


def schemes(words: Sequence[int], numbers: Sequence[int]) -> Iterator[Banking]:
    """Give schemes with so many banks for a memory of that shape in words, each once."""
    given: set[Banking] = set()
    for family in (_plain, _single, _hierarchical, _likely, _any):
        for banks, block in product(numbers, BLOCKS):
            for vector in family(tuple(words), banks, block):
                scheme = Banking(banks, block, vector)
                if scheme not in given:
                    given.add(scheme)
                    yield scheme


def _plain(words: tuple[int, ...], banks: int, block: int) -> Iterator[tuple[int, ...] | None]:
    yield None


def _single(words: tuple[int, ...], banks: int, block: int) -> Iterator[tuple[int, ...]]:
    """Bank by one coordinate."""
    for chosen in _active(words):
        yield tuple(int(position == chosen) for position in range(len(words)))


def _hierarchical(words: tuple[int, ...], banks: int, block: int) -> Iterator[tuple[int, ...]]:
    """
    Give each dimension its number of banks: n0 x n1 x ... = N.

    A box of n0 x n1 x ... words falls on different banks wherever it stands, as it does where each
    dimension is taken modulo its number; but one division by N finds the bank.
    """
    active = _active(words)
    for sizes in _factorings(banks, len(active)):
        vector = [0] * len(words)
        for place, dimension in enumerate(active):
            vector[dimension] = prod(sizes[place + 1 :]) * block
        yield tuple(vector)


def _likely(words: tuple[int, ...], banks: int, block: int) -> Iterator[tuple[int, ...]]:
    """Small numbers, powers of two, coprimes of N, distances of rows and the ones next to them."""
    modulus = banks * block
    steps = row_major(words)
    entries = [*SMALL, banks - 1, banks + 1, block, *steps, *(step + 1 for step in steps)]
    yield from _vectors(words, sorted({entry for entry in entries if entry < 2 * modulus}))


def _any(words: tuple[int, ...], banks: int, block: int) -> Iterator[tuple[int, ...]]:
    """Every vector there is, up to multiples of the period."""
    if (banks * block) ** len(_active(words)) <= ANY_LIMIT:
        yield from _vectors(words, range(banks * block))


def _vectors(words: tuple[int, ...], entries: Sequence[int]) -> Iterator[tuple[int, ...]]:
    active = _active(words)
    if len(entries) ** len(active) > ANY_LIMIT:
        entries = entries[: max(2, int(ANY_LIMIT ** (1 / len(active))))]
    for chosen in product(entries, repeat=len(active)):
        vector = [0] * len(words)
        for dimension, entry in zip(active, chosen, strict=True):
            vector[dimension] = entry
        yield tuple(vector)


def _active(words: Sequence[int]) -> list[int]:
    """Return the dimensions along which there is more than one word."""
    return [position for position, extent in enumerate(words) if extent > 1]


def _factorings(number: int, parts: int) -> Iterator[tuple[int, ...]]:
    if parts == 0:
        return
    if parts == 1:
        yield (number,)
        return
    for first in range(1, number + 1):
        if number % first == 0:
            for rest in _factorings(number // first, parts - 1):
                yield (first, *rest)
