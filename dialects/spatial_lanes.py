"""What the pipelines of compute units do across lanes and firings: combine, fold, repeat."""

from __future__ import annotations

from xdsl.dialects.builtin import IndexType, StringAttr, UnitAttr, VectorType
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import (
    AnyAttr,
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    opt_operand_def,
    opt_prop_def,
    prop_def,
    result_def,
    traits_def,
)
from xdsl.parser import Parser, UnresolvedOperand
from xdsl.printer import Printer
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.hints import isa

from spatial_opt.dialects.pattern_syntax import element_type
from spatial_opt.dialects.spatial_access import token_elements
from spatial_opt.dialects.spatial_compute import (
    parse_per,
    per_operands,
    print_per,
    verify_in_pcu,
    verify_per,
    verify_token,
)
from spatial_opt.dialects.spatial_syntax import parse_extra_attributes, print_extra_attributes

REDUCTIONS = ("add", "mul", "max", "min")


def _verify_kind(kind: StringAttr) -> None:
    if kind.data not in REDUCTIONS:
        raise VerifyException(f"combine by {', '.join(REDUCTIONS)}, got {kind.data}")


def _parse_kind(parser: Parser) -> StringAttr:
    return StringAttr(parser.parse_identifier(" (add, mul, max or min)"))


def _parse_types(
    parser: Parser, value: UnresolvedOperand
) -> tuple[dict[str, Attribute], SSAValue, Attribute]:
    """Parse ` {…} : type to type` behind an operand: the attributes, the operand, the result."""
    attributes = parse_extra_attributes(parser)
    parser.parse_punctuation(":")
    operand = parser.resolve_operand(value, parser.parse_type())
    parser.parse_keyword("to")
    return attributes, operand, parser.parse_type()


def _print_types(printer: Printer, op: CombineOp | FoldOp | RepeatOp) -> None:
    print_extra_attributes(printer, op)
    printer.print_string(" : ")
    printer.print_attribute(op.input.type)
    printer.print_string(" to ")
    printer.print_attribute(op.result.type)


def _print_reduced(printer: Printer, op: CombineOp | FoldOp) -> None:
    printer.print_string(f" {op.kind.data} ")
    printer.print_ssa_value(op.input)


@irdl_op_definition
class CombineOp(IRDLOperation):
    """Combine adjacent pairs of lanes: element i is input 2i (kind) input 2i+1."""

    name = "spatial.combine"

    kind = prop_def(StringAttr)
    """add, mul, max or min."""
    input = operand_def(AnyAttr())
    result = result_def(AnyAttr())

    traits = traits_def(Pure())

    def __init__(self, kind: str, input: SSAValue):
        type = input.type
        if not isa(type, VectorType):
            raise ValueError(f"spatial.combine takes a vector, got {type}")
        half = VectorType(element_type(type), [token_elements(type) // 2])
        super().__init__(
            operands=[input], properties={"kind": StringAttr(kind)}, result_types=[half]
        )

    @classmethod
    def parse(cls, parser: Parser) -> CombineOp:
        properties: dict[str, Attribute] = {"kind": _parse_kind(parser)}
        value = parser.parse_unresolved_operand()
        attributes, operand, result = _parse_types(parser, value)
        return cls.create(
            operands=[operand],
            properties=properties,
            attributes=attributes,
            result_types=[result],
        )

    def print(self, printer: Printer) -> None:
        _print_reduced(printer, self)
        _print_types(printer, self)

    def verify_(self) -> None:
        verify_in_pcu(self)
        _verify_kind(self.kind)
        given, made = self.input.type, self.result.type
        if (
            not isa(given, VectorType)
            or not isa(made, VectorType)
            or element_type(given) != element_type(made)
            or token_elements(given) != 2 * token_elements(made)
        ):
            raise VerifyException(
                f"adjacent pairs of vector<2NxT> make a vector<NxT>, got {given} to {made}"
            )


@irdl_op_definition
class FoldOp(IRDLOperation):
    """
    Reduce the lanes by a tree of adjacent pairs, then accumulate over firings.

    acc = acc (kind) tree, starting at the identity for each %j of `per %j` (each activation with
    `once`); with neither, the tree alone. The result is final at the last of those firings.

    A result of the vector type of the input leaves the tree out: every lane accumulates for
    itself, which takes an ordinary stage.

    ```mlir
    %row = spatial.fold add %v per %j : vector<16xf32> to vector<16xf32>
    ```
    """

    name = "spatial.fold"

    kind = prop_def(StringAttr)
    """add, mul, max or min."""
    once = opt_prop_def(UnitAttr)
    input = operand_def(AnyAttr())
    per = opt_operand_def(IndexType)
    result = result_def(AnyAttr())

    def __init__(
        self,
        kind: str,
        input: SSAValue,
        per: SSAValue | None = None,
        once: bool = False,
        lanewise: bool = False,
    ):
        super().__init__(
            operands=[input, per_operands(per)],
            properties={"kind": StringAttr(kind), "once": UnitAttr() if once else None},
            result_types=[input.type if lanewise else element_type(input.type)],
        )

    @property
    def accumulates(self) -> bool:
        """Whether the result goes on over several firings."""
        return self.per is not None or self.once is not None

    @property
    def lanewise(self) -> bool:
        """Whether each lane accumulates for itself, without a tree."""
        return isinstance(self.result.type, VectorType)

    @classmethod
    def parse(cls, parser: Parser) -> FoldOp:
        properties: dict[str, Attribute] = {"kind": _parse_kind(parser)}
        value = parser.parse_unresolved_operand()
        per: list[SSAValue] = []
        parse_per(parser, properties, per)
        attributes, operand, result = _parse_types(parser, value)
        return cls.create(
            operands=[operand, *per],
            properties=properties,
            attributes=attributes,
            result_types=[result],
        )

    def print(self, printer: Printer) -> None:
        _print_reduced(printer, self)
        print_per(printer, self)
        _print_types(printer, self)

    def verify_(self) -> None:
        verify_in_pcu(self)
        verify_per(self)
        _verify_kind(self.kind)
        verify_token(self.input.type)
        given: Attribute = self.input.type
        made: Attribute = self.result.type
        total = element_type(given)
        if made not in (given, total):
            kept = "" if given == total else f" or, lane by lane, {given}"
            raise VerifyException(f"a fold of {given} gives {total}{kept}, got {made}")
        if self.lanewise and not self.accumulates:
            raise VerifyException(
                f"a fold of {given} that keeps its lanes accumulates over firings: it needs "
                "per or once"
            )


@irdl_op_definition
class RepeatOp(IRDLOperation):
    """
    Give all lanes the elements of one token, over and over.

    Element i of the result is element i mod N of an operand of N elements; N divides the lanes.
    A word goes to every lane as it is, so this takes no stage and no time.

    ```mlir
    %all = spatial.repeat %x : vector<4xf8E4M3FN> to vector<64xf8E4M3FN>
    ```
    """

    name = "spatial.repeat"

    input = operand_def(AnyAttr())
    result = result_def(AnyAttr())

    traits = traits_def(Pure())

    def __init__(self, input: SSAValue, lanes: int):
        super().__init__(
            operands=[input], result_types=[VectorType(element_type(input.type), [lanes])]
        )

    @classmethod
    def parse(cls, parser: Parser) -> RepeatOp:
        attributes, operand, result = _parse_types(parser, parser.parse_unresolved_operand())
        return cls.create(operands=[operand], attributes=attributes, result_types=[result])

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_ssa_value(self.input)
        _print_types(printer, self)

    def verify_(self) -> None:
        verify_in_pcu(self)
        given, made = self.input.type, self.result.type
        verify_token(given)
        verify_token(made)
        if (
            not isa(made, VectorType)
            or element_type(given) != element_type(made)
            or token_elements(made) % token_elements(given)
        ):
            raise VerifyException(
                "N elements are repeated to a vector of a multiple of N elements of the same "
                f"type, got {given} to {made}"
            )


def fold_levels(op: FoldOp) -> int:
    """Levels of the tree over lanes: 0 for a scalar, and where each lane accumulates for itself."""
    return 0 if op.lanewise else (token_elements(op.input.type) - 1).bit_length()
