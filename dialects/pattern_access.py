"""Values of the pattern dialect: constants, tables, and reads of single elements."""

import math
from collections.abc import Sequence
from typing import Self, cast

from xdsl.dialects.builtin import (
    AffineMapAttr,
    Float32Type,
    Float64Type,
    FloatAttr,
    IndexType,
    StringAttr,
    TensorType,
    UnitAttr,
    f32,
    f64,
    i32,
)
from xdsl.interfaces import HasCanonicalizationPatternsInterface
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.ir.affine import AffineDimExpr, AffineExpr, AffineMap
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    result_def,
    traits_def,
    var_operand_def,
)
from xdsl.parser import Parser
from xdsl.pattern_rewriter import RewritePattern
from xdsl.printer import Printer
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.hints import isa

from spatial_opt.dialects.affine_bounds import exact_range
from spatial_opt.dialects.affine_syntax import (
    parse_affine_access,
    print_affine_access,
)
from spatial_opt.dialects.pattern_scan import index_bound
from spatial_opt.dialects.pattern_syntax import (
    element_type,
    is_float,
    parse_attributes,
    parse_float,
    parse_optional_float,
    parse_tensor,
    parse_types,
    print_attributes,
    print_float,
    print_types,
    verify_scale,
    verify_tensor,
)

TABLE_FUNCTIONS = ("sigmoid", "tanh", "exp")


@irdl_op_definition
class ParameterOp(IRDLOperation):
    """
    Name a constant of the weights file.

    The array is stored as `convert(value * scale)`: nearest even, saturating.

    ```mlir
    %w = pattern.parameter "lstm.W" scale 4.0 : tensor<1x4x8xf8E4M3FN>
    ```
    """

    name = "pattern.parameter"

    name_ = prop_def(StringAttr, prop_name="parameter")
    """Key in the file that the module attribute `pattern.weights` names."""
    scale = opt_prop_def(FloatAttr[Float32Type])
    """Factor applied before the conversion to the element type; 1 when absent."""
    result = result_def(TensorType)

    traits = traits_def(Pure())

    def __init__(self, name: str, result_type: TensorType, scale: float | None = None):
        super().__init__(
            properties={
                "parameter": StringAttr(name),
                "scale": None if scale is None else FloatAttr(scale, f32),
            },
            result_types=[result_type],
        )

    def verify_(self) -> None:
        verify_scale(self.scale)
        verify_tensor(self.result.type)

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        name = parser.parse_str_literal()
        scale = parse_optional_float(parser, "scale")
        attributes = parse_attributes(parser)
        parser.parse_punctuation(":")
        op = cls(name, parse_tensor(parser), scale)
        op.attributes |= attributes
        return op

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_string_literal(self.name_.data)
        print_float(printer, "scale", self.scale)
        print_attributes(printer, self)
        print_types(printer, " : ", [self.result.type])


@irdl_op_definition
class TableOp(IRDLOperation):
    """
    Sample a function at evenly spaced points.

    Entry j is f(low + j * (high - low) / entries), computed in double precision and
    rounded once to the element type.

    ```mlir
    %t = pattern.table sigmoid entries 1024 from -8.0 to 8.0 : tensor<1024xf32>
    ```
    """

    name = "pattern.table"

    function = prop_def(StringAttr)
    low = prop_def(FloatAttr[Float64Type])
    """Argument of the first entry."""
    high = prop_def(FloatAttr[Float64Type])
    """Argument one step after the last entry; above `low`."""
    result = result_def(TensorType)

    traits = traits_def(Pure())

    def __init__(self, function: str, low: float, high: float, result_type: TensorType):
        super().__init__(
            properties={
                "function": StringAttr(function),
                "low": FloatAttr(low, f64),
                "high": FloatAttr(high, f64),
            },
            result_types=[result_type],
        )

    @property
    def entries(self) -> int:
        """Return the number of samples."""
        return self.result.type.get_shape()[0]

    def verify_(self) -> None:
        verify_tensor(self.result.type)
        if self.function.data not in TABLE_FUNCTIONS:
            raise VerifyException(
                f"tables hold {', '.join(TABLE_FUNCTIONS)}, got {self.function.data}"
            )
        low, high = self.low.value.data, self.high.value.data
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise VerifyException(f"a table runs from low to a greater high, got {low} to {high}")
        if len(self.result.type.get_shape()) != 1 or not is_float(self.result.type.element_type):
            raise VerifyException(
                f"a table is a one-dimensional tensor of floats, got {self.result.type}"
            )

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        function = parser.parse_identifier()
        parser.parse_keyword("entries")
        position = parser.pos
        entries = parser.parse_integer(allow_boolean=False)
        parser.parse_keyword("from")
        low = parse_float(parser)
        parser.parse_keyword("to")
        high = parse_float(parser)
        attributes = parse_attributes(parser)
        parser.parse_punctuation(":")
        result_type = parse_tensor(parser)
        if result_type.get_shape() != (entries,):
            parser.raise_error(f"{entries} entries do not fill {result_type}", position)
        op = cls(function, low, high, result_type)
        op.attributes |= attributes
        return op

    def print(self, printer: Printer) -> None:
        printer.print_string(f" {self.function.data} entries {self.entries}")
        print_float(printer, "from", self.low)
        print_float(printer, "to", self.high)
        print_attributes(printer, self)
        print_types(printer, " : ", [self.result.type])


@irdl_op_definition
class ReadOp(IRDLOperation, HasCanonicalizationPatternsInterface):
    """
    Read one element of a tensor at affine functions of index values.

    Elements outside the tensor are an error, or zero with `zero_outside`. The constructor
    drops index operands that the map does not use and numbers the others in order of use.

    ```mlir
    %e = pattern.read %m[%t, 4 * %i + %u, %k] zero_outside : tensor<25x512x8xf32>
    ```
    """

    name = "pattern.read"

    source = operand_def(TensorType)
    indices = var_operand_def(IndexType)
    map = prop_def(AffineMapAttr)
    """From the index operands to the coordinates of the element."""
    zero_outside = opt_prop_def(UnitAttr)
    result = result_def()

    traits = traits_def(Pure())

    def __init__(
        self,
        source: SSAValue | Operation,
        indices: Sequence[SSAValue | Operation],
        map: AffineMap | None = None,
        *,
        zero_outside: bool = False,
    ):
        value = SSAValue.get(source)
        operands, used = _in_order_of_use(
            [SSAValue.get(index) for index in indices],
            AffineMap.identity(len(indices)) if map is None else map,
        )
        super().__init__(
            operands=[value, operands],
            properties={
                "map": AffineMapAttr(used),
                "zero_outside": UnitAttr() if zero_outside else None,
            },
            result_types=[_element_type(value.type)],
        )

    def verify_(self) -> None:
        map, type = self.map.data, cast(TensorType, self.source.type)
        if map.num_symbols or map.num_dims != len(self.indices):
            raise VerifyException(
                f"the map takes one dimension per index and no symbols, got {map.num_dims} "
                f"dimensions and {map.num_symbols} symbols for {len(self.indices)} indices"
            )
        shape = type.get_shape()
        if len(map.results) != len(shape):
            raise VerifyException(
                f"one coordinate per dimension of the tensor, got {len(map.results)} for {type}"
            )
        if self.result.type != type.element_type:
            raise VerifyException(
                f"the result is an element of the tensor, got {self.result.type} from {type}"
            )
        if self.zero_outside is not None:
            return
        bounds = [index_bound(index) for index in self.indices]
        for position, (expr, extent) in enumerate(zip(map.results, shape, strict=True)):
            used = [bounds[dim] for dim in expr.used_dims()]
            if any(bound is None for bound in used):
                continue
            reach = exact_range(expr, [bound or 1 for bound in bounds])
            if reach is not None and (reach[0] < 0 or reach[1] >= extent):
                raise VerifyException(
                    f"coordinate {position} runs from {reach[0]} to {reach[1]} but {type} "
                    f"has {extent} elements there; use zero_outside if that is meant"
                )

    @classmethod
    def get_canonicalization_patterns(cls) -> tuple[RewritePattern, ...]:
        from spatial_opt.passes.canonicalization_patterns.pattern_access import (
            FoldKnownIndices,
        )

        return (FoldKnownIndices(),)

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        source = parser.parse_unresolved_operand()
        map, names = parse_affine_access(parser)
        zero_outside = parser.parse_optional_keyword("zero_outside") is not None
        attributes = parse_attributes(parser)
        parser.parse_punctuation(":")
        type = parse_tensor(parser)
        indices = [parser.resolve_operand(name, IndexType()) for name in names]
        op = cls(parser.resolve_operand(source, type), indices, map, zero_outside=zero_outside)
        op.attributes |= attributes
        return op

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_operand(self.source)
        print_affine_access(printer, self.map.data, self.indices)
        if self.zero_outside is not None:
            printer.print_string(" zero_outside")
        print_attributes(printer, self)
        print_types(printer, " : ", [self.source.type])


@irdl_op_definition
class GatherOp(IRDLOperation):
    """
    Read one element of a tensor at computed coordinates.

    Coordinates outside the tensor are an error of the program: clamp them first.

    ```mlir
    %e = pattern.gather %table[%j] : tensor<1024xf32>, i32
    ```
    """

    name = "pattern.gather"

    source = operand_def(TensorType)
    indices = var_operand_def()
    """One i32 or index value per dimension."""
    result = result_def()

    traits = traits_def(Pure())

    def __init__(self, source: SSAValue | Operation, indices: Sequence[SSAValue | Operation]):
        value = SSAValue.get(source)
        super().__init__(operands=[value, indices], result_types=[_element_type(value.type)])

    def verify_(self) -> None:
        type = cast(TensorType, self.source.type)
        if len(self.indices) != len(type.get_shape()):
            raise VerifyException(
                f"one index per dimension of the tensor, got {len(self.indices)} for {type}"
            )
        for index in self.indices:
            if index.type != i32 and not isinstance(index.type, IndexType):
                raise VerifyException(f"indices of a gather are i32 or index, got {index.type}")
        if self.result.type != type.element_type:
            raise VerifyException(
                f"the result is an element of the tensor, got {self.result.type} from {type}"
            )

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        source = parser.parse_unresolved_operand()
        position = parser.pos
        names = parser.parse_comma_separated_list(
            parser.Delimiter.SQUARE, parser.parse_unresolved_operand
        )
        attributes = parse_attributes(parser)
        parser.parse_punctuation(":")
        types = parse_types(parser)
        tensor = types[0]
        if not isa(tensor, TensorType):
            parser.raise_error(f"expected a tensor type, got {tensor}", position)
        op = cls(
            parser.resolve_operand(source, tensor),
            parser.resolve_operands(names, types[1:], position),
        )
        op.attributes |= attributes
        return op

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_operand(self.source)
        with printer.in_square_brackets():
            printer.print_list(self.indices, printer.print_operand)
        print_attributes(printer, self)
        print_types(printer, " : ", [self.source.type, *(index.type for index in self.indices)])


def _in_order_of_use(
    operands: Sequence[SSAValue], map: AffineMap
) -> tuple[list[SSAValue], AffineMap]:
    """Drop unused and repeated operands, and number the dimensions in the order of their use."""
    if len(operands) != map.num_dims:
        raise ValueError(
            f"a read map takes one dimension per index, "
            f"got {map.num_dims} dimensions for {len(operands)} indices"
        )
    kept: list[SSAValue] = []
    new_dims: list[AffineExpr] = [AffineExpr.constant(0)] * map.num_dims
    for expr in map.results:
        for part in expr.dfs():
            if isinstance(part, AffineDimExpr):
                value = operands[part.position]
                if value not in kept:
                    kept.append(value)
                new_dims[part.position] = AffineExpr.dimension(kept.index(value))
    return kept, map.replace_dims_and_symbols(new_dims, [], len(kept), map.num_symbols)


def _element_type(type: Attribute) -> Attribute:
    if not isa(type, TensorType):
        raise ValueError(f"expected a value of tensor type, got {type}")
    return element_type(type)
