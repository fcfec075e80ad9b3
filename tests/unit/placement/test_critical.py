"""Paths through a placement: measured right, and shortened without harm."""

import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial_opt.passes.solvers.annealing import Floats, Layout
from spatial_opt.passes.solvers.critical import Paths, shorten
from spatial_opt.passes.solvers.grid import Position
from spatial_opt.passes.solvers.placement import Problem, Wait, longest_path, ordered_waits

SITES: dict[str, tuple[Position, ...]] = {
    kind: tuple((r, c) for r in range(5) for c in range(5) if (r + c) % 2 == odd)
    for odd, kind in enumerate(("pcu", "pmu"))
}


def scattered(seed: int) -> tuple[Problem, Layout, Paths]:
    """Steps of random units that wait for earlier ones, the units anywhere."""
    pick = random.Random(seed)
    kinds = tuple(pick.choice(["pcu", "pmu"]) for _ in range(pick.randint(2, 10)))
    steps = tuple(pick.choice(range(len(kinds))) for _ in range(pick.randint(2, 14)))
    waits = tuple(
        Wait(a, b, float(pick.randint(0, 5)))
        for b in range(len(steps))
        for a in range(b)
        if pick.random() < 0.3
    )
    fixed = {0: SITES[kinds[0]][5]} if pick.random() < 0.5 else {}
    problem = Problem(kinds, SITES, (), fixed, steps, waits)
    pull: Floats = np.zeros((len(kinds) + 1, len(kinds) + 1))
    layout = Layout(kinds, SITES, pull, np.random.default_rng(seed), {}, {})
    layout.fill({unit: SITES[kinds[unit]].index(place) for unit, place in fixed.items()})
    layout.sweep(10.0)
    ordered = ordered_waits(problem)
    return problem, layout, Paths(steps, [(w.source, w.destination, w.delay) for w in ordered])


@given(st.integers(0, 10**6))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_lengths(seed: int) -> None:
    problem, layout, paths = scattered(seed)
    found = paths.measure(layout)
    assert found.longest == longest_path(problem, layout.positions())
    assert found.through.max(initial=0.0) == found.longest
    ways = found.before + found.after
    assert ways.max() == found.longest


@given(st.integers(0, 10**6))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_shortening(seed: int) -> None:
    """Paths never get longer, fixed units stay, and every unit keeps a site to itself."""
    problem, layout, paths = scattered(seed)
    found = shorten(layout, paths, paths.measure(layout), 20)
    before = paths.measure(layout)
    positions = layout.positions()
    assert found.longest == before.longest == longest_path(problem, positions)
    assert len(set(positions)) == len(positions)
    assert all(positions[unit] == place for unit, place in problem.fixed.items())
    _, untouched, _ = scattered(seed)
    assert found.longest <= longest_path(problem, untouched.positions())


@given(st.integers(0, 10**6))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_what_a_move_would_make_of_the_paths(seed: int) -> None:
    """The length foreseen bounds that of the paths through a unit that moves to a free site."""
    problem, layout, paths = scattered(seed)
    for unit in layout.movable:
        own = [step for step, of in enumerate(problem.steps) if of == unit]
        if len(own) != 1:
            continue
        kind = problem.kinds[unit]
        foreseen = paths.at_sites(layout, paths.measure(layout), unit)
        here = int(layout.site[unit])
        for there, length in enumerate(foreseen.tolist()):
            if layout.occupant[kind][there] == layout.count:
                layout.swap(unit, there)
                found = paths.measure(layout)
                assert found.before[own[0]] + found.after[own[0]] == length
                layout.swap(unit, here)


def test_a_chain_is_pulled_together() -> None:
    kinds = ("pmu", "pcu", "pmu")
    waits = (Wait(0, 1, 1.0), Wait(1, 2, 1.0))
    problem = Problem(kinds, SITES, (), {0: (0, 1)}, (0, 1, 2), waits)
    layout = Layout(kinds, SITES, np.zeros((4, 4)), np.random.default_rng(0), {}, {})
    layout.fill({0: SITES["pmu"].index((0, 1))})
    layout.swap(1, SITES["pcu"].index((4, 4)))
    layout.swap(2, SITES["pmu"].index((4, 1)))
    paths = Paths(problem.steps, [(w.source, w.destination, w.delay) for w in waits])
    assert paths.measure(layout).longest == 2 + 7 + 3
    assert shorten(layout, paths, paths.measure(layout), 20).longest == 2 + 2
    assert paths.measure(layout).rank == (4.0, 2)
