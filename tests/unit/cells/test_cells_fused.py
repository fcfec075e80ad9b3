"""What is left of every cell after fusion: only the vectors that a step has to wait for."""

import pytest
from cell_cases import SIZES, Case
from xdsl.utils.arg_spec import parse_pipeline

from spatial_opt.dialects.pattern import MapOp

FUSION = "pattern-expand-activations,pattern-fuse,pattern-simplify"
LEFT = {
    "matvec": 1,
    "matvec_int8": 1,
    "matvec_mixed8": 1,
    # The projection sums over the whole output.
    "lstm_peephole": 2,
    "lstm_peephole_mixed8": 2,
    # Two products, three means, three deviations, what they are taken of, the cell, the output.
    "lstm_layer_norm": 13,
    # One for each layer or direction, and the outputs of the directions side by side.
    "lstm_two_layers": 2,
    "lstm_bidirectional": 3,
    # A state that is reset before its product is a vector that the product waits for.
    "gru_reset_before": 2,
    "gru_reset_after": 1,
    "gru_reset_after_mixed8": 1,
    "mgu": 2,
    "mgu_mixed8": 2,
    # The products for all steps stay in front of the recurrence.
    "sru": 2,
    "ligru": 1,
    "conv_gru": 2,
    # The encoder, then one for each sum or greatest, its inputs and the output.
    "attention": 9,
}
"""The most kernels that fusion may leave."""


@pytest.mark.parametrize("cell", SIZES)
def test_fusion_leaves_few_kernels_and_all_values(cell: str):
    case = Case(cell)
    case.run(list(parse_pipeline(FUSION)))
    kernels = [op.results[0].name_hint for op in case.module.walk() if isinstance(op, MapOp)]
    assert len(kernels) <= LEFT[cell], kernels
    case.check(case.values(), 0.0 if "int8" in cell or "mixed8" in cell else 1e-5)
