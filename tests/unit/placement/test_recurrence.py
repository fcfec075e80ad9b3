"""Loops in graphs of steps, against a search for every pair."""

from hypothesis import given, settings
from hypothesis import strategies as st

from spatial_opt.passes.solvers.recurrence import Arc, closing, components, in_loop

ARCS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=16)


def reachable(arcs: list[Arc], start: int) -> set[int]:
    """Nodes that can be reached from `start` in no or more arcs."""
    found = {start}
    while True:
        more = {b for a, b in arcs if a in found} - found
        if not more:
            return found
        found |= more


@given(ARCS)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_components_are_mutual_reachability(arcs: list[Arc]) -> None:
    number = components(7, arcs)
    for a in range(7):
        for b in range(7):
            mutual = b in reachable(arcs, a) and a in reachable(arcs, b)
            assert (number[a] == number[b]) == mutual


@given(ARCS, st.lists(st.booleans(), min_size=16, max_size=16))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_closing_opens_every_loop(arcs: list[Arc], marks: list[bool]) -> None:
    marked = marks[: len(arcs)]
    ends = closing(7, arcs, marked)
    rest = [arc for arc, end in zip(arcs, ends, strict=True) if not end]
    assert not any(in_loop(7, rest))
    assert all(end for end, mark in zip(ends, marked, strict=True) if mark)


def test_marks_are_enough_when_they_open_the_loop() -> None:
    arcs = [(0, 2), (2, 1), (1, 0)]
    assert closing(3, arcs, [True, False, False]) == [True, False, False]
    assert in_loop(4, [*arcs, (2, 3)]) == [True, True, True, False]


def test_long_chains_do_not_recurse() -> None:
    count = 5000
    arcs = [(node, (node + 1) % count) for node in range(count)]
    assert set(components(count, arcs)) == {0}
