"""Cut compute units that are too large for one physical unit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import IndexType, ModuleOp
from xdsl.ir import Block, BlockArgument, Operation, Region, SSAValue
from xdsl.passes import ModulePass

from spatial_opt.dialects.spatial import (
    ConfigOp,
    PcuOp,
    ReceiveOp,
    SendOp,
    StageOp,
    units,
)
from spatial_opt.dialects.spatial_syntax import int_property
from spatial_opt.dialects.target import target_of
from spatial_opt.machine.description import Machine
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.link_ends import LinkEnds
from spatial_opt.passes.partition_problem import (
    Body,
    is_constant,
    is_widening,
    level_of,
    problem_of,
)
from spatial_opt.passes.solvers.partition import (
    Solution,
    entering,
    exceeded,
    leaving,
    misfit,
    part_level,
    send_levels,
    solve,
    stages_of,
    usage,
    verify,
)

REMEDIES = {
    "stages": "use a machine with more stages",
    "registers_per_stage": "pass fewer values through the unit",
    "vector_inputs": "read fewer vectors",
    "scalar_inputs": "read fewer scalars",
    "vector_outputs": "send fewer vectors",
    "scalar_outputs": "send fewer scalars",
}


@dataclass(frozen=True)
class SpatialPartitionPass(ModulePass):
    """
    Cut each compute unit into parts that fit a physical unit, and mark their stages.

    ```mlir
    // before
    spatial.config @main {
      spatial.output @y : tensor<4xf32>
      spatial.pmu @W holds tensor<8x4xf32> banked (4, 1) init parameter "W" {
        spatial.read @out port 0 counters (%i = 0 to 8) address [%i, 0] : vector<4xf32>
      }
      spatial.pmu @b holds tensor<4xf32> banked (4, 1) init parameter "b" {
        spatial.read @out port 0 counters (%j = 0 to 4) address [%j] : f32
      }
      spatial.pcu @dot counters (%j = 0 to 4, %k = 0 to 2) {
        %w = spatial.receive "w" : vector<4xf32>
        %b = spatial.receive "b" per %j : f32
        %p = arith.mulf %w, %w : vector<4xf32>
        %s = spatial.fold add %p per %j : vector<4xf32> to f32
        %o = arith.addf %s, %b : f32
        spatial.send "out" %o per %j : f32
      }
      spatial.ag @y.store stores @y counters (%i = 0 to 4) address [%i] : f32
      spatial.link @W::@out to @dot::@w : vector depth 2
      spatial.link @b::@out to @dot::@b : scalar depth 2
      spatial.link @dot::@out to @y.store::@data : scalar depth 2
    }
    // after
    spatial.pcu @dot.p0 counters (%j = 0 to 4, %k = 0 to 2) {
      %w = spatial.receive "w" : vector<4xf32>
      spatial.stage 0
      %p = arith.mulf %w, %w : vector<4xf32>
      spatial.stage 1
      %s = spatial.fold add %p per %j : vector<4xf32> to f32
      spatial.send "s" %s per %j : f32
    }
    spatial.pcu @dot.p1 counters (%jj = 0 to 4) {
      %b = spatial.receive "b" : f32
      %t = spatial.receive "s" : f32
      spatial.stage 0
      %o = arith.addf %t, %b : f32
      spatial.send "out" %o : f32
    }
    ...
    spatial.link @dot.p0::@s to @dot.p1::@s : scalar depth 2
    ```

    Each operation takes a stage; widenings, constants and ports take none. With folded reduction
    a fold takes one stage as the last thing its unit does, else one per level and one to add up.
    A part behind a fold runs once per result.

    Requires: a target and a configuration (convert-pattern-to-spatial).
    Leaves: units that have stage marks, after checking them; a unit that fits keeps its name.
    Fails: an operation needs more lanes, ports or stages than a unit has, or computes on an
    element type that the machine does not list in `formats`.
    """

    name = "spatial-partition"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        machine = target_of(op)
        configs = [config for config in op.walk() if isinstance(config, ConfigOp)]
        if not configs:
            raise SpatialError(
                "there is no spatial.config with units to cut; run convert-pattern-to-spatial first"
            )
        for config in configs:
            _partition(config, machine)


def _partition(config: ConfigOp, machine: Machine) -> None:
    ends = LinkEnds(config)
    for pcu in [unit for unit in units(config) if isinstance(unit, PcuOp)]:
        body = problem_of(pcu, machine)
        if any(isinstance(op, StageOp) for op in pcu.body.block.ops):
            _check_staged(body, machine)
            continue
        try:
            solution = solve(body.problem)
        except ValueError as error:
            raise _refusal(body, machine) from error
        verify(body.problem, solution)
        _Cutter(body, solution, ends, machine).cut()


def _refusal(body: Body, machine: Machine) -> Exception:
    """Say which operation fits no unit."""
    found = misfit(body.problem)
    if found is None:
        return RuntimeError(f"@{body.pcu.sym_name.data} can't be cut; this is a bug")
    step, over = found
    limit, needed, available = over[0]
    op = body.ops[step]
    return SpatialError(
        f"@{body.pcu.sym_name.data}: {'a value passed on' if op is None else op.name} alone takes "
        f"{needed} {limit.replace('_', ' ')}, a unit of {machine.name} has {available} "
        f"(pcu.{limit}); {REMEDIES[limit]}, or relax pcu.{limit}"
    )


def _check_staged(body: Body, machine: Machine) -> None:
    """Refuse a unit whose marked stages do not fit."""
    unit = f"@{body.pcu.sym_name.data}"
    stage, busy = -1, False
    for op in body.pcu.body.block.ops:
        if isinstance(op, StageOp):
            stage, busy = op.index.value.data, False
        elif op in body.ops:
            if busy or stage < 0:
                where = f"stage {stage} does already" if busy else "no stage is marked before it"
                raise SpatialError(
                    f"{unit}: {op.name} needs a stage of its own, but {where}; one operation "
                    "runs per stage"
                )
            busy = True
    over = exceeded(body.problem, usage(body.problem, range(len(body.problem.steps))))
    if stage >= body.problem.limits.stages:
        over = [("stages", stage + 1, body.problem.limits.stages)]
    if over:
        limit, needed, available = over[0]
        raise SpatialError(
            f"{unit} has marked stages but takes {needed} {limit.replace('_', ' ')}, a unit of "
            f"{machine.name} has {available} (pcu.{limit}); remove its spatial.stage marks to "
            "have it cut"
        )


class _Cutter:
    """Builds the parts of one unit."""

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

    def cut(self) -> None:
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


class _Writer:
    """One part being written."""

    def __init__(self, block: Block, level: int) -> None:
        self.block = block
        self.level = level
        self.values: dict[SSAValue, SSAValue] = {}

    def stage(self, index: int) -> None:
        """Begin a stage."""
        # Without the checks of the constructor: most ops a large configuration gets are these.
        self.block.add_op(StageOp.create(properties={"index": int_property(index)}))

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
        if not isinstance(owner, Operation) or not (is_constant(old) or is_widening(owner)):
            raise RuntimeError("a value is used in a part that it does not reach; this is a bug")
        copy = owner.clone({operand: self.value(operand) for operand in owner.operands})
        first = self.block.first_op
        if is_constant(old) and first is not None:
            self.block.insert_ops_before([copy], first)
        else:
            self.block.add_op(copy)
        self.values[old] = copy.results[0]
        return copy.results[0]
