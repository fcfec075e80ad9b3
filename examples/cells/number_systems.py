"""What the twins of this folder compute with: real numbers, or 8-bit products and tables."""

import math
from functools import cache
from typing import Any, TypeAlias

import ml_dtypes
import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]


class Exact:
    """Real numbers, as double precision has them."""

    def numbers(self, array: Array) -> Array:
        """Take an array that is used element by element."""
        return array.astype(np.float64)

    def stored(self, array: Array) -> Array:
        """Take an array, or a result, that goes into a product."""
        return array.astype(np.float64)

    def product(self, matrix: Array, vector: Array) -> Array:
        """Sum over the last axis of a stored matrix times a stored vector."""
        return matrix @ vector

    def sigmoid(self, x: Array) -> Array:
        """Apply 1 / (1 + exp(-x))."""
        return 1.0 / (1.0 + np.exp(-x))

    def tanh(self, x: Array) -> Array:
        """Apply the hyperbolic tangent."""
        return np.tanh(x)


class Mixed8(Exact):
    """8-bit floats (E4M3) times 16 in products, tables of 1024 entries, single precision else."""

    def numbers(self, array: Array) -> Array:
        return array.astype(np.float32)

    def stored(self, array: Array) -> Array:
        return _to_e4m3(array.astype(np.float32) * np.float32(16.0))

    def product(self, matrix: Array, vector: Array) -> Array:
        products = _to_e4m3(matrix * vector)
        # Products are multiples of 2^-9: up to 73 of them have a sum that f32 holds exactly.
        return products.astype(np.float64).sum(-1).astype(np.float32) / np.float32(256.0)

    def sigmoid(self, x: Array) -> Array:
        return _look_up(_sigmoid_table(), x)

    def tanh(self, x: Array) -> Array:
        return _look_up(_tanh_table(), x)


def _to_e4m3(array: Array) -> Array:
    return np.clip(array, -448.0, 448.0).astype(ml_dtypes.float8_e4m3fn).astype(np.float32)


@cache
def _sigmoid_table() -> Array:
    return np.array([1.0 / (1.0 + math.exp(8.0 - n / 64.0)) for n in range(1024)], np.float32)


@cache
def _tanh_table() -> Array:
    return np.array([math.tanh(n / 64.0 - 8.0) for n in range(1024)], np.float32)


def _look_up(table: Array, x: Array) -> Array:
    return table[np.clip(np.trunc((x + np.float32(8.0)) * np.float32(64.0)), 0, 1023).astype(int)]
