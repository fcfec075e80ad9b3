"""Whether a sum of products adds zero for the indices that belong to another part."""

from __future__ import annotations

from typing import cast

from xdsl.dialects import arith
from xdsl.dialects.builtin import FloatAttr, IntegerAttr, TensorType
from xdsl.ir import Attribute

from spatial_opt.dialects import pattern
from spatial_opt.passes.fusion.coordinates import (
    Coordinate,
    Index,
    constant,
    describe,
    of_index,
    replace_indices,
)
from spatial_opt.passes.fusion.expression import Compute, Node, Read, Scope
from spatial_opt.passes.remarks import name_of

_LIMIT = 2.0**100
"""Constants up to this size times zero are zero in every format."""


def nonzero_reason(value: Node, over: Scope, start: int, count: int) -> str | None:
    """
    Return why the body of a reduction may be other than zero for start <= k < start + count.

    Reads give zero outside their tensors there. The scope has one index, k.
    """
    if count <= 0:
        return None
    # Another index that runs over those values of k only.
    other = Index(over.indices[0].order, count, over.indices[0].name)
    there = {over.indices[0]: of_index(other) + constant(start)}
    return _reason(value, there)


def _reason(node: Node, there: dict[Index, Coordinate]) -> str | None:
    match node:
        case Read(source=source, point=point):
            shape = cast(TensorType[Attribute], source.type).get_shape()
            for coordinate, extent in zip(point, shape, strict=True):
                reach = replace_indices(coordinate, there).range()
                if reach is not None and (reach[1] < 0 or reach[0] >= extent):
                    return None
            return f"{name_of(source)}{describe(point)} is not zero beyond its end"
        case Compute(template=template, operands=operands):
            return _compute_reason(template.name, template, operands, there)
        case _:
            return "a term is no product of elements"


def _compute_reason(
    name: str, template: object, operands: tuple[Node, ...], there: dict[Index, Coordinate]
) -> str | None:
    reasons = [_reason(operand, there) for operand in operands]
    match name:
        case "arith.constant":
            return None if _constant(template) == 0 else "a term has a constant part"
        case "arith.mulf" | "arith.muli":
            # Zero times infinity is no number: the other factor must be zero, too, or finite.
            for reason, other in zip(reasons, reversed(operands), strict=True):
                if reason is not None:
                    continue
                if reasons == [None, None] or (
                    isinstance(other, Compute) and abs(_constant(other.template)) < _LIMIT
                ):
                    return None
            return next(reason for reason in reasons if reason is not None)
        case (
            "arith.addf" | "arith.addi" | "arith.subf" | "arith.subi"
            | "arith.negf" | "arith.extf" | "arith.extsi" | "math.absf"
        ):  # fmt: skip
            return next((reason for reason in reasons if reason is not None), None)
        case "pattern.convert":
            limits = template.clamp_range if isinstance(template, pattern.ConvertOp) else None
            if limits is not None and not limits[0] <= 0 <= limits[1]:
                return "a term is clamped to a range without zero"
            return reasons[0]
        case _:
            return f"{name} makes a term other than a product"


def _constant(template: object) -> float:
    """Return the number of a constant operation, infinity for any other operation."""
    if isinstance(template, arith.ConstantOp):
        value = template.value
        if isinstance(value, IntegerAttr | FloatAttr):
            return cast(float, value.value.data)
    return float("inf")
