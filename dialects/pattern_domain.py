"""The index domain of a map or a reduce."""

from collections.abc import Sequence
from typing import cast

from xdsl.dialects.builtin import (
    DenseArrayBase,
    IndexType,
    IntegerAttr,
    i64,
)
from xdsl.ir import Attribute, Block, BlockArgument, Operation, Region, SSAValue
from xdsl.irdl import (
    IRDLOperation,
    prop_def,
    region_def,
)
from xdsl.utils.exceptions import VerifyException

from spatial_opt.dialects.pattern_syntax import (
    integers,
    values_of,
)


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
        for factor, bound in zip(par, bounds, strict=True):
            if factor > bound:
                raise VerifyException(
                    f"par {factor} are more copies than a dimension of {bound} has elements; "
                    f"lower par to {bound}"
                )
        if lanes != 1 and not bounds:
            raise VerifyException(f"a domain without dimensions has one lane, got {lanes}")
        from spatial_opt.dialects.pattern_loops import YieldOp

        block = self.body.block
        if tuple(block.arg_types) != (IndexType(),) * len(bounds):
            raise VerifyException(
                f"the body takes one index argument per dimension, got "
                f"({', '.join(map(str, block.arg_types))}) for {len(bounds)} dimensions"
            )
        if not isinstance(block.last_op, YieldOp):
            raise VerifyException("the body must end in pattern.yield")
