"""The order of `pattern.reduce`, on arrays: lanes, then vectors, then pieces."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from xdsl.dialects.builtin import Float32Type
from xdsl.ir import Attribute

from spatial_opt.dialects.pattern import ReduceOp, is_float, is_integer, represents
from spatial_opt.runtime.numerics import Array, combine, convert_values, identity, tree

Ranges = tuple[tuple[int, int], ...]
"""A box of index values: (start, length) per dimension."""


@dataclass(frozen=True)
class Split:
    """How the last dimension is cut: `pieces` of `size` elements, in vectors of `lanes`."""

    extent: int
    size: int
    lanes: int

    @property
    def pieces(self) -> int:
        """Return the number of pieces that hold an element."""
        return -(-self.extent // self.size)

    @staticmethod
    def of(op: ReduceOp) -> "Split":
        """Return the split that `par` and `lanes` of an operation mean."""
        extent, lanes = op.domain[-1], op.lane_count
        return Split(extent, -(-(-(-extent // op.piece_count)) // lanes) * lanes, lanes)


def reduce_blocks(
    op: ReduceOp, evaluate: Callable[[Ranges], Sequence[Array]], batch: int, limit: int
) -> list[Array]:
    """
    Reduce what `evaluate` gives for boxes of the domain, at most about `limit` elements each.

    `evaluate(ranges)` returns one array per result, with the dimensions of the domain as its
    last axes (all of full extent); `batch` is the number of elements of the axes before.
    Returns one array per result, without the dimensions of the domain.
    """
    split = Split.of(op)
    sums: list[Array | None] = [None] * len(op.res)
    for ranges, piece in _boxes(op.domain, split, max(1, limit // max(1, batch))):
        values = evaluate(ranges)
        for position, (value, kind) in enumerate(zip(values, op.kind_names, strict=True)):
            type, given = op.res[position].type, op.yielded[position].type
            steps = _trees(value, kind, given, type, op, split, piece is None)
            total = sums[position]
            if total is None:
                total = np.broadcast_to(
                    identity(kind, type), (*steps.shape[:-2], split.pieces)
                ).copy()
            if piece is None:
                total = _continue(kind, total, steps, type)
            else:
                part = _continue(kind, total[..., piece : piece + 1], steps, type)
                total[..., piece : piece + 1] = part
            sums[position] = total
    done: list[Array] = []
    for total, kind, result in zip(sums, op.kind_names, op.res, strict=True):
        if total is None:
            raise RuntimeError("reduce over an empty domain, this is a bug")
        done.append(np.asarray(tree(kind, total, [result.type])))
    return done


def _boxes(domain: Sequence[int], split: Split, room: int) -> Iterator[tuple[Ranges, int | None]]:
    """
    Yield boxes in the order of accumulation, and the piece if a box lies inside one.

    A box holds whole rows of the last dimension if one row fits into `room` elements, so that
    all pieces advance together.
    """
    *outer, last = domain
    if last <= room:
        for box in row_blocks(outer, max(1, room // last)):
            yield (*box, (0, last)), None
        return
    step = max(1, room // split.lanes) * split.lanes
    for box in row_blocks(outer, 1):
        for piece in range(split.pieces):
            end = min((piece + 1) * split.size, last)
            for start in range(piece * split.size, end, step):
                yield (*box, (start, min(step, end - start))), piece


def row_blocks(domain: Sequence[int], points: int) -> Iterator[Ranges]:
    """Yield boxes of at most about `points` points that cover a domain in row-major order."""
    cut = len(domain)
    while cut > 0 and prod(domain[cut - 1 :]) <= points:
        cut -= 1
    if cut == 0:
        yield tuple((0, extent) for extent in domain)
        return
    step = max(1, points // prod(domain[cut:]))
    whole = tuple((0, extent) for extent in domain[cut:])
    for outer in np.ndindex(*domain[: cut - 1]):
        for start in range(0, domain[cut - 1], step):
            length = min(step, domain[cut - 1] - start)
            yield (*((index, 1) for index in outer), (start, length), *whole)


def _trees(
    value: Array,
    kind: str,
    given: Attribute,
    type: Attribute,
    op: ReduceOp,
    split: Split,
    whole_rows: bool,
) -> Array:
    """Return the values of the lane trees, shaped (batch…, pieces, vectors in order)."""
    dims = len(op.domain)
    batch, outer, last = value.shape[:-dims], value.shape[-dims:-1], value.shape[-1]
    pieces = split.pieces if whole_rows else 1
    size = split.size if whole_rows else -(-last // split.lanes) * split.lanes
    if last < pieces * size:
        # A lane without an element holds the identity of the yielded type.
        filler = np.broadcast_to(identity(kind, given), (*value.shape[:-1], pieces * size - last))
        value = np.concatenate((value, filler), axis=-1)
    vectors = size // split.lanes
    value = value.reshape((*batch, prod(outer), pieces, vectors, split.lanes))
    steps = np.moveaxis(_lane_tree(kind, value, given, type, op.through_types), -3, -2)
    return steps.reshape((*batch, pieces, prod(outer) * vectors))


def _lane_tree(
    kind: str, array: Array, given: Attribute, type: Attribute, through: Sequence[Attribute]
) -> Array:
    """Combine the last axis by adjacent pairs, level n in `through[n]`, and convert to `type`."""
    levels, level = through or (type,), 0
    while array.shape[-1] > 1:
        into = levels[min(level, len(levels) - 1)]
        array, given, level = _converted(array, given, into), into, level + 1
        pairs = array.shape[-1] // 2 * 2
        joined = combine(kind, array[..., 0:pairs:2], array[..., 1:pairs:2], into)
        odd = array[..., pairs:]
        array = np.concatenate((joined, odd), axis=-1) if odd.shape[-1] else joined
    return _converted(array[..., 0], given, type)


def _converted(array: Array, source: Attribute, target: Attribute) -> Array:
    # Held floats keep their array when the wider format represents each of them.
    if source == target or (is_float(source) and represents(target, source)):
        return array
    return convert_values(array, source, target)


def _continue(kind: str, total: Array, steps: Array, type: Attribute) -> Array:
    """Accumulate the last axis of `steps` onto `total`, one after another."""
    first = combine(kind, total, steps[..., 0], type)
    rest = steps[..., 1:]
    if rest.shape[-1] == 0:
        return first
    if kind == "add" and isinstance(type, Float32Type):
        # np.add.accumulate is defined as the running sum in index order.
        with np.errstate(all="ignore"):
            chain = np.concatenate((first[..., None], rest), axis=-1)
            return np.add.accumulate(chain, axis=-1)[..., -1]
    if is_integer(type) and kind == "add":
        with np.errstate(all="ignore"):
            return np.asarray(first + np.add.reduce(rest, axis=-1, dtype=rest.dtype))
    for position in range(rest.shape[-1]):
        first = combine(kind, first, rest[..., position], type)
    return first
