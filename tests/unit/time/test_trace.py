"""The timeline of a run says when each activation was, and what every other cycle was spent on."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from random_networks import random_network

from spatial_opt.machine.errors import SpatialError
from spatial_opt.machine.load import load_machine
from spatial_opt.runtime.cycle_engine import run_cycles
from spatial_opt.runtime.deadlock import DeadlockError
from spatial_opt.runtime.event_engine import run
from spatial_opt.runtime.event_log import Stall
from spatial_opt.runtime.event_results import TimeResult
from spatial_opt.runtime.network import Channel, Network, Process
from spatial_opt.runtime.trace import SCHEMA, make_trace, write_trace

Slices = dict[str, list[dict[str, Any]]]


def recurrence(steps: int) -> Network:
    """A memory read 4 times a step, a sum over the 4, and the write that starts the next step."""
    return Network(
        [
            Process("h::out", "read", steps, 4, latency=2, loop_id=0, at=(1, 0)),
            Process("sum", "pcu", steps, 4, latency=5, loop_id=0),
            Process("h::in", "write", steps, 1, latency=1, loop_id=0, at=(1, 0)),
        ],
        [
            Channel("out to sum", "vector", 0, 1, hops=1, capacity=17),
            Channel("sum to in", "scalar", 1, 2, hops=1, capacity=17, src_period=4, src_offset=3),
            Channel("in to out", "token", 2, 0, hops=1, capacity=5, initial=1, dst_period=4),
        ],
        [steps],
    )


def slices_of(trace: dict[str, Any]) -> Slices:
    """The slices of each track, by its name, in the order of the file."""
    names: dict[tuple[int, int], str] = {}
    found: Slices = {}
    for event in trace["traceEvents"]:
        if event["ph"] == "M":
            if event["name"] == "thread_name":
                names[event["pid"], event["tid"]] = event["args"]["name"]
                found[event["args"]["name"]] = []
        else:
            assert event["ph"] == "X"
            found[names[event["pid"], event["tid"]]].append(event)
    return found


def nanoseconds(event: dict[str, Any]) -> tuple[int, int]:
    """Begin and end of a slice as a viewer reads them."""
    begin = round(event["ts"] * 1000)
    return begin, begin + round(event["dur"] * 1000)


def check_nesting(slices: list[dict[str, Any]]) -> None:
    """Slices either lie in the one before them or begin when all before them are over."""
    open_ends: list[int] = []
    reached = 0
    for event in slices:
        begin, end = nanoseconds(event)
        assert reached <= begin <= end
        reached = begin
        while open_ends and open_ends[-1] <= begin:
            open_ends.pop()
        assert not open_ends or end <= open_ends[-1]
        assert len(open_ends) < 2
        open_ends.append(end)


def check_whole(slices: list[dict[str, Any]]) -> None:
    """The outer slices of a track follow each other from cycle 0 without a hole."""
    reached = 0
    for event in slices:
        args = event["args"]
        if args["start"] < reached:
            assert event["cat"] in ("starved", "blocked")
            assert args["end"] <= reached
            continue
        assert args["start"] == reached
        reached = args["end"]


def check_sums(network: Network, result: TimeResult) -> None:
    """The waits of all activations sum to what the channels and processes tell."""
    waits: Counter[tuple[int, str]] = Counter()
    for record in result.records:
        for stall in record.waits:
            waits[stall.channel, stall.kind] += stall.cycles
    for index, channel in enumerate(result.channels):
        assert waits[index, "starved"] == channel.starved
        assert waits[index, "blocked"] == channel.blocked
    for index, process in enumerate(result.processes):
        mine = [record for record in result.records if record.process == index]
        assert len(mine) == network.processes[index].loop
        assert sum(record.starved for record in mine) == process.starved
        assert sum(record.blocked for record in mine) == process.blocked


def check_single_waits(network: Network, result: TimeResult) -> None:
    """The first and the longest wait of every activation, from the times of all firings."""
    times = run_cycles(network).times
    for record in result.records:
        process = network.processes[record.process]
        intervals, row = process.intervals, times[record.process]
        first = record.activation * process.firings
        waits = [
            row[n] - (row[n - 1] + intervals[(n - 1) % len(intervals)] if n else 0)
            for n in range(first, first + process.firings)
        ]
        assert sum(stall.cycles for stall in record.waits) == sum(waits)
        assert (record.before.cycles if record.before else 0) == waits[0]
        longest = max(waits[1:], default=0)
        assert (record.longest.cycles if record.longest else 0) == longest
        if longest:
            assert record.longest_until == row[first + waits.index(longest, 1)]
        for single in (record.before, record.longest):
            if single is None:
                continue
            channel = network.channels[single.channel]
            ends = {"starved": channel.dst, "blocked": channel.src}
            assert ends[single.kind] == record.process
            total = {(stall.channel, stall.kind): stall.cycles for stall in record.waits}
            assert single.cycles <= total[single.channel, single.kind]


@pytest.mark.parametrize("native", [False, None])
def test_random_networks(native: bool | None) -> None:
    finished = waits = 0
    for seed in range(120):
        network = random_network(Random(seed), live=seed % 2 == 0)
        most = max(process.loop for process in network.processes)
        try:
            result = run(network, native=native, steady=False, record=most)
        except DeadlockError:
            continue
        finished += 1
        check_sums(network, result)
        check_single_waits(network, result)
        trace = json.loads(json.dumps(make_trace(network, result)))
        names = {channel.name for channel in network.channels}
        for slices in slices_of(trace).values():
            check_nesting(slices)
            check_whole(slices)
            for event in slices:
                if event["cat"] in ("starved", "blocked"):
                    waits += 1
                    name = event["name"].removeprefix("waits for ").removeprefix("room in ")
                    assert name in names
                    assert event["name"].startswith("waits for room in ") == (
                        event["cat"] == "blocked"
                    )
    assert finished > 60
    assert waits > 300


def test_skipped_activations_are_said_to_repeat() -> None:
    repeats = 0
    for seed in range(80):
        network = random_network(Random(seed), trips=50, live=True)
        try:
            result = run(network, record=200)
        except DeadlockError:
            continue
        full = {
            (r.process, r.activation): r for r in run(network, steady=False, record=200).records
        }
        assert all(record == full[record.process, record.activation] for record in result.records)
        for slices in slices_of(make_trace(network, result)).values():
            check_nesting(slices)
            check_whole(slices)
            repeats += sum(event["cat"] == "repeat" for event in slices)
            assert not any(event["cat"] == "not recorded" for event in slices)
    assert repeats > 40


def test_one_step() -> None:
    # The sum fires at 3, 4, 5, 6, the write at 12, the next step begins at 14.
    result = run(recurrence(2), record=2)
    read, add = ([r for r in result.records if r.process == index] for index in (0, 1))
    assert (read[0].before, read[0].longest) == (None, None)
    assert read[1].before == Stall(2, "starved", 10)
    assert (read[1].start, read[1].end) == (14, 18)
    assert add[0].before == Stall(0, "starved", 3)
    assert (add[0].starved, add[0].blocked) == (3, 0)

    tracks = slices_of(make_trace(recurrence(2), result))
    assert list(tracks) == ["h::out at (1, 0)", "sum", "h::in at (1, 0)"]
    assert [(e["name"], e["ts"], e["dur"]) for e in tracks["h::out at (1, 0)"]] == [
        ("h::out", 0.0, 0.004),
        ("waits for in to out", 0.004, 0.01),
        ("h::out", 0.014, 0.004),
    ]
    assert tracks["sum"][1]["args"] == {
        "activation": 0,
        "step": 0,
        "firings": 4,
        "start": 3,
        "end": 7,
        "starved": 3,
        "blocked": 0,
        "waits": {"out to sum": 3},
    }


def test_longest_wait_inside_an_activation() -> None:
    # c takes a token at 0, 5, 10, and the only place is free again at once: b fires at 0, 1, 5,
    # 10, and was ready at 0, 1, 2, 6.
    network = Network(
        [
            Process("b", "read", 1, 4),
            Process("c", "pcu", 1, 4, interval=5),
        ],
        [Channel("bc", "vector", 0, 1, capacity=1)],
    )
    result = run(network, record=1)
    record = result.records[0]
    assert record.waits == (Stall(0, "blocked", 7),)
    assert record.longest == Stall(0, "blocked", 4)
    assert record.longest_until == 10
    slices = slices_of(make_trace(network, result))["b"]
    assert [(e["name"], e["args"]["start"], e["args"]["end"]) for e in slices] == [
        ("b", 0, 11),
        ("waits for room in bc", 6, 10),
    ]


def test_steps_that_repeat_and_activations_not_recorded() -> None:
    network = recurrence(1000)
    result = run(network, record=8)
    (loop,) = result.loops
    assert sum(map(len, loop.skipped)) > 900
    slices = slices_of(make_trace(network, result))["sum"]
    assert slices[-1]["name"] == f"steps {loop.after} to 999 repeat"
    assert slices[-1]["cat"] == "repeat"
    assert slices[-1]["args"]["cycles_per_step"] == 14.0
    assert slices[-1]["args"]["end"] == result.processes[1].last + 1

    result = run(network, record=8, steady=False)
    slices = slices_of(make_trace(network, result))["sum"]
    assert slices[-1]["name"] == "activations 8 to 999 not recorded"
    check_whole(slices)

    # Fewer are written than were recorded where the file would get too long.
    short = make_trace(network, result, max_slices=12)
    assert short["otherData"]["activations"] == 2
    assert sum(event["ph"] == "X" for event in short["traceEvents"]) <= 12 + 3
    assert slices_of(short)["sum"][-1]["name"] == "activations 2 to 999 not recorded"


def test_recording_costs_no_table_when_off() -> None:
    assert run(recurrence(3)).records == []
    with pytest.raises(SpatialError, match="record=64"):
        make_trace(recurrence(3), run(recurrence(3)))


def test_file(tmp_path: Path) -> None:
    network, machine = recurrence(3), load_machine("tiny")
    result = run(network, record=3)
    path = tmp_path / "run.json"
    path.write_text("something older", encoding="utf-8")
    write_trace(path, network, result, machine)
    trace = json.loads(path.read_text(encoding="utf-8"))
    assert trace == json.loads(json.dumps(make_trace(network, result, machine)))
    other = trace["otherData"]
    assert other["schema"] == SCHEMA == "spatial-opt.trace/1"
    assert (other["machine"], other["cycles"]) == ("tiny", result.cycles)
    groups = [
        event["args"]["name"] for event in trace["traceEvents"] if event["name"] == "process_name"
    ]
    assert groups == ["compute", "memory"]
    assert [file.name for file in tmp_path.iterdir()] == ["run.json"]

    with pytest.raises(SpatialError, match="can't be written to"):
        write_trace(tmp_path / "nowhere" / "run.json", network, result)
    (tmp_path / "folder").mkdir()
    with pytest.raises(SpatialError, match="can't be written to"):
        write_trace(tmp_path / "folder", network, result)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["folder", "run.json"]


def test_other_clocks() -> None:
    # At 1.4 GHz a cycle is no whole number of nanoseconds; slices that touch still touch.
    network = recurrence(50)
    result = run(network, record=50, steady=False)
    machine = replace(load_machine("tiny"), clock_ghz=1.4)
    for slices in slices_of(make_trace(network, result, machine)).values():
        check_nesting(slices)
        last = slices[-1]
        assert nanoseconds(last)[1] == round(last["args"]["end"] / 1.4)
