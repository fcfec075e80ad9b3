"""A placed configuration as a problem for the router."""

import sys

from spatial_opt.dialects.spatial import ConfigOp, LinkOp, links, units
from spatial_opt.machine.description import Machine
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.placement_problem import position_of
from spatial_opt.passes.solvers.grid import Mesh, Position, Route
from spatial_opt.passes.solvers.routing import Net, Problem, route_fault

_LIMITS = {
    "vector": "network.vector_links",
    "scalar": "network.scalar_links",
    "token": "network.control_links",
}


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
