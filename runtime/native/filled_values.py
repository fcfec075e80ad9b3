"""
What a filling function does with numbers: conversion, sums, and the kinds that are stored.

Numbers are converted as by `spatial_opt.runtime.numerics.quantise`, sixteen at a time.
"""

from dataclasses import dataclass
from typing import Literal

from xdsl.dialects.builtin import f32
from xdsl.ir import Attribute

from spatial_opt.runtime.formats import float_format
from spatial_opt.runtime.native.arithmetic import combine
from spatial_opt.runtime.native.conversion import convert, kind_of
from spatial_opt.runtime.native.storage import WIDTH, held_value, memory_kind, stored_value
from spatial_opt.runtime.native.text import Val, Writer, type_text


@dataclass(frozen=True)
class Filling:
    """One way to store numbers, and so one function."""

    element: Attribute
    scaled: bool
    """Whether numbers are multiplied by a number of the table before they are converted."""
    stored: str
    group: int = 0
    """Adjacent elements of a row that stay together in a block of rows; 0 in a flat array."""
    order: Literal["same", "found"] = "same"
    """Whether elements come one after another, or each from a place of its own."""
    part: Literal["only", "first", "later"] = "only"
    """Of a sum: "later" ones are added to what is there."""


class FilledValues:
    """Emits what one filling does with vectors of numbers; `scale` is None if they keep theirs."""

    def __init__(self, w: Writer, filling: Filling, scale: Val | None) -> None:
        self.w = w
        self.filling = filling
        self.scale = scale

    def held(self, value: Val) -> Val:
        """Convert numbers to the element type."""
        w, element = self.w, self.filling.element
        if float_format(element) is None:
            missing = w.compare("arith.cmpf uno", value, value)
            found = w.op(f"vector.reduction <or>, {missing.name} : {missing.type} into i1", "i1")
            flag = Val("%flag", "!llvm.ptr")
            seen = w.binary("arith.ori", w.load(flag, "i32"), w.cast("arith.extui", found, "i32"))
            w.store(seen, flag)
        if self.scale is not None:
            value = w.binary("arith.mulf", value, self.scale)
        return convert(w, value, f32, element)

    def kept(self, held: Val) -> Val:
        """Bring values to the kind that is stored."""
        w, stored = self.w, self.filling.stored
        if stored == "bf16":
            bits = w.cast("arith.bitcast", held, "i32")
            bits = w.binary("arith.shrui", bits, w.integer(16, "i32", WIDTH))
            return w.cast("arith.trunci", bits, "i16")
        if stored == "f16":
            return w.cast("arith.truncf", held, "f16")
        return stored_value(w, held, memory_kind(stored))

    def added(self, value: Val, there: Val) -> Val:
        """Add values to what is stored."""
        element = self.filling.element
        before = held_value(self.w, there, self.filling.stored, kind_of(element))
        return combine(self.w, "add", before, value, element)

    def together(self, values: list[Val]) -> Val:
        """Put the elements of a group side by side."""
        if len(values) == 1:
            return values[0]
        a, b = values
        return self.w.op(
            f"vector.interleave {a.name}, {b.name} : {a.type} -> {type_text(a.kind, 2 * WIDTH)}",
            a.kind,
            2 * WIDTH,
        )

    def split(self, value: Val) -> list[Val]:
        """Take the elements of groups apart."""
        if self.filling.group == 1:
            return [value]
        even, odd = self.w.fresh(), self.w.fresh()
        half = type_text(value.kind, WIDTH)
        self.w.line(f"{even}, {odd} = vector.deinterleave {value.name} : {value.type} -> {half}")
        return [Val(even, value.kind, WIDTH), Val(odd, value.kind, WIDTH)]
