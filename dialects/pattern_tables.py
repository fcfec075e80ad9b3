"""The functions that tables sample."""

import math
from collections.abc import Callable


def _sigmoid(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x)) if x >= 0 else math.exp(x) / (1.0 + math.exp(x))


FUNCTIONS: dict[str, Callable[[float], float]] = {
    "sigmoid": _sigmoid,
    "tanh": math.tanh,
    "exp": math.exp,
}
"""In double precision, by name."""


def table_samples(function: str, entries: int, low: float, high: float) -> list[float]:
    """Give f(low + j * (high - low) / entries) for j in 0..entries-1, in double precision."""
    compute = FUNCTIONS[function]
    return [compute(low + j * (high - low) / entries) for j in range(entries)]
