"""LSTM, GRU and RNN: layers of the rnn dialect, whose gates and shapes are ONNX's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from spatial_opt.dialects.rnn_syntax import ACTIVATIONS, DIRECTIONS
from spatial_opt.frontends.graph.recurrent import CELLS, Layer, recurrent
from spatial_opt.frontends.graph.tensor import Kind, Tensor
from spatial_opt.frontends.onnx.call import Call, Handler

_FLAGS = {"lstm": "input_forget", "gru": "linear_before_reset", "rnn": None}


def _layer(cell: str) -> Handler:
    def handle(call: Call) -> Sequence[Tensor]:
        direction = call.text("direction", "forward")
        if direction not in DIRECTIONS:
            call.refuse(f"direction {direction!r} is not known; it is {', '.join(DIRECTIONS)}")
        layout = call.integer("layout", 0)
        if layout not in (0, 1):
            call.refuse(f"layout {layout} is not known; it is 0 (time first) or 1 (batch first)")
        x, w, r = call.floats(0), call.floats(1), call.floats(2)
        hidden = _hidden(call, cell, direction, r)
        bias, lengths, initial_h = (
            call.optional_floats(3),
            call.optional(4),
            call.optional_floats(5),
        )
        initial_c = peepholes = None
        if cell == "lstm":
            initial_c, peepholes = call.optional_floats(6), call.optional_floats(7)
        flag = _FLAGS[cell]
        clip = call.attribute("clip", None)
        layer = Layer(
            cell,
            hidden,
            x,
            w,
            r,
            bias,
            _lengths(call, lengths, x, layout),
            initial_h,
            initial_c,
            peepholes,
            direction,
            _activations(call),
            call.attribute("activation_alpha", None),
            call.attribute("activation_beta", None),
            # Zero stands for no clip in some exporters; a bound of zero would make no network.
            None if not clip else float(clip),
            layout,
            flag is not None and bool(call.integer(flag, 0)),
        )
        return recurrent(call.graph, call.name, layer)

    return handle


def _hidden(call: Call, cell: str, direction: str, r: Tensor) -> int:
    """Return the number of hidden units, and check that R is made for it."""
    gates = CELLS[cell].GATES
    if r.rank != 3:
        call.refuse(
            f"R has the shape {list(r.shape)}; it is directions x {gates} * hidden_size x "
            "hidden_size"
        )
    hidden = call.integer("hidden_size", r.shape[2])
    count = 2 if direction == "bidirectional" else 1
    wanted = (count, gates * hidden, hidden)
    if r.shape != wanted:
        call.refuse(
            f"R has the shape {list(r.shape)}, but {count} direction{'s' * (count > 1)} with "
            f"{gates} gate{'s' * (gates > 1)} of hidden_size {hidden} need {list(wanted)}; correct "
            "the weights or hidden_size"
        )
    return hidden


def _activations(call: Call) -> list[str] | None:
    names = call.attribute("activations", None)
    if names is None:
        return None
    found: list[str] = []
    for name in names:
        if name.lower() not in ACTIVATIONS:
            call.refuse(
                f"activation {name!r} is not known; there are {', '.join(ACTIVATIONS)}, in letters "
                "of any case"
            )
        found.append(name.lower())
    return found


def _lengths(call: Call, lengths: Tensor | None, x: Tensor, layout: int) -> Tensor | None:
    if lengths is None:
        return None
    if lengths.kind is not Kind.INTEGER:
        call.refuse(f"sequence_lens holds {lengths.kind.value}; give integers")
    if lengths.array is not None and x.rank == 3:
        steps = x.shape[1 if layout else 0]
        if lengths.array.min() < 0 or lengths.array.max() > steps:
            call.refuse(
                f"sequence_lens are {lengths.array.reshape(-1).tolist()} for {steps} steps; they "
                f"run from 0 to {steps}"
            )
    return lengths


RECURRENT: Mapping[str, Handler] = {
    "LSTM": _layer("lstm"),
    "GRU": _layer("gru"),
    "RNN": _layer("rnn"),
}
"""Handlers by operator."""
