"""
The state of a time loop from iteration to iteration: is it steady, and what comes of skipping.

`steady_state` says what a steady state is and why skipping is sound.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from spatial_opt.runtime import event_kernel as k
from spatial_opt.runtime.event_tables import NEVER, SPLIT_WORDS, Tables, unpack
from spatial_opt.runtime.native_loops import Words, call
from spatial_opt.runtime.steady_capture import (
    CAUSES,
    LIVE_WORDS,
    PLACE,
    RING_AT,
    TO,
    capture,
)

_SPLIT = slice(k.SPLIT, k.SPLIT + SPLIT_WORDS)
_SLOT_SPLIT = slice(k.SLOT_SPLIT, k.SLOT_SPLIT + SPLIT_WORDS)


@dataclass(frozen=True)
class End:
    """One end of a channel at a process of the group."""

    channel: int
    process: int
    """Index within the group."""
    field: int
    """Word of the channel that holds the next firing: NEXT_SEND or NEXT_POP."""
    repeat: int
    """Iterations after which the end's pattern repeats."""


class Snapshot:
    """The state of a group after some number of iterations, as `capture` wrote it down."""

    def __init__(self, state: Words, members: int, channels: int, rare: int):
        other = 1 + channels + rare + members
        live = other + 7 * members + 2 * channels
        # The number of slots comes first: states with others are not compared further.
        self.relative = state[:other]
        self.rare = state[1 + channels : 1 + channels + rare]
        self.fired, self.ready, self.busy = state[other : other + 3 * members].reshape(3, -1)
        self.splits = state[other + 3 * members : other + 7 * members].reshape(-1, SPLIT_WORDS)
        self.waits = state[other + 7 * members : live].reshape(-1, 2)
        count = int(state[0])
        self.slots = state[live : live + count * LIVE_WORDS].reshape(-1, LIVE_WORDS)
        """Those that could make a process wait: places, relative times, offsets, causes."""

    @property
    def slot_splits(self) -> Words:
        """The causes of the slots."""
        return self.slots[:, CAUSES:]

    def like(self, other: "Snapshot") -> bool:
        """Whether the two states differ only by a shift in time, causes left aside."""
        return bool((self.relative == other.relative).all()) and np.array_equal(
            self.slots[:, :RING_AT], other.slots[:, :RING_AT]
        )


@dataclass(frozen=True)
class Steady:
    """A steady state that was found."""

    after: int
    """Iterations that ran before it was certain."""
    period: int
    """Iterations in a period."""
    cycles: int
    """Cycles a period takes."""
    causes: dict[str, int]
    """What the cycles of a period are spent on, along the critical path to the last process."""


@dataclass(frozen=True)
class Match:
    """Two periods in a row that were alike, by the states between and after them."""

    period: int
    middle: Snapshot
    last: Snapshot


@dataclass(frozen=True)
class Members:
    """The processes of a group of loops and how they are connected."""

    trips: int
    processes: Words
    firings: Words
    """Firings of each process in an iteration."""
    ends: Sequence[End]
    pattern_repeats: Sequence[int]
    """Iterations after which the intervals of each process repeat."""


class Regime:
    """
    The states of a group, as compared for one or several lengths of the period.

    The ends of channels whose pattern repeats with the period are *periodic*, the others *rare*:
    nothing may happen at those in the periods compared, nor in those skipped. A channel with one
    end of each kind would fill up or run dry, so it has no regime.
    """

    def __init__(
        self,
        members: Members,
        tables: Tables,
        channels: Sequence[int],
        native: bool,
        slack: Sequence[int] = (),
    ):
        self.members = members
        self.native = native
        self.periods: list[int] = []
        """The lengths of period this regime is for, in iterations, ascending."""
        inside = {*channels, *slack}
        self.slack = list(slack)
        self.periodic = [end for end in members.ends if end.channel in inside]
        self.rare = [end for end in members.ends if end.channel not in inside]
        self._ends = (
            np.array([(end.channel, end.process, end.field) for end in self.periodic], np.int64)
            .reshape(-1, 3)
            .T
        )
        self.channels = np.array(channels, np.int64)
        rows = tables.channels[self.channels]
        capacity = (rows[:, k.RING_END] - rows[:, k.RING_BEGIN]) // k.SLOT_WORDS
        self.src = np.searchsorted(members.processes, rows[:, k.SRC] // k.PROCESS_WORDS)
        dst = np.searchsorted(members.processes, rows[:, k.DST] // k.PROCESS_WORDS)
        self.slot_channel = np.repeat(np.arange(len(rows)), capacity)
        component = members.processes[components(len(members.processes), self.src, dst)]
        watched = [
            channel * k.CHANNEL_WORDS + field
            for channel in slack
            for field in (k.STARVED, k.BLOCKED, k.TOKENS)
        ]
        self.sizes = (len(members.processes), len(rows), len(self.rare) + len(watched))
        self._where = np.array(
            [
                0,
                *self.sizes,
                *np.stack([members.processes, component], 1).reshape(-1) * k.PROCESS_WORDS,
                *np.stack(
                    [
                        self.channels * k.CHANNEL_WORDS,
                        component[self.src] * k.PROCESS_WORDS,
                    ],
                    1,
                ).reshape(-1),
                *(end.channel * k.CHANNEL_WORDS + end.field for end in self.rare),
                *watched,
            ],
            np.int64,
        )
        fixed = 1 + 8 * self.sizes[0] + 3 * self.sizes[1] + self.sizes[2]
        self._words = fixed + LIVE_WORDS * len(self.slot_channel)
        self._states = np.zeros(0, np.int64)
        self._capture: Callable[[], None] | None = None
        self.history: deque[Snapshot] = deque()
        self._observed = 0

    def reset(self) -> None:
        """Begin a new run."""
        self.history.clear()
        self._observed = 0

    def observe(self, tables: Tables) -> None:
        """Take note of the state after one more iteration."""
        most = 2 * self.periods[-1] + 1
        if self._capture is None:
            self._states = np.zeros(most * self._words, np.int64)
            arrays = (tables.proc, tables.chan, tables.ring, self._where, self._states)
            self._capture = call(capture, arrays, self.native)
        if len(self.history) == most:
            self.history.popleft()
        start = self._observed % most * self._words
        self._observed += 1
        self._where[TO] = start
        self._capture()
        self.history.append(Snapshot(self._states[start : start + self._words], *self.sizes))

    def match(self) -> Match | None:
        """Find the shortest period of which the last two were alike."""
        for period in self.periods:
            if len(self.history) > 2 * period and self._alike(period):
                return Match(period, self.history[-1 - period], self.history[-1])
        return None

    def _alike(self, period: int) -> bool:
        middle, last = self.history[-1 - period], self.history[-1]
        if not last.like(middle):
            return False
        first = self.history[-1 - 2 * period]
        step = period * self.members.firings
        if not (
            middle.like(first)
            and np.array_equal(middle.fired - first.fired, step)
            and np.array_equal(last.fired - middle.fired, step)
        ):
            return False
        # The causes of an event follow from those of the event that binds it, and equal shifts
        # in time bind alike: increments that are equal once stay so.
        return np.array_equal(
            last.splits - middle.splits, middle.splits - first.splits
        ) and np.array_equal(
            last.slot_splits - middle.slot_splits, middle.slot_splits - first.slot_splits
        )

    def room(self, tables: Tables, match: Match, limit: int) -> int:
        """Iterations to skip after `limit` before something happens that is not in the period."""
        period, middle, last = match.period, match.middle, match.last
        room = self.members.trips - limit
        for end, next_firing in zip(self.rare, last.rare[: len(self.rare)].tolist(), strict=True):
            fired = int(last.fired[end.process])
            room = min(room, (next_firing - fired) // int(self.members.firings[end.process]))
        for process, repeat in enumerate(self.members.pattern_repeats):
            if period % repeat == 0:
                continue
            record = tables.processes[self.members.processes[process]]
            pattern = tables.patterns[record[k.PATTERN_BEGIN] : record[k.PATTERN_END]]
            step = int(period * self.members.firings[process])
            begin = int(middle.fired[process])
            end = int(last.fired[process]) + room * int(self.members.firings[process])
            firing = np.arange(begin, end)
            differs = np.flatnonzero(
                pattern[firing % len(pattern)] != pattern[(firing - step) % len(pattern)]
            )
            if len(differs):
                ahead = begin + int(differs[0]) - int(last.fired[process])
                room = min(room, ahead // int(self.members.firings[process]))
        for channel in self.slack:
            room = min(room, self._slack_room(tables, match, channel))
        return max(room, 0) // period * period

    def _member(self, record: int) -> int:
        """Index within the group of the process with this record."""
        return int(np.searchsorted(self.members.processes, record // k.PROCESS_WORDS))

    def _slack(self, tables: Tables, match: Match, channel: int) -> tuple[int, int, int, Words]:
        """A channel's tokens in a period, the shifts of its ends, its slots from the next sent."""
        row = tables.channels[channel]
        src = self._member(int(row[k.SRC]))
        dst = self._member(int(row[k.DST]))
        shift = match.last.ready - match.middle.ready
        events = int(match.period * self.members.firings[src] // row[k.SEND_PERIOD])
        begin = int(row[k.RING_BEGIN]) // k.SLOT_WORDS
        end = int(row[k.RING_END]) // k.SLOT_WORDS
        at = int(row[k.SEND_AT]) // k.SLOT_WORDS
        slots: Words = begin + (at - begin + np.arange(end - begin)) % (end - begin)
        return events, int(shift[src]), int(shift[dst]), slots

    def _slack_room(self, tables: Tables, match: Match, channel: int) -> int:
        """Iterations in which nobody waits for the channel."""
        events, src_shift, dst_shift, slots = self._slack(tables, match, channel)
        row = tables.channels[channel]
        # Readers that fall behind their source never wait for it.
        if row[k.TOKENS] or src_shift > dst_shift or len(slots) < 2 * events:
            return 0
        times = tables.slots[slots, 0]
        if not np.array_equal(times[-events:], times[-2 * events : -events] + dst_shift):
            return 0
        source = tables.proc[row[k.SRC] : row[k.SRC] + k.PROCESS_WORDS]
        firing = row[k.NEXT_SEND] - source[k.FIRED] + row[k.SEND_PERIOD] * np.arange(len(slots))
        late = np.flatnonzero(times > source[k.READY] + firing * source[k.LEAST])
        early = int(late[0]) if len(late) else len(slots)
        return early // events * match.period

    def _skip_slack(self, tables: Tables, match: Match, channel: int, times: int) -> None:
        """Send and consume the tokens of so many periods on a channel."""
        events, _, _, slots = self._slack(tables, match, channel)
        newest, before = tables.slots[slots[-events:]], tables.slots[slots[-2 * events : -events]]
        rounds = np.arange(1, times + 1)[:, None, None]
        tables.slots[slots[: times * events]] = (newest + rounds * (newest - before)).reshape(
            -1, k.SLOT_WORDS
        )
        at = slots[times * events % len(slots)] * k.SLOT_WORDS
        tables.channels[channel, [k.SEND_AT, k.POP_AT]] = at

    def skip(self, tables: Tables, match: Match, limit: int, iterations: int) -> Steady:
        """Move the state on from `limit` by so many iterations."""
        middle, last = match.middle, match.last
        times = iterations // match.period
        shift = last.ready - middle.ready
        moved = iterations * self.members.firings

        for channel in self.slack:
            self._skip_slack(tables, match, channel, times)
        proc = tables.processes
        rows = proc[self.members.processes]
        rows[:, k.FIRED] += moved
        rows[:, k.READY] += times * shift
        rows[:, _SPLIT] += times * (last.splits - middle.splits)
        rows[:, k.BUSY] += times * (last.busy - middle.busy)
        width = rows[:, k.PATTERN_END] - rows[:, k.PATTERN_BEGIN]
        rows[:, k.PATTERN_AT] = rows[:, k.PATTERN_BEGIN] + rows[:, k.FIRED] % width
        record = k.RECORD_WAITS + rows[:, k.OUT_END] - rows[:, k.IN_BEGIN]
        rows[:, k.LOG_AT] = np.minimum(
            rows[:, k.LOG_END], rows[:, k.LOG_AT] + record * (moved // rows[:, k.FIRINGS])
        )
        proc[self.members.processes] = rows

        chan = tables.channels
        ends, process, field = self._ends
        chan[ends, field] += moved[process]
        popping = (field == k.NEXT_POP) & (chan[ends, k.POP_LIMIT] < NEVER)
        chan[ends[popping], k.POP_LIMIT] += moved[process[popping]]
        rows = chan[self.channels]
        rows[:, k.STARVED : k.BLOCKED + 1] += times * (last.waits - middle.waits)
        chan[self.channels] = rows
        # Both ends of a channel are in one component and have the same shift.
        channel = self.slot_channel[last.slots[:, PLACE]]
        slots = last.slots[:, RING_AT] // k.SLOT_WORDS
        tables.slots[slots, 0] += times * shift[self.src[channel]]
        tables.slots[slots, _SLOT_SPLIT] += times * (last.slot_splits - middle.slot_splits)

        for part in tables.part_rows[1:]:
            driver = tables.members[part[k.DRIVERS_BEGIN]] // k.PROCESS_WORDS
            at = int(np.searchsorted(self.members.processes, driver))
            if at < len(moved) and self.members.processes[at] == driver:
                part[k.ROW_END] += moved[at]

        critical = int(np.lexsort((last.ready, shift))[-1])
        return Steady(
            limit,
            match.period,
            int(shift[critical]),
            unpack(last.splits[critical] - middle.splits[critical]),
        )


def components(size: int, sources: Words, destinations: Words) -> Words:
    """For each of `size` nodes the lowest node it is connected with."""
    parent = list(range(size))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for source, destination in zip(sources.tolist(), destinations.tolist(), strict=True):
        low, high = sorted((root(source), root(destination)))
        parent[high] = low
    return np.array([root(node) for node in range(size)], np.int64)
