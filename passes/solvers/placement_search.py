"""Find a placement: next to what is connected, then moves and swaps, then the longest path."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from spatial_opt.passes.solvers.annealing import Floats, Layout
from spatial_opt.passes.solvers.critical import Paths, shorten
from spatial_opt.passes.solvers.grid import Position, distance
from spatial_opt.passes.solvers.pendants import attach, pendants
from spatial_opt.passes.solvers.placement import Problem, Solution, cost, ordered_waits, verify

SHORTENINGS = 60
"""Most moves that shorten the longest path, after the last sweep."""
HEAT = 2.0
"""Temperature of the first sweep, in weights of all links of an average unit."""
COOLING = 0.7
"""Temperature of each further sweep, as a share of the one before; the last two have none."""
TENSION = 4.0
"""Weight that a link on the longest path gets, as a share of the cost of that path's length."""
NEWEST = 0.3
"""Share of the newest longest paths in the weights of links; the rest are those of before."""


PULL = 3.0
"""Cost of a step between a unit and where something that hangs on it was, if these spread."""


def _pull(problem: Problem) -> Floats:
    """Weights between units, both ways, with an empty row and column for "no unit"."""
    size = len(problem.kinds) + 1
    result: Floats = np.zeros((size, size))
    for net in problem.nets:
        for destination in net.destinations:
            result[net.source, destination] += net.weight
    result += result.T
    np.fill_diagonal(result, 0.0)
    return result


def _fixed_sites(problem: Problem) -> dict[int, int]:
    """Site index of each fixed unit."""
    result: dict[int, int] = {}
    taken: set[tuple[str, int]] = set()
    for unit, position in problem.fixed.items():
        kind = problem.kinds[unit]
        sites = problem.sites[kind]
        site = next(s for s, p in enumerate(sites) if p == position and (kind, s) not in taken)
        taken.add((kind, site))
        result[unit] = site
    return result


def solve(problem: Problem, seed: int = 0, sweeps: int = 14, *, spread: bool = False) -> Solution:
    """
    Place the units: the same problem, seed and sweeps always give the same placement.

    Units are placed one after another next to those they are connected to. Then `sweeps` times
    each is moved to, or swapped with the unit of, its best site, at first with noise that lets
    it leave a poor neighbourhood (a heat bath). Between the sweeps links on long paths of the
    recurrence are made heavier, as timing-driven placers do (Marquardt et al., FPGA 2000). The
    best placement met is the result; small problems are tried up to eight times. In large ones
    units that hang on one other get their places last; with `spread` those that they hang on are
    then placed once more, where the room was: links cross less of the machine, and loops are
    longer. Raises `SpatialError` when no placement exists.
    """
    problem.check()
    if not problem.kinds:
        return Solution(())
    random = np.random.default_rng(seed)
    tries = min(8, max(1, 400 // len(problem.kinds)))
    if tries == 1:
        best = _with_pendants(problem, random, sweeps, spread)
    else:
        candidates = [_anneal(problem, random, sweeps) for _ in range(tries)]
        best = min(candidates, key=lambda candidate: cost(problem, candidate))
    verify(problem, best)
    return best


def _with_pendants(
    problem: Problem, random: np.random.Generator, sweeps: int, spread: bool
) -> Solution:
    """One run of `solve`, first without the units that only hang on another."""
    waiting = [problem.steps[s] for wait in problem.waits for s in (wait.source, wait.destination)]
    hosts = pendants(
        ((net.source, sink) for net in problem.nets for sink in net.destinations),
        [*waiting, *problem.fixed, *problem.costs, *problem.demands],
    )
    core = [unit for unit in range(len(problem.kinds)) if unit not in hosts]
    number = {unit: index for index, unit in enumerate(core)}
    nets = [
        replace(net, source=number[net.source], destinations=tuple(number[d] for d in kept))
        for net in problem.nets
        if net.source in number and (kept := [d for d in net.destinations if d in number])
    ]
    smaller = replace(
        problem,
        kinds=tuple(problem.kinds[unit] for unit in core),
        nets=tuple(nets),
        fixed={number[unit]: position for unit, position in problem.fixed.items()},
        steps=tuple(number.get(unit, 0) for unit in problem.steps),
        costs={number[unit]: costs for unit, costs in problem.costs.items()},
        demands={number[unit]: demand for unit, demand in problem.demands.items()},
        names=(),
    )
    placed = dict(zip(core, _anneal(smaller, random, sweeps).positions, strict=True))
    placed |= _attached(problem, hosts, placed)
    if spread and hosts:
        pulled = replace(smaller, costs=_pulled(problem, smaller.costs, hosts, placed, number))
        placed = dict(zip(core, _anneal(pulled, random, sweeps).positions, strict=True))
        placed |= _attached(problem, hosts, placed)
    return Solution(tuple(placed[unit] for unit in range(len(problem.kinds))))


def _attached(
    problem: Problem, hosts: Mapping[int, int], placed: Mapping[int, Position]
) -> dict[int, Position]:
    """Positions of the units that hang on others, on the sites that those leave."""
    result: dict[int, Position] = {}
    for kind, sites in problem.sites.items():
        taken = Counter(
            position for unit, position in placed.items() if problem.kinds[unit] == kind
        )
        free: list[Position] = []
        for position in sites:
            if taken[position]:
                taken[position] -= 1
            else:
                free.append(position)
        hanging = [unit for unit in hosts if problem.kinds[unit] == kind]
        chosen = attach([placed[hosts[unit]] for unit in hanging], free)
        result |= {unit: free[site] for unit, site in zip(hanging, chosen, strict=True)}
    return result


def _pulled(
    problem: Problem,
    given: Mapping[int, Mapping[Position, float]],
    hosts: Mapping[int, int],
    placed: Mapping[int, Position],
    number: Mapping[int, int],
) -> dict[int, dict[Position, float]]:
    """
    Add to the costs of positions: how far from there is what hangs on a unit.

    Units around which there was too little room for what hangs on them move towards the room.
    """
    costs = {unit: dict(there) for unit, there in given.items()}
    for unit, host in hosts.items():
        there = costs.setdefault(number[host], {})
        for site in problem.sites[problem.kinds[host]]:
            there[site] = there.get(site, 0.0) + PULL * distance(site, placed[unit])
    return costs


def _anneal(problem: Problem, random: np.random.Generator, sweeps: int) -> Solution:
    """One run of `solve` on all units."""
    paths = Paths(
        problem.steps, [(w.source, w.destination, w.delay) for w in ordered_waits(problem)]
    )
    tense = bool(problem.pressure and problem.waits)
    pull = _pull(problem)
    heads, tails = np.nonzero(np.triu(pull))
    weights = pull[heads, tails]
    layout = Layout(problem.kinds, problem.sites, pull, random, problem.costs, problem.demands)
    layout.fill(_fixed_sites(problem))
    best, lowest = Solution(()), np.inf
    temperature = HEAT * float(pull.sum()) / len(problem.kinds)
    extra: Floats = np.zeros_like(pull)
    for sweep in range(sweeps + 1):
        if sweep > 0:
            layout.sweep(temperature if sweep < sweeps - 1 else 0.0)
            temperature *= COOLING
        price = layout.standing()
        if tense:
            found = paths.measure(layout)
            if sweep == sweeps > 0:
                found = shorten(layout, paths, found, SHORTENINGS)
            elif sweep > 0:
                wanted = paths.pull(found, len(pull)) * TENSION * problem.pressure
                extra += NEWEST * (wanted - extra)
                # In steps of 1/4, so that sums of weights are exact.
                layout.reweight(pull + np.rint(4 * extra) / 4)
            price += problem.pressure * found.longest
        price += float(weights @ layout.steps[layout.place[heads], layout.place[tails]])
        if price < lowest:
            best, lowest = Solution(layout.positions()), price
    return best
