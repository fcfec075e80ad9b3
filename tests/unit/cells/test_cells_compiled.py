"""Every cell through the whole compiler: the configuration has the values of the pattern level."""

from collections.abc import Mapping

import numpy as np
import pytest
from cell_cases import RUNS, SIZES, WANTED_PIPELINES, Case

from spatial_opt.runtime import bindings, values
from spatial_opt.runtime.configuration import build_network
from spatial_opt.runtime.event_engine import run

ODD = {"T": 3, "D": 5, "H": 19, "P": 7, "C": 5, "N": 3}
"""Sizes that no number of lanes, pieces or copies divides."""
EVALUATORS = ["numpy", "native"] if bindings.find() is not None else ["numpy"]
FEW = ("lstm_peephole", "mgu_mixed8", "attention")
"""Cells that are compiled natively in the default tests; `long` ones do all."""


def check(
    case: Case,
    pipeline: str,
    evaluators: list[str],
    factors: Mapping[str, int],
    placed: bool = False,
) -> None:
    """Compile; compare the configuration bit for bit, and the pattern level with the twin."""
    wanted = case.compile(pipeline, {name: (value,) for name, value in factors.items()}, placed)
    # 8-bit sums in another order round in f16, and may so move to the next entry of a table.
    case.check(wanted, 0.0 if "int8" in case.cell else 0.05 if "mixed8" in case.cell else 1e-5)
    for evaluator in evaluators:
        got = values.evaluate(case.module, case.inputs, case.parameters, evaluator)
        assert got.keys() == wanted.keys()
        for name, array in wanted.items():
            np.testing.assert_array_equal(got[name], array)


def odd_sizes(cell: str) -> dict[str, int]:
    """Give sizes for a cell that nothing divides."""
    return {name: ODD[name] for name in SIZES[cell]}


def test_pipelines_are_among_those_wanted():
    assert "unfused" in RUNS
    assert set(RUNS) <= set(WANTED_PIPELINES)


@pytest.mark.parametrize("pipeline", RUNS)
@pytest.mark.parametrize("cell", SIZES)
def test_configuration_has_the_values_of_the_cell(cell: str, pipeline: str):
    evaluators = EVALUATORS if cell in FEW else ["numpy"]
    check(Case(cell, odd_sizes(cell)), pipeline, evaluators, {"hu": 2, "ru": 2})


@pytest.mark.parametrize("pipeline", RUNS)
@pytest.mark.parametrize("cell", ["matvec_mixed8", "gru_reset_after", "attention"])
def test_a_placed_configuration_ends(cell: str, pipeline: str):
    case = Case(cell, odd_sizes(cell))
    case.compile(pipeline, {"hu": (2,), "ru": (1,)}, placed=True)
    assert run(build_network(case.module)).cycles > 0


@pytest.mark.long
@pytest.mark.parametrize("pipeline", RUNS)
@pytest.mark.parametrize("size", ["default", "one", "odd"])
@pytest.mark.parametrize("cell", SIZES)
def test_every_cell_at_every_size(cell: str, size: str, pipeline: str):
    sizes = {"default": {}, "one": dict.fromkeys(SIZES[cell], 1), "odd": odd_sizes(cell)}[size]
    case = Case(cell, sizes)
    check(case, pipeline, EVALUATORS, {}, placed=True)
    assert run(build_network(case.module)).cycles > 0
