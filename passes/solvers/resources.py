"""Whether a configuration has more units than the machine."""

from collections.abc import Mapping, Sequence
from itertools import takewhile

from spatial_opt.dialects.spatial import (
    AgOp,
    ConfigOp,
    ControllerOp,
    PcuOp,
    PmuOp,
    Unit,
    element_bits,
    parameter_parts,
    units,
)
from spatial_opt.machine.description import Machine
from spatial_opt.machine.errors import SpatialError

LARGEST = 3
"""How many users of a resource a message names."""


def held_bytes(pmu: PmuOp) -> int:
    """Bytes of the tensor a memory unit holds, once."""
    elements = 1
    for size in pmu.held.get_shape():
        elements *= size
    return elements * element_bits(pmu.held) // 8


def check_resources(config: ConfigOp, machine: Machine) -> None:
    """
    Check that the machine has as many units of each kind as the configuration.

    Raises `SpatialError` naming how many are needed and there, and the largest users.
    """
    found = list(units(config))
    memories = [unit for unit in found if isinstance(unit, PmuOp)]
    _check_memories(memories, machine)
    computes = [unit for unit in found if isinstance(unit, PcuOp)]
    available = len(machine.grid.positions("pcu"))
    remedy = "lower the par factors" if available else _name_in_grid("pcu")
    _check(computes, "compute units", available, machine, "grid", remedy)
    generators = [unit for unit in found if isinstance(unit, AgOp)]
    if machine.enforces("ag.count"):
        remedy = "stream fewer tensors or relax ag.count"
        _check(generators, "address generators", machine.ag.count, machine, "ag.count", remedy)
    controllers = [unit for unit in found if isinstance(unit, ControllerOp)]
    if machine.enforces("controller.per_switch"):
        available = machine.grid.rows * machine.grid.columns * machine.controller.per_switch
        key = "controller.per_switch"
        remedy = "fuse loops or relax controller.per_switch"
        _check(controllers, "controllers", available, machine, key, remedy)


def _name_in_grid(kind: str) -> str:
    """The remedy for a machine without any unit of a kind."""
    return f"put {kind} into grid.pattern of the machine, or take another machine"


def _check(
    users: Sequence[Unit], what: str, available: int, machine: Machine, key: str, remedy: str
) -> None:
    if len(users) > available:
        largest = _largest(dict.fromkeys(users, 1))
        raise SpatialError(
            f"{len(users)} {what} needed, {machine.name} has {available} ({key}), short by "
            f"{len(users) - available}; largest users: {largest}; {remedy}"
        )


def _check_memories(memories: Sequence[PmuOp], machine: Machine) -> None:
    if len(memories) > len(machine.grid.positions("pmu")):
        stream = any(parameter_parts(unit.init) for unit in memories)
        raise SpatialError(memory_shortage(dict.fromkeys(memories, 1), machine, stream))


def memory_shortage(sizes: Mapping[PmuOp, int], machine: Machine, stream: bool = False) -> str:
    """
    Say that memories, each of which takes so many memory units, are more than a machine has.

    With `stream`, streaming weights from DRAM is among the remedies.
    """
    count = sum(sizes.values())
    available = len(machine.grid.positions("pmu"))
    capacity = available * machine.pmu.capacity_bytes
    needed = sum(map(held_bytes, sizes))
    weights = [unit for unit in sizes if parameter_parts(unit.init)]
    held, holding = sum(map(held_bytes, weights)), sum(sizes[unit] for unit in weights)
    lack = count - available
    if needed > capacity:
        short = f"short by {_bytes(needed - capacity)} and {lack} units"
        remedy = "use fewer bits"
    else:
        short = f"short by {lack} units, though the bytes would fit"
        remedy = "use lower par factors, which leave larger pieces"
    if not available:
        remedy = _name_in_grid("pmu")
    elif machine.enforces("pmu.capacity_bytes"):
        first = "stream weights from DRAM (spatial-stream-weights), " if stream else ""
        remedy = f"{first}relax pmu.capacity_bytes or {remedy}"
    return (
        f"weights need {_bytes(held)} in {holding} of {count} memory units "
        f"({_bytes(needed)} in all), {machine.name} has {available} ({_bytes(capacity)}), "
        f"{short}; largest users: {_largest(sizes)}; {remedy}"
    )


def _largest(users: Mapping[PmuOp, int] | Mapping[Unit, int]) -> str:
    """Name the families of units that take most of the machine's."""
    groups: dict[str, tuple[int, int]] = {}
    for unit, taken in users.items():
        name = _family(unit.sym_name.data)
        count, size = groups.get(name, (0, 0))
        groups[name] = (count + taken, size + (held_bytes(unit) if isinstance(unit, PmuOp) else 0))
    ranked = sorted(groups.items(), key=lambda item: (-item[1][0], -item[1][1], item[0]))
    return ", ".join(
        f"@{name} ({count} unit{'s' * (count > 1)}{f', {_bytes(size)}' if size else ''})"
        for name, (count, size) in ranked[:LARGEST]
    )


def _family(name: str) -> str:
    """The name up to the first piece that is a number, a part ("p0", "s0") or of a row."""
    pieces = name.split(".")
    kept = list(takewhile(lambda piece: not piece.lstrip("ps").isdigit(), pieces))
    return ".".join(kept or pieces[:1])


def _bytes(number: int) -> str:
    for unit, size in (("MB", 1_000_000), ("kB", 1000)):
        if number >= size:
            return f"{number / size:.2f} {unit}"
    return f"{number} bytes"
