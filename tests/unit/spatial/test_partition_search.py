"""Bodies of the size that fused loops have: as few parts as the stages and ports allow."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial_opt.passes.solvers.partition import Limits, Problem, Step, Value, faults, usage
from spatial_opt.passes.solvers.partition_price import chain_length, lower_bound
from spatial_opt.passes.solvers.partition_search import solve

UNIT = Limits(
    stages=4,
    registers_per_stage=8,
    vector_inputs=6,
    scalar_inputs=6,
    vector_outputs=6,
    scalar_outputs=6,
    vector_links=16,
    scalar_links=16,
)
"""A unit of `plasticine-rnn`."""


def body(received: int, steps: list[tuple[int, ...]], sent: list[int], links: int = 1) -> Problem:
    """Scalar steps given by the values they read; results are numbered behind what is received."""
    values = [Value(vector=False, level=1, port=True, links=links) for _ in range(received)]
    values += [Value(vector=False, level=1) for _ in steps]
    for value in sent:
        values[value] = replace(values[value], sent=(1,))
    made = tuple(Step(tuple(dict.fromkeys(r)), received + n, 1) for n, r in enumerate(steps))
    return Problem(tuple(values), made, UNIT)


def tree(leaves: int, more: int = 0, links: int = 1) -> Problem:
    """The sum of adjacent pairs, as often as it goes, and `more` steps with the result."""
    steps: list[tuple[int, ...]] = []
    level = list(range(leaves))
    while len(level) > 1:
        pairs = list(zip(level[::2], level[1::2], strict=False))
        level = [leaves + len(steps) + n for n in range(len(pairs))] + level[2 * len(pairs) :]
        steps += pairs
    for _ in range(more):
        steps.append((leaves + len(steps) - 1,))
    return body(leaves, steps, [leaves + len(steps) - 1], links)


def gates(count: int) -> Problem:
    """One sum and one bias each: [add, add, add, convert]."""
    steps: list[tuple[int, ...]] = []
    sent: list[int] = []
    for gate in range(count):
        steps.append((2 * gate, 2 * gate + 1))
        steps += [(2 * count + len(steps) - 1 + n,) for n in range(3)]
        sent.append(2 * count + len(steps) - 1)
    return body(2 * count, steps, sent)


@pytest.mark.parametrize(
    ("problem", "parts", "chain"),
    [
        (tree(8), 2, 10),
        (tree(8, 4), 3, 17),
        (tree(16), 4, 17),
        (tree(16, 4), 5, 24),
        (tree(32), 8, 24),
        (tree(64), 16, 32),
        (gates(3), 3, 4),
        (gates(4), 4, 4),
        (gates(12), 12, 4),
        (body(1, [(n,) for n in range(60)], [60]), 15, 15 * 4 + 14 * 3),
    ],
)
def test_regular_bodies(problem: Problem, parts: int, chain: int) -> None:
    """No part is wasted, and nothing waits for a part that it does not need."""
    solution = solve(problem)
    assert not faults(problem, solution)
    assert len(solution.parts) == lower_bound(problem) == parts
    assert chain_length(problem, solution) <= chain


@given(st.integers(0, 10**6), st.integers(10, 60))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_random_bodies_are_near_the_bound(seed: int, length: int) -> None:
    pick = random.Random(seed)
    received = 6
    steps: list[tuple[int, ...]] = []
    for number in range(length):
        near = range(max(0, received + number - 8), received + number)
        steps.append(tuple(pick.choices(near, k=pick.choice([1, 2, 2]))))
    read = {value for step in steps for value in step}
    unread = [received + n for n in range(length) if received + n not in read]
    problem = body(received, steps, unread)
    solution = solve(problem)
    assert not faults(problem, solution)
    assert len(solution.parts) <= lower_bound(problem) + 1


@pytest.mark.parametrize("links", [2, 3, 4, 8])
def test_links_that_end_at_a_part(links: int) -> None:
    """Ports that take turns bring more links than a switch has tracks for."""
    problem = tree(6, links=links)
    solution = solve(problem)
    assert not faults(problem, solution)
    assert len(solution.parts) >= 6 * links / 16
    assert all(usage(problem, part).scalar_links <= 16 for part in solution.parts)


def test_room_is_left_around_switches() -> None:
    """24 links and one between the parts: none gets many more than three edges have tracks."""
    problem = tree(8, links=3)
    links = [usage(problem, part).scalar_links for part in solve(problem).parts]
    assert sorted(links) == [12, 13]


def test_an_operation_with_too_many_links_fits_no_unit() -> None:
    with pytest.raises(ValueError, match="no way"):
        solve(tree(2, links=9))


def test_equal_problems_are_solved_once() -> None:
    assert solve(tree(8, 4)) is solve(tree(8, 4))
