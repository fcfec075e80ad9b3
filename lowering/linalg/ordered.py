"""Reductions whose order is kept: lanes by trees, then vectors in turn, then pieces by a tree."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import arith, tensor
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, SSAValue
from xdsl.ir.affine import AffineExpr

from spatial_opt.lowering.linalg.body import Body, Frame
from spatial_opt.lowering.linalg.combining import combine, identity
from spatial_opt.lowering.linalg.kernel import Kernel
from spatial_opt.lowering.linalg.reductions import Reduction
from spatial_opt.lowering.linalg.sums import leaves_at_once
from spatial_opt.lowering.linalg.tensors import tensor_type
from spatial_opt.lowering.linalg.trees import paired


class OrderedReduction:
    """
    Writes a reduction in the order that it defines.

    Structured operations over loops run in the order of their loops once they are lowered to
    loops, which nothing here relies on but the sum over the vectors of a piece.
    """

    def __init__(self, reduction: Reduction):
        self._reduction = reduction
        self._tree = reduction.tree
        op, cut = reduction.op, reduction.cut
        self._pieces: tuple[int, ...] = (cut.pieces,) if cut.pieces > 1 else ()
        self._parallel = len(reduction.extents) + len(self._pieces)
        self._extents = (*reduction.extents, *self._pieces, *op.domain[:-1], cut.groups)

    def write(self) -> SSAValue:
        """Write it."""
        width = self._reduction.cut.leaves
        at_once = leaves_at_once(width)
        part = None
        while at_once < width:
            width //= at_once
            part = self._level(part, width, at_once)
            at_once = leaves_at_once(width)
        return self._in_turn(width, part)

    def _level(self, below: SSAValue | None, width: int, at_once: int) -> SSAValue:
        """Combine adjacent elements, or what is `below`; `width` results of a vector are left."""
        extents = (*self._extents, width)
        kernel = Kernel(self._reduction.e, extents, len(extents))
        last = AffineExpr.dimension(len(self._extents))
        if below is None:
            body, first = self._reduction.body(kernel), self._start() + last * at_once
            values = [self._element(kernel, body, first + leaf) for leaf in range(at_once)]
        else:
            values = [
                kernel.element(self._every(below, leaf, width, at_once), kernel.loops)
                for leaf in range(at_once)
            ]
        end = self._tree.part(kernel.body, values)
        self._tree = self._tree.above(at_once)
        return kernel.finish(self._empty(self._tree.given, extents), end, self._name)

    def _every(self, part: SSAValue, first: int, width: int, step: int) -> SSAValue:
        """Give every `step`th value of a level, from `first` on."""
        rank, type = len(self._extents), tensor_type(part)
        op = tensor.ExtractSliceOp(
            part,
            (*[0] * rank, first),
            (*self._extents, width),
            (*[1] * rank, step),
            TensorType(type.element_type, (*self._extents, width)),
        )
        return self._reduction.e.add(op, part.name_hint)

    def _start(self) -> AffineExpr:
        """Give the first element of a vector, in the loops."""
        cut = self._reduction.cut
        start = AffineExpr.dimension(len(self._extents) - 1) * cut.leaves
        if self._pieces:
            start = AffineExpr.dimension(self._parallel - 1) * cut.size + start
        return start

    def _element(self, kernel: Kernel, body: Body, last: AffineExpr) -> SSAValue:
        """Give an element, or what leaves others unchanged behind the last one."""
        e, reduction = kernel.body, self._reduction
        yielded, extent = reduction.yielded, reduction.cut.extent
        frame = reduction.leaf(last, self._parallel)
        if not reduction.cut.uneven:
            return body.value(yielded, frame)
        index = kernel.index(last)
        here = e.add(arith.CmpiOp(index, e.index(extent), "ult"))
        variable = reduction.op.indices[-1]
        safe = e.add(arith.MinSIOp(index, e.index(extent - 1)))
        forms = {key: form for key, form in frame.forms.items() if key is not variable}
        value = body.value(yielded, Frame(frame.block, forms, {variable: safe}))
        nothing = e.constant(identity(reduction.kind, yielded.type))
        return e.add(arith.SelectOp(here, value, nothing))

    def _in_turn(self, width: int, part: SSAValue | None) -> SSAValue:
        """Combine vectors in turn, each by what is left of its tree, then the pieces."""
        reduction, tree = self._reduction, self._tree
        total = reduction.identities((*reduction.extents, *self._pieces))
        kernel = Kernel(reduction.e, self._extents, self._parallel)
        running = kernel.start(total)
        if part is None:
            body = reduction.body(kernel)
            values = [self._element(kernel, body, self._start() + n) for n in range(width)]
        else:
            at = [AffineExpr.dimension(n) for n in range(len(self._extents))]
            values = [kernel.element(self._nth(part, n), at) for n in range(width)]
        vector = tree.whole(kernel.body, values)
        end = combine(kernel.body, tree.kind, running, vector, tree.result)
        total = kernel.finish(total, end, self._name)
        return self._joined(total) if self._pieces else total

    def _joined(self, totals: SSAValue) -> SSAValue:
        """Combine the totals of the pieces by a tree of adjacent pairs."""
        reduction, tree = self._reduction, self._tree
        kernel = Kernel(reduction.e, reduction.extents, len(reduction.extents))
        values = [
            kernel.element(self._nth(totals, n), kernel.loops) for n in range(self._pieces[0])
        ]
        while len(values) > 1:
            values = paired(kernel.body, tree.kind, values, tree.result)
        empty = self._empty(tree.result, reduction.extents)
        return kernel.finish(empty, values[0], self._name)

    def _nth(self, part: SSAValue, number: int) -> SSAValue:
        """Give the part of a tensor at a place of its last dimension."""
        type = tensor_type(part)
        *shape, _ = type.get_shape()
        rank = len(shape)
        op = tensor.ExtractSliceOp(
            part,
            (*[0] * rank, number),
            (*shape, 1),
            [1] * (rank + 1),
            TensorType(type.element_type, shape),
        )
        return self._reduction.e.add(op, part.name_hint)

    def _empty(self, element: Attribute, shape: Sequence[int]) -> SSAValue:
        return self._reduction.e.add(tensor.EmptyOp([], TensorType(element, shape)))

    @property
    def _name(self) -> str | None:
        return self._reduction.result.name_hint
