"""Words that change their unit between two kernels, point by point."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spatial_opt.dialects.affine_values import evaluate_affine
from spatial_opt.dialects.pattern_dealing import Dealing
from spatial_opt.passes.bank_assignment.uses import Use

Ints = NDArray[np.int64]


def moved_points(use: Use, producer: Dealing, consumer: Dealing) -> int:
    """Count the words of a use that a unit of another number makes than needs them."""
    points = list(np.indices(use.bounds, np.int64).reshape(len(use.bounds), -1))
    units, turns = dealt(consumer)
    row = points[use.row]
    needed = [units[row], *(evaluate_affine(expr, points) for expr in use.apart)]
    if use.copies:
        needed.append(turns[row])
    element = [np.broadcast_to(evaluate_affine(expr, points), row.shape) for expr in use.element]
    inside = np.ones(row.shape, np.bool_)
    for place, extent in zip(element, use.extents, strict=True):
        inside &= (place >= 0) & (place < extent)
    makers, _ = dealt(producer)
    moved = inside.copy()
    moved[inside] = makers[element[-1][inside]] != units[row][inside]
    found = np.stack([np.broadcast_to(each, row.shape)[moved] for each in (*needed, *element)])
    return np.unique(found, axis=1).shape[1] * use.times


def dealt(deal: Dealing) -> tuple[Ints, Ints]:
    """Give unit and turn of each row, by dealing rows out like cards, `lanes` at a time."""
    units, groups, turns = range(deal.units), range(deal.groups), range(deal.turns)
    if deal.blocked:
        hands = [(unit, turn) for unit in units for _ in groups for turn in turns]
    else:
        hands = [(unit, turn) for _ in groups for turn in turns for unit in units]
    cards = np.repeat(np.array(hands, np.int64), deal.lanes, axis=0)[: deal.rows]
    assert len(cards) == deal.rows
    return cards[:, 0], cards[:, 1]
