"""
Layers whose weights come from DRAM compute what they computed before, bit for bit.

The program with its parallel factors defines every bit; the configuration gives the same with both
evaluators, whether weights stay in memory units, come from DRAM in part, or as a whole.
"""

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from streaming_cases import Recipe, check_values, compile_recipe, read_again

from spatial_opt.machine.errors import SpatialError

SETTINGS: Any = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
)


def few(cell: str, hidden: int, **more: Any) -> Recipe:
    """Give a machine of many small memory units: a layer that lacks some is soon compiled."""
    return Recipe(cell, hidden, side=12, capacity=1024, format="f32", **more)


PARTLY = [
    few("lstm", 64),
    few("gru", 61, inputs=83, batch=2),
    few("lstm", 72, factors={"hu": 1, "ru": 1}),
]
PARTLY_LONG = [
    Recipe("lstm", 400),
    Recipe("lstm", 353, batch=3),
    Recipe("gru", 480, format="int8", side=7),
    Recipe("gru", 331, inputs=500),
    Recipe("rnn", 900),
    Recipe("lstm", 401, inputs=150, steps=3),
    Recipe("gru", 401, inputs=301, direction="bidirectional", side=8),
    Recipe("lstm", 640, format="bf16", side=12),
    Recipe("lstm", 350, format="f32", side=10),
    Recipe("lstm", 400, pipeline="unfused"),
    Recipe("lstm", 500, pipeline="unfused", side=8),
    few("rnn", 100, inputs=97, steps=3, direction="reverse"),
    few("lstm", 66, generators=12),
    few("rnn", 127, inputs=90, factors={"hu": 1, "ru": 1}),
]
WHOLE = [
    Recipe("lstm", 13, weights="dram"),
    Recipe("gru", 7, inputs=11, batch=2, weights="dram", format="int8", side=7),
    Recipe("rnn", 1, inputs=1, weights="dram", format="bf16", side=12),
    Recipe("rnn", 5, weights="dram", direction="bidirectional", side=12),
]


def described(recipe: Recipe) -> str:
    return f"{recipe.cell}-{recipe.hidden}-{recipe.format}-{recipe.pipeline}"


def check_streamed(recipe: Recipe) -> None:
    """Compile a layer of which some weights are streamed, and compare its values."""
    case = compile_recipe(recipe)
    assert case.streamed
    # The text is complete.
    again = read_again(case.module)
    assert str(read_again(again)) == str(again)
    check_values(case.kernels, again)


@pytest.mark.parametrize("recipe", [*PARTLY, *WHOLE], ids=described)
def test_values(recipe: Recipe) -> None:
    check_streamed(recipe)


@pytest.mark.long
@pytest.mark.parametrize("recipe", PARTLY_LONG, ids=described)
def test_values_of_larger_layers(recipe: Recipe) -> None:
    check_streamed(recipe)


@pytest.mark.long
@SETTINGS
@given(
    cell=st.sampled_from(["lstm", "gru", "rnn"]),
    hidden=st.integers(1, 70),
    inputs=st.integers(1, 70),
    batch=st.integers(1, 2),
    weights=st.sampled_from(["auto", "dram"]),
    direction=st.sampled_from(["forward", "reverse", "bidirectional"]),
    format=st.sampled_from(["f32", "bf16"]),
    capacity=st.sampled_from([256, 512, 1024]),
)
def test_any_layer(**drawn: Any) -> None:
    """What is refused says so; what is not computes the same."""
    recipe = Recipe(side=14, **drawn)
    if refused(recipe) is None:
        case = compile_recipe(recipe)
        check_values(case.kernels, case.module)


def refused(recipe: Recipe) -> str | None:
    """Give the sentence with which a recipe is refused, if it is."""
    try:
        compile_recipe(recipe)
    except SpatialError as error:
        return str(error)
    return None
