"""Choose a position for every unit."""

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from spatial_opt.dialects.spatial import ConfigOp, links, units
from spatial_opt.dialects.spatial_syntax import ints
from spatial_opt.dialects.target import target_of
from spatial_opt.machine.description import Machine
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.placement_problem import placement_problem
from spatial_opt.passes.routing_problem import routing_problem
from spatial_opt.passes.solvers.placement import Problem, Solution, verify
from spatial_opt.passes.solvers.placement_search import solve
from spatial_opt.passes.solvers.routing import solve as route

SEEDS = 8
"""Seeds that are tried until one can be routed."""
ROUNDS = 12
"""Rounds of negotiation in which one must find its routes."""


@dataclass(frozen=True)
class SpatialPlacePass(ModulePass):
    """
    Give every unit a position, with linked units close to each other.

    Links of a recurrence count most, those on its longest path more still: their hops are part
    of every time step. Where they find no routes, units that many memories hang on spread over the
    machine. Units that have a position keep it, so one can be moved by editing the text, and the
    rest placed around it.

    ```mlir
    // before
    spatial.config @main {
      spatial.pmu @a holds tensor<16xf32> banked (4, 1) init zero {
        spatial.read @out port 0 counters (%i = 0 to 4) address [4 * %i] : vector<4xf32>
      }
      spatial.pcu @p at (2, 2) counters (%i = 0 to 4) {
        %v = spatial.receive "v" : vector<4xf32>
      }
      spatial.link @a::@out to @p::@v : vector depth 4
    }
    // after
    spatial.config @main {
      spatial.pmu @a at (1, 2) holds tensor<16xf32> banked (4, 1) init zero {
        spatial.read @out port 0 counters (%i = 0 to 4) address [4 * %i] : vector<4xf32>
      }
      spatial.pcu @p at (2, 2) counters (%i = 0 to 4) {
        %v = spatial.receive "v" : vector<4xf32>
      }
      spatial.link @a::@out to @p::@v : vector depth 4
    }
    ```

    Requires: a target (set-target) and a configuration (convert-pattern-to-spatial). Leaves:
    units that have a position, and all routes. Fails: the machine has fewer units of a kind
    than are needed; a given position is outside the grid, takes another kind of unit, or is
    taken twice.
    """

    name = "spatial-place"

    seed: int | None = None
    """
    Another seed gives another placement, about as good; the same seed always the same. By default
    0, and the next ones if links find no routes.
    """
    sweeps: int = 14
    """How often every unit is offered a better position; 100 gain some per cent more."""
    keep: bool = True
    """Whether units stay where they are; otherwise all positions and routes are dropped first."""

    def __post_init__(self) -> None:
        for option in ("seed", "sweeps"):
            value: int | None = getattr(self, option)
            if value is not None and value < 0:
                raise SpatialError(f"{option} must be 0 or more, got {value}")

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Place the units of each configuration in the module `op`."""
        machine = target_of(op)
        configs = [config for config in op.ops if isinstance(config, ConfigOp)]
        if not configs:
            raise SpatialError(
                "there is no spatial.config to place; run convert-pattern-to-spatial first"
            )
        for config in configs:
            if not self.keep:
                _forget(config)
            problem = placement_problem(config, machine)
            solution = self._solved(config, problem, machine)
            _put(config, solution)

    def _solved(self, config: ConfigOp, problem: Problem, machine: Machine) -> Solution:
        seeds = range(SEEDS) if self.seed is None else (self.seed,)
        attempts = [(seeds[0], False), *((seed, True) for seed in seeds)]
        first: Solution | None = None
        for seed, spread in attempts:
            solution = solve(problem, seed, self.sweeps, spread=spread)
            verify(problem, solution)
            first = first or solution
            _put(config, solution)
            if _can_be_routed(config, machine):
                return solution
        assert first is not None
        return first


def _put(config: ConfigOp, solution: Solution) -> None:
    for unit, position in zip(units(config), solution.positions, strict=True):
        unit.at = ints(position)


def _can_be_routed(config: ConfigOp, machine: Machine) -> bool:
    """Whether all links find a route soon."""
    try:
        route(routing_problem(config, machine)[0], ROUNDS)
    except SpatialError:
        return False
    return True


def _forget(config: ConfigOp) -> None:
    for unit in units(config):
        unit.at = None
    for link in links(config):
        link.set_route(None)
