"""The patterns themselves: map, reduce and scan, with their terminators."""

from collections.abc import Sequence
from typing import Self

from xdsl.dialects.builtin import (
    ArrayAttr,
    IntegerAttr,
    StringAttr,
    TensorType,
    i64,
)
from xdsl.dialects.utils import AbstractYieldOperation
from xdsl.interfaces import HasCanonicalizationPatternsInterface
from xdsl.ir import Attribute, Region, SSAValue
from xdsl.irdl import (
    irdl_op_definition,
    lazy_traits_def,
    opt_prop_def,
    prop_def,
    traits_def,
    var_result_def,
)
from xdsl.parser import Parser
from xdsl.pattern_rewriter import RewritePattern
from xdsl.printer import Printer
from xdsl.traits import HasParent, IsTerminator, Pure, RecursiveMemoryEffect
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.hints import isa

from spatial_opt.dialects.affine_syntax import (
    parse_domain,
    print_domain,
)
from spatial_opt.dialects.pattern_dealing import DEALINGS, Dealing
from spatial_opt.dialects.pattern_domain import DomainOp
from spatial_opt.dialects.pattern_syntax import (
    is_float,
    is_integer,
    listed,
    parse_attributes,
    parse_results_and_body,
    parse_types,
    print_attributes,
    print_results_and_body,
    print_types,
)

REDUCTION_KINDS = ("add", "mul", "max", "min")


@irdl_op_definition
class MapOp(DomainOp, HasCanonicalizationPatternsInterface):
    """
    Compute one element for every point of a domain, in any order.

    The body sees one index per dimension and yields one scalar per result; tensors are read
    through `pattern.read` and `pattern.gather`. `par` copies of the body run at once in a
    dimension, and `lanes` elements of the last dimension at once in each; neither changes a
    value. With `rows n` only the reductions of the body have `par` copies; what stands around
    them has n, which take the results of par / n copies in turn. The units get rows in turns, or,
    with `deal blocked`, one block of neighbouring rows each.

    ```mlir
    %r = pattern.map (%g in 4, %i in 512 par 4 x 16) -> tensor<4x512xf32> {
      %v = pattern.read %m[%g, %i] : tensor<4x512xf32>
      %d = arith.addf %v, %v : f32
      pattern.yield %d : f32
    }
    ```
    """

    name = "pattern.map"

    rows = opt_prop_def(IntegerAttr)
    """Copies of what stands outside the reductions; as many as `par` when absent."""
    deal = opt_prop_def(StringAttr)
    """How rows are dealt to those copies, cyclic or blocked; cyclic when absent."""
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
        rows: int | None = None,
        deal: str | None = None,
    ):
        super().__init__(
            properties=self.domain_properties(bounds, par, lanes)
            | {
                "rows": None if rows is None else IntegerAttr(rows, i64),
                "deal": None if deal is None else StringAttr(deal),
            },
            result_types=[[TensorType(element, bounds) for element in result_element_types]],
            regions=[self.empty_body(len(bounds)) if body is None else body],
        )

    @property
    def row_copies(self) -> int:
        """Return the copies, in the last dimension, of what stands outside the reductions."""
        if self.rows is not None:
            return self.rows.value.data
        return self.par_factors[-1] if self.domain else 1

    @property
    def dealing(self) -> Dealing:
        """Return how rows are dealt to the copies of what stands outside the reductions."""
        rows, copies = (self.domain[-1], self.par_factors[-1]) if self.domain else (1, 1)
        blocked = self.deal is not None and self.deal.data == "blocked"
        return Dealing(rows, copies, self.row_copies, self.lane_count, blocked)

    def verify_(self) -> None:
        self.verify_domain()
        copies = self.par_factors[-1] if self.domain else 1
        if self.row_copies < 1 or copies % self.row_copies:
            raise VerifyException(
                f"rows must divide par of the last dimension, got rows = {self.row_copies} "
                f"and par = {copies}"
            )
        if self.deal is not None and self.deal.data not in DEALINGS:
            raise VerifyException(
                f"rows are dealt {' or '.join(DEALINGS)}, got deal {self.deal.data}"
            )
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
    def get_canonicalization_patterns(cls) -> tuple[RewritePattern, ...]:
        from spatial_opt.passes.canonicalization_patterns.pattern_loops import (
            DropMapResults,
            ForwardIdentityMap,
        )

        return (ForwardIdentityMap(), DropMapResults())

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        domain = parse_domain(parser)
        rows = None
        if parser.parse_optional_keyword("rows") is not None:
            rows = parser.parse_integer(allow_boolean=False)
        deal = None
        if parser.parse_optional_keyword("deal") is not None:
            deal = parser.parse_identifier()
        position = parser.pos
        result_types, attributes, body = parse_results_and_body(parser, domain.arguments)
        elements: list[Attribute] = []
        for result_type in result_types:
            if not isa(result_type, TensorType) or result_type.get_shape() != domain.bounds:
                parser.raise_error(
                    f"results have the shape of the domain, "
                    f"got {result_type} for bounds {list(domain.bounds)}",
                    position,
                )
            elements.append(result_type.element_type)
        op = cls(
            domain.bounds,
            elements,
            body,
            par=domain.par,
            lanes=domain.lanes,
            rows=rows,
            deal=deal,
        )
        op.attributes |= attributes
        return op

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        print_domain(printer, self.indices, self.domain, self.par_factors, self.lane_count)
        if self.rows is not None:
            printer.print_string(f" rows {self.row_copies}")
        if self.deal is not None:
            printer.print_string(f" deal {self.deal.data}")
        print_results_and_body(printer, self, self.body)


@irdl_op_definition
class ReduceOp(DomainOp, HasCanonicalizationPatternsInterface):
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
    def get_canonicalization_patterns(cls) -> tuple[RewritePattern, ...]:
        from spatial_opt.passes.canonicalization_patterns.pattern_loops import (
            DropReduceResults,
            InlineSingleElement,
        )

        return (InlineSingleElement(), DropReduceResults())

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
class YieldOp(AbstractYieldOperation[Attribute]):
    """
    End the body of a map or reduce with its scalars.

    ```mlir
    pattern.yield %a, %b : f32, f8E4M3FN
    ```
    """

    name = "pattern.yield"

    traits = lazy_traits_def(lambda: (IsTerminator(), Pure(), HasParent(MapOp, ReduceOp)))


def _verify_yield(values: Sequence[SSAValue], expected: Sequence[Attribute]) -> None:
    types = [value.type for value in values]
    if types != list(expected):
        raise VerifyException(
            f"the body yields one element per result ({listed(expected)}), got ({listed(types)})"
        )
