"""
Every access of a program to a tensor: who, in which iterations, to which elements, and when.

The loops around an access are its iteration domain: steps of scans, points of maps, elements of
reductions. A map writes each element of a result once, at its own point. A carried value is one
tensor, written before the first step and at the end of each step.

The schedule is the order of the program: positions in blocks and indices of loops in turn, of
which the lexicographically smaller comes first. The points of a map have no order among
themselves; the schedule takes them in ascending order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

import islpy as isl
from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap

from spatial_opt.dialects import pattern
from spatial_opt.passes.polyhedral.loops import Loops, loops_around, loops_of_block
from spatial_opt.passes.polyhedral.spaces import box, related, to_isl


class Kind(Enum):
    """What an access does."""

    READ = "read"
    GATHER = "gather"
    """A read at computed coordinates: its relation holds all elements it may read."""
    WRITE = "write"


@dataclass(frozen=True, eq=False)
class Access:
    """One access: a relation from iterations to elements, and a schedule."""

    statement: str
    """Kernel that makes it, or what a scan does: `h start`, `h next`, `ys emit`, `hT last`."""
    kind: Kind
    tensor: SSAValue
    loops: Loops
    relation: isl.Map
    """From the indices of the loops to coordinates; points outside the tensor are left out."""
    schedule: isl.Map
    """From the indices of the loops to time."""
    when: tuple[str | int, ...]
    """The schedule as text: positions, and names of indices."""
    op: Operation


def shape_of(value: SSAValue) -> tuple[int, ...]:
    """Return the shape of a tensor, () of a scalar."""
    type: Attribute = value.type
    return type.get_shape() if isinstance(type, TensorType) else ()


def read_function(
    indices: Sequence[SSAValue], map: AffineMap, loops: Loops, prefix: int = 0
) -> isl.MultiAff | None:
    """
    Return an access as a function of the loops around it, after the first `prefix` indices.

    None where an index is computed or an expression is not affine.
    """
    positions = [loops.position(index) for index in indices]
    known = [position for position in positions if position is not None]
    if len(known) < len(positions):
        return None
    return to_isl(map, len(loops), known, prefix)


def accesses(module: ModuleOp) -> list[Access]:
    """Return the accesses of all functions in program order, those of a body before its writes."""
    found: list[Access] = []
    for function in module.ops:
        if isinstance(function, FuncOp) and function.body.blocks:
            found += _Collector().block(function.body.block, ())
    return found


class _Collector:
    """Walks over blocks with the time of their beginning."""

    def block(self, block: Block, time: tuple[str | int, ...]) -> Iterator[Access]:
        for position, op in enumerate(block.ops):
            yield from self._operation(op, (*time, position))

    def _operation(self, op: Operation, time: tuple[str | int, ...]) -> Iterator[Access]:
        match op:
            case pattern.MapOp() | pattern.ReduceOp():
                inner = loops_of_block(op.body.block)
                names = inner.names[len(inner) - len(op.domain) :]
                yield from self.block(op.body.block, (*time, *names))
                if isinstance(op, pattern.MapOp):
                    end = len(op.body.block.ops)
                    for result in op.results:
                        yield self._map_write(op, result, inner, (*time, *names, end))
            case pattern.ScanOp():
                yield from self._scan(op, time)
            case pattern.ReadOp():
                yield self._read(op, time)
            case pattern.GatherOp():
                loops = loops_around(op)
                everything = _whole(loops, shape_of(op.source))
                yield _access(_statement(op), Kind.GATHER, op.source, loops, everything, time, op)
            case ReturnOp():
                for value in op.operands:
                    yield self._copy("return", Kind.READ, value, op, loops_around(op), 0, time)
            case _:
                pass

    def _read(self, op: pattern.ReadOp, time: tuple[str | int, ...]) -> Access:
        loops = loops_around(op)
        function = read_function(op.indices, op.map.data, loops)
        if function is None:
            relation, kind = _whole(loops, shape_of(op.source)), Kind.GATHER
        else:
            relation, kind = related(function, box(loops.bounds)), Kind.READ
            relation = relation.intersect_range(box(shape_of(op.source)))
        return _access(_statement(op), kind, op.source, loops, relation, time, op)

    def _map_write(
        self, op: pattern.MapOp, result: SSAValue, loops: Loops, time: tuple[str | int, ...]
    ) -> Access:
        first = len(loops) - len(op.domain)
        own = range(first, len(loops))
        map = AffineMap(len(loops), 0, tuple(AffineExpr.dimension(n) for n in own))
        function = to_isl(map, len(loops))
        assert function is not None
        relation = related(function, box(loops.bounds))
        return _access(_name(op.results[0]), Kind.WRITE, result, loops, relation, time, op)

    def _scan(self, op: pattern.ScanOp, time: tuple[str | int, ...]) -> Iterator[Access]:
        around, inner = loops_around(op), loops_of_block(op.body.block)
        step = inner.names[-1]
        now = step if op.reverse is None else f"{op.steps - 1} - {step}"
        count = len(op.carries)
        for number, (init, carry) in enumerate(zip(op.inits, op.carries, strict=True)):
            what, when = f"{_name(carry)} start", (*time, "-1", number)
            yield self._copy(what, Kind.READ, init, op, around, 0, when)
            yield self._copy(what, Kind.WRITE, carry, op, around, 0, when)
        yield from self.block(op.body.block, (*time, now))
        end, body = op.next, len(op.body.block.ops)
        stacks = op.results[count:]
        for number, (value, stack) in enumerate(zip(end.emits, stacks, strict=True)):
            what, when = f"{_name(stack)} emit", (*time, now, body, number)
            yield self._copy(what, Kind.READ, value, end, inner, 0, when)
            yield self._copy(what, Kind.WRITE, stack, end, inner, 1, when)
        for number, (value, carry) in enumerate(zip(end.carries, op.carries, strict=True)):
            what, when = f"{_name(carry)} next", (*time, now, body + 1, number)
            yield self._copy(what, Kind.READ, value, end, inner, 0, when)
            yield self._copy(what, Kind.WRITE, carry, end, inner, 0, when)
        for number, (carry, result) in enumerate(zip(op.carries, op.results, strict=False)):
            what, when = f"{_name(result)} last", (*time, str(op.steps), number)
            yield self._copy(what, Kind.READ, carry, op, around, 0, when)
            yield self._copy(what, Kind.WRITE, result, op, around, 0, when)

    def _copy(
        self,
        statement: str,
        kind: Kind,
        value: SSAValue,
        op: Operation,
        loops: Loops,
        leading: int,
        time: tuple[str | int, ...],
    ) -> Access:
        """Return the access to a whole value, the last `leading` loops being coordinates of it."""
        shape = shape_of(value)[leading:]
        count = len(loops)
        dims = count + len(shape)
        first = count - leading
        map = AffineMap(dims, 0, tuple(AffineExpr.dimension(n) for n in range(first, dims)))
        function = to_isl(map, dims)
        assert function is not None
        relation = related(function, box((*loops.bounds, *shape)))
        elements = tuple(f"e{n}" for n in range(len(shape)))
        return _access(statement, kind, value, loops, relation, (*time, *elements), op, elements)


def _whole(loops: Loops, shape: tuple[int, ...]) -> isl.Map:
    return isl.Map.from_domain_and_range(box(loops.bounds), box(shape))


def _access(
    statement: str,
    kind: Kind,
    tensor: SSAValue,
    loops: Loops,
    relation: isl.Map,
    when: tuple[str | int, ...],
    op: Operation,
    elements: tuple[str, ...] = (),
) -> Access:
    names = ", ".join((*loops.names, *elements))
    time = ", ".join(map(str, when))
    schedule = isl.Map(f"{{ [{names}] -> [{time}] }}").intersect_domain(relation.domain())
    return Access(statement, kind, tensor, loops, relation, schedule, when, op)


def _name(value: SSAValue) -> str:
    return value.name_hint or "value"


def _statement(op: Operation) -> str:
    """Return the name of the outermost map around an access, or of its result."""
    found: Operation = op
    parent = op.parent_op()
    while parent is not None:
        if isinstance(parent, pattern.DomainOp):
            found = parent
        parent = parent.parent_op()
    return _name(found.results[0])
