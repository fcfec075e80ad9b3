"""Units that hang on one other are found, and get sites beside it."""

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial_opt.passes.solvers.grid import Position, distance
from spatial_opt.passes.solvers.pendants import attach, pendants
from spatial_opt.passes.solvers.placement import Net, Problem
from spatial_opt.passes.solvers.placement_search import solve

PLACES = st.tuples(st.integers(0, 4), st.integers(-1, 4))


def test_pendants_have_one_neighbour_that_has_others() -> None:
    links = [(0, 1), (2, 1), (1, 3), (3, 4), (4, 3), (5, 6), (7, 7)]
    assert pendants(links, []) == {0: 1, 2: 1, 4: 3}
    assert pendants(links, [2]) == {0: 1, 4: 3}


@given(st.lists(PLACES, max_size=5), st.lists(PLACES, min_size=5, max_size=7))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_near_the_best(hosts: list[Position], free: list[Position]) -> None:
    """Every pendant has a site to itself; far ones not much farther than they have to be."""
    chosen = attach(hosts, free)
    assert len(set(chosen)) == len(chosen) == len(hosts)

    def price(sites: tuple[int, ...] | list[int]) -> int:
        return sum(distance(h, free[s]) ** 2 for h, s in zip(hosts, sites, strict=True))

    best = min(price(sites) for sites in permutations(range(len(free)), len(hosts)))
    assert price(chosen) <= 2 * best + 4 * len(hosts)


def test_positions_that_take_several() -> None:
    free: list[Position] = [(0, 0), (0, 0), (3, 3)]
    assert sorted(attach([(0, 0)] * 3, free)) == [0, 1, 2]


def test_too_few_sites_are_a_bug() -> None:
    with pytest.raises(RuntimeError, match="this is a bug"):
        attach([(0, 0)] * 2, [(1, 1)])


@pytest.mark.parametrize("seed", range(3))
def test_those_they_hang_on_spread_over_the_machine(seed: int) -> None:
    """A chain of 48 units with 7 pendants each, on 16 x 24 sites, of which it leaves 48 free."""
    hosts, each = 48, 7
    grid = [(row, column) for row in range(16) for column in range(24)]
    nets = [Net(host, (host + 1,), 4.0) for host in range(hosts - 1)]
    nets += [Net(hosts + n, (n // each,)) for n in range(hosts * each)]
    problem = Problem(
        kinds=("pcu",) * hosts + ("pmu",) * (hosts * each),
        sites={"pcu": tuple(grid), "pmu": tuple(grid)},
        nets=tuple(nets),
    )

    def apart(spread: bool) -> list[int]:
        places = solve(problem, seed, spread=spread).positions
        return [distance(places[hosts + n], places[n // each]) for n in range(hosts * each)]

    crowded, roomy = apart(spread=False), apart(spread=True)
    assert sum(d * d for d in roomy) < 0.7 * sum(d * d for d in crowded)
    assert max(roomy) < max(crowded)
