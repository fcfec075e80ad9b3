"""What may not be fused: functions that return a reason, or None."""

from __future__ import annotations

from math import prod

from spatial_opt.passes.fusion.accesses import Group, Site
from spatial_opt.passes.fusion.cones import Cone
from spatial_opt.passes.fusion.coordinates import describe
from spatial_opt.passes.fusion.kernels import Kernel, Reading


def substitution_obstacle(producer: Kernel, cone: Cone, reading: Reading, site: Site) -> str | None:
    """Return why a map's body, and what it needs, cannot stand in for a read at a site."""
    if reading.op.zero_outside is not None:
        for coordinate, extent in zip(site.point, producer.op.domain, strict=True):
            reach = coordinate.range()
            if reach is None or reach[0] < 0 or reach[1] >= extent:
                runs = "is unknown" if reach is None else f"runs from {reach[0]} to {reach[1]}"
                return (
                    f"the read at {describe(site.point)} gives zero outside, and a coordinate "
                    f"that {runs} may leave the {extent} elements; read inside the map only"
                )
    if cone.reduction is not None and site.scope.level:
        return (
            f"{cone.reduction} would run anew for every element that the reduction reads at "
            f"{describe(site.point)}; the reduction needs the whole {producer.name} first"
        )
    for dimension in sorted(producer.numeric):
        coordinate = site.point[dimension]
        if coordinate.terms and coordinate.index is None:
            name = producer.op.indices[dimension].name_hint or dimension
            return (
                f"it computes with its index %{name}, which would be {describe((coordinate,))}; "
                "only a plain index can be used as a number"
            )
    return None


def merge_obstacle(kernel: Kernel, group: Group, asked: list[Site]) -> str | None:
    """
    Return why a map cannot become a member of a group.

    `asked` are the elements of it that the group reads.
    """
    first = group.members[0].op
    if kernel.op.domain != first.domain:
        mine, other = (prod(op.domain) for op in (kernel.op, first))
        sizes = ["x".join(map(str, op.domain)) for op in (kernel.op, first)]
        if mine == other:
            return f"results have the shape of their domain, and {sizes[0]} is not {sizes[1]}"
        return f"its domain {sizes[0]} is not the domain {sizes[1]} of {group.members[0].name}"
    factors = [(op.par_factors, op.lane_count, op.rows, op.deal) for op in (kernel.op, first)]
    if factors[0] != factors[1] or kernel.op.attributes != first.attributes:
        return f"it is spread over units in another way than {group.members[0].name}"
    for site in asked:
        if site.scope.level:
            return (
                f"the reduction that reads it at {describe(site.point)} needs the whole result "
                "first"
            )
        if not site.is_member:
            return (
                f"it is read at {describe(site.point)}, which is another element than the one "
                "computed there"
            )
    return None
