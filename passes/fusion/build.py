"""Puts the bodies of the maps of a group together, as shared expressions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xdsl.dialects import arith
from xdsl.dialects.builtin import IndexType, IntegerAttr
from xdsl.ir import Block, BlockArgument, SSAValue

from spatial_opt.dialects import pattern
from spatial_opt.passes.fusion.accesses import Group, Site
from spatial_opt.passes.fusion.coordinates import Coordinate, Point
from spatial_opt.passes.fusion.expression import Node, Scope
from spatial_opt.passes.fusion.kernels import Kernel
from spatial_opt.passes.fusion.plan import Plan, Source


@dataclass
class FusedBody:
    """The body of a group: what each result of each member is."""

    group: Group
    yields: dict[SSAValue, Node]
    """By result of a member, in program order."""


def build_bodies(plan: Plan) -> list[FusedBody]:
    """Return the bodies of all groups that hold maps that can be taken apart."""
    builder = _Builder(plan)
    bodies: list[FusedBody] = []
    # Producers come first, so that their nodes are there when a reader asks for them.
    for kernel in plan.kernels:
        if kernel.opaque is None:
            for site in plan.sites[kernel]:
                builder.compute(kernel, site)
    for group in plan.groups:
        yields: dict[SSAValue, Node] = {}
        for kernel in group.members:
            if kernel.opaque is None:
                nodes = builder.nodes[kernel, Site(group, group.scope, group.scope.point)]
                yields |= zip(kernel.op.results, nodes, strict=True)
        if yields:
            bodies.append(FusedBody(group, yields))
    return bodies


class _Builder:
    """The nodes computed so far: those that each map yields at each site."""

    def __init__(self, plan: Plan):
        self.nodes: dict[tuple[Kernel, Site], list[Node]] = {}
        self._plan = plan
        self._place: dict[SSAValue, tuple[Kernel, int]] = {
            result: (kernel, number)
            for kernel in plan.kernels
            for number, result in enumerate(kernel.op.results)
        }

    def compute(self, kernel: Kernel, site: Site) -> None:
        """Compute one element of a map at a site."""
        body = kernel.op.body.block
        values: dict[SSAValue, Node] = {}
        self._block(body, site.group, site.scope, {body: site.point}, values)
        self.nodes[kernel, site] = [values[value] for value in kernel.op.yielded]

    def _block(
        self,
        block: Block,
        group: Group,
        scope: Scope,
        points: Mapping[Block, Point],
        values: dict[SSAValue, Node],
    ) -> None:
        """Compute all values of a body; `points` gives the indices of the bodies around it."""
        for op in block.ops:
            if isinstance(op, pattern.ReadOp):
                point = self._plan.accesses.point(op, points)
                values[op.result] = self._read(op, Site(group, scope, point))
            elif isinstance(op, pattern.ReduceOp):
                over = self._plan.accesses.body(op, scope)
                inner = op.body.block
                self._block(inner, group, over, {**points, inner: over.point}, values)
                for result, kind, value in zip(op.res, op.kind_names, op.yielded, strict=True):
                    node = self._value(value, over, points, values)
                    values[result] = scope.reduction(
                        over, kind, result.type, node, op, result.name_hint
                    )
            else:
                operands = tuple(
                    self._value(operand, scope, points, values) for operand in op.operands
                )
                if isinstance(op, pattern.YieldOp):
                    values |= zip(op.operands, operands, strict=True)
                else:
                    values[op.results[0]] = scope.compute(op, operands)

    def _value(
        self,
        value: SSAValue,
        scope: Scope,
        points: Mapping[Block, Point],
        values: dict[SSAValue, Node],
    ) -> Node:
        if value in values:
            return values[value]
        if isinstance(value, BlockArgument) and value.block in points:
            return _number(points[value.block][value.index], scope)
        return scope.leaf(value)

    def _read(self, op: pattern.ReadOp, site: Site) -> Node:
        if op.source in self._place:
            kernel, number = self._place[op.source]
            if self._plan.source(kernel, site) is not Source.MEMORY:
                return self.nodes[kernel, site][number]
        return site.scope.read(op.source, site.point, op.zero_outside is not None, op)


def _number(coordinate: Coordinate, scope: Scope) -> Node:
    """Return the node of a plain index or a constant as a number."""
    if coordinate.index is not None:
        return scope.index_number(coordinate.index)
    if coordinate.terms:
        raise RuntimeError("a computed index is used as a number, this is a bug")
    return scope.compute(arith.ConstantOp(IntegerAttr(coordinate.constant, IndexType())), ())
