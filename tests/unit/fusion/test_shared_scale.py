"""Calibration gives the two products of a recurrent layer one scale where that is cheap."""

from collections.abc import Callable
from math import log2
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatial_opt.dialects.rnn import RecurrentOp
from spatial_opt.runtime.rnn_calibrate import LARGEST_LOWERING, calibrate, share_scale

POWERS = st.integers(-8, 12).map(lambda power: 2.0**power)


@given(POWERS, POWERS, POWERS, POWERS)
def test_scales_are_lowered_evenly_or_not_at_all(x: float, w: float, h: float, r: float):
    scales = {"input": x, "weight": w, "state": h, "recurrent": r}
    shared = share_scale(scales)
    apart = abs(log2(x * w) - log2(h * r))
    lowered = {name: log2(scales[name] / shared[name]) for name in scales}
    if apart > LARGEST_LOWERING:
        assert shared == scales
        return
    assert shared["input"] * shared["weight"] == shared["state"] * shared["recurrent"]
    assert sum(lowered.values()) == apart
    assert all(0 <= power <= LARGEST_LOWERING / 2 for power in lowered.values())


@pytest.mark.parametrize("format", ["mixed8", "int8"])
def test_lstm_on_its_numbers(layer: Callable[..., Any], program: Callable[[str], Any], format: str):
    text = """
    func.func @main(%x : tensor<2x1x4xf32> {pattern.name = "x"}) -> tensor<2x1x1x4xf32> {
      %w = pattern.parameter "w" : tensor<1x4x4xf32>
      %r = pattern.parameter "r" : tensor<1x4x4xf32>
      %y, %h = rnn.rnn %x, %w, %r hidden 4
          : (tensor<2x1x4xf32>, tensor<1x4x4xf32>, tensor<1x4x4xf32>)
          -> (tensor<2x1x1x4xf32>, tensor<1x1x4xf32>)
      func.return %y : tensor<2x1x1x4xf32>
    }
    """
    found = program(text)
    parameters = {"w": np.full((1, 4, 4), 0.25), "r": np.full((1, 4, 4), 0.75)}
    calibrate(found.module, format, {"x": np.full((2, 1, 4), 0.6)}, parameters)
    op = next(op for op in found.module.walk() if isinstance(op, RecurrentOp))
    assert op.format is not None
    names = ("input", "weight", "state", "recurrent")
    got = [op.format.scale(name) for name in names]
    # 16, 64 and 16, 16 without sharing: the weights' scale is lowered by two powers, in halves.
    if format == "mixed8":
        assert got == [8.0, 32.0, 16.0, 16.0]
    else:
        assert got[0] * got[1] != got[2] * got[3]
    found.run("convert-rnn-to-pattern,pattern-expand-activations")
    domains = [domain for domain, _ in found.fused().reductions()]
    assert domains == ([(8,)] if format == "mixed8" else [(4,)])
