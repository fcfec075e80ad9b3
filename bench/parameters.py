"""Sets of parameters that a problem runs with, as options of a pipeline."""

from xdsl.utils.arg_spec import ParameterListType

from spatial_opt.bench.problems import Problem
from spatial_opt.bench.published import paper_factors
from spatial_opt.machine.description import Machine

PAPER, AUTO, UNFUSED = "paper", "auto", "unfused"
SETS = (PAPER, AUTO)
"""Parameter sets of the fused program."""
CAPACITY = "pmu.capacity_bytes"
"""The one limit that is lifted where it can't be kept."""
PAPER_QUEUE_DEPTH = 1
"""Tokens in the queues of indices into tables, in the program that the authors compiled for an LSTM
of 1024 units (stanford-ppl/pir on GitHub, branch spatial-lang, pir/apps/src/lstm1024H3R8.scala)."""
BITS = {"f32": 32, "bf16": 16, "int8": 8, "mixed8": 8}
"""Bits of the operands of a product, by number format."""


def pipeline_of(parameters: str) -> str:
    """Give the named pipeline that a parameter set belongs to."""
    return "unfused" if parameters == UNFUSED else "fused"


def pipeline_options(
    problem: Problem, parameters: str, machine: Machine, format: str
) -> dict[str, ParameterListType]:
    """
    Give the options of the pipeline, without target, format and relaxed limits.

    `paper`: as published, a row unit for each copy, queues of depth one around table look-ups, and
    each dot product reads its own copy of [x, h], all weights stay on the chip; rv is cut to what a
    vector of the machine holds in this format. `auto` and `unfused`: the compiler's choice.
    """
    if parameters != PAPER:
        return {}
    factors = paper_factors(problem)
    return {
        "hu": (factors.hu,),
        "hv": (1,),
        "rows": (factors.hu,),
        "ru": (factors.ru,),
        "rv": (min(factors.rv, machine.lanes_for(BITS[format])),),
        "operands": ("private",),
        "queue_depth": (PAPER_QUEUE_DEPTH,),
        "weights": ("resident",),
    }
