"""canonicalize, cse and dce keep all that carries time or tokens, however useless it looks."""

from collections import Counter
from collections.abc import Callable

import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass
from xdsl.traits import is_side_effect_free
from xdsl.transforms.canonicalize import CanonicalizePass
from xdsl.transforms.common_subexpression_elimination import CommonSubexpressionElimination
from xdsl.transforms.dead_code_elimination import DeadCodeElimination
from xdsl.utils.arg_spec import parse_spec

from spatial_opt.bench.problems import generate
from spatial_opt.dialects.spatial import Spatial
from spatial_opt.tools.universe import SPATIAL_UNIVERSE

PASSES = [CanonicalizePass, CommonSubexpressionElimination, DeadCodeElimination]
VALUES = {"spatial.combine", "spatial.repeat"}
"""The operations that only compute."""

REDUNDANT = """
spatial.config @c {
  spatial.input @x : tensor<8xf32>
  spatial.dram @w holds tensor<8xf32> init parameter "W" [8]
  spatial.output @y : tensor<8xf32>
  spatial.controller @loop counters (%t = 0 to 2) waits ["again"] signals ["go"] {
    spatial.ag @load loads @x counters (%i = 0 to 2) address [4 * %i] : vector<4xf32>
    spatial.ag @store stores @y counters (%i = 0 to 2) address [%i] : f32
    spatial.pmu @m holds tensor<8xf32> banked (4, 1) init zero {
      spatial.write @in ports ["in"] port 0 counters (%i = 0 to 2) address [4 * %i] : vector<4xf32>
      spatial.read @out port 0 counters (%i = 0 to 2) address [4 * %i] : vector<4xf32>
      spatial.read @same port 0 counters (%i = 0 to 2) address [4 * %i] : vector<4xf32>
    }
    spatial.pmu @t holds tensor<16xf32> banked (4, 1) init table tanh from -8.0 to 8.0 {
      spatial.gather @out index "idx" port 0 counters (%i = 0 to 2) address [] : f32
    }
    spatial.pcu @p counters (%i = 0 to 2) {
      %v = spatial.receive "v" : vector<4xf32>
      %w = spatial.receive "w" : vector<4xf32>
      %unused = spatial.receive "unused" : vector<4xf32>
      spatial.stage 0
      %a = arith.addf %v, %w : vector<4xf32>
      %b = arith.addf %v, %w : vector<4xf32>
      %dead = arith.mulf %v, %w : vector<4xf32>
      %less = spatial.combine add %v : vector<4xf32> to vector<2xf32>
      spatial.stage 1
      spatial.stage 2
      %f = spatial.fold add %a per %i : vector<4xf32> to f32
      %n = pattern.convert %f : f32 to i32
      %g = spatial.fold add %a per %i : vector<4xf32> to f32
      %h = spatial.fold add %b per %i : vector<4xf32> to f32
      spatial.send "f" %n per %i : i32
      spatial.send "g" %f once : f32
    }
    spatial.pcu @empty {
      %v = spatial.receive "v" once : f32
    }
  }
  spatial.link @loop::@go to @loop::@again : token depth 1 init 1
  spatial.link @load::@data to @m::@in : vector depth 2
  spatial.link @m::@out to @p::@v : vector depth 2
  spatial.link @m::@out to @p::@w : vector depth 2
  spatial.link @m::@same to @p::@unused : vector depth 2
  spatial.link @p::@f to @t::@idx : scalar depth 2
  spatial.link @p::@g to @empty::@v : scalar depth 2
  spatial.link @t::@out to @store::@data : scalar depth 2
}
"""
"""Two equal streams and sends, values that nobody uses, folds that repeat others, empty stages."""


def timed(module: ModuleOp) -> Counter[str]:
    """Count the operations of the spatial dialect that carry time or tokens."""
    return Counter(
        op.name for op in module.walk() if op.name.startswith("spatial.") and op.name not in VALUES
    )


def clean(module: ModuleOp, *passes: type[ModulePass]) -> ModuleOp:
    """Return a copy after passes, repeated until nothing can change any more."""
    changed = module.clone()
    for step in (*passes, *passes):
        step().apply(Context(), changed)
    changed.verify()
    return changed


@pytest.fixture
def redundant(parse_checked: Callable[[str], ModuleOp]) -> ModuleOp:
    """Give a configuration in which every operation looks useless or repeated."""
    return parse_checked(REDUNDANT)


def test_every_operation_is_looked_at(redundant: ModuleOp):
    assert set(timed(redundant)) | VALUES == {op.name for op in Spatial.operations}


@pytest.mark.parametrize("passes", [[step] for step in PASSES] + [PASSES])
def test_nothing_timed_is_erased_or_merged(passes: list[type[ModulePass]], redundant: ModuleOp):
    assert timed(clean(redundant, *passes)) == timed(redundant)


def test_arithmetic_takes_part(redundant: ModuleOp):
    # One sum instead of two, no unused product, no unused half of a vector.
    names = Counter(op.name for op in clean(redundant, *PASSES).walk())
    assert (names["arith.addf"], names["arith.mulf"], names["spatial.combine"]) == (1, 0, 0)


def test_only_values_are_free_of_effects(redundant: ModuleOp):
    free = {op.name for op in redundant.walk() if is_side_effect_free(op)}
    assert {name for name in free if name.startswith("spatial.")} == {"spatial.combine"}


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_a_configuration_stays_as_it_is(cell: str):
    module = generate(cell, 16, 2)
    for spec in (
        'set-target{name="plasticine-rnn"}',
        "rnn-set-format",
        "convert-rnn-to-pattern",
        "pattern-expand-activations",
        "pattern-parallelize",
        "convert-pattern-to-spatial",
        "spatial-partition",
        "spatial-split-memories",
    ):
        parsed = parse_spec(spec)
        step = SPATIAL_UNIVERSE.all_passes[parsed.name]()
        step.from_spec(parsed).apply(Context(), module)
    changed = clean(module, *PASSES)
    assert str(changed) == str(module)
