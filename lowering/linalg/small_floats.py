"""
Floats of 8 and 16 bits as integers that hold their bits.

LLVM has no 8-bit floats, and its bf16 flushes subnormals on processors that convert in hardware.
f32 holds all of their values, so only the conversions from and to f32 need code.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import (
    BFloat16Type,
    Float8E4M3FNType,
    Float8E5M2Type,
    IntegerType,
    f32,
    i8,
    i16,
    i32,
)
from xdsl.ir import Attribute, SSAValue

from spatial_opt.lowering.linalg.emitter import Emitter

_EXPONENT = 0x7F800000
_MAGNITUDE = 0x7FFFFFFF
_SIGN = -0x80000000


@dataclass(frozen=True)
class Small:
    """An 8-bit float format."""

    mantissa: int
    """Stored bits of the significand."""
    bias: int
    largest: float
    """Largest finite value."""
    overflow: float
    """What lies beyond it."""

    @property
    def shift(self) -> int:
        """Return how far its magnitude bits are from those of f32."""
        return 23 - self.mantissa

    @property
    def rebias(self) -> int:
        """Return the difference of the exponents' biases, at the place of f32's exponent."""
        return (127 - self.bias) << 23

    @property
    def least_normal(self) -> float:
        """Return the smallest normal number."""
        return 2.0 ** (1 - self.bias)

    @property
    def unit(self) -> float:
        """Return the smallest subnormal number."""
        return 2.0 ** (1 - self.bias - self.mantissa)

    @property
    def special(self) -> int:
        """Return the least magnitude bits of what is no finite number."""
        return 0x7F if self.overflow != float("inf") else 0x7F >> self.mantissa << self.mantissa


SMALL: dict[type[Attribute], Small] = {
    Float8E4M3FNType: Small(3, 7, 448.0, float("nan")),
    Float8E5M2Type: Small(2, 15, 57344.0, float("inf")),
}
"""The 8-bit formats."""


def bits_type(type: Attribute) -> IntegerType | None:
    """Give the integer type that holds the bits of a format, None for a format of the machine."""
    if isinstance(type, BFloat16Type):
        return i16
    return i8 if isinstance(type, Float8E4M3FNType | Float8E5M2Type) else None


def decode(e: Emitter, bits: SSAValue, type: Attribute) -> SSAValue:
    """Give the f32 of the value that bits stand for."""
    wide = e.add(arith.ExtUIOp(bits, i32))
    if isinstance(type, BFloat16Type):
        return e.add(arith.BitcastOp(e.add(arith.ShLIOp(wide, e.integer(16, i32))), f32))
    form = _form(type)
    magnitude = e.add(arith.AndIOp(wide, e.integer(0x7F, i32)))
    placed = e.add(arith.ShLIOp(magnitude, e.integer(form.shift, i32)))
    normal = e.add(arith.AddiOp(placed, e.integer(form.rebias, i32)))
    special = e.add(arith.CmpiOp(magnitude, e.integer(form.special, i32), "uge"))
    unknown = e.add(arith.OrIOp(placed, e.integer(_EXPONENT, i32)))
    normal = e.add(arith.SelectOp(special, unknown, normal))
    count = e.add(arith.SIToFPOp(magnitude, f32))
    tiny = e.add(arith.BitcastOp(e.add(arith.MulfOp(count, e.real(form.unit))), i32))
    is_tiny = e.add(arith.CmpiOp(magnitude, e.integer(1 << form.mantissa, i32), "ult"))
    value = e.add(arith.SelectOp(is_tiny, tiny, normal))
    sign = e.add(arith.ShLIOp(wide, e.integer(24, i32)))
    sign = e.add(arith.AndIOp(sign, e.integer(_SIGN, i32)))
    return e.add(arith.BitcastOp(e.add(arith.OrIOp(value, sign)), f32))


def round_f32(e: Emitter, value: SSAValue, type: Attribute, limited: bool) -> SSAValue:
    """
    Round an f32 to the nearest value of a format, to even; the result is an f32.

    `limited` says that nothing lies beyond the largest finite value.
    """
    if isinstance(type, BFloat16Type):
        return _round_bfloat(e, value)
    form = _form(type)
    # Adding and removing 1.5 * 2**23 units in the last place lets the adder round.
    power = e.add(arith.AndIOp(e.add(arith.BitcastOp(value, i32)), e.integer(_EXPONENT, i32)))
    least = e.integer((128 - form.bias) << 23, i32)
    power = e.add(arith.MaxUIOp(power, least))
    factor = e.real(1.5 * 2.0 ** (23 - form.mantissa))
    unit = e.add(arith.MulfOp(e.add(arith.BitcastOp(power, f32)), factor))
    rounded = e.add(arith.SubfOp(e.add(arith.AddfOp(value, unit)), unit))
    if not limited:
        beyond = e.add(arith.CmpfOp(e.add(math.AbsFOp(rounded)), e.real(form.largest), "ogt"))
        rounded = e.add(arith.SelectOp(beyond, e.real(form.overflow), rounded))
    return e.add(math.CopySignOp(rounded, value))


def _round_bfloat(e: Emitter, value: SSAValue) -> SSAValue:
    bits = e.add(arith.BitcastOp(value, i32))
    odd = e.add(arith.ShRUIOp(bits, e.integer(16, i32)))
    odd = e.add(arith.AndIOp(odd, e.integer(1, i32)))
    half = e.add(arith.AddiOp(odd, e.integer(0x7FFF, i32)))
    bits = e.add(arith.AddiOp(bits, half))
    kept = e.add(arith.AndIOp(bits, e.integer(-0x10000, i32)))
    missing = e.add(arith.CmpfOp(value, value, "uno"))
    rounded = e.add(arith.BitcastOp(kept, f32))
    return e.add(arith.SelectOp(missing, e.real(float("nan")), rounded))


def encode(e: Emitter, value: SSAValue, type: Attribute) -> SSAValue:
    """Give the bits of an f32 that is a value of a format."""
    bits = e.add(arith.BitcastOp(value, i32))
    if isinstance(type, BFloat16Type):
        return e.add(arith.TruncIOp(e.add(arith.ShRUIOp(bits, e.integer(16, i32))), i16))
    form = _form(type)
    magnitude = e.add(arith.AndIOp(bits, e.integer(_MAGNITUDE, i32)))
    normal = e.add(arith.SubiOp(magnitude, e.integer(form.rebias, i32)))
    normal = e.add(arith.ShRUIOp(normal, e.integer(form.shift, i32)))
    size = e.add(math.AbsFOp(value))
    units = e.add(arith.MulfOp(size, e.real(1.0 / form.unit)))
    is_tiny = e.add(arith.CmpfOp(size, e.real(form.least_normal), "olt"))
    # Nothing but a subnormal number may reach fptosi.
    units = e.add(arith.SelectOp(is_tiny, units, e.real(0.0)))
    tiny = e.add(arith.FPToSIOp(units, i32))
    code = e.add(arith.SelectOp(is_tiny, tiny, normal))
    special = e.add(arith.CmpiOp(magnitude, e.integer(_EXPONENT, i32), "uge"))
    missing = e.add(arith.CmpiOp(magnitude, e.integer(_EXPONENT, i32), "ugt"))
    infinite = e.integer(form.special, i32)
    unknown = e.add(arith.SelectOp(missing, e.integer(0x7F, i32), infinite))
    code = e.add(arith.SelectOp(special, unknown, code))
    sign = e.add(arith.ShRUIOp(bits, e.integer(24, i32)))
    sign = e.add(arith.AndIOp(sign, e.integer(0x80, i32)))
    return e.add(arith.TruncIOp(e.add(arith.OrIOp(code, sign)), i8))


def _form(type: Attribute) -> Small:
    form = SMALL.get(type.__class__)
    if form is None:
        raise RuntimeError(f"{type} is no small float, this is a bug")
    return form
