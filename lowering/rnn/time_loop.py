"""The scan over time of one direction: carried states, emitted outputs, sequence lengths."""

from collections.abc import Callable

from xdsl.dialects import arith
from xdsl.dialects.builtin import TensorType, f32
from xdsl.ir import Attribute, SSAValue
from xdsl.rewriter import InsertPoint

from spatial_opt.dialects import pattern
from spatial_opt.dialects.rnn import GruOp, LstmOp
from spatial_opt.lowering.rnn.emitter import Emitter
from spatial_opt.lowering.rnn.formats import F32
from spatial_opt.lowering.rnn.layer import Hidden, Layer, Results, State

Step = Callable[[Layer, Emitter, SSAValue, State], tuple[Hidden, SSAValue | None]]
"""Writes a step's kernels but the last; returns the body of the last, and the new cell."""


def blends_state(layer: Layer) -> bool:
    """Return whether the step reads the last hidden state in f32, besides its stored form."""
    return layer.format.stored("state") != F32 and isinstance(layer.op, GruOp)


def write_time_loop(layer: Layer, emitter: Emitter, step: Step) -> Results:
    """Write the scan of one direction and return the results that somebody uses."""
    op, stored = layer.op, layer.format.stored("state")
    inits = {"h": layer.initial(emitter, "h0", op.initial_h, stored)}
    if stored != F32 and (blends_state(layer) or op.y_h.uses):
        # Only a blend and a sequence that ends early read this state before it is written.
        read = op.sequence_lens is not None or blends_state(layer)
        inits["hf"] = layer.initial(emitter, "hf0", op.initial_h if read else None, F32)
    if isinstance(op, LstmOp):
        inits["c"] = layer.initial(emitter, "c0", op.initial_c, F32)
    emitted = [TensorType(f32, (1, layer.batch, layer.hidden))] if op.y.uses else []
    scan = pattern.ScanOp(layer.steps, list(inits.values()), emitted, reverse=layer.reverse)
    scan.index.name_hint = "t"
    for argument, name in zip(scan.carries, inits, strict=True):
        argument.name_hint = f"{name}_prev"
    before = dict(zip(inits, scan.carries, strict=True))
    precise = before.get("hf") if stored != F32 else before["h"]

    inner = emitter.inside(InsertPoint.at_end(scan.body.block))
    state = State(before["h"], precise, before.get("c"))
    hidden, cell = step(layer, inner, scan.index, state)
    after, output = _write_state(layer, inner, scan.index, state, hidden)
    carried = [after[name] for name in inits if name != "c"]
    if cell is not None:
        carried.append(cell)
    inner.add(pattern.NextOp(carried, [] if output is None else [output]))

    results = emitter.add(scan, *(f"{name}_last" for name in inits), "y")
    last = dict(zip(inits, results, strict=False))
    return Results(
        results[-1] if op.y.uses else None,
        last.get("hf", last["h"]) if op.y_h.uses else None,
        last.get("c"),
    )


def _write_state(
    layer: Layer, emitter: Emitter, time: SSAValue, state: State, hidden: Hidden
) -> tuple[dict[str, SSAValue], SSAValue | None]:
    """
    Write the last kernel of a step.

    Returns the states carried on, by name, and the output to emit, if somebody uses it. A batch
    entry whose sequence has ended keeps its states and puts out zero.
    """
    stored, masked = layer.format.stored("state"), layer.op.sequence_lens is not None
    emits = bool(layer.op.y.uses)
    keeps = state.precise is not None
    wanted: dict[str, Attribute] = {}
    if keeps or (emits and not masked):
        wanted["h"] = f32
    if emits and masked:
        wanted["y"] = f32
    if stored != F32:
        wanted["hq"] = stored.element

    def body(inner: Emitter, d: SSAValue, b: SSAValue, j: SSAValue) -> list[SSAValue]:
        new = hidden(inner, d, b, j)
        running = layer.running(inner, time, b)
        values: list[SSAValue] = []
        for name in wanted:
            value = stored.convert(inner, new) if name == "hq" else new
            if running is not None:
                old = {"h": state.precise, "hq": state.h}.get(name)
                other = inner.constant(0.0) if old is None else inner.read(old, [d, b, j])
                value = inner.value(arith.SelectOp(running, value, other))
            values.append(value)
        return values

    results = emitter.kernel(list(wanted), layer.unit_domain, list(wanted.values()), body)
    named = dict(zip(wanted, results, strict=True))
    output = named["y" if masked else "h"] if emits else None
    if stored == F32:
        return {"h": named["h"]}, output
    return {"h": named["hq"], **({"hf": named["h"]} if keeps else {})}, output
