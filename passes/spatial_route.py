"""Choose the switches that every link passes."""

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from spatial_opt.dialects.spatial import ConfigOp, links
from spatial_opt.dialects.target import target_of
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.routing_problem import routing_problem
from spatial_opt.passes.solvers.routing import solve, verify


@dataclass(frozen=True)
class SpatialRoutePass(ModulePass):
    """
    Give every link a route: the switches from its source's to its destination's.

    Links from one port share the tracks of the way they have in common. Routes are as short as
    the distance wherever tracks suffice. Links that have a route keep it.

    ```mlir
    // before
    spatial.config @main {
      spatial.pmu @a at (1, 0) holds tensor<16xf32> banked (4, 1) init zero {
        spatial.read @out port 0 counters (%i = 0 to 4) address [4 * %i] : vector<4xf32>
      }
      spatial.pcu @p at (2, 2) counters (%i = 0 to 4) {
        %v = spatial.receive "v" : vector<4xf32>
      }
      spatial.link @a::@out to @p::@v : vector depth 4
    }
    // after
    spatial.config @main {
      spatial.pmu @a at (1, 0) holds tensor<16xf32> banked (4, 1) init zero {
        spatial.read @out port 0 counters (%i = 0 to 4) address [4 * %i] : vector<4xf32>
      }
      spatial.pcu @p at (2, 2) counters (%i = 0 to 4) {
        %v = spatial.receive "v" : vector<4xf32>
      }
      spatial.link @a::@out to @p::@v : vector depth 4 via [(1, 0), (1, 1), (1, 2), (2, 2)]
    }
    ```

    Requires: a target (set-target) and a position of every linked unit (spatial-place). Leaves:
    routes that are there, and everything else. Fails: a given route does not lead from unit to
    unit through neighbouring switches, is no tree with the others of its port, or does not fit
    the tracks; no routes are found that fit.
    """

    name = "spatial-route"

    keep: bool = True
    """Whether links keep the routes they have; otherwise all are routed anew."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Route the links of each configuration in the module `op`."""
        machine = target_of(op)
        configs = [config for config in op.ops if isinstance(config, ConfigOp)]
        if not configs:
            raise SpatialError(
                "there is no spatial.config to route; run convert-pattern-to-spatial first"
            )
        for config in configs:
            if not self.keep:
                for link in links(config):
                    link.set_route(None)
            problem, members = routing_problem(config, machine)
            solution = solve(problem)
            verify(problem, solution)
            for net, routes in zip(members, solution.routes, strict=True):
                for link, route in zip(net, routes, strict=True):
                    link.set_route(route)
