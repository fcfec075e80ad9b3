"""
Makes one reduction of sums that are added: of W x + R h the dot product of [W | R] and [x | h].

The domains are put one after another. Each part reads at its own offset and finds zero outside
its tensors, so that at every index one part contributes and the others add an exact zero. Only
the order of the additions changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from xdsl.dialects import arith
from xdsl.ir import Operation

from spatial_opt.dialects.pattern_syntax import is_float
from spatial_opt.dialects.spatial import element_bits
from spatial_opt.passes.fusion.coordinates import constant, of_index, replace_indices
from spatial_opt.passes.fusion.expression import Node, Read, Scope, live_nodes, rebuilt
from spatial_opt.passes.fusion.terms import Chains, Term, difference, is_add, value_type
from spatial_opt.passes.fusion.zeros import nonzero_reason

Note = Callable[[str], None]
"""Takes a remark."""
Align = Callable[[int], int]
"""From the bits of the widest element read to the multiple at which a part begins."""


@dataclass
class _Part:
    """A sum before the concatenation."""

    extent: int
    reads: set[Node]


def concatenate(yields: Sequence[Node], align: Align, note: Note) -> list[Node]:
    """Return what a map yields after making one of the sums that are added to each other."""
    concatenation = _Concatenation(align, note)
    for terms in Chains(yields).find():
        concatenation.chain(terms)
    return concatenation.finish(yields)


class _Concatenation:
    """The addends replaced so far, and the domains made for them."""

    def __init__(self, align: Align, note: Note):
        self._align = align
        self._note = note
        self._replaced: dict[Node, Node] = {}
        self._gone: set[Node] = set()
        self._layouts: list[list[_Part]] = []

    def chain(self, terms: list[Term]) -> None:
        """Concatenate the terms of a chain that go together."""
        while terms:
            first, alike, others = terms[0], [terms[0]], list[Term]()
            for term in terms[1:]:
                reason = difference(first, term)
                if reason is None:
                    alike.append(term)
                else:
                    others.append(term)
                    self._note(f"sums not concatenated: {reason}")
            if len(alike) > 1:
                self._join(alike)
            terms = others

    def _join(self, terms: list[Term]) -> None:
        terms = self._ordered(terms)
        reads = [_reads(term) for term in terms]
        widest = max(
            (element_bits(read.template.results[0].type) for part in reads for read in part),
            default=32,
        )
        multiple = self._align(widest)
        offsets, total = list[int](), 0
        for term in terms:
            offsets.append(total)
            total += -(-_extent(term) // multiple) * multiple
        total = offsets[-1] + _extent(terms[-1])
        for term, offset in zip(terms, offsets, strict=True):
            over, value, extent = term.reduction.over, term.reduction.operands[0], _extent(term)
            reason = nonzero_reason(value, over, -offset, offset) or nonzero_reason(
                value, over, extent, total - offset - extent
            )
            if reason is not None:
                self._note(f"{term.name} not concatenated with others: {reason}")
                return
        parts = [_Part(_extent(t), set[Node](r)) for t, r in zip(terms, reads, strict=True)]
        self._layouts.append(parts)
        self._write(terms, offsets, total)
        extents = " and ".join(str(_extent(term)) for term in terms)
        self._note(f"sums over {extents} concatenated to one over {total}")

    def _ordered(self, terms: list[Term]) -> list[Term]:
        """Return the terms in the order of an earlier concatenation that shares their reads."""
        for layout in self._layouts:
            left = list(terms)
            ordered: list[Term] = []
            for part in layout:
                for term in left:
                    if _extent(term) == part.extent and part.reads & set(_reads(term)):
                        ordered.append(term)
                        left.remove(term)
                        break
            if len(ordered) == len(layout) == len(terms):
                return ordered
        return terms

    def _write(self, terms: list[Term], offsets: list[int], total: int) -> None:
        first = terms[0]
        reduction, old = first.reduction, first.reduction.over
        if old.loop is None:
            raise RuntimeError("a reduction over the body of a map, this is a bug")
        loop = replace(old.loop, bounds=(total,))
        over = reduction.scope.inner(loop, [old.indices[0].name])
        values = [
            _moved(term.reduction.operands[0], term.reduction.over, over, offset)
            for term, offset in zip(terms, offsets, strict=True)
        ]
        value = values[0]
        for other in values[1:]:
            value = over.compute(_adder(value, reduction.template), (value, other))
        joined = reduction.scope.reduction(
            over, reduction.kind, reduction.type, value, reduction.template, reduction.name
        )
        operands = tuple(
            joined if operand is reduction else operand for operand in first.leaf.operands
        )
        is_sum = first.leaf is reduction
        new = joined if is_sum else first.leaf.scope.with_operands(first.leaf, operands)
        # The terms may have been reordered: the new one takes the place of the first in the text.
        self._replaced[first.leaf] = new
        self._gone |= {term.leaf for term in terms[1:]}

    def finish(self, yields: Sequence[Node]) -> list[Node]:
        """Return what the map yields with the addends replaced."""
        if not self._replaced:
            return list(yields)
        gone = set(self._gone)

        def change(node: Node, operands: tuple[Node, ...]) -> Node | None:
            if node in self._replaced:
                return self._replaced[node]
            if not is_add(node):
                return None
            left = [n for o, n in zip(node.operands, operands, strict=True) if o not in gone]
            if not left:
                gone.add(node)
                return node
            return left[0] if len(left) == 1 else None

        return rebuilt(yields, change)


def _extent(term: Term) -> int:
    loop = term.reduction.over.loop
    return 0 if loop is None else loop.bounds[0]


def _reads(term: Term) -> list[Read]:
    return [node for node in live_nodes(term.reduction.operands) if isinstance(node, Read)]


def _moved(node: Node, old: Scope, new: Scope, offset: int) -> Node:
    """Return an expression of a body in another one, `offset` indices later."""
    if node.scope is not old:
        return node
    if isinstance(node, Read):
        by = {old.indices[0]: of_index(new.indices[0]) + constant(-offset)}
        point = tuple(replace_indices(coordinate, by) for coordinate in node.point)
        return new.read(node.source, point, True, node.template)
    operands = tuple(_moved(operand, old, new, offset) for operand in node.operands)
    return new.with_operands(node, operands)


def _adder(value: Node, template: Operation) -> Operation:
    """Return an addition of numbers of the type of a node, to be copied."""
    type = value_type(value)
    if type is None:
        raise RuntimeError("a term of a sum has no type, this is a bug")
    placeholder = arith.ConstantOp.create(result_types=[type])
    kind = arith.AddfOp if is_float(type) else arith.AddiOp
    op = kind(placeholder, placeholder)
    op.location = template.location
    return op
