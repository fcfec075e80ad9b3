"""The patterns themselves: map, reduce and scan, with their terminators."""

from collections.abc import Sequence
from typing import Self, cast

from xdsl.dialects.builtin import (
    ArrayAttr,
    DenseArrayBase,
    IndexType,
    IntegerAttr,
    StringAttr,
    TensorType,
    UnitAttr,
    i64,
)
from xdsl.dialects.utils import AbstractYieldOperation
from xdsl.ir import Attribute, Block, BlockArgument, Operation, Region, SSAValue
from xdsl.irdl import (
    AttrSizedOperandSegments,
    IRDLOperation,
    irdl_op_definition,
    lazy_traits_def,
    opt_prop_def,
    prop_def,
    region_def,
    traits_def,
    var_operand_def,
    var_result_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import HasParent, IsTerminator, Pure, RecursiveMemoryEffect
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.hints import isa

from spatial_opt.dialects.affine_syntax import (
    parse_domain,
    print_domain,
)
from spatial_opt.dialects.pattern_syntax import (
    element_type,
    integers,
    is_float,
    is_integer,
    listed,
    parse_attributes,
    parse_results,
    parse_types,
    print_attributes,
    print_results,
    print_types,
    values_of,
)

REDUCTION_KINDS = ("add", "mul", "max", "min")


class DomainOp(IRDLOperation):
    """Share the index domain of map and reduce: bounds, parallel factors, lanes, index names."""

    bounds = prop_def(DenseArrayBase.constr(i64))
    """Extent of each dimension, at least 1."""
    par = prop_def(DenseArrayBase.constr(i64))
    """Copies per dimension that run at once, at least 1."""
    lanes = prop_def(IntegerAttr, default_value=IntegerAttr(1, i64))
    """Elements of the last dimension that one copy takes at once."""
    body = region_def("single_block")

    @property
    def domain(self) -> tuple[int, ...]:
        """Return the extent of each dimension."""
        return values_of(self.bounds)

    @property
    def par_factors(self) -> tuple[int, ...]:
        """Return the copies per dimension that run at once."""
        return values_of(self.par)

    @property
    def lane_count(self) -> int:
        """Return the lanes of the last dimension."""
        return self.lanes.value.data

    @property
    def indices(self) -> tuple[BlockArgument, ...]:
        """Return the index values of the body, outermost first."""
        return tuple(self.body.block.args)

    @property
    def yielded(self) -> tuple[SSAValue, ...]:
        """Return the values that the body yields."""
        return tuple(cast(Operation, self.body.block.last_op).operands)

    @staticmethod
    def domain_properties(
        bounds: Sequence[int], par: Sequence[int] | None, lanes: int
    ) -> dict[str, Attribute | None]:
        """Return the properties of a domain; `par` defaults to one copy per dimension."""
        return {
            "bounds": integers(bounds),
            "par": integers([1] * len(bounds) if par is None else par),
            "lanes": IntegerAttr(lanes, i64),
        }

    @staticmethod
    def empty_body(dimensions: int) -> Region:
        """Return a body without operations, with one index argument per dimension."""
        return Region(Block(arg_types=[IndexType()] * dimensions))

    def verify_domain(self) -> None:
        """Check bounds, factors, and the form of the body."""
        bounds, par, lanes = self.domain, self.par_factors, self.lane_count
        if len(par) != len(bounds):
            raise VerifyException(
                f"one par factor per dimension, got {len(par)} for {len(bounds)} dimensions"
            )
        for name, values in (("bounds", bounds), ("par factors", par), ("lanes", (lanes,))):
            if any(value < 1 for value in values):
                raise VerifyException(f"{name} must be at least 1, got {list(values)}")
        if lanes != 1 and not bounds:
            raise VerifyException(f"a domain without dimensions has one lane, got {lanes}")
        block = self.body.block
        if tuple(block.arg_types) != (IndexType(),) * len(bounds):
            raise VerifyException(
                f"the body takes one index argument per dimension, got "
                f"({', '.join(map(str, block.arg_types))}) for {len(bounds)} dimensions"
            )
        if not isinstance(block.last_op, YieldOp):
            raise VerifyException("the body must end in pattern.yield")


@irdl_op_definition
class MapOp(DomainOp):
    """
    Compute one element for every point of a domain, in any order.

    The body sees one index per dimension and yields one scalar per result; tensors are read
    through `pattern.read` and `pattern.gather`. `par` copies of the body run at once in a
    dimension, and `lanes` elements of the last dimension at once in each; neither changes a
    value.

    ```mlir
    %r = pattern.map (%g in 4, %i in 512 par 4 x 16) -> tensor<4x512xf32> {
      %v = pattern.read %m[%g, %i] : tensor<4x512xf32>
      %d = arith.addf %v, %v : f32
      pattern.yield %d : f32
    }
    ```
    """

    name = "pattern.map"

    res = var_result_def(TensorType)

    traits = traits_def(RecursiveMemoryEffect())

    def __init__(
        self,
        bounds: Sequence[int],
        result_element_types: Sequence[Attribute],
        body: Region | None = None,
        *,
        par: Sequence[int] | None = None,
        lanes: int = 1,
    ):
        super().__init__(
            properties=self.domain_properties(bounds, par, lanes),
            result_types=[[TensorType(element, bounds) for element in result_element_types]],
            regions=[self.empty_body(len(bounds)) if body is None else body],
        )

    def verify_(self) -> None:
        self.verify_domain()
        if not self.results:
            raise VerifyException("a map has at least one result")
        for result in self.res:
            if result.type.get_shape() != self.domain:
                raise VerifyException(
                    f"results have the shape of the domain, "
                    f"got {result.type} for bounds {list(self.domain)}"
                )
        _verify_yield(self.yielded, [result.type.element_type for result in self.res])

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        domain = parse_domain(parser)
        position = parser.pos
        result_types = parse_results(parser)
        attributes = parse_attributes(parser)
        body = parser.parse_region(domain.arguments)
        elements: list[Attribute] = []
        for result_type in result_types:
            if not isa(result_type, TensorType) or result_type.get_shape() != domain.bounds:
                parser.raise_error(
                    f"results have the shape of the domain, "
                    f"got {result_type} for bounds {list(domain.bounds)}",
                    position,
                )
            elements.append(result_type.element_type)
        op = cls(domain.bounds, elements, body, par=domain.par, lanes=domain.lanes)
        op.attributes |= attributes
        return op

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        print_domain(printer, self.indices, self.domain, self.par_factors, self.lane_count)
        print_results(printer, self.result_types)
        print_attributes(printer, self)
        printer.print_string(" ")
        printer.print_region(self.body, print_entry_block_args=False)


@irdl_op_definition
class ReduceOp(DomainOp):
    """
    Combine the values that the body yields over a domain.

    The order is part of the value. The last dimension is cut into `par` pieces, each piece
    into vectors of `lanes` elements, filled up with the identity. A vector is combined by a
    tree of adjacent pairs, level n in the type `through[n]` (the last one repeats; without
    `through`, the result type). The trees of a piece are accumulated in ascending order in the
    result type, starting from the identity; then the pieces that hold elements are combined by
    a tree of adjacent pairs. With one piece and one lane this is the plain sequential sum.

    ```mlir
    %s = pattern.reduce add (%k in 1024 par 8 x 64) through [f16, f32] : f32 {
      %w = pattern.read %m[%k] : tensor<1024xf8E4M3FN>
      pattern.yield %w : f8E4M3FN
    }
    ```
    """

    name = "pattern.reduce"

    kinds = prop_def(ArrayAttr[StringAttr])
    """One of add, mul, max, min per result."""
    through = opt_prop_def(ArrayAttr[Attribute])
    """Types of the levels of the tree over lanes."""
    res = var_result_def()

    traits = traits_def(RecursiveMemoryEffect())

    def __init__(
        self,
        kinds: str | Sequence[str],
        bounds: Sequence[int],
        result_types: Sequence[Attribute],
        body: Region | None = None,
        *,
        par: int = 1,
        lanes: int = 1,
        through: Sequence[Attribute] | None = None,
    ):
        names = [kinds] if isinstance(kinds, str) else kinds
        factors = [1] * (len(bounds) - 1) + [par] if bounds else []
        super().__init__(
            properties=self.domain_properties(bounds, factors, lanes)
            | {
                "kinds": ArrayAttr([StringAttr(kind) for kind in names]),
                "through": ArrayAttr(through) if through else None,
            },
            result_types=[result_types],
            regions=[self.empty_body(len(bounds)) if body is None else body],
        )

    @property
    def kind_names(self) -> tuple[str, ...]:
        """Return the kind of each result."""
        return tuple(kind.data for kind in self.kinds)

    @property
    def piece_count(self) -> int:
        """Return the `par` factor of the last dimension."""
        return self.par_factors[-1] if self.domain else 1

    @property
    def through_types(self) -> tuple[Attribute, ...]:
        """Return the types of the tree levels, empty when all are computed in the result type."""
        return () if self.through is None else tuple(self.through)

    def verify_(self) -> None:
        self.verify_domain()
        kinds = self.kind_names
        if unknown := [kind for kind in kinds if kind not in REDUCTION_KINDS]:
            raise VerifyException(f"kinds are {', '.join(REDUCTION_KINDS)}, got {unknown[0]}")
        if not kinds or len(kinds) != len(self.res):
            raise VerifyException(
                f"one kind per result and at least one, "
                f"got {len(kinds)} kinds and {len(self.res)} results"
            )
        if not self.domain:
            raise VerifyException("a reduce has at least one dimension")
        if any(factor != 1 for factor in self.par_factors[:-1]):
            raise VerifyException(
                f"only the last dimension of a reduce takes par, got {list(self.par_factors)}"
            )
        if len(self.yielded) != len(kinds):
            raise VerifyException(
                f"one yielded value per kind, got {len(self.yielded)} for {len(kinds)} kinds"
            )
        for value, result in zip(self.yielded, self.res, strict=True):
            for other in (value.type, *self.through_types):
                floats = is_float(result.type) and is_float(other)
                if not floats and not (is_integer(result.type) and is_integer(other)):
                    raise VerifyException(
                        f"yielded, through and result types are all floats or all integers, "
                        f"got {other} and {result.type}"
                    )

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        kinds = [parser.parse_identifier()]
        while parser.parse_optional_punctuation(",") is not None:
            kinds.append(parser.parse_identifier())
        position = parser.pos
        domain = parse_domain(parser)
        if any(factor != 1 for factor in domain.par[:-1]):
            parser.raise_error("only the last dimension of a reduce takes par", position)
        through = None
        if parser.parse_optional_keyword("through") is not None:
            through = parser.parse_comma_separated_list(parser.Delimiter.SQUARE, parser.parse_type)
        attributes = parse_attributes(parser)
        parser.parse_punctuation(":")
        result_types = parse_types(parser)
        body = parser.parse_region(domain.arguments)
        op = cls(
            kinds,
            domain.bounds,
            result_types,
            body,
            par=domain.par[-1] if domain.par else 1,
            lanes=domain.lanes,
            through=through,
        )
        op.attributes |= attributes
        return op

    def print(self, printer: Printer) -> None:
        printer.print_string(f" {', '.join(self.kind_names)} ")
        print_domain(printer, self.indices, self.domain, self.par_factors, self.lane_count)
        if self.through is not None:
            printer.print_string(" through [")
            printer.print_list(self.through_types, printer.print_attribute)
            printer.print_string("]")
        print_attributes(printer, self)
        print_types(printer, " : ", self.result_types)
        printer.print_string(" ")
        printer.print_region(self.body, print_entry_block_args=False)


@irdl_op_definition
class ScanOp(IRDLOperation):
    """
    Run the body once per step, handing carried values from one step to the next.

    The results are the carried values after the last step, then every emitted value stacked
    along a new leading dimension. With `reverse` the index runs from bound - 1 down to 0, and
    an emitted value still lands at its own index.

    ```mlir
    %hT, %ys = pattern.scan (%t in 25) carry (%h = %h0 : f32) -> (f32, tensor<25xf32>) {
      %x = pattern.read %m[%t] : tensor<25xf32>
      %n = arith.addf %h, %x : f32
      pattern.next %n emit %n : f32, f32
    }
    ```
    """

    name = "pattern.scan"

    bound = prop_def(IntegerAttr)
    """Number of steps, at least 1."""
    reverse = opt_prop_def(UnitAttr)
    inits = var_operand_def()
    """Carried values before the first step."""
    body = region_def("single_block")
    res = var_result_def()

    traits = traits_def(RecursiveMemoryEffect())

    def __init__(
        self,
        bound: int,
        inits: Sequence[SSAValue | Operation],
        emit_types: Sequence[Attribute] = (),
        body: Region | None = None,
        *,
        reverse: bool = False,
    ):
        values = [SSAValue.get(init) for init in inits]
        carried = [value.type for value in values]
        super().__init__(
            operands=[values],
            properties={
                "bound": IntegerAttr(bound, i64),
                "reverse": UnitAttr() if reverse else None,
            },
            result_types=[carried + [stacked(type, bound) for type in emit_types]],
            regions=[Region(Block(arg_types=[IndexType(), *carried])) if body is None else body],
        )

    @property
    def steps(self) -> int:
        """Return the number of steps."""
        return self.bound.value.data

    @property
    def index(self) -> BlockArgument:
        """Return the step index of the body."""
        return self.body.block.args[0]

    @property
    def carries(self) -> tuple[BlockArgument, ...]:
        """Return the carried values of the body."""
        return tuple(self.body.block.args[1:])

    @property
    def next(self) -> "NextOp":
        """Return the terminator of the body."""
        return cast(NextOp, self.body.block.last_op)

    def verify_(self) -> None:
        if self.steps < 1:
            raise VerifyException(f"a scan takes at least 1 step, got {self.steps}")
        block = self.body.block
        carried = tuple(value.type for value in self.inits)
        if tuple(block.arg_types) != (IndexType(), *carried):
            raise VerifyException(
                f"the body takes an index and the carried values ({listed(carried)}), "
                f"got ({listed(block.arg_types)})"
            )
        if not isinstance(block.last_op, NextOp):
            raise VerifyException("the body of a scan must end in pattern.next")
        if tuple(value.type for value in self.next.carries) != carried:
            raise VerifyException(
                f"the next carried values have the types ({listed(carried)}), "
                f"got ({listed([value.type for value in self.next.carries])})"
            )
        expected = (*carried, *(stacked(value.type, self.steps) for value in self.next.emits))
        if tuple(self.result_types) != expected:
            raise VerifyException(
                f"results are the carried values, then the emitted ones stacked "
                f"({listed(expected)}), got ({listed(self.result_types)})"
            )

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        reverse = parser.parse_optional_keyword("reverse") is not None
        position = parser.pos
        domain = parse_domain(parser)
        if len(domain.bounds) != 1 or domain.par != (1,) or domain.lanes != 1:
            parser.raise_error("a scan has one dimension, without par", position)
        arguments = domain.arguments
        inits: list[SSAValue] = []

        def carry() -> None:
            name = parser.parse_argument(expect_type=False)
            parser.parse_punctuation("=")
            value = parser.parse_unresolved_operand()
            parser.parse_punctuation(":")
            type = parser.parse_type()
            arguments.append(name.resolve(type))
            inits.append(parser.resolve_operand(value, type))

        if parser.parse_optional_keyword("carry") is not None:
            parser.parse_comma_separated_list(parser.Delimiter.PAREN, carry)
        result_types = parse_results(parser)
        attributes = parse_attributes(parser)
        body = parser.parse_region(arguments)
        op = cls.build(
            operands=[inits],
            properties={
                "bound": IntegerAttr(domain.bounds[0], i64),
                "reverse": UnitAttr() if reverse else None,
            },
            result_types=[result_types],
            regions=[body],
        )
        op.attributes |= attributes
        return op

    def print(self, printer: Printer) -> None:
        printer.print_string(" reverse " if self.reverse is not None else " ")
        print_domain(printer, [self.index], [self.steps], [1], 1)

        def carry(pair: tuple[BlockArgument, SSAValue]) -> None:
            printer.print_ssa_value(pair[0])
            printer.print_string(" = ")
            printer.print_operand(pair[1])
            print_types(printer, " : ", [pair[1].type])

        if self.inits:
            printer.print_string(" carry ")
            with printer.in_parens():
                printer.print_list(list(zip(self.carries, self.inits, strict=True)), carry)
        print_results(printer, self.result_types)
        print_attributes(printer, self)
        printer.print_string(" ")
        printer.print_region(self.body, print_entry_block_args=False)


@irdl_op_definition
class NextOp(IRDLOperation):
    """
    End a step of a scan: hand over the carried values and emit others.

    ```mlir
    pattern.next %h, %c emit %y : tensor<8xf32>, tensor<8xf32>, tensor<8xf16>
    ```
    """

    name = "pattern.next"

    carries = var_operand_def()
    emits = var_operand_def()

    traits = lazy_traits_def(lambda: (IsTerminator(), Pure(), HasParent(ScanOp)))
    irdl_options = (AttrSizedOperandSegments(as_property=True),)

    def __init__(
        self,
        carries: Sequence[SSAValue | Operation],
        emits: Sequence[SSAValue | Operation] = (),
    ):
        super().__init__(operands=[carries, emits])

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        carries = parser.parse_optional_undelimited_comma_separated_list(
            parser.parse_optional_unresolved_operand, parser.parse_unresolved_operand
        )
        carries = carries or []
        emits = (
            parser.parse_comma_separated_list(
                parser.Delimiter.NONE, parser.parse_unresolved_operand
            )
            if parser.parse_optional_keyword("emit") is not None
            else []
        )
        attributes = parse_attributes(parser)
        position = parser.pos
        types: Sequence[Attribute] = ()
        if parser.parse_optional_punctuation(":") is not None:
            types = parse_types(parser)
        values = parser.resolve_operands([*carries, *emits], types, position)
        op = cls(values[: len(carries)], values[len(carries) :])
        op.attributes |= attributes
        return op

    def print(self, printer: Printer) -> None:
        if self.carries:
            printer.print_string(" ")
            printer.print_list(self.carries, printer.print_operand)
        if self.emits:
            printer.print_string(" emit ")
            printer.print_list(self.emits, printer.print_operand)
        print_attributes(printer, self)
        if self.operands:
            print_types(printer, " : ", [value.type for value in self.operands])


@irdl_op_definition
class YieldOp(AbstractYieldOperation[Attribute]):
    """
    End the body of a map or reduce with its scalars.

    ```mlir
    pattern.yield %a, %b : f32, f8E4M3FN
    ```
    """

    name = "pattern.yield"

    traits = lazy_traits_def(lambda: (IsTerminator(), Pure(), HasParent(MapOp, ReduceOp)))


def stacked(type: Attribute, count: int) -> TensorType:
    """Return the type of `count` values of a type, stacked along a new leading dimension."""
    shape = type.get_shape() if isa(type, TensorType) else ()
    return TensorType(element_type(type), (count, *shape))


def index_bound(value: SSAValue) -> int | None:
    """Return the bound of the loop whose index `value` is, or None when it is no loop index."""
    if not isinstance(value, BlockArgument):
        return None
    parent = value.block.parent_op()
    if isinstance(parent, DomainOp) and value.index < len(parent.domain):
        return parent.domain[value.index]
    if isinstance(parent, ScanOp) and value.index == 0:
        return parent.steps
    return None


def _verify_yield(values: Sequence[SSAValue], expected: Sequence[Attribute]) -> None:
    types = [value.type for value in values]
    if types != list(expected):
        raise VerifyException(
            f"the body yields one element per result ({listed(expected)}), got ({listed(types)})"
        )
