"""Every operator around recurrent layers, in each of its uses, against onnxruntime."""

import re
from pathlib import Path

import numpy as np
import pytest
from onnx_models import assert_close, run_machine, run_onnxruntime, run_program
from operator_cases import CASES, floats, one

from spatial_opt.frontends.onnx.importer import import_proto
from spatial_opt.frontends.onnx.table import HANDLERS

FEW = ("Conv-1", "Gather-rows", "Softmax--1-13", "Concat", "Where", "MaxPool-2", "Pad-reflect")
"""Cases that run on the machine in the default tests; `long` ones do all."""


@pytest.mark.parametrize("case", CASES)
def test_patterns_have_the_values_of_onnxruntime(case: str):
    proto, inputs = CASES[case]
    assert_close(run_program(import_proto(proto), inputs), run_onnxruntime(proto, inputs))


@pytest.mark.parametrize(
    "case", [pytest.param(c, marks=() if c in FEW else pytest.mark.long) for c in CASES]
)
def test_the_machine_has_the_values_of_onnxruntime(case: str):
    proto, inputs = CASES[case]
    assert_close(run_machine(import_proto(proto), inputs), run_onnxruntime(proto, inputs))


@pytest.mark.parametrize("alpha", [1.0, 0.7])
def test_an_operator_that_onnxruntime_lacks(alpha: float):
    x = floats(3, 4)
    proto, inputs = one("Swish", {"x": x}, opset=24, alpha=alpha)
    exact = x / (1 + np.exp(-np.float64(alpha) * x))
    assert_close(run_program(import_proto(proto), inputs), {"y": exact})


def test_every_operator_has_a_case():
    covered = {entry.op_type for proto, _ in CASES.values() for entry in proto.graph.node}
    elsewhere = {"LSTM", "GRU", "RNN", "Scan", "Loop", "Swish"}
    assert set(HANDLERS) == covered & set(HANDLERS) | elsewhere


def test_every_operator_is_in_the_document():
    page = (Path(__file__).parents[3] / "docs" / "frontends.md").read_text(encoding="utf-8")
    words = set(re.findall(r"\w+", page))
    reductions = {name.removeprefix("Reduce") for name in HANDLERS if name.startswith("Reduce")}
    named = {name for name in HANDLERS if not name.startswith("Reduce")}
    assert named | reductions <= words
