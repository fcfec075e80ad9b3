"""Structured operations of upstream, named or generic, in one form."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.dialects.builtin import AffineMapAttr, ArrayAttr, StringAttr, UnregisteredOp
from xdsl.dialects.linalg.abstract_ops import LinalgStructuredOperation
from xdsl.dialects.linalg.attrs import IteratorTypeAttr
from xdsl.dialects.linalg.ops import ReduceOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.ir.affine import AffineDimExpr, AffineExpr, AffineMap
from xdsl.utils.hints import isa

PRODUCTS: dict[str, tuple[str, str, str, str]] = {
    "linalg.dot": ("k", "k", "k", ""),
    "linalg.matvec": ("mk", "mk", "k", "m"),
    "linalg.vecmat": ("nk", "k", "kn", "n"),
    "linalg.matmul": ("mnk", "mk", "kn", "mn"),
    "linalg.matmul_transpose_a": ("mnk", "km", "kn", "mn"),
    "linalg.matmul_transpose_b": ("mnk", "mk", "nk", "mn"),
    "linalg.batch_matvec": ("bmk", "bmk", "bk", "bm"),
    "linalg.batch_vecmat": ("bnk", "bk", "bkn", "bn"),
    "linalg.batch_matmul": ("bmnk", "bmk", "bkn", "bmn"),
    "linalg.batch_matmul_transpose_b": ("bmnk", "bmk", "bnk", "bmn"),
    "linalg.batch_reduce_matmul": ("mnbk", "bmk", "bkn", "mn"),
}
"""Loops, and the indices of both factors and of the result, by the letters of the loops."""

ELEMENTWISE = frozenset(
    f"linalg.{name}"
    for name in (
        "abs", "add", "ceil", "copy", "div", "exp", "floor", "max", "min", "mul", "negf",
        "reciprocal", "rsqrt", "select", "sqrt", "square", "sub", "tanh",
    )
)  # fmt: skip
"""Named operations on elements at the same place."""


@dataclass(frozen=True)
class Structured:
    """A loop nest over elements: what it reads where, what it computes, where it writes."""

    op: Operation
    inputs: tuple[SSAValue, ...]
    outputs: tuple[SSAValue, ...]
    maps: tuple[AffineMap, ...]
    """From the loops to the coordinates, per input, then per output."""
    combining: tuple[bool, ...]
    """For each loop whether it combines."""
    body: Block
    extents: tuple[int, ...]


def structured_form(op: Operation) -> Structured | None:
    """Give the form of an operation, None for one that is none of these."""
    name = op.op_name.data if isinstance(op, UnregisteredOp) else op.name
    if not name.startswith("linalg.") or len(op.regions) != 1 or not op.regions[0].blocks:
        return None
    if isinstance(op, ReduceOp):
        return _reduce(op)
    body = op.regions[0].block
    count = len(op.results)
    inputs, outputs = op.operands[: len(op.operands) - count], op.operands[-count:]
    maps = _maps(op, name, len(inputs))
    if maps is None or len(maps) != len(op.operands):
        return None
    combining = _combining(op, maps, count)
    extents = _extents(maps, [*inputs, *outputs])
    if extents is None:
        return None
    return Structured(op, tuple(inputs), tuple(outputs), tuple(maps), combining, body, extents)


def _maps(op: Operation, name: str, inputs: int) -> list[AffineMap] | None:
    given = op.properties.get("indexing_maps", op.attributes.get("indexing_maps"))
    if isa(given, ArrayAttr[AffineMapAttr]):
        return [map.data for map in given]
    if name in PRODUCTS:
        loops, *operands = PRODUCTS[name]
        dims = {letter: AffineExpr.dimension(n) for n, letter in enumerate(loops)}
        return [
            AffineMap(len(loops), 0, tuple(dims[letter] for letter in letters))
            for letters in operands
        ]
    if name in ELEMENTWISE:
        rank = len(_shape(op.operands[-1]))
        return [
            AffineMap.identity(rank) if _shape(value) else AffineMap(rank, 0, ())
            for value in op.operands
        ]
    if isinstance(op, LinalgStructuredOperation):
        return [map.data for map in op.get_indexing_maps()]
    return None


def _combining(op: Operation, maps: list[AffineMap], outputs: int) -> tuple[bool, ...]:
    given = op.properties.get("iterator_types", op.attributes.get("iterator_types"))
    if isa(given, ArrayAttr):
        reduction = (IteratorTypeAttr.reduction(), StringAttr("reduction"))
        return tuple(kind in reduction for kind in given)
    written = {
        expr.position
        for map in maps[-outputs:]
        for expr in map.results
        if isinstance(expr, AffineDimExpr)
    }
    return tuple(loop not in written for loop in range(maps[0].num_dims))


def _extents(maps: list[AffineMap], operands: list[SSAValue]) -> tuple[int, ...] | None:
    """Give the extents of the loops, from operands that one of them indexes alone."""
    found: dict[int, int] = {}
    for map, value in zip(maps, operands, strict=True):
        for expr, extent in zip(map.results, _shape(value), strict=False):
            if isinstance(expr, AffineDimExpr):
                found.setdefault(expr.position, extent)
    loops = range(maps[0].num_dims)
    return tuple(found[loop] for loop in loops) if all(loop in found for loop in loops) else None


def _shape(value: SSAValue) -> tuple[int, ...]:
    get = getattr(value.type, "get_shape", None)
    return tuple(get()) if get is not None else ()


def _reduce(op: ReduceOp) -> Structured | None:
    """`linalg.reduce`: the dimensions that combine are named."""
    count = len(op.results)
    inputs, outputs = op.operands[: len(op.operands) - count], op.operands[-count:]
    shape = _shape(inputs[0])
    gone = {int(n) for n in op.dimensions.get_values()}
    kept = tuple(AffineExpr.dimension(n) for n in range(len(shape)) if n not in gone)
    maps = [AffineMap.identity(len(shape))] * len(inputs)
    maps += [AffineMap(len(shape), 0, kept)] * count
    combining = tuple(n in gone for n in range(len(shape)))
    body = op.regions[0].block
    return Structured(op, tuple(inputs), tuple(outputs), tuple(maps), combining, body, shape)
