"""How the access that a copy and its reader make together is written as an affine map."""

from __future__ import annotations

from collections.abc import Iterator

import islpy as isl
from xdsl.ir.affine import AffineMap

from spatial_opt.passes.copies.lanes import neighbours
from spatial_opt.passes.polyhedral.expressions import Sum, sums, to_affine_map
from spatial_opt.passes.polyhedral.spaces import (
    box,
    chosen,
    function,
    related,
    results_of,
    single_function,
    to_isl,
)


def written(
    raw: isl.MultiAff,
    composed: isl.Map,
    domain: isl.Set,
    where: isl.Set | None,
    shape: tuple[int, ...],
    lanes: int | None = None,
) -> AffineMap | None:
    """
    Return the shortest affine map that equals the composed access where it is defined.

    With `where`, it must lie outside the source, of this shape, at all other points of the domain.
    One that reads neighbours along the dimension `lanes` goes before all others.
    """
    dims = domain.dim(isl.dim_type.set)
    tried: list[tuple[Sum, ...]] = []
    best: AffineMap | None = None
    least = (True, 0)
    for candidate in _candidates(raw, composed, domain, where, shape):
        results = sums(candidate)
        if results in tried:
            continue
        tried.append(results)
        map = to_affine_map(results, dims)
        scattered = lanes is not None and not neighbours(map.results, lanes, dims)
        cost = (scattered, sum(result.size for result in results))
        if best is not None and cost >= least:
            continue
        again = to_isl(map, dims)
        if again is None or not related(again, composed.domain()).is_equal(composed):
            continue
        if where is not None:
            inside = domain.intersect(box(shape).preimage_multi_aff(again))
            if not inside.is_equal(where):
                continue
        best, least = map, cost
        if not scattered and not any(result.divides for result in results):
            break
    return best


def _candidates(
    raw: isl.MultiAff,
    composed: isl.Map,
    domain: isl.Set,
    where: isl.Set | None,
    shape: tuple[int, ...],
) -> Iterator[isl.MultiAff]:
    """Write one access in several ways: simplified on the domain, or on the part that counts."""
    yield raw.gist(domain)
    relations = [composed] if where is None else [related(raw, domain), composed]
    for relation in relations:
        found = single_function(relation)
        if found is not None:
            yield found
    if where is not None:
        yield raw.gist(where)
        pushed = _pushed_outside(raw.gist(where), domain, where, shape)
        if pushed is not None:
            yield pushed
    yield raw


def _pushed_outside(
    access: isl.MultiAff, domain: isl.Set, where: isl.Set, shape: tuple[int, ...]
) -> isl.MultiAff | None:
    """
    Let an access leave the source beyond some values of its indices.

    For lo <= i < lo + n a multiple of `(i - lo) floordiv n`, which is zero there, is added to a
    coordinate, another one for each index that is limited, from the last.
    """
    dims = domain.dim(isl.dim_type.set)
    results = results_of(access)
    place = len(results)
    wrong = domain.intersect(box(shape).preimage_multi_aff(access)).subtract(where)
    for dim in reversed(range(dims)):
        least, greatest = _range(where, dim)
        limits = isl.dim_type.set, dim
        within = domain.lower_bound_val(*limits, least).upper_bound_val(*limits, greatest)
        if wrong.is_subset(within):
            continue
        if not place:
            return None
        place -= 1
        beyond = chosen(dims, [dim]).get_at(0).add_constant_val(-least)
        beyond = beyond.scale_down_val(greatest - least + 1).floor()
        results[place] = results[place].add(beyond.scale_val(shape[place]))
    return function(results, dims) if place < len(results) else None


def _range(points: isl.Set, dim: int) -> tuple[int, int]:
    return points.dim_min_val(dim).to_python(), points.dim_max_val(dim).to_python()
