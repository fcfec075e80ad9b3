"""One direction of a recurrent layer: its operands, its matrix products, its time loop."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

from xdsl.dialects import arith
from xdsl.dialects.builtin import (
    AnyFloat,
    DenseIntOrFPElementsAttr,
    TensorType,
    f32,
    i8,
    i32,
)
from xdsl.ir import Attribute, SSAValue
from xdsl.ir.affine import AffineExpr

from spatial_opt.dialects import pattern
from spatial_opt.dialects.rnn import LstmOp, RecurrentOp
from spatial_opt.lowering.rnn.emitter import Access, Dims, Domain, Emitter
from spatial_opt.lowering.rnn.formats import NumberFormat, Stored
from spatial_opt.lowering.rnn.storage import Storage

Hidden = Callable[[Emitter, SSAValue, SSAValue, SSAValue], SSAValue]
"""From an emitter and the indices direction, batch, unit to the new hidden state in f32."""


class State(NamedTuple):
    """The states of a direction, each 1 x batch x hidden."""

    h: SSAValue
    """The hidden state as the recurrent product reads it: in the layer's format."""
    precise: SSAValue | None
    """The hidden state in f32; the same value as `h` in that format; None if nobody needs it."""
    c: SSAValue | None
    """The cell in f32; None if the layer has none."""


class Results(NamedTuple):
    """What one direction computes, None for what nobody uses."""

    y: SSAValue | None
    """steps x 1 x batch x hidden."""
    y_h: SSAValue | None
    """1 x batch x hidden, as the next two fields."""
    y_c: SSAValue | None


@dataclass(frozen=True)
class Product:
    """A matrix product, batch x gates x hidden, or batch x hidden for a single gate."""

    value: SSAValue
    gates: int

    def read(
        self, emitter: Emitter, gate: SSAValue | int, batch: SSAValue, unit: SSAValue
    ) -> SSAValue:
        """Read one element; `gate` counts from the first gate of the product."""
        if self.gates == 1:
            return emitter.read(self.value, [batch, unit])
        if isinstance(gate, int):
            return emitter.read(self.value, [batch, unit], lambda i: (i[0], gate, i[1]))
        return emitter.read(self.value, [batch, gate, unit])


def shape_of(value: SSAValue) -> tuple[int, ...]:
    """Return the shape of a tensor."""
    return cast(TensorType[Attribute], value.type).get_shape()


def _zeros(element: Attribute, shape: Sequence[int]) -> arith.ConstantOp:
    if element == i8:
        return arith.ConstantOp(DenseIntOrFPElementsAttr.from_list(TensorType(i8, shape), [0]))
    floats = TensorType(cast(AnyFloat, element), shape)
    return arith.ConstantOp(DenseIntOrFPElementsAttr.from_list(floats, [0.0]))


class Layer:
    """A recurrent layer in one direction, being lowered."""

    def __init__(
        self,
        op: RecurrentOp,
        number: int,
        format: NumberFormat,
        storage: Storage,
        emitter: Emitter,
    ):
        self.op = op
        self.number = number
        """Position of this direction in W, R, bias and the states."""
        self.format = format
        self.storage = storage
        self.x = storage.get(emitter, op.x, format.stored("input"))
        self.w = storage.get(emitter, op.w, format.stored("weight"))
        self.r = storage.get(emitter, op.r, format.stored("recurrent"))
        self.steps, self.batch, self.inputs = op.sizes
        self.hidden = op.hidden
        self.activations = op.direction_activations()[number]
        self.reverse = op.direction.data == "reverse" or number == 1

    @property
    def unit_domain(self) -> Domain:
        """Return the domain of a state."""
        return (("d", 1), ("b", self.batch), ("j", self.hidden))

    def activate(self, emitter: Emitter, which: int, value: SSAValue) -> SSAValue:
        """Apply the activation at a position of the cell's list."""
        function, alpha, beta = self.activations[which]
        method = self.format.method(function)
        op = pattern.ActivateOp(function, value, alpha=alpha, beta=beta, method=method)
        return emitter.value(op)

    def gate(self, emitter: Emitter, which: int, value: SSAValue) -> SSAValue:
        """Clip the input of a gate and apply its activation."""
        if self.op.clip is not None:
            limit = self.op.clip.value.data
            value = emitter.value(arith.MaximumfOp(value, emitter.constant(-limit)))
            value = emitter.value(arith.MinimumfOp(value, emitter.constant(limit)))
        return self.activate(emitter, which, value)

    def bias(
        self, emitter: Emitter, gate: SSAValue | int, unit: SSAValue, of: str
    ) -> SSAValue | None:
        """Read the bias of W or of R for a gate; None if the layer has none."""
        if self.op.bias is None:
            return None
        start = 0 if of == "w" else self.op.GATES * self.hidden
        return self._row(emitter, self.op.bias, gate, unit, start)

    def biases(self, emitter: Emitter, gate: SSAValue | int, unit: SSAValue) -> SSAValue | None:
        """Return the sum of both biases of a gate; None if the layer has none."""
        return emitter.plus(
            self.bias(emitter, gate, unit, "w"), self.bias(emitter, gate, unit, "r")
        )

    def _row(
        self, emitter: Emitter, source: SSAValue, gate: SSAValue | int, unit: SSAValue, start: int
    ) -> SSAValue:
        if isinstance(gate, int):
            first = start + gate * self.hidden
            return emitter.read(source, [unit], lambda i: (self.number, i[0] + first))
        return emitter.read(
            source, [gate, unit], lambda i: (self.number, i[0] * self.hidden + i[1] + start)
        )

    def scaled(
        self, emitter: Emitter, product: SSAValue, gate: SSAValue | int, unit: SSAValue
    ) -> SSAValue:
        """Multiply a product with rows of W or R by the factor of that row, if there is one."""
        if self.op.rows is None:
            return product
        return emitter.times(product, self._row(emitter, self.op.rows, gate, unit, 0))

    def peephole(self, emitter: Emitter, gate: int, unit: SSAValue) -> SSAValue:
        """Read the peephole weight of the gate i, o or f."""
        assert isinstance(self.op, LstmOp)
        assert self.op.peepholes is not None
        return self._row(emitter, self.op.peepholes, gate, unit, 0)

    def input_product(self, emitter: Emitter, time: SSAValue) -> Product:
        """Write the product of W with the input of a step."""
        access = self._input_access(self.x)

        def element(inner: Emitter, batch: SSAValue, k: SSAValue) -> SSAValue:
            return inner.read(self.x, [time, batch, k], access)

        gates, scales = (0, self.op.GATES), ("weight", "input")
        return self._product(emitter, "wx", self.w, gates, self.inputs, element, scales)

    def _input_access(self, x: SSAValue) -> Access:
        """Return the access to X from the indices time, batch, input."""
        shape = shape_of(x)
        last, batch_first = shape[-1], self.op.batch_first

        def access(i: Dims) -> Sequence[AffineExpr | int]:
            time, batch, k = i
            if len(shape) == 3:
                return (batch, time, k) if batch_first else (time, batch, k)
            # The Y of another layer: its directions one after another are the inputs.
            way, unit = (0, k) if last == self.inputs else (k // last, k % last)
            return (batch, time, way, unit) if batch_first else (time, way, batch, unit)

        return access

    def recurrent_product(
        self, emitter: Emitter, name: str, gates: tuple[int, int], h: SSAValue
    ) -> Product:
        """Write the product of R with a state; `gates` is the first gate and their number."""

        def element(inner: Emitter, batch: SSAValue, k: SSAValue) -> SSAValue:
            return inner.read(h, [batch, k], lambda i: (0, *i))

        scales = ("recurrent", "state")
        return self._product(emitter, name, self.r, gates, self.hidden, element, scales)

    def _product(
        self,
        emitter: Emitter,
        name: str,
        matrix: SSAValue,
        gates: tuple[int, int],
        length: int,
        element: Callable[[Emitter, SSAValue, SSAValue], SSAValue],
        scales: tuple[str, str],
    ) -> Product:
        first, count = gates
        several = [("gate", count)] if count > 1 else []
        hidden, number, format = self.hidden, self.number, self.format

        def body(inner: Emitter, *indices: SSAValue) -> list[SSAValue]:
            batch, unit = indices[0], indices[-1]

            def term(deep: Emitter, k: SSAValue) -> list[SSAValue]:
                if several:
                    weight = deep.read(
                        matrix,
                        [indices[1], unit, k],
                        lambda i: (number, i[0] * hidden + i[1] + first * hidden, i[2]),
                    )
                else:
                    weight = deep.read(
                        matrix, [unit, k], lambda i: (number, i[0] + first * hidden, i[1])
                    )
                return [format.multiply(deep, weight, element(deep, batch, k))]

            total = inner.sum("k", length, format.accumulator, format.through, term)
            return [format.restore(inner, total, *scales)]

        domain = [("b", self.batch), *several, ("j", hidden)]
        return Product(emitter.kernel([name], domain, [f32], body)[0], count)

    def running(self, emitter: Emitter, time: SSAValue, batch: SSAValue) -> SSAValue | None:
        """Return whether a batch entry still runs at a step; None if all always do."""
        if self.op.sequence_lens is None:
            return None
        length = emitter.read(self.op.sequence_lens, [batch])
        now = emitter.value(arith.IndexCastOp(time, i32))
        return emitter.value(arith.CmpiOp(now, length, "slt"))

    def initial(
        self, emitter: Emitter, name: str, value: SSAValue | None, form: Stored
    ) -> SSAValue:
        """Return a state before the first step: zero, an operand, or this direction of it."""
        shape = (1, self.batch, self.hidden)
        if value is None:
            return emitter.value(_zeros(form.element, shape), name)
        stored = self.storage.get(emitter, value, form)
        if self.op.num_directions == 1 and (not self.op.batch_first or self.batch == 1):
            return stored

        def body(inner: Emitter, d: SSAValue, b: SSAValue, j: SSAValue) -> list[SSAValue]:
            if self.op.batch_first:
                return [inner.read(stored, [b, j], lambda i: (i[0], self.number, i[1]))]
            return [inner.read(stored, [b, j], lambda i: (self.number, *i))]

        return emitter.kernel([name], self.unit_domain, [form.element], body)[0]
