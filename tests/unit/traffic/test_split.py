"""Cutting memories into parts, with windows, moves not a byte more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from traffic_cases import Layer, enumerate_stream, options, streams, traffic_of
from xdsl.context import Context

from spatial_opt.dialects.spatial import PmuOp
from spatial_opt.dialects.target import set_target, target_of
from spatial_opt.passes.spatial_split_memories import SpatialSplitMemoriesPass
from spatial_opt.runtime.order import config_of
from spatial_opt.runtime.traffic_flows import find_flows
from spatial_opt.runtime.useful_elements import UsefulElements


@pytest.mark.parametrize(
    ("hidden", "inputs", "capacity"), [(13, 7, 150), (17, 17, 200), (9, 30, 250)]
)
def test_parts(hidden: int, inputs: int, capacity: int) -> None:
    layer = Layer("lstm", hidden, inputs, format="f32", map=options(hu=2, ru=1, rv=16, hv=1))
    module = layer.compiled()
    whole = traffic_of(module)
    machine = target_of(module)
    small = replace(machine, pmu=replace(machine.pmu, capacity_bytes=capacity))
    set_target(module, replace(small, relaxed=(*machine.relaxed, "ag.count")))
    units = sum(isinstance(op, PmuOp) for op in module.walk())
    SpatialSplitMemoriesPass().apply(Context(), module)
    assert sum(isinstance(op, PmuOp) for op in module.walk()) > units
    parts: Any = traffic_of(module)
    assert parts.by_cause == whole.by_cause
    assert parts.compulsory == whole.compulsory
    assert parts.contents == whole.contents
    flows = find_flows(UsefulElements(config_of(module)))
    for process, shape in streams(module):
        if process.name in flows.by_process:
            flow = flows.by_process[process.name]
            assert flow.bytes(flow.within) == enumerate_stream(process, shape).within
