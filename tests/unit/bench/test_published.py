"""The published figures agree with each other, to the last printed digit."""

from dataclasses import dataclass
from math import exp, fsum, log

import pytest

from spatial_opt.bench.problems import DEEPBENCH, Problem
from spatial_opt.bench.published import (
    BRAINWAVE_TILE,
    PUBLISHED,
    Factors,
    paper_factors,
)

TABLE_6 = {
    # effective TFLOPS of Xeon, V100, Brainwave and Plasticine; speed-ups over the first three
    ("lstm", 256): ("0.010", "0.09", "0.37", "3.8", "376.3", "40.4", "10.2"),
    ("lstm", 512): ("0.009", "0.18", "1.37", "7.6", "830.3", "43.2", "5.6"),
    ("lstm", 1024): ("0.004", "0.59", "5.68", "14.4", "3686.6", "24.3", "2.5"),
    ("lstm", 1536): ("0.005", "0.43", "13.01", "15.4", "3357.8", "35.8", "1.2"),
    ("lstm", 2048): ("0.004", "1.08", "22.62", "15.8", "4050.6", "14.6", "0.7"),
    ("gru", 512): ("0.003", "0.01", "0.25", "7.6", "2182.3", "942.4", "31.2"),
    ("gru", 1024): ("0.005", "0.56", "4.98", "13.1", "2640.3", "23.4", "2.6"),
    ("gru", 1536): ("0.004", "0.81", "11.17", "14.2", "3658.3", "17.6", "1.3"),
    ("gru", 2048): ("0.004", "1.07", "19.79", "14.7", "3927.5", "13.8", "0.7"),
    ("gru", 2560): ("0.004", "1.25", "29.69", "15.0", "3846.4", "11.9", "0.5"),
    ("gru", 2816): ("0.003", "1.29", "35.92", "15.0", "5431.2", "11.7", "0.4"),
}
"""The printed columns of Zhao et al., Table 6, that follow from the latencies."""
problems = pytest.mark.parametrize("problem", DEEPBENCH, ids=lambda problem: problem.name)


@dataclass(frozen=True)
class Interval:
    """All numbers that are printed alike."""

    low: float
    high: float

    def meets(self, other: "Interval") -> bool:
        return self.low <= other.high and other.low <= self.high


def printed(number: float | str, digits: int | None = None) -> Interval:
    """Give what rounds to this; a little more, for figures that were cut off instead."""
    if digits is None:
        digits = len(str(number).partition(".")[2])
    half = 0.56 * 10.0**-digits
    return Interval(float(number) - half, float(number) + half)


def divided(above: Interval, below: Interval) -> Interval:
    return Interval(above.low / below.high, above.high / below.low)


def teraflops(problem: Problem, latency_ms: Interval) -> Interval:
    gates = {"lstm": 4, "gru": 3}[problem.cell]
    operations = 2 * gates * problem.hidden * 2 * problem.hidden * problem.steps
    scaled = operations / 1e9
    return divided(Interval(scaled, scaled), latency_ms)


def others(problem: Problem) -> list[Interval]:
    """Latencies of Xeon, V100 and Brainwave in ms."""
    row = PUBLISHED[problem]
    return [printed(row.xeon_ms, 2), printed(row.v100_ms, 2), printed(row.brainwave_ms, 3)]


def latency_ms(problem: Problem, cycles: int | None = None) -> float:
    """Give the latency that follows from the cycles per step at 1 GHz."""
    return (cycles or PUBLISHED[problem].cycles_per_step) * problem.steps / 1e6


def agrees(problem: Problem, cycles: int) -> bool:
    """Tell whether the printed latency, TFLOPS and speed-ups of Plasticine allow these cycles."""
    latency = latency_ms(problem, cycles)
    ours = Interval(latency, latency)
    texts = TABLE_6[problem.cell, problem.hidden]
    return (
        printed(PUBLISHED[problem].plasticine_ms, 4).meets(ours)
        and teraflops(problem, ours).meets(printed(texts[3]))
        and all(
            divided(other, ours).meets(printed(text))
            for other, text in zip(others(problem), texts[4:], strict=True)
        )
    )


@problems
def test_effective_tflops_follow_from_the_latencies(problem: Problem):
    for latency, text in zip(others(problem), TABLE_6[problem.cell, problem.hidden], strict=False):
        assert teraflops(problem, latency).meets(printed(text))


@problems
def test_cycles_per_step_are_the_only_integer_that_agrees(problem: Problem):
    published = PUBLISHED[problem].cycles_per_step
    found = [cycles for cycles in range(published - 9, published + 10) if agrees(problem, cycles)]
    if problem == Problem("gru", 512, 1):
        assert found == [415, 416]
        assert published == 416
    else:
        assert found == [published]


def test_the_printed_means_are_over_all_eleven_rows():
    def mean(name: str) -> float:
        ratios = [getattr(row, name) / latency_ms(problem) for problem, row in PUBLISHED.items()]
        return exp(fsum(map(log, ratios)) / len(ratios))

    assert len(PUBLISHED) == 11
    assert mean("v100_ms") == pytest.approx(29.8, abs=0.05)
    assert mean("brainwave_ms") == pytest.approx(2.0, abs=0.05)
    assert mean("xeon_ms") == pytest.approx(2529, rel=1e-3)


def test_published_cycles():
    assert [row.cycles_per_step for row in PUBLISHED.values()] == [
        *(279, 554, 1168, 2448, 4240),
        *(416, 962, 1990, 3422, 5262, 6346),
    ]


@problems
def test_the_peak_of_the_machine_lies_above_every_figure(problem: Problem):
    assert problem.macs_per_step < PUBLISHED[problem].cycles_per_step * 192 * 64


def test_loop_parameters():
    assert paper_factors(Problem("lstm", 256, 150)) == Factors(6, 4, 64)
    for problem in DEEPBENCH[1:5]:
        assert paper_factors(problem) == Factors(4, 8, 64)
    for problem in DEEPBENCH[5:]:
        assert paper_factors(problem) == Factors(5, 8, 64)
    assert BRAINWAVE_TILE.hv * BRAINWAVE_TILE.ru * BRAINWAVE_TILE.rv == 96000


@pytest.mark.parametrize("problem", DEEPBENCH[6:], ids=lambda problem: problem.name)
def test_the_printed_parameters_of_gru_contradict_its_latencies(problem: Problem):
    def products_per_step(factors: Factors) -> int:
        """Cycles of the dot products alone, all gates side by side, over [x, h]."""
        rows = -(-problem.hidden // factors.hu)
        return rows * -(-2 * problem.hidden // (factors.ru * factors.rv))

    published = PUBLISHED[problem].cycles_per_step
    # What Table 7 prints for all GRUs.
    assert products_per_step(Factors(2, 8, 64)) > 1.5 * published
    # What is left is the same for all sizes: filling and emptying the pipeline once a step.
    assert published - products_per_step(paper_factors(problem)) == 142
