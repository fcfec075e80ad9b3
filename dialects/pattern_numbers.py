"""Scalar operations of the pattern dialect that arith lacks: conversion and activation."""

from typing import Self, cast

from xdsl.dialects.builtin import (
    I64,
    DenseArrayBase,
    Float32Type,
    FloatAttr,
    IntegerType,
    StringAttr,
    VectorType,
    f32,
    i64,
)
from xdsl.interfaces import HasCanonicalizationPatternsInterface
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    result_def,
    traits_def,
)
from xdsl.parser import Parser
from xdsl.pattern_rewriter import RewritePattern
from xdsl.printer import Printer
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.hints import isa

from spatial_opt.dialects.pattern_syntax import (
    element_type,
    integers,
    is_float,
    is_integer,
    parse_attributes,
    parse_optional_float,
    print_attributes,
    print_float,
    print_types,
    represents,
    values_of,
    verify_scale,
)

ROUNDINGS = ("nearest_even", "toward_zero")
METHODS = ("arithmetic", "table")

ACTIVATION_PARAMETERS: dict[str, tuple[str, ...]] = {
    "relu": (),
    "tanh": (),
    "sigmoid": (),
    "affine": ("alpha", "beta"),
    "leakyrelu": ("alpha",),
    "thresholdedrelu": ("alpha",),
    "scaledtanh": ("alpha", "beta"),
    "hardsigmoid": ("alpha", "beta"),
    "elu": ("alpha",),
    "softsign": (),
    "softplus": (),
    "exp": (),
    "log": (),
    "erf": (),
}
"""Activation functions of ONNX, in lower case, and exp, log, erf, with the constants each takes."""

TABULATED = ("sigmoid", "tanh", "exp")
"""Activation functions that may be looked up in a table."""


@irdl_op_definition
class ConvertOp(IRDLOperation, HasCanonicalizationPatternsInterface):
    """
    Convert a number to another format, rounding once.

    The value is round(x * scale), the product in f32 (an integer becomes an f32 first).
    Integer results saturate at the limits of the type, or of `clamp`; a NaN becomes 0. 8-bit
    floats saturate at the greatest finite value; wider floats overflow to infinity. Lane by
    lane on vectors.

    ```mlir
    %q = pattern.convert %v scale 127.0 toward_zero clamp 0, 100 : f32 to i8
    ```
    """

    name = "pattern.convert"

    input = operand_def()
    scale = opt_prop_def(FloatAttr[Float32Type])
    """Factor applied before the rounding; 1 when absent."""
    rounding = prop_def(StringAttr, default_value=StringAttr("nearest_even"))
    """nearest_even or toward_zero."""
    clamp = opt_prop_def(DenseArrayBase.constr(i64))
    """Least and greatest value of an integer result."""
    result = result_def()

    traits = traits_def(Pure())

    def __init__(
        self,
        input: SSAValue | Operation,
        result_type: Attribute,
        *,
        scale: float | None = None,
        rounding: str = "nearest_even",
        clamp: tuple[int, int] | None = None,
    ):
        super().__init__(
            operands=[input],
            properties={
                "scale": None if scale is None else FloatAttr(scale, f32),
                "rounding": StringAttr(rounding),
                "clamp": None if clamp is None else integers(clamp),
            },
            result_types=[result_type],
        )

    @property
    def clamp_range(self) -> tuple[int, int] | None:
        """Return the least and greatest integer of the result, or None."""
        return None if self.clamp is None else cast(tuple[int, int], values_of(self.clamp))

    @property
    def scale_value(self) -> float | None:
        """Return the scale as a Python number, or None."""
        return None if self.scale is None else self.scale.value.data

    @property
    def is_widening(self) -> bool:
        """Return whether every value of the input type keeps its value."""
        if self.scale is not None or self.clamp is not None:
            return False
        return represents(element_type(self.result.type), element_type(self.input.type))

    def verify_(self) -> None:
        source, target = self.input.type, self.result.type
        if isinstance(source, VectorType) or isinstance(target, VectorType):
            if (
                not isa(source, VectorType)
                or not isa(target, VectorType)
                or source.get_shape() != target.get_shape()
            ):
                raise VerifyException(f"both types have the same shape, got {source} to {target}")
        for type in (element_type(source), element_type(target)):
            if not (is_float(type) or is_integer(type)) or type == IntegerType(1):
                raise VerifyException(
                    f"conversions take f32, f16, bf16, 8-bit floats, i8, i16 and i32, got {type}"
                )
        if self.rounding.data not in ROUNDINGS:
            raise VerifyException(f"rounding is {' or '.join(ROUNDINGS)}, got {self.rounding.data}")
        verify_scale(self.scale)
        if self.clamp is not None:
            self._verify_clamp(element_type(target))

    @classmethod
    def get_canonicalization_patterns(cls) -> tuple[RewritePattern, ...]:
        from spatial_opt.passes.canonicalization_patterns.pattern_numbers import (
            DropSameNumber,
            DropUnitScale,
        )

        return (DropSameNumber(), DropUnitScale())

    def _verify_clamp(self, type: Attribute) -> None:
        limits = values_of(cast(DenseArrayBase[I64], self.clamp))
        if not isa(type, IntegerType):
            raise VerifyException(f"clamp is for integer results, got {type}")
        top = 2 ** (type.width.data - 1)
        if len(limits) != 2 or not -top <= limits[0] <= limits[1] < top:
            raise VerifyException(
                f"clamp takes two ascending limits within {type}, got {list(limits)}"
            )

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        value = parser.parse_unresolved_operand()
        scale = parse_optional_float(parser, "scale")
        rounding = parser.parse_optional_keyword_in(ROUNDINGS) or "nearest_even"
        clamp = None
        if parser.parse_optional_keyword("clamp") is not None:
            low = parser.parse_integer(allow_boolean=False)
            parser.parse_punctuation(",")
            clamp = (low, parser.parse_integer(allow_boolean=False))
        attributes = parse_attributes(parser)
        parser.parse_punctuation(":")
        source = parser.parse_type()
        parser.parse_keyword("to")
        target = parser.parse_type()
        op = cls(
            parser.resolve_operand(value, source),
            target,
            scale=scale,
            rounding=rounding,
            clamp=clamp,
        )
        op.attributes |= attributes
        return op

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_operand(self.input)
        print_float(printer, "scale", self.scale)
        if self.rounding.data != "nearest_even":
            printer.print_string(f" {self.rounding.data}")
        if self.clamp is not None:
            printer.print_string(f" clamp {', '.join(map(str, values_of(self.clamp)))}")
        print_attributes(printer, self)
        print_types(printer, " : ", [self.input.type])
        print_types(printer, " to ", [self.result.type])


@irdl_op_definition
class ActivateOp(IRDLOperation):
    """
    Apply an activation function of ONNX, or exp, log, erf, by arithmetic or by a table.

    `pattern-expand-activations` replaces it by the operations of the machine; evaluators use
    the same expansion, so that no value depends on when it is expanded.

    ```mlir
    %a = pattern.activate hardsigmoid alpha 0.2 beta 0.5 %v : f32
    %b = pattern.activate tanh with table %v : f32
    ```
    """

    name = "pattern.activate"

    input = operand_def()
    function = prop_def(StringAttr)
    alpha = opt_prop_def(FloatAttr[Float32Type])
    """First constant, for the functions that take it; ONNX's default when absent."""
    beta = opt_prop_def(FloatAttr[Float32Type])
    """Second constant, for the functions that take it; ONNX's default when absent."""
    method = prop_def(StringAttr, default_value=StringAttr("arithmetic"))
    """arithmetic, or table for sigmoid, tanh and exp."""
    result = result_def()

    traits = traits_def(Pure())

    def __init__(
        self,
        function: str,
        input: SSAValue | Operation,
        *,
        alpha: float | None = None,
        beta: float | None = None,
        method: str = "arithmetic",
    ):
        value = SSAValue.get(input)
        super().__init__(
            operands=[value],
            properties={
                "function": StringAttr(function),
                "alpha": None if alpha is None else FloatAttr(alpha, f32),
                "beta": None if beta is None else FloatAttr(beta, f32),
                "method": StringAttr(method),
            },
            result_types=[value.type],
        )

    def verify_(self) -> None:
        function = self.function.data
        if function not in ACTIVATION_PARAMETERS:
            raise VerifyException(
                f"activations are {', '.join(ACTIVATION_PARAMETERS)}, got {function}"
            )
        for name, attribute in (("alpha", self.alpha), ("beta", self.beta)):
            if attribute is not None and name not in ACTIVATION_PARAMETERS[function]:
                raise VerifyException(f"{function} takes no {name}")
        if self.method.data not in METHODS:
            raise VerifyException(f"method is {' or '.join(METHODS)}, got {self.method.data}")
        if self.method.data == "table" and function not in TABULATED:
            raise VerifyException(
                f"only {', '.join(TABULATED[:-1])} and {TABULATED[-1]} have a table, got {function}"
            )
        if not is_float(self.input.type) or self.result.type != self.input.type:
            raise VerifyException(
                f"input and result are the same float type, "
                f"got {self.input.type} and {self.result.type}"
            )

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        function = parser.parse_identifier()
        alpha = parse_optional_float(parser, "alpha")
        beta = parse_optional_float(parser, "beta")
        method = "arithmetic"
        if parser.parse_optional_keyword("with") is not None:
            method = parser.parse_keyword_in(METHODS)
        value = parser.parse_unresolved_operand()
        attributes = parse_attributes(parser)
        parser.parse_punctuation(":")
        op = cls(
            function,
            parser.resolve_operand(value, parser.parse_type()),
            alpha=alpha,
            beta=beta,
            method=method,
        )
        op.attributes |= attributes
        return op

    def print(self, printer: Printer) -> None:
        printer.print_string(f" {self.function.data}")
        print_float(printer, "alpha", self.alpha)
        print_float(printer, "beta", self.beta)
        if self.method.data != "arithmetic":
            printer.print_string(f" with {self.method.data}")
        printer.print_string(" ")
        printer.print_operand(self.input)
        print_attributes(printer, self)
        print_types(printer, " : ", [self.input.type])
