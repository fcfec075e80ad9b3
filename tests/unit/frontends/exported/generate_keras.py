"""
Writes the models of this folder that come from Keras, as tf2onnx leaves them.

    pip install tensorflow-cpu keras tf2onnx
    python tests/unit/frontends/exported/generate_keras.py

Beside each model, `<name>.npz` holds inputs by name, and as `keras.<output>` what Keras computes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
FOLDER = Path(__file__).parent
tf: Any = import_module("tensorflow")
keras: Any = import_module("keras")
tf2onnx: Any = import_module("tf2onnx")
L: Any = keras.layers


def gated() -> Any:
    """Words, two bidirectional layers, which become loops, probabilities."""
    words = L.Input((6,), dtype="int32", name="words")
    x = L.Embedding(9, 4)(words)
    x = L.Bidirectional(L.GRU(3, return_sequences=True))(x)
    x = L.Bidirectional(L.GRU(2, reset_after=False))(x)
    return keras.Model(words, L.Dense(3, activation="softmax")(x))


def convolved() -> Any:
    """A convolution, a pool, two layers with a normalisation between them."""
    frames = L.Input((12, 3), name="frames")
    x = L.Conv1D(4, 3, strides=2, padding="same", activation="relu")(frames)
    x = L.MaxPooling1D(2)(L.BatchNormalization()(x))
    x = L.LayerNormalization()(L.LSTM(4, return_sequences=True)(x))
    return keras.Model(frames, L.Dense(2)(L.LSTM(3, go_backwards=True)(x)))


def masked() -> Any:
    """Words, of which zeros count as none, and scores of every step."""
    words = L.Input((6,), dtype="int32", name="words")
    x = L.LSTM(3, return_sequences=True)(L.Embedding(9, 4, mask_zero=True)(words))
    return keras.Model(words, L.TimeDistributed(L.Dense(2))(x))


def cells() -> Any:
    """Two cells in one layer, and a vanilla layer."""
    x = L.Input((5, 3), name="x")
    y = L.RNN([L.LSTMCell(3), L.GRUCell(2)], return_sequences=True)(x)
    return keras.Model(x, L.SimpleRNN(2)(y))


MODELS: Mapping[str, tuple[Callable[[], Any], int]] = {
    "gated": (gated, 15),
    "convolved": (convolved, 13),
    "masked": (masked, 18),
    "cells": (cells, 11),
}
"""Networks, and the opsets that they are written in."""


def export(name: str, build: Callable[[], Any], opset: int) -> None:
    """Export a network for any number of samples."""
    keras.utils.set_random_seed(0)
    generator = np.random.default_rng(0)
    network = build()
    for weight in network.weights:
        low = 0.5 if "variance" in weight.path else -0.5
        weight.assign(generator.uniform(low, 1.0, weight.shape))
    (given,) = network.inputs
    shape = (2, *given.shape[1:])
    x: Any = generator.uniform(-1, 1, shape).astype(np.float32)
    if given.dtype == "int32":
        x = generator.integers(1, 9, shape).astype(np.int32)
        x[:, 4:] = 0

    def call(values: Any) -> Any:
        return network(values, training=False)

    signature = [tf.TensorSpec([None, *given.shape[1:]], given.dtype, name=given.name)]
    proto, _ = tf2onnx.convert.from_function(
        tf.function(call), input_signature=signature, opset=opset
    )
    path = FOLDER / f"keras_{name}.onnx"
    path.write_bytes(proto.SerializeToString())
    (port,), (output,) = proto.graph.input, proto.graph.output
    arrays: dict[str, Any] = {port.name: x, f"keras.{output.name}": np.asarray(call(x))}
    np.savez(path.with_suffix(".npz"), **arrays)
    print(path)


def main() -> int:
    """Write all models."""
    for name, (build, opset) in MODELS.items():
        export(name, build, opset)
    return 0


if __name__ == "__main__":
    sys.exit(main())
