"""How a reduction is cut into pieces and vectors."""

from __future__ import annotations

from math import prod

from spatial_opt.dialects import pattern


def vectors_of_piece(reduce: pattern.ReduceOp) -> int:
    """Count the vectors of a whole piece of a reduction's last dimension."""
    return -(-(-(-reduce.domain[-1] // reduce.piece_count)) // reduce.lane_count)


def pieces(reduce: pattern.ReduceOp) -> int:
    """Count the pieces of a reduction that hold an element, as `pattern.reduce` cuts it."""
    return -(-reduce.domain[-1] // (vectors_of_piece(reduce) * reduce.lane_count))


def vectors(reduce: pattern.ReduceOp) -> int:
    """Count the vectors of a reduction's longest piece, all outer dimensions included."""
    return prod(reduce.domain[:-1]) * vectors_of_piece(reduce)
