"""The placement solver against brute force, its own rules, and a network of real size."""

import itertools
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.solvers.grid import Position, distance
from spatial_opt.passes.solvers.placement import (
    Net,
    Problem,
    Solution,
    Wait,
    cost,
    longest_path,
    verify,
    wire_length,
)
from spatial_opt.passes.solvers.placement_search import solve

SITES: dict[str, tuple[Position, ...]] = {
    "pcu": ((0, 0), (1, 1), (0, 2)),
    "pmu": ((0, 1), (1, 0), (1, 2)),
    "controller": ((0, 0), (0, 1), (1, 1), (1, 1)),
}


def all_placements(problem: Problem) -> Iterator[Solution]:
    """Every placement there is."""
    choices: list[list[dict[int, Position]]] = []
    for kind, sites in problem.sites.items():
        users = [unit for unit, own in enumerate(problem.kinds) if own == kind]
        choices.append(
            [
                dict(zip(users, picked, strict=True))
                for picked in set(itertools.permutations(sites, len(users)))
                if all(problem.fixed.get(u, p) == p for u, p in zip(users, picked, strict=True))
            ]
        )
    for parts in itertools.product(*choices):
        place = {unit: position for part in parts for unit, position in part.items()}
        yield Solution(tuple(place[unit] for unit in range(len(problem.kinds))))


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Problems small enough for brute force."""
    pick = random.Random(draw(st.integers(0, 10**6)))
    kinds = ["pcu"] * pick.randint(1, 3) + ["pmu"] * pick.randint(1, 3)
    kinds += ["controller"] * pick.randint(0, 2)
    pick.shuffle(kinds)
    units = range(len(kinds))
    nets = tuple(
        Net(
            pick.choice(units),
            tuple(pick.choices(units, k=pick.randint(1, 3))),
            pick.choice([1.0, 4.0]),
        )
        for _ in range(pick.randint(0, 8))
    )
    waits = tuple(
        Wait(a, b, 1.0) for a, b in itertools.combinations(units, 2) if pick.random() < 0.2
    )
    fixed = {0: pick.choice(SITES[kinds[0]])} if pick.random() < 0.3 else {}
    pressure = pick.choice([0.0, 50.0])
    return Problem(tuple(kinds), SITES, nets, fixed, tuple(units), waits, pressure)


@given(problems())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_cost_is_near_the_optimum(problem: Problem) -> None:
    solution = solve(problem)
    verify(problem, solution)
    optimum = min(cost(problem, other) for other in all_placements(problem))
    assert cost(problem, solution) <= 1.1 * optimum + 1e-9


@pytest.mark.parametrize("seed", range(5))
def test_a_chain_is_placed_without_gaps(seed: int) -> None:
    kinds = ("pmu", "pcu", "pmu", "pcu")
    sites = {
        "pcu": tuple((r, c) for r in range(4) for c in range(4) if (r + c) % 2 == 0),
        "pmu": tuple((r, c) for r in range(4) for c in range(4) if (r + c) % 2 == 1),
    }
    problem = Problem(kinds, sites, tuple(Net(u, (u + 1,)) for u in range(3)))
    assert cost(problem, solve(problem, seed)) == 3


def test_cost_counts_links_and_the_longest_path() -> None:
    problem = Problem(
        ("pcu", "pcu", "pmu"),
        SITES,
        (Net(0, (2, 2), 4.0), Net(1, (2,))),
        steps=(0, 1, 2),
        waits=(Wait(0, 2, 1.5), Wait(1, 2, 0.5)),
        pressure=10.0,
    )
    positions = ((0, 0), (0, 2), (1, 0))
    assert wire_length(problem, positions) == 4 * 2 + 3
    assert longest_path(problem, positions) == 3.5
    assert cost(problem, Solution(positions)) == 11 + 35


def test_pressure_shortens_the_longest_path(
    recurrent: Callable[[int, float], Problem],
) -> None:
    tense = recurrent(1, 50.0)
    slack = replace(tense, pressure=0.0)

    def paths(problem: Problem) -> float:
        return sum(longest_path(problem, solve(problem, seed).positions) for seed in range(3))

    assert paths(tense) < paths(slack)


def test_annealing_beats_greedy(recurrent: Callable[[int, float], Problem]) -> None:
    problems = [recurrent(seed, 50.0) for seed in range(3)]
    greedy = sum(cost(problem, solve(problem, sweeps=0)) for problem in problems)
    assert sum(cost(problem, solve(problem)) for problem in problems) < 0.95 * greedy


def test_a_network_of_real_size_is_placed_well(
    recurrent: Callable[[int, float], Problem],
) -> None:
    problem = recurrent(0, 50.0)
    assert len(problem.kinds) > 350
    solution = solve(problem)
    links = sum(len(net.destinations) for net in problem.nets)
    lengths = [
        distance(solution.positions[net.source], solution.positions[sink])
        for net in problem.nets
        for sink in net.destinations
    ]
    assert sum(lengths) / links < 4.5


def test_fixed_units_stay() -> None:
    problem = Problem(("pcu", "pmu"), SITES, (Net(0, (1,)),), {0: (0, 2)})
    assert solve(problem).positions[0] == (0, 2)
    assert distance(*solve(problem).positions) == 1


def test_a_position_takes_as_many_units_as_it_stands() -> None:
    problem = Problem(("controller",) * 4, SITES, ())
    assert sorted(solve(problem).positions) == [(0, 0), (0, 1), (1, 1), (1, 1)]
    fixed = Problem(("controller",) * 2, SITES, (), {0: (1, 1), 1: (1, 1)})
    assert solve(fixed).positions == ((1, 1), (1, 1))


def test_no_units() -> None:
    assert solve(Problem((), SITES, ())) == Solution(())


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        (Problem(("pcu",) * 4, SITES, ()), "needs 4 pcu sites, the machine has 3"),
        (Problem(("pcu",), SITES, (), {0: (0, 1)}, names=("a",)), "@a is a pcu and can not be"),
        (Problem(("ag",), SITES, ()), "needs 1 ag sites, the machine has 0"),
        (
            Problem(("pcu", "pcu"), SITES, (), {0: (0, 0), 1: (0, 0)}, names=("a", "b")),
            r"@b is at \(0, 0\), which takes 1 pcu and already has @a; move one of them",
        ),
    ],
)
def test_impossible_problems_are_refused(problem: Problem, message: str) -> None:
    with pytest.raises(SpatialError, match=message):
        solve(problem)


@pytest.mark.parametrize(
    "problem",
    [
        Problem(("pcu",), SITES, (Net(0, (1,)),)),
        Problem(("pcu",), SITES, (), steps=(1,)),
        Problem(("pcu",), SITES, (), {1: (0, 0)}),
        Problem(("pcu",), SITES, (), steps=(0,), waits=(Wait(0, 1),)),
        Problem(("pcu",), SITES, (), steps=(0, 0), waits=(Wait(0, 1), Wait(1, 0))),
    ],
)
def test_ill_formed_problems_are_bugs(problem: Problem) -> None:
    with pytest.raises(RuntimeError, match="this is a bug"):
        solve(problem)


@pytest.mark.parametrize(
    "positions",
    [((0, 0),), ((0, 0), (0, 0)), ((0, 0), (0, 1)), ((0, 2), (0, 0))],
)
def test_verify_rejects(positions: tuple[Position, ...]) -> None:
    problem = Problem(("pcu", "pcu"), SITES, (), {0: (0, 0)})
    with pytest.raises(RuntimeError, match="this is a bug"):
        verify(problem, Solution(positions))


def test_seeds_differ_and_repeat(recurrent: Callable[[int, float], Problem]) -> None:
    problem = recurrent(2, 0.0)
    assert solve(problem, 1, 3) == solve(problem, 1, 3)
    assert solve(problem, 1, 3) != solve(problem, 2, 3)


@pytest.mark.parametrize("hash_seed", ["0", "123"])
def test_hash_seed_does_not_matter(hash_seed: str) -> None:
    script = (
        "from spatial_opt.passes.solvers.placement import Net, Problem\n"
        "from spatial_opt.passes.solvers.placement_search import solve\n"
        "sites = {k: tuple((r, c) for r in range(4) for c in range(4) if (r + c) % 2 == i)"
        " for i, k in enumerate(('pcu', 'pmu'))}\n"
        "kinds = ('pcu', 'pmu') * 6\n"
        "nets = tuple(Net(u, ((u * 5 + 3) % 12, (u * 7 + 1) % 12)) for u in range(12))\n"
        "print(solve(Problem(kinds, sites, nets)).positions)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    kinds = ("pcu", "pmu") * 6
    sites = {
        kind: tuple((r, c) for r in range(4) for c in range(4) if (r + c) % 2 == parity)
        for parity, kind in enumerate(("pcu", "pmu"))
    }
    nets = tuple(Net(u, ((u * 5 + 3) % 12, (u * 7 + 1) % 12)) for u in range(12))
    assert run.stdout.strip() == str(solve(Problem(kinds, sites, nets)).positions)
