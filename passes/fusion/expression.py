"""
The body of a map as a graph of shared expressions.

Nodes are made through a scope, the body that they stand in, which returns the node that is there
already for an equal one. Reductions over equal domains stand in one scope: equal reductions are
therefore one node, and their bodies share their reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from xdsl.ir import Attribute, Operation, SSAValue

from spatial_opt.dialects import pattern
from spatial_opt.passes.fusion.coordinates import Coordinate, Index, Point, of_index

_ORDERS_PER_LEVEL = 1000


@dataclass(eq=False, frozen=True)
class Node:
    """A scalar of a body; operands always have smaller numbers."""

    scope: Scope
    number: int
    operands: tuple[Node, ...]


@dataclass(eq=False, frozen=True)
class Leaf(Node):
    """A scalar from outside the map."""

    value: SSAValue


@dataclass(eq=False, frozen=True)
class IndexNumber(Node):
    """An index of a loop, used as a number."""

    index: Index


@dataclass(eq=False, frozen=True)
class Compute(Node):
    """The result of a scalar operation, a copy of `template` with other operands."""

    template: Operation


@dataclass(eq=False, frozen=True)
class Read(Node):
    """An element of a tensor."""

    source: SSAValue
    point: Point
    zero_outside: bool
    template: Operation
    """Where it comes from, for name and location."""


@dataclass(eq=False, frozen=True)
class Reduction(Node):
    """A combination of the only operand, which stands in the scope `over`."""

    over: Scope
    kind: str
    type: Attribute
    template: Operation
    """Where it comes from, for the location."""
    name: str | None


@dataclass(frozen=True)
class Loop:
    """What makes two reductions run over one domain in one order."""

    bounds: tuple[int, ...]
    par: tuple[int, ...]
    lanes: int
    through: tuple[Attribute, ...]
    attributes: tuple[tuple[str, Attribute], ...]

    @staticmethod
    def of(op: pattern.ReduceOp) -> Loop:
        """Return the loop of a reduction."""
        return Loop(
            op.domain,
            op.par_factors,
            op.lane_count,
            op.through_types,
            tuple(sorted(op.attributes.items())),
        )


class Scope:
    """One body: its indices, and the nodes made in it."""

    def __init__(self, bounds: Sequence[int], names: Iterable[str | None], parent: Scope | None):
        self.parent = parent
        self.level: int = 0 if parent is None else parent.level + 1
        """Number of reductions around the body, within the map."""
        first = (self.level + 1) * _ORDERS_PER_LEVEL
        self.indices = tuple(
            Index(first + position, bound, name)
            for position, (bound, name) in enumerate(zip(bounds, names, strict=True))
        )
        # An index of a reduction stays one at extent 1: concatenation moves it.
        self.point: Point = tuple(
            of_index(index) if parent is None else Coordinate(((index, 1),))
            for index in self.indices
        )
        """The coordinates of the element that the body computes."""
        self.evaluations: int = prod(bounds) * (1 if parent is None else parent.evaluations)
        """How often the body runs."""
        self.loop: Loop | None = None
        self._inner: dict[Loop, Scope] = {}
        self._nodes: dict[tuple[object, ...], Node] = {}
        self._count: list[int] = [0] if parent is None else parent._count

    def inner(self, loop: Loop, names: Iterable[str | None]) -> Scope:
        """Return the body of the reductions with this loop; the names are those of the first."""
        if loop not in self._inner:
            scope = Scope(loop.bounds, names, self)
            scope.loop = loop
            self._inner[loop] = scope
        return self._inner[loop]

    def encloses(self, other: Scope) -> bool:
        """Return whether the other body is this one or stands in it."""
        while other.level > self.level and other.parent is not None:
            other = other.parent
        return other is self

    def leaf(self, value: SSAValue) -> Node:
        """Return the node of a scalar from outside the map."""
        return self._shared((Leaf, value), lambda n: Leaf(self, n, (), value))

    def index_number(self, index: Index) -> Node:
        """Return the node of an index that is used as a number."""
        return self._shared((IndexNumber, index), lambda n: IndexNumber(self, n, (), index))

    def compute(self, template: Operation, operands: tuple[Node, ...]) -> Node:
        """Return the node of a scalar operation."""
        key = (
            template.name,
            template.results[0].type,
            operands,
            _items(template.properties),
            _items(template.attributes),
        )
        return self._shared(key, lambda n: Compute(self, n, operands, template))

    def read(self, source: SSAValue, point: Point, zero_outside: bool, template: Operation) -> Node:
        """Return the node of an element of a tensor."""
        key = (Read, source, point, zero_outside, _items(template.attributes))
        return self._shared(key, lambda n: Read(self, n, (), source, point, zero_outside, template))

    def reduction(
        self,
        over: Scope,
        kind: str,
        type: Attribute,
        value: Node,
        template: Operation,
        name: str | None,
    ) -> Node:
        """Return the node of a reduction of `value` over the scope `over`."""
        key = (Reduction, over, kind, type, value)
        return self._shared(
            key, lambda n: Reduction(self, n, (value,), over, kind, type, template, name)
        )

    def with_operands(self, node: Node, operands: tuple[Node, ...]) -> Node:
        """Return a node of this scope with other operands."""
        match node:
            case Compute(template=template):
                return self.compute(template, operands)
            case Reduction(over=over, kind=kind, type=type, template=template, name=name):
                return self.reduction(over, kind, type, operands[0], template, name)
            case _:
                return node

    def _shared(self, key: tuple[object, ...], make: Callable[[int], Node]) -> Node:
        found = self._nodes.get(key)
        if found is None:
            self._count[0] += 1
            found = self._nodes[key] = make(self._count[0])
        return found


def live_nodes(yielded: Iterable[Node]) -> list[Node]:
    """Return the nodes that the yielded ones need, in all scopes, operands first."""
    found: set[Node] = set()
    waiting = list(yielded)
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += node.operands
    return sorted(found, key=lambda node: node.number)


def rebuilt(
    yielded: Sequence[Node], change: Callable[[Node, tuple[Node, ...]], Node | None]
) -> list[Node]:
    """
    Return the yielded nodes after a change.

    `change` gets a node and its new operands, and returns its replacement, or None for the same
    node on the new operands.
    """
    new: dict[Node, Node] = {}
    for node in live_nodes(yielded):
        operands = tuple(new[operand] for operand in node.operands)
        replacement = change(node, operands)
        if replacement is None:
            same = operands == node.operands
            replacement = node if same else node.scope.with_operands(node, operands)
        new[node] = replacement
    return [new[node] for node in yielded]


def _items(attributes: Mapping[str, Attribute]) -> tuple[tuple[str, Attribute], ...]:
    return tuple(sorted(attributes.items())) if attributes else ()
