"""Reduction of a vector inside a unit: neighbouring pairs, then the folded tree."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import VectorType
from xdsl.ir import Attribute, Block, SSAValue

from spatial_opt.dialects import pattern, spatial
from spatial_opt.lowering.spatial.program import TOOL
from spatial_opt.machine.errors import SpatialError


def reduce_vector(
    block: Block,
    value: SSAValue,
    kind: str,
    through: Sequence[Attribute],
    result: Attribute,
    row: SSAValue,
    word_lanes: int,
    rows: int = 1,
) -> SSAValue:
    """
    Append the ops that reduce a vector to one element per row, in the order of pattern.reduce.

    Packed vectors are first combined within their words (each level in the type that `through`
    gives it), until one word per lane and the result's type are reached; the fold does the rest.
    With `rows` above 1 the vector holds the elements of as many rows, one after another, and each
    lane sums its own row up.
    """
    types = list(through) or [result]
    element = pattern.element_type(value.type)
    count = spatial.token_elements(value.type)
    level = 0
    while count > rows:
        type_here = types[min(level, len(types) - 1)]
        if element != type_here:
            value = _converted(block, value, type_here, count)
            element = type_here
        remaining = {str(t) for t in types[min(level, len(types) - 1) :]}
        if rows == 1 and count <= word_lanes and remaining == {str(result)}:
            break
        if count % 2:
            raise SpatialError(
                f"{TOOL}: a reduction in {element} over {count} lanes cannot be halved; "
                "use a power of two for rv"
            )
        count //= 2
        op = spatial.CombineOp(kind, value)
        block.add_op(op)
        value, level = op.result, level + 1
    if element != result:
        value = _converted(block, value, result, count)
    fold = spatial.FoldOp(kind, value, row, lanewise=rows > 1)
    block.add_op(fold)
    return fold.result


def _converted(block: Block, value: SSAValue, element: Attribute, count: int) -> SSAValue:
    target = VectorType(element, [count]) if isinstance(value.type, VectorType) else element
    op = pattern.ConvertOp(value, target)
    block.add_op(op)
    return op.result
