"""What a compute unit's body asks of the hardware, as a problem for the partition solver."""

from __future__ import annotations

from dataclasses import dataclass, replace
from sys import maxsize

from xdsl.dialects import arith
from xdsl.ir import Attribute, BlockArgument, Operation, SSAValue

from spatial_opt.dialects.pattern import ConvertOp
from spatial_opt.dialects.spatial import (
    CombineOp,
    FoldOp,
    PcuOp,
    ReceiveOp,
    RepeatOp,
    SendOp,
    StageOp,
    element_bits,
    element_type,
    fold_levels,
    link_kind,
    token_elements,
)
from spatial_opt.machine.description import Machine
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.fold_levels import level_of, running_folds
from spatial_opt.passes.link_ends import LinkEnds
from spatial_opt.passes.solvers.partition import Limits, Problem, Step, Value


@dataclass
class Body:
    """A unit's problem, and the ops that its numbers stand for."""

    pcu: PcuOp
    problem: Problem
    ops: list[Operation | None]
    """Op of each step; None for a step that only passes a value on or drops it."""
    sources: list[SSAValue | None]
    """What each value stands for; None for a copy passed on and for a constant sent."""
    sends: dict[int, list[SendOp]]
    """Sends to the outside of each value."""


def limits_of(machine: Machine) -> Limits:
    """The limits of one compute unit; those that the machine relaxes are out of reach."""

    def limit(name: str) -> int:
        value: int = getattr(machine.pcu, name)
        return value if machine.enforces(f"pcu.{name}") else maxsize

    return Limits(
        stages=limit("stages"),
        registers_per_stage=limit("registers_per_stage"),
        vector_inputs=limit("vector_inputs"),
        scalar_inputs=limit("scalar_inputs"),
        vector_outputs=limit("vector_outputs"),
        scalar_outputs=limit("scalar_outputs"),
        vector_links=machine.links_into("vector"),
        scalar_links=machine.links_into("scalar"),
    )


def is_constant(value: SSAValue) -> bool:
    """Whether a value is part of the configuration and needs neither register nor port."""
    return isinstance(value.owner, arith.ConstantOp)


def rides_along(op: Operation) -> bool:
    """Whether an op only changes how a value is held, and is part of the stage of its user."""
    return isinstance(op, RepeatOp) or (isinstance(op, ConvertOp) and op.is_widening)


def problem_of(pcu: PcuOp, machine: Machine, ends: LinkEnds | None = None) -> Body:
    """
    Set up the problem of one unit.

    A port is of the kind of its links; without `ends`, of the kind that suits its type. Raises
    `SpatialError` for an operation on more lanes than the machine has, or on an element type that
    it does not compute on.
    """
    builder = _Builder(pcu, machine, ends)
    for op in pcu.body.block.ops:
        builder.add(op)
    return builder.finish()


class _Builder:
    def __init__(self, pcu: PcuOp, machine: Machine, ends: LinkEnds | None) -> None:
        self.pcu = pcu
        self.machine = machine
        self.ends = ends
        self.depth = len(pcu.bounds)
        self.values: list[Value] = []
        self.sources: list[SSAValue | None] = []
        self.steps: list[Step] = []
        self.ops: list[Operation | None] = []
        self.numbers: dict[SSAValue, int] = {}
        """Value that each SSA value is, widened, repeated or neither; constants have none."""
        self.sends: dict[int, list[SendOp]] = {}
        self.running = running_folds(pcu)

    def add(self, op: Operation) -> None:
        self._check_formats(op)
        match op:
            case StageOp() | arith.ConstantOp():
                return
            case ReceiveOp():
                self._check_lanes(op, op.result.type)
                self._value(op.result, level_of(op), received=op)
                if _is_unused(op.result):
                    self._pass_on(op.result, None)
            case SendOp():
                self._check_lanes(op, op.value.type)
                self._send(op)
            case RepeatOp() | ConvertOp() if rides_along(op):
                if isinstance(op, RepeatOp):
                    self._check_width(op)
                if not is_constant(_root(op.input)):
                    self.numbers[op.result] = self._number(op.input)
            case _:
                self._step(op)

    def finish(self) -> Body:
        problem = Problem(tuple(self.values), tuple(self.steps), limits_of(self.machine))
        return Body(self.pcu, problem, self.ops, self.sources, self.sends)

    def _is_vector(self, type: Attribute, port: ReceiveOp | SendOp | None) -> bool:
        """Whether a value takes vector ports; what a port has is decided by its links."""
        if port is not None and self.ends is not None:
            joined = self.ends.to if isinstance(port, ReceiveOp) else self.ends.out_of
            for link in joined.get((self.pcu.sym_name.data, port.port.data), ()):
                return link.kind.data == "vector"
        return link_kind(type, self.machine) == "vector"

    def _links(self, received: ReceiveOp) -> int:
        """Links that feed a port."""
        port = self.pcu.sym_name.data, received.port.data
        return 0 if self.ends is None else len(self.ends.to.get(port, ()))

    def _value(
        self,
        source: SSAValue | None,
        level: int,
        late: bool = False,
        received: ReceiveOp | None = None,
    ) -> int:
        vector = source is not None and self._is_vector(source.type, received)
        links = 1 if received is None else max(1, self._links(received))
        self.values.append(
            Value(
                vector, level, late, received is not None, links=links, inner=self._is_inner(source)
            )
        )
        self.sources.append(source)
        number = len(self.values) - 1
        if source is not None:
            self.numbers[source] = number
        return number

    def _is_inner(self, source: SSAValue | None) -> bool:
        """Whether a value has more bits than a link between parts carries."""
        if source is None or not self.machine.enforces("pcu.lanes"):
            return False
        return token_elements(source.type) * element_bits(source.type) > self.machine.vector_bits

    def _number(self, value: SSAValue) -> int:
        if value not in self.numbers:
            if not isinstance(value, BlockArgument):
                raise RuntimeError(
                    f"a value in @{self.pcu.sym_name.data} is used before it is made; this is a bug"
                )
            self._value(value, value.index + 1)
        return self.numbers[value]

    def _operands(self, op: Operation) -> tuple[int, ...]:
        # The counter of `per` is an operand too, but says when, not what.
        used = [op.input] if isinstance(op, FoldOp) else op.operands
        numbers = [self._number(value) for value in used if not is_constant(_root(value))]
        return tuple(dict.fromkeys(numbers))

    def _step(self, op: Operation) -> None:
        self._check_width(op)
        operands = self._operands(op)
        natural = max((self.values[number].level for number in operands), default=0)
        late = any(self.values[number].late for number in operands)
        level = natural
        stages, folded = 1, None
        if isinstance(op, FoldOp):
            stages, folded = self._fold_stages(op)
            if op.accumulates:
                level = self.depth
                late = op not in self.running
                natural = level_of(op) if late else self.depth
        if len(op.results) > 1:
            raise SpatialError(
                f"@{self.pcu.sym_name.data}: {op.name} has {len(op.results)} results; a stage "
                "makes one"
            )
        result = self._value(op.results[0], natural, late) if op.results else None
        self.steps.append(Step(operands, result, level, stages, folded))
        self.ops.append(op)

    def _fold_stages(self, op: FoldOp) -> tuple[int, int | None]:
        """Stages of a fold in general, and as the last thing a unit does."""
        levels = fold_levels(op)
        if not levels or not self.machine.pcu.folded_reduction:
            return 1 + levels, None
        # The folded tree has one lane per word: packed sub-words take a stage per halving.
        inside = (self.machine.pcu.lanes - 1).bit_length()
        return 1 + levels, 1 + max(0, levels - inside)

    def _send(self, op: SendOp) -> None:
        root = _root(op.value)
        level = level_of(op)
        number = None if is_constant(root) else self._number(op.value)
        repeated = token_elements(root.type) != token_elements(op.value.type)
        if number is None or repeated or not _is_made(root):
            number = self._pass_on(None if number is None else root, op)
        value = self.values[number]
        vector = value.vector or self._is_vector(op.value.type, op)
        self.values[number] = replace(value, vector=vector, sent=(*value.sent, level))
        self.sends.setdefault(number, []).append(op)
        for index, step in enumerate(self.steps):
            if step.result == number and step.level < level:
                self.steps[index] = replace(step, level=level)

    def _pass_on(self, value: SSAValue | None, send: SendOp | None) -> int:
        """A step without an operation: a value is sent on as it came, or dropped."""
        operands = () if value is None else (self._number(value),)
        level = max((self.values[number].level for number in operands), default=0)
        result = None
        if send is not None:
            result = self._value(None, level)
        self.steps.append(Step(operands, result, level, 0))
        self.ops.append(None)
        return -1 if result is None else result

    def _check_formats(self, op: Operation) -> None:
        """
        Check that the machine computes on the types of an operation's operands and results.

        A value that a unit only passes on, and a constant by itself, may have any type.
        """
        if isinstance(op, StageOp | ReceiveOp | SendOp | RepeatOp | arith.ConstantOp):
            return
        known = self.machine.formats
        # The counter of `per` says when, not what.
        used = [op.input] if isinstance(op, FoldOp) else op.operands
        for value in (*used, *op.results):
            name = str(element_type(value.type))
            if name not in known:
                raise SpatialError(
                    f"@{self.pcu.sym_name.data}: {op.name} computes on {name}, but "
                    f"{self.machine.name} only on {', '.join(known) or 'nothing'} (formats); "
                    f"choose a number format of these only, or a machine whose formats list {name}"
                )

    def _check_width(self, op: Operation) -> None:
        """
        Check an operation against the lanes of the unit, at the width of what goes into it.

        A widened operand is still in its packed form: the units multiply and add packed
        sub-words and split the result (Zhao et al., MLSys 2019, section 4).
        """
        used = [op.input] if isinstance(op, FoldOp) else list(op.operands)
        used = [value for value in used if not is_constant(_root(value))] or list(op.results)
        bits = max(element_bits(_root(value).type) for value in used)
        needed = max(token_elements(value.type) for value in used)
        if isinstance(op, CombineOp | RepeatOp):
            needed = token_elements(op.result.type)
        if isinstance(op, FoldOp) and op.lanewise:
            # Every lane has an accumulator, as wide as the sum is.
            bits = element_bits(op.result.type)
        self._check_count(op, needed, bits)

    def _check_lanes(self, op: Operation, type: Attribute) -> None:
        self._check_count(op, token_elements(type), element_bits(type))

    def _check_count(self, op: Operation, needed: int, bits: int) -> None:
        if needed == 1:
            return
        machine = self.machine
        available = machine.lanes_for(bits)
        if needed <= available or not machine.enforces("pcu.lanes"):
            return
        where = f"@{self.pcu.sym_name.data}: {op.name}"
        if not machine.pcu.packed and bits < machine.pcu.word_bits:
            raise SpatialError(
                f"{where} packs {needed} values of {bits} bits, but {machine.name} does not "
                f"pack words (pcu.packed = false) and has {machine.pcu.lanes} lanes "
                f"(pcu.lanes); use vectors of {machine.pcu.lanes}"
            )
        raise SpatialError(
            f"{where} needs {needed} lanes of {bits} bits, {machine.name} has {available} "
            f"(pcu.lanes = {machine.pcu.lanes} of pcu.word_bits = {machine.pcu.word_bits}); "
            f"use vectors of {available}, or a format with fewer bits"
        )


def _root(value: SSAValue) -> SSAValue:
    """The value under any widenings and repeats."""
    owner = value.owner
    while isinstance(owner, RepeatOp | ConvertOp) and rides_along(owner):
        value = owner.input
        owner = value.owner
    return value


def _is_unused(value: SSAValue) -> bool:
    """Whether nothing but widenings and repeats that nothing uses reads a value."""
    readers = [use.operation for use in value.uses]
    return all(rides_along(op) and _is_unused(op.results[0]) for op in readers)


def _is_made(root: SSAValue) -> bool:
    """Whether a step makes the value."""
    return isinstance(root.owner, Operation) and not isinstance(root.owner, ReceiveOp)
