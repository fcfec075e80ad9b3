"""
Layers of all small sizes through the whole compiler, from the rnn level to the configuration.

The program with its parallel factors defines every bit; the configuration must compute the same
with both evaluators, whatever the sizes divide, and in the 8-bit formats the reference too.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from deepbench_cases import EVALUATORS, compile_case, make_case
from deepbench_reference import run_8_bit
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from xdsl.dialects.builtin import FloatAttr, StringAttr, UnitAttr, f32

from spatial_opt.dialects.rnn import GruOp, LstmOp, RecurrentOp
from spatial_opt.runtime import values
from spatial_opt.runtime.pattern_evaluator import evaluate
from spatial_opt.runtime.report import time_configuration

LANES = {"f32": 16, "bf16": 32, "int8": 64, "mixed8": 64}
# The sizes are small already; making a failing one smaller would take minutes.
SETTINGS: Any = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
)


@dataclass(frozen=True)
class Recipe:
    """A layer, the parallel factors for it, and what it does other than ONNX's defaults."""

    cell: str
    format: str
    hidden: int
    inputs: int
    steps: int
    batch: int
    factors: dict[str, int] = field(default_factory=dict[str, int])
    reverse: bool = False
    clip: bool = False
    flag: bool = False
    """input_forget of an LSTM; of a GRU, that it resets before the product."""
    seed: int = 0

    def change(self, op: RecurrentOp) -> None:
        """Change the generated operation; a GRU comes with its reset after the product."""
        if self.reverse:
            op.direction = StringAttr("reverse")
        if self.clip:
            op.clip = FloatAttr(0.25, f32)
        match op:
            case LstmOp() if self.flag:
                op.input_forget = UnitAttr()
            case GruOp() if self.flag:
                op.linear_before_reset = None
            case _:
                pass


@st.composite
def recipes(draw: st.DrawFn, variants: bool = False) -> Recipe:
    """Draw a layer and parallel factors for it."""
    size = st.integers(1, 9)
    format = draw(st.sampled_from(list(LANES)))
    factors: dict[str, int] = {}
    hidden, inputs = draw(size), draw(size)
    if draw(st.booleans()):
        factors["hu"] = draw(st.integers(1, min(4, hidden)))
    if draw(st.booleans()):
        pieces = [n for n in (1, 2, 3, 5, 8) if n <= max(hidden, inputs)]
        factors["ru"] = draw(st.sampled_from(pieces))
    if draw(st.booleans()):
        factors["rv"] = draw(st.sampled_from([2**n for n in range(7) if 2**n <= LANES[format]]))
    flag = st.booleans() if variants else st.just(False)
    return Recipe(
        draw(st.sampled_from(("lstm", "gru", "rnn"))),
        format,
        hidden=hidden,
        inputs=inputs,
        steps=draw(size),
        batch=draw(size),
        factors=factors,
        reverse=draw(flag),
        clip=draw(flag),
        flag=draw(flag),
        seed=draw(st.integers(0, 99)),
    )


def check(recipe: Recipe, reference: bool, pipeline: str = "unfused") -> None:
    """Compare all levels of a layer, and time it."""
    case = make_case(
        recipe.cell,
        recipe.hidden,
        recipe.steps,
        recipe.format,
        batch=recipe.batch,
        inputs=recipe.inputs,
        seed=recipe.seed,
        change=recipe.change,
    )
    compile_case(case, keep_kernels=True, factors=recipe.factors, pipeline=pipeline)
    assert case.kernels is not None
    wanted = evaluate(case.kernels, case.inputs, case.parameters)
    if reference and case.format in ("int8", "mixed8"):
        expected = run_8_bit(case.layer, case.format, case.scales, *case.orders)
        for name, array in expected.items():
            np.testing.assert_array_equal(wanted[name].view(np.uint32), array.view(np.uint32))
    for evaluator in EVALUATORS:
        found = values.evaluate(case.module, case.inputs, case.parameters, evaluator)
        assert found.keys() == wanted.keys()
        for name, array in wanted.items():
            np.testing.assert_array_equal(
                found[name].view(np.uint32), array.view(np.uint32), f"{evaluator} {name}"
            )
    result = time_configuration(case.module).result
    assert sum(result.causes.values()) == result.cycles > 0


@settings(SETTINGS, max_examples=9)
@given(recipes())
def test_levels_agree(recipe: Recipe) -> None:
    check(recipe, reference=True)


@settings(SETTINGS, max_examples=7)
@given(recipes(variants=True))
def test_levels_agree_on_variants(recipe: Recipe) -> None:
    check(recipe, reference=False)


@st.composite
def fused_recipes(draw: st.DrawFn) -> Recipe:
    """Draw a layer for one nest per step, whose lanes may carry rows and whose rows may be few."""
    recipe = draw(recipes(variants=True))
    recipe.factors.pop("rv", None)
    hidden = draw(st.sampled_from((recipe.hidden, 17, 35)))
    lanes = draw(st.sampled_from((1, 16)))
    rows = draw(st.integers(1, 3))
    turns = draw(st.integers(1, 3))
    recipe.factors["hv"] = lanes
    if rows * turns <= -(-hidden // lanes):
        recipe.factors.update(hu=rows * turns, rows=rows)
    else:
        recipe.factors.pop("hu", None)
    return replace(recipe, hidden=hidden)


@settings(SETTINGS, max_examples=8)
@given(fused_recipes())
def test_levels_agree_on_one_nest_per_step(recipe: Recipe) -> None:
    check(recipe, reference=False, pipeline="fused")


@pytest.mark.long
@settings(SETTINGS, max_examples=150)
@given(fused_recipes())
def test_levels_agree_on_many_nests(recipe: Recipe) -> None:
    check(recipe, reference=False, pipeline="fused")


@pytest.mark.long
@settings(SETTINGS, max_examples=150)
@given(recipes(variants=True))
def test_levels_agree_on_many_variants(recipe: Recipe) -> None:
    check(recipe, reference=False)


@pytest.mark.long
@settings(SETTINGS, max_examples=100)
@given(recipes())
def test_levels_agree_with_the_reference_on_many(recipe: Recipe) -> None:
    check(recipe, reference=True)
