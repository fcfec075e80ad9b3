"""Where the elements of an array stand in the user's array that fills it."""

from collections.abc import Sequence
from math import prod
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from xdsl.dialects.builtin import AffineMapAttr
from xdsl.ir.affine import AffineExpr, AffineMap

from spatial_opt.dialects.spatial import ParameterInitAttr, PmuOp, ReadOp, token_elements
from spatial_opt.runtime.memory_contents import Contents
from spatial_opt.runtime.native.access import linear
from spatial_opt.runtime.native.arrays import Array, outer_bounds
from spatial_opt.runtime.numpy_access import Access, evaluate_affine, open_grid

Positions: TypeAlias = npt.NDArray[np.int64]


def row_positions(array: Array, source: Sequence[int]) -> tuple[Positions, int] | None:
    """
    Give the position of each row's first element in a user's array of shape `source`.

    Then the step from each element of a row to the next. None for rows that have no such form.
    """
    if array.rows is None or not isinstance(array.op, PmuOp):
        return None
    length = array.rows[0]
    if array.parts:
        return _joined_rows(array, length, source)
    if array.shape[-1] % length or array.pitch != array.shape[-1]:
        return None
    counts = array.shape[:-1]
    grid = open_grid([*counts, array.shape[-1] // length])
    found = _positions(array.op, [*grid[:-1], grid[-1] * length], length, source)
    if found is None:
        return None
    starts, step = found
    return np.broadcast_to(starts, [*counts, array.shape[-1] // length]).reshape(-1), step


def _joined_rows(array: Array, length: int, source: Sequence[int]) -> tuple[Positions, int] | None:
    tokens: list[Positions] = []
    step = lanes = unit = 0
    for part, turn in zip(array.parts, array.turns, strict=True):
        if not isinstance(part.unit, PmuOp) or not isinstance(part.op, ReadOp):
            return None
        lanes = token_elements(part.op.type_)
        counters = [*(0 for _ in outer_bounds(part)), *open_grid(part.bounds)]
        if lanes % length and length % lanes:
            return None
        # What is looked up: tokens, or the rows that a token consists of.
        unit = min(lanes, length)
        bounds = (*part.bounds, lanes // unit)
        places = [
            np.asarray(evaluate_affine(expr, counters), np.int64)[..., None]
            for expr in part.op.map.data.results
        ]
        places[-1] = places[-1] + unit * np.arange(lanes // unit)
        places = [np.broadcast_to(place, bounds) for place in places]
        sizes = list(part.unit.held.get_shape())
        sizes[-1] -= unit - 1
        if any(p.min() < 0 or p.max() >= s for p, s in zip(places, sizes, strict=True)):
            return None
        found = _positions(part.unit, places, unit, source)
        if found is None or (tokens and found[1] != step):
            return None
        step = found[1]
        here = np.broadcast_to(found[0], bounds).reshape(-1, turn * (lanes // unit))
        tokens.append(here)
    rows = np.concatenate(tokens, axis=1).reshape(-1, length // unit)
    along = step * unit * np.arange(rows.shape[1])
    return (rows[:, 0], step) if (rows == rows[:, :1] + along).all() else None


def _positions(
    memory: PmuOp, places: Sequence[Positions], count: int, source: Sequence[int]
) -> tuple[Positions, int] | None:
    """Give where `count` neighbours begin from each place of a memory, and their step."""
    init, rank = memory.init, len(places)
    if not isinstance(init, ParameterInitAttr):
        return None
    map_ = init.map.data if isinstance(init.map, AffineMapAttr) else AffineMap.identity(rank)
    if len(source) != len(map_.results):
        return None
    starts, step = np.zeros((), np.int64), 0
    for dim, expr in enumerate(map_.results):
        at = np.asarray(evaluate_affine(expr, places), np.int64)
        along = _step(expr, places, count)
        if along is None:
            return None
        reach = along * (count - 1)
        if at.min() + min(0, reach) < 0 or at.max() + max(0, reach) >= source[dim]:
            return None
        stride = prod(source[dim + 1 :])
        starts = starts + at * stride
        step += along * stride
    return starts, step


def _step(expr: AffineExpr, places: Sequence[Positions], count: int) -> int | None:
    """Give the step of an expression from a place to its neighbours along the last dimension."""
    form = linear(expr, len(places) - 1, 1)
    if form is not None:
        return form.coefficients[0]
    # It divides, and may go on evenly nevertheless.
    first = np.asarray(evaluate_affine(expr, places), np.int64)
    steps = [
        np.asarray(evaluate_affine(expr, [*places[:-1], places[-1] + n]), np.int64) - first
        for n in range(1, count)
    ]
    step = int(steps[0].flat[0]) if steps else 0
    return step if all((found == step * n).all() for n, found in enumerate(steps, 1)) else None


def joined_tokens(array: Array, contents: Contents) -> npt.NDArray[np.generic]:
    """Give the elements of joined streams, read from their memories."""
    found: list[npt.NDArray[np.generic]] = []
    for part, turn in zip(array.parts, array.turns, strict=True):
        op, unit = part.op, part.unit
        if not isinstance(op, ReadOp) or not isinstance(unit, PmuOp):
            raise RuntimeError("only reads are joined; this is a bug")
        outer = [0 for _ in outer_bounds(part)]
        shape = tuple(unit.held.get_shape())
        lanes = token_elements(op.type_)
        access = Access(part.name, op.map.data, len(outer), part.bounds, shape, lanes)
        memory = contents.memory(unit)
        tokens = access.read(memory, outer, op.padded is not None, copy=False)
        found.append(tokens.reshape(-1, turn * lanes))
    return np.concatenate(found, axis=1).reshape(-1)
