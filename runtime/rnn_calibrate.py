"""
Scales of the 8-bit formats, from the numbers that a run will see.

int8 maps the largest magnitude of a tensor to 127. mixed8 takes the power of two that brings it
to at most 16: products then stay below 256, inside f8E4M3FN's range of 448, and well above its
subnormal numbers. The hidden state of the usual cells lies in [-1, 1], unless a first state given
to them is larger. What other operations compute is measured: the program runs in f32 on the given
inputs.

In mixed8 a recurrent layer's two products are then given one scale, input * weight = state *
recurrent, so that their sums can be one (see "Fusion" in docs/dialects/pattern.md): the scales of
the greater product are lowered, by a factor of up to 16 between the two of them. This leaves the
largest magnitudes above 2, and rounds only values below 1/128 of them more coarsely.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor, log2
from typing import Literal

import numpy as np
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import BlockArgument, OpResult, SSAValue
from xdsl.passes import ModulePass

from spatial_opt.dialects.pattern import ParameterOp
from spatial_opt.dialects.rnn import GruOp, LinearOp, LstmOp, RecurrentOp
from spatial_opt.dialects.rnn_format import FormatAttr
from spatial_opt.dialects.signature import argument_name
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.array_files import load_arrays
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.program_inputs import input_specs, parameter_specs

MIXED8_LARGEST = 16.0
"""Magnitude to which mixed8 scales the largest value of a tensor."""
LARGEST_LOWERING = 4
"""Powers of two by which the two scales of a product are lowered together, at most."""
_SMALLEST, _LARGEST = 2.0**-100, 2.0**120
"""Magnitudes, zero and infinity among them, beyond which a tensor counts as lying in [-1, 1]: its
scale would not be a normal f32."""


def scale_for(format: str, largest: float) -> float:
    """Give the factor by which a tensor with this largest magnitude is multiplied."""
    if not _SMALLEST <= largest <= _LARGEST:
        largest = 1.0
    match format:
        case "int8":
            return float(np.float32(127.0 / largest))
        case "mixed8":
            return 2.0 ** floor(log2(MIXED8_LARGEST / largest))
        case _:
            return 1.0


def share_scale(scales: Mapping[str, float]) -> dict[str, float]:
    """
    Lower scales, all powers of two, so that input * weight = state * recurrent.

    They stay as they are where that would take more than `LARGEST_LOWERING` powers of two.
    """
    lowered = dict(scales)
    products = [("input", "weight"), ("state", "recurrent")]
    products.sort(key=lambda pair: scales[pair[0]] * scales[pair[1]])
    low, high = (scales[one] * scales[other] for one, other in products)
    powers = round(log2(high / low))
    if powers > LARGEST_LOWERING:
        return lowered
    first, second = sorted(products[1], key=lambda which: scales[which], reverse=True)
    lowered[first] /= 2.0 ** (powers - powers // 2)
    lowered[second] /= 2.0 ** (powers // 2)
    return lowered


def calibrate(
    module: ModuleOp,
    format: str,
    inputs: Mapping[str, Array],
    parameters: Mapping[str, Array],
) -> None:
    """Give every rnn operation without a format one whose scales fit these numbers."""
    layers = [
        op for op in module.walk() if isinstance(op, RecurrentOp | LinearOp) and op.format is None
    ]
    measured = _measure(module, layers, inputs, parameters) if needs_scales(format) else {}
    for op in layers:
        recurrent = op.r if isinstance(op, RecurrentOp) else op.w
        largest = {
            "input": _largest(op.x, inputs, parameters, measured),
            "weight": _largest(op.w, inputs, parameters, measured),
            "recurrent": _largest(recurrent, inputs, parameters, measured),
            "state": _largest_state(op, inputs, parameters, measured),
        }
        scales = {which: scale_for(format, value) for which, value in largest.items()}
        if format == "mixed8" and isinstance(op, RecurrentOp):
            scales = share_scale(scales)
        op.format = FormatAttr.of(format, **scales)


def needs_scales(format: str) -> bool:
    """Tell whether a format has scales."""
    return format in ("int8", "mixed8")


def _measure(
    module: ModuleOp,
    layers: Sequence[RecurrentOp | LinearOp],
    inputs: Mapping[str, Array],
    parameters: Mapping[str, Array],
) -> dict[SSAValue, float]:
    """
    Run the program to find the largest magnitudes of what layers read and keep as state.

    Only where those are computed, have no bound of their own, and all numbers are there.
    """
    wanted: dict[OpResult, None] = {}
    for op in layers:
        states = (op.r, op.y, op.initial_h) if isinstance(op, RecurrentOp) else ()
        values = [op.x, op.w, *states]
        wanted |= dict.fromkeys(v for v in values if isinstance(v, OpResult) and _open(v))
    if not wanted:
        return {}
    names = {spec.name for spec in input_specs(module)}
    needed = {spec.name for spec in parameter_specs(module)}
    if not names <= inputs.keys() or not needed <= parameters.keys():
        return {}
    from spatial_opt.runtime.value_ranges import largest_magnitudes

    given = {name: inputs[name] for name in names}
    found = largest_magnitudes(module, list(wanted), given, parameters)
    return dict(zip(wanted, found, strict=True))


def _open(value: OpResult) -> bool:
    """Tell whether a value in @main is computed without lying in [-1, 1] anyway."""
    if isinstance(value.op, ParameterOp) or not isinstance(value.op.parent_op(), FuncOp):
        return False
    return not (isinstance(value.op, RecurrentOp) and _bounded(value, value.op))


_BOUNDED = frozenset({"tanh", "sigmoid", "hardsigmoid", "softsign"})


def _bounded(value: OpResult, op: RecurrentOp) -> bool:
    """Tell whether a layer's hidden state lies in [-1, 1], as its activations have it."""
    cell = isinstance(op, LstmOp) and value == op.y_c
    # A GRU carries on a part of its first state.
    blended = isinstance(op, GruOp) and op.initial_h is not None
    return not cell and not blended and _BOUNDED.issuperset(op.activation_names())


def _largest_state(
    op: RecurrentOp | LinearOp,
    inputs: Mapping[str, Array],
    parameters: Mapping[str, Array],
    measured: Mapping[SSAValue, float],
) -> float:
    """Give the largest magnitude of what a layer multiplies with R, its first state too."""
    if not isinstance(op, RecurrentOp):
        return 1.0
    carried = measured.get(op.y, 1.0)
    if op.initial_h is None:
        return carried
    first = _largest(op.initial_h, inputs, parameters, measured)
    return max(carried, first) if _SMALLEST <= first <= _LARGEST else carried


def _largest(
    value: SSAValue,
    inputs: Mapping[str, Array],
    parameters: Mapping[str, Array],
    measured: Mapping[SSAValue, float],
) -> float:
    """Give the largest magnitude of a tensor; 1 for what is not known."""
    if value in measured:
        return measured[value]
    array: Array | None = None
    if isinstance(value, BlockArgument):
        array = inputs.get(argument_name(value))
    elif isinstance(value.owner, ParameterOp):
        array = parameters.get(value.owner.name_.data)
    if array is None or array.size == 0:
        return 1.0
    return float(np.max(np.abs(array)))


@dataclass(frozen=True)
class RnnCalibratePass(ModulePass):
    """
    Give every rnn operation that has none a number format whose scales fit given numbers.

    ```mlir
    // before
    %y = rnn.linear %x, %w : (tensor<1x4xf32>, tensor<2x4xf32>) -> tensor<1x2xf32>
    // after, format=int8
    %y = rnn.linear %x, %w format <int8, input 127.0, weight 127.0, recurrent 127.0, state 127.0>
        : (tensor<1x4xf32>, tensor<2x4xf32>) -> tensor<1x2xf32>
    ```

    This is what `spatial-run` does first. Tensors of which no numbers are given count as lying
    in [-1, 1]; what is computed in front of a layer is measured, if all numbers are given.

    Requires: nothing. Leaves: operations that have a format.
    Fails: a file that cannot be read, an array of another shape than its parameter.
    """

    name = "rnn-calibrate"

    format: Literal["f32", "bf16", "int8", "mixed8"] = "mixed8"
    """The number format."""
    weights: str | None = None
    """File (.safetensors or .npz) with the parameters."""
    inputs: str | None = None
    """File with examples of the inputs, by name."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Set the formats."""
        parameters = {} if self.weights is None else load_arrays(self.weights)
        inputs = {} if self.inputs is None else load_arrays(self.inputs)
        for inner in op.walk():
            if isinstance(inner, ParameterOp) and inner.name_.data in parameters:
                found = parameters[inner.name_.data].shape
                wanted = tuple(inner.result.type.get_shape())
                if found != wanted:
                    raise SpatialError(
                        f"{self.name}: parameter {inner.name_.data!r} has shape {found} in "
                        f"{self.weights}, but the program declares {wanted}"
                    )
        calibrate(op, self.format, inputs, parameters)
