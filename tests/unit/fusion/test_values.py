"""Fusing changes no value; adding in another order changes last bits of floats only."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Layer = Callable[..., Any]
Same = Callable[..., None]

SIZES = st.sampled_from([1, 2, 3, 5, 7, 8])
ACTIVATIONS = ["tanh", "sigmoid", "relu", "hardsigmoid", "elu", "softplus", "softsign"]
TOLERANCE = {"f32": 1e-5, "bf16": 2e-2, "int8": 0.0, "mixed8": 0.1}
FUNCTIONS = {"lstm": 3, "gru": 2, "rnn": 1}


@st.composite
def layers(draw: st.DrawFn) -> dict[str, Any]:
    cell = draw(st.sampled_from(["lstm", "gru", "rnn"]))
    direction = draw(st.sampled_from(["", "direction reverse", "direction bidirectional"]))
    words = [direction, draw(st.sampled_from(["", "clip 0.75", "layout 1"]))]
    if draw(st.booleans()):
        words.append({"lstm": "input_forget", "gru": "linear_before_reset", "rnn": ""}[cell])
    if draw(st.booleans()):
        count = FUNCTIONS[cell] * (2 if "bidirectional" in direction else 1)
        names = draw(st.lists(st.sampled_from(ACTIVATIONS), min_size=count, max_size=count))
        words.append(f"activations [{', '.join(names)}]")
    optional = ["bias", "sequence_lens", "initial_h"]
    if cell == "lstm":
        optional += ["initial_c", "peepholes"]
    return {
        "cell": cell,
        "options": " ".join(word for word in words if word),
        "format": draw(st.sampled_from(list(TOLERANCE))),
        "steps": draw(st.sampled_from([1, 2, 4])),
        "batch": draw(st.sampled_from([1, 2, 3])),
        "inputs": draw(SIZES),
        "hidden": draw(SIZES),
        "operands": draw(st.frozensets(st.sampled_from(optional))),
    }


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(options=layers(), align=st.sampled_from([1, 4, 64]), policy=st.sampled_from(["cost", "all"]))
def test_layers_compute_the_same(
    layer: Layer, same: Same, options: dict[str, Any], align: int, policy: str
):
    program = layer(**options)
    same(program, program.fused(f"policy={policy} concatenate=false"))
    joined = program.fused(f"policy={policy} align={align}")
    same(program, joined, TOLERANCE[options["format"]])


def test_a_different_order_of_additions_shows_in_the_last_bits(layer: Layer, same: Same):
    program = layer("lstm", inputs=64, hidden=64)
    with pytest.raises(AssertionError):
        same(program, program.fused())
    same(program, program.fused(), 1e-5)
