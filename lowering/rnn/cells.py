"""The steps of the three cells, one kernel per call of a BLAS-like library."""

from xdsl.dialects import arith
from xdsl.dialects.builtin import f32
from xdsl.ir import SSAValue

from spatial_opt.dialects.rnn import GruOp, LstmOp, RecurrentOp, RnnOp
from spatial_opt.lowering.rnn.emitter import Body, Emitter
from spatial_opt.lowering.rnn.layer import Hidden, Layer, Product, State
from spatial_opt.lowering.rnn.time_loop import Step


def step_of(op: RecurrentOp) -> Step:
    """Return the writer of a step of a layer."""
    match op:
        case LstmOp():
            return _lstm_step
        case GruOp():
            return _gru_step
        case RnnOp():
            return _rnn_step
        case _:
            raise RuntimeError(f"no lowering for {op.name}, this is a bug")


def _preactivations(
    layer: Layer, emitter: Emitter, wx: Product, rh: Product, gates: int
) -> Product:
    """Write the sum of both products and both biases for the first gates."""

    def body(inner: Emitter, *indices: SSAValue) -> list[SSAValue]:
        batch, unit = indices[0], indices[-1]
        gate = indices[1] if gates > 1 else 0
        products = [product.read(inner, gate, batch, unit) for product in (wx, rh)]
        total = inner.plus(*products)
        assert total is not None
        total = layer.scaled(inner, total, gate, unit)
        total = inner.plus(total, layer.biases(inner, gate, unit))
        return [] if total is None else [total]

    several = [("gate", gates)] if gates > 1 else []
    domain = [("b", layer.batch), *several, ("j", layer.hidden)]
    return Product(emitter.kernel(["pre"], domain, [f32], body)[0], gates)


def _elementwise(layer: Layer, emitter: Emitter, name: str, body: Body) -> SSAValue:
    """Write a kernel over batch and hidden units."""
    domain = [("b", layer.batch), ("j", layer.hidden)]
    return emitter.kernel([name], domain, [f32], body)[0]


def _at(emitter: Emitter, state: SSAValue, batch: SSAValue, unit: SSAValue) -> SSAValue:
    """Read an element of a state, 1 x batch x hidden."""
    return emitter.read(state, [batch, unit], lambda i: (0, *i))


def _lstm_step(
    layer: Layer, emitter: Emitter, time: SSAValue, state: State
) -> tuple[Hidden, SSAValue | None]:
    op, previous = layer.op, state.c
    assert isinstance(op, LstmOp)
    assert previous is not None
    wx = layer.input_product(emitter, time)
    rh = layer.recurrent_product(emitter, "rh", (0, 4), state.h)
    pre = _preactivations(layer, emitter, wx, rh, 4)

    def gate(name: str, number: int, which: int, cell: SSAValue | None) -> SSAValue:
        def body(inner: Emitter, b: SSAValue, j: SSAValue) -> list[SSAValue]:
            value = pre.read(inner, number, b, j)
            if cell is not None and op.peepholes is not None:
                seen = inner.times(layer.peephole(inner, number, j), _at(inner, cell, b, j))
                value = inner.value(arith.AddfOp(value, seen))
            return [layer.gate(inner, which, value)]

        return _elementwise(layer, emitter, name, body)

    def coupled(inner: Emitter, b: SSAValue, j: SSAValue) -> list[SSAValue]:
        return [inner.complement(inner.read(i, [b, j]))]

    def new_cell(inner: Emitter, d: SSAValue, b: SSAValue, j: SSAValue) -> list[SSAValue]:
        old = inner.read(previous, [d, b, j])
        kept = inner.times(inner.read(f, [b, j]), old)
        added = inner.times(inner.read(i, [b, j]), inner.read(g, [b, j]))
        value = inner.value(arith.AddfOp(kept, added))
        running = layer.running(inner, time, b)
        if running is not None:
            value = inner.value(arith.SelectOp(running, value, old))
        return [value]

    def squashed(inner: Emitter, b: SSAValue, j: SSAValue) -> list[SSAValue]:
        return [layer.activate(inner, 2, _at(inner, c, b, j))]

    i = gate("i", 0, 0, previous)
    if op.input_forget is None:
        f = gate("f", 2, 0, previous)
    else:
        f = _elementwise(layer, emitter, "f", coupled)
    g = gate("g", 3, 1, None)
    c = emitter.kernel(["c"], layer.unit_domain, [f32], new_cell)[0]
    o = gate("o", 1, 0, c)
    ct = _elementwise(layer, emitter, "ct", squashed)

    def hidden(inner: Emitter, d: SSAValue, b: SSAValue, j: SSAValue) -> SSAValue:
        return inner.times(inner.read(o, [b, j]), inner.read(ct, [b, j]))

    return hidden, c


def _gru_step(
    layer: Layer, emitter: Emitter, time: SSAValue, state: State
) -> tuple[Hidden, SSAValue | None]:
    op, previous = layer.op, state.precise
    assert isinstance(op, GruOp)
    assert previous is not None
    after = op.linear_before_reset is not None
    wx = layer.input_product(emitter, time)
    rh = layer.recurrent_product(emitter, "rh", (0, 3 if after else 2), state.h)
    pre = _preactivations(layer, emitter, wx, rh, 2)

    def gate(name: str, number: int) -> SSAValue:
        def body(inner: Emitter, b: SSAValue, j: SSAValue) -> list[SSAValue]:
            return [layer.gate(inner, 0, pre.read(inner, number, b, j))]

        return _elementwise(layer, emitter, name, body)

    z, r = gate("z", 0), gate("r", 1)
    stored = layer.format.stored("state")

    def reset_state(inner: Emitter, d: SSAValue, b: SSAValue, j: SSAValue) -> list[SSAValue]:
        value = inner.times(inner.read(r, [b, j]), inner.read(previous, [d, b, j]))
        return [stored.convert(inner, value)]

    def candidate(inner: Emitter, b: SSAValue, j: SSAValue) -> list[SSAValue]:
        product = layer.scaled(inner, wx.read(inner, 2, b, j), 2, j)
        from_input = inner.plus(product, layer.bias(inner, 2, j, "w"))
        bias = layer.bias(inner, 2, j, "r")
        product = layer.scaled(inner, rn.read(inner, 2 if after else 0, b, j), 2, j)
        from_state = inner.plus(product, bias)
        if after:
            assert from_state is not None
            from_state = inner.times(inner.read(r, [b, j]), from_state)
        total = inner.plus(from_input, from_state)
        assert total is not None
        return [layer.gate(inner, 1, total)]

    if after:
        rn = rh
    else:
        rs = emitter.kernel(["rs"], layer.unit_domain, [stored.element], reset_state)[0]
        rn = layer.recurrent_product(emitter, "rn", (2, 1), rs)
    n = _elementwise(layer, emitter, "n", candidate)

    def hidden(inner: Emitter, d: SSAValue, b: SSAValue, j: SSAValue) -> SSAValue:
        update = inner.read(z, [b, j])
        new = inner.times(inner.complement(update), inner.read(n, [b, j]))
        kept = inner.times(update, inner.read(previous, [d, b, j]))
        return inner.value(arith.AddfOp(new, kept))

    return hidden, None


def _rnn_step(
    layer: Layer, emitter: Emitter, time: SSAValue, state: State
) -> tuple[Hidden, SSAValue | None]:
    wx = layer.input_product(emitter, time)
    rh = layer.recurrent_product(emitter, "rh", (0, 1), state.h)
    pre = _preactivations(layer, emitter, wx, rh, 1)

    def hidden(inner: Emitter, d: SSAValue, b: SSAValue, j: SSAValue) -> SSAValue:
        return layer.gate(inner, 0, pre.read(inner, 0, b, j))

    return hidden, None
