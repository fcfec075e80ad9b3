"""Networks from ONNX in native code, and there and back: the bits of the pattern evaluator."""

import sys
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from native_checks import Checker
from raising_checks import check_there_and_back
from xdsl.utils.arg_spec import ArgSpec

from spatial_opt.passes.pipelines import PIPELINES
from spatial_opt.tools.compilation import Compilation, compile_module, make_context

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
sys.path.append(str(Path(__file__).parents[1] / "frontends"))

CASES: Mapping[str, Any] = import_module("operator_cases").CASES
SCANS: Mapping[str, Any] = import_module("scan_cases").CASES
RECURRENT: Any = import_module("recurrent_cases")
FEW = ("Conv-6", "Softmax--1-13", "Where")


@cache
def _layers(operator: str) -> list[Any]:
    return import_module("pairwise").pairwise(RECURRENT.FACTORS[operator])


LAYERS: list[tuple[str, int]] = [
    (operator, number)
    for operator in ("LSTM", "GRU", "RNN")
    for number in range(len(_layers(operator)))
]
SOME = [(operator, number) for operator, number in LAYERS if number == 3]


def _check(same: Checker, proto: Any, inputs: Mapping[str, Any]) -> None:
    from spatial_opt.frontends.onnx.importer import import_proto

    program = import_proto(proto)
    steps = list(PIPELINES["cpu"].expand(ArgSpec("cpu", {"format": ("f32",)})))
    end = [step.name for step in steps].index("convert-rnn-to-pattern") + 1
    compile_module(make_context(), program.module, steps[:end], Compilation())
    # The machine counts elements of dimensions, so that a single number has one.
    arrays = {name: np.atleast_1d(array) for name, array in inputs.items()}
    same.bit_for_bit(program.module, arrays, parameters=program.parameters)
    check_there_and_back(program.module, arrays, program.parameters)


@pytest.mark.parametrize("case", FEW)
def test_operators(same: Checker, case: str):
    _check(same, *CASES[case])


@pytest.mark.parametrize(("operator", "number"), SOME)
def test_layers(same: Checker, operator: str, number: int):
    layer = RECURRENT.Layer(operator, _layers(operator)[number], number)
    _check(same, layer.build(), layer.inputs)


@pytest.mark.long
@pytest.mark.parametrize("case", [case for case in CASES if case not in FEW])
def test_all_operators(same: Checker, case: str):
    _check(same, *CASES[case])


@pytest.mark.long
@pytest.mark.parametrize("case", SCANS)
def test_loops_with_any_body(same: Checker, case: str):
    _check(same, *SCANS[case].build())


@pytest.mark.long
@pytest.mark.parametrize(("operator", "number"), [pair for pair in LAYERS if pair not in SOME])
def test_all_layers(same: Checker, operator: str, number: int):
    layer = RECURRENT.Layer(operator, _layers(operator)[number], number)
    _check(same, layer.build(), layer.inputs)
