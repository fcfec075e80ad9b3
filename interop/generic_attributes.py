"""Attributes and types as MLIR reads them: dialect attributes as lists of their parameters."""

from __future__ import annotations

import math
from io import StringIO

from xdsl.dialects.builtin import (
    AnyFloat,
    DenseIntOrFPElementsAttr,
    Float32Type,
    Float64Type,
)
from xdsl.ir import Attribute, BuiltinAttribute, Dialect, ParametrizedAttribute, TypeAttribute
from xdsl.printer import Printer
from xdsl.utils.hints import isa


class GenericAttributePrinter(Printer):
    """
    Print attributes without custom syntax, and floats without any loss.

    An attribute of a dialect that MLIR knows by its definition alone has the form
    `#dialect.name<parameter, ...>`, and is printed so if its dialect is in `generic_dialects`.
    """

    def __init__(self, stream: StringIO, generic_dialects: frozenset[str]) -> None:
        super().__init__(stream=stream, print_generic_format=True)
        self.generic_dialects = generic_dialects

    def print_attribute(self, attribute: Attribute) -> None:
        """Print one attribute or type."""
        if (
            isinstance(attribute, ParametrizedAttribute)
            and not isinstance(attribute, BuiltinAttribute)
            and Dialect.split_name(attribute.name)[0] in self.generic_dialects
        ):
            mark = "!" if isinstance(attribute, TypeAttribute) else "#"
            self.print_string(f"{mark}{attribute.name}")
            self.print_paramattr_parameters(attribute.parameters)
            return
        if isa(attribute, DenseIntOrFPElementsAttr) and _mixes_zeros(attribute):
            self.print_string(f'dense<"0x{attribute.data.data.hex().upper()}"> : ')
            self.print_attribute(attribute.type)
            return
        super().print_attribute(attribute)

    def print_float(self, value: float, type: AnyFloat) -> None:
        """Print a float: decimal where xDSL's text is exact and MLIR reads it, else its bits."""
        bits = type.pack((value,))
        # xDSL writes these two with enough digits, or in bits.
        if isinstance(type, Float32Type | Float64Type) or not math.isfinite(value):
            super().print_float(value, type)
            return
        text = f"{value:.6e}"
        if type.pack((float(text),)) != bits:
            text = f"0x{bits[::-1].hex().upper()}"
        self.print_string(text)


def _mixes_zeros(attribute: DenseIntOrFPElementsAttr) -> bool:
    """Whether elements are equal though their bits differ: 0 and -0, of which xDSL prints one."""
    data, count = attribute.data.data, len(attribute)
    return count > 1 and attribute.is_splat() and data != data[: len(data) // count] * count


def attribute_text(attribute: Attribute, generic_dialects: frozenset[str]) -> str:
    """Write one attribute or type as MLIR reads it."""
    stream = StringIO()
    GenericAttributePrinter(stream, generic_dialects).print_attribute(attribute)
    return stream.getvalue()
