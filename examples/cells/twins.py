"""
What each cell of this folder computes, in plain numpy: `TWINS[name](inputs, parameters)`.

Nothing here is shared with the compiler. A twin takes the arrays that a program takes, and gives
its outputs by name. In f32 it computes in double precision; the twins of 8-bit programs round
where the program says so, and do the rest in single precision, operation by operation.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeAlias

import numpy as np
from number_systems import Array, Exact, Mixed8

Arrays: TypeAlias = Mapping[str, Array]


def matvec(inputs: Arrays, parameters: Arrays, *, number: Exact) -> dict[str, Array]:
    """Compute y = W x."""
    return {"y": number.product(number.stored(parameters["W"]), number.stored(inputs["x"]))}


def matvec_int8(inputs: Arrays, parameters: Arrays) -> dict[str, Array]:
    """Compute y = round(127 W) round(127 x) in integers."""

    def stored(array: Array) -> Array:
        scaled = array.astype(np.float32) * np.float32(127.0)
        return np.clip(np.rint(scaled), -128, 127).astype(np.int64)

    return {"y": stored(parameters["W"]) @ stored(inputs["x"])}


def lstm_peephole(inputs: Arrays, parameters: Arrays, *, number: Exact) -> dict[str, Array]:
    """Run an LSTM with peepholes and projection; outputs y [T, P] and c [H]."""
    x, w, r, v = (number.stored(a) for a in (inputs["x"], *_named(parameters, "W R V")))
    bias, peep = (number.numbers(a) for a in _named(parameters, "B peep"))
    state, c = number.stored(_zeros(r, -1)), number.numbers(_zeros(w, 1))
    y: list[Array] = []
    for step in x:
        i, f, g, o = number.product(w, step) + number.product(r, state) + bias
        i, f, g = number.sigmoid(i + peep[0] * c), number.sigmoid(f + peep[1] * c), number.tanh(g)
        c = f * c + i * g
        o = number.sigmoid(o + peep[2] * c)
        y.append(number.product(v, number.stored(o * number.tanh(c))))
        state = number.stored(y[-1])
    return {"y": np.stack(y), "c": c}


def lstm_layer_norm(inputs: Arrays, parameters: Arrays) -> dict[str, Array]:
    """Run a layer-normalised LSTM; outputs y [T, H] and c [H]."""
    number, p = Exact(), {name: array.astype(np.float64) for name, array in parameters.items()}
    h = c = _zeros(p["W"], 1)
    y: list[Array] = []
    for step in inputs["x"].astype(np.float64):
        first = _normalised(p["W"] @ step, p["a1"], p["s1"])
        second = _normalised(p["R"] @ h, p["a2"], p["s2"])
        i, f, g, o = first + second + p["B"]
        c = number.sigmoid(f) * c + number.sigmoid(i) * number.tanh(g)
        h = number.sigmoid(o) * number.tanh(_normalised(c, p["a3"], p["s3"]))
        y.append(h)
    return {"y": np.stack(y), "c": c}


def _normalised(v: Array, scale: Array, shift: Array) -> Array:
    return scale * (v - v.mean()) / np.sqrt(v.var() + 1e-5) + shift


def lstm_two_layers(inputs: Arrays, parameters: Arrays) -> dict[str, Array]:
    """Run two LSTM layers; outputs y [T, H] of the second, last cells c1 and c2 [H]."""
    h, c1 = _lstm(inputs["x"], *_named(parameters, "W1 R1 B1"))
    y, c2 = _lstm(h, *_named(parameters, "W2 R2 B2"))
    return {"y": y, "c1": c1, "c2": c2}


def lstm_bidirectional(inputs: Arrays, parameters: Arrays) -> dict[str, Array]:
    """Run an LSTM forwards and one backwards; output y [T, 2 H]."""
    forward, _ = _lstm(inputs["x"], *_named(parameters, "Wf Rf Bf"))
    backward, _ = _lstm(inputs["x"][::-1], *_named(parameters, "Wb Rb Bb"))
    return {"y": np.concatenate([forward, backward[::-1]], axis=1)}


def _lstm(x: Array, w: Array, r: Array, bias: Array) -> tuple[Array, Array]:
    number = Exact()
    x, w, r, bias = (a.astype(np.float64) for a in (x, w, r, bias))
    h = c = _zeros(w, 1)
    y: list[Array] = []
    for step in x:
        i, f, g, o = w @ step + r @ h + bias
        c = number.sigmoid(f) * c + number.sigmoid(i) * number.tanh(g)
        h = number.sigmoid(o) * number.tanh(c)
        y.append(h)
    return np.stack(y), c


def gru_reset_before(inputs: Arrays, parameters: Arrays) -> dict[str, Array]:
    """Run a GRU that resets the state before the product, from h0; output y [T, H]."""
    number = Exact()
    x, h, w, r, bias = (
        a.astype(np.float64) for a in (*_named(inputs, "x h0"), *_named(parameters, "W R B"))
    )
    y: list[Array] = []
    for step in x:
        z, reset, n = w @ step + bias
        z, reset = number.sigmoid(z + r[0] @ h), number.sigmoid(reset + r[1] @ h)
        n = number.tanh(n + r[2] @ (reset * h))
        h = z * h + (1.0 - z) * n
        y.append(h)
    return {"y": np.stack(y)}


def gru_reset_after(inputs: Arrays, parameters: Arrays, *, number: Exact) -> dict[str, Array]:
    """Run a GRU that resets the product with the state; output y [T, H]."""
    return {"y": _gru(number.stored(inputs["x"]), parameters, number)}


def _gru(x: Array, parameters: Arrays, number: Exact) -> Array:
    w, r = (number.stored(a) for a in _named(parameters, "W R"))
    bias, inner = (number.numbers(a) for a in _named(parameters, "B C"))
    h = number.numbers(_zeros(w, 1))
    y: list[Array] = []
    for step in x:
        a, b = number.product(w, step) + bias, number.product(r, number.stored(h)) + inner
        z, reset = number.sigmoid(a[0] + b[0]), number.sigmoid(a[1] + b[1])
        n = number.tanh(a[2] + reset * b[2])
        h = z * h + (1.0 - z) * n
        y.append(h)
    return np.stack(y)


def mgu(inputs: Arrays, parameters: Arrays, *, number: Exact) -> dict[str, Array]:
    """Run a minimal gated unit; output y [T, H]."""
    x, w, r = (number.stored(a) for a in (inputs["x"], *_named(parameters, "W R")))
    bias = number.numbers(parameters["B"])
    h = number.numbers(_zeros(w, 1))
    y: list[Array] = []
    for step in x:
        a = number.product(w, step) + bias
        f = number.sigmoid(a[0] + number.product(r[0], number.stored(h)))
        n = number.tanh(a[1] + number.product(r[1], number.stored(f * h)))
        h = (1.0 - f) * h + f * n
        y.append(h)
    return {"y": np.stack(y)}


def sru(inputs: Arrays, parameters: Arrays) -> dict[str, Array]:
    """Run a simple recurrent unit; outputs y [T, H] and c [H]."""
    number = Exact()
    x, w, v, bias = (a.astype(np.float64) for a in (inputs["x"], *_named(parameters, "W V B")))
    c = _zeros(x, 1)
    y: list[Array] = []
    for step in x:
        n, f, r = w @ step
        f, r = number.sigmoid(f + v[0] * c + bias[0]), number.sigmoid(r + v[1] * c + bias[1])
        c = f * c + (1.0 - f) * n
        y.append(r * c + (1.0 - r) * step)
    return {"y": np.stack(y), "c": c}


def ligru(inputs: Arrays, parameters: Arrays) -> dict[str, Array]:
    """Run a light GRU, its normalisation a fixed scale and shift; output y [T, H]."""
    number = Exact()
    x, w, r, scale, shift = (
        a.astype(np.float64) for a in (inputs["x"], *_named(parameters, "W R A B"))
    )
    h = _zeros(w, 1)
    y: list[Array] = []
    for step in x:
        z, n = scale * (w @ step) + shift + r @ h
        z, n = number.sigmoid(z), np.maximum(n, 0.0)
        h = z * h + (1.0 - z) * n
        y.append(h)
    return {"y": np.stack(y)}


def conv_gru(inputs: Arrays, parameters: Arrays) -> dict[str, Array]:
    """Run a convolution over the steps, rectified, and a GRU behind it; output y [T, H]."""
    x, k, e = (a.astype(np.float64) for a in (inputs["x"], *_named(parameters, "K e")))
    taps = k.shape[1]
    padded = np.pad(x, ((taps // 2, taps - 1 - taps // 2), (0, 0)))
    windows = [padded[t : t + taps] for t in range(len(x))]
    u = np.array([np.einsum("cid,id->c", k, window) + e for window in windows])
    return {"y": _gru(np.maximum(u, 0.0), parameters, Exact())}


def attention(inputs: Arrays, parameters: Arrays) -> dict[str, Array]:
    """Run an encoder and attend to its states; outputs y [H] and weights [T]."""
    x, w, r, bias, u, v, d = (
        a.astype(np.float64) for a in (inputs["x"], *_named(parameters, "W R B U V d"))
    )
    h = _zeros(w, 0)
    states: list[Array] = []
    for step in x:
        h = np.tanh(w @ step + r @ h + bias)
        states.append(h)
    score = np.stack(states) @ (u @ h)
    weights = np.exp(score - score.max())
    weights /= weights.sum()
    return {"y": np.tanh(v[0] @ (weights @ np.stack(states)) + v[1] @ h + d), "weights": weights}


def _zeros(like: Array, axis: int) -> Array:
    """Return a first state: as many zeros as an array has along an axis."""
    size: int = like.shape[axis]
    return np.zeros(size, np.float64)


def _named(arrays: Arrays, names: str) -> list[Array]:
    return [arrays[name] for name in names.split()]


TWINS: dict[str, Callable[[Arrays, Arrays], dict[str, Array]]] = {
    "matvec": partial(matvec, number=Exact()),
    "matvec_int8": matvec_int8,
    "matvec_mixed8": partial(matvec, number=Mixed8()),
    "lstm_peephole": partial(lstm_peephole, number=Exact()),
    "lstm_peephole_mixed8": partial(lstm_peephole, number=Mixed8()),
    "lstm_layer_norm": lstm_layer_norm,
    "lstm_two_layers": lstm_two_layers,
    "lstm_bidirectional": lstm_bidirectional,
    "gru_reset_before": gru_reset_before,
    "gru_reset_after": partial(gru_reset_after, number=Exact()),
    "gru_reset_after_mixed8": partial(gru_reset_after, number=Mixed8()),
    "mgu": partial(mgu, number=Exact()),
    "mgu_mixed8": partial(mgu, number=Mixed8()),
    "sru": sru,
    "ligru": ligru,
    "conv_gru": conv_gru,
    "attention": attention,
}
"""The twin of every cell: (inputs, parameters) -> outputs."""
