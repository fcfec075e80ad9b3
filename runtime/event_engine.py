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

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime import event_words as k
from spatial_opt.runtime.deadlock import DeadlockError, Wait, deadlock
from spatial_opt.runtime.event_parts import find_parts
from spatial_opt.runtime.event_results import Details, LoopStats, TimeResult
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


class Prepared:
    """
    A network made ready to run any number of times; see `prepare`.

    Runs share working memory, so one must end before the next begins.
    """

    def __init__(
        self, network: Network, tables: Tables, *, native: bool, steady: bool, recorded: int
    ):
        self.network = network
        self.native = native
        self._recorded = recorded
        self._initial = tables
        self._tables = tables.copy()
        self._flow = self._tables.flow(native)
        self._groups = find_groups(network, self._tables, native) if steady else []
        self._totals = np.array([process.total for process in network.processes], np.int64)
        self._latency = np.array([process.latency for process in network.processes], np.int64)

    def run(self) -> TimeResult:
        """
        Run the network, from the first cycle to the last.

        Raises DeadlockError if it comes to a halt, and SpatialError if it runs for more than
        MAX_CYCLES cycles.
        """
        tables = self._tables
        tables.reset(self._initial)
        for group in self._groups:
            group.reset()
        _run_groups(tables, self._flow, self._groups, self._totals)
        tables.raise_limits(self._totals)
        self._flow()
        _check_time(tables)
        if np.any(tables.processes[:, k.FIRED] < self._totals):
            raise _deadlock(self.network, tables)
        return self._result()

    def _result(self) -> TimeResult:
        # Later runs leave this one's figures alone.
        tables = self._tables.result()
        proc = tables.processes
        finish = proc[:, k.READY] - proc[:, k.INTERVAL] + np.maximum(self._latency, 1)
        if len(proc):
            critical = int(np.argmax(finish))
            cycles = int(finish[critical])
            causes = unpack(proc[critical, k.SPLIT : k.UNIT])
            process = self.network.processes[critical]
            for cause, more in last_split(process.kind, process.latency).items():
                causes[cause] += more
        else:
            critical, cycles, causes = -1, 0, unpack(np.zeros(SPLIT_WORDS, np.int64))
        loops = _loop_stats(self.network, self._groups, proc[:, k.FIRST], finish)
        return TimeResult(
            cycles,
            causes,
            [loop.cycles_per_step for loop in loops],
            loops,
            self._recorded,
            critical,
            int(proc[:, k.FIRED].sum()),
            self.native,
            Details(self.network, tables),
        )


def prepare(
    network: Network, *, native: bool | None = None, steady: bool = True, record: int = 0
) -> Prepared:
    """
    Make a network ready to run: all that can be done before its first cycle.

    `native` chooses native code (True; an error without MLIR's bindings), the portable engine
    (False) or native code where it is available (None). Without `steady` each firing is run one by
    one; the result is the same. The first `record` activations of each process are recorded.

    Raises SpatialError if the network is not well formed.
    """
    network.validate()
    parts = find_parts(network) if steady and not record else []
    return Prepared(
        network,
        build_tables(network, record, parts),
        native=native_available() if native is None else native,
        steady=steady,
        recorded=record,
    )


def run(
    network: Network, *, native: bool | None = None, steady: bool = True, record: int = 0
) -> TimeResult:
    """Prepare and run a network; raises as `prepare` and `Prepared.run` do."""
    return prepare(network, native=native, steady=steady, record=record).run()


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
    tables = build_tables(free, 0, find_parts(free) if steady else [])
    # Channels keep their places, so that the same networks come to a halt; but a credit that
    # returns long ago never makes a sender wait.
    tables.channels[:, k.TOKENS + k.DELAY] = -(2**40)
    tables.channels[:, k.TOKENS + k.DELAY_SPLIT : k.TOKENS + k.DELAY_SPLIT + SPLIT_WORDS] = 0
    is_native = native_available() if native is None else native
    return Prepared(free, tables, native=is_native, steady=steady, recorded=0).run()


def _run_groups(
    tables: Tables, flow: Callable[[], None], groups: list[Group], totals: Words
) -> None:
    """Run the time loops an iteration at a time, skipping what can be skipped."""
    raised = list(groups)
    idle = 0
    fired = 0
    # A loop that waits for another takes no part; if none can move for a few iterations, the
    # limits are not what holds them.
    while raised and idle <= 4:
        limits = totals.copy()
        for group in groups:
            limits[group.members.processes] = group.limits()
        tables.raise_limits(limits)
        flow()
        _check_time(tables)
        before, fired = fired, int(tables.processes[:, k.FIRED].sum())
        idle = idle + 1 if fired == before else 0
        for group in raised:
            if group.advance(tables):
                _check_time(tables)
                fired = int(tables.processes[:, k.FIRED].sum())
        unfinished = [group for group in groups if group.limit < group.trips]
        raised = [group for group in unfinished if group.caught_up(tables)] or unfinished
        for group in raised:
            group.limit += 1


def _check_time(tables: Tables) -> None:
    if len(tables.proc) and tables.processes[:, k.READY].max() > MAX_CYCLES:
        raise SpatialError(
            f"the run takes more than {MAX_CYCLES} cycles, the most the engine counts; "
            "run fewer steps"
        )


def _deadlock(network: Network, tables: Tables) -> DeadlockError:
    rows = tables.processes
    waits = [
        Wait(
            index,
            wait // k.CHANNEL_WORDS,
            "credit" if wait % k.CHANNEL_WORDS == k.CREDITS else "token",
        )
        for index, wait in enumerate(rows[:, k.WAIT].tolist())
        if wait >= 0
    ]
    last = rows[:, k.READY] - rows[:, k.INTERVAL]
    return deadlock(
        network,
        waits,
        rows[:, k.FIRED].tolist(),
        tables.channels[:, k.TOKENS + k.WAITING].tolist(),
        int(last.max(initial=0)),
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
