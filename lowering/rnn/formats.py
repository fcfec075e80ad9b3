"""The arithmetic of the number formats: how values are stored, multiplied, summed, restored."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from xdsl.dialects import arith
from xdsl.dialects.builtin import Float8E4M3FNType, IntegerType, bf16, f16, f32, i8, i32
from xdsl.ir import Attribute, SSAValue

from spatial_opt.dialects import pattern
from spatial_opt.dialects.rnn import FormatAttr
from spatial_opt.lowering.rnn.emitter import Emitter

_I16 = IntegerType(16)
_STORAGE: dict[str, Attribute] = {
    "f32": f32,
    "bf16": bf16,
    "int8": i8,
    "mixed8": Float8E4M3FNType(),
}


class Stored(NamedTuple):
    """How a tensor is stored: its element type, and the factor its values got before."""

    element: Attribute
    scale: float = 1.0

    def convert(self, emitter: Emitter, value: SSAValue) -> SSAValue:
        """Convert an f32 value to this form; an f32 stays what it is."""
        if self == F32:
            return value
        return emitter.value(pattern.ConvertOp(value, self.element, scale=self.optional_scale))

    @property
    def optional_scale(self) -> float | None:
        """Return the scale, or None for 1, which is left out of the text."""
        return None if self.scale == 1.0 else self.scale


F32 = Stored(f32)
"""Plain f32."""


@dataclass(frozen=True)
class NumberFormat:
    """The arithmetic that a format attribute stands for."""

    attribute: FormatAttr

    @property
    def name(self) -> str:
        """Return f32, bf16, int8 or mixed8."""
        return self.attribute.format.data

    def stored(self, which: str) -> Stored:
        """Return how an input, weight, recurrent or state tensor is stored."""
        return Stored(_STORAGE[self.name], self.attribute.scale(which))

    def method(self, function: str) -> str:
        """Return the method of an activation: 8-bit formats look sigmoid and tanh up."""
        tables = self.name in ("int8", "mixed8") and function in ("sigmoid", "tanh")
        return "table" if tables else "arithmetic"

    def multiply(self, emitter: Emitter, left: SSAValue, right: SSAValue) -> SSAValue:
        """Multiply two stored values."""
        match self.name:
            case "int8":
                wide = [emitter.value(pattern.ConvertOp(value, _I16)) for value in (left, right)]
                return emitter.value(arith.MuliOp(wide[0], wide[1]))
            case "bf16":
                wide = [emitter.value(pattern.ConvertOp(value, f32)) for value in (left, right)]
                return emitter.times(wide[0], wide[1])
            case _:
                return emitter.times(left, right)

    @property
    def accumulator(self) -> Attribute:
        """Return the type of a sum of products."""
        return i32 if self.name == "int8" else f32

    @property
    def through(self) -> tuple[Attribute, ...]:
        """Return the types of the levels of the reduction tree."""
        return {"int8": (i32,), "mixed8": (f16, f32)}.get(self.name, ())

    def restore(self, emitter: Emitter, total: SSAValue, left: str, right: str) -> SSAValue:
        """Divide a sum of products by the scales of both factors; the result is f32."""
        scales = [np.float32(self.attribute.scale(which)) for which in (left, right)]
        inverse = float(np.float32(1.0) / (scales[0] * scales[1]))
        if self.name == "int8":
            scale = None if inverse == 1.0 else inverse
            return emitter.value(pattern.ConvertOp(total, f32, scale=scale))
        if inverse == 1.0:
            return total
        return emitter.times(total, emitter.constant(inverse))
