"""
Recurrent layers and cells.

PyTorch orders the gates of an LSTM i, f, g, o and of a GRU r, z, n; ONNX, whose order the rnn
dialect has, i, o, f, g and z, r, n. A GRU of PyTorch applies the reset gate behind the product with
R (linear_before_reset). Layers stand in the rnn dialect; what it does not have, a projection of the
state, and cells are written as patterns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from spatial_opt.frontends.graph.layout import concatenate, part, renamed, reshape, transpose
from spatial_opt.frontends.graph.recurrent import Layer, recurrent
from spatial_opt.frontends.graph.tensor import Array, Tensor
from spatial_opt.frontends.torch.call import Call, Handler
from spatial_opt.frontends.torch.operators.cells import Weights, projected_lstm, step_of

_GATES: Mapping[str, tuple[int, ...]] = {"lstm": (0, 3, 1, 2), "gru": (1, 0, 2), "rnn": (0,)}
"""PyTorch's number of each of ONNX's gates."""


@dataclass(frozen=True)
class _Stack:
    """Layers of a cell on top of each other."""

    cell: str
    activation: str | None
    layers: int
    ways: int
    biases: bool
    batch_first: bool

    @property
    def direction(self) -> str:
        """Name the directions as the rnn dialect does."""
        return "bidirectional" if self.ways == 2 else "forward"


def _reordered(cell: str, array: Array) -> Array:
    """Put the rows of PyTorch's gates into ONNX's order."""
    gates = _GATES[cell]
    blocks = np.split(array, len(gates))
    return np.concatenate([blocks[n] for n in gates])


def _stacked(call: Call, name: str, arrays: Sequence[Array]) -> Tensor:
    return Tensor.constant(f"{call.name}.{name}", np.stack(arrays))


def _layer(call: Call, stack: _Stack, x: Tensor, weights: Sequence[Weights], number: int) -> Layer:
    """Give the layer of all directions, without initial states."""
    w = [_reordered(stack.cell, call.known(each.w)) for each in weights]
    r = [_reordered(stack.cell, call.known(each.r)) for each in weights]
    bias = None
    if stack.biases:
        rows: list[Array] = []
        for each in weights:
            assert each.wb is not None
            assert each.rb is not None
            both = (_reordered(stack.cell, call.known(b)) for b in (each.wb, each.rb))
            rows.append(np.concatenate(list(both)))
        bias = _stacked(call, f"B{number}", rows)
    return Layer(
        stack.cell,
        r[0].shape[-1],
        x,
        _stacked(call, f"W{number}", w),
        _stacked(call, f"R{number}", r),
        bias,
        direction=stack.direction,
        activations=None if stack.activation is None else [stack.activation] * stack.ways,
        coupled=stack.cell == "gru",
        layout=1 if stack.batch_first else 0,
    )


def _states(call: Call, stack: _Stack, state: Tensor, number: int) -> Tensor:
    """Give the initial states of a layer in the order of its layout."""
    name = f"{state.name}.{number}"
    own = part(call.graph, name, state, 0, number * stack.ways, stack.ways)
    return transpose(call.graph, name, own, [1, 0, 2]) if stack.batch_first else own


def _run(call: Call, stack: _Stack, x: Tensor, hx: Sequence[Tensor]) -> list[Tensor]:
    """Write all layers; give what the last one puts out and the last states of all."""
    parameters = call.tensors("params")
    each = 2 + 2 * stack.biases
    projected = len(parameters) == stack.layers * stack.ways * (each + 1)
    last: list[list[Tensor]] = [[] for _ in hx]
    for number in range(stack.layers):
        count = each + projected
        own = parameters[number * stack.ways * count :][: stack.ways * count]
        weights = [
            Weights.of(own[n * count : (n + 1) * count], stack.biases, projected)
            for n in range(stack.ways)
        ]
        if projected:
            x, *ends = _projected(call, stack, x, hx, weights, number)
        else:
            x, *ends = _written(call, stack, x, hx, weights, number)
        for found, end in zip(last, ends, strict=True):
            found.append(end)
    joined = [
        concatenate(call.graph, f"{call.name}.{name}", found, 0)
        for name, found in zip(("h", "c"), last, strict=False)
    ]
    return [renamed(x, f"{call.name}.y"), *joined]


def _written(
    call: Call,
    stack: _Stack,
    x: Tensor,
    hx: Sequence[Tensor],
    weights: Sequence[Weights],
    number: int,
) -> list[Tensor]:
    """Write a layer of the rnn dialect; its results in the order of PyTorch's dimensions."""
    graph, name = call.graph, f"{call.name}.{number}" if stack.layers > 1 else call.name
    layer = _layer(call, stack, x, weights, number)
    states = [_states(call, stack, state, number) for state in hx]
    initial_c = states[1] if len(states) > 1 else None
    y, *ends = recurrent(graph, name, replace(layer, initial_h=states[0], initial_c=initial_c))
    if not stack.batch_first:
        y = transpose(graph, f"{name}.y", y, [0, 2, 1, 3]) if stack.ways > 1 else y
    steps_and_batch = x.shape[:2]
    y = reshape(graph, f"{name}.y", y, (*steps_and_batch, stack.ways * layer.hidden))
    if stack.batch_first:
        ends = [transpose(graph, f"{end.name}.t", end, [1, 0, 2]) for end in ends]
    return [y, *ends]


def _projected(
    call: Call,
    stack: _Stack,
    x: Tensor,
    hx: Sequence[Tensor],
    weights: Sequence[Weights],
    number: int,
) -> list[Tensor]:
    """Write the directions of a layer whose states are projected."""
    graph = call.graph
    if stack.batch_first:
        x = transpose(graph, f"{call.name}.x{number}", x, [1, 0, 2])
    outputs: list[Tensor] = []
    ends: list[list[Tensor]] = [[], []]
    for way, each in enumerate(weights):
        name = f"{call.name}.{number}.{way}"
        place = number * stack.ways + way
        starts = [
            reshape(graph, f"{s.name}.{place}", part(graph, s.name, s, 0, place, 1), s.shape[1:])
            for s in hx
        ]
        y, last = projected_lstm(graph, name, x, each, starts, reverse=way == 1)
        outputs.append(y)
        for found, end in zip(ends, last, strict=True):
            found.append(reshape(graph, end.name, end, (1, *end.shape)))
    y = concatenate(graph, f"{call.name}.y{number}", outputs, 2) if len(outputs) > 1 else outputs[0]
    if stack.batch_first:
        y = transpose(graph, f"{call.name}.y{number}", y, [1, 0, 2])
    joined = [concatenate(graph, f"{found[0].name}s", found, 0) for found in ends]
    return [y, *joined]


def _stack(cell: str, activation: str | None = None) -> Handler:
    def handle(call: Call) -> Sequence[Tensor]:
        if not call.has("input"):
            call.refuse("it takes packed sequences; give padded ones")
        x = call.floats("input")
        hx = call.value("hx")
        states = [hx] if isinstance(hx, Tensor) else list(hx)
        share, train = call.number("dropout"), bool(call.value("train"))
        if share > 0.0 and train and call.integer("num_layers") > 1:
            call.refuse("it draws random numbers; call module.eval() before the export")
        stack = _Stack(
            cell,
            activation,
            call.integer("num_layers"),
            2 if call.value("bidirectional") else 1,
            bool(call.value("has_biases")),
            bool(call.value("batch_first")),
        )
        return _run(call, stack, x, states)

    return handle


def _cell(cell: str, activation: str = "tanh") -> Handler:
    def handle(call: Call) -> Tensor | Sequence[Tensor]:
        hx = call.value("hx")
        states = [hx] if isinstance(hx, Tensor) else list(hx)
        weights = Weights(
            call.floats("w_ih"),
            call.floats("w_hh"),
            call.optional_floats("b_ih"),
            call.optional_floats("b_hh"),
        )
        following = step_of(cell, activation)(
            call.graph, call.name, call.floats("input"), states, weights
        )
        return following if cell == "lstm" else following[0]

    return handle


RECURRENT: Mapping[str, Handler] = {
    "lstm": _stack("lstm"),
    "gru": _stack("gru"),
    "rnn_tanh": _stack("rnn", "tanh"),
    "rnn_relu": _stack("rnn", "relu"),
    "lstm_cell": _cell("lstm"),
    "gru_cell": _cell("gru"),
    "rnn_tanh_cell": _cell("rnn"),
    "rnn_relu_cell": _cell("rnn", "relu"),
}
"""Handlers by operator, without the name of the overload."""
