"""Finds sums that are added to each other, anywhere in a chain of additions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import frexp

from xdsl.dialects import arith
from xdsl.dialects.builtin import FloatAttr
from xdsl.ir import Attribute

from spatial_opt.dialects import pattern
from spatial_opt.dialects.pattern_syntax import float_text
from spatial_opt.passes.fusion.expression import Compute, Node, Reduction, live_nodes


@dataclass(frozen=True)
class Term:
    """An addend that is a sum, perhaps scaled."""

    leaf: Node
    reduction: Reduction
    scale: float
    form: str
    """How it is scaled: the operation, and the type of the result."""

    @property
    def name(self) -> str:
        """Return what the sum is called in messages."""
        loop = self.reduction.over.loop
        bounds = () if loop is None else loop.bounds
        return f"the sum over {'x'.join(map(str, bounds))}"


class Chains:
    """The chains of additions of a body."""

    def __init__(self, yields: Sequence[Node]):
        self._nodes = live_nodes(yields)
        self._uses: dict[Node, int] = {}
        for node in (*yields, *(operand for node in self._nodes for operand in node.operands)):
            self._uses[node] = self._uses.get(node, 0) + 1

    def find(self) -> list[list[Term]]:
        """Return the terms of each chain that has at least two, in their order."""
        inner = {
            operand
            for node in self._nodes
            for operand in node.operands
            if self._continues(node, operand)
        }
        chains = [self._terms(node) for node in self._nodes if is_add(node) and node not in inner]
        return [terms for terms in chains if len(terms) > 1]

    def _continues(self, node: Node, operand: Node) -> bool:
        """Return whether an addition goes on in an operand that nothing else uses."""
        return (
            isinstance(node, Compute)
            and isinstance(operand, Compute)
            and is_add(node)
            and operand.template.name == node.template.name
            and operand.scope is node.scope
            and self._uses[operand] == 1
        )

    def _terms(self, root: Node) -> list[Term]:
        terms: list[Term] = []
        waiting = [*reversed(root.operands)]
        parents = {operand: root for operand in root.operands}
        while waiting:
            node = waiting.pop()
            if self._continues(parents[node], node):
                waiting += reversed(node.operands)
                parents |= dict.fromkeys(node.operands, node)
            elif (term := self._term(node)) is not None:
                terms.append(term)
        return terms

    def _term(self, leaf: Node) -> Term | None:
        """Return an addend as a sum; None if it is none, or if something else uses it."""
        if self._uses[leaf] != 1:
            return None
        if isinstance(leaf, Reduction):
            return Term(leaf, leaf, 1.0, str(leaf.type))
        if not isinstance(leaf, Compute):
            return None
        sums = [node for node in leaf.operands if isinstance(node, Reduction)]
        if len(sums) != 1 or self._uses[sums[0]] != 1 or sums[0].scope is not leaf.scope:
            return None
        template, type = leaf.template, leaf.template.results[0].type
        if isinstance(template, arith.MulfOp):
            factor = next(node for node in leaf.operands if node is not sums[0])
            scale = _constant(factor)
            # A sum that is not scaled may have any type that a scaled one has.
            return None if scale is None else Term(leaf, sums[0], scale, str(type))
        if isinstance(template, pattern.ConvertOp) and template.clamp is None:
            scale = template.scale_value
            form = f"{template.rounding.data} {type}"
            return Term(leaf, sums[0], 1.0 if scale is None else scale, form)
        return None


def difference(first: Term, second: Term) -> str | None:
    """Return why the terms cannot be added before they are scaled, or None."""
    one, other = first.reduction, second.reduction
    for term in (first, second):
        loop = term.reduction.over.loop
        if loop is None or len(loop.bounds) != 1:
            return f"{term.name} has more than one dimension"
        if loop.par != (1,) or loop.lanes != 1:
            return f"{term.name} is cut into pieces already"
        if term.reduction.kind != "add":
            return f"{term.name} is a {term.reduction.kind}"
        if abs(frexp(term.scale)[0]) != 0.5:
            return f"{term.name} is scaled by {float_text(term.scale)}, which is no power of two"
    if first.scale != second.scale:
        return (
            f"{first.name} is scaled by {float_text(first.scale)}, {second.name} by "
            f"{float_text(second.scale)}; give both products one scale"
        )
    if one.type != other.type or first.form != second.form:
        return f"{first.name} is of type {one.type}, {second.name} of type {other.type}"
    if value_type(one.operands[0]) != value_type(other.operands[0]):
        return "their terms are of different types"
    if _through(one) != _through(other):
        return "their trees compute in different types"
    return None


def value_type(node: Node) -> Attribute | None:
    """Return the type of an operation or element; None for anything else."""
    template = getattr(node, "template", None)
    return None if template is None else template.results[0].type


def _through(reduction: Reduction) -> tuple[Attribute, ...]:
    loop = reduction.over.loop
    return () if loop is None else loop.through


def _constant(node: Node) -> float | None:
    if isinstance(node, Compute) and isinstance(node.template, arith.ConstantOp):
        value = node.template.value
        return value.value.data if isinstance(value, FloatAttr) else None
    return None


def is_add(node: Node) -> bool:
    """Return whether a node adds two numbers."""
    return isinstance(node, Compute) and node.template.name in ("arith.addf", "arith.addi")
