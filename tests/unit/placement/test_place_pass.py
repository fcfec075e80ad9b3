"""spatial-place: every unit gets a position, given ones stay, wrong ones are refused."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.spatial import ConfigOp, Unit, units
from spatial_opt.dialects.spatial_syntax import ints
from spatial_opt.dialects.target import set_target
from spatial_opt.machine.errors import SpatialError
from spatial_opt.machine.load import load_machine
from spatial_opt.passes.placement_problem import LOOP_WEIGHT, placement_problem, position_of
from spatial_opt.passes.solvers.grid import distance
from spatial_opt.passes.spatial_place import SpatialPlacePass

ParseTiny = Callable[[str], ModuleOp]


def config_of(module: ModuleOp) -> ConfigOp:
    """The only configuration of a module."""
    (config,) = (op for op in module.walk() if isinstance(op, ConfigOp))
    return config


def unit(module: ModuleOp, name: str) -> Unit:
    """The unit of that name."""
    return next(u for u in units(config_of(module)) if u.sym_name.data == name)


def place(module: ModuleOp, context: Context, seed: int = 0, keep: bool = True) -> ModuleOp:
    """Run the pass and verify."""
    SpatialPlacePass(seed=seed, keep=keep).apply(context, module)
    module.verify()
    return module


def test_places_every_unit(rung: ModuleOp, spatial_context: Context) -> None:
    place(rung, spatial_context)
    positions = {u.sym_name.data: position_of(u) for u in units(config_of(rung))}
    load, square, keep, store = (positions[n] for n in ("load", "square", "keep", "store"))
    assert load is not None
    assert square is not None
    assert keep is not None
    assert store is not None
    assert {load[1], store[1]} == {-1, 4}
    # Six steps from side to side; the two generators are in the first row.
    assert distance(load, square) + distance(square, keep) + distance(keep, store) == 5


def test_is_idempotent(rung: ModuleOp, spatial_context: Context) -> None:
    once = str(place(rung, spatial_context))
    assert str(place(rung, spatial_context, seed=5)) == once


def test_same_seed_same_placement(rung: ModuleOp, spatial_context: Context) -> None:
    other = rung.clone()
    assert str(place(rung, spatial_context, 3)) == str(place(other, spatial_context, 3))


def test_given_positions_stay(rung: ModuleOp, spatial_context: Context) -> None:
    unit(rung, "square").at = ints((3, 3))
    place(rung, spatial_context)
    assert position_of(unit(rung, "square")) == (3, 3)


def test_keep_false_starts_again(rung: ModuleOp, spatial_context: Context) -> None:
    free = str(place(rung.clone(), spatial_context))
    unit(rung, "square").at = ints((3, 3))
    assert str(place(rung, spatial_context, keep=False)) == free


@pytest.mark.parametrize(
    ("name", "position", "message"),
    [
        ("square", (0, 1), r"@square is a pcu, but tiny has a pmu at \(0, 1\); move it"),
        ("square", (4, 0), r"@square is at \(4, 0\), outside the 4 x 4 grid of tiny"),
        ("keep", (0, -1), r"@keep is at \(0, -1\), outside the 4 x 4 grid of tiny"),
        ("once", (0, 4), r"@once is at \(0, 4\), outside the 4 x 4 grid of tiny"),
        ("load", (1, -1), r"where tiny has no address generator; they are in columns -1 and 4"),
        ("store", (0, 0), "where tiny has no address generator"),
    ],
)
def test_wrong_positions_are_refused(
    rung: ModuleOp,
    spatial_context: Context,
    name: str,
    position: tuple[int, int],
    message: str,
) -> None:
    unit(rung, name).at = ints(position)
    with pytest.raises(SpatialError, match=message):
        place(rung, spatial_context)


def test_a_position_is_taken_once(rung: ModuleOp, spatial_context: Context) -> None:
    unit(rung, "load").at = ints((0, -1))
    unit(rung, "store").at = ints((0, -1))
    with pytest.raises(SpatialError, match=r"@store is at \(0, -1\), which takes 1 ag and"):
        place(rung, spatial_context)


def controllers(count: int) -> str:
    """A configuration of controllers only."""
    lines = "\n".join(
        f"spatial.controller @c.{number} counters () {{ }}" for number in range(count)
    )
    return f"builtin.module {{ spatial.config @main {{ {lines} }} }}"


def test_too_many_units_are_refused(parse_tiny: ParseTiny, spatial_context: Context) -> None:
    module = parse_tiny(controllers(17))
    message = r"17 controllers needed, tiny has 16 .*; largest users: @c \(17 units\)"
    with pytest.raises(SpatialError, match=message):
        place(module, spatial_context)


def test_a_relaxed_limit_is_not_enforced(parse_tiny: ParseTiny, spatial_context: Context) -> None:
    module = parse_tiny(controllers(17))
    machine = load_machine("tiny")
    set_target(module, replace(machine, relaxed=("controller.per_switch",)))
    place(module, spatial_context)


def test_needs_a_target(rung: ModuleOp, spatial_context: Context) -> None:
    del rung.attributes["spatial.target"]
    with pytest.raises(SpatialError, match="run set-target"):
        place(rung, spatial_context)


def test_needs_a_configuration(spatial_context: Context) -> None:
    module = ModuleOp([])
    set_target(module, load_machine("tiny"))
    with pytest.raises(SpatialError, match="run convert-pattern-to-spatial first"):
        place(module, spatial_context)


def test_options_are_checked() -> None:
    with pytest.raises(SpatialError, match="seed must be 0 or more, got -1"):
        SpatialPlacePass(seed=-1)
    with pytest.raises(SpatialError, match="sweeps must be 0 or more, got -2"):
        SpatialPlacePass(sweeps=-2)


def test_loops_weigh_more(parse_tiny: ParseTiny) -> None:
    module = parse_tiny(
        """
        builtin.module {
          spatial.config @main {
            spatial.output @y : tensor<8x4xf32>
            spatial.controller @steps counters (%t = 0 to 8) {
              spatial.pmu @h holds tensor<4xf32> banked (4, 1) init zero {
                spatial.read @out port 0 counters (%i = 0 to 1) address [4 * %i] waits ["start"]
                    : vector<4xf32>
                spatial.write @in ports ["in"] port 0 counters (%i = 0 to 1) address [4 * %i]
                    signals ["full"] : vector<4xf32>
              }
              spatial.pcu @twice counters (%i = 0 to 1) {
                %v = spatial.receive "v" : vector<4xf32>
                %p = arith.addf %v, %v : vector<4xf32>
                spatial.send "out" %p : vector<4xf32>
              }
              spatial.ag @store stores @y counters (%i = 0 to 1) address [%t, 4 * %i]
                  : vector<4xf32>
            }
            spatial.link @h::@out to @twice::@v : vector depth 2
            spatial.link @twice::@out to @h::@in : vector depth 2
            spatial.link @h::@full to @h::@start : token depth 2 init 1
            spatial.link @twice::@out to @store::@data : vector depth 2
          }
        }
        """
    )
    problem = placement_problem(config_of(module), load_machine("tiny"))
    names = problem.names
    weights = {
        (names[net.source], names[sink]): net.weight
        for net in problem.nets
        for sink in net.destinations
    }
    assert weights["h", "twice"] == weights["twice", "h"] == LOOP_WEIGHT
    assert weights["twice", "store"] == 1
    # read -> compute -> write -> (next turn's) read
    assert [(wait.source, wait.destination) for wait in problem.waits] == [(1, 3), (3, 2), (2, 5)]
    assert names[problem.steps[5]] == "h"
