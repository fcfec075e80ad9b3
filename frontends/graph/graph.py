"""A program while it is written: kernels on tensors, loops, parameters, inputs and outputs."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from xdsl.dialects import arith, func
from xdsl.dialects.builtin import (
    IndexType,
    LocationAttr,
    ModuleOp,
    NameLoc,
    StringAttr,
    TensorType,
    UnknownLoc,
    i32,
)
from xdsl.ir import Block, Region, SSAValue
from xdsl.rewriter import InsertPoint, Rewriter

from spatial_opt.dialects import pattern
from spatial_opt.frontends.graph import scalars
from spatial_opt.frontends.graph.constants import checked_number, zeros
from spatial_opt.frontends.graph.parameters import Parameters
from spatial_opt.frontends.graph.program import Program, identifier, named
from spatial_opt.frontends.graph.tensor import Kind, Shape, Tensor
from spatial_opt.lowering.rnn.emitter import Access, Emitter
from spatial_opt.machine.errors import SpatialError

Body = Callable[[Emitter, Sequence[SSAValue]], SSAValue]
"""From an emitter for the body and the indices of an element to that element."""
Step = Callable[[Sequence[Tensor], SSAValue], tuple[Sequence[Tensor], Sequence[Tensor]]]
"""From the states and the index of a step to the next states and what the step puts out."""


@dataclass
class Graph:
    """
    The function of a network, written operation by operation.

    `at` says which part of the network is being written; what is written then has its name as
    location. Parameters are written at the start, each once.
    """

    notes: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self._block = Block()
        self._input_names: list[str] = []
        self._parameters = Parameters()
        self._values: dict[Tensor, SSAValue] = {}
        self._location: LocationAttr = UnknownLoc()
        self._places = [InsertPoint.at_end(self._block)]

    @property
    def emitter(self) -> Emitter:
        """The writer at the present place."""
        return Emitter(self._places[-1], self._location)

    @property
    def in_loop(self) -> bool:
        """Whether the body of a loop is being written."""
        return len(self._places) > 1

    @contextmanager
    def at(self, name: str) -> Generator[None]:
        """Give a name as location to what is written meanwhile."""
        before, self._location = self._location, NameLoc(StringAttr(name), UnknownLoc())
        try:
            yield
        finally:
            self._location = before

    def note(self, text: str) -> None:
        """Tell the user something once."""
        if text not in self.notes:
            self.notes.append(text)

    def input(self, name: str, shape: Shape, kind: Kind) -> Tensor:
        """Add an input."""
        type = TensorType(kind.element, shape or (1,))
        value = self._block.insert_arg(type, len(self._block.args))
        value.name_hint = identifier(name)
        self._input_names.append(name)
        return Tensor(name, shape, kind, value)

    def value(self, tensor: Tensor) -> SSAValue:
        """Return a tensor as IR; a constant becomes a parameter, of truth values an i32 one."""
        if tensor.value is not None:
            return tensor.value
        if tensor not in self._values:
            self._values[tensor] = self._parameters.declare(tensor, self._location)
        return self._values[tensor]

    def kernel(self, name: str, shape: Shape, kind: Kind, body: Body) -> Tensor:
        """Write a map that computes a tensor element by element; SpatialError without elements."""
        if 0 in shape:
            raise SpatialError(
                f"its result has the shape {list(shape)}, which holds nothing; a tensor needs an "
                "element"
            )
        domain = [(f"d{n}", extent) for n, extent in enumerate(shape or (1,))]

        def whole(e: Emitter, *indices: SSAValue) -> list[SSAValue]:
            return [body(e, indices[: len(shape)])]

        hint = identifier(name) or "value"
        (value,) = self.emitter.kernel([hint], domain, [kind.element], whole)
        return Tensor(name, shape, kind, value)

    def read(
        self,
        e: Emitter,
        tensor: Tensor,
        indices: Sequence[SSAValue],
        access: Access | None = None,
        *,
        padded: bool = False,
    ) -> SSAValue:
        """
        Read an element inside a kernel, at `access` of the indices or at the indices themselves.

        With `padded`, elements outside are zero. Of a constant with equal elements the number
        itself is written.
        """
        splat = tensor.splat
        if splat is not None and not (padded and splat):
            return scalars.constant(e, checked_number(tensor, splat), tensor.kind)
        value = self.value(tensor)
        if not tensor.shape:
            found = e.read(value, [], lambda _: (0,))
        else:
            found = e.read(value, indices, access, padded=padded)
        if tensor.kind is Kind.BOOLEAN and found.type == i32:
            return scalars.converted(e, found, Kind.INTEGER, Kind.BOOLEAN)
        return found

    def copy(self, name: str, tensor: Tensor) -> Tensor:
        """Write a kernel that computes the elements of a tensor as they are."""

        def body(e: Emitter, indices: Sequence[SSAValue]) -> SSAValue:
            value = self.value(tensor)
            found = e.read(value, indices) if indices else e.read(value, [], lambda _: (0,))
            stored_otherwise = tensor.kind is Kind.BOOLEAN and found.type == i32
            source = Kind.INTEGER if stored_otherwise else tensor.kind
            return scalars.converted(e, found, source, tensor.kind)

        return self.kernel(name, tensor.shape, tensor.kind, body)

    def scan(
        self, steps: int, states: Sequence[Tensor], step: Step, *, reverse: bool = False
    ) -> tuple[list[Tensor], list[Tensor]]:
        """
        Write a loop over steps; give its last states, and what each step puts out, stacked.

        States keep shape and kind. What is put out is stacked along a new first dimension, with
        `reverse` still at the index of its step.
        """
        starts = [self._start(state) for state in states]
        block = Block(arg_types=[IndexType(), *(value.type for value in starts)])
        index, *carries = block.args
        index.name_hint = "t"
        carried: list[Tensor] = []
        for state, argument in zip(states, carries, strict=True):
            argument.name_hint = identifier(state.name)
            carried.append(Tensor(state.name, state.shape, state.kind, argument))
        emitter = self.emitter
        self._places.append(InsertPoint.at_end(block))
        try:
            following, emitted = step(carried, index)
            following = self._made_inside(block, following)
            emitted = self._made_inside(block, emitted)
            ends = [[self.value(each) for each in group] for group in (following, emitted)]
            self.emitter.add(pattern.NextOp(*ends))
        finally:
            self._places.pop()
        types = [value.type for value in ends[1]]
        op = pattern.ScanOp(steps, starts, types, Region(block), reverse=reverse)
        results = emitter.add(
            op, *(identifier(each.name) or "y" for each in (*following, *emitted))
        )
        last = [
            Tensor(after.name, after.shape, after.kind, value)
            for after, value in zip(following, results, strict=False)
        ]
        stacks = [
            Tensor(each.name, (steps, *each.ir_shape), each.kind, value)
            for each, value in zip(emitted, results[len(last) :], strict=True)
        ]
        return last, stacks

    def finish(self, outputs: Sequence[tuple[str, Tensor]]) -> Program:
        """Return the whole program, whose results are the outputs by name, each another."""
        names = [name for name, _ in outputs]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise SpatialError(
                f"output {twice!r} is there {names.count(twice)} times; name each another way"
            )
        returned: list[SSAValue] = []
        for name, tensor in outputs:
            value = self.value(tensor)
            # The machine returns what it has computed, each value once.
            if isinstance(value.owner, pattern.ParameterOp | Block) or value in returned:
                with self.at(name):
                    value = self.value(self.copy(name, tensor))
            returned.append(value)
        self._block.add_op(func.ReturnOp(*returned))
        if self._parameters.declared:
            Rewriter.insert_op(self._parameters.declared, InsertPoint.at_start(self._block))
        types = ([a.type for a in self._block.args], [value.type for value in returned])
        function = func.FuncOp(
            "main",
            types,
            Region(self._block),
            arg_attrs=named(self._input_names),
            res_attrs=named(names),
        )
        return Program(ModuleOp([function]), self._parameters.arrays, tuple(self.notes))

    def _start(self, state: Tensor) -> SSAValue:
        """Return the IR that a scan starts from."""
        type = TensorType(state.kind.element, state.ir_shape)
        if state.is_zero:
            return self.emitter.value(arith.ConstantOp(zeros(state)), "zero")
        value = self.value(state)
        return value if value.type == type else self.value(self.copy(state.name, state))

    def _made_inside(self, block: Block, values: Sequence[Tensor]) -> list[Tensor]:
        """Copy what a step hands on without having computed it, or hands on twice."""
        made: list[Tensor] = []
        seen: set[SSAValue] = set()
        for tensor in values:
            value = tensor.value
            owner = None if value is None else value.owner
            inside = owner is not None and not isinstance(owner, Block) and owner.parent is block
            if value is None or not inside or value in seen:
                tensor = self.copy(tensor.name, tensor)
            seen.add(self.value(tensor))
            made.append(tensor)
        return made
