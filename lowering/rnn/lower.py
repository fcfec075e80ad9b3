"""Lowers one rnn operation: its directions and their combination, or a fully connected layer."""

from collections.abc import Iterator, Sequence

from xdsl.dialects import arith
from xdsl.dialects.builtin import IndexType, IntegerAttr, f32
from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineExpr
from xdsl.rewriter import InsertPoint

from spatial_opt.dialects.rnn import FormatAttr, GruOp, LinearOp, RecurrentOp
from spatial_opt.lowering.rnn.cells import step_of
from spatial_opt.lowering.rnn.emitter import Dims, Domain, Emitter
from spatial_opt.lowering.rnn.formats import F32, NumberFormat
from spatial_opt.lowering.rnn.layer import Layer
from spatial_opt.lowering.rnn.storage import Storage, Want
from spatial_opt.lowering.rnn.time_loop import write_time_loop


def format_of(op: RecurrentOp | LinearOp) -> NumberFormat:
    """Return an operation's format; f32 if it has none."""
    return NumberFormat(FormatAttr.of("f32") if op.format is None else op.format)


def wants_of(op: RecurrentOp | LinearOp) -> Iterator[Want]:
    """Yield the forms in which an operation wants its operands stored."""
    format = format_of(op)
    roles = {0: "input", 1: "weight"}
    if isinstance(op, RecurrentOp):
        roles[2] = "recurrent"
        if op.initial_h is not None:
            position = 3 + (op.bias is not None) + (op.sequence_lens is not None)
            roles[position] = "state"
            precise = isinstance(op, GruOp) or (op.sequence_lens is not None and op.y_h.uses)
            if precise:
                yield Want(op, position, F32)
    for position, which in roles.items():
        yield Want(op, position, format.stored(which))


def lower(op: RecurrentOp | LinearOp, storage: Storage) -> None:
    """Replace the used results of an operation by the results of patterns; the op stays, unused."""
    emitter = Emitter(InsertPoint.before(op), op.location)
    if isinstance(op, LinearOp):
        _replace(op.y, _linear(op, emitter, storage))
    else:
        _lower_layer(op, emitter, storage)


def _replace(old: SSAValue, new: SSAValue) -> None:
    if old.name_hint is not None:
        new.name_hint = old.name_hint
    old.replace_all_uses_with(new)


def _lower_layer(op: RecurrentOp, emitter: Emitter, storage: Storage) -> None:
    format, step = format_of(op), step_of(op)
    directions = [
        write_time_loop(Layer(op, number, format, storage, emitter), emitter, step)
        for number in range(op.num_directions)
    ]
    steps, batch, _ = op.sizes
    time, entries, units = ("t", steps), ("b", batch), ("j", op.hidden)
    ways = ("d", op.num_directions)
    state_domain = [entries, ways, units] if op.batch_first else [ways, entries, units]
    y_domain = [entries, time, ways, units] if op.batch_first else [time, ways, entries, units]
    for result, parts, domain in (
        (op.y, [part.y for part in directions], y_domain),
        (op.y_h, [part.y_h for part in directions], state_domain),
        *((old, [part.y_c for part in directions], state_domain) for old in op.results[2:]),
    ):
        present = [part for part in parts if part is not None]
        if result.uses and present:
            _replace(result, _combine(emitter, result, present, domain))


def _combine(emitter: Emitter, result: SSAValue, parts: list[SSAValue], domain: Domain) -> SSAValue:
    """Put the results of the directions in one tensor, in the layout of the operation."""
    if len(parts) == 1 and parts[0].type == result.type:
        return parts[0]
    timed = any(name == "t" for name, _ in domain)

    def body(inner: Emitter, *indices: SSAValue) -> list[SSAValue]:
        index = dict(zip((name for name, _ in domain), indices, strict=True))
        lead = [index["t"]] if timed else []

        point = [*lead, index["b"], index["j"]]
        values = [inner.read(part, point, lambda i: (*i[:-2], 0, *i[-2:])) for part in parts]
        if len(values) == 1:
            return values
        zero = inner.value(arith.ConstantOp(IntegerAttr(0, IndexType())))
        first = inner.value(arith.CmpiOp(index["d"], zero, "eq"))
        return [inner.value(arith.SelectOp(first, *values))]

    return emitter.kernel(["both"], domain, [f32], body)[0]


def _linear(op: LinearOp, emitter: Emitter, storage: Storage) -> SSAValue:
    format = format_of(op)
    x = storage.get(emitter, op.x, format.stored("input"))
    w = storage.get(emitter, op.w, format.stored("weight"))
    rows, inputs, outputs = op.sizes
    shape = op.x_shape
    bias = op.bias

    def at(i: Dims) -> Sequence[AffineExpr | int]:
        b, k = i
        if len(shape) == 2:
            return (b, k)
        return (0, b, k) if shape[0] == 1 else (k // shape[2], b, k % shape[2])

    def body(inner: Emitter, b: SSAValue, j: SSAValue) -> list[SSAValue]:
        def term(deep: Emitter, k: SSAValue) -> list[SSAValue]:
            return [format.multiply(deep, deep.read(w, [j, k]), deep.read(x, [b, k], at))]

        total = inner.sum("k", inputs, format.accumulator, format.through, term)
        return [format.restore(inner, total, "weight", "input")]

    domain = [("b", rows), ("j", outputs)]
    if bias is None:
        return emitter.kernel(["linear"], domain, [f32], body)[0]
    product = emitter.kernel(["wx"], domain, [f32], body)[0]

    def add(inner: Emitter, b: SSAValue, j: SSAValue) -> list[SSAValue]:
        return [inner.value(arith.AddfOp(inner.read(product, [b, j]), inner.read(bias, [j])))]

    return emitter.kernel(["linear"], domain, [f32], add)[0]
