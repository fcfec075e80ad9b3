"""
A run as a timeline: a file of Chrome's trace format, for Perfetto and other viewers.

Every process has a track. The recorded activations stand on it as slices, the waits between and
inside them as slices named after the link; what was not recorded is a slice that says so, so that
a track has no unexplained hole. `docs/trace.md` describes the format; `SCHEMA` changes with it.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

from spatial_opt.machine.description import Machine
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.event_log import ActivationRecord, Stall
from spatial_opt.runtime.event_results import TimeResult
from spatial_opt.runtime.network import Network, Process, ProcessKind

SCHEMA = "spatial-opt.trace/1"

MAX_SLICES = 100_000
"""Slices of activations and waits written at most, unless one activation each is more already."""

_GROUPS = ("compute", "memory", "address generators", "control")
_GROUP_OF: dict[ProcessKind, int] = {
    "pcu": 0,
    "read": 1,
    "gather": 1,
    "write": 1,
    "load": 2,
    "store": 2,
    "controller": 3,
}
_FIRST_TRACK = 100

Event: TypeAlias = dict[str, Any]
Trace: TypeAlias = dict[str, Any]


def write_trace(
    path: str | Path,
    network: Network,
    result: TimeResult,
    machine: Machine | None = None,
    max_slices: int = MAX_SLICES,
) -> None:
    """
    Write the recorded activations of a run to a file that Perfetto opens.

    Without a machine a cycle is shown as 1 ns. The file appears whole or not at all. Raises
    SpatialError if nothing was recorded or the file can't be written.
    """
    save_trace(path, make_trace(network, result, machine, max_slices))


def save_trace(path: str | Path, trace: Trace) -> None:
    """Write a trace to a file, whole or not at all; raises SpatialError if it can't be written."""
    events = ",\n".join(json.dumps(event, separators=(",", ":")) for event in trace["traceEvents"])
    head = {key: value for key, value in trace.items() if key != "traceEvents"}
    text = f'{json.dumps(head)[:-1]}, "traceEvents": [\n{events}\n]}}\n'
    path = Path(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        try:
            partial.write_text(text, encoding="utf-8")
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise SpatialError(f"the trace can't be written to {path}: {error.strerror}") from None


def make_trace(
    network: Network,
    result: TimeResult,
    machine: Machine | None = None,
    max_slices: int = MAX_SLICES,
) -> Trace:
    """Give the content of the file that `write_trace` writes, as plain data."""
    if result.recorded < 1:
        raise SpatialError("no activations were recorded to trace; run the engine with record=64")
    limit = _activation_limit(result, max_slices)
    writer = _Writer(network, result, 1.0 if machine is None else machine.clock_ghz, limit)
    other: dict[str, Any] = {
        "schema": SCHEMA,
        "machine": None if machine is None else machine.name,
        "clock_ghz": writer.clock_ghz,
        "cycles": result.cycles,
        "causes": dict(result.causes),
        "activations": limit,
        "loops": [
            asdict(loop) | {"skipped": [[steps.start, steps.stop] for steps in loop.skipped]}
            for loop in result.loops
        ],
    }
    return {
        "displayTimeUnit": "ns",
        "otherData": other,
        "traceEvents": [*writer.tracks(), *writer.slices()],
    }


def _activation_limit(result: TimeResult, max_slices: int) -> int:
    """How many activations of each process fit in so many slices; at least 1."""
    slices: Counter[int] = Counter()
    for record in result.records:
        waits = (record.before is not None) + (record.longest is not None)
        slices[record.activation] += 1 + waits
    total = 0
    for activation in range(result.recorded):
        total += slices[activation]
        if total > max_slices:
            return max(1, activation)
    return result.recorded


class _Writer:
    def __init__(self, network: Network, result: TimeResult, clock_ghz: float, limit: int) -> None:
        self.network = network
        self.result = result
        self.clock_ghz = clock_ghz
        self.limit = limit

    def tracks(self) -> Iterator[Event]:
        """The names of all tracks, grouped by kind of unit, in the order of the network."""
        used = {_GROUP_OF[process.kind] for process in self.network.processes}
        for group in sorted(used):
            yield _label("process_name", group + 1, None, {"name": _GROUPS[group]})
            yield _label("process_sort_index", group + 1, None, {"sort_index": group})
        for index, process in enumerate(self.network.processes):
            pid, tid = self.track(index)
            at = "" if process.at is None else f" at ({process.at[0]}, {process.at[1]})"
            yield _label("thread_name", pid, tid, {"name": f"{process.name}{at}"})
            yield _label("thread_sort_index", pid, tid, {"sort_index": index})

    def slices(self) -> Iterator[Event]:
        """The slices of all tracks; a slice stands before those nested in it."""
        records: list[list[ActivationRecord]] = [[] for _ in self.network.processes]
        for record in self.result.records:
            if record.activation < self.limit:
                records[record.process].append(record)
        for index, found in enumerate(records):
            yield from self.process_slices(index, found)

    def process_slices(self, index: int, records: list[ActivationRecord]) -> Iterator[Event]:
        """The slices of one track; together they cover it from 0 to the end of the process."""
        process, stats = self.network.processes[index], self.result.processes[index]
        time = following = 0
        for record in records:
            waited = 0 if record.before is None else record.before.cycles
            if record.activation > following:
                left_out = range(following, record.activation)
                yield self.left_out(index, left_out, time, record.start - waited)
            if record.before is not None:
                yield self.wait(index, record.before, record.start)
            yield self.activation(index, record)
            if record.longest is not None:
                yield self.wait(index, record.longest, record.longest_until)
            time, following = record.end, record.activation + 1
        if following < process.loop:
            end = stats.last + process.intervals[(process.total - 1) % len(process.intervals)]
            yield self.left_out(index, range(following, process.loop), time, end)

    def activation(self, index: int, record: ActivationRecord) -> Event:
        """One activation, from its first firing to the end of the interval of its last."""
        process = self.network.processes[index]
        args: dict[str, Any] = {"activation": record.activation}
        if process.loop_id is not None:
            args["step"] = record.activation // self.per_step(process)
        args |= {
            "firings": process.firings,
            "start": record.start,
            "end": record.end,
            "starved": record.starved,
            "blocked": record.blocked,
        }
        if record.waits:
            args["waits"] = {self.awaited(stall): stall.cycles for stall in record.waits}
        return self.slice(index, process.name, process.kind, record.start, record.end, args)

    def wait(self, index: int, stall: Stall, until: int) -> Event:
        """One wait for a token or for room, in front of the firing at `until`."""
        start = until - stall.cycles
        args = {"cycles": stall.cycles, "start": start, "end": until}
        name = f"waits for {self.awaited(stall)}"
        return self.slice(index, name, stall.kind, start, until, args)

    def left_out(self, index: int, activations: range, start: int, end: int) -> Event:
        """Activations that are not on the track, because they repeat or were not recorded."""
        process = self.network.processes[index]
        args: dict[str, Any] = {
            "activations": _first_to_last(activations),
            "cycles": end - start,
            "start": start,
            "end": end,
        }
        steps = self.repeated(process, activations)
        covered = 0
        if process.loop_id is not None and steps:
            loop = self.result.loops[process.loop_id]
            args |= {"cycles_per_step": loop.cycles_per_step, "period": loop.period}
            per_step = self.per_step(process)
            covered = sum(
                min(activations.stop, some.stop * per_step)
                - max(activations.start, some.start * per_step)
                for some in steps
            )
        repeating = ", ".join(f"{_first_to_last(some)}" for some in steps)
        if covered == len(activations):
            many = len(steps) > 1 or len(steps[0]) > 1
            name = f"steps {repeating} repeat" if many else f"step {repeating} repeats"
            return self.slice(index, name, "repeat", start, end, args)
        if steps:
            args["steps_repeated"] = repeating
        name = f"activations {_first_to_last(activations)} not recorded"
        return self.slice(index, name, "not recorded", start, end, args)

    def repeated(self, process: Process, activations: range) -> list[range]:
        """The steps of which activations are among these and that were not run one by one."""
        if process.loop_id is None:
            return []
        per_step = self.per_step(process)
        first, last = activations.start // per_step, (activations.stop - 1) // per_step
        found: list[range] = []
        for steps in self.result.loops[process.loop_id].skipped:
            some = range(max(steps.start, first), min(steps.stop, last + 1))
            if some and found and found[-1].stop == some.start:
                found[-1] = range(found[-1].start, some.stop)
            elif some:
                found.append(some)
        return found

    def per_step(self, process: Process) -> int:
        """Activations of a process of a time loop in each step."""
        assert process.loop_id is not None
        return process.loop // self.network.loops[process.loop_id]

    def awaited(self, stall: Stall) -> str:
        """What a wait was for."""
        name = self.network.channels[stall.channel].name
        return name if stall.kind == "starved" else f"room in {name}"

    def slice(
        self, index: int, name: str, category: str, start: int, end: int, args: Mapping[str, Any]
    ) -> Event:
        """A complete event; times are whole nanoseconds, so that slices that touch still do."""
        pid, tid = self.track(index)
        begin = self.nanoseconds(start)
        return {
            "ph": "X",
            "name": name,
            "cat": category,
            "pid": pid,
            "tid": tid,
            "ts": begin / 1000,
            "dur": (self.nanoseconds(end) - begin) / 1000,
            "args": args,
        }

    def nanoseconds(self, cycles: int) -> int:
        """Time of a cycle, rounded."""
        return round(cycles / self.clock_ghz)

    def track(self, index: int) -> tuple[int, int]:
        """Numbers of a process's group and track."""
        return _GROUP_OF[self.network.processes[index].kind] + 1, _FIRST_TRACK + index


def _label(what: str, pid: int, tid: int | None, args: dict[str, str | int]) -> Event:
    thread = {} if tid is None else {"tid": tid}
    return {"ph": "M", "name": what, "pid": pid, **thread, "args": args}


def _first_to_last(numbers: range) -> str:
    first, last = numbers.start, numbers.stop - 1
    return str(first) if first == last else f"{first} to {last}"
