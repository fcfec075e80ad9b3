"""Cycles of configurations with weights in DRAM: by hand, and by both time engines."""

from dataclasses import replace

import pytest
from streaming_cases import TINY, Recipe, compile_recipe, config, streamed, unit
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.spatial import AgOp, PmuOp
from spatial_opt.dialects.spatial_syntax import ints
from spatial_opt.machine.description import Grid
from spatial_opt.passes.spatial_place import SpatialPlacePass
from spatial_opt.passes.spatial_route import SpatialRoutePass
from spatial_opt.runtime.configuration import build_network
from spatial_opt.runtime.cycle_engine import run_cycles
from spatial_opt.runtime.event_engine import run

ROW = replace(TINY, grid=Grid(1, 3, ("pcu pmu pcu",)))
"""One memory unit between two compute units, and an address generator at each side."""


ONE = {"hu": 1, "ru": 1}


def weights(rows: int, depth: int) -> str:
    """Give weights that are stored as they come."""
    return f"""
    spatial.output @y : tensor<{rows}x4xf32>
    spatial.pmu @W holds tensor<{rows}x4xf32> banked (4, 1) init parameter "W" [{rows}, 4] {{
      spatial.read @out port 0 counters (%j = 0 to {rows}) address [%j, 0] : vector<4xf32>
    }}
    spatial.ag @y.store at (0, 3) stores @y counters (%j = 0 to {rows}) address [%j, 0]
        : vector<4xf32>
    spatial.link @W::@out to @y.store::@data : vector depth {depth}
    """


def firings(module: ModuleOp) -> dict[str, list[int]]:
    """Place, route and run a configuration; gives when its processes fire, and the end."""
    load = unit(module, "W.load")
    assert isinstance(load, AgOp)
    load.at = ints([0, -1])
    SpatialPlacePass().apply(Context(), module)
    SpatialRoutePass().apply(Context(), module)
    network = build_network(module)
    twin = run_cycles(network)
    assert run(network).cycles == twin.cycles
    names = [process.name for process in network.processes]
    return {**dict(zip(names, twin.times, strict=True)), "end": [twin.cycles]}


def test_all_from_dram() -> None:
    """
    Two generators of 16 bytes a cycle: a burst of 16 every 2 cycles each. 10 cycles of DRAM and 5
    hops to the store, which takes 10 more.
    """
    module = config(weights(8, 16), ROW)
    streamed(module, "dram")
    assert firings(module) == {
        "W.load": [0, 2, 4, 6, 8, 10, 12, 14],
        "y.store": [15, 17, 19, 21, 23, 25, 27, 29],
        "end": [39],
    }


def test_few_places_keep_dram_waiting() -> None:
    """Two places: the third load waits until the first token is taken, and 5 hops back."""
    module = config(weights(8, 2), ROW)
    streamed(module, "dram")
    assert firings(module) == {
        "W.load": [0, 2, 20, 22, 40, 42, 60, 62],
        "y.store": [15, 17, 35, 37, 55, 57, 75, 77],
        "end": [87],
    }


def test_a_part_from_dram() -> None:
    """
    Of 16 vectors a memory of 96 bytes gives 6: in 1 cycle and 3 hops, two at a time.

    The first two of the others are there by then.
    """
    machine = replace(ROW, pmu=replace(ROW.pmu, capacity_bytes=96))
    module = config(weights(16, 2), machine)
    (said,) = streamed(module)
    assert "160 bytes are loaded in a run of about 50 cycles" in said
    part = unit(module, "W.s0")
    assert isinstance(part, PmuOp)
    assert part.held.get_shape() == (24,)
    assert firings(module) == {
        "W.s0::out": [0, 1, 7, 9, 14, 16],
        "W.load": [0, 2, 27, 29, 47, 49, 67, 69, 87, 89],
        "y.store": [4, 6, 11, 13, 18, 20, 22, 24, 42, 44, 62, 64, 82, 84, 102, 104],
        "end": [114],
    }


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe("lstm", 5, weights="dram"),
        Recipe("gru", 6, inputs=9, batch=2, weights="dram", format="int8", side=7),
        Recipe("gru", 41, inputs=17, batch=2, side=9, capacity=768, format="f32"),
        Recipe("rnn", 57, side=8, capacity=512, format="f32"),
        Recipe("rnn", 40, side=7, capacity=512, format="f32", factors=ONE),
    ],
    ids=lambda recipe: f"{recipe.cell}-{recipe.hidden}",
)
def test_the_engines_agree(recipe: Recipe) -> None:
    case = compile_recipe(recipe)
    assert case.streamed
    assert bool(case.relays) == bool(recipe.factors)
    network = build_network(case.module)
    network = replace(
        network, processes=[replace(p, loop=p.total, firings=1) for p in network.processes]
    )
    twin = run_cycles(network)
    most = max(process.total for process in network.processes)
    result = run(network, steady=False, record=most)
    times: list[list[int]] = [[] for _ in network.processes]
    for record in result.records:
        times[record.process].append(record.start)
    assert times == twin.times
    assert result.cycles == twin.cycles == run(build_network(case.module)).cycles
    assert sum(result.causes.values()) == result.cycles
