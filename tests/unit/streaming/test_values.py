"""
Layers whose weights come from DRAM compute what they computed before, bit for bit.

The program with its parallel factors defines every bit; the configuration gives the same with both
evaluators, whether weights stay in memory units, come from DRAM in part, or as a whole.
"""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from streaming_cases import (
    EVALUATORS,
    Compiled,
    Recipe,
    arrays,
    check_values,
    compile_recipe,
    network,
    read_again,
)

from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.rnn_reference import evaluate_rnn
from spatial_opt.runtime.values import prepare

SETTINGS: Any = settings(
    max_examples=50,
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
    # All of it fits, but 62 units would feed one reader, and no compute unit is left to pass on.
    few("lstm", 61, inputs=11, pipeline="unfused", factors={"hu": 1, "ru": 1}),
]
PARTLY_LONG = [
    Recipe("lstm", 400),
    Recipe("lstm", 353, batch=3),
    Recipe("gru", 521, format="int8", side=7),
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


def exact(cell: str, hidden: int, **more: Any) -> Recipe:
    """Give a layer whose values are small integers, so that no order of sums changes a bit."""
    given: dict[str, Any] = {"side": 12, "capacity": 512, "format": "f32", **more}
    return Recipe(cell, hidden, exact=True, **given)


EXACT = [
    exact("lstm", 37, inputs=29),
    exact("lstm", 31, inputs=5, side=9, direction="bidirectional"),
    exact("lstm", 43, inputs=29, capacity=700, pipeline="unfused"),
    exact("gru", 41, inputs=17, batch=2, capacity=768, side=9),
    exact("gru", 43, inputs=29, capacity=700, side=9, pipeline="unfused"),
    exact("rnn", 97, inputs=30, capacity=1024, factors={"hu": 1, "ru": 1}),
    exact("rnn", 53, inputs=11, capacity=900, direction="bidirectional", side=7),
    exact("lstm", 7, inputs=3, steps=3, weights="dram", capacity=65536),
    exact("gru", 1, inputs=1, steps=3, weights="dram", capacity=65536),
    exact("gru", 47, inputs=13, weights="dram", capacity=65536, pipeline="unfused"),
    exact("rnn", 11, steps=3, batch=3, weights="dram", direction="bidirectional", capacity=65536),
]


EXACT_LONG = [
    exact("lstm", 37, inputs=29, batch=2, capacity=640, side=9),
    exact("gru", 59, inputs=31, direction="reverse", side=11),
    exact("gru", 67, inputs=31, format="bf16", side=9),
    exact("rnn", 97, inputs=30, capacity=1024, format="bf16", side=6),
]


@pytest.mark.parametrize(
    "recipe",
    [*EXACT, *(pytest.param(recipe, marks=pytest.mark.long) for recipe in EXACT_LONG)],
    ids=described,
)
def test_values_against_numpy(recipe: Recipe) -> None:
    """The layer's definition, which knows nothing of programs or machines, gives the same bits."""
    case = compile_recipe(recipe)
    assert case.streamed
    results = check_exact(recipe, case)
    assert all(array.any() for array in results.values())


def check_exact(recipe: Recipe, case: Compiled) -> dict[str, Array]:
    """Compare a configuration with the definition of its layer, bit for bit; gives the results."""
    inputs, parameters = arrays(case.kernels, integers=True)
    expected = evaluate_rnn(network(recipe), inputs, parameters)
    # So all that lanes, parts and steps add up stays exact.
    assert all(np.abs(array).max() < 512 for array in expected.values())
    for evaluator in EVALUATORS:
        found = prepare(case.module, evaluator).run(inputs, parameters)
        assert found.keys() == expected.keys()
        for name, array in expected.items():
            assert found[name].tobytes() == array.tobytes(), (evaluator, name)
    return expected


@pytest.mark.long
@SETTINGS
@given(
    cell=st.sampled_from(["lstm", "gru", "rnn"]),
    hidden=st.integers(1, 70),
    inputs=st.integers(1, 70),
    batch=st.integers(1, 2),
    weights=st.sampled_from(["auto", "auto", "dram"]),
    direction=st.sampled_from(["forward", "reverse", "bidirectional"]),
    format=st.sampled_from(["f32", "bf16"]),
    capacity=st.sampled_from([256, 512, 1024]),
    generators=st.sampled_from([12, 48]),
    side=st.sampled_from([10, 14]),
    pipeline=st.sampled_from(["fused", "unfused"]),
    exact=st.booleans(),
)
def test_any_layer(**drawn: Any) -> None:
    """What is refused says so; what is not computes the same."""
    recipe = Recipe(**drawn)
    case = compiled(recipe)
    if isinstance(case, str):
        assert "bug" not in case
        return
    check_values(case.kernels, case.module)
    if recipe.exact and recipe.format == "f32":
        check_exact(recipe, case)


def compiled(recipe: Recipe) -> Compiled | str:
    """Compile a layer; gives the sentence with which it is refused, if it is."""
    try:
        return compile_recipe(recipe)
    except SpatialError as error:
        return str(error)
