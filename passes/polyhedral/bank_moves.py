"""
Words that change their unit between two kernels, as integer sets.

The readers of a value and the elements that each of them needs are one set, [unit, turn, ...,
element]. Those of which the unit that makes them has another number are moved.
"""

from __future__ import annotations

import islpy as isl
from xdsl.ir.affine import AffineExpr, AffineMap

from spatial_opt.dialects.pattern_dealing import Dealing
from spatial_opt.passes.bank_assignment.uses import Use
from spatial_opt.passes.polyhedral.counting import count_points
from spatial_opt.passes.polyhedral.spaces import box, related, results_of, to_isl


def moved_words(use: Use, producer: Dealing, consumer: Dealing) -> int:
    """Return the words of a use that a unit of another number makes than needs them."""
    row = AffineExpr.dimension(use.row)
    reader = [consumer.unit(row), *use.apart]
    if use.copies:
        reader.append(consumer.turn(row))
    function = _function((*reader, *use.element), len(use.bounds))
    inside = isl.Map.from_domain_and_range(
        isl.Set.universe(isl.Space.set_alloc(isl.DEFAULT_CONTEXT, 0, len(use.bounds))),
        _behind(len(reader), use.extents),
    )
    needed = related(function, box(use.bounds)).intersect(inside).range()
    rank = len(reader) + len(use.extents)
    made = producer.unit(AffineExpr.dimension(rank - 1))
    unit, maker = results_of(_function((AffineExpr.dimension(0), made), rank))
    return count_points(needed.intersect(unit.ne_set(maker))) * use.times


def _function(results: tuple[AffineExpr, ...], dims: int) -> isl.MultiAff:
    found = to_isl(AffineMap(dims, 0, results), dims)
    if found is None:
        raise RuntimeError("an access that is not affine came to a count of words; this is a bug")
    return found


def _behind(dims: int, extents: tuple[int, ...]) -> isl.Set:
    """Return the box of elements, behind dimensions that may have any value."""
    return box(extents).insert_dims(isl.dim_type.set, 0, dims)
