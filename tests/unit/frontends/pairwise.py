"""Few cases that have every pair of values of every two factors."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from itertools import combinations, product
from typing import Any

Case = dict[str, Any]


def pairwise(factors: Mapping[str, Sequence[Any]], seed: int = 0) -> list[Case]:
    """
    Return cases, one value per factor each, in which all pairs of values occur.

    Greedy: each case takes a pair that is missing, and then, factor by factor, the value with the
    most missing pairs.
    """
    generator = random.Random(seed)
    names = list(factors)
    levels = {name: range(len(factors[name])) for name in names}
    missing = {
        ((a, i), (b, j))
        for a, b in combinations(names, 2)
        for i, j in product(levels[a], levels[b])
    }
    cases: list[Case] = []
    while missing:
        chosen = dict(min(missing))
        rest = [name for name in names if name not in chosen]
        generator.shuffle(rest)
        for name in rest:
            options = list(levels[name])
            generator.shuffle(options)
            taken = dict(chosen)
            chosen[name] = max(options, key=lambda n, at=name: _gain(at, n, taken, missing, names))
        picked = [(name, chosen[name]) for name in names]
        missing -= set(combinations(picked, 2))
        cases.append({name: factors[name][level] for name, level in picked})
    return cases


def _gain(
    name: str, level: int, chosen: Mapping[str, int], missing: set[Any], names: Sequence[str]
) -> int:
    order = {each: position for position, each in enumerate(names)}
    found = 0
    for other, value in chosen.items():
        pair = sorted([(name, level), (other, value)], key=lambda entry: order[entry[0]])
        found += tuple(pair) in missing
    return found
