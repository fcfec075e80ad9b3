"""Units with the same structure are cut alike: the work of one serves all."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from xdsl.dialects import arith
from xdsl.ir import Attribute, Block, BlockArgument, Operation, SSAValue

from spatial_opt.dialects.spatial import LinkOp, PcuOp, ReceiveOp, SendOp
from spatial_opt.machine.description import Machine
from spatial_opt.passes.link_ends import LinkEnds
from spatial_opt.passes.partition_build import stage_mark
from spatial_opt.passes.partition_problem import Body, problem_of, rides_along
from spatial_opt.passes.solvers.partition import Problem, Solution, stages_of


@dataclass(frozen=True)
class _Pattern:
    """A body with numbers in place of operations: theirs in the block."""

    problem: Problem
    ops: list[int | None]
    sources: list[tuple[int, int] | None]
    """Operation and result of each value; of a counter -1 and its number."""
    sends: dict[int, list[int]]


class Shapes:
    """The structures met so far in a configuration, and the problem of each."""

    def __init__(self, machine: Machine, ends: LinkEnds) -> None:
        self.machine = machine
        self.ends = ends
        self._known: dict[Hashable, _Pattern] = {}
        self._numbers: dict[Attribute, int] = {}
        self._met: dict[int, tuple[Attribute, int]] = {}
        """Number of each attribute by its identity; it is kept, so that this stays its own."""

    def body_of(self, pcu: PcuOp) -> Body:
        """Set up the problem of a unit as `problem_of` does; raises the same errors."""
        ops = list(pcu.body.block.ops)
        shape = self._shape(pcu, ops)
        pattern = self._known.get(shape)
        if pattern is None:
            body = problem_of(pcu, self.machine, self.ends)
            self._known[shape] = _pattern_of(body, ops)
            return body
        block = pcu.body.block
        return Body(
            pcu,
            pattern.problem,
            [None if number is None else ops[number] for number in pattern.ops],
            [None if source is None else _value(block, ops, *source) for source in pattern.sources],
            {number: [_send(ops[n]) for n in sends] for number, sends in pattern.sends.items()},
        )

    def _shape(self, pcu: PcuOp, ops: list[Operation]) -> Hashable:
        """Everything about a unit that `problem_of` looks at."""
        numbers: dict[SSAValue, int] = {arg: ~arg.index for arg in pcu.body.block.args}
        name = pcu.sym_name.data
        found: list[Hashable] = [len(pcu.body.block.args)]
        for op in ops:
            found.append(op.name)
            found.extend([numbers[operand] for operand in op.operands])
            match op:
                case ReceiveOp():
                    port = name, op.port.data
                    fed = len(self.ends.to.get(port, ()))
                    found += (op.once is None, self._is_vector(self.ends.to, *port), fed)
                case SendOp():
                    found += (
                        op.once is None,
                        self._is_vector(self.ends.out_of, name, op.port.data),
                    )
                case arith.ConstantOp():
                    pass
                case _:
                    for key, attribute in op.properties.items():
                        found += (key, self._number(attribute))
            for result in op.results:
                numbers[result] = len(numbers)
                found.append(self._number(result.type))
        return tuple(found)

    def _is_vector(
        self, links: dict[tuple[str, str], list[LinkOp]], unit: str, port: str
    ) -> bool | None:
        for link in links.get((unit, port), ()):
            return link.kind.data == "vector"
        return None

    def _number(self, attribute: Attribute) -> int:
        known = self._met.get(id(attribute))
        if known is None:
            number = self._numbers.setdefault(attribute, len(self._numbers))
            known = self._met[id(attribute)] = attribute, number
        return known[1]


def _pattern_of(body: Body, ops: list[Operation]) -> _Pattern:
    number_of = {op: number for number, op in enumerate(ops)}

    def place(source: SSAValue | None) -> tuple[int, int] | None:
        if source is None:
            return None
        if isinstance(source, BlockArgument):
            return -1, source.index
        owner = source.owner
        if not isinstance(owner, Operation):
            raise RuntimeError("a value of a compute unit comes from nowhere; this is a bug")
        return number_of[owner], owner.results.index(source)

    return _Pattern(
        body.problem,
        [None if op is None else number_of[op] for op in body.ops],
        [place(source) for source in body.sources],
        {number: [number_of[send] for send in sends] for number, sends in body.sends.items()},
    )


def _value(block: Block, ops: list[Operation], op: int, result: int) -> SSAValue:
    return block.args[result] if op < 0 else ops[op].results[result]


def _send(op: Operation) -> SendOp:
    if not isinstance(op, SendOp):
        raise RuntimeError(f"{op.name} sends nothing; this is a bug")
    return op


def mark_stages(body: Body, solution: Solution) -> bool:
    """
    Mark the stages of a unit that fits as it is, and stands in the order it runs.

    Returns whether that is so; otherwise nothing has changed.
    """
    if len(solution.parts) != 1:
        return False
    (part,) = solution.parts
    if list(part) != sorted(part):
        return False
    block = body.pcu.body.block
    *starts, _ = stages_of(body.problem, part)
    marked = -1
    for step, start in zip(part, starts, strict=True):
        op = body.ops[step]
        if op is None or start <= marked:
            continue
        # What only prepares an operand belongs to the stage.
        first = op
        while first.prev_op is not None and rides_along(first.prev_op):
            first = first.prev_op
        block.insert_op_before(stage_mark(start), first)
        marked = start
    if marked < 0:
        send = next((op for op in block.ops if isinstance(op, SendOp)), None)
        if send is None:
            block.add_op(stage_mark(0))
        else:
            block.insert_op_before(stage_mark(0), send)
    return True
