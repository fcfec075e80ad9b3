"""Configurations that fill the machine are cut, placed and routed, well and always alike."""

from dataclasses import replace

import pytest
from full_machine import FullMachine, full_machine, random_machine
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from spatial_opt.dialects.spatial import ConfigOp, PcuOp, PmuOp, links, units
from spatial_opt.dialects.target import set_target
from spatial_opt.machine.errors import SpatialError
from spatial_opt.machine.load import load_machine
from spatial_opt.passes.placement_problem import placement_problem
from spatial_opt.passes.solvers.grid import distance
from spatial_opt.passes.solvers.placement import longest_path
from spatial_opt.passes.spatial_partition import SpatialPartitionPass
from spatial_opt.passes.spatial_place import SpatialPlacePass
from spatial_opt.passes.spatial_route import SpatialRoutePass

MACHINE = load_machine("plasticine-rnn")


def configured(context: Context, layer: FullMachine) -> ModuleOp:
    """The configuration of a layer, not cut yet."""
    module = Parser(context, full_machine(layer)).parse_module()
    set_target(module, MACHINE)
    return module


def routed(context: Context, layer: FullMachine, seed: int = 0) -> ConfigOp:
    """The configuration of a layer, cut, placed and routed."""
    module = configured(context, layer)
    SpatialPartitionPass().apply(context, module)
    SpatialPlacePass(seed=seed).apply(context, module)
    SpatialRoutePass().apply(context, module)
    module.verify()
    return config_of(module)


def config_of(module: ModuleOp) -> ConfigOp:
    """The only configuration of a module."""
    return next(op for op in module.ops if isinstance(op, ConfigOp))


def detour(config: ConfigOp) -> float:
    """Share of all hops that shortest routes would not have."""
    routes = [link.via or [] for link in links(config)]
    hops = sum(len(route) - 1 for route in routes)
    return 1 - sum(distance(route[0], route[-1]) for route in routes) / hops


@pytest.mark.parametrize(
    ("layer", "compute", "memories", "path"),
    [
        (FullMachine(), 188, 361, 118),
        (FullMachine(copies=4, pieces=8, states=8), 188, 304, 106),
        (FullMachine(copies=4, pieces=8, states=8, weights=1, private=True), 188, 296, 120),
        (FullMachine(gates=3, copies=52, weights=2), 180, 345, 132),
    ],
)
def test_full_machines(
    spatial_context: Context, layer: FullMachine, compute: int, memories: int, path: float
) -> None:
    """Nothing is left out, hardly anything goes a long way round, and the loop stays short."""
    config = routed(spatial_context, layer)
    found = list(units(config))
    assert sum(isinstance(unit, PcuOp) for unit in found) == compute
    assert sum(isinstance(unit, PmuOp) for unit in found) == memories
    assert detour(config) < 0.03
    problem = placement_problem(config, MACHINE)
    positions = tuple(problem.fixed[unit] for unit in range(len(problem.kinds)))
    # Corners are 24 hops from the middle, and the way leads there and back.
    assert longest_path(problem, positions) <= path


@pytest.mark.parametrize("seed", [0, 3, 8])
def test_random_full_machines(spatial_context: Context, seed: int) -> None:
    layer = random_machine(seed)
    config = routed(spatial_context, layer, seed)
    assert sum(isinstance(unit, PcuOp) for unit in units(config)) >= layer.dots
    assert detour(config) < 0.05


def test_the_same_text_gives_the_same_routes(spatial_context: Context) -> None:
    layer = FullMachine(copies=4, pieces=4, states=4)
    assert str(routed(spatial_context, layer)) == str(routed(spatial_context, layer))


def test_units_are_merged_where_there_are_too_few(spatial_context: Context) -> None:
    """64 sums of two halves take a unit each, until sums share units."""
    layer = FullMachine(copies=16, pieces=2, states=2)
    module = configured(spatial_context, layer)
    SpatialPartitionPass(merge="never").apply(spatial_context, module)
    needed = sum(isinstance(unit, PcuOp) for unit in units(config_of(module)))
    assert needed == 220
    with pytest.raises(SpatialError, match="220 compute units needed, plasticine-rnn has 192"):
        SpatialPlacePass().apply(spatial_context, module)
    config = routed(spatial_context, layer)
    assert sum(isinstance(unit, PcuOp) for unit in units(config)) == 192


def test_too_many_turns_are_refused(spatial_context: Context) -> None:
    """A switch has sixteen scalar tracks from its neighbours, and here twenty sums end at one."""
    layer = replace(FullMachine(gates=3), copies=20, rows=1)
    module = configured(spatial_context, layer)
    message = (
        r"@gate.0.0: arith.addf alone takes 21 scalar links, a unit of plasticine-rnn has 16 "
        r"\(network.scalar_links\); take fewer turns at a port \(pattern-parallelize\{rows=...\}\)"
    )
    with pytest.raises(SpatialError, match=message):
        SpatialPartitionPass().apply(spatial_context, module)
