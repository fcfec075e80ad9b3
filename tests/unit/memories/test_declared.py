"""Declarations that somebody edited: honoured bit for bit, or refused with the remedy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from memory_cases import (
    assigned,
    declared,
    deepened,
    depths,
    memory_of,
    parse,
    recurrent,
    two_maps,
)
from xdsl.context import Context
from xdsl.dialects.builtin import IntegerAttr, ModuleOp, StringAttr, i64
from xdsl.utils.exceptions import VerifyException

from spatial_opt.dialects import pattern
from spatial_opt.dialects.spatial import LinkOp, PmuOp, WriteOp
from spatial_opt.dialects.target import set_target
from spatial_opt.lowering.convert_pattern_to_spatial import ConvertPatternToSpatialPass
from spatial_opt.machine.load import load_machine
from spatial_opt.passes.pattern_assign_memories import PatternAssignMemoriesPass
from spatial_opt.passes.remarks import collect_remarks
from spatial_opt.passes.spatial_partition import SpatialPartitionPass
from spatial_opt.runtime import bindings, values
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.pattern_evaluator import evaluate

EVALUATORS = ["numpy", "native"] if bindings.find() is not None else ["numpy"]
EXAMPLES = Path(__file__).parents[3] / "examples"


def lowered(module: ModuleOp) -> ModuleOp:
    """Convert a copy of a program and cut its units."""
    config = module.clone()
    ConvertPatternToSpatialPass().apply(Context(), config)
    SpatialPartitionPass().apply(Context(), config)
    config.verify()
    return config


def same_bits(
    module: ModuleOp, inputs: Mapping[str, Array], parameters: Mapping[str, Array]
) -> ModuleOp:
    """Compare patterns and configuration; gives the configuration."""
    config = lowered(module)
    wanted = evaluate(module, inputs, parameters)
    for evaluator in EVALUATORS:
        found = values.evaluate(config, inputs, parameters, evaluator)
        assert found.keys() == wanted.keys()
        for name, array in wanted.items():
            np.testing.assert_array_equal(found[name], array, f"{name} by {evaluator}")
    return config


def random(seed: int, **shapes: tuple[int, ...]) -> dict[str, Array]:
    """Draw arrays."""
    generator = np.random.default_rng(seed)
    return {n: generator.uniform(-1, 1, s).astype(np.float32) for n, s in shapes.items()}


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("wanted", [{}, {"x": 3, "n": 2}, {"x": 2, "h": 4, "n": 3}])
def test_any_depth_that_is_enough_gives_the_same_bits(
    wanted: dict[str, int], reverse: bool
) -> None:
    module = assigned(recurrent(9, 7, 5, reverse=reverse), target="plasticine-rnn", hu=2, ru=2)
    deepened(wanted)(module)
    arrays = random(3, w=(9, 7), r=(9, 9))
    config = same_bits(module, random(4, x=(5, 7)), arrays)
    held = depths(module) | wanted
    pmus = [op for op in config.walk() if isinstance(op, PmuOp)]
    written = [pmu for pmu in pmus if any(isinstance(s, WriteOp) for s in pmu.streams)]
    for name, depth in held.items():
        mine = [p for p in written if p.sym_name.data.split(".")[0].split("_")[0] == name]
        assert mine
        for pmu in mine:
            rank = len(pmu.held.get_shape())
            assert (rank == 2) == (depth > 1), name
            assert depth == 1 or pmu.held.get_shape()[0] == depth


@pytest.mark.parametrize("name", ["gru_reset_before", "sru"])
def test_cells_keep_their_bits(name: str) -> None:
    text = (EXAMPLES / "cells" / f"{name}.mlir").read_text()
    module = assigned(text, target="plasticine-rnn", hu=2, ru=1)
    inputs = {
        port: np.random.default_rng(1).uniform(-1, 1, shape).astype(np.float32)
        for port, shape in _ports(module)
    }
    parameters = {
        op.name_.data: np.random.default_rng(2)
        .uniform(-1, 1, op.result.type.get_shape())
        .astype(np.float32)
        for op in module.walk()
        if isinstance(op, pattern.ParameterOp)
    }
    same_bits(module, inputs, parameters)
    stripped = module.clone()
    for op in declared(stripped):
        op.detach()
        op.erase()
    # Without declarations the conversion does the same.
    assert str(lowered(stripped)) == str(lowered(module))


def _ports(module: ModuleOp) -> list[tuple[str, tuple[int, ...]]]:
    from spatial_opt.dialects.pattern_interface import inputs_of, main_function

    return [(port.name, port.type.get_shape()) for port in inputs_of(main_function(module))]


def test_queues_are_as_long_as_declared() -> None:
    module = assigned(recurrent(6, 4, 2), target="plasticine-rnn", hu=2, ru=1)
    for op in declared(module):
        if op.kind.data == "fifo":
            op.depth = IntegerAttr(5, i64)
    config = module.clone()
    ConvertPatternToSpatialPass(queue_depth=1).apply(Context(), config)
    found = {
        op.depth.value.data
        for op in config.walk()
        if isinstance(op, LinkOp) and ".dot" in op.source[0]
    }
    assert found == {5}


def test_a_parameter_in_dram_is_still_laid_out_on_chip() -> None:
    module = assigned(recurrent(6, 4, 2), target="plasticine-rnn", hu=2, ru=1)
    before = str(lowered(module))
    memory_of(module, "w", in_loop=False).kind = StringAttr("dram")
    PatternAssignMemoriesPass().apply(Context(), module)
    assert sum(op.value.name_hint == "w" for op in declared(module)) == 1
    assert str(lowered(module)) == before


def test_what_nobody_needs_is_named_and_left() -> None:
    module = parse("""
    func.func @main(%x: tensor<4xf32>, %z: tensor<4xf32>) -> tensor<4xf32> {
      pattern.memory sram %z bytes 16 live (-1, 0) : tensor<4xf32>
      %y = pattern.map (%i in 4) -> tensor<4xf32> {
        %v = pattern.read %x[%i] : tensor<4xf32>
        %u = arith.addf %v, %v : f32
        pattern.yield %u : f32
      }
      func.return %y : tensor<4xf32>
    }""")
    set_target(module, load_machine("plasticine-rnn"))
    with collect_remarks() as remarks:
        PatternAssignMemoriesPass().apply(Context(), module)
    assert "nothing needs a sram of %z" in str(remarks[0])
    assert [op.value.name_hint for op in declared(module)] == ["z", "x", "x", "y", "y"]


def test_a_declaration_without_its_value_is_no_longer_true() -> None:
    """Lanes are part of a queue's bytes, so factors that change are noticed."""
    module = assigned(recurrent(8, 4, 2), target="plasticine-rnn", hu=2, ru=1)
    op = next(op for op in module.walk() if isinstance(op, pattern.MapOp))
    op.lanes = IntegerAttr(4, i64)
    with pytest.raises(VerifyException, match="one buffer of %s takes 16 bytes, got 4"):
        module.verify()


def test_a_state_that_no_map_makes_is_left_to_the_conversion() -> None:
    """A delay line has no writer of its own: nothing is declared, and the conversion refuses it."""
    text = two_maps(4, 3).replace(
        "carry (%h = %x : tensor<4xf32>) -> tensor<4xf32>",
        "carry (%h = %x : tensor<4xf32>, %o = %x : tensor<4xf32>) "
        "-> (tensor<4xf32>, tensor<4xf32>)",
    )
    text = text.replace("%last = ", "%last, %old = ").replace(
        "pattern.next %n : tensor<4xf32>", "pattern.next %n, %h : tensor<4xf32>, tensor<4xf32>"
    )
    text = text.replace("%b = pattern.read %a[%j]", "%b = pattern.read %o[%j]")
    module = assigned(text, target="plasticine-rnn", hu=1, ru=1)
    assert sorted(depths(module)) == ["a", "h"]
    with pytest.raises(Exception, match="%o is handed on by a scan without being computed in it"):
        lowered(module)
