"""Where the elements of an array stand in the user's array that fills it."""

from collections.abc import Sequence
from math import prod
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from xdsl.dialects.builtin import AffineMapAttr
from xdsl.ir.affine import AffineMap

from spatial_opt.dialects.spatial import ParameterInitAttr, PmuOp, ReadOp, token_elements
from spatial_opt.dialects.spatial_ports import Process
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
        return _joined_rows(array.parts, length, source)
    if length != array.shape[-1] or array.pitch != length:
        return None
    counts = array.shape[:-1]
    found = _positions(array.op, open_grid([*counts, 1]), length, source)
    if found is None:
        return None
    starts, step = found
    return np.broadcast_to(starts, [*counts, 1]).reshape(-1), step


def _joined_rows(
    parts: Sequence[Process], length: int, source: Sequence[int]
) -> tuple[Positions, int] | None:
    tokens: list[Positions] = []
    step = lanes = 0
    for part in parts:
        if not isinstance(part.unit, PmuOp) or not isinstance(part.op, ReadOp):
            return None
        lanes = token_elements(part.op.type_)
        counters = [*(0 for _ in outer_bounds(part)), *open_grid(part.bounds)]
        places = [
            np.broadcast_to(np.asarray(evaluate_affine(expr, counters), np.int64), part.bounds)
            for expr in part.op.map.data.results
        ]
        sizes = list(part.unit.held.get_shape())
        sizes[-1] -= lanes - 1
        if any(p.min() < 0 or p.max() >= s for p, s in zip(places, sizes, strict=True)):
            return None
        found = _positions(part.unit, places, lanes, source)
        if found is None or (tokens and found[1] != step):
            return None
        step = found[1]
        tokens.append(np.broadcast_to(found[0], part.bounds).reshape(-1))
    if length % lanes:
        return None
    rows = np.concatenate(tokens).reshape(-1, length // lanes)
    along = step * lanes * np.arange(rows.shape[1])
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
        form = linear(expr, rank - 1, 1)
        if form is None:
            return None
        at = np.asarray(evaluate_affine(expr, places), np.int64)
        reach = form.coefficients[0] * (count - 1)
        if at.min() + min(0, reach) < 0 or at.max() + max(0, reach) >= source[dim]:
            return None
        stride = prod(source[dim + 1 :])
        starts = starts + at * stride
        step += form.coefficients[0] * stride
    return starts, step


def joined_tokens(array: Array, contents: Contents) -> npt.NDArray[np.generic]:
    """Give the elements of joined streams, read from their memories."""
    found: list[npt.NDArray[np.generic]] = []
    for part in array.parts:
        op, unit = part.op, part.unit
        if not isinstance(op, ReadOp) or not isinstance(unit, PmuOp):
            raise RuntimeError("only reads are joined; this is a bug")
        outer = [0 for _ in outer_bounds(part)]
        shape = tuple(unit.held.get_shape())
        lanes = token_elements(op.type_)
        access = Access(part.name, op.map.data, len(outer), part.bounds, shape, lanes)
        memory = contents.memory(unit)
        found.append(access.read(memory, outer, op.padded is not None, copy=False).reshape(-1))
    return np.concatenate(found)
