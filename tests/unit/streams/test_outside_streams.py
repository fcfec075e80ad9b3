"""Streams before and after a loop, and reads with several ports: values, order, time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stream_cases import Recurrence, parse
from xdsl.context import Context

from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.spatial_place import SpatialPlacePass
from spatial_opt.passes.spatial_route import SpatialRoutePass
from spatial_opt.runtime import bindings, values
from spatial_opt.runtime.configuration import build_network
from spatial_opt.runtime.cycle_engine import run_cycles
from spatial_opt.runtime.event_engine import run
from spatial_opt.runtime.order import config_of, structure_of
from spatial_opt.runtime.quantities import measure
from spatial_opt.runtime.races import check_races

EVALUATORS = ["numpy", "native"] if bindings.find() is not None else ["numpy"]

CASES = [
    Recurrence(8),
    Recurrence(1, steps=1, units=1, buffers=1),
    Recurrence(7, steps=5, units=3),
    Recurrence(13, steps=2, units=4, buffers=3),
    Recurrence(7, steps=3, units=3, blocked=True),
    Recurrence(11, steps=4, units=2, blocked=True, buffers=1),
]


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("evaluator", EVALUATORS)
def test_values(case: Recurrence, evaluator: str) -> None:
    found = values.evaluate(case.module(), case.inputs(), {}, evaluator)
    np.testing.assert_array_equal(found["y"], case.result())


@settings(max_examples=30, deadline=None)
@given(
    size=st.integers(1, 40),
    steps=st.integers(1, 5),
    units=st.integers(1, 5),
    blocked=st.booleans(),
    buffers=st.integers(1, 3),
)
def test_any_size(size: int, steps: int, units: int, blocked: bool, buffers: int) -> None:
    case = Recurrence(size, steps, units, blocked, buffers)
    found = values.evaluate(case.module(), case.inputs(), {})
    np.testing.assert_array_equal(found["y"], case.result())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_both_engines_take_the_same_time(case: Recurrence) -> None:
    module = case.module()
    SpatialPlacePass().apply(Context(), module)
    SpatialRoutePass().apply(Context(), module)
    network = build_network(module)
    slow = run_cycles(network)
    assert slow.finished
    assert run(network).cycles == slow.cycles
    times = {p.name: list(t) for p, t in zip(network.processes, slow.times, strict=True)}
    # The port of what is written lets the loop begin behind the first contents, and so on.
    assert times["h::first"][-1] < times["h::new"][0]
    assert times["h::old"][-1] < times["h::last"][0]
    assert times["h::new"][-1] < times["h::last"][0]
    assert len(times["h::old"]) == case.steps * case.turns
    assert len(times["h::first"]) == len(times["h::last"]) == -(-case.size // 4)


def test_bytes_of_each_stream() -> None:
    """The state is written before the loop and in each step, and read in each step and after."""
    case = Recurrence(7, steps=5, units=3)
    traffic = measure(case.module()).traffic
    (memory,) = traffic.by_unit
    assert memory.cause == "state"
    assert (memory.bytes_written, memory.bytes_read) == (4 * 7 * 6, 4 * 7 * 6)
    # Three units take nine rows in three turns; the vectors that are loaded and stored have eight.
    assert (memory.moved_written, memory.moved_read) == (4 * (9 * 5 + 8), 4 * (9 * 5 + 8))
    assert traffic.by_cause["results"] == 4 * 7
    assert traffic.bytes == traffic.minimum
    assert not traffic.copies


@pytest.mark.parametrize(
    ("case", "streams"),
    [
        (Recurrence(8, go=False), ("h::@first", "h::@old")),
        (Recurrence(8, over=False), ("h::@new", "h::@last")),
    ],
    ids=["the loop may begin too early", "what is left may be read too early"],
)
def test_races(case: Recurrence, streams: tuple[str, str]) -> None:
    races = check_races(config_of(case.module()))
    assert [(race.first, race.second) for race in races] == [streams]
    with pytest.raises(SpatialError, match="no path of links orders them"):
        values.evaluate(case.module(), case.inputs(), {})


def turns(text: str) -> list[tuple[str, str, int]]:
    """List the turns at the ports of a configuration's memories."""
    structure = structure_of(config_of(parse(text)))
    return [(e.source.name, e.target.name, e.initial) for e in structure.edges if e.link is None]


def test_an_outer_loop_starts_the_turns_over() -> None:
    """The first contents come anew behind what the iteration before has left."""
    text = Recurrence(8).text()
    assert turns(text) == [("h::first", "h::new", 0), ("h::old", "h::last", 0)]
    start, end = text.index("spatial.controller @steps"), text.index("spatial.ag @y.store")
    loop = "spatial.controller @outer counters (%outer = 0 to 2) {\n" + text[start:end] + "}\n"
    assert turns(text[:start] + loop + text[end:]) == [
        ("h::first", "h::new", 0),
        ("h::new", "h::first", 1),
        ("h::old", "h::last", 0),
        ("h::last", "h::old", 1),
    ]
