"""Recognise folds that are exact sums of integer products, which any order computes alike."""

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.arith import ExtSIOp, MuliOp
from xdsl.dialects.builtin import IntegerType
from xdsl.utils.hints import isa

from spatial_opt.dialects.pattern import ConvertOp
from spatial_opt.runtime.native.body import Node
from spatial_opt.runtime.native.kernel import Structure


@dataclass(frozen=True)
class Products:
    """The two receives whose lanes are multiplied."""

    constant: int
    """The one that differs along the SIMD counter."""
    varying: int
    """The one that all firings along the SIMD counter share."""


def _bits(node: Node) -> int | None:
    return node.type.bitwidth if isa(node.type, IntegerType) else None


def _adds(node: Node) -> bool:
    return node.accumulates and node.reduction == "add"


def find_products(structure: Structure) -> tuple[int, int] | None:
    """
    Give the two receives if the only fold adds up products of their lanes, modulo 2**32.

    No intermediate result in a type below 32 bits may wrap, whatever arrives.
    """
    nodes = structure.nodes
    folds = [n for n in nodes if n.kind == "fold"]
    early = [i for i, n in enumerate(nodes) if n.kind == "send" and i not in structure.late]
    if len(folds) != 1 or early or not _adds(folds[0]) or _bits(folds[0]) != 32:
        return None
    levels = 0
    index = folds[0].args[0]
    chain: list[int] = []
    while True:
        node = nodes[index]
        if node.kind == "combine" and node.reduction == "add":
            levels += 1
        elif not _widens(nodes, node):
            break
        chain.append(index)
        index = node.args[0]
    product = nodes[index]
    if product.kind != "op" or not isinstance(product.op, MuliOp):
        return None
    factors = [_receive(nodes, a) for a in product.args]
    first, second = factors
    if first is None or second is None or first == second:
        return None
    a, b = _bits(nodes[first]), _bits(nodes[second])
    if a is None or b is None or max(a, b) > 16 or nodes[first].lanes % 2:
        return None
    # From the leaves to the fold: the largest magnitude, where the type is below 32 bits.
    largest = 1 << (a + b - 2)
    if not _holds(product, largest):
        return None
    for position in reversed(chain):
        if nodes[position].kind == "combine":
            largest *= 2
        if not _holds(nodes[position], largest):
            return None
    return first, second


def _holds(node: Node, largest: int) -> bool:
    bits = _bits(node)
    return bits is not None and (bits >= 32 or largest < 1 << (bits - 1))


def _widens(nodes: Sequence[Node], node: Node) -> bool:
    if node.kind != "op" or len(node.args) != 1:
        return False
    before, after = _bits(nodes[node.args[0]]), _bits(node)
    if before is None or after is None or after < before or before == 1:
        return False
    if isinstance(node.op, ConvertOp):
        return node.op.scale is None and node.op.clamp is None
    return isinstance(node.op, ExtSIOp)


def _receive(nodes: Sequence[Node], index: int) -> int | None:
    while _widens(nodes, nodes[index]):
        index = nodes[index].args[0]
    return index if nodes[index].kind == "receive" else None
