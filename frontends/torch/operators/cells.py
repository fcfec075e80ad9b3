"""One step of a recurrent cell, as patterns; gates are in PyTorch's order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xdsl.ir import SSAValue

from spatial_opt.frontends.graph import scalars
from spatial_opt.frontends.graph.elementwise import elementwise
from spatial_opt.frontends.graph.graph import Graph
from spatial_opt.frontends.graph.layout import part
from spatial_opt.frontends.graph.matrix import linear
from spatial_opt.frontends.graph.tensor import Kind, Tensor
from spatial_opt.lowering.rnn.emitter import Emitter


@dataclass(frozen=True)
class Weights:
    """Weights of one direction: gates * hidden x inputs, gates * hidden x states, two biases."""

    w: Tensor
    r: Tensor
    wb: Tensor | None = None
    rb: Tensor | None = None
    projection: Tensor | None = None
    """Outputs x hidden."""

    @staticmethod
    def of(parameters: Sequence[Tensor], biases: bool, projected: bool) -> Weights:
        """Name the parameters of a direction, which PyTorch lists in order."""
        w, r, *rest = parameters
        wb, rb = rest[:2] if biases else (None, None)
        return Weights(w, r, wb, rb, rest[-1] if projected else None)


Step = Callable[[Graph, str, Tensor, Sequence[Tensor], Weights], list[Tensor]]
"""From the input (batch x inputs) and the states of a step to the next states."""

_SIGMOID, _TANH = scalars.activation("sigmoid"), scalars.activation("tanh")


def _sums(
    graph: Graph, name: str, x: Tensor, h: Tensor, weights: Weights, gates: int
) -> tuple[list[Tensor], list[Tensor]]:
    """Give each gate's sums over the input and over the state."""
    hidden = weights.w.shape[0] // gates
    sums = [
        linear(graph, f"{name}.wx", x, weights.w, weights.wb),
        linear(graph, f"{name}.rh", h, weights.r, weights.rb),
    ]
    found = [
        [part(graph, f"{each.name}.{n}", each, 1, n * hidden, hidden) for n in range(gates)]
        for each in sums
    ]
    return found[0], found[1]


def lstm_step(
    graph: Graph, name: str, x: Tensor, states: Sequence[Tensor], weights: Weights
) -> list[Tensor]:
    """Give h and c; h is projected if there is a projection."""
    h, c = states
    wx, rh = _sums(graph, name, x, h, weights, 4)

    def memory(e: Emitter, *values: SSAValue) -> SSAValue:
        i, f, g = (scalars.add(e, a, b) for a, b in zip(values[0:3], values[3:6], strict=True))
        kept = e.times(_SIGMOID(e, f), values[6])
        return scalars.add(e, kept, e.times(_SIGMOID(e, i), _TANH(e, g)))

    def output(e: Emitter, a: SSAValue, b: SSAValue, cell: SSAValue) -> SSAValue:
        return e.times(_SIGMOID(e, scalars.add(e, a, b)), _TANH(e, cell))

    cell = elementwise(graph, f"{name}.c", memory, [*wx[:3], *rh[:3], c])
    out = elementwise(graph, f"{name}.h", output, [wx[3], rh[3], cell])
    if weights.projection is not None:
        out = linear(graph, f"{name}.p", out, weights.projection, None)
    return [out, cell]


def gru_step(
    graph: Graph, name: str, x: Tensor, states: Sequence[Tensor], weights: Weights
) -> list[Tensor]:
    """Give h; the reset gate is applied behind the product."""
    (h,) = states
    wx, rh = _sums(graph, name, x, h, weights, 3)

    def state(e: Emitter, *values: SSAValue) -> SSAValue:
        r, z = (_SIGMOID(e, scalars.add(e, values[n], values[n + 3])) for n in (0, 1))
        n = _TANH(e, scalars.add(e, values[2], e.times(r, values[5])))
        # n + z * (h - n) is (1 - z) * n + z * h.
        return scalars.add(e, n, e.times(z, scalars.subtract(e, values[6], n)))

    return [elementwise(graph, f"{name}.h", state, [*wx, *rh, h])]


def rnn_step(activation: str) -> Step:
    """Return the step of a cell of one gate."""

    def apply(e: Emitter, a: SSAValue, b: SSAValue) -> SSAValue:
        return scalars.activation(activation)(e, scalars.add(e, a, b))

    def step(
        graph: Graph, name: str, x: Tensor, states: Sequence[Tensor], weights: Weights
    ) -> list[Tensor]:
        wx, rh = _sums(graph, name, x, states[0], weights, 1)
        return [elementwise(graph, f"{name}.h", apply, [*wx, *rh])]

    return step


def step_of(cell: str, activation: str) -> Step:
    """Return the step of a cell by name."""
    return {"lstm": lstm_step, "gru": gru_step}.get(cell) or rnn_step(activation)


def projected_lstm(
    graph: Graph, name: str, x: Tensor, weights: Weights, starts: Sequence[Tensor], *, reverse: bool
) -> tuple[Tensor, list[Tensor]]:
    """
    Write an LSTM whose state is projected, as a loop over the first dimension of `x`.

    Gives what it puts out (steps x batch x outputs) and its last states.
    """
    steps, *rest = x.shape

    def step(states: Sequence[Tensor], time: SSAValue) -> tuple[Sequence[Tensor], Sequence[Tensor]]:
        def body(e: Emitter, indices: Sequence[SSAValue]) -> SSAValue:
            return graph.read(e, x, [time, *indices])

        now = graph.kernel(f"{name}.x", tuple(rest), Kind.FLOAT, body)
        following = lstm_step(graph, name, now, states, weights)
        return following, following[:1]

    last, (y,) = graph.scan(steps, starts, step, reverse=reverse)
    return y, last
