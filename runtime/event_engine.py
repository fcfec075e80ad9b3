"""
The event engine: exact times of all firings of a network, and what each cycle was spent on.

The times are the least solution of the equations in `network`. Each process runs on a clock of its
own, as far as the tokens and credits it has allow, and is woken by the channel that stopped it;
since every time follows from the times of the events before it, no common clock or order of events
is needed. With each time goes its cause split: the time of an event is that of the event that
bound it plus some cycles, and these count for what they were spent on (`CAUSES`). Of several events
that bind at the same time, the process's own previous firing counts first, then tokens, then
credits, each in the order of the channels.
"""

from dataclasses import dataclass, replace

import numpy as np

from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime import event_kernel as k
from spatial_opt.runtime.deadlock import DeadlockError, Wait, deadlock
from spatial_opt.runtime.event_log import ActivationRecord, read_records
from spatial_opt.runtime.event_tables import (
    SPLIT_WORDS,
    Tables,
    build_tables,
    last_split,
    native_available,
    unpack,
)
from spatial_opt.runtime.native_loops import Words
from spatial_opt.runtime.network import MAX_CYCLES, Network
from spatial_opt.runtime.steady_state import Group, find_groups


@dataclass(frozen=True)
class ProcessStats:
    """What a process did, in cycles."""

    name: str
    firings: int
    busy: int
    """Sum of the intervals of all firings."""
    starved: int
    """Cycles it waited for tokens though it was ready."""
    blocked: int
    """Cycles it waited for room in a channel though it was ready."""
    first: int
    """Time of the first firing."""
    last: int
    """Time of the last firing."""
    finish: int
    """Last firing plus latency, at least 1 cycle."""


@dataclass(frozen=True)
class ChannelStats:
    """What a channel made its ends wait, in cycles."""

    name: str
    starved: int
    """Cycles the destination waited for a token."""
    blocked: int
    """Cycles the source waited for room."""


@dataclass(frozen=True)
class LoopStats:
    """How a time loop went."""

    trips: int
    steady: bool
    """Whether a steady state was found and iterations were skipped."""
    after: int
    """Iterations that ran before the steady state was certain; all of them if none was found."""
    period: int
    """Iterations in which the steady state repeats; 1 if none was found."""
    cycles_per_step: float
    """Cycles of an iteration in the steady state, or on average over all if there is none."""
    causes_per_step: dict[str, float]
    """What these cycles are spent on; empty if there is no steady state."""
    skipped: tuple[range, ...] = ()
    """Iterations that were not run one by one, as they repeat those before."""


@dataclass(frozen=True)
class TimeResult:
    """The times of a run, in cycles."""

    cycles: int
    """Finish of the process that finishes last."""
    causes: dict[str, int]
    """`cycles` by cause, along the critical path; the parts sum to the whole."""
    cycles_per_step: list[float]
    """One figure for each of the network's loops; see LoopStats."""
    loops: list[LoopStats]
    processes: list[ProcessStats]
    channels: list[ChannelStats]
    records: list[ActivationRecord]
    """The first activations of each process, as many as asked for; skipped ones are left out."""
    recorded: int
    """How many activations of each process were asked for."""
    critical: int
    """The process that finishes last (of several the first)."""
    firings: int
    """Firings of all processes together, skipped ones included."""
    native: bool
    """Whether the inner loop ran natively."""


def run(
    network: Network, *, native: bool | None = None, steady: bool = True, record: int = 0
) -> TimeResult:
    """
    Run a network.

    `native` chooses native code (True; an error without MLIR's bindings), the portable engine
    (False) or native code where it is available (None). Without `steady` no iteration is skipped;
    the result is the same. The first `record` activations of each process are recorded.

    Raises DeadlockError if the network comes to a halt, and SpatialError if it is not well formed
    or runs for more than MAX_CYCLES cycles.
    """
    network.validate()
    return _run(network, build_tables(network, record), native, steady, record)


def recurrence_bound(
    network: Network, *, native: bool | None = None, steady: bool = True
) -> TimeResult:
    """
    Run a network whose processes fire as fast as they like and whose channels never fill up.

    What remains is latency: the longest chain of events, and for each loop the cycles a step takes
    because it needs the results of the step before. No schedule of the same network, however wide
    its units, is faster. Raises as `run` does.
    """
    network.validate()
    free = replace(
        network, processes=[replace(process, interval=0) for process in network.processes]
    )
    tables = build_tables(free, 0)
    # Channels keep their places, so that the same networks come to a halt; but a credit that
    # returns long ago never makes a sender wait.
    tables.channels[:, k.POP_DELAY] = -(2**40)
    tables.channels[:, k.POP_SPLIT] = 0
    return _run(free, tables, native, steady)


@dataclass(frozen=True)
class Limits:
    """Lower bounds of the cycles of a run."""

    throughput: int
    """Busy cycles of the busiest process."""
    busiest: str
    recurrence: int
    """Cycles with latencies only, see `recurrence_bound`."""
    recurrence_per_step: list[float]


def limits(network: Network, *, native: bool | None = None) -> Limits:
    """Lower bounds of a network's cycles; raises as `run` does."""
    bound = recurrence_bound(network, native=native)
    best, busiest = 0, ""
    for process in network.processes:
        rounds, rest = divmod(process.total, len(process.intervals))
        busy = rounds * sum(process.intervals) + sum(process.intervals[:rest])
        if busy > best:
            best, busiest = busy, process.name
    return Limits(best, busiest, bound.cycles, bound.cycles_per_step)


def _run(
    network: Network, tables: Tables, native: bool | None, steady: bool, record: int = 0
) -> TimeResult:
    is_native = native_available() if native is None else native
    groups = find_groups(network, tables) if steady else []
    totals = np.array([process.total for process in network.processes], np.int64)
    _run_groups(tables, groups, totals, is_native)
    tables.raise_limits(totals)
    tables.advance(is_native)
    _check_time(tables)
    if np.any(tables.processes[:, k.FIRED] < totals):
        raise _deadlock(network, tables)
    return _result(network, tables, groups, is_native, record)


def _run_groups(tables: Tables, groups: list[Group], totals: Words, native: bool) -> None:
    """Run the time loops an iteration at a time, skipping what can be skipped."""
    raised = list(groups)
    idle = 0
    # A loop that waits for another takes no part; if none can move for a few iterations, the
    # limits are not what holds them.
    while raised and idle <= 4:
        limits = totals.copy()
        for group in groups:
            limits[group.members.processes] = group.limits()
        before = int(tables.processes[:, k.FIRED].sum())
        tables.raise_limits(limits)
        tables.advance(native)
        _check_time(tables)
        idle = idle + 1 if int(tables.processes[:, k.FIRED].sum()) == before else 0
        for group in raised:
            group.advance(tables)
        _check_time(tables)
        unfinished = [group for group in groups if group.limit < group.trips]
        raised = [group for group in unfinished if group.caught_up(tables)] or unfinished
        for group in raised:
            group.limit += 1


def _check_time(tables: Tables) -> None:
    if tables.processes[:, k.READY].max(initial=0) > MAX_CYCLES:
        raise SpatialError(
            f"the run takes more than {MAX_CYCLES} cycles, the most the engine counts; "
            "run fewer steps"
        )


def _deadlock(network: Network, tables: Tables) -> DeadlockError:
    rows = tables.processes
    waits = [
        Wait(index, wait // 2 // k.CHANNEL_WORDS, "credit" if wait % 2 else "token")
        for index, wait in enumerate(rows[:, k.WAIT].tolist())
        if wait >= 0
    ]
    last = rows[:, k.READY] - rows[:, k.INTERVAL]
    return deadlock(
        network,
        waits,
        rows[:, k.FIRED].tolist(),
        tables.channels[:, k.TOKENS].tolist(),
        int(last.max(initial=0)),
    )


def _result(
    network: Network, tables: Tables, groups: list[Group], native: bool, record: int
) -> TimeResult:
    processes, channels = network.processes, network.channels
    proc, chan = tables.processes, tables.channels
    starved = np.zeros(len(processes), np.int64)
    blocked = np.zeros(len(processes), np.int64)
    np.add.at(starved, chan[:, k.DST] // k.PROCESS_WORDS, chan[:, k.STARVED])
    np.add.at(blocked, chan[:, k.SRC] // k.PROCESS_WORDS, chan[:, k.BLOCKED])
    latency = np.array([process.latency for process in processes], np.int64)
    last = proc[:, k.READY] - proc[:, k.INTERVAL]
    finish = last + np.maximum(latency, 1)
    if len(processes):
        critical = int(np.argmax(finish))
        cycles = int(finish[critical])
        causes = unpack(proc[critical, k.SPLIT : k.UNIT])
        for cause, more in last_split(
            processes[critical].kind, processes[critical].latency
        ).items():
            causes[cause] += more
    else:
        critical, cycles, causes = -1, 0, unpack(np.zeros(SPLIT_WORDS, np.int64))
    loops = _loop_stats(network, groups, proc[:, k.FIRST], finish)
    return TimeResult(
        cycles,
        causes,
        [loop.cycles_per_step for loop in loops],
        loops,
        [
            ProcessStats(process.name, *row)
            for process, row in zip(
                processes,
                np.stack(
                    [
                        proc[:, k.FIRED],
                        proc[:, k.BUSY],
                        starved,
                        blocked,
                        proc[:, k.FIRST],
                        last,
                        finish,
                    ],
                    axis=1,
                ).tolist(),
                strict=True,
            )
        ],
        [
            ChannelStats(channel.name, *row)
            for channel, row in zip(
                channels, chan[:, k.STARVED : k.BLOCKED + 1].tolist(), strict=True
            )
        ],
        read_records(tables),
        record,
        critical,
        int(proc[:, k.FIRED].sum()),
        native,
    )


def _loop_stats(
    network: Network, groups: list[Group], first: Words, finish: Words
) -> list[LoopStats]:
    group_of = {loop: group for group in groups for loop in group.loops}
    stats: list[LoopStats] = []
    for loop, trips in enumerate(network.loops):
        group = group_of.get(loop)
        found = None if group is None else group.steady
        if group is not None and found is not None:
            causes = {cause: value / found.period for cause, value in found.causes.items()}
            per_step = found.cycles / found.period
            skipped = tuple(group.skipped)
            stats.append(
                LoopStats(trips, True, found.after, found.period, per_step, causes, skipped)
            )
            continue
        members = [i for i, p in enumerate(network.processes) if p.loop_id == loop]
        span = int(finish[members].max() - first[members].min()) if members else 0
        stats.append(LoopStats(trips, False, trips, 1, span / trips, {}))
    return stats
