"""Depth and lifetime of every memory of a program."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.dialects.func import FuncOp
from xdsl.ir import BlockArgument, OpResult, SSAValue

from spatial_opt.dialects import pattern
from spatial_opt.machine.description import Machine
from spatial_opt.passes.memory_assignment.levels import (
    Schedule,
    next_maker,
    read_schedule,
)
from spatial_opt.passes.memory_assignment.places import (
    Place,
    is_argument,
    reduction_kinds,
    tensor_places,
)
from spatial_opt.passes.memory_assignment.transfers import Transfers
from spatial_opt.passes.polyhedral.library import has_isl


@dataclass(frozen=True, eq=False)
class Assigned:
    """A memory of a tensor with what it needs."""

    place: Place
    depth: int
    least: int
    """The depth below which reads would find something else than what was written for them."""
    live: tuple[int, int]
    """First and last position, as `pattern.memory` counts them."""


@dataclass(frozen=True, eq=False)
class Assignment:
    """All memories of a function."""

    schedule: Schedule
    tensors: tuple[Assigned, ...]
    scalars: tuple[tuple[SSAValue, str], ...]
    """Results of reductions, with their kind."""


def assign(function: FuncOp, machine: Machine, queue: int | None = None) -> Assignment:
    """
    Find the memories of a function, without regard to those that are declared.

    Queues behind accumulators have `queue` places, by default as many as the machine's.
    """
    schedule = read_schedule(function)
    places = tensor_places(schedule)
    generators = sum(place.loaded for place in places) + len(schedule.returned)
    transfers = Transfers(machine, generators, queue or machine.pcu.fifo_depth)
    found: list[Assigned] = []
    for place in places:
        assigned = _assigned(place, schedule, transfers)
        if assigned is not None:
            found.append(assigned)
    return Assignment(schedule, tuple(found), tuple(reduction_kinds(schedule)))


def _assigned(place: Place, schedule: Schedule, transfers: Transfers) -> Assigned | None:
    """Give None for a state whose next version is not made in its loop: nothing can hold it."""
    level, value = place.level, place.value
    count = len(level.items)
    if place.kind == "dram":
        return Assigned(place, 1, 1, _off_chip(place, schedule))
    if level.scan is None:
        return Assigned(place, 1, 1, _at_top(place, schedule))
    last = last_read(place)
    if place.loaded:
        first = first_read(place)
        beside = level.steps > 1 and not transfers.load_fits(place)
        # Beside the kernels that read the slice before; else behind the last of them.
        begin = first - count if beside else last - count + 1
        return Assigned(place, 2 if beside else 1, 1, (min(begin, first), last))
    if isinstance(value, BlockArgument):
        maker = next_maker(value)
        if maker is None:
            return None
        least = _state_depth(value, schedule)
        stall = place.stored and level.steps > 1 and not transfers.store_fits(place, maker)
        written = level.position(maker.op) - count
        return Assigned(place, max(least, 1 + stall), least, (written, max(written, last)))
    assert isinstance(value, OpResult)
    if not isinstance(value.op, pattern.MapOp | pattern.ScanOp):
        # A parameter that stands in a loop is there before all of it.
        return Assigned(place, 1, 1, (-1, max(-1, last)))
    written = level.position(value.op)
    if not place.stored:
        return Assigned(place, 1, 1, (written, max(written, last)))
    beside = level.steps > 1 and not transfers.store_fits(place, value)
    over = written + count if beside else max(last, written + count - 1)
    return Assigned(place, 2 if beside else 1, 1, (written, over))


def _state_depth(carry: BlockArgument, schedule: Schedule) -> int:
    """Give the buffers of a state: two are always enough, isl knows where one is."""
    if not has_isl():
        return 2
    from spatial_opt.passes.memory_assignment.states import state_clashes
    from spatial_opt.passes.memory_assignment.storage import least_depth

    return least_depth(clash.distance for clash in state_clashes(carry, schedule))


def first_read(place: Place) -> int:
    """Give the first position that reads a memory, -1 without any."""
    return min((place.level.position(read) for read in place.reads), default=-1)


def last_read(place: Place) -> int:
    """Give the last position that reads a memory, -1 without any."""
    return max((place.level.position(read) for read in place.reads), default=-1)


def _at_top(place: Place, schedule: Schedule) -> tuple[int, int]:
    """Lifetime of a memory of the function: filled before all, or by the item that makes it."""
    level, value = place.level, place.value
    made = isinstance(value, OpResult) and isinstance(value.op, pattern.MapOp | pattern.ScanOp)
    begin = level.position(value.op) if made and isinstance(value, OpResult) else -1
    end = len(level.items) if place.stored else last_read(place)
    return begin, max(begin, end)


def _off_chip(place: Place, schedule: Schedule) -> tuple[int, int]:
    """Lifetime of an argument, to its last user, or of a result, from its maker on."""
    level, value = place.level, place.value
    if not is_argument(value, schedule):
        assert isinstance(value, OpResult)
        return level.position(value.op), len(level.items)
    users = [level.position(read) for read in schedule.reads.get(value, ())]
    for position, item in enumerate(level.items):
        for inner in item.walk():
            if isinstance(inner, pattern.ScanOp) and value in inner.inits:
                users.append(position)
    return -1, max(users, default=-1)
