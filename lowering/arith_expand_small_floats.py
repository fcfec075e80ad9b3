"""The pass arith-expand-small-floats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from xdsl.context import Context
from xdsl.dialects import arith, func
from xdsl.dialects.builtin import (
    DenseIntOrFPElementsAttr,
    FloatAttr,
    FunctionType,
    IntegerType,
    ModuleOp,
    TensorType,
    f32,
)
from xdsl.ir import Attribute, Block, BlockArgument, Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import Rewriter
from xdsl.utils.hints import isa

from spatial_opt.lowering.linalg.constants import elements, number
from spatial_opt.lowering.linalg.emitter import Emitter
from spatial_opt.lowering.linalg.small_floats import (
    SMALL,
    bits_type,
    decode,
    encode,
    round_f32,
)
from spatial_opt.machine.errors import SpatialError


@dataclass(frozen=True)
class ArithExpandSmallFloatsPass(ModulePass):
    """
    Hold bf16 and 8-bit floats as the integers of their bits, and convert them by arithmetic.

    LLVM has no 8-bit floats, and converts bf16 with instructions that flush subnormals.

    ```mlir
    // before
    func.func @main(%x: tensor<4xbf16>) -> tensor<f32> {
      %i = arith.constant 2 : index
      %v = tensor.extract %x[%i] : tensor<4xbf16>
      %w = arith.extf %v : bf16 to f32
      %r = tensor.from_elements %w : tensor<f32>
      func.return %r : tensor<f32>
    }
    // after
    func.func @main(%x: tensor<4xi16>) -> tensor<f32> {
      %i = arith.constant 2 : index
      %v = tensor.extract %x[%i] : tensor<4xi16>
      %b = arith.extui %v : i16 to i32
      %c = arith.constant 16 : i32
      %s = arith.shli %b, %c : i32
      %w = arith.bitcast %s : i32 to f32
      %r = tensor.from_elements %w : tensor<f32>
      func.return %r : tensor<f32>
    }
    ```

    Callers pass bits: a tensor of f8E4M3FN becomes one of i8, a tensor of bf16 one of i16. With
    `to=f32` they pass the numbers as f32 instead, which takes memory and saves the conversions;
    only roundings are left.

    Requires: arithmetic in f32, as `convert-pattern-to-linalg` writes it. Leaves: f16, which
    processors convert. Fails: arithmetic on these formats themselves.
    """

    name = "arith-expand-small-floats"

    to: Literal["bits", "f32"] = "bits"
    """What holds the values: integers of their bits, or f32."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Refuse first, then expand conversions and change all types."""
        for inner in op.walk():
            _refuse(inner)
        expansion = _Expansion(self.to == "bits")
        # The types of operands change while they are expanded, so they are looked up before.
        conversions = [
            (inner, inner.input.type, inner.result.type)
            for inner in op.walk()
            if isinstance(inner, arith.ExtFOp | arith.TruncFOp | arith.BitcastOp)
        ]
        for inner, source, target in conversions:
            if inner.parent is not None:
                expansion.conversion(inner, source, target)
        for inner in list(op.walk()):
            if isinstance(inner, arith.ConstantOp):
                expansion.constant(inner)
            else:
                expansion.types(inner)


def _refuse(op: Operation) -> None:
    """Refuse arithmetic on small floats."""
    if op.dialect_name() not in ("arith", "math") or isinstance(
        op, arith.BitcastOp | arith.ConstantOp | arith.SelectOp
    ):
        return
    small = [v.type for v in (*op.operands, *op.results) if bits_type(v.type) is not None]
    types = {op.operands[0].type, op.results[0].type} if op.operands else set[Attribute]()
    if not small or (isinstance(op, arith.ExtFOp | arith.TruncFOp) and f32 in types):
        return
    raise SpatialError(
        f"{op.name} computes with {small[0]} itself; extend its operands to f32 with arith.extf "
        "and bring the result back with arith.truncf"
    )


class _Expansion:
    """Expands operations; `bits` tells whether small floats become integers, or else f32."""

    def __init__(self, bits: bool):
        self._bits = bits

    def conversion(
        self,
        op: arith.ExtFOp | arith.TruncFOp | arith.BitcastOp,
        source: Attribute,
        target: Attribute,
    ) -> None:
        """Write a conversion from or to a small float by arithmetic on bits."""
        if bits_type(source) is None and bits_type(target) is None:
            return
        e = Emitter(Block(), op.location)
        match op:
            case arith.TruncFOp():
                self._rounding(op, target, e)
                return
            case arith.ExtFOp():
                value = decode(e, op.input, source) if self._bits else op.input
            case arith.BitcastOp() if self._bits:
                # The bits stay; types change later.
                value = op.input
            case arith.BitcastOp() if bits_type(source) is not None:
                value = encode(e, op.input, source)
            case arith.BitcastOp():
                value = decode(e, op.input, target)
        _put(op, e.block, value)

    def _rounding(self, op: arith.TruncFOp, target: Attribute, e: Emitter) -> None:
        """Write a rounding; those who extend its result again take the f32."""
        rounded = round_f32(e, op.input, target, _is_limited(op.input, target))
        for user in [use.operation for use in op.result.uses]:
            if isinstance(user, arith.ExtFOp) and user.result.type == f32:
                user.result.replace_all_uses_with(rounded)
                if rounded.name_hint is None:
                    rounded.name_hint = user.result.name_hint
                Rewriter.erase_op(user)
        stored = self._bits and op.result.first_use is not None
        _put(op, e.block, encode(e, rounded, target) if stored else rounded)

    def constant(self, op: arith.ConstantOp) -> None:
        """Give a constant in the type that holds it."""
        new = self._new_type(op.result.type)
        if new is None:
            return
        value = op.value
        if isa(value, DenseIntOrFPElementsAttr) and isa(new, TensorType):
            op.properties["value"] = elements(_numbers(value, new.element_type), new)
        elif isa(value, FloatAttr):
            single = elements([value.value.data], TensorType(value.type, [1]))
            op.properties["value"] = number(_numbers(single, new)[0], new)
        Rewriter.replace_value_with_new_type(op.result, new)

    def types(self, op: Operation) -> None:
        """Change the types of results, block arguments and functions."""
        for result in list(op.results):
            self._retype(result)
        for region in op.regions:
            for block in region.blocks:
                for argument in list(block.args):
                    self._retype(argument)
        if isinstance(op, func.FuncOp):
            type = op.function_type
            op.properties["function_type"] = FunctionType.from_lists(
                [self._new_type(one) or one for one in type.inputs],
                [self._new_type(one) or one for one in type.outputs],
            )

    def _retype(self, value: SSAValue) -> None:
        new = self._new_type(value.type)
        if new is None:
            return
        changed = Rewriter.replace_value_with_new_type(value, new)
        if isinstance(value, BlockArgument) and isinstance(changed, BlockArgument):
            changed.location = value.location

    def _new_type(self, type: Attribute) -> Attribute | None:
        """Give the type that holds a type's values, None where nothing changes."""
        if isa(type, TensorType):
            element = self._new_type(type.element_type)
            return element and TensorType(element, type.get_shape(), type.encoding)
        held = bits_type(type)
        return held if held is None or self._bits else f32


def _is_limited(value: SSAValue, type: Attribute) -> bool:
    """Tell whether limits stand in front of a rounding."""
    form = SMALL.get(type.__class__)
    if form is None:
        return True
    high = value.owner
    if not isinstance(high, arith.MinimumfOp) or not _is_constant(high.rhs, form.largest):
        return False
    low = high.lhs.owner
    return isinstance(low, arith.MaximumfOp) and _is_constant(low.rhs, -form.largest)


def _is_constant(value: SSAValue, number: float) -> bool:
    op = value.owner
    return (
        isinstance(op, arith.ConstantOp)
        and isa(op.value, FloatAttr)
        and op.value.value.data == number
    )


def _put(op: Operation, block: Block, value: SSAValue) -> None:
    """Replace an operation by those of a block."""
    ops = list(block.ops)
    for new in ops:
        new.detach()
    if value.name_hint is None:
        value.name_hint = op.results[0].name_hint
    Rewriter.replace_op(op, ops, [value])


def _numbers(value: DenseIntOrFPElementsAttr, type: Attribute) -> list[float]:
    """Give the numbers of a constant: its bits as integers of a type, or its values."""
    if not isa(type, IntegerType):
        return [float(one) for one in value.get_values() if not isinstance(one, tuple)]
    size, data = type.width.data // 8, value.data.data
    return [
        int.from_bytes(data[start : start + size], "little", signed=True)
        for start in range(0, len(data), size)
    ]
