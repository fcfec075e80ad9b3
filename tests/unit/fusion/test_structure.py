"""What is left of each layer after fusing: how many maps, reductions and vectors."""

from collections.abc import Callable
from time import process_time
from typing import Any

import pytest

from spatial_opt.dialects import pattern
from spatial_opt.passes.pattern_fuse import PatternFusePass

Layer = Callable[..., Any]


@pytest.mark.parametrize("format", ["f32", "bf16", "mixed8"])
@pytest.mark.parametrize(("inputs", "hidden"), [(5, 7), (7, 7), (1, 1), (13, 3)])
def test_lstm_step_is_one_map_with_one_reduction(
    layer: Layer, format: str, inputs: int, hidden: int
):
    fused = layer("lstm", format=format, inputs=inputs, hidden=hidden).fused("align=4")
    scan, step = fused.find(pattern.ScanOp)[0], fused.maps("scan")
    assert [op.name for op in scan.body.block.ops] == ["pattern.map", "pattern.next"]
    assert len(step) == 1
    assert fused.reductions() == [((-(-inputs // 4) * 4 + hidden,), 4)]
    # Each element of [x, h] is read once for all gates, each weight once.
    reduce = fused.find(pattern.ReduceOp)[0]
    reads = [op for op in reduce.body.block.ops if isinstance(op, pattern.ReadOp)]
    assert len(reads) == 2 + 2 * 4
    assert all(read.zero_outside is not None for read in reads)


@pytest.mark.parametrize("format", ["f32", "mixed8"])
def test_gru_with_reset_after_is_one_map(layer: Layer, format: str):
    fused = layer("gru", "linear_before_reset", format=format).fused("align=1")
    assert len(fused.maps()) == 1
    assert sorted(fused.reductions()) == [((5,), 1), ((7,), 1), ((12,), 2)]
    # The candidate's two sums share a domain where x and h are of one size.
    fused = layer("gru", "linear_before_reset", inputs=7).fused("align=1")
    assert sorted(fused.reductions()) == [((7,), 2), ((14,), 2)]


@pytest.mark.parametrize("format", ["f32", "mixed8", "int8", "bf16"])
def test_gru_with_reset_before_keeps_one_stored_vector(layer: Layer, format: str):
    fused = layer("gru", format=format).fused()
    reset, last = fused.maps("scan")
    assert [result.name_hint for result in reset.results] == ["rs"]
    stored = {"f32": "f32", "mixed8": "f8E4M3FN", "int8": "i8", "bf16": "bf16"}[format]
    assert str(reset.results[0].type) == f"tensor<1x1x7x{stored}>"
    assert {result.name_hint for result in last.results} <= {"h", "hq"}


@pytest.mark.parametrize(
    ("cell", "options", "operands"),
    [
        ("lstm", "clip 1.0", {"bias", "peepholes"}),
        ("lstm", "input_forget", set[str]()),
        ("lstm", "layout 1", {"bias", "initial_h", "initial_c"}),
        ("lstm", "activations [hardsigmoid, softsign, relu]", {"bias", "sequence_lens"}),
        ("gru", "linear_before_reset layout 1", {"bias", "sequence_lens", "initial_h"}),
        ("gru", "linear_before_reset activations [elu, softplus]", {"bias"}),
        ("rnn", "activations [leakyrelu]", {"bias", "sequence_lens", "initial_h"}),
    ],
)
@pytest.mark.parametrize(("batch", "steps"), [(1, 3), (2, 1)])
def test_variants_have_one_map_in_the_step(
    layer: Layer, cell: str, options: str, operands: set[str], batch: int, steps: int
):
    program = layer(cell, options, operands=frozenset(operands), batch=batch, steps=steps)
    assert len(program.fused().maps("scan")) == 1


def test_each_direction_has_one_map(layer: Layer):
    fused = layer("lstm", "direction bidirectional", format="mixed8", batch=2).fused()
    assert len(fused.find(pattern.ScanOp)) == 2
    assert len(fused.maps("scan")) == 2


def test_int8_sums_stay_two_domains_of_one_nest(layer: Layer):
    fused = layer("lstm", format="int8").fused()
    assert sorted(fused.reductions()) == [((5,), 4), ((7,), 4)]
    assert any("6.200012e-05, which is no power of two" in line for line in fused.remarks)


def test_text_is_short_and_does_not_grow_with_the_layer(layer: Layer):
    small, large = (
        layer("lstm", steps=steps, inputs=size, hidden=size).fused()
        for steps, size in ((3, 8), (1500, 2048))
    )
    lines = [str(program.module).count("\n") for program in (small, large)]
    assert lines[0] == lines[1] < 300


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_pass_takes_milliseconds(layer: Layer, cell: str):
    program = layer(cell, steps=1500, inputs=2816, hidden=2816, format="mixed8")
    seconds: list[float] = []
    for _ in range(5):
        module = program.module.clone()
        start = process_time()
        PatternFusePass().apply(program.context, module)
        seconds.append(process_time() - start)
    # About 7 ms on an idle machine.
    assert min(seconds) < 0.04
