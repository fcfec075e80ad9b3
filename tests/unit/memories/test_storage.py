"""Modulo storage: depths from integer sets, against a twin that enumerates every pair."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import islpy as isl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial_opt.passes.memory_assignment.storage import Statement, clashes, least_depth


@dataclass(frozen=True)
class Plain:
    """A statement as plain numbers: iteration (s, p) accesses element a p + b s + c."""

    steps: int
    points: int
    position: int
    a: int = 1
    b: int = 0
    c: int = 0
    lag: int = 0
    version: int = 0
    followed: bool = False

    def statement(self) -> Statement:
        relation = isl.Map(
            f"{{ [s, p] -> [e] : e = {self.a} p + {self.b} s + {self.c} and "
            f"0 <= s < {self.steps} and 0 <= p < {self.points} and 0 <= e < {self.points} }}"
        )
        return Statement(relation, self.position, 0, self.lag, self.version, followed=self.followed)

    def instances(self) -> list[tuple[int, int, int]]:
        """List step, point and element of everything it does."""
        found = [
            (s, p, self.a * p + self.b * s + self.c)
            for s, p in product(range(self.steps), range(self.points))
        ]
        return [(s, p, e) for s, p, e in found if 0 <= e < self.points]


def spoilt(reads: list[Plain], writes: list[Plain], depth: int) -> bool:
    """Tell whether some write may hit a read: the definition, instance by instance."""
    for read, write in product(reads, writes):
        for (s, p, e), (t, q, f) in product(read.instances(), write.instances()):
            v, w = s + read.version, t + write.version
            if e != f or w <= v or (w - v) % depth:
                continue
            before, after = (s + read.lag, read.position), (t + write.lag, write.position)
            if before < after:
                continue
            if before == after and read.followed and (s, p) == (t, q):
                continue
            return True
    return False


def depth_of(reads: list[Plain], writes: list[Plain]) -> int:
    """Give the depth that the pass would choose."""
    found = clashes([r.statement() for r in reads], [w.statement() for w in writes])
    return least_depth(clash.distance for clash in found)


PLAIN = st.builds(
    Plain,
    steps=st.just(5),
    points=st.just(4),
    position=st.integers(0, 2),
    a=st.sampled_from([1, 1, -1, 0, 2]),
    b=st.sampled_from([0, 0, 1]),
    c=st.integers(-1, 3),
    lag=st.integers(0, 3),
    version=st.integers(0, 1),
    followed=st.booleans(),
)


@given(st.lists(PLAIN, min_size=1, max_size=2), st.lists(PLAIN, min_size=1, max_size=2))
@settings(max_examples=120, deadline=None)
def test_depth_is_the_least_that_spoils_nothing(reads: list[Plain], writes: list[Plain]) -> None:
    depth = depth_of(reads, writes)
    assert not spoilt(reads, writes, depth)
    for fewer in range(1, depth):
        assert spoilt(reads, writes, fewer)


@pytest.mark.parametrize("lag", range(5))
def test_a_read_that_lags_needs_a_buffer_for_each_step(lag: int) -> None:
    write = Plain(8, 4, 0, version=0)
    read = Plain(8, 4, 1, lag=lag)
    assert depth_of([read], [write]) == lag + 1


def test_a_state_needs_two_unless_it_is_read_before() -> None:
    write = Plain(5, 4, 1, version=1)
    assert depth_of([Plain(5, 4, 0, a=-1, c=3)], [write]) == 1
    assert depth_of([Plain(5, 4, 2, a=-1, c=3)], [write]) == 2
    assert depth_of([Plain(5, 4, 1, a=-1, c=3, followed=True)], [write]) == 2


def test_a_point_may_overwrite_what_it_has_read() -> None:
    write = Plain(5, 4, 1, version=1)
    assert depth_of([Plain(5, 4, 1, followed=True)], [write]) == 1
    assert depth_of([Plain(5, 4, 1, followed=False)], [write]) == 2
    assert depth_of([Plain(5, 4, 1, c=1, followed=True)], [write]) == 2
    # Another statement, behind it, follows nothing.
    assert depth_of([Plain(5, 4, 2, followed=True)], [write]) == 2


def test_what_is_never_read_again_needs_one() -> None:
    write = Plain(5, 4, 0, version=1)
    assert depth_of([Plain(5, 4, 2, c=4)], [write]) == 1
    assert depth_of([], [write]) == 1


@pytest.mark.parametrize(
    ("distances", "depth"), [([], 1), ([1], 2), ([1, 2, 3], 4), ([2], 3), ([2, 3], 4), ([6], 4)]
)
def test_least_depth_divides_no_distance(distances: list[int], depth: int) -> None:
    assert least_depth(distances) == depth


def test_clashes_name_the_iterations() -> None:
    (clash,) = clashes(
        [Plain(5, 4, 1, c=1, followed=True).statement()], [Plain(5, 4, 1, version=1).statement()]
    )
    pairs = isl.Map("{ [s, p] -> [t, q] : t = s and q = p + 1 and 0 <= s < 5 and 0 <= p < 3 }")
    assert clash.distance == 1
    assert clash.pairs.is_equal(pairs)
