"""
What was published, as an oracle: cycles per step of configurations that were run.

Zhao, Zhang, Olukotun, MLSys 2019, Tables 6 and 7, on the machine `plasticine-rnn` in mixed8.
"""

import math

import pytest

from spatial_opt.bench.measure import Job, measure
from spatial_opt.bench.parameters import AUTO, PAPER
from spatial_opt.bench.problems import DEEPBENCH, Problem
from spatial_opt.bench.published import PUBLISHED

LARGE = [p for p in DEEPBENCH if p.hidden >= 1024]
QUICK = [p for p in DEEPBENCH if p.name in ("lstm-1024", "gru-1024")]


def name(problem: Problem) -> str:
    return problem.name


def cycles(problem: Problem, parameters: str) -> float:
    found = measure(Job(problem, parameters))
    assert found.refusal is None
    assert found.cycles_per_step is not None
    return found.cycles_per_step


def published(problem: Problem) -> float:
    return PUBLISHED[problem].cycles_per_step


@pytest.mark.parametrize("problem", QUICK, ids=name)
def test_published_parameters_take_the_published_cycles(problem: Problem) -> None:
    assert cycles(problem, PAPER) == pytest.approx(published(problem), rel=0.03)


@pytest.mark.long
@pytest.mark.parametrize("problem", [p for p in LARGE if p not in QUICK], ids=name)
def test_published_parameters_of_all_large_layers(problem: Problem) -> None:
    assert cycles(problem, PAPER) == pytest.approx(published(problem), rel=0.03)


@pytest.mark.long
def test_our_own_choice_is_faster() -> None:
    """On every problem, and by 1.3 in the geometric mean."""
    ratios = [published(problem) / cycles(problem, AUTO) for problem in DEEPBENCH]
    assert min(ratios) >= 1
    assert math.exp(sum(map(math.log, ratios)) / len(ratios)) >= 1.3
