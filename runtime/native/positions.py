"""Where the elements of an array stand in the user's array that fills it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt
from xdsl.dialects.builtin import AffineMapAttr
from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineConstantExpr,
    AffineExpr,
    AffineMap,
)

from spatial_opt.dialects.affine_values import evaluate_affine
from spatial_opt.dialects.spatial import (
    AgOp,
    DramOp,
    Holder,
    PmuOp,
    ReadOp,
    parameter_parts,
    token_elements,
)
from spatial_opt.runtime.memory_contents import Contents
from spatial_opt.runtime.native.access import linear
from spatial_opt.runtime.native.arrays import Array, outer_bounds
from spatial_opt.runtime.native.places import Places, Positions, Tests
from spatial_opt.runtime.numpy_access import Access, open_grid


@dataclass(frozen=True)
class _Grid:
    """
    One dimension of the user's array: element (r, u, n) at `starts[r, u] + along[n]`.

    A row consists of units u of elements n.
    """

    starts: Positions
    along: Positions


def find_places(array: Array, part: int, source: Sequence[int]) -> Places | None:
    """
    Find the elements of an array in the `part`-th of the parameters that are added up in it.

    `source` is the shape of the user's array. The rows are those of the array's blocks, or of its
    last dimension. None where rows and columns do not simply add up.
    """
    if not isinstance(array.op, PmuOp | DramOp) or prod(source) >= 1 << 31:
        return None
    length = array.shape[-1] if array.rows is None else array.rows[0]
    grids = (
        _joined_grids(array, part, length, len(source))
        if array.parts
        else _own_grids(array, array.op, part, length, len(source))
    )
    if grids is None:
        return None
    rows, columns = np.zeros((), np.int64), np.zeros((), np.int64)
    tests = Tests()
    for dim, grid in enumerate(grids):
        first = grid.starts[:, :1]
        shift = grid.starts[:1] - first[0, 0]
        if shift.size > 1 and not (grid.starts == first + shift).all():
            return None
        at, along = first[:, 0], (shift.T + grid.along).reshape(-1)
        if not tests.add(at, along, source[dim]):
            return None
        rows = rows + at * prod(source[dim + 1 :])
        columns = columns + along * prod(source[dim + 1 :])
    if max(np.abs(rows).max(), np.abs(columns).max()) >= 1 << 31:
        return None
    return Places(
        np.ascontiguousarray(rows, np.int32),
        np.ascontiguousarray(columns, np.int32),
        tests.of_rows(),
        tests.of_columns(),
        tests.limit,
    )


def _own_grids(
    array: Array, memory: Holder, part: int, length: int, rank: int
) -> list[_Grid] | None:
    last = array.shape[-1]
    unit = min(length, last)
    if array.rows is not None and (array.pitch != last or last % unit or length % unit):
        return None
    sizes = [*array.shape[:-1], last // unit]
    indices = open_grid(sizes)
    indices[-1] = indices[-1] * unit
    return _grids(memory, part, indices, sizes, unit, length, rank)


def _joined_grids(array: Array, part: int, length: int, rank: int) -> list[_Grid] | None:
    starts: list[list[Positions]] = []
    along: list[Positions] = []
    for stream, holder, turn in zip(array.parts, array.held_by, array.turns, strict=True):
        if not isinstance(stream.op, ReadOp | AgOp):
            return None
        lanes = token_elements(stream.op.type_)
        counters = [*(0 for _ in outer_bounds(stream)), *open_grid(stream.bounds)]
        if lanes % length and length % lanes:
            return None
        # What is looked up: tokens, or the rows that a token consists of.
        unit = min(lanes, length)
        bounds = (*stream.bounds, lanes // unit)
        indices = [
            np.asarray(evaluate_affine(expr, counters), np.int64)[..., None]
            for expr in stream.op.map.data.results
        ]
        indices[-1] = indices[-1] + unit * np.arange(lanes // unit)
        sizes = list(holder.held.get_shape())
        sizes[-1] -= unit - 1
        if any(p.min() < 0 or p.max() >= s for p, s in zip(indices, sizes, strict=True)):
            return None
        found = _grids(holder, part, indices, bounds, unit, turn * lanes, rank)
        if found is None:
            return None
        if starts and any((a != g.along).any() for a, g in zip(along, found, strict=True)):
            return None
        starts.append([grid.starts for grid in found])
        along = [grid.along for grid in found]
    together = [np.concatenate(of_dim, axis=1) for of_dim in zip(*starts, strict=True)]
    return [
        _Grid(each.reshape(-1, length // steps.size), steps)
        for each, steps in zip(together, along, strict=True)
    ]


def _grids(
    memory: Holder,
    part: int,
    indices: Sequence[Positions],
    sizes: Sequence[int],
    unit: int,
    length: int,
    rank: int,
) -> list[_Grid] | None:
    """Find the units that begin at some indices of a memory, in rows of `length` elements."""
    init = parameter_parts(memory.init)[part]
    map_ = AffineMap.identity(len(indices))
    if isinstance(init.map, AffineMapAttr):
        map_ = init.map.data
    if rank != len(map_.results) or prod(sizes) * unit % length:
        return None
    grids: list[_Grid] = []
    for expr in map_.results:
        found = _along(expr, indices, unit)
        if found is None:
            return None
        starts = np.broadcast_to(found[0], sizes).reshape(-1, length // unit)
        grids.append(_Grid(starts, found[1]))
    return grids


def _along(
    expr: AffineExpr, indices: Sequence[Positions], count: int
) -> tuple[Positions, Positions] | None:
    """
    Evaluate an expression at some indices, and how it goes on along the last dimension.

    None where that depends on where it starts.
    """
    last = len(indices) - 1
    starts, along = np.zeros((), np.int64), np.zeros(count, np.int64)
    steps = np.arange(count)
    for factor, term in _terms(expr, 1):
        first = np.asarray(evaluate_affine(term, indices), np.int64)
        form = linear(term, last, 1)
        if form is not None:
            along = along + factor * form.coefficients[0] * steps
        elif term.used_dims() == {last} and first.size == 1:
            moved = [np.zeros((), np.int64)] * last + [indices[last].reshape(-1)[0] + steps]
            values = np.asarray(evaluate_affine(term, moved), np.int64)
            along = along + factor * (values - first.reshape(-1)[0])
        else:
            # It divides, and may go on evenly nevertheless.
            moved = [*(index[..., None] for index in indices[:-1]), indices[-1][..., None] + steps]
            values = np.asarray(evaluate_affine(term, moved), np.int64) - first[..., None]
            alike = values.reshape(-1, count)
            if (alike != alike[0]).any():
                return None
            along = along + factor * alike[0]
        starts = starts + factor * first
    return starts, along


def _terms(expr: AffineExpr, factor: int) -> list[tuple[int, AffineExpr]]:
    """Split a sum in terms with factors."""
    if isinstance(expr, AffineBinaryOpExpr):
        if expr.kind == AffineBinaryOpKind.Add:
            return _terms(expr.lhs, factor) + _terms(expr.rhs, factor)
        if expr.kind == AffineBinaryOpKind.Mul and isinstance(expr.rhs, AffineConstantExpr):
            return _terms(expr.lhs, factor * expr.rhs.value)
    return [(factor, expr)]


def joined_tokens(array: Array, contents: Contents) -> npt.NDArray[np.generic]:
    """Give the elements of joined streams, read from their memories."""
    found: list[npt.NDArray[np.generic]] = []
    for part, holder, turn in zip(array.parts, array.held_by, array.turns, strict=True):
        op = part.op
        if not isinstance(op, ReadOp | AgOp):
            raise RuntimeError("only reads are joined; this is a bug")
        outer = [0 for _ in outer_bounds(part)]
        shape = tuple(holder.held.get_shape())
        lanes = token_elements(op.type_)
        access = Access(part.name, op.map.data, len(outer), part.bounds, shape, lanes)
        memory = contents.memory(holder)
        padded = isinstance(op, AgOp) or op.padded is not None
        tokens = access.read(memory, outer, padded, copy=False)
        found.append(tokens.reshape(-1, turn * lanes))
    return np.concatenate(found, axis=1).reshape(-1)
