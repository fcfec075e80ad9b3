"""
Weights whose rows are scaled one by one, so that each of them uses the whole range of a format.

A row of W (and of R: both make one sum) is divided by the largest magnitude in it, exactly as far
as f32 goes; where that must change no bit, by the next power of two. The factors stay in f32 and
multiply the products.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from xdsl.dialects import arith
from xdsl.dialects.builtin import TensorType, f32
from xdsl.ir import SSAValue
from xdsl.irdl import IRDLOperation
from xdsl.rewriter import InsertPoint, Rewriter

from spatial_opt.dialects import pattern
from spatial_opt.dialects.rnn import LinearOp, RecurrentOp
from spatial_opt.frontends.graph.program import Program, identifier
from spatial_opt.frontends.graph.tensor import Array
from spatial_opt.lowering.rnn.emitter import Emitter


def scale_rows(program: Program, *, powers_of_two: bool) -> Program:
    """
    Return a program whose layers have weights with rows that reach from -1 to 1, and factors.

    With `powers_of_two` no product changes. Layers that state a format, that have factors already,
    or whose weights are computed, stay. The module is changed in place.
    """
    rewriter = _Scaling(dict(program.parameters), powers_of_two)
    for op in list(program.module.walk()):
        if isinstance(op, RecurrentOp | LinearOp) and op.format is None:
            rewriter.layer(op)
    return Program(program.module, rewriter.left(program), program.notes)


@dataclass
class _Scaling:
    parameters: dict[str, Array]
    powers_of_two: bool
    _made: dict[tuple[str, ...], list[SSAValue]] = field(
        default_factory=dict[tuple[str, ...], list[SSAValue]]
    )

    def layer(self, op: RecurrentOp | LinearOp) -> None:
        """Scale the rows of one layer."""
        weights = [op.w, op.r] if isinstance(op, RecurrentOp) else [op.w]
        owners = [value.owner for value in weights]
        if isinstance(op, RecurrentOp) and op.rows is not None:
            return
        if not all(isinstance(o, pattern.ParameterOp) and o.scale is None for o in owners):
            return
        parameters = [owner for owner in owners if isinstance(owner, pattern.ParameterOp)]
        *scaled, factors = self._scaled(parameters)
        if isinstance(op, LinearOp):
            _replace_linear(op, scaled[0], factors)
        else:
            _replace_layer(op, scaled[0], scaled[1], factors)
        for parameter in parameters:
            if parameter.parent is not None and not parameter.result.uses:
                Rewriter.erase_op(parameter)

    def left(self, program: Program) -> Mapping[str, Array]:
        """Return the parameters that the program still has."""
        used = {
            op.name_.data for op in program.module.walk() if isinstance(op, pattern.ParameterOp)
        }
        return {name: array for name, array in self.parameters.items() if name in used}

    def _scaled(self, given: Sequence[pattern.ParameterOp]) -> list[SSAValue]:
        """Return parameters with scaled rows, and the one with the factors."""
        names = tuple(op.name_.data for op in given)
        if names not in self._made:
            arrays = [self.parameters[name] for name in names]
            factors = self._factors(arrays)
            made = [
                (f"{n}.scaled", a / factors[..., None]) for n, a in zip(names, arrays, strict=True)
            ]
            emitter = Emitter(InsertPoint.before(given[0]), given[0].location)
            self._made[names] = [
                self._parameter(emitter, name, array)
                for name, array in [*made, (f"{names[0]}.rows", factors)]
            ]
        return self._made[names]

    def _factors(self, arrays: Sequence[Array]) -> Array:
        largest = np.max([np.abs(array).max(axis=-1) for array in arrays], axis=0)
        # A row of zeros has none, and one beyond f32's normal numbers none that can divide.
        usable = np.isfinite(largest) & (largest >= 2.0**-100)
        largest = np.where(usable, largest, np.float32(1)).astype(np.float32)
        if self.powers_of_two:
            largest = np.exp2(np.ceil(np.log2(largest))).astype(np.float32)
        return largest

    def _parameter(self, emitter: Emitter, name: str, array: Array) -> SSAValue:
        unique, number = name, 1
        while unique in self.parameters:
            unique, number = f"{name}.{number}", number + 1
        self.parameters[unique] = np.ascontiguousarray(array, np.float32)
        op = pattern.ParameterOp(unique, TensorType(f32, array.shape))
        return emitter.value(op, identifier(unique))


def _replace_layer(op: RecurrentOp, w: SSAValue, r: SSAValue, factors: SSAValue) -> None:
    given: list[SSAValue | list[SSAValue]] = [op.x, w, r]
    for name in op.optional_operands():
        value = factors if name == "rows" else getattr(op, name)
        given.append([] if value is None else [value])
    properties = {n: v for n, v in op.properties.items() if n != "operandSegmentSizes"}
    new = type(op).build(
        operands=given,
        result_types=op.result_types,
        properties=properties,
        attributes=dict(op.attributes),
    )
    _replace(op, new)


def _replace(op: IRDLOperation, new: IRDLOperation) -> None:
    new.location = op.location
    Rewriter.replace_op(op, new)


def _replace_linear(op: LinearOp, w: SSAValue, factors: SSAValue) -> None:
    """Write the factors and the bias behind the product."""
    emitter = Emitter(InsertPoint.before(op), op.location)
    product = emitter.value(LinearOp(op.x, w), op.y.name_hint)
    bias = op.bias
    rows, _, outputs = op.sizes

    def body(e: Emitter, b: SSAValue, j: SSAValue) -> list[SSAValue]:
        value = e.times(e.read(product, [b, j]), e.read(factors, [j]))
        if bias is not None:
            value = e.value(arith.AddfOp(value, e.read(bias, [j])))
        return [value]

    domain = [("b", rows), ("j", outputs)]
    (result,) = emitter.kernel([op.y.name_hint or "y"], domain, [f32], body)
    op.y.replace_all_uses_with(result)
    Rewriter.erase_op(op)
