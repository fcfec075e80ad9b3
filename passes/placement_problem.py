"""How to place the units of a configuration, as a problem for the placement solver."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import assert_never

from spatial_opt.dialects.spatial import (
    AgOp,
    ConfigOp,
    ControllerOp,
    FoldOp,
    LinkOp,
    PcuOp,
    PmuOp,
    Port,
    Process,
    StageOp,
    Unit,
    fold_levels,
    links,
    processes,
    units,
)
from spatial_opt.machine.description import Machine
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.solvers.grid import Position
from spatial_opt.passes.solvers.placement import Net, Problem, Wait
from spatial_opt.passes.solvers.recurrence import closing, in_loop
from spatial_opt.passes.solvers.resources import check_resources

LOOP_WEIGHT = 4.0
"""Weight of a link in a loop; 1 for all others, whose latency is paid once."""
PRESSURE = 50.0
"""Weight of the longest path through a loop."""
CROWDED = 1000.0
"""Cost of a unit where the switch has too few edges for the links that end there."""
CROWDING = 40
"""Root of the cost of two units side by side that each take the tracks of three edges."""


def kind_of(unit: Unit) -> str:
    """The kind of site a unit takes."""
    match unit:
        case PcuOp():
            return "pcu"
        case PmuOp():
            return "pmu"
        case AgOp():
            return "ag"
        case ControllerOp():
            return "controller"
        case _:
            assert_never(unit)


def position_of(unit: Unit) -> Position | None:
    """Row and column of a placed unit."""
    if unit.at is None:
        return None
    row, column = unit.at.get_values()
    return row, column


def placement_problem(config: ConfigOp, machine: Machine) -> Problem:
    """
    State how to place `config` on `machine`.

    Raises `SpatialError` when the units do not fit or a given position is wrong.
    """
    check_resources(config, machine)
    found = list(units(config))
    kinds = tuple(kind_of(unit) for unit in found)
    sites = _sites(machine, Counter(kinds))
    fixed: dict[int, Position] = {}
    for number, unit in enumerate(found):
        position = position_of(unit)
        if position is not None:
            _check_position(unit.sym_name.data, kinds[number], position, machine)
            fixed[number] = position
    number_of = {unit.sym_name.data: number for number, unit in enumerate(found)}
    steps = processes(config)
    table = {
        (step.unit.sym_name.data, port.name): (index, port)
        for index, step in enumerate(steps)
        for port in step.ports
    }
    joined = list(links(config))
    arcs = [(table[link.source][0], table[link.target][0]) for link in joined]
    looping = in_loop(len(steps), arcs)
    nets: dict[tuple[str, str, bool], list[int]] = {}
    for link, loop in zip(joined, looping, strict=True):
        nets.setdefault((*link.source, loop), []).append(number_of[link.target[0]])
    units_of_steps = [number_of[step.unit.sym_name.data] for step in steps]
    ends = closing(len(steps), arcs, [link.init.value.data > 0 for link in joined])
    delays = [_delay(step, machine) for step in steps]
    hop = max(1, machine.network.hop_latency_cycles)
    waits: list[Wait] = []
    for link, (source, destination), loop, closes in zip(joined, arcs, looping, ends, strict=True):
        if not loop:
            continue
        delay = delays[source] + _turns_left(link, table[link.target][1]) / hop
        if closes:  # The path ends at a copy, so that the next turn is not part of it.
            units_of_steps.append(units_of_steps[destination])
            destination = len(units_of_steps) - 1
        waits.append(Wait(source, destination, delay))
    costs, demands = _demands(joined, number_of, machine)
    return Problem(
        kinds=kinds,
        sites=sites,
        nets=tuple(
            Net(number_of[unit], tuple(destinations), LOOP_WEIGHT if loop else 1.0)
            for (unit, _, loop), destinations in nets.items()
        ),
        fixed=fixed,
        steps=tuple(units_of_steps),
        waits=tuple(waits),
        pressure=PRESSURE,
        costs=costs,
        demands=demands,
        names=tuple(number_of),
    )


def _sites(machine: Machine, needed: Counter[str]) -> dict[str, tuple[Position, ...]]:
    """Sites of each kind; as many as wanted where the limit is relaxed."""
    grid = machine.grid
    switches = [(row, column) for row in range(grid.rows) for column in range(grid.columns)]
    per_switch = machine.controller.per_switch
    if not machine.enforces("controller.per_switch"):
        per_switch = max(per_switch, needed["controller"])
    generators = machine.ag_positions()
    if not machine.enforces("ag.count"):
        generators = generators * max(1, needed["ag"])
    return {
        "pcu": tuple(grid.positions("pcu")),
        "pmu": tuple(grid.positions("pmu")),
        "ag": tuple(generators),
        "controller": tuple(switch for switch in switches for _ in range(per_switch)),
    }


def _check_position(name: str, kind: str, position: Position, machine: Machine) -> None:
    """Raise `SpatialError` unless the machine has that kind of unit there."""
    grid = machine.grid
    remedy = "move it, or remove its position and run spatial-place"
    row, column = position
    if kind == "ag":
        if position not in machine.ag_positions():
            raise SpatialError(
                f"@{name} is at {position}, where {machine.name} has no address generator; they "
                f"are in columns -1 and {grid.columns}; {remedy}"
            )
        return
    if not (0 <= row < grid.rows and 0 <= column < grid.columns):
        raise SpatialError(
            f"@{name} is at {position}, outside the {grid.rows} x {grid.columns} grid of "
            f"{machine.name}; {remedy}"
        )
    there = grid.kind(row, column)
    if kind != "controller" and kind != there:
        raise SpatialError(
            f"@{name} is a {kind}, but {machine.name} has a {there} at {position}; {remedy}"
        )


def _demands(
    joined: Sequence[LinkOp], number_of: Mapping[str, int], machine: Machine
) -> tuple[dict[int, dict[Position, float]], dict[int, float]]:
    """
    Keep units where many links end apart from each other, and from switches with three edges.

    Returns what they cost at positions, and their demands side by side.
    """
    edges = [
        (row, column)
        for row in (0, machine.grid.rows - 1)
        for column in range(machine.grid.columns)
    ]
    costs: dict[int, dict[Position, float]] = {}
    demands: dict[int, float] = {}
    for kind, tracks in (
        ("vector", machine.network.vector_links),
        ("scalar", machine.network.scalar_links),
    ):
        sources: dict[str, set[tuple[str, str]]] = {}
        for link in joined:
            if link.kind.data == kind:
                sources.setdefault(link.target[0], set()).add(link.source)
        for name, ports in sources.items():
            unit = number_of[name]
            if len(ports) > 3 * tracks:
                costs[unit] = dict.fromkeys(edges, CROWDED)
            if len(ports) > 2 * tracks > 0:
                # Whole numbers, so that sums of them are exact.
                demands[unit] = max(
                    demands.get(unit, 0), round(CROWDING * len(ports) / (3 * tracks))
                )
    return costs, demands


def _turns_left(link: LinkOp, port: Port) -> int:
    """
    Cycles for which a port takes tokens of other links, after this one's last of each round.

    What comes first holds up everything behind it, what comes last has the more time to arrive.
    Where a round is a whole activation, what comes first is there long before.
    """
    taken = port.tokens_per_activation
    if link.span is None or link.period(taken) == taken:
        return 0
    return (link.period(taken) - link.span[1]) * port.period


def _delay(step: Process, machine: Machine) -> float:
    """Latency of a step and of the first switch after it, in hops."""
    match step.kind:
        case "pcu":
            cycles = _pipeline(step.unit, machine)
        case "read" | "gather":
            cycles = machine.pmu.read_latency_cycles
        case "write":
            cycles = machine.pmu.write_latency_cycles
        case "controller":
            cycles = machine.controller.latency_cycles
        case "load" | "store":
            cycles = 1
    return 1 + cycles / max(1, machine.network.hop_latency_cycles)


def _pipeline(unit: Unit, machine: Machine) -> int:
    """Cycles from a firing of a compute unit to its results."""
    stages = 0
    longer = 0
    for op in unit.regions[0].block.ops:
        if isinstance(op, StageOp):
            stages += 1
        elif isinstance(op, FoldOp):
            longer += fold_levels(op) * machine.pcu.stage_latency_cycles
        elif op.name in machine.op_latency_cycles:
            longer += machine.op_latency(op.name) - machine.pcu.stage_latency_cycles
    return (stages or machine.pcu.stages) * machine.pcu.stage_latency_cycles + longer
