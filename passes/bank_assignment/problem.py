"""Kernels and what they need of each other as a problem of the bank assignment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from spatial_opt.dialects import pattern
from spatial_opt.dialects.pattern_dealing import Dealing
from spatial_opt.passes.bank_assignment.uses import Use
from spatial_opt.passes.polyhedral.bank_moves import moved_words
from spatial_opt.passes.solvers.bank_assignment import Edge, Problem


def options_of(kernel: pattern.MapOp) -> tuple[Dealing, ...]:
    """Return the ways to deal a kernel's rows: as the text says, else cyclically or in blocks."""
    given = kernel.dealing
    if kernel.deal is not None or given.units == 1:
        return (given,)
    blocked = replace(given, blocked=True)
    # Where each unit has one token only, both are the same.
    return (given,) if blocked.block == given.lanes else (given, blocked)


def problem_of(options: Sequence[tuple[Dealing, ...]], uses: Sequence[Use]) -> Problem:
    """Count the words that each use moves, for all options of its two kernels."""
    # Layers of a network are alike: what differs is which kernels they are.
    count = cache(moved_words)
    edges: dict[tuple[int, int], list[list[int]]] = {}
    for use in uses:
        makers, readers = options[use.producer], options[use.consumer]
        if readers[0].units == 1:
            # All that a single unit needs comes to it, whoever makes it.
            continue
        words = edges.setdefault((use.producer, use.consumer), [[0] * len(readers) for _ in makers])
        alike = replace(use, producer=0, consumer=0)
        for one, maker in enumerate(makers):
            for other, reader in enumerate(readers):
                words[one][other] += count(alike, maker, reader)
    return Problem(
        tuple((0,) * len(each) for each in options),
        tuple(
            Edge(producer, consumer, tuple(tuple(row) for row in words))
            for (producer, consumer), words in edges.items()
        ),
    )
