"""The routing solver: shortest where it can be, within the tracks always."""

import random
from collections import Counter
from collections.abc import Callable
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.solvers import placement, placement_search
from spatial_opt.passes.solvers.grid import Mesh, Position, Route, distance
from spatial_opt.passes.solvers.routing import Net, Problem, Solution, solve, verify

SMALL = Mesh(3, 1)
"""Three rows of three switches."""


def detour(solution: Solution) -> int:
    """Hops beyond the shortest paths."""
    return sum(
        len(route) - 1 - distance(route[0], route[-1])
        for routes in solution.routes
        for route in routes
    )


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Random nets on a small mesh with few tracks."""
    pick = random.Random(draw(st.integers(0, 10**6)))
    mesh = Mesh(pick.randint(1, 5), pick.randint(1, 5))
    places = [mesh.position(switch) for switch in range(mesh.size)]
    nets = tuple(
        Net(
            pick.choice(places),
            tuple(pick.choices(places, k=pick.randint(1, 4))),
            pick.choice(["vector", "token"]),
        )
        for _ in range(pick.randint(0, 14))
    )
    return Problem(mesh, {"vector": pick.randint(1, 3), "token": 14}, nets)


@given(problems())
@settings(max_examples=200, deadline=None, derandomize=True)
def test_routes_are_sound_and_short_where_nothing_is_full(problem: Problem) -> None:
    try:
        solution = solve(problem)
    except SpatialError:
        return
    verify(problem, solution)
    usage: Counter[tuple[str, Position, Position]] = Counter()
    for net, routes in zip(problem.nets, solution.routes, strict=True):
        usage.update({(net.kind, *edge) for route in routes for edge in pairwise(route)})
    assert all(count <= problem.tracks[kind] for (kind, _, _), count in usage.items())
    for net, routes in zip(problem.nets, solution.routes, strict=True):
        if net.kind == "token":  # 14 nets, 14 tracks: never full
            for route in routes:
                assert len(route) == 1 + distance(route[0], route[-1])


def simple_paths(mesh: Mesh, source: Position, sink: Position) -> list[Route]:
    """Every path without a switch twice."""
    found: list[Route] = []
    work: list[Route] = [(source,)]
    while work:
        path = work.pop()
        if path[-1] == sink:
            found.append(path)
            continue
        for other in mesh.neighbours(mesh.index(path[-1])):
            place = mesh.position(other)
            if place not in path:
                work.append((*path, place))
    return found


def shortest_fit(problem: Problem) -> int | None:
    """Fewest hops of any routing of nets with one sink each; None: there is none."""
    best: int | None = None
    choices = [simple_paths(problem.mesh, net.source, net.sinks[0]) for net in problem.nets]
    for paths in product(*choices):
        usage = Counter(edge for path in paths for edge in pairwise(path))
        if all(count <= problem.tracks["vector"] for count in usage.values()):
            hops = sum(len(path) - 1 for path in paths)
            best = hops if best is None else min(best, hops)
    return best


@given(st.integers(0, 10**6))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_brute_force_on_a_small_mesh(seed: int) -> None:
    pick = random.Random(seed)
    mesh = Mesh(2, 1)
    places = [mesh.position(switch) for switch in range(mesh.size)]
    nets = tuple(Net(pick.choice(places), (pick.choice(places),)) for _ in range(5))
    problem = Problem(mesh, {"vector": 1}, nets)
    best = shortest_fit(problem)
    if best is None:
        with pytest.raises(SpatialError, match="the links do not fit"):
            solve(problem)
        return
    solution = solve(problem)
    assert sum(len(routes[0]) - 1 for routes in solution.routes) <= best + 2


def test_nets_give_way_to_each_other() -> None:
    # Both corner paths of both nets share an edge with the other's; a third row is free.
    nets = tuple(Net((1, -1), ((1, 1),)) for _ in range(3))
    solution = solve(Problem(SMALL, {"vector": 1}, nets))
    assert sorted(len(routes[0]) for routes in solution.routes) == [3, 5, 5]


def test_links_of_a_port_share_tracks() -> None:
    net = Net((0, -1), ((0, 1), (1, 1), (2, 1), (0, 1), (0, -1)))
    solution = solve(Problem(SMALL, {"vector": 1}, (net,)))
    assert detour(solution) == 0
    assert solution.routes[0][4] == ((0, -1),)
    assert solution.routes[0][0] == solution.routes[0][3]


def test_units_at_one_switch_need_no_track() -> None:
    solution = solve(Problem(SMALL, {"vector": 0}, (Net((1, 0), ((1, 0),)),)))
    assert solution.routes == ((((1, 0),),),)


def test_full_edge_names_tracks_and_users() -> None:
    sinks = ((0, 1), (0, 0))
    nets = tuple(Net((0, -1), sinks[: 1 + n % 2], name=f"@u{n}::@o") for n in range(3))
    message = (
        r"3 vector ports end at \(0, 1\), whose edges have 2 vector tracks in all; "
        r"largest users: @u1::@o \(2 links\), @u0::@o \(1 links\), @u2::@o \(1 links\); "
    )
    with pytest.raises(SpatialError, match=message):
        solve(Problem(Mesh(1, 1), {"vector": 2}, nets))


def test_full_cut_names_the_edge() -> None:
    # Two nets start at different switches, but one edge leads to where they go.
    nets = (Net((0, -1), ((0, 2),), name="@a::@o"), Net((0, 0), ((0, 1),), name="@b::@o"))
    message = (
        r"from \(0, 0\) to \(0, 1\) they need 2 vector tracks, the machine has 1; "
        r"largest users: @a::@o \(1 links\), @b::@o"
    )
    with pytest.raises(SpatialError, match=message):
        solve(Problem(Mesh(1, 2), {"vector": 1}, nets))


def test_given_routes_stay_and_the_rest_joins() -> None:
    long: Route = ((0, -1), (1, -1), (2, -1), (2, 0), (2, 1), (1, 1), (0, 1))
    net = Net((0, -1), ((0, 1), (2, 1), (1, 0)), fixed={0: long})
    solution = solve(Problem(SMALL, {"vector": 1}, (net,)))
    assert solution.routes[0][0] == long
    assert solution.routes[0][1] == long[:5]


def test_other_nets_avoid_given_routes() -> None:
    given_net = Net((0, -1), ((0, 1),), fixed={0: ((0, -1), (0, 0), (0, 1))})
    solution = solve(Problem(SMALL, {"vector": 1}, (Net((0, -1), ((0, 1),)), given_net)))
    assert solution.routes[1][0] == ((0, -1), (0, 0), (0, 1))
    assert len(solution.routes[0][0]) == 5


@pytest.mark.parametrize(
    ("route", "message"),
    [
        (((0, 0), (0, 1)), r"must begin at its source's switch \(0, -1\), got \(0, 0\) \(0, 1\)"),
        (((0, -1), (0, 0)), r"must end at its destination's switch \(0, 1\)"),
        (((0, -1), (0, 1)), r"jumps from \(0, -1\) to \(0, 1\), which are not neighbours"),
        (((0, -1), (-1, -1), (0, 1)), r"passes \(-1, -1\), where there is no switch"),
        (((0, -1), (0, 0), (0, -1), (0, 0), (0, 1)), "passes a switch twice"),
        ((), "must begin"),
    ],
)
def test_wrong_given_routes_are_refused(route: Route, message: str) -> None:
    net = Net((0, -1), ((0, 1),), fixed={0: route}, name="@a::@o")
    with pytest.raises(SpatialError, match=f"a route from @a::@o {message}"):
        solve(Problem(SMALL, {"vector": 1}, (net,)))


def test_given_routes_must_be_a_tree() -> None:
    fixed: dict[int, Route] = {
        0: ((0, -1), (0, 0), (1, 0)),
        1: ((0, -1), (1, -1), (1, 0), (1, 1)),
    }
    net = Net((0, -1), ((1, 0), (1, 1)), fixed=fixed)
    with pytest.raises(SpatialError, match=r"enter switch \(1, 0\) both from \(0, 0\) and from"):
        solve(Problem(SMALL, {"vector": 2}, (net,)))


def test_given_routes_must_fit() -> None:
    net = Net((0, 0), ((0, 1),), fixed={0: ((0, 0), (0, 1))})
    with pytest.raises(SpatialError, match=r"the given routes do not fit: from .* need 2 vector"):
        solve(Problem(SMALL, {"vector": 1}, (net, net)))


@pytest.mark.parametrize(
    "problem",
    [
        Problem(SMALL, {}, (Net((0, 0), ((0, 1),)),)),
        Problem(SMALL, {"vector": 1}, (Net((0, 0), ((0, 5),)),)),
        Problem(SMALL, {"vector": 1}, (Net((0, 0), ((0, 1),), fixed={1: ((0, 0),)}),)),
    ],
)
def test_ill_formed_problems_are_bugs(problem: Problem) -> None:
    with pytest.raises(RuntimeError, match="this is a bug"):
        solve(problem)


SHORT: Route = ((0, 0), (0, 1))


@pytest.mark.parametrize(
    ("nets", "routes"),
    [
        ((Net((0, 0), ((0, 1),)),), ()),
        ((Net((0, 0), ((0, 1),)),), ((),)),
        ((Net((0, 0), ((0, 1),)),), ((((0, 0),),),)),
        ((Net((0, 0), ((0, 1),)),) * 2, ((SHORT,), (SHORT,))),
        (
            (Net((0, 0), ((0, 1),), fixed={0: SHORT}),),
            ((((0, 0), (1, 0), (1, 1), (0, 1)),),),
        ),
        (
            (Net((0, 0), ((0, 1), (0, 1))),),
            ((SHORT, ((0, 0), (1, 0), (1, 1), (0, 1))),),
        ),
    ],
)
def test_verify_rejects(nets: tuple[Net, ...], routes: tuple[tuple[Route, ...], ...]) -> None:
    with pytest.raises(RuntimeError, match="this is a bug"):
        verify(Problem(SMALL, {"vector": 1}, nets), Solution(routes))


def test_a_network_of_real_size_is_routed_quickly(
    recurrent: Callable[[int, float], placement.Problem],
) -> None:
    network = recurrent(0, 50.0)
    place = placement_search.solve(network).positions
    nets = tuple(
        Net(place[net.source], tuple(place[sink] for sink in net.destinations), net.kind)
        for net in network.nets
    )
    problem = Problem(Mesh(24, 24), {"vector": 4, "scalar": 4, "token": 16}, nets)
    solution = solve(problem)
    assert solution == solve(problem)
    hops = sum(len(route) for routes in solution.routes for route in routes)
    assert detour(solution) <= 0.02 * hops
