"""Closed forms against a walk through all firings, the evaluator's accesses, and hand counts."""

from __future__ import annotations

from collections import Counter
from math import prod
from typing import Any

import numpy as np
import pytest
from traffic_cases import (
    LAYERS,
    Layer,
    enumerate_stream,
    gathered,
    options,
    streams,
    traffic_of,
    unit,
)

from spatial_opt.bench.problems import make_weights
from spatial_opt.dialects.spatial import AgOp
from spatial_opt.dialects.spatial_ports import processes
from spatial_opt.runtime.configuration import build_network
from spatial_opt.runtime.cycle_engine import run_cycles
from spatial_opt.runtime.masks import count
from spatial_opt.runtime.numpy_access import Access
from spatial_opt.runtime.order import config_of
from spatial_opt.runtime.traffic import Traffic
from spatial_opt.runtime.traffic_flows import find_flows
from spatial_opt.runtime.useful_elements import UsefulElements
from spatial_opt.runtime.values import prepare

ELEMENT = {"f32": (4, 4), "bf16": (2, 4), "int8": (1, 4), "mixed8": (1, 4)}
"""Bytes of a weight and of a bias."""
GATES = {"lstm": 4, "gru": 3}


@pytest.fixture(scope="module", params=LAYERS, ids=str)
def case(request: pytest.FixtureRequest) -> tuple[Layer, Any, Traffic]:
    layer: Layer = request.param
    module = layer.compiled()
    return layer, module, traffic_of(module)


def test_tokens_and_places_by_enumeration(case: tuple[Layer, Any, Traffic]) -> None:
    """Each firing's elements, one by one: tokens, those inside, those that are data."""
    _, module, traffic = case
    elements = UsefulElements(config_of(module))
    flows = find_flows(elements)
    moved, within = Counter[str](), 0
    for process, shape in streams(module):
        found, places = enumerate_stream(process, shape), elements.places(process)
        assert places is not None
        name = process.unit.sym_name.data
        if isinstance(process.op, AgOp):
            of = process.op.buffer.root_reference.data
            buffer = next(each for each in traffic.by_buffer if each.name == of)
            read = process.kind == "load"
            assert (buffer.bytes_read if read else buffer.bytes_written) == found.within
            assert (buffer.moved_read if read else buffer.moved_written) == found.tokens
            assert buffer.compulsory == found.different
            continue
        moved[name] += found.tokens
        within += found.within
        flow = flows.by_process[process.name]
        assert flow.bytes(flow.within) == found.within
        assert flow.bytes(count(places.data, places.trips)) == found.data
        assert flow.elements <= count(places.data, places.trips)
    looked_up = gathered(module)
    assert {each.name: each.moved_read + each.moved_written for each in traffic.by_unit} == {
        **dict.fromkeys((each.name for each in traffic.by_unit), 0),
        **(moved + looked_up),
    }
    assert traffic.within == within + sum(looked_up.values())


def test_the_evaluator_touches_as_many(
    case: tuple[Layer, Any, Traffic], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Elements that the numpy evaluator really reads and writes, by stream."""
    layer, module, _ = case
    touched: Counter[str] = Counter()

    def counting(old: Any) -> Any:
        def access(self: Access, array: Any, point: Any, *rest: Any, **named: Any) -> Any:
            index = np.stack(np.broadcast_arrays(*self.coordinates(point)))
            ends = index[-1][..., None] + np.arange(max(1, self.width))
            inside = (ends >= 0) & (ends < self.shape[-1])
            for coordinate, size in zip(index[:-1], self.shape[:-1], strict=True):
                inside &= ((coordinate >= 0) & (coordinate < size))[..., None]
            touched[self.name] += int(inside.sum())
            return old(self, array, point, *rest, **named)

        return access

    for name in ("read", "write"):
        monkeypatch.setattr(Access, name, counting(getattr(Access, name)))
    weights = make_weights(layer.cell, layer.hidden, layer.inputs, 0)
    x = np.ones((layer.steps, layer.batch, layer.inputs), np.float32)
    prepare(module, "numpy").run({"x": x}, weights)
    elements = UsefulElements(config_of(module))
    compared = 0
    for process, _ in streams(module):
        name, places = "@" + process.name.replace("::", "::@"), elements.places(process)
        assert places is not None
        assert touched[name] == count(places.masks, places.trips), name
        compared += touched[name]
    assert compared


@pytest.mark.parametrize("layer", [LAYERS[1], LAYERS[4], LAYERS[9]], ids=str)
def test_the_cycle_engine_fires_as_often(layer: Layer) -> None:
    module = layer.compiled()
    network = build_network(module)
    result = run_cycles(network)
    assert result.finished
    fired = {p.name: len(t) for p, t in zip(network.processes, result.times, strict=True)}
    flows = find_flows(UsefulElements(config_of(module)))
    for process in processes(config_of(module)):
        if process.name in flows.by_process:
            flow = flows.by_process[process.name]
            per_firing = flow.tokens // (prod(process.bounds) * process.activations)
            assert flow.tokens == per_firing * fired[process.name]


def test_weights_by_hand(case: tuple[Layer, Any, Traffic]) -> None:
    """However they are spread and padded, each weight and bias is read once per sample."""
    layer, _, traffic = case
    gates, (weight, bias) = GATES[layer.cell], ELEMENT[layer.format]
    matrix = gates * layer.hidden * (layer.inputs + layer.hidden) * weight
    # A GRU that resets after the product adds one of its six biases inside the gate.
    biases = {"lstm": 4, "gru": 4}[layer.cell] * layer.hidden * bias
    once = matrix + biases
    assert traffic.compulsory["weights"] == layer.steps * once
    assert traffic.by_cause["weights"] == layer.steps * layer.batch * once
    assert traffic.contents == once


def test_look_ups_by_hand(case: tuple[Layer, Any, Traffic]) -> None:
    """Formats with tables look up each activation of each unit of the layer once."""
    layer, _, traffic = case
    each = {"lstm": 5, "gru": 3}[layer.cell] * 4
    tables = layer.format in ("mixed8", "int8")
    expected = layer.steps * layer.batch * layer.hidden * each if tables else 0
    assert traffic.by_cause["tables"] == traffic.compulsory["tables"] == expected


def test_dram_by_hand(case: tuple[Layer, Any, Traffic]) -> None:
    """I10: every input and output once, and never less than that."""
    layer, _, traffic = case
    weight, _ = ELEMENT[layer.format]
    vector = layer.batch * layer.hidden * 4
    finals = {"lstm": 2, "gru": 1}[layer.cell]
    least = {
        "x": layer.steps * layer.batch * layer.inputs * weight,
        "y": layer.steps * vector,
        "y_h": vector,
        "y_c": vector,
    }
    assert len(traffic.by_buffer) == 2 + finals
    for buffer in traffic.by_buffer:
        assert buffer.compulsory == least[buffer.name]
        assert buffer.bytes_read + buffer.bytes_written >= buffer.compulsory
        assert buffer.moved_read >= buffer.bytes_read
        assert buffer.moved_written >= buffer.bytes_written
        assert buffer.burst_bytes >= buffer.moved_read + buffer.moved_written


def test_all_is_accounted_for(case: tuple[Layer, Any, Traffic]) -> None:
    _, _, traffic = case
    units = sum(each.bytes_read + each.bytes_written for each in traffic.by_unit)
    assert sum(traffic.by_cause.values()) == traffic.bytes == units
    assert traffic.minimum <= traffic.bytes <= traffic.within <= traffic.moved
    assert all(traffic.compulsory[cause] <= traffic.by_cause[cause] for cause in traffic.by_cause)
    assert traffic.compulsory["copies"] == 0
    assert sum(copy.bytes for copy in traffic.copies) == traffic.by_cause["copies"] or any(
        each.cause == "copies" for each in traffic.by_unit
    )


def test_vectors_are_read_once_for_each_group_of_rows() -> None:
    """With 3 copies 17 rows take 6 turns, and each reads all of x and of h."""
    layer = Layer("gru", 17, 5, map=options(hu=3, ru=1, rv=16, hv=1))
    traffic = traffic_of(layer.compiled())
    x, h = unit(traffic, "x_1"), unit(traffic, "h_prev")
    assert (x.bytes_written, x.bytes_read) == (3 * 5, 3 * 6 * 5)
    assert (h.bytes_written, h.bytes_read) == (3 * 17, 3 * 6 * 17)
    assert (x.holds, x.cause, h.cause) == ("x", "inputs", "state")


def test_private_copies_are_copies() -> None:
    """Operands of their own cost what is moved for them, and nothing else is different."""
    shared, private = (
        traffic_of(
            Layer("lstm", 17, 5, map=options(hu=3, ru=1, rv=16, hv=1, operands=kind)).compiled()
        )
        for kind in ("shared", "private")
    )
    assert shared.compulsory == private.compulsory
    assert shared.bytes - shared.by_cause["copies"] == private.bytes - private.by_cause["copies"]
    copy = next(copy for copy in private.copies if copy.holds == "x")
    # Four gates of three rows each. The last row of the sixth turn is beyond the matrix.
    assert len(copy.units) == 4 * 3
    assert copy.bytes == 3 * (11 * 5 + (12 * 6 - 4 - 6) * 5)
    causes = Counter(each.cause for each in private.by_unit if each.holds == "x")
    assert causes == {"inputs": 1, "copies": 11}
