"""spatial-route: every link gets a route, given ones stay, wrong ones are refused."""

from dataclasses import replace

import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.spatial import ConfigOp, LinkOp, links, units
from spatial_opt.dialects.spatial_syntax import ints
from spatial_opt.dialects.target import set_target
from spatial_opt.machine.description import Network
from spatial_opt.machine.errors import SpatialError
from spatial_opt.machine.load import load_machine
from spatial_opt.passes.spatial_place import SpatialPlacePass
from spatial_opt.passes.spatial_route import SpatialRoutePass

PLACES = {"load": (0, -1), "square": (1, 1), "keep": (1, 2), "store": (0, 4), "once": (3, 3)}


@pytest.fixture
def placed(rung: ModuleOp) -> ModuleOp:
    """The configuration with known positions."""
    for config in rung.walk():
        if isinstance(config, ConfigOp):
            for unit in units(config):
                unit.at = ints(PLACES[unit.sym_name.data])
    return rung


def link_to(module: ModuleOp, unit: str, port: str) -> LinkOp:
    """The link that feeds a port."""
    (config,) = (op for op in module.walk() if isinstance(op, ConfigOp))
    return next(link for link in links(config) if link.target == (unit, port))


def route(module: ModuleOp, context: Context, keep: bool = True) -> ModuleOp:
    """Run the pass and verify."""
    SpatialRoutePass(keep=keep).apply(context, module)
    module.verify()
    return module


def with_network(module: ModuleOp, network: Network, relaxed: tuple[str, ...] = ()) -> None:
    """Give the module the tiny machine with another network."""
    set_target(module, replace(load_machine("tiny"), network=network, relaxed=relaxed))


def test_routes_every_link(placed: ModuleOp, spatial_context: Context) -> None:
    route(placed, spatial_context)
    assert link_to(placed, "keep", "in").via == [(1, 1), (1, 2)]
    assert link_to(placed, "keep", "start").via == [(1, 2)]
    assert len(link_to(placed, "square", "v").via or ()) == 4
    assert len(link_to(placed, "store", "data").via or ()) == 4


def test_is_idempotent_and_deterministic(placed: ModuleOp, spatial_context: Context) -> None:
    other = placed.clone()
    once = str(route(placed, spatial_context))
    assert str(route(placed, spatial_context)) == once
    assert str(route(other, spatial_context)) == once


def test_given_routes_stay(placed: ModuleOp, spatial_context: Context) -> None:
    link = link_to(placed, "keep", "in")
    around = [(1, 1), (2, 1), (2, 2), (1, 2)]
    link.set_route(around)
    assert link_to(route(placed, spatial_context), "keep", "in").via == around
    assert link_to(route(placed, spatial_context, keep=False), "keep", "in").via == [
        (1, 1),
        (1, 2),
    ]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([(1, 1), (1, 3)], r"must end at its destination's switch \(1, 2\)"),
        ([(0, 1), (1, 1), (1, 2)], r"must begin at its source's switch \(1, 1\)"),
        ([(1, 1), (2, 2), (1, 2)], r"jumps from \(1, 1\) to \(2, 2\), which are not neighbours"),
    ],
)
def test_wrong_routes_are_refused(
    placed: ModuleOp, spatial_context: Context, given: list[tuple[int, int]], message: str
) -> None:
    link_to(placed, "keep", "in").set_route(given)
    subject = "the route of the link @square::@out to @keep::@in "
    with pytest.raises(SpatialError, match=subject + message):
        route(placed, spatial_context)


def test_tracks_run_out(placed: ModuleOp, spatial_context: Context) -> None:
    network = replace(load_machine("tiny").network, vector_links=0)
    with_network(placed, network)
    message = r"1 vector ports end at \(1, 1\), whose edges have 0 vector tracks in all; .*@load"
    with pytest.raises(SpatialError, match=message):
        route(placed, spatial_context)
    with_network(placed, network, relaxed=("network.vector_links",))
    route(placed, spatial_context)


def test_needs_positions(rung: ModuleOp, spatial_context: Context) -> None:
    message = "@load and 4 more have no position; run spatial-place first"
    with pytest.raises(SpatialError, match=message):
        route(rung, spatial_context)
    SpatialPlacePass().apply(spatial_context, rung)
    route(rung, spatial_context)


def test_positions_must_be_inside(placed: ModuleOp, spatial_context: Context) -> None:
    for config in placed.walk():
        if isinstance(config, ConfigOp):
            next(u for u in units(config) if u.sym_name.data == "keep").at = ints((9, 9))
    with pytest.raises(SpatialError, match=r"@keep is at \(9, 9\), outside the 4 x 4 grid"):
        route(placed, spatial_context)


def test_needs_a_configuration(spatial_context: Context) -> None:
    module = ModuleOp([])
    set_target(module, load_machine("tiny"))
    with pytest.raises(SpatialError, match="run convert-pattern-to-spatial first"):
        route(module, spatial_context)
