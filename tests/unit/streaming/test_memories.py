"""Memories of any size, in part or as a whole in DRAM: values, both engines, bytes."""

from __future__ import annotations

from collections import Counter
from math import prod

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from streamed_memories import Memories, Weights, memories
from streaming_cases import EVALUATORS
from xdsl.dialects.builtin import AffineMapAttr, ModuleOp
from xdsl.ir.affine import AffineExpr, AffineMap

from spatial_opt.dialects.spatial import (
    AgOp,
    DramOp,
    PcuOp,
    PmuOp,
    enclosing,
    parameter_parts,
    token_elements,
    units,
)
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.polyhedral.counting import count_points
from spatial_opt.passes.polyhedral.spaces import box, related, to_isl
from spatial_opt.runtime.configuration import build_network
from spatial_opt.runtime.cycle_engine import run_cycles
from spatial_opt.runtime.dram_use import dram_use
from spatial_opt.runtime.event_engine import run
from spatial_opt.runtime.order import config_of
from spatial_opt.runtime.quantities import measure
from spatial_opt.runtime.values import evaluate

RELAYED = Memories((Weights((13, 7)),), steps=2, capacity=144, generators=1)
"""91 tokens in units of 9: eleven units, of which eight are there."""
SHARED = Memories(
    (Weights((5, 6), repeats=2, readers=2), Weights((7, 5), 2)), steps=3, capacity=64, generators=2
)
CASES = {
    "relays": (RELAYED, "auto"),
    "readers": (SHARED, "auto"),
    "whole": (SHARED, "dram"),
    "scalars": (Memories((Weights((3, 11), 1, depth=5),), 2, 16, 1), "auto"),
    "one token": (Memories((Weights((1,)),), 1, 16, 1), "dram"),
}


def loaded(module: ModuleOp) -> dict[str, tuple[AgOp, DramOp]]:
    """Give what loads weights, and from where."""
    config = config_of(module)
    tensors = {op.sym_name.data: op for op in config.body.block.ops if isinstance(op, DramOp)}
    found: dict[str, tuple[AgOp, DramOp]] = {}
    for unit in units(config):
        if isinstance(unit, AgOp) and unit.buffer.root_reference.data in tensors:
            found[unit.sym_name.data] = unit, tensors[unit.buffer.root_reference.data]
    return found


def check_values(case: Memories, module: ModuleOp) -> None:
    """All tokens arrive, in order, with both evaluators."""
    parameters = case.parameters()
    for evaluator in EVALUATORS:
        found = evaluate(module, {}, parameters, evaluator)
        for name, each in case.names.items():
            expected = each.result(parameters[name], case.steps)
            for reader in range(each.readers):
                np.testing.assert_array_equal(found[f"{name}.y{reader}"], expected)


def check_times(module: ModuleOp) -> None:
    """The event engine takes the cycles that the cycle-by-cycle one counts."""
    network = build_network(module)
    twin = run_cycles(network)
    assert twin.finished
    assert run(network).cycles == run(network, steady=False).cycles == twin.cycles


def by_isl(address: AffineMap, bounds: tuple[int, ...], width: int) -> tuple[int, int]:
    """Count the elements of all tokens with isl, and the different ones."""
    lane = AffineExpr.dimension(len(bounds))
    lanes = AffineMap(len(bounds) + 1, 0, (*address.results[:-1], address.results[-1] + lane))
    function = to_isl(lanes, len(bounds) + 1)
    assert function is not None
    touched = related(function, box((*bounds, width)))
    return count_points(touched), count_points(touched.range())


def by_walk(address: AffineMap, bounds: tuple[int, ...], width: int) -> Counter[tuple[int, ...]]:
    """Count how often each element is in a token, token by token."""
    found: Counter[tuple[int, ...]] = Counter()
    for point in np.ndindex(*bounds):
        *rows, first = address.eval([int(each) for each in point], [])
        found.update((*rows, first + lane) for lane in range(width))
    return found


def check_bytes(case: Memories, module: ModuleOp) -> None:
    """The traffic's bytes are isl's, a walk's, and those of the tokens that the engine sends."""
    config, network = config_of(module), build_network(module)
    twin = run_cycles(network)
    fired = {p.unit: len(times) for p, times in zip(network.processes, twin.times, strict=True)}
    traffic = measure(module).traffic
    buffers = {buffer.name: buffer for buffer in traffic.by_buffer}
    used = {each.name: each for each in dram_use(config, network, traffic, case.machine).generators}
    for name, (load, tensor) in loaded(module).items():
        buffer, width = buffers[tensor.sym_name.data], token_elements(load.type_)
        outer = [bound for c in enclosing(load) for bound in c.bounds.get_values()]
        bounds = (*outer, *load.bounds.get_values())
        every, different = by_isl(load.map.data, bounds, width)
        walked = by_walk(load.map.data, bounds, width)
        assert buffer.moved_read == 4 * every == 4 * sum(walked.values())
        assert buffer.moved_read == fired[name] * load.token_bytes == used[name].bytes
        assert buffer.burst_bytes == used[name].burst_bytes
        # All that lies in DRAM is loaded, each time.
        assert buffer.bytes_read == buffer.moved_read
        assert buffer.compulsory == 4 * different == 4 * len(walked)
        assert different == prod(tensor.held.get_shape())
    # Wherever they lie, all weights are read in each round of each step, and stored.
    elements = sum(prod(each.shape) * each.repeats for each in case.memories) * case.steps
    from_dram = sum(buffers[t.sym_name.data].bytes_read for _, t in loaded(module).values())
    assert sum(each.bytes_read for each in traffic.by_unit) + from_dram == 4 * elements


def check_parts(case: Memories, module: ModuleOp) -> None:
    """Memory units and DRAM hold each element of a memory once, which isl proves."""
    config = config_of(module)
    holders = [unit for unit in units(config) if isinstance(unit, PmuOp)]
    tensors = [tensor for _, tensor in loaded(module).values()]
    for name, each in case.names.items():
        parts = [part for part in (*holders, *tensors) if part.sym_name.data.startswith(name)]
        whole, held = box(each.shape), 0
        left = whole
        for part in parts:
            (init,) = parameter_parts(part.init)
            shape = part.held.get_shape()
            if isinstance(init.map, AffineMapAttr):
                function = to_isl(init.map.data, len(shape))
                assert function is not None
                taken = related(function, box(shape)).range()
            else:
                taken = box(shape)
            held += count_points(box(shape))
            assert taken.is_subset(whole)
            left = left.subtract(taken)
        assert left.is_empty()
        assert held == prod(each.shape)


@pytest.mark.parametrize("case", CASES)
def test_by_case(case: str) -> None:
    drawn, weights = CASES[case]
    module = drawn.compiled(weights)
    assert loaded(module)
    relays = [unit for unit in units(config_of(module)) if isinstance(unit, PcuOp)]
    assert bool(relays) == (case in ("relays", "readers", "scalars"))
    for check in (check_values, check_bytes, check_parts):
        check(drawn, module)
    check_times(module)


@settings(max_examples=25, deadline=None)
@given(case=memories(), weights=st.sampled_from(["auto", "auto", "dram"]))
def test_any_memories(case: Memories, weights: str) -> None:
    try:
        module = case.compiled(weights)
    except SpatialError as error:
        # Such units hold no token, too many of them lack, or their links find no way.
        event(str(error)[:30])
        return
    event(f"streamed: {len(loaded(module))}")
    for check in (check_values, check_bytes, check_parts):
        check(case, module)
    check_times(module)
