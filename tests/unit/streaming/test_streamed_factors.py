"""What pattern-parallelize expects of streamed weights: options by hand, and what is built."""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import Any

import pytest
from streaming_cases import TINY, Compiled, Recipe, compile_recipe, machine

from spatial_opt.dialects import pattern
from spatial_opt.dialects.spatial import AgOp, PmuOp, units
from spatial_opt.machine.description import Machine
from spatial_opt.passes.link_ends import LinkEnds
from spatial_opt.passes.parallelization.estimates import Estimate, Factors, Weights, estimate
from spatial_opt.passes.parallelization.facts import kernel_facts
from spatial_opt.passes.parallelization.streamed import resident, streamed
from spatial_opt.passes.solvers.parallelism import Option
from spatial_opt.passes.weight_streams import stream_of
from spatial_opt.passes.weight_tokens import WeightStream
from spatial_opt.runtime.order import config_of

LARGE = Weights(memories=2, token_bytes=16, tokens=384, repeats=1, units=6)
SMALL = Weights(memories=1, token_bytes=16, tokens=64, repeats=2, units=1)
ESTIMATE = Estimate(10, 3, (LARGE, SMALL), running=400, latency=50, steps=3)


def with_generators(count: int) -> Machine:
    """Give a machine of 64 tokens a unit and 16 bytes a cycle, whose queues cover the latency."""
    return replace(TINY, ag=replace(TINY.ag, count=count), pcu=replace(TINY.pcu, fifo_depth=16))


def test_all_in_memory_units() -> None:
    assert resident(ESTIMATE) == Option(10, 3 + 2 * 6 + 1, (400 + 50) * 3)
    # Nine units feed their reader through three relays.
    many = replace(ESTIMATE, weights=(replace(LARGE, units=9),))
    assert resident(many) == Option(10 + 2 * 3, 3 + 2 * 9, (400 + 50) * 3)


def test_some_in_dram() -> None:
    """With one generator that is busy: 4 share 16 bytes a cycle, or 3 where the small one stays."""
    options = list(streamed(ESTIMATE, with_generators(8), busy=1))
    assert options == [
        Option(10, 3, (384 * 4 + 50) * 3, 3),
        Option(10, 3 + 2 * 1 + 1, ((384 - 64) * 3 + 50) * 3, 2),
        Option(10, 3 + 2 * 2 + 1, ((384 - 128) * 3 + 50) * 3, 2),
        Option(10, 3 + 2 * 3 + 1, ((384 - 192) * 3 + 50) * 3, 2),
        # Loading is over before the kernel is.
        Option(10, 3 + 2 * 4 + 1, (400 + 50) * 3, 2),
        # Five units pass their tokens on through two relays each.
        Option(10 + 2 * 2, 3 + 2 * 5 + 1, (400 + 50) * 3, 2),
    ]
    assert list(streamed(ESTIMATE, with_generators(8), 1, most=0)) == options[:1]
    assert list(streamed(ESTIMATE, with_generators(8), 1, most=2)) == options[:3]


def test_generators_are_limited() -> None:
    assert [o.generators for o in streamed(ESTIMATE, with_generators(3), busy=1)] == [2] * 5
    assert not list(streamed(ESTIMATE, with_generators(2), busy=1))
    relaxed = replace(with_generators(2), relaxed=("ag.count",))
    assert len(list(streamed(ESTIMATE, relaxed, busy=1))) == 6


def test_no_weights_no_options() -> None:
    assert not list(streamed(replace(ESTIMATE, weights=()), with_generators(8), 1))


RECIPES = [
    Recipe("lstm", 61, inputs=29, side=12, capacity=1024, format="f32"),
    Recipe("gru", 61, inputs=83, batch=2, side=12, capacity=1024, format="f32"),
    Recipe("gru", 67, side=9, capacity=512, format="bf16"),
    Recipe("lstm", 72, side=12, capacity=1024, format="f32", factors={"hu": 1, "ru": 1}),
    Recipe("rnn", 97, inputs=31, side=12, capacity=1024, format="f32", direction="bidirectional"),
    Recipe("lstm", 50, side=12, capacity=1024, format="f32", pipeline="unfused"),
    Recipe("gru", 521, format="int8", side=7),
    Recipe("lstm", 400),
]


def estimates(case: Compiled, recipe: Recipe) -> list[Weights]:
    """Estimate the weights of all kernels with the factors that were chosen for them."""
    target = machine(recipe.side, recipe.capacity, recipe.generators)
    found: list[Weights] = []
    for op in case.kernels.walk():
        if isinstance(op, pattern.MapOp) and not isinstance(
            op.parent_op(), pattern.MapOp | pattern.ReduceOp
        ):
            kernel = kernel_facts(op, target)
            pieces = tuple((f.op.piece_count, f.op.lane_count) for f in kernel.reductions)
            factors = Factors(op.par_factors[-1], op.lane_count, op.row_copies, pieces)
            vectors = [
                ceil(facts.length / lanes)
                for facts, (_, lanes) in zip(kernel.reductions, pieces, strict=True)
            ]
            if pieces:
                found += estimate(kernel, target, factors, vectors, False).weights
    return found


def built(case: Compiled) -> list[WeightStream]:
    """List the memories of weights that dot products read, before any is streamed."""
    config = config_of(case.module)
    every, ends = {unit.sym_name.data: unit for unit in units(config)}, LinkEnds(config)
    streams = [stream_of(u, ends, every) for u in every.values() if isinstance(u, PmuOp)]
    return [
        stream
        for stream in streams
        if isinstance(stream, WeightStream) and ".dot" in stream.links[0].target[0]
    ]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: f"{recipe.cell}-{recipe.hidden}")
def test_estimates_are_what_is_built(recipe: Recipe) -> None:
    """As many memories, and as many bytes but for zeros at the seam of two values."""
    case = compile_recipe(recipe, until="spatial-partition")
    expected, found = estimates(case, recipe), built(case)
    assert sum(each.memories for each in expected) == len(found)
    assert {each.token_bytes for each in expected} == {each.token_bytes for each in found}
    assert {each.repeats for each in expected} == {each.repeats for each in found}
    estimated = sum(each.memories * each.tokens * each.token_bytes for each in expected)
    assert sum(each.tokens * each.token_bytes for each in found) == pytest.approx(
        estimated, rel=0.15
    )


FITS = Recipe("lstm", 24, side=12, capacity=1024, format="f32")
LACKS = Recipe("lstm", 72, side=12, capacity=1024, format="f32")


def chosen(recipe: Recipe, **more: Any) -> str:
    """Give the kernels with their factors."""
    return str(compile_recipe(replace(recipe, **more), until="pattern-parallelize").kernels)


def test_what_fits_gets_the_factors_of_resident_weights() -> None:
    assert chosen(FITS) == chosen(FITS, weights="resident")


def test_what_does_not_fit_gets_others() -> None:
    """All that is loaded has an address generator, and a tenth of them makes fewer dot products."""
    assert chosen(LACKS) != chosen(LACKS, weights="resident")
    for generators in (48, 9):
        case = compile_recipe(replace(LACKS, generators=generators))
        loading = [unit for unit in units(config_of(case.module)) if isinstance(unit, AgOp)]
        assert 0 < case.streamed <= len(loading) <= generators


def test_all_from_dram_has_as_many_memories_as_generators() -> None:
    for generators in (48, 9):
        recipe = replace(FITS, weights="dram", generators=generators)
        streams = built(compile_recipe(recipe, until="spatial-partition"))
        assert 0 < len(streams) <= generators - 4
