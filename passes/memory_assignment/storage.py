"""
How many buffers a value needs, such that every read still finds what was written for it.

Version v of a value lies in buffer v mod D. A read of an element of version v is spoilt by a write
of the same element of a later version v', if that write is not certain to come after the read, and
v' - v is a multiple of D. So what counts are the distances v' - v of such pairs: D buffers are
enough exactly if D divides none of them, and the least D that does is the depth.

What is certain comes from the schedule: statements at an earlier place of it are over before those
at a later one begin. Instances of one statement overlap; of these, a write only follows the reads
of its own point that it is computed from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import islpy as isl


@dataclass(frozen=True)
class Statement:
    """
    Reads or writes of one value by one statement of a loop.

    `relation` maps iterations, [outer..., step, point...], to elements. An iteration of step s runs
    at place (s + lag, position) of the schedule and accesses version s + version.
    """

    relation: isl.Map
    position: int
    outer: int = 0
    """Indices of loops around the one whose steps are counted."""
    lag: int = 0
    """Steps by which it runs behind."""
    version: int = 0
    followed: bool = False
    """Whether a write of the same statement and point waits for this read."""


@dataclass(frozen=True)
class Clash:
    """Reads that writes of a later version may overtake."""

    read: Statement
    write: Statement
    distance: int
    """By how much the version written is the later one."""
    pairs: isl.Map
    """From iterations that read to those that write the same element."""


def clashes(reads: Iterable[Statement], writes: Iterable[Statement]) -> Iterator[Clash]:
    """Give the clashes of all reads with all writes of a value."""
    writes = list(writes)
    for read in reads:
        for write in writes:
            yield from _between(read, write)


def _between(read: Statement, write: Statement) -> Iterator[Clash]:
    # Steps from the one that reads to the one that writes: a later version ...
    first = read.version - write.version + 1
    # ... that isn't written at a later place of the schedule.
    last = read.lag - write.lag
    if write.position > read.position:
        last -= 1
    if first > last:
        return
    same_element = read.relation.apply_range(write.relation.reverse())
    for dim in range(read.outer):
        same_element = same_element.equate(isl.dim_type.in_, dim, isl.dim_type.out, dim)
    for steps in range(first, last + 1):
        pairs = _apart(same_element, read.outer, steps)
        together = write.position == read.position and steps == read.lag - write.lag
        if together and read.followed:
            pairs = pairs.subtract(_same_point(pairs))
        if not pairs.is_empty():
            yield Clash(read, write, steps + write.version - read.version, pairs)


def _apart(pairs: isl.Map, dim: int, steps: int) -> isl.Map:
    """Keep the pairs of which the second is so many steps behind the first."""
    space = isl.LocalSpace.from_space(pairs.get_space())
    equal = isl.Constraint.alloc_equality(space)
    equal = equal.set_coefficient_val(isl.dim_type.in_, dim, 1)
    equal = equal.set_coefficient_val(isl.dim_type.out, dim, -1)
    return pairs.add_constraint(equal.set_constant_val(steps))


def _same_point(pairs: isl.Map) -> isl.Map:
    """Return the pairs whose iterations agree in all indices of the one that writes."""
    same = isl.Map.universe(pairs.get_space())
    for dim in range(pairs.dim(isl.dim_type.out)):
        same = same.equate(isl.dim_type.in_, dim, isl.dim_type.out, dim)
    return same


def least_depth(distances: Iterable[int]) -> int:
    """Return the least number that divides none of the distances, all of which are above 0."""
    found = set(distances)
    depth = 1
    while any(distance % depth == 0 for distance in found):
        depth += 1
    return depth
