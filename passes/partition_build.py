"""Write the parts that a compute unit is cut into."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from xdsl.dialects.builtin import IndexType
from xdsl.ir import Block, BlockArgument, Operation, Region, SSAValue

from spatial_opt.dialects.spatial import PcuOp, ReceiveOp, SendOp, StageOp
from spatial_opt.dialects.spatial_syntax import int_property
from spatial_opt.machine.description import Machine
from spatial_opt.passes.fold_levels import level_of
from spatial_opt.passes.link_ends import LinkEnds
from spatial_opt.passes.partition_problem import Body, is_constant, rides_along
from spatial_opt.passes.solvers.partition import (
    Solution,
    entering,
    leaving,
    part_level,
    send_levels,
    stages_of,
)


class Cutter:
    """Replaces one unit by its parts."""

    def __init__(self, body: Body, solution: Solution, ends: LinkEnds, machine: Machine) -> None:
        self.body, self.parts, self.ends, self.machine = body, solution.parts, ends, machine
        self.problem = body.problem
        self.name = body.pcu.sym_name.data
        self.levels = [0] * len(self.problem.steps)
        for part in self.parts:
            for step in part:
                self.levels[step] = part_level(self.problem, part)
        self.ports = {
            op.port.data for op in body.pcu.body.block.ops if isinstance(op, ReceiveOp | SendOp)
        }
        self.crossings: dict[int, str] = {}
        """Port name of each value that goes from part to part."""
        self.outputs: dict[tuple[int, int], tuple[str, str]] = {}
        """Unit and port that send a value at a level."""

    def cut(self) -> list[PcuOp]:
        """Put the parts where the unit was; returns them."""
        pcu = self.body.pcu
        for value in sorted({v for part in self.parts for v in entering(self.problem, part)}):
            if value in self.problem.producer:
                self.crossings[value] = self._port_name(value)
        names = (
            [self.name]
            if len(self.parts) == 1
            else [f"{self.name}.p{number}" for number in range(len(self.parts))]
        )
        built = [self._build(part, name) for part, name in zip(self.parts, names, strict=True)]
        if pcu.parent is None:
            raise RuntimeError(f"@{self.name} is outside a configuration; this is a bug")
        pcu.parent.insert_ops_before(built, pcu)
        pcu.detach()
        pcu.erase()
        if len(self.parts) > 1:
            self._relink(names)
        return built

    def _port_name(self, value: int) -> str:
        source = self.body.sources[value]
        hint = source.name_hint if source is not None else None
        name = wanted = hint or f"v{value}"
        suffix = 1
        while name in self.ports:
            name, suffix = f"{wanted}_{suffix}", suffix + 1
        self.ports.add(name)
        return name

    def _build(self, part: Sequence[int], name: str) -> PcuOp:
        old = self.body.pcu
        level = part_level(self.problem, part)
        if len(self.parts) == 1:
            level = len(old.bounds)
        block = Block(arg_types=[IndexType()] * level)
        for new, counter in zip(block.args, old.counters, strict=False):
            new.name_hint = counter.name_hint
        unit = PcuOp(name, old.bounds.get_values()[:level], Region(block))
        unit.location = old.location
        unit.attributes.update(old.attributes)
        if len(self.parts) == 1 and old.at is not None:
            unit.at = old.at
        writer = _Writer(block, level)
        for value in self._inputs(part):
            self._receive(writer, value)
        self._body(writer, part, name)
        return unit

    def _inputs(self, part: Sequence[int]) -> Iterator[int]:
        into = entering(self.problem, part)
        yield from (value for value in into if self.problem.values[value].port)
        yield from (value for value in into if not self.problem.values[value].port)

    def _receive(self, writer: _Writer, value: int) -> None:
        source = self.body.sources[value]
        if source is None:
            raise RuntimeError(f"value {value} of @{self.name} is nothing; this is a bug")
        level = self.problem.values[value].level
        port = self.crossings.get(value, "")
        location = source.owner.location if isinstance(source.owner, Operation) else None
        if isinstance(source.owner, ReceiveOp) and self.problem.values[value].port:
            port = source.owner.port.data
        else:
            # The part that makes it may run, and so send, more often than it changes.
            made = self.levels[self.problem.producer[value]]
            level = min(made, writer.level)
        per, once = writer.rate(level)
        op = ReceiveOp(port, source.type, per, once)
        op.result.name_hint = source.name_hint
        if location is not None:
            op.location = location
        writer.block.add_op(op)
        writer.values[source] = op.result

    def _body(self, writer: _Writer, part: Sequence[int], name: str) -> None:
        *starts, _ = stages_of(self.problem, part)
        left = set(leaving(self.problem, part))
        marked = -1
        for index, start in zip(part, starts, strict=True):
            step, op = self.problem.steps[index], self.body.ops[index]
            if start > marked and (op is not None or marked < 0):
                writer.stage(start)
                marked = start
            if op is not None:
                self._move(writer, op)
            if step.result is not None and step.result in left:
                self._send(writer, part, step.result, name)
        if marked < 0:
            writer.stage(0)

    def _move(self, writer: _Writer, op: Operation) -> None:
        op.operands = [writer.value(operand) for operand in op.operands]
        op.detach()
        writer.block.add_op(op)
        for result in op.results:
            writer.values[result] = result

    def _send(self, writer: _Writer, part: Sequence[int], value: int, name: str) -> None:
        for send in self.body.sends.get(value, ()):
            level = level_of(send)
            self._add_send(writer, send.port.data, send.value, level, send)
            self.outputs.setdefault((value, level), (name, send.port.data))
        levels = send_levels(self.problem, part, value, self.levels)
        for level in levels[len(self.problem.values[value].sent) :]:
            source = self.body.sources[value]
            if source is None:
                raise RuntimeError(f"value {value} of @{self.name} is nothing; this is a bug")
            port = self.crossings[value]
            if any(key[0] == value and end[1] == port for key, end in self.outputs.items()):
                port = self._port_name(value)
            self._add_send(writer, port, source, level, source.owner)
            self.outputs[value, level] = (name, port)

    def _add_send(
        self, writer: _Writer, port: str, value: SSAValue, level: int, origin: Operation | Block
    ) -> None:
        per, once = writer.rate(level)
        op = SendOp(port, writer.value(value), per, once)
        if isinstance(origin, Operation):
            op.location = origin.location
        writer.block.add_op(op)

    def _relink(self, names: Sequence[str]) -> None:
        for value, source in enumerate(self.body.sources):
            if not self.problem.values[value].port or source is None:
                continue
            receive = source.owner
            if isinstance(receive, ReceiveOp):
                takers = [
                    name
                    for name, part in zip(names, self.parts, strict=True)
                    if value in entering(self.problem, part)
                ]
                self.ends.move_target((self.name, receive.port.data), takers)
        for name, part in zip(names, self.parts, strict=True):
            for value in leaving(self.problem, part):
                for send in self.body.sends.get(value, ()):
                    self.ends.move_source((self.name, send.port.data), name)
            level = part_level(self.problem, part)
            for value in entering(self.problem, part):
                if value in self.crossings:
                    made = self.levels[self.problem.producer[value]]
                    end = self.outputs[value, min(made, level)]
                    target = (name, self.crossings[value])
                    kind = "vector" if self.problem.values[value].vector else "scalar"
                    self.ends.join(end, target, kind, self.machine.pcu.fifo_depth)


def stage_mark(index: int) -> StageOp:
    """The mark that begins a stage."""
    # Without the checks of the constructor: most ops a large configuration gets are these.
    return StageOp.create(properties={"index": int_property(index)})


class _Writer:
    """One part being written."""

    def __init__(self, block: Block, level: int) -> None:
        self.block = block
        self.level = level
        self.values: dict[SSAValue, SSAValue] = {}

    def stage(self, index: int) -> None:
        """Begin a stage."""
        self.block.add_op(stage_mark(index))

    def rate(self, level: int) -> tuple[SSAValue | None, bool]:
        """`per` and `once` for tokens that vary over `level` counters."""
        if level == self.level:
            return None, False
        return (self.block.args[level - 1], False) if level else (None, True)

    def value(self, old: SSAValue) -> SSAValue:
        """What stands for a value here; constants and widenings are copied on first use."""
        if old in self.values:
            return self.values[old]
        if isinstance(old, BlockArgument):
            return self.block.args[old.index]
        owner = old.owner
        if not isinstance(owner, Operation) or not (is_constant(old) or rides_along(owner)):
            raise RuntimeError("a value is used in a part that it does not reach; this is a bug")
        copy = owner.clone({operand: self.value(operand) for operand in owner.operands})
        first = self.block.first_op
        if is_constant(old) and first is not None:
            self.block.insert_ops_before([copy], first)
        else:
            self.block.add_op(copy)
        self.values[old] = copy.results[0]
        return copy.results[0]
