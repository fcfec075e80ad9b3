"""Let small compute units that fire alike share a physical unit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from xdsl.dialects.builtin import StringAttr, SymbolRefAttr
from xdsl.ir import Operation

from spatial_opt.dialects.spatial import ConfigOp, FoldOp, PcuOp, ReceiveOp, SendOp, StageOp
from spatial_opt.dialects.spatial_syntax import int_property
from spatial_opt.machine.description import Machine
from spatial_opt.passes.link_ends import LinkEnds
from spatial_opt.passes.partition_order import Order
from spatial_opt.passes.partition_problem import problem_of
from spatial_opt.passes.remarks import remark
from spatial_opt.passes.solvers.partition import Problem, Step, exceeded, usage


@dataclass
class _Small:
    """A unit that others may join."""

    pcu: PcuOp
    names: list[str]
    """Of the units it has been made of."""
    problem: Problem
    stages: int
    near: frozenset[str]
    """Units it is linked to."""
    fires: tuple[int, tuple[int, ...]]
    """The block it stands in, and its counters: units that agree in both fire equally often."""
    gone: bool = False


def merge_units(
    config: ConfigOp,
    units: Sequence[PcuOp],
    surplus: int | None,
    ends: LinkEnds,
    machine: Machine,
    name: str,
) -> None:
    """
    Merge some of `units`, which are staged, until `surplus` fewer are left; None: all that fit.

    Two at a time, those with the fewest stages together first, since the results of each then
    take the stages of both, and among these the ones linked to a common unit. The first in the
    order of the text gives its name.
    """
    small = list(_candidates(units, ends, machine))
    if len(small) < 2:
        return
    order = Order(config)
    queue: list[tuple[int, bool, int, int]] = []
    for first in range(len(small)):
        _offer(queue, small, first, range(first))
    saved = 0
    while queue and (surplus is None or saved < surplus):
        _, _, first, second = heappop(queue)
        one, other = small[first], small[second]
        if one.gone or other.gone or _obstacle(one, other, order):
            continue
        order.merge(order.index[one.names[0]], order.index[other.names[0]])
        remark(
            name,
            one.pcu,
            f"shares its unit with @{other.names[0]}: both now take {one.stages + other.stages} "
            "stages",
        )
        # The merged unit stands at a new place, so that offers to its parts are out of date.
        small.append(_join(one, other, ends))
        one.gone = other.gone = True
        _offer(queue, small, len(small) - 1, range(len(small) - 1))
        saved += 1


def _offer(
    queue: list[tuple[int, bool, int, int]],
    small: Sequence[_Small],
    one: int,
    others: Iterable[int],
) -> None:
    """Consider merging a unit with each of the others that fire at the same counters."""
    unit = small[one]
    for number in others:
        other = small[number]
        stages = unit.stages + other.stages
        if stages <= unit.problem.limits.stages and unit.fires == other.fires and not other.gone:
            heappush(queue, (stages, not unit.near & other.near, number, one))


def _obstacle(one: _Small, other: _Small, order: Order) -> str | None:
    """Why two units can not be one; None if they can."""
    both = beside(one.problem, other.problem)
    over = exceeded(both, usage(both, range(len(both.steps))))
    if over:
        limit, needed, available = over[0]
        return f"together they take {needed} {limit.replace('_', ' ')} of {available}"
    pairs = ((order.index[a], order.index[b]) for a in one.names for b in other.names)
    return next((reason for a, b in pairs if (reason := order.conflict(a, b))), None)


def _candidates(units: Sequence[PcuOp], ends: LinkEnds, machine: Machine) -> Iterator[_Small]:
    """Units with a stage to spare that take and send tokens at every firing, and add nothing up."""
    neighbours: dict[str, set[str]] = {}
    for joined in ends.to.values():
        for link in joined:
            neighbours.setdefault(link.source[0], set()).add(link.target[0])
            neighbours.setdefault(link.target[0], set()).add(link.source[0])
    for pcu in units:
        ops = list(pcu.body.block.ops)
        stages = sum(isinstance(op, StageOp) for op in ops)
        rates = [op for op in ops if isinstance(op, ReceiveOp | SendOp)]
        if (
            stages < machine.pcu.stages
            and not any(isinstance(op, FoldOp) and op.accumulates for op in ops)
            and all(op.per is None and op.once is None for op in rates)
        ):
            unit = pcu.sym_name.data
            problem = problem_of(pcu, machine, ends).problem
            fires = id(pcu.parent), tuple(pcu.bounds.get_values())
            near = frozenset(neighbours.get(unit, ()))
            yield _Small(pcu, [unit], problem, stages, near, fires)


def beside(one: Problem, other: Problem) -> Problem:
    """The problem of two units that become one, the steps of the second behind the first's."""
    shift = len(one.values)
    moved = [
        Step(
            tuple(operand + shift for operand in step.operands),
            None if step.result is None else step.result + shift,
            step.level,
            step.stages,
            step.folded,
        )
        for step in other.steps
    ]
    return Problem((*one.values, *other.values), (*one.steps, *moved), one.limits)


def _join(one: _Small, other: _Small, ends: LinkEnds) -> _Small:
    """Move the body of a unit behind that of another, and its links with it."""
    kept, gone = one.pcu, other.pcu
    name, old = one.names[0], other.names[0]
    taken = {op.port.data for op in kept.body.block.ops if isinstance(op, ReceiveOp | SendOp)}
    first = next(op for op in kept.body.block.ops if isinstance(op, StageOp))
    for new, counter in zip(kept.counters, gone.counters, strict=True):
        counter.replace_all_uses_with(new)
    for op in list(gone.body.block.ops):
        op.detach()
        if isinstance(op, ReceiveOp):
            kept.body.block.insert_op_before(op, first)
        else:
            kept.body.block.add_op(op)
        if isinstance(op, StageOp):
            op.index = int_property(op.index.value.data + one.stages)
        elif isinstance(op, ReceiveOp | SendOp):
            _take_port(op, (name, old), taken, ends)
    gone.detach()
    gone.erase()
    return _Small(
        kept,
        one.names + other.names,
        beside(one.problem, other.problem),
        one.stages + other.stages,
        one.near | other.near,
        one.fires,
    )


def _take_port(op: Operation, units: tuple[str, str], taken: set[str], ends: LinkEnds) -> None:
    """Give a port that moved from the second unit to the first a free name, and its links."""
    if not isinstance(op, ReceiveOp | SendOp):
        raise RuntimeError(f"{op.name} is no port; this is a bug")
    name, old = units
    wanted = port = op.port.data
    suffix = 1
    while port in taken:
        port, suffix = f"{wanted}_{suffix}", suffix + 1
    taken.add(port)
    op.port = StringAttr(port)
    joined = ends.to if isinstance(op, ReceiveOp) else ends.out_of
    moved = joined.pop((old, wanted), [])
    for link in moved:
        if isinstance(op, ReceiveOp):
            link.dst = SymbolRefAttr(name, [port])
        else:
            link.src = SymbolRefAttr(name, [port])
    joined.setdefault((name, port), []).extend(moved)
