"""
Evaluates programs of the rnn dialect directly from the ONNX definitions, in double precision.

The top of the comparison between levels: it shares no code with the lowering or the evaluators
below. Number formats are ignored; results are rounded to f32 once, at the end.
"""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import SSAValue

from spatial_opt.dialects import pattern
from spatial_opt.dialects.rnn import Activation, GruOp, LinearOp, LstmOp, RecurrentOp
from spatial_opt.dialects.signature import argument_name, result_names
from spatial_opt.machine.errors import SpatialError

Array = npt.NDArray[np.float64]
Function = Callable[[Array], Array]


def evaluate_rnn(
    module: ModuleOp,
    inputs: Mapping[str, npt.ArrayLike],
    parameters: Mapping[str, npt.ArrayLike],
) -> dict[str, npt.NDArray[np.float32]]:
    """
    Evaluate the function @main of a module of rnn operations.

    `inputs` and `parameters` are arrays by name. Raises `SpatialError` if one is missing or has
    another shape than the program says, and for an operation of another level.
    """
    function = next(
        (op for op in module.ops if isinstance(op, func.FuncOp) and op.sym_name.data == "main"),
        None,
    )
    if function is None:
        raise SpatialError("the module has no function @main to evaluate")
    values: dict[SSAValue, Array] = {}
    for argument in function.body.block.args:
        values[argument] = _given("input", argument_name(argument), argument, inputs)
    results: dict[str, npt.NDArray[np.float32]] = {}
    for op in function.body.block.ops:
        match op:
            case pattern.ParameterOp():
                values[op.result] = _given("parameter", op.name_.data, op.result, parameters)
                if op.scale is not None:
                    values[op.result] = values[op.result] * op.scale.value.data
            case RecurrentOp():
                values.update(zip(op.results, evaluate_layer(op, values), strict=True))
            case LinearOp():
                values[op.y] = _linear(op, values)
            case func.ReturnOp():
                for name, value in zip(result_names(function), op.operands, strict=True):
                    results[name] = values[value].astype(np.float32)
            case _:
                raise SpatialError(
                    f"{op.name} is not an operation of the rnn level; evaluate the program at the "
                    "pattern level"
                )
    return results


def _given(kind: str, name: str, value: SSAValue, arrays: Mapping[str, npt.ArrayLike]) -> Array:
    if name not in arrays:
        raise SpatialError(f"the program needs the {kind} {name!r}, given are {sorted(arrays)}")
    array = np.asarray(arrays[name], dtype=np.float32).astype(np.float64)
    shape = _shape(value)
    if array.shape != shape:
        raise SpatialError(f"the {kind} {name!r} must have the shape {shape}, got {array.shape}")
    return array


def _shape(value: SSAValue) -> tuple[int, ...]:
    get_shape: Callable[[], tuple[int, ...]] = getattr(value.type, "get_shape")
    return get_shape()


def _linear(op: LinearOp, values: Mapping[SSAValue, Array]) -> Array:
    x = values[op.x]
    if x.ndim == 3:
        x = np.concatenate(list(x), axis=-1)
    y = x @ values[op.w].T
    return y if op.bias is None else y + values[op.bias]


def evaluate_layer(op: RecurrentOp, values: Mapping[SSAValue, Array]) -> list[Array]:
    """Return Y, Y_h and, for an LSTM, Y_c, from the values of the operands."""
    steps, batch, _ = op.sizes
    count, hidden = op.num_directions, op.hidden
    x = values[op.x]
    if op.batch_first:
        x = np.swapaxes(x, 0, 1)
        x = x.reshape(steps, batch, -1)
    elif x.ndim == 4:
        x = np.swapaxes(x, 1, 2).reshape(steps, batch, -1)

    def state(value: SSAValue | None) -> Array:
        if value is None:
            return np.zeros((count, batch, hidden))
        return np.swapaxes(values[value], 0, 1) if op.batch_first else values[value]

    lengths = np.full(batch, steps)
    if op.sequence_lens is not None:
        lengths = values[op.sequence_lens].astype(np.int64)
    h = state(op.initial_h).copy()
    c = state(op.initial_c if isinstance(op, LstmOp) else None).copy()
    y = np.zeros((steps, count, batch, hidden))
    for way in range(count):
        step = _steps_of(op, way, values)
        backwards = op.direction.data == "reverse" or way == 1
        for entry in range(batch):
            times = range(min(int(lengths[entry]), steps))
            for time in reversed(times) if backwards else times:
                h[way, entry], c[way, entry] = step(x[time, entry], h[way, entry], c[way, entry])
                y[time, way, entry] = h[way, entry]
    outputs = [y, h, c][: len(op.results)]
    if op.batch_first:
        outputs = [np.moveaxis(y, 2, 0), *(np.swapaxes(item, 0, 1) for item in outputs[1:])]
    return outputs


_Step = Callable[[Array, Array, Array], tuple[Array, Array]]


def _steps_of(op: RecurrentOp, way: int, values: Mapping[SSAValue, Array]) -> _Step:
    """Return a function from x, h and c of one batch entry to the new h and c."""
    gates, hidden = op.GATES, op.hidden
    rows = np.ones(gates * hidden) if op.rows is None else values[op.rows][way]
    w = (values[op.w][way] * rows[:, None]).reshape(gates, hidden, -1)
    r = (values[op.r][way] * rows[:, None]).reshape(gates, hidden, hidden)
    bias = np.zeros(2 * gates * hidden) if op.bias is None else values[op.bias][way]
    wb, rb = bias.reshape(2, gates, hidden)
    functions = [_function(activation) for activation in op.direction_activations()[way]]
    limit = np.inf if op.clip is None else op.clip.value.data

    def clip(value: Array) -> Array:
        return np.clip(value, -limit, limit)

    if isinstance(op, LstmOp):
        peepholes = np.zeros(3 * hidden) if op.peepholes is None else values[op.peepholes][way]
        pi, po, pf = peepholes.reshape(3, hidden)
        coupled = op.input_forget is not None

        def lstm(x: Array, h: Array, c: Array) -> tuple[Array, Array]:
            i, o, f, g = w @ x + r @ h + wb + rb
            i = functions[0](clip(i + pi * c))
            f = 1 - i if coupled else functions[0](clip(f + pf * c))
            c = f * c + i * functions[1](clip(g))
            o = functions[0](clip(o + po * c))
            return o * functions[2](c), c

        return lstm
    if isinstance(op, GruOp):
        after = op.linear_before_reset is not None

        def gru(x: Array, h: Array, c: Array) -> tuple[Array, Array]:
            from_x = w @ x + wb
            z = functions[0](clip(from_x[0] + r[0] @ h + rb[0]))
            reset = functions[0](clip(from_x[1] + r[1] @ h + rb[1]))
            from_h = reset * (r[2] @ h + rb[2]) if after else r[2] @ (reset * h) + rb[2]
            n = functions[1](clip(from_x[2] + from_h))
            return (1 - z) * n + z * h, c

        return gru

    def rnn(x: Array, h: Array, c: Array) -> tuple[Array, Array]:
        return functions[0](clip(w[0] @ x + r[0] @ h + wb[0] + rb[0])), c

    return rnn


def _function(activation: Activation) -> Function:
    """Return an activation function as the ONNX operators define it."""
    name = activation.function
    alpha = 0.0 if activation.alpha is None else activation.alpha
    beta = 0.0 if activation.beta is None else activation.beta
    functions: dict[str, Function] = {
        "relu": lambda x: np.maximum(x, 0),
        "tanh": np.tanh,
        "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
        "affine": lambda x: alpha * x + beta,
        "leakyrelu": lambda x: np.where(x >= 0, x, alpha * x),
        "thresholdedrelu": lambda x: np.where(x > alpha, x, 0),
        "scaledtanh": lambda x: alpha * np.tanh(beta * x),
        "hardsigmoid": lambda x: np.clip(alpha * x + beta, 0, 1),
        "elu": lambda x: np.where(x >= 0, x, alpha * np.expm1(np.minimum(x, 0))),
        "softsign": lambda x: x / (1 + np.abs(x)),
        "softplus": lambda x: np.logaddexp(0, x),
    }
    return functions[name]
