"""What the conversion to upstream dialects, and native code, refuse, and how."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from native_worker import run_native
from test_schedule import MATVEC, sums
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.lowering.convert_pattern_to_linalg import ConvertPatternToLinalgPass
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime import bindings

Program = Callable[[str], ModuleOp]
EXAMPLES = Path(__file__).parents[3] / "examples"


def test_layers(run_tool: Callable[..., Any]):
    run = run_tool(
        "spatial-opt", str(EXAMPLES / "digits_lstm.mlir"), "-p", "convert-pattern-to-linalg"
    )
    assert run.code == 1
    assert run.err == (
        "spatial-opt: error: convert-pattern-to-linalg: rnn.lstm is above the pattern dialect; "
        "run convert-rnn-to-pattern first\n"
    )


def test_configurations(run_tool: Callable[..., Any]):
    model = str(EXAMPLES / "cells" / "matvec.mlir")
    run = run_tool("spatial-opt", model, "-p", "unfused,convert-pattern-to-linalg")
    assert run.code == 1
    assert run.err == (
        "spatial-opt: error: convert-pattern-to-linalg: the module holds a spatial.config, whose "
        "units have no upstream form; convert the patterns it was made from\n"
    )


ODD = {
    "par 2 x 134": (
        "of its 134 lanes 67 would be combined in one body, which takes 64 at most; choose a "
        "number of lanes with more factors of two"
    ),
    "par 300": ("its 300 pieces would be combined in one body, which takes 256 at most; lower par"),
}


@pytest.mark.parametrize("cut", ODD)
def test_odd_cuts_whose_order_matters(program: Program, cut: str):
    module = program(sums("%i in 4", 300, "4x300@%i, %k;300@%k", cut=cut))
    before = str(module)
    with pytest.raises(SpatialError) as error:
        ConvertPatternToLinalgPass(exact=True).apply(Context(), module)
    assert str(error.value) == f"reduction %s: the order of its sums matters, and {ODD[cut]}"
    assert str(module) == before
    ConvertPatternToLinalgPass().apply(Context(), module)


ARRAYS = {
    "missing": ({"w": np.zeros((40, 64))}, "input 'x' is missing; got 'w'; add it"),
    "misshapen": (
        {"w": np.zeros((40, 64)), "x": np.zeros(63)},
        "input 'x' has shape (63,), but the program declares (64,) (or (n, 64) for n samples); "
        "reshape it or change the program",
    ),
}


@pytest.mark.skipif(bindings.find() is None, reason="MLIR's bindings are not installed")
@pytest.mark.parametrize("name", ARRAYS)
def test_arrays(name: str):
    arrays, message = ARRAYS[name]
    with pytest.raises(SpatialError) as error:
        run_native(MATVEC, arrays, {}, False, False)
    assert str(error.value) == message
