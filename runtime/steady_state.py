"""
Skipping iterations of a time loop once each is like the one before.

All processes of a loop are stopped after the same number of iterations. What they could do by then
does not depend on the order they ran in, so the state is a function of that number alone: the
time each process is ready, the tokens and credits on the way, and the causes of all these times.
Once two periods of iterations in a row have moved every time of a connected part by the same
number of cycles, all later periods will (the equations only take maxima of sums), until something
happens that does not happen every period, such as a token that is only sent by the last iteration.
Up to there the periods are skipped at once, and the result is the same as without.

Times that can no longer matter are left out of the comparison: a token or credit that is there
before its process is ready for it will never make that process wait, whatever its exact time.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd, lcm

import numpy as np

from spatial_opt.runtime import event_kernel as k
from spatial_opt.runtime.event_tables import NEVER, SPLIT_WORDS, Tables, pop_pattern, unpack
from spatial_opt.runtime.native_loops import Words
from spatial_opt.runtime.network import Network

MAX_PERIOD = 4
"""Longest period looked for, in iterations (longer if the patterns of the network demand it)."""

MIN_TRIPS = 3
"""Iterations it takes at least to be certain of a steady state."""

_DOMINATED = -NEVER
_SPLIT = slice(k.SPLIT, k.SPLIT + SPLIT_WORDS)
_SLOT_SPLIT = slice(k.SLOT_SPLIT, k.SLOT_SPLIT + SPLIT_WORDS)


def _repeat(period: int, firings: int) -> int:
    """Iterations of so many firings after which a pattern of firings falls the same way again."""
    return period // gcd(period, firings)


@dataclass(frozen=True)
class _End:
    """One end of a channel at a process of the group."""

    channel: int
    process: int
    """Index within the group."""
    field: int
    """Word of the channel that holds the next firing: NEXT_SEND or NEXT_POP."""
    repeat: int
    """Iterations after which the end's pattern repeats."""


@dataclass(frozen=True)
class _Snapshot:
    """The state of a group after some number of iterations."""

    fired: Words
    ready: Words
    splits: Words
    busy: Words
    waits: Words
    tokens: Words
    rare: Words
    slot_times: Words
    slot_splits: Words
    dominated: Words
    relative_ready: Words
    relative_slots: Words

    def like(self, other: "_Snapshot") -> bool:
        """Whether the two states differ only by a shift in time, causes left aside."""
        return (
            np.array_equal(self.tokens, other.tokens)
            and np.array_equal(self.rare, other.rare)
            and np.array_equal(self.relative_ready, other.relative_ready)
            and np.array_equal(self.relative_slots, other.relative_slots)
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


class _Regime:
    """What repeats in a group if a period is to have a certain number of iterations."""

    def __init__(self, group: "Group", tables: Tables, period: int):
        self.group = group
        self.period = period
        self.firings = group.firings
        periodic = [end for end in group.ends if period % end.repeat == 0]
        self.periodic = periodic
        self.rare = [end for end in group.ends if period % end.repeat]
        counts: dict[int, int] = {}
        for end in periodic:
            counts[end.channel] = counts.get(end.channel, 0) + 1
        # A channel on which something happens each period at one end only fills up or runs dry.
        self.possible = all(count == 2 for count in counts.values())
        self.channels = np.array([c for c in sorted(counts) if counts[c] == 2], np.int64)
        rows = tables.channels[self.channels]
        self.capacity = (rows[:, k.RING_END] - rows[:, k.RING_BEGIN]) // k.SLOT_WORDS
        self.src = np.searchsorted(group.processes, rows[:, k.SRC] // k.PROCESS_WORDS)
        self.dst = np.searchsorted(group.processes, rows[:, k.DST] // k.PROCESS_WORDS)
        self.slot_channel = np.repeat(np.arange(len(rows)), self.capacity)
        starts = np.cumsum(self.capacity) - self.capacity
        self.slot_place = np.arange(len(self.slot_channel)) - starts[self.slot_channel]
        self.component = _components(len(group.processes), self.src, self.dst)
        self.history: deque[_Snapshot] = deque(maxlen=2 * period + 1)

    def slots(self, rows: Words) -> Words:
        """Slot of every place of every ring, counted from the one that is consumed next."""
        begin = rows[:, k.RING_BEGIN] // k.SLOT_WORDS
        at = rows[:, k.POP_AT] // k.SLOT_WORDS - begin
        place = (at[self.slot_channel] + self.slot_place) % self.capacity[self.slot_channel]
        return begin[self.slot_channel] + place

    def snapshot(self, tables: Tables) -> _Snapshot:
        proc = tables.processes[self.group.processes]
        rows = tables.channels[self.channels]
        slots = tables.slots[self.slots(rows)]
        ready = proc[:, k.READY]
        is_token = self.slot_place < rows[self.slot_channel, k.TOKENS]
        reader = np.where(is_token, self.dst[self.slot_channel], self.src[self.slot_channel])
        reference = ready[self.component]
        times = slots[:, 0]
        dominated = times <= ready[reader]
        return _Snapshot(
            proc[:, k.FIRED],
            ready,
            proc[:, _SPLIT],
            proc[:, k.BUSY],
            rows[:, k.STARVED : k.BLOCKED + 1],
            rows[:, k.TOKENS],
            np.array([tables.channels[e.channel, e.field] for e in self.rare], np.int64),
            times,
            slots[:, _SLOT_SPLIT],
            dominated,
            ready - reference,
            np.where(dominated, _DOMINATED, times - reference[reader]),
        )

    def steady(self, tables: Tables) -> bool:
        """Whether the last two periods were alike; takes note of the present state."""
        if not self.possible:
            return False
        self.history.append(self.snapshot(tables))
        if len(self.history) <= 2 * self.period:
            return False
        first, middle, last = self.history[0], self.history[self.period], self.history[-1]
        step = self.period * self.firings
        if not (
            np.array_equal(middle.fired - first.fired, step)
            and np.array_equal(last.fired - middle.fired, step)
            and last.like(middle)
            and middle.like(first)
        ):
            return False
        # The causes of an event follow from those of the event that binds it, and equal shifts
        # in time bind alike: increments that are equal once stay so.
        live = ~last.dominated
        return np.array_equal(
            last.splits - middle.splits, middle.splits - first.splits
        ) and np.array_equal(
            (last.slot_splits - middle.slot_splits)[live],
            (middle.slot_splits - first.slot_splits)[live],
        )

    def room(self, tables: Tables) -> int:
        """Iterations that can be skipped before something happens that is not in the period."""
        last = self.history[-1]
        room = self.group.trips - self.group.limit
        for end, next_firing in zip(self.rare, last.rare.tolist(), strict=True):
            fired = int(last.fired[end.process])
            room = min(room, (next_firing - fired) // int(self.firings[end.process]))
        middle = self.history[self.period]
        for process in self.group.irregular(self.period):
            record = tables.processes[self.group.processes[process]]
            pattern = tables.patterns[record[k.PATTERN_BEGIN] : record[k.PATTERN_END]]
            step = int(self.period * self.firings[process])
            begin = int(middle.fired[process])
            end = int(last.fired[process]) + room * int(self.firings[process])
            firing = np.arange(begin, end)
            differs = np.flatnonzero(
                pattern[firing % len(pattern)] != pattern[(firing - step) % len(pattern)]
            )
            if len(differs):
                ahead = begin + int(differs[0]) - int(last.fired[process])
                room = min(room, ahead // int(self.firings[process]))
        return max(room, 0) // self.period * self.period

    def skip(self, tables: Tables, iterations: int) -> Steady:
        """Move the state on by so many iterations."""
        middle, last = self.history[self.period], self.history[-1]
        times = iterations // self.period
        shift = last.ready - middle.ready
        moved = iterations * self.firings

        proc = tables.processes
        rows = proc[self.group.processes]
        rows[:, k.FIRED] += moved
        rows[:, k.READY] += times * shift
        rows[:, _SPLIT] += times * (last.splits - middle.splits)
        rows[:, k.BUSY] += times * (last.busy - middle.busy)
        width = rows[:, k.PATTERN_END] - rows[:, k.PATTERN_BEGIN]
        rows[:, k.PATTERN_AT] = rows[:, k.PATTERN_BEGIN] + rows[:, k.FIRED] % width
        rows[:, k.LOG_AT] = np.minimum(
            rows[:, k.LOG_END], rows[:, k.LOG_AT] + 2 * (moved // rows[:, k.FIRINGS])
        )
        proc[self.group.processes] = rows

        chan = tables.channels
        for end in self.periodic:
            chan[end.channel, end.field] += moved[end.process]
            if end.field == k.NEXT_POP and chan[end.channel, k.POP_LIMIT] < NEVER:
                chan[end.channel, k.POP_LIMIT] += moved[end.process]
        rows = chan[self.channels]
        rows[:, k.STARVED : k.BLOCKED + 1] += times * (last.waits - middle.waits)
        chan[self.channels] = rows
        slots = self.slots(rows)
        # Both ends of a channel are in one component and have the same shift.
        tables.slots[slots, 0] += times * shift[self.src][self.slot_channel]
        tables.slots[slots, _SLOT_SPLIT] += times * (last.slot_splits - middle.slot_splits)

        critical = int(np.lexsort((last.ready, shift))[-1])
        return Steady(
            self.group.limit,
            self.period,
            int(shift[critical]),
            unpack(last.splits[critical] - middle.splits[critical]),
        )


class Group:
    """Time loops that advance together: one, or several with tokens between their iterations."""

    def __init__(self, network: Network, tables: Tables, loops: Sequence[int]):
        self.loops = tuple(loops)
        self.trips = network.loops[loops[0]]
        self.limit = 1
        """Iterations the processes may do."""
        self.steady: Steady | None = None
        members = [
            index for index, process in enumerate(network.processes) if process.loop_id in loops
        ]
        self.processes = np.array(members, np.int64)
        self.firings = np.array(
            [network.processes[index].total // self.trips for index in members], np.int64
        )
        local = {process: index for index, process in enumerate(members)}
        self.ends: list[_End] = []
        for index, channel in enumerate(network.channels):
            if channel.src in local:
                at = local[channel.src]
                repeat = send_repeat(network, index, self.trips)
                self.ends.append(_End(index, at, k.NEXT_SEND, repeat))
            if channel.dst in local:
                at = local[channel.dst]
                repeat = pop_repeat(network, index, self.trips)
                self.ends.append(_End(index, at, k.NEXT_POP, repeat))
        self._pattern_repeats = [
            _repeat(len(network.processes[index].intervals), int(firings))
            for index, firings in zip(members, self.firings, strict=True)
        ]
        repeats = [end.repeat for end in self.ends] + self._pattern_repeats
        base = lcm(*(repeat for repeat in repeats if repeat <= MAX_PERIOD))
        periods = range(base, max(base, MAX_PERIOD) + 1, base)
        self._regimes = [_Regime(self, tables, period) for period in periods]

    def irregular(self, period: int) -> list[int]:
        """Processes whose pattern of intervals does not repeat with the period."""
        return [index for index, repeat in enumerate(self._pattern_repeats) if period % repeat]

    def caught_up(self, tables: Tables) -> bool:
        """Whether no process is more than one iteration behind the limit."""
        fired = tables.processes[self.processes, k.FIRED]
        return bool(np.all(fired >= (self.limit - 1) * self.firings))

    def advance(self, tables: Tables) -> None:
        """After the processes have come to rest at the limit: skip iterations if that is sound."""
        for regime in self._regimes:
            if not regime.steady(tables):
                continue
            room = regime.room(tables)
            if room:
                self.steady = regime.skip(tables, room)
                self.limit += room
                for other in self._regimes:
                    other.history.clear()
                return


def send_repeat(network: Network, index: int, trips: int) -> int:
    """Iterations after which the sending firings of a channel's source repeat."""
    channel = network.channels[index]
    return _repeat(channel.src_period, network.processes[channel.src].total // trips)


def pop_repeat(network: Network, index: int, trips: int) -> int:
    """Iterations after which the consuming firings of a channel's destination repeat."""
    channel = network.channels[index]
    process = network.processes[channel.dst]
    first, period, width, cycle = pop_pattern(channel, process)
    if first >= NEVER:
        return NEVER
    return _repeat(period if width >= NEVER else cycle, process.total // trips)


def _components(size: int, sources: Words, destinations: Words) -> Words:
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


def find_groups(network: Network, tables: Tables) -> list[Group]:
    """The time loops of a network, those that exchange tokens each iteration taken together."""
    used = sorted({p.loop_id for p in network.processes if p.loop_id is not None})
    sources: list[int] = []
    destinations: list[int] = []
    for index, channel in enumerate(network.channels):
        src = network.processes[channel.src].loop_id
        dst = network.processes[channel.dst].loop_id
        if src is None or dst is None or src == dst or network.loops[src] != network.loops[dst]:
            continue
        trips = network.loops[src]
        if max(send_repeat(network, index, trips), pop_repeat(network, index, trips)) <= MAX_PERIOD:
            sources.append(src)
            destinations.append(dst)
    leader = _components(
        len(network.loops), np.array(sources, np.int64), np.array(destinations, np.int64)
    ).tolist()
    return [
        Group(network, tables, [loop for loop in used if leader[loop] == first])
        for first in sorted({leader[loop] for loop in used})
        if network.loops[first] > MIN_TRIPS
    ]
