"""The recurrence: a scan over steps, with its terminator."""

from collections.abc import Sequence
from typing import Self, cast

from xdsl.dialects.builtin import (
    DenseArrayBase,
    IndexType,
    IntegerAttr,
    TensorType,
    UnitAttr,
    i64,
)
from xdsl.interfaces import HasCanonicalizationPatternsInterface
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
from xdsl.pattern_rewriter import RewritePattern
from xdsl.printer import Printer
from xdsl.traits import HasParent, IsTerminator, Pure, RecursiveMemoryEffect
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.hints import isa

from spatial_opt.dialects.affine_syntax import parse_domain, print_domain
from spatial_opt.dialects.pattern_domain import DomainOp
from spatial_opt.dialects.pattern_syntax import (
    element_type,
    listed,
    parse_attributes,
    parse_results_and_body,
    parse_types,
    print_attributes,
    print_results_and_body,
    print_types,
)


@irdl_op_definition
class ScanOp(IRDLOperation, HasCanonicalizationPatternsInterface):
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
    def get_canonicalization_patterns(cls) -> tuple[RewritePattern, ...]:
        from spatial_opt.passes.canonicalization_patterns.pattern_scan import (
            DropScanValues,
            ForwardScanValues,
        )

        return (ForwardScanValues(), DropScanValues())

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
        result_types, attributes, body = parse_results_and_body(parser, arguments)
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
        print_results_and_body(printer, self, self.body)


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


def stacked(type: Attribute, count: int) -> TensorType:
    """Return the type of `count` values of a type, stacked along a new leading dimension."""
    shape = type.get_shape() if isa(type, TensorType) else ()
    return TensorType(element_type(type), (count, *shape))


def index_bound(value: SSAValue) -> int | None:
    """Return the bound of the loop whose index `value` is, or None when it is no loop index."""
    if not isinstance(value, BlockArgument):
        return None
    parent = value.block.parent_op()
    # Verifiers ask before the loop itself has been verified.
    if (
        isinstance(parent, DomainOp)
        and isinstance(parent.properties.get("bounds"), DenseArrayBase)
        and value.index < len(parent.domain)
    ):
        return parent.domain[value.index]
    if (
        isinstance(parent, ScanOp)
        and isinstance(parent.properties.get("bound"), IntegerAttr)
        and value.index == 0
    ):
        return parent.steps
    return None
