"""Attributes of the spatial dialect: the target machine and what a memory holds at the start."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

from xdsl.dialects.builtin import (
    I64,
    AffineMapAttr,
    ArrayAttr,
    DenseArrayBase,
    DictionaryAttr,
    Float32Type,
    Float64Type,
    FloatAttr,
    IntegerAttr,
    NoneAttr,
    StringAttr,
    f32,
    f64,
    i1,
    i64,
)
from xdsl.ir import Attribute, ParametrizedAttribute
from xdsl.ir.affine import AffineMap
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer

from spatial_opt.dialects.pattern_syntax import print_float
from spatial_opt.machine.description import Machine
from spatial_opt.machine.load import Figure, machine_from_dict, machine_to_dict


def _figure_to_attribute(value: Figure) -> Attribute:
    if isinstance(value, bool):
        return IntegerAttr(int(value), i1)
    if isinstance(value, int):
        return IntegerAttr(value, i64)
    if isinstance(value, float):
        return FloatAttr(value, f64)
    if isinstance(value, str):
        return StringAttr(value)
    return ArrayAttr([StringAttr(item) for item in value])


def _figure_from_attribute(attribute: Attribute) -> Figure:
    match attribute:
        case IntegerAttr():
            value = attribute.value.data
            return bool(value) if attribute.type == i1 else value
        case FloatAttr():
            return attribute.value.data
        case StringAttr():
            return attribute.data
        case ArrayAttr():
            items: list[str] = []
            for item in attribute:
                if not isinstance(item, StringAttr):
                    raise ValueError(f"a list in #spatial.target holds strings, got {item}")
                items.append(item.data)
            return items
        case _:
            raise ValueError(
                f"#spatial.target holds numbers, strings and lists of strings, got {attribute}"
            )


@irdl_attr_definition
class TargetAttr(ParametrizedAttribute):
    """
    The machine a module is compiled for: all figures of its description, by dotted key.

    `#spatial.target<{name = "tiny", "pcu.lanes" = 4 : i64, ...}>`
    """

    name = "spatial.target"

    figures: DictionaryAttr

    @staticmethod
    def from_machine(machine: Machine) -> TargetAttr:
        """The attribute that holds every figure of `machine`."""
        figures = machine_to_dict(machine)
        return TargetAttr(
            DictionaryAttr({key: _figure_to_attribute(value) for key, value in figures.items()})
        )

    @property
    def machine(self) -> Machine:
        """The description these figures stand for (computed once per distinct attribute)."""
        return _machine_of(self)

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> tuple[Attribute, ...]:
        with parser.in_angle_brackets():
            figures = parser.parse_attribute()
            if not isinstance(figures, DictionaryAttr):
                parser.raise_error("expected a dictionary of machine figures")
        return (figures,)

    def print_parameters(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            printer.print_attribute(self.figures)


@lru_cache(maxsize=64)
def _machine_of(target: TargetAttr) -> Machine:
    return machine_from_dict(
        {key: _figure_from_attribute(value) for key, value in target.figures.data.items()}
    )


_Shape: TypeAlias = DenseArrayBase[I64] | NoneAttr
_Scale: TypeAlias = FloatAttr[Float32Type] | NoneAttr
_Map: TypeAlias = AffineMapAttr | NoneAttr


def _print_source(
    printer: Printer, name: StringAttr, shape: _Shape, scale: _Scale, map_: _Map
) -> None:
    """Print as `"W" [1, 6, 6] scale 4.0 map affine_map<...>`."""
    printer.print_string_literal(name.data)
    sizes = _sizes(shape)
    if sizes is not None:
        printer.print_string(f" [{', '.join(map(str, sizes))}]")
    if isinstance(scale, FloatAttr):
        print_float(printer, "scale", scale)
    if isinstance(map_, AffineMapAttr):
        printer.print_string(" map ")
        printer.print_attribute(map_)


def _parse_source(parser: AttrParser) -> tuple[StringAttr, _Shape, _Scale, _Map]:
    """Parse what `_print_source` prints."""
    name = StringAttr(parser.parse_str_literal())
    sizes = parser.parse_optional_comma_separated_list(
        parser.Delimiter.SQUARE, lambda: parser.parse_integer(allow_negative=False)
    )
    scale: _Scale = NoneAttr()
    map_: _Map = NoneAttr()
    if parser.parse_optional_keyword("scale") is not None:
        scale = FloatAttr(float(parser.parse_number()), f32)
    if parser.parse_optional_keyword("map") is not None:
        attribute = parser.parse_attribute()
        if not isinstance(attribute, AffineMapAttr):
            parser.raise_error("expected an affine map from held to source coordinates")
        map_ = attribute
    return name, _shape_attribute(sizes), scale, map_


def _shape_attribute(shape: Sequence[int] | None) -> _Shape:
    return NoneAttr() if shape is None else DenseArrayBase.from_list(i64, shape)


def _sizes(shape: _Shape) -> tuple[int, ...] | None:
    return None if isinstance(shape, NoneAttr) else tuple(shape.get_values())


def _scale_attribute(scale: float | None) -> _Scale:
    return NoneAttr() if scale is None else FloatAttr(scale, f32)


def _map_attribute(map_: AffineMap | None) -> _Map:
    return NoneAttr() if map_ is None else AffineMapAttr(map_)


@irdl_attr_definition
class ZeroInitAttr(ParametrizedAttribute):
    """Every element starts at zero."""

    name = "spatial.init_zero"


@irdl_attr_definition
class ParameterInitAttr(ParametrizedAttribute):
    """
    Filled from the weights file before the first cycle.

    `map` takes held coordinates to coordinates of the parameter (none: the identity); elements
    it sends outside the parameter are 0. `shape` is that of the whole parameter, of which a
    memory may take a part (none: unknown, and then only the rank of the array can be checked).
    `scale` multiplies the f32 array before it is converted.
    """

    name = "spatial.init_parameter"

    parameter: StringAttr
    shape: DenseArrayBase[I64] | NoneAttr
    scale: FloatAttr[Float32Type] | NoneAttr
    map: AffineMapAttr | NoneAttr

    @staticmethod
    def get(
        parameter: str,
        scale: float | None = None,
        map: AffineMap | None = None,
        shape: Sequence[int] | None = None,
    ) -> ParameterInitAttr:
        return ParameterInitAttr(
            StringAttr(parameter),
            _shape_attribute(shape),
            _scale_attribute(scale),
            _map_attribute(map),
        )

    @property
    def source_shape(self) -> tuple[int, ...] | None:
        """Shape of the whole parameter, None if it is unknown."""
        return _sizes(self.shape)

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> tuple[Attribute, ...]:
        with parser.in_angle_brackets():
            return _parse_source(parser)

    def print_parameters(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            _print_source(printer, self.parameter, self.shape, self.scale, self.map)


@irdl_attr_definition
class InputInitAttr(ParametrizedAttribute):
    """Filled from the run-time input of that name before the first cycle; fields as above."""

    name = "spatial.init_input"

    input: StringAttr
    shape: DenseArrayBase[I64] | NoneAttr
    scale: FloatAttr[Float32Type] | NoneAttr
    map: AffineMapAttr | NoneAttr

    @staticmethod
    def get(
        input: str,
        scale: float | None = None,
        map: AffineMap | None = None,
        shape: Sequence[int] | None = None,
    ) -> InputInitAttr:
        return InputInitAttr(
            StringAttr(input), _shape_attribute(shape), _scale_attribute(scale), _map_attribute(map)
        )

    @property
    def source_shape(self) -> tuple[int, ...] | None:
        """Shape of the whole input, None if it is unknown."""
        return _sizes(self.shape)

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> tuple[Attribute, ...]:
        with parser.in_angle_brackets():
            return _parse_source(parser)

    def print_parameters(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            _print_source(printer, self.input, self.shape, self.scale, self.map)


@irdl_attr_definition
class TableInitAttr(ParametrizedAttribute):
    """
    A table of a function: element j of n is f(low + j*(high-low)/n), computed in f64.
    """

    name = "spatial.init_table"

    function: StringAttr
    low: FloatAttr[Float64Type]
    high: FloatAttr[Float64Type]

    @staticmethod
    def get(function: str, low: float, high: float) -> TableInitAttr:
        return TableInitAttr(StringAttr(function), FloatAttr(low, f64), FloatAttr(high, f64))

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> tuple[Attribute, ...]:
        with parser.in_angle_brackets():
            return cls.parse_body(parser)

    @classmethod
    def parse_body(
        cls, parser: AttrParser
    ) -> tuple[StringAttr, FloatAttr[Float64Type], FloatAttr[Float64Type]]:
        function = parser.parse_identifier(" (function of the table)")
        parser.parse_keyword("from")
        low = float(parser.parse_number())
        parser.parse_keyword("to")
        high = float(parser.parse_number())
        return StringAttr(function), FloatAttr(low, f64), FloatAttr(high, f64)

    def print_parameters(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            self.print_body(printer)

    def print_body(self, printer: Printer) -> None:
        printer.print_string(self.function.data)
        print_float(printer, "from", self.low)
        print_float(printer, "to", self.high)


@irdl_attr_definition
class SumInitAttr(ParametrizedAttribute):
    """
    Filled with the sum of several parameters, added one by one in the memory's number format.

    What lies outside one of them is zero there, so parameters whose maps reach different places
    are put side by side.
    """

    name = "spatial.init_sum"

    parts: ArrayAttr[ParameterInitAttr]
    """Two or more."""

    @staticmethod
    def get(parts: Sequence[ParameterInitAttr]) -> SumInitAttr:
        return SumInitAttr(ArrayAttr(parts))

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> tuple[Attribute, ...]:
        with parser.in_angle_brackets():
            parser.parse_keyword("parameter")
            return (ArrayAttr(_parse_sum(parser)),)

    def print_parameters(self, printer: Printer) -> None:
        with printer.in_angle_brackets():
            _print_sum(printer, self.parts.data)


InitAttr: TypeAlias = ZeroInitAttr | ParameterInitAttr | SumInitAttr | InputInitAttr | TableInitAttr


def parameter_parts(init: Attribute) -> tuple[ParameterInitAttr, ...]:
    """The parameters that contents are made of: none, one, or the parts of a sum."""
    match init:
        case ParameterInitAttr():
            return (init,)
        case SumInitAttr():
            return init.parts.data
        case _:
            return ()


def _print_sum(printer: Printer, parts: Sequence[ParameterInitAttr]) -> None:
    for number, part in enumerate(parts):
        printer.print_string(" plus parameter " if number else "parameter ")
        _print_source(printer, part.parameter, part.shape, part.scale, part.map)


def _parse_sum(parser: AttrParser) -> list[ParameterInitAttr]:
    """Parse what stands behind the first `parameter`."""
    parts = [ParameterInitAttr(*_parse_source(parser))]
    while parser.parse_optional_keyword("plus") is not None:
        parser.parse_keyword("parameter")
        parts.append(ParameterInitAttr(*_parse_source(parser)))
    return parts


def print_init(printer: Printer, init: InitAttr) -> None:
    """Print as in `spatial.pmu`: `zero`, `parameter "W" [4, 8] map ...`, `table tanh ...`."""
    match init:
        case ZeroInitAttr():
            printer.print_string("zero")
        case ParameterInitAttr() | SumInitAttr():
            _print_sum(printer, parameter_parts(init))
        case InputInitAttr():
            printer.print_string("input ")
            _print_source(printer, init.input, init.shape, init.scale, init.map)
        case TableInitAttr():
            printer.print_string("table ")
            init.print_body(printer)


def parse_init(parser: AttrParser) -> InitAttr:
    """Parse what `print_init` prints."""
    match parser.parse_keyword_in(("zero", "parameter", "input", "table")):
        case "zero":
            return ZeroInitAttr()
        case "parameter":
            parts = _parse_sum(parser)
            return parts[0] if len(parts) == 1 else SumInitAttr.get(parts)
        case "input":
            return InputInitAttr(*_parse_source(parser))
        case _:
            return TableInitAttr(*TableInitAttr.parse_body(parser))
