"""Scalars of upstream bodies in bodies of patterns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xdsl.dialects import affine, arith, tensor
from xdsl.dialects.builtin import IndexType, IntegerType
from xdsl.dialects.linalg.ops import IndexOp
from xdsl.ir import Attribute, Block, BlockArgument, Operation, SSAValue
from xdsl.ir.affine import AffineExpr
from xdsl.utils.hints import isa

from spatial_opt.dialects.affine_bounds import linear_form
from spatial_opt.dialects.pattern import GatherOp
from spatial_opt.dialects.pattern_syntax import is_scalar
from spatial_opt.lowering.linalg.constants import Number
from spatial_opt.lowering.linalg.emitter import Emitter
from spatial_opt.lowering.linalg.operations import OPERATIONS
from spatial_opt.lowering.raising.elements import read
from spatial_opt.lowering.raising.forms import Form, fold
from spatial_opt.lowering.raising.guarded import guarded_read
from spatial_opt.lowering.raising.idioms import find_idiom
from spatial_opt.lowering.raising.matching import Idiom
from spatial_opt.lowering.raising.place import refusal
from spatial_opt.lowering.raising.views import Tensor, View


@dataclass(frozen=True)
class Surroundings:
    """What a body can ask for: tensors, scalars and known integers around it."""

    tensor: Callable[[SSAValue], Tensor]
    scalar: Callable[[SSAValue], SSAValue | None]
    form: Callable[[SSAValue], Form | None]


@dataclass(frozen=True)
class Loops:
    """The loops of a structured operation: their indices in the pattern, and extents."""

    indices: tuple[SSAValue, ...] = ()
    extents: tuple[int, ...] = ()


Element = Callable[[int], SSAValue]
"""Gives the element that argument n of a body stands for."""


class Scalars:
    """Writes the scalars of one upstream body."""

    def __init__(
        self, e: Emitter, block: Block, element: Element, around: Surroundings, loops: Loops
    ):
        self._e = e
        self._block = block
        self._element = element
        self._around = around
        self._loops = loops
        self._known: dict[SSAValue, SSAValue] = {}
        self._forms: dict[SSAValue, Form | None] = {}

    def value(self, wanted: SSAValue) -> SSAValue:
        """Write what a scalar depends on; returns it."""
        plans = self._plans(wanted)
        for op in self._block.ops:
            if op in plans:
                self._known[op.results[0]] = self._written(op, plans[op])
        return self.get(wanted)

    def get(self, value: SSAValue) -> SSAValue:
        """Give a scalar that is known, an element, or a constant."""
        if value in self._known:
            return self._known[value]
        if isinstance(value, BlockArgument) and value.block is self._block:
            self._known[value] = self._element(value.index)
            return self._known[value]
        form = self._form(value)
        if form is not None:
            self._known[value] = self._index(form, value.type)
            return self._known[value]
        outer = self._around.scalar(value)
        if outer is not None:
            return outer
        op = value.owner
        if isinstance(op, arith.ConstantOp) and isa(op.value, Number):
            return self._e.constant(op.value)
        raise refusal(
            op if isinstance(op, Operation) else self._block.parent_op(),
            "a scalar that comes from outside of the operation is no constant and no step of a "
            "loop; compute it inside",
        )

    def _plans(self, wanted: SSAValue) -> dict[Operation, Idiom | None]:
        """Give the operations to write, each with the idiom that it is, if any."""
        found: dict[Operation, Idiom | None] = {}
        queue = [wanted]
        while queue:
            value = queue.pop()
            op = value.owner
            if isinstance(op, Block) or op.parent is not self._block or op in found:
                continue
            if value in self._known or self._form(value) is not None:
                continue
            idiom = guarded_read(op, self._form, self._around.tensor) or find_idiom(op)
            found[op] = idiom
            operands = op.operands if idiom is None else idiom.operands
            if isinstance(op, tensor.ExtractOp):
                operands = [_place(index) for index in op.indices if self._form(index) is None]
            queue += operands
        return found

    def _written(self, op: Operation, idiom: Idiom | None) -> SSAValue:
        if idiom is not None:
            for value in (*idiom.operands, *op.results):
                _check_type(op, value.type)
            args = [self.get(value) for value in idiom.operands]
            made = idiom.build(self._e, args)
        elif isinstance(op, tensor.ExtractOp):
            made = self._extracted(op)
        elif isinstance(op, affine.ApplyOp):
            values = [self.get(value) for value in op.mapOperands]
            dims = [AffineExpr.dimension(n) for n in range(len(values))]
            map = op.map.data
            expr = map.results[0].replace_dims_and_symbols(
                dims[: map.num_dims], dims[map.num_dims :]
            )
            made = self._linear(expr, values)
        elif op.name in OPERATIONS:
            made = self._copied(op)
        else:
            raise refusal(
                op,
                "it has no form in a pattern, whose bodies compute with arith, and of math with "
                "absf, floor, ceil, copysign, sqrt, tanh, exp, log and erf; rewrite it with these",
            )
        if made.name_hint is None:
            made.name_hint = op.results[0].name_hint
        return made

    def _copied(self, op: Operation) -> SSAValue:
        for value in (*op.operands, *op.results):
            _check_type(op, value.type)
        new = op.clone()
        new.operands = [self.get(value) for value in op.operands]
        # The order of a pattern's operations is as written.
        if "fastmath" in new.properties:
            new.properties["fastmath"] = arith.FastMathFlagsAttr("none")
        return self._e.add(new)

    # --- indices

    def _form(self, value: SSAValue) -> Form | None:
        if not isinstance(value.type, IntegerType | IndexType):
            return None
        if value not in self._forms:
            op = value.owner
            if isinstance(op, IndexOp):
                loop = op.dim.value.data
                found = Form.index(self._loops.indices[loop], self._loops.extents[loop])
            elif isinstance(op, Operation) and op.parent is self._block:
                found = fold(op, self._form)
            else:
                found = self._around.form(value)
            self._forms[value] = found
        return self._forms[value]

    def _index(self, form: Form, type: Attribute) -> SSAValue:
        """Write a known integer as a number."""
        constant = form.number
        if constant is not None:
            return self._e.integer(constant, type)
        value = self._linear(form.expr, form.indices)
        if isinstance(type, IndexType):
            return value
        if not isa(type, IntegerType) or type.width.data > 32:
            raise refusal(
                self._block.parent_op(),
                f"an index is used as a number of type {type}; patterns have i8, i16 and i32",
            )
        return self._e.add(arith.IndexCastOp(value, type))

    def _linear(self, expr: AffineExpr, indices: Sequence[SSAValue]) -> SSAValue:
        """Write a linear function of indices with operations of `arith`."""
        linear = linear_form(expr, len(indices))
        if linear is None:
            raise refusal(
                self._block.parent_op(),
                f"it computes with {expr} of its loops, and a pattern divides indices only to "
                "read with them; read such numbers from a tensor",
            )
        coefficients, constant = linear
        total: SSAValue | None = None
        for factor, index in zip(coefficients, indices, strict=True):
            if factor == 0:
                continue
            term = index
            if factor != 1:
                term = self._e.add(arith.MuliOp(index, self._e.index(factor)))
            total = term if total is None else self._e.add(arith.AddiOp(total, term))
        if total is None:
            return self._e.index(constant)
        if constant:
            total = self._e.add(arith.AddiOp(total, self._e.index(constant)))
        return total

    def _extracted(self, op: tensor.ExtractOp) -> SSAValue:
        """Read an element at indices, affine where they are known, else computed."""
        source = self._around.tensor(op.tensor)
        forms = [self._form(index) for index in op.indices]
        known = [form for form in forms if form is not None]
        if len(known) == len(forms):
            indices: dict[SSAValue, None] = {}
            for form in known:
                indices |= dict.fromkeys(form.indices)
            return read(
                self._e, source, [form.over(tuple(indices)) for form in known], list(indices)
            )
        if not isinstance(source, View) or not source.is_whole:
            raise refusal(op, "it reads a slice at computed indices; read the whole tensor")
        places = [
            self.get(index if form is not None else _place(index))
            for index, form in zip(op.indices, forms, strict=True)
        ]
        return self._e.add(GatherOp(source.source, places))


def _place(index: SSAValue) -> SSAValue:
    """Give the integer that an index is cast from, which a gather takes as it is."""
    op = index.owner
    return op.input if isinstance(op, arith.IndexCastOp) and is_scalar(op.input.type) else index


def _check_type(op: Operation, type: Attribute) -> None:
    """Refuse numbers that patterns do not have."""
    if not is_scalar(type):
        raise refusal(
            op,
            f"it computes with {type}; patterns have f32, f16, bf16, f8E4M3FN, f8E5M2, i8, i16, "
            "i32, i1 and index",
        )
