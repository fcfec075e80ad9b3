"""A layout's costs are what they say, whatever moves led to them."""

import random
from typing import cast

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial_opt.passes.solvers.annealing import Floats, Layout
from spatial_opt.passes.solvers.grid import Position, distance
from spatial_opt.passes.solvers.placement import Net, Problem, Solution, cost

ROWS, COLUMNS = 4, 5


def problem_and_layout(seed: int) -> tuple[Problem, Layout]:
    """A random problem without waits, and a layout of it, filled."""
    pick = random.Random(seed)
    sites: dict[str, tuple[Position, ...]] = {
        kind: tuple((r, c - 1) for r in range(ROWS) for c in range(COLUMNS) if (r + c) % 2 == odd)
        for odd, kind in enumerate(("pcu", "pmu"))
    }
    kinds = tuple(pick.choice(["pcu", "pmu"]) for _ in range(pick.randint(2, 14)))
    kinds = tuple(k for n, k in enumerate(kinds) if kinds[:n].count(k) < len(sites[k]))
    units = range(len(kinds))
    problem = Problem(
        kinds,
        sites,
        tuple(
            Net(pick.choice(units), tuple(pick.choices(units, k=2)), pick.choice([1.0, 4.25]))
            for _ in range(pick.randint(0, 20))
        ),
        fixed={0: pick.choice(sites[kinds[0]])} if pick.random() < 0.5 else {},
        costs={u: {pick.choice(sites[kinds[u]]): 8.0} for u in units if pick.random() < 0.3},
        demands={u: float(pick.randint(1, 5)) for u in units if pick.random() < 0.5},
    )
    pull: Floats = np.zeros((len(kinds) + 1, len(kinds) + 1))
    for net in problem.nets:
        for sink in net.destinations:
            if sink != net.source:
                pull[net.source, sink] += net.weight
                pull[sink, net.source] += net.weight
    layout = Layout(kinds, sites, pull, np.random.default_rng(seed), problem.costs, problem.demands)
    layout.fill({unit: sites[kinds[unit]].index(p) for unit, p in problem.fixed.items()})
    return problem, layout


def price(problem: Problem, layout: Layout) -> float:
    """The cost of where the units are now, from scratch."""
    return cost(problem, Solution(layout.positions()))


@given(st.integers(0, 10**6), st.integers(0, 2))
@settings(max_examples=80, deadline=None, derandomize=True)
def test_changes_are_those_of_the_cost(seed: int, sweeps: int) -> None:
    problem, layout = problem_and_layout(seed)
    for _ in range(sweeps):
        layout.sweep(10.0)
    for unit in layout.movable:
        before = price(problem, layout)
        here = int(layout.site[unit])
        changes = cast(list[float], layout.changes(unit).tolist())
        for there, change in enumerate(changes):
            if change == np.inf:
                assert problem.sites[problem.kinds[unit]][there] in problem.fixed.values()
                continue
            layout.swap(unit, there)
            assert price(problem, layout) == before + change
            layout.swap(unit, here)
            assert price(problem, layout) == before


@given(st.integers(0, 10**6))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_sweeps_end_where_no_unit_gains(seed: int) -> None:
    problem, layout = problem_and_layout(seed)
    last = price(problem, layout)
    for _ in range(100):
        if not layout.sweep(0.0):
            break
        assert price(problem, layout) <= last
        last = price(problem, layout)
    assert all(layout.changes(unit).min() >= 0 for unit in layout.movable)


def test_the_crowd_keeps_apart() -> None:
    sites: dict[str, tuple[Position, ...]] = {"pcu": tuple((row, 0) for row in range(6))}
    pull: Floats = np.zeros((4, 4))
    pull[0, 1] = pull[1, 0] = pull[1, 2] = pull[2, 1] = 4.0

    def places(demands: dict[int, float]) -> list[Position]:
        layout = Layout(["pcu"] * 3, sites, pull, np.random.default_rng(0), {}, demands)
        layout.fill({})
        while layout.sweep(0.0):
            pass
        return list(layout.positions())

    loose, crowded = places({}), places({0: 10.0, 1: 10.0, 2: 10.0})
    assert [distance(loose[1], loose[other]) for other in (0, 2)] == [1, 1]
    assert [distance(crowded[1], crowded[other]) for other in (0, 2)] == [2, 2]
