"""
The scalars of pattern bodies, written where an upstream body or block needs them.

A body is written on demand: what the wanted scalars depend on, in the order of the program. An
outer body may be written into the operation of an inner reduction, since it is pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from xdsl.dialects import arith, tensor
from xdsl.dialects.builtin import TensorType
from xdsl.ir import Block, Operation, OpResult, SSAValue
from xdsl.ir.affine import AffineExpr
from xdsl.utils.hints import isa

from spatial_opt.dialects.pattern import ConvertOp, GatherOp, ReadOp, ReduceOp
from spatial_opt.lowering.linalg.access import Access, Operands, slice_of, zero
from spatial_opt.lowering.linalg.emitter import Emitter
from spatial_opt.lowering.linalg.kernel import Kernel
from spatial_opt.lowering.linalg.numbers import hold, to_index
from spatial_opt.lowering.linalg.operations import apply
from spatial_opt.lowering.linalg.tensors import element_type, tensor_type
from spatial_opt.machine.errors import SpatialError


@dataclass(frozen=True)
class Around:
    """An index around an operation: its value, which runs from 0, and its extent."""

    value: SSAValue
    extent: int


@dataclass
class Env:
    """What is known at a place: upstream values of pattern values, and indices around it."""

    values: dict[SSAValue, SSAValue] = field(default_factory=dict[SSAValue, SSAValue])
    """Tensors, and scalars held."""
    indices: dict[SSAValue, Around] = field(default_factory=dict[SSAValue, Around])
    operands: Operands = field(default_factory=Operands)


@dataclass
class Frame:
    """The indices of one copy of a body, and the scalars written for it."""

    block: Block | None = None
    """The body; None for the bodies around it."""
    forms: Mapping[SSAValue, AffineExpr] = field(default_factory=dict[SSAValue, AffineExpr])
    """Indices in terms of the loops."""
    memo: dict[SSAValue, SSAValue] = field(default_factory=dict[SSAValue, SSAValue])


Reduced = Callable[[ReduceOp], tuple[Sequence[SSAValue], Sequence[SSAValue]]]
"""Gives the results of a reduction as tensors, and the indices that these have as dimensions."""


class Body:
    """Writes scalars into the body of a kernel, or into a block when there is none."""

    def __init__(
        self,
        env: Env,
        e: Emitter,
        reduced: Reduced,
        blocks: Sequence[Block] = (),
        forms: Mapping[SSAValue, AffineExpr] | None = None,
        kernel: Kernel | None = None,
    ):
        self._env = env
        self._e = e
        self._reduced = reduced
        self._blocks = tuple(blocks)
        self._outer = Frame(forms=forms or {})
        self._kernel = kernel

    def known_as(self, value: SSAValue, element: SSAValue) -> None:
        """Take a scalar of the bodies around from elsewhere; `element` is its held value."""
        self._outer.memo[value] = element

    def value(self, wanted: SSAValue, frame: Frame | None = None) -> SSAValue:
        """Write what a scalar depends on; returns its held value."""
        frame = frame or self._outer
        needed = self._needed(wanted, frame)
        for block in self._blocks:
            for op in block.ops:
                if op in needed:
                    self._write(op, frame)
        return self._get(wanted, frame)

    def statement(self, op: Operation) -> None:
        """Write one scalar operation where it stands; its value is known from then on."""
        self._write(op, self._outer)
        self._env.values |= self._outer.memo

    def _needed(self, wanted: SSAValue, frame: Frame) -> set[Operation]:
        found: set[Operation] = set()
        queue = [wanted]
        while queue:
            value = queue.pop()
            op = value.owner
            if isinstance(op, Block) or op.parent not in self._blocks or op in found:
                continue
            if value in self._memo(op, frame):
                continue
            found.add(op)
            if not isinstance(op, ReduceOp):
                queue += [v for v in op.operands if not isa(v.type, TensorType)]
        return found

    def _memo(self, op: Operation, frame: Frame) -> dict[SSAValue, SSAValue]:
        return frame.memo if op.parent is frame.block else self._outer.memo

    def _form(self, index: SSAValue, frame: Frame) -> AffineExpr | None:
        return frame.forms.get(index, self._outer.forms.get(index))

    def _get(self, value: SSAValue, frame: Frame) -> SSAValue:
        for known in (frame.memo, self._outer.memo, self._env.values):
            if value in known:
                return known[value]
        if value in self._env.indices:
            return self._env.indices[value].value
        form = self._form(value, frame)
        if isinstance(value, OpResult):
            raise SpatialError(
                f"%{value.name_hint or 'value'} ({value.op.name}) is used before it is computed; "
                "move it in front of what takes it"
            )
        if form is None or self._kernel is None:
            raise RuntimeError(f"{value} is not known here, this is a bug")
        index = self._kernel.index(form)
        memo = frame.memo if value in frame.forms else self._outer.memo
        memo[value] = index
        return index

    # --- operations

    def _write(self, op: Operation, frame: Frame) -> None:
        match op:
            case ReadOp():
                values = [self._read(op, frame)]
            case GatherOp():
                values = [self._gather(op, frame)]
            case ReduceOp():
                values = self._results(op, frame)
            case _:
                args = [self._get(value, frame) for value in op.operands]
                values = [apply(self._e, op, args)]
        for result, value in zip(op.results, values, strict=True):
            if value.name_hint is None:
                value.name_hint = result.name_hint
            self._memo(op, frame)[result] = value

    def _results(self, op: ReduceOp, frame: Frame) -> list[SSAValue]:
        tensors, indices = self._reduced(op)
        forms = [self._form(index, frame) for index in indices]
        at = [form for form in forms if form is not None]
        if self._kernel is None or len(at) < len(forms):
            if indices:
                raise RuntimeError("a reduction of a body without loops, this is a bug")
            return [hold(self._e, self._e.add(_extract(result, []))) for result in tensors]
        return [self._kernel.element(result, at) for result in tensors]

    def _read(self, op: ReadOp, frame: Frame) -> SSAValue:
        source = self._env.values[op.source]
        shape = tensor_type(source).get_shape()
        access = self._access(op, frame)
        if access is not None and self._kernel is not None:
            part = slice_of(access, shape, op.zero_outside is not None)
            if part is not None:
                operand = self._env.operands.part(self._kernel.site, source, part, access.around)
                return self._kernel.element(operand, part.at)
        indices = [self._get(index, frame) for index in op.indices]
        at = [self._e.affine(expr, indices.__getitem__) for expr in op.map.data.results]
        inside = [False] * len(at) if access is None else access.inside(shape)
        return self._at(source, at, inside, op.zero_outside is not None)

    def _access(self, op: ReadOp, frame: Frame) -> Access | None:
        """Give the coordinates of a read, or None if an index is computed."""
        loops = () if self._kernel is None else self._kernel.extents
        around: list[Around] = []
        forms: list[AffineExpr] = []
        for index in op.indices:
            form = self._form(index, frame)
            if form is None and index in self._env.indices:
                known = self._env.indices[index]
                if known not in around:
                    around.append(known)
                form = AffineExpr.dimension(len(loops) + around.index(known))
            if form is None:
                return None
            forms.append(form)
        extents = (*loops, *(known.extent for known in around))
        coordinates = tuple(
            expr.replace_dims_and_symbols(forms, []) for expr in op.map.data.results
        )
        return Access(coordinates, extents, len(loops), tuple(known.value for known in around))

    def _gather(self, op: GatherOp, frame: Frame) -> SSAValue:
        source = self._env.values[op.source]
        shape = tensor_type(source).get_shape()
        at = [to_index(self._e, self._get(index, frame)) for index in op.indices]
        inside = [_is_within(index, extent) for index, extent in zip(op.indices, shape)]
        return self._at(source, at, inside, False)

    def _at(
        self, source: SSAValue, at: Sequence[SSAValue], inside: Sequence[bool], zeros: bool
    ) -> SSAValue:
        """Give an element at computed coordinates; those that may be outside are clamped."""
        e, type = self._e, tensor_type(source)
        safe: list[SSAValue] = []
        within: SSAValue | None = None
        for index, known, extent in zip(at, inside, type.get_shape(), strict=True):
            if known:
                safe.append(index)
                continue
            if zeros:
                here = e.add(arith.CmpiOp(index, e.index(extent), "ult"))
                within = here if within is None else e.add(arith.AndIOp(within, here))
            index = e.add(arith.MaxSIOp(index, e.index(0)))
            safe.append(e.add(arith.MinSIOp(index, e.index(extent - 1))))
        value = hold(e, e.add(_extract(source, safe)))
        if within is None:
            return value
        nothing = hold(e, e.constant(zero(type.element_type)))
        return e.add(arith.SelectOp(within, value, nothing))


def _is_within(index: SSAValue, extent: int) -> bool:
    """Tell whether a computed index is clamped to the extent."""
    limits = index.owner.clamp_range if isinstance(index.owner, ConvertOp) else None
    return limits is not None and limits[0] >= 0 and limits[1] < extent


def _extract(source: SSAValue, at: Sequence[SSAValue]) -> tensor.ExtractOp:
    return tensor.ExtractOp(source, at, element_type(source))
