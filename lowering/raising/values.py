"""What is known of upstream values while a function is written."""

from __future__ import annotations

from collections.abc import Callable

from xdsl.dialects.builtin import IndexType, IntegerType
from xdsl.ir import Block, Operation, SSAValue

from spatial_opt.lowering.linalg.emitter import Emitter
from spatial_opt.lowering.raising.forms import Form, fold
from spatial_opt.lowering.raising.place import refusal
from spatial_opt.lowering.raising.scalars import Loops, Scalars, Surroundings
from spatial_opt.lowering.raising.views import Tensor


class Values:
    """Tensors, scalars and known integers, by their upstream values."""

    def __init__(self) -> None:
        self.tensors: dict[SSAValue, Tensor] = {}
        self.scalars: dict[SSAValue, SSAValue] = {}
        self.forms: dict[SSAValue, Form | None] = {}
        self.around = Surroundings(self.tensor, self.scalar, self.form)
        self._writers: dict[Block, Scalars] = {}

    def enter(self, block: Block, e: Emitter) -> None:
        """Let scalars of a block be written by an emitter, when somebody asks for them."""

        def element(argument: int) -> SSAValue:
            return self.scalars[block.args[argument]]

        self._writers[block] = Scalars(e, block, element, self.around, Loops())

    def tensor(self, value: SSAValue) -> Tensor:
        """Give a tensor; raises `SpatialError` for one whose operation comes later."""
        found = self.tensors.get(value)
        if found is None:
            raise refusal(
                value.owner if isinstance(value.owner, Operation) else None,
                "its result is used before it is computed; move it in front of what takes it",
            )
        return found

    def scalar(self, value: SSAValue) -> SSAValue | None:
        """Give a scalar of a block, or None for one that no block holds."""
        if value not in self.scalars:
            block = value.owner.parent if isinstance(value.owner, Operation) else None
            writer = None if block is None else self._writers.get(block)
            if writer is None:
                return None
            self.scalars[value] = writer.value(value)
        return self.scalars[value]

    def form(self, value: SSAValue) -> Form | None:
        """Give an integer as a function of the steps around, None for one that is none."""
        if not isinstance(value.type, IntegerType | IndexType):
            return None
        if value not in self.forms:
            op = value.owner
            self.forms[value] = fold(op, self.form) if isinstance(op, Operation) else None
        return self.forms[value]


Statements = Callable[[Block, Emitter, "list[Operation]"], None]
"""Writes the operations of a block, without its last and those listed."""
