"""Reductions as structured operations, over the dimensions that their values depend on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects import arith, tensor
from xdsl.dialects.builtin import TensorType, f32
from xdsl.dialects.linalg.ops import FillOp
from xdsl.dialects.utils import FastMathFlag
from xdsl.ir import Block, SSAValue
from xdsl.ir.affine import AffineExpr

from spatial_opt.dialects.pattern import ReduceOp
from spatial_opt.lowering.linalg.body import Body, Env, Frame, Reduced
from spatial_opt.lowering.linalg.combining import combine, identity
from spatial_opt.lowering.linalg.emitter import Emitter
from spatial_opt.lowering.linalg.kernel import Kernel
from spatial_opt.lowering.linalg.sums import Cut
from spatial_opt.lowering.linalg.trees import Tree


@dataclass(frozen=True)
class Around:
    """The bodies around a reduction, outermost first, and those of their indices it depends on."""

    blocks: tuple[Block, ...]
    indices: tuple[SSAValue, ...]
    extents: tuple[int, ...]


class Reduction:
    """Writes one result of a `pattern.reduce`, as a tensor over the indices it depends on."""

    def __init__(
        self,
        op: ReduceOp,
        position: int,
        cut: Cut,
        env: Env,
        e: Emitter,
        around: Around,
        reduced: Reduced,
    ):
        self.op = op
        self.yielded = op.yielded[position]
        self.result = op.res[position]
        self.kind = op.kind_names[position]
        self.tree = Tree(self.kind, op.through_types, self.result.type, self.yielded.type)
        self.cut = cut
        self.e = e
        self.extents = around.extents
        self._env = env
        self._around = around
        self._reduced = reduced

    def in_any_order(self) -> SSAValue:
        """Write it with groups of elements combined in any order."""
        cut, count = self.cut, self.cut.complete
        total = self.identities(self.extents)
        if count:
            total = self._accumulate(total, count, 0, cut.leaves)
        rest = cut.extent - count * cut.leaves
        if rest:
            total = self._accumulate(total, 1, count * cut.leaves, rest)
        return total

    def identities(self, shape: Sequence[int]) -> SSAValue:
        """Give a tensor of the value that leaves others unchanged."""
        type = self.result.type
        value = self.e.constant(identity(self.kind, type, stored=True))
        empty = self.e.add(tensor.EmptyOp([], TensorType(type, shape)))
        return self.e.add(FillOp([value], [empty]), self.result.name_hint)

    def _accumulate(self, total: SSAValue, groups: int, start: int, real: int) -> SSAValue:
        """Combine groups onto a total; `real` of their leaves are elements, from `start` on."""
        around, given = len(self.extents), self.yielded.type
        *outer, _ = self.op.domain
        kernel = Kernel(self.e, (*self.extents, *outer, groups), around)
        running, e = kernel.start(total), kernel.body
        body = self.body(kernel)
        first = AffineExpr.dimension(len(kernel.extents) - 1) * self.cut.leaves + start
        values = [body.value(self.yielded, self.leaf(first + leaf, around)) for leaf in range(real)]
        missing = self.cut.leaves - real
        if missing:
            values += [e.constant(identity(self.kind, given))] * missing
        value = self.tree.whole(e, values)
        end = combine(e, self.kind, running, value, self.result.type, any_order=True)
        if self.kind == "add":
            _allow_fusing(value)
        return kernel.finish(total, end, self.result.name_hint)

    def body(self, kernel: Kernel) -> Body:
        """Give the writer of scalars for a kernel whose first loops are the indices around."""
        forms = {
            index: AffineExpr.dimension(position)
            for position, index in enumerate(self._around.indices)
        }
        blocks = (*self._around.blocks, self.op.body.block)
        return Body(self._env, kernel.body, self._reduced, blocks, forms, kernel)

    def leaf(self, last: AffineExpr, first: int) -> Frame:
        """Give the frame of one element of a group; `first` is the loop of the first dimension."""
        *outer, variable = self.op.indices
        forms: dict[SSAValue, AffineExpr] = {
            index: AffineExpr.dimension(first + position) for position, index in enumerate(outer)
        }
        return Frame(self.op.body.block, forms | {variable: last})


def _allow_fusing(value: SSAValue) -> None:
    """Let a product that is only summed be rounded together with the sum."""
    op = value.owner
    if isinstance(op, arith.MulfOp) and value.type == f32 and value.has_one_use():
        op.properties["fastmath"] = arith.FastMathFlagsAttr([FastMathFlag.ALLOW_CONTRACT])
