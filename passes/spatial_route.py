"""Choose the switches that every link passes."""

import sys
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from spatial_opt.dialects.spatial import ConfigOp, LinkOp, links, units
from spatial_opt.dialects.target import target_of
from spatial_opt.machine.description import Machine
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.placement_problem import position_of
from spatial_opt.passes.solvers.grid import Mesh, Position, Route
from spatial_opt.passes.solvers.routing import Net, Problem, route_fault, solve, verify

_LIMITS = {
    "vector": "network.vector_links",
    "scalar": "network.scalar_links",
    "token": "network.control_links",
}


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


def routing_problem(config: ConfigOp, machine: Machine) -> tuple[Problem, list[list[LinkOp]]]:
    """
    State how to route `config` on `machine`; also the links of each net.

    Raises `SpatialError` when a unit has no position or a given route is wrong.
    """
    mesh = Mesh(machine.grid.rows, machine.grid.columns)
    place = _positions(config, mesh, machine)
    members: dict[tuple[str, str, str], list[LinkOp]] = {}
    for link in links(config):
        members.setdefault((*link.source, link.kind.data), []).append(link)
    nets: list[Net] = []
    for (unit, port, kind), joined in members.items():
        fixed: dict[int, Route] = {}
        for index, link in enumerate(joined):
            if link.via is None:
                continue
            route = tuple(link.via)
            reason = route_fault(mesh, place[unit], place[link.target[0]], route)
            if reason:
                end = "::@".join(link.target)
                raise SpatialError(
                    f"the route of the link @{unit}::@{port} to @{end} {reason}; "
                    "correct or remove it and run spatial-route"
                )
            fixed[index] = route
        sinks = tuple(place[link.target[0]] for link in joined)
        nets.append(Net(place[unit], sinks, kind, fixed, f"@{unit}::@{port}"))
    network = machine.network
    tracks = {
        "vector": network.vector_links,
        "scalar": network.scalar_links,
        "token": network.control_links,
    }
    for kind, limit in _LIMITS.items():
        if not machine.enforces(limit):
            tracks[kind] = sys.maxsize
    return Problem(mesh, tracks, tuple(nets)), list(members.values())


def _positions(config: ConfigOp, mesh: Mesh, machine: Machine) -> dict[str, Position]:
    """Position of each unit."""
    place: dict[str, Position] = {}
    missing: list[str] = []
    for unit in units(config):
        name = unit.sym_name.data
        position = position_of(unit)
        if position is None:
            missing.append(name)
            continue
        place[name] = position
        if not mesh.contains(position):
            raise SpatialError(
                f"@{name} is at {position}, outside the {mesh.rows} x {mesh.columns} grid of "
                f"{machine.name}; move it, or remove its position and run spatial-place"
            )
    if missing:
        more = f" and {len(missing) - 1} more have" if len(missing) > 1 else " has"
        raise SpatialError(f"@{missing[0]}{more} no position; run spatial-place first")
    return place
