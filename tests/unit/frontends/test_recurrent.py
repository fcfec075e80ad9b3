"""LSTM, GRU and RNN with all their attributes and inputs, pairwise, against onnxruntime."""

from typing import Any

import numpy as np
import pytest
from onnx_models import assert_close, run_machine, run_program
from pairwise import pairwise
from recurrent_cases import FACTORS, Layer

from spatial_opt.frontends.onnx.importer import import_proto

CASES = {operator: pairwise(factors) for operator, factors in FACTORS.items()}
ALL = [(operator, n) for operator, cases in CASES.items() for n in range(len(cases))]
EXPLODING = 100.0
"""Gates without bounds can make a sequence explode, which multiplies rounding errors."""


def layer_of(operator: str, number: int) -> tuple[Layer, Any, Any]:
    """Give a case with small enough values: its layer, its model and what is expected."""
    for attempt in range(20):
        layer = Layer(operator, CASES[operator][number], 1000 * attempt + number)
        proto = layer.build()
        expected = layer.expected(proto)
        largest = [np.abs(array).max() for array in expected.values()]
        # A single unit behind a threshold may be zero whatever its numbers are.
        if max(largest) < EXPLODING and (min(largest) > 0 or attempt > 10):
            return layer, proto, expected
    raise AssertionError("no numbers found that stay small")


def test_pairs_are_all_there():
    """The generator does what it says."""
    factors = FACTORS["LSTM"]
    for a in factors:
        for b in factors:
            if a < b:
                seen = {(case[a], case[b]) for case in CASES["LSTM"]}
                assert len(seen) == len(factors[a]) * len(factors[b])


@pytest.mark.parametrize(("operator", "number"), ALL)
def test_patterns_have_the_values_of_onnxruntime(operator: str, number: int):
    layer, proto, expected = layer_of(operator, number)
    program = import_proto(proto)
    assert_close(run_program(program, layer.inputs), expected)


@pytest.mark.parametrize(
    ("operator", "number"),
    [
        pytest.param(operator, n, marks=() if n in (2, 9) else pytest.mark.long)
        for operator, n in ALL
    ],
)
def test_the_machine_has_the_values_of_onnxruntime(operator: str, number: int):
    layer, proto, expected = layer_of(operator, number)
    assert_close(run_machine(import_proto(proto), layer.inputs), expected)
