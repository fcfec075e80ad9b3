"""
The state of a time loop from iteration to iteration: is it steady, and what comes of skipping.

`steady_state` says what a steady state is and why skipping is sound.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spatial_opt.runtime import event_words as k
from spatial_opt.runtime import steady_capture as s
from spatial_opt.runtime.event_tables import SPLIT_WORDS, Tables, unpack
from spatial_opt.runtime.native_loops import Words, call
from spatial_opt.runtime.network import components
from spatial_opt.runtime.steady_skipping import compare_states, skip_periods
from spatial_opt.runtime.steady_slack import SLACK_WORDS, limit_slack, skip_slack

_LOOPS = s.capture, compare_states, skip_periods, limit_slack, skip_slack


@dataclass(frozen=True)
class End:
    """One end of a channel at a process of the group."""

    channel: int
    process: int
    """Index within the group."""
    side: int
    """Which of the channel's ports: TOKENS or CREDITS."""
    repeat: int
    """Iterations after which the end's pattern repeats."""

    @property
    def port(self) -> int:
        """The record of the port."""
        return self.channel * k.CHANNEL_WORDS + self.side


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
    """Two periods in a row that were alike, by the states after and between them."""

    period: int
    last: Words
    middle: Words


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

    `periods` are the lengths of period in iterations, ascending; `slack` channels that are left out
    of the comparison, see `steady_slack`.
    """

    def __init__(
        self,
        members: Members,
        tables: Tables,
        channels: Sequence[int],
        periods: Sequence[int],
        native: bool,
        slack: Sequence[int] = (),
    ):
        self.members = members
        self.periods = list(periods)
        self.slack = list(slack)
        self._places = 2 * self.periods[-1] + 1
        """States that are kept at most."""
        self._kept = 0
        self._observed = 0
        inside = {*channels, *slack}
        rare = [end for end in members.ends if end.channel not in inside]
        periodic = [end for end in members.ends if end.channel in inside]
        self._rare = np.array([end.process for end in rare], np.int64)
        self._varied = [
            (process, repeat)
            for process, repeat in enumerate(members.pattern_repeats)
            if repeat > 1
        ]
        self._drivers = self._find_drivers(tables)
        self._control = np.zeros(k.CONTROL_WORDS, np.int64)
        self._prepare_states(tables, channels, rare, periodic, native)
        self._prepare_slack(tables, native)

    def _prepare_states(
        self,
        tables: Tables,
        channels: Sequence[int],
        rare: Sequence[End],
        periodic: Sequence[End],
        native: bool,
    ) -> None:
        """Lay out the states, and make the functions ready that work on them."""
        members = self.members
        rows = tables.channels[list(channels)]
        src = self._member(rows[:, k.CREDITS + k.OWNER])
        dst = self._member(rows[:, k.TOKENS + k.OWNER])
        pairs = zip(src.tolist(), dst.tolist(), strict=True)
        component = members.processes[components(len(members.processes), pairs)]
        component *= k.PROCESS_WORDS
        records = np.array(channels, np.int64) * k.CHANNEL_WORDS
        watched = [
            channel * k.CHANNEL_WORDS + word
            for channel in self.slack
            for word in (k.TOKENS + k.WAITED, k.CREDITS + k.WAITED, k.TOKENS + k.WAITING)
        ]
        processes = len(members.processes)
        still = len(rare) + len(watched)
        head = np.zeros(s.HEAD_WORDS, np.int64)
        head[[s.PROCESSES, s.CHANNELS, s.RARE]] = processes, len(rows), still
        head[s.ENDS] = len(periodic)
        figures = [processes] * 3 + [SPLIT_WORDS * processes, 2 * len(rows)]
        head[s.FIRED_AT : s.LIVE_AT + 1] = np.cumsum([1 + len(rows) + still + processes, *figures])
        entries = members.processes * k.PROCESS_WORDS, component, members.firings
        self._where = np.concatenate(
            [
                head,
                np.stack(entries, axis=1).reshape(-1),
                np.stack([records, component[src], src], axis=1).reshape(-1),
                np.array([*(end.port + k.NEXT for end in rare), *watched], np.int64),
                np.array([(end.port, end.process) for end in periodic], np.int64).reshape(-1),
            ]
        )
        runs = int(tables.capacity(list(channels)).sum())
        self._words = int(head[s.LIVE_AT]) + s.LIVE_WORDS * runs
        self._states = np.zeros(self._places * self._words, np.int64)
        state = self._where, self._states
        network = tables.proc, tables.port, tables.runs
        self._capture = call(s.capture, (*network, self._control, *state), native, _LOOPS)
        self._compare = call(compare_states, state, native, _LOOPS)
        self._skip = call(skip_periods, (*network, *state), native, _LOOPS)

    def _prepare_slack(self, tables: Tables, native: bool) -> None:
        """Make the functions ready that work on the channels left out of the comparison."""
        rows = tables.channels[self.slack]
        self._slack_src = self._member(rows[:, k.CREDITS + k.OWNER])
        self._slack_dst = self._member(rows[:, k.TOKENS + k.OWNER])
        # Firings of the source in an iteration, and for each token.
        firings = self.members.firings[self._slack_src]
        self._slack_firings = firings, rows[:, k.CREDITS + k.PERIOD]
        self._slack_where = np.zeros(1 + SLACK_WORDS * len(self.slack), np.int64)
        self._slack_where[0] = len(self.slack)
        credits = [channel * k.CHANNEL_WORDS + k.CREDITS for channel in self.slack]
        self._slack_where[1::SLACK_WORDS] = credits
        arrays = tables.proc, tables.port, tables.runs, self._control, self._slack_where
        self._limit_slack = call(limit_slack, arrays, native, _LOOPS)
        self._skip_slack = call(skip_slack, arrays, native, _LOOPS)

    def _member(self, records: Words) -> Words:
        """Indices within the group of the processes with these records."""
        return np.searchsorted(self.members.processes, records // k.PROCESS_WORDS)

    def _find_drivers(self, tables: Tables) -> list[tuple[int, int]]:
        """The parts with rows inside the group, each with one of its drivers."""
        inside = {process: index for index, process in enumerate(self.members.processes.tolist())}
        found: list[tuple[int, int]] = []
        for part, row in enumerate(tables.part_rows.tolist()):
            if row[k.WIDTH]:
                driver = int(tables.members[row[k.DRIVERS_BEGIN]]) // k.PROCESS_WORDS
                if driver in inside:
                    found.append((part, inside[driver]))
        return found

    def reset(self) -> None:
        """Begin a new run, or a new search."""
        self._kept = 0

    def _state(self, ago: int) -> int:
        """Where the state of some iterations ago stands; 0 is the last one."""
        return (self._observed - 1 - ago) % self._places * self._words

    def observe(self) -> None:
        """Take note of the state after one more iteration."""
        self._observed += 1
        self._kept = min(self._kept + 1, self._places)
        self._where[s.TO] = self._state(0)
        self._capture()

    def match(self) -> Match | None:
        """Find the shortest period of which the last two were alike."""
        for period in self.periods:
            if self._kept > 2 * period:
                last, middle, earlier = (self._state(n * period) for n in range(3))
                self._where[s.EARLIER : s.PERIOD_TRIPS + 1] = earlier, middle, last, period
                self._compare()
                if self._where[s.ALIKE]:
                    words = self._words
                    return Match(
                        period,
                        self._states[last : last + words],
                        self._states[middle : middle + words],
                    )
        return None

    def _figures(self, state: Words, which: int) -> Words:
        """Of the figures of processes in a state those at FIRED_AT or READY_AT."""
        begin = int(self._where[which])
        return state[begin : begin + len(self.members.processes)]

    def room(self, tables: Tables, match: Match, limit: int) -> int:
        """Iterations to skip after `limit` before something happens that is not in the period."""
        period = match.period
        room = self.members.trips - limit
        fired = self._figures(match.last, s.FIRED_AT)
        if len(self._rare):
            begin = 1 + int(self._where[s.CHANNELS])
            ahead = match.last[begin : begin + len(self._rare)] - fired[self._rare]
            room = min(room, int((ahead // self.members.firings[self._rare]).min()))
        for process, repeat in self._varied:
            if period % repeat:
                firings = int(self.members.firings[process])
                begin = int(fired[process]) - period * firings
                end = int(fired[process]) + room * firings
                record = tables.processes[self.members.processes[process]]
                pattern = tables.patterns[
                    record[k.PATTERN_BEGIN] : record[k.PATTERN_END] : k.PATTERN_WORDS
                ]
                firing = np.arange(begin, end)
                differs = np.flatnonzero(
                    pattern[firing % len(pattern)]
                    != pattern[(firing - period * firings) % len(pattern)]
                )
                if len(differs):
                    ahead = begin + int(differs[0]) - int(fired[process])
                    room = min(room, ahead // firings)
        if self.slack and room > 0:
            room = min(room, self._slack_room(match, room))
        return max(room, 0) // period * period

    def _slack_room(self, match: Match, room: int) -> int:
        """Iterations, at most `room`, in which nobody waits for the channels with slack."""
        ready = self._figures(match.last, s.READY_AT)
        shift = ready - self._figures(match.middle, s.READY_AT)
        # Readers that fall behind their source never wait for it.
        if np.any(shift[self._slack_src] > shift[self._slack_dst]):
            return 0
        firings, period = self._slack_firings
        self._slack_where[2::SLACK_WORDS] = match.period * firings // period
        self._slack_where[3::SLACK_WORDS] = shift[self._slack_dst]
        self._control[k.ROOM] = room // match.period
        self._limit_slack()
        return int(self._control[k.ROOM]) * match.period

    def skip(self, tables: Tables, match: Match, limit: int, iterations: int) -> Steady:
        """Move the state on from `limit` by so many iterations, as `match` and `room` found."""
        self._where[s.PERIODS] = self._control[k.ROWS] = iterations // match.period
        if self.slack:
            self._skip_slack()
        self._skip()
        for part, driver in self._drivers:
            tables.part_rows[part, k.ROW_END] += iterations * self.members.firings[driver]

        ready = self._figures(match.last, s.READY_AT)
        shift = ready - self._figures(match.middle, s.READY_AT)
        critical = int(np.lexsort((ready, shift))[-1])
        begin = int(self._where[s.SPLITS_AT]) + SPLIT_WORDS * critical
        split = slice(begin, begin + SPLIT_WORDS)
        return Steady(
            limit,
            match.period,
            int(shift[critical]),
            unpack(match.last[split] - match.middle[split]),
        )
