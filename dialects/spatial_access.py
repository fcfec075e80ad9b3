"""Tokens and addresses: what address generators and memory streams have in common."""

from __future__ import annotations

from math import prod

from xdsl.dialects.builtin import (
    I64,
    ArrayAttr,
    DenseArrayBase,
    IntegerType,
    StringAttr,
    VectorType,
)
from xdsl.ir import Attribute, Operation
from xdsl.ir.affine import AffineMap
from xdsl.utils.exceptions import VerifyException
from xdsl.utils.hints import isa

from spatial_opt.dialects.pattern_syntax import element_type
from spatial_opt.dialects.spatial_structure import enclosing_counters
from spatial_opt.dialects.spatial_syntax import CounterNames, verify_bounds

NO_NAMES = ArrayAttr[StringAttr]([])


def token_elements(type: Attribute) -> int:
    """Elements in one token: N for `vector<NxT>`, 1 for a scalar."""
    return prod(type.get_shape()) if isinstance(type, VectorType) else 1


def counter_names(op: Operation, bounds: DenseArrayBase[I64], map_: AffineMap) -> CounterNames:
    """How the counters of a stream are printed."""
    names = op.properties.get("names")
    return CounterNames(
        enclosing_counters(op),
        bounds.get_values(),
        names if isa(names, ArrayAttr[StringAttr]) else None,
        map_.num_dims,
    )


def verify_access(
    op: Operation, bounds: DenseArrayBase[I64], map_: AffineMap, type: Attribute, rank: int
) -> None:
    """The address has a result per dimension and a dim per visible counter."""
    verify_bounds(bounds)
    if len(map_.results) != rank:
        raise VerifyException(f"an address of rank {rank} is needed, got rank {len(map_.results)}")
    outer = len(enclosing_counters(op))
    if op.parent is not None and map_.num_dims != outer + len(bounds):
        raise VerifyException(
            f"the address is over {map_.num_dims} counters, but {outer} enclosing and "
            f"{len(bounds)} own counters are visible"
        )
    if isinstance(type, VectorType) and type.get_num_dims() != 1:
        raise VerifyException(f"a token is a scalar or a vector of rank 1, got {type}")


def element_bits(type: Attribute) -> int:
    """Bits of one element of a token or tensor type; index counts as 32, i1 as 8 in memory."""
    element = element_type(type)
    if isa(element, IntegerType):
        return max(8, element.width.data)
    return getattr(element, "bitwidth", 32)
