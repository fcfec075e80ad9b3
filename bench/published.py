"""
Published figures of the eleven DeepBench problems, as data.

Sources:

* ZHAO: Zhao, Zhang, Olukotun, "Serving Recurrent Neural Networks Efficiently with a Spatial
  Accelerator", MLSys 2019 (arXiv 1909.13654). Its Table 6 has latencies, speed-ups and power, its
  Table 7 the loop parameters.
* FOWERS: Fowers et al., "A Configurable Cloud-Scale DNN Processor for Real-Time AI", ISCA 2018
  (Brainwave). Its Table V has the Brainwave latencies that ZHAO repeats.

Everything is at batch 1, with as many inputs as hidden units. `docs/spatial-bench.md` tells what
is odd about these figures.
"""

from dataclasses import dataclass
from typing import NamedTuple

from spatial_opt.bench.problems import DEEPBENCH, Problem


@dataclass(frozen=True)
class Published:
    """What ZHAO's Table 6 prints about one problem, and what follows from it."""

    xeon_ms: float
    """TensorFlow 1.10 on a dual-core Xeon Skylake, fp32."""
    v100_ms: float
    """TensorFlow with cuDNN on a V100, fp16."""
    brainwave_ms: float
    """Brainwave on a Stratix 10 280, blocked floating point (FOWERS, Table V)."""
    plasticine_ms: float
    """Plasticine, simulated at 1 GHz, 8-, 16- and 32-bit floating point."""
    plasticine_w: float
    """Power of Plasticine."""
    cycles_per_step: int
    """Plasticine latency over steps, at 1 GHz; no printed number, but the one integer that agrees
    with latency, TFLOPS and speed-ups (for GRU 512, the larger of two that do)."""


_LSTM_AND_GRU = (
    Published(15.75, 1.69, 0.425, 0.0419, 28.5, 279),
    Published(11.50, 0.60, 0.077, 0.0139, 53.7, 554),
    Published(107.65, 0.71, 0.074, 0.0292, 97.2, 1168),
    Published(411.00, 4.38, 0.145, 0.1224, 102.7, 2448),
    Published(429.36, 1.55, 0.074, 0.1060, 104.5, 4240),
    Published(0.91, 0.39, 0.013, 0.0004, 61.9, 416),
    Published(3810.00, 33.77, 3.792, 1.4430, 109.1, 962),
    Published(2730.00, 13.12, 0.951, 0.7463, 114.6, 1990),
    Published(5040.00, 17.70, 0.954, 1.2833, 101.2, 3422),
    Published(7590.00, 23.57, 0.993, 1.9733, 117.2, 5262),
    Published(25850.00, 55.48, 1.987, 4.7595, 117.3, 6346),
)

PUBLISHED: dict[Problem, Published] = dict(zip(DEEPBENCH, _LSTM_AND_GRU, strict=True))
"""The published figures of each problem."""


class Factors(NamedTuple):
    """Loop parameters: rows of a matrix at once, pieces of each row, elements per vector."""

    hu: int
    ru: int
    rv: int


def paper_factors(problem: Problem) -> Factors:
    """
    Give the loop parameters that the published latency was reached with.

    Those of Table 7 of ZHAO (hv is 1 throughout), but hu = 5 for the GRU: the 2 that is printed
    contradicts the latencies of Table 6.
    """
    if problem.cell == "gru":
        return Factors(5, 8, 64)
    return Factors(6, 4, 64) if problem.hidden <= 256 else Factors(4, 8, 64)


class Tile(NamedTuple):
    """What a tiled matrix-vector unit takes at once: rows, tiles side by side, their lanes."""

    hv: int
    ru: int
    rv: int


BRAINWAVE_TILE = Tile(400, 6, 40)
"""Brainwave on a Stratix 10 280: six tile engines with 400 rows of 40 lanes (FOWERS)."""
