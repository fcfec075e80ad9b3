"""The timeline of a program in parts: the configurations one behind another, loading included."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.sequence import is_sequence, part_name, parts_of
from spatial_opt.dialects.target import target_of
from spatial_opt.runtime.report import Timing
from spatial_opt.runtime.sequence_report import loading_of
from spatial_opt.runtime.trace import SCHEMA, Event, Trace, make_trace, save_trace

_GROUPS = 10
"""Numbers that the groups of tracks of one part take."""
_OVERVIEW = "configurations"


def write_program_trace(path: Path, module: ModuleOp, timings: Sequence[Timing]) -> None:
    """
    Write the recorded activations of a program, in parts or not, to a file that Perfetto opens.

    The file appears whole or not at all. Raises SpatialError if it can't be written.
    """
    if is_sequence(module):
        save_trace(path, make_sequence_trace(module, timings))
        return
    (timing,) = timings
    save_trace(path, make_trace(timing.network, timing.result, target_of(module)))


def make_sequence_trace(module: ModuleOp, timings: Sequence[Timing]) -> Trace:
    """
    Join the traces of all parts; `timings` has one for each.

    Each has groups of tracks of its own, named after it, from where its configuration is loaded.
    What slices say of their start and end counts from there. A track of its own shows which
    configuration is loaded and which runs.
    """
    parts = parts_of(module)
    clock = target_of(parts[0]).clock_ghz
    joined: list[Event] = [_label("process_name", _OVERVIEW), _label("thread_name", _OVERVIEW)]
    other: dict[str, object] = {}
    start = 0
    for number, (part, timing) in enumerate(zip(parts, timings, strict=True)):
        name = part_name(part, number)
        if number:
            loading = loading_of(part).cycles
            joined.append(_slice(f"load {name}", "load", start, loading, clock))
            start += loading
        joined.append(_slice(name, "run", start, timing.result.cycles, clock))
        trace = make_trace(timing.network, timing.result, target_of(part))
        shift = _microseconds(start, clock)
        joined += [
            _moved(event, name, _GROUPS * (number + 1), shift) for event in trace["traceEvents"]
        ]
        other[name] = {**trace["otherData"], "start": start}
        start += timing.result.cycles
    return {
        "displayTimeUnit": "ns",
        "otherData": {"schema": SCHEMA, "cycles": start, "configurations": other},
        "traceEvents": joined,
    }


def _moved(event: Event, name: str, groups: int, shift: float) -> Event:
    """Put an event of a part where the part runs."""
    found = {**event, "pid": event["pid"] + groups}
    if event["name"] == "process_name":
        found["args"] = {"name": f"{name}: {event['args']['name']}"}
    if "ts" in event:
        found["ts"] = event["ts"] + shift
    return found


def _label(what: str, name: str) -> Event:
    return {"ph": "M", "name": what, "pid": 0, "tid": 0, "args": {"name": name}}


def _slice(name: str, category: str, start: int, cycles: int, clock: float) -> Event:
    args = {"cycles": cycles, "start": start, "end": start + cycles}
    begin = _microseconds(start, clock)
    length = _microseconds(start + cycles, clock) - begin
    place = {"pid": 0, "tid": 0, "ts": begin, "dur": length}
    return {"ph": "X", "name": name, "cat": category, **place, "args": args}


def _microseconds(cycles: int, clock: float) -> float:
    """Time of a cycle, in whole nanoseconds."""
    return round(cycles / clock) / 1000
