"""Recurrent layers: operations of the rnn dialect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from xdsl.ir import SSAValue

from spatial_opt.dialects.rnn import GruOp, LstmOp, RecurrentOp, RnnOp
from spatial_opt.frontends.graph.graph import Graph
from spatial_opt.frontends.graph.program import identifier
from spatial_opt.frontends.graph.tensor import Kind, Tensor
from spatial_opt.machine.errors import SpatialError

CELLS: Mapping[str, type[RecurrentOp]] = {"lstm": LstmOp, "gru": GruOp, "rnn": RnnOp}


@dataclass(frozen=True)
class Layer:
    """A recurrent layer; operands and attributes are those of the rnn dialect, with its shapes."""

    cell: str
    """lstm, gru or rnn."""
    hidden: int
    x: Tensor
    w: Tensor
    r: Tensor
    bias: Tensor | None = None
    sequence_lens: Tensor | None = None
    initial_h: Tensor | None = None
    initial_c: Tensor | None = None
    peepholes: Tensor | None = None
    direction: str = "forward"
    activations: Sequence[str] | None = None
    alpha: Sequence[float] | None = None
    beta: Sequence[float] | None = None
    clip: float | None = None
    layout: int = 0
    coupled: bool = False
    """input_forget of an LSTM, linear_before_reset of a GRU."""

    @property
    def steps(self) -> int:
        """Return the number of steps."""
        return self.x.shape[1 if self.layout else 0]


def recurrent(graph: Graph, name: str, layer: Layer) -> list[Tensor]:
    """Write a layer; give Y, Y_h and, for an LSTM, Y_c. The operation verifies its shapes."""
    _check_shapes(layer)
    options: dict[str, Any] = {
        "direction": layer.direction,
        "activations": layer.activations,
        "activation_alpha": layer.alpha,
        "activation_beta": layer.beta,
        "clip": layer.clip,
        "layout": layer.layout,
        "bias": _value(graph, _unless_zero(layer.bias)),
        "sequence_lens": _value(graph, _unless_whole(layer)),
        "initial_h": _value(graph, _unless_zero(layer.initial_h)),
    }
    if layer.cell == "lstm":
        options["initial_c"] = _value(graph, _unless_zero(layer.initial_c))
        options["peepholes"] = _value(graph, _unless_zero(layer.peepholes))
        options["input_forget"] = layer.coupled
    if layer.cell == "gru":
        options["linear_before_reset"] = layer.coupled
    kind: Any = CELLS[layer.cell]
    operands = [graph.value(tensor) for tensor in (layer.x, layer.w, layer.r)]
    op: RecurrentOp = kind(*operands, layer.hidden, **options)
    op.verify()
    base = identifier(name) or layer.cell
    hints = [base, f"{base}.h", f"{base}.c"][: len(op.results)]
    values = graph.emitter.add(op, *hints)
    return [
        Tensor(hint, result_shape(value.type), Kind.FLOAT, value)
        for hint, value in zip(hints, values, strict=True)
    ]


def _check_shapes(layer: Layer) -> None:
    """Check the optional operands, those too that are left out since they are zero."""
    if layer.x.rank != 3:
        raise SpatialError(
            f"X has the shape {list(layer.x.shape)}; it is "
            f"{'batch x time' if layer.layout else 'time x batch'} x input size"
        )
    gates, hidden = CELLS[layer.cell].GATES, layer.hidden
    ways = 2 if layer.direction == "bidirectional" else 1
    batch = layer.x.shape[0 if layer.layout else 1]
    state = (batch, ways, hidden) if layer.layout else (ways, batch, hidden)
    order = "batch x directions" if layer.layout else "directions x batch"
    for name, tensor, rule, shape in (
        ("bias", layer.bias, f"directions x {2 * gates} * hidden_size", (ways, 2 * gates * hidden)),
        ("sequence_lens", layer.sequence_lens, "batch", (batch,)),
        ("initial_h", layer.initial_h, f"{order} x hidden_size", state),
        ("initial_c", layer.initial_c, f"{order} x hidden_size", state),
        ("peepholes", layer.peepholes, "directions x 3 * hidden_size", (ways, 3 * hidden)),
    ):
        if tensor is not None and tensor.shape != shape:
            raise SpatialError(
                f"{name} ({tensor.name!r}) has the shape {list(tensor.shape)}, but it is {rule} = "
                f"{list(shape)}; correct it or hidden_size"
            )


def result_shape(type: Any) -> tuple[int, ...]:
    """Return the shape of a tensor type."""
    return tuple(type.get_shape())


def _value(graph: Graph, tensor: Tensor | None) -> SSAValue | None:
    return None if tensor is None else graph.value(tensor)


def _unless_zero(tensor: Tensor | None) -> Tensor | None:
    """Leave an operand out whose absence means zero."""
    return None if tensor is None or tensor.is_zero else tensor


def _unless_whole(layer: Layer) -> Tensor | None:
    """Leave lengths out that are those of the whole sequence."""
    lengths = layer.sequence_lens
    if lengths is None or lengths.array is None:
        return lengths
    return None if np.all(lengths.array == layer.steps) else lengths
