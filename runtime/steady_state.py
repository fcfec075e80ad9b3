"""
Skipping iterations of a time loop once each is like the one before.

All processes of a loop are stopped after the same number of iterations. What they could do by then
does not depend on the order they ran in, so the state is a function of that number alone: the
time each process is ready, the tokens and credits on the way, and the causes of all these times.
Once two periods of iterations in a row have moved every time of a connected part by the same
number of cycles, all later periods will (the equations only take maxima of sums), until something
happens that does not happen every period, such as a token that is only sent by the last iteration.
Up to there the periods are skipped at once, and the result is the same as without.

Times that can no longer matter are left out of the comparison: a token or credit that is there no
later than its process could use it will never make that process wait, whatever its exact time.

An address generator may run ahead of its reader for many iterations, until the channel is full.
Until then they share no time: the state is also compared with such channels left out, and
iterations are skipped up to the first place that may come back too late for the generator.
"""

from collections import Counter
from collections.abc import Container, Sequence
from math import gcd, lcm

import numpy as np

from spatial_opt.runtime import event_words as k
from spatial_opt.runtime.event_parts import shortest
from spatial_opt.runtime.event_tables import Tables, pop_pattern
from spatial_opt.runtime.event_words import NEVER
from spatial_opt.runtime.native_loops import Words
from spatial_opt.runtime.network import Network, components
from spatial_opt.runtime.steady_regime import End, Members, Regime, Steady

MAX_PERIOD = 4
"""Longest period looked for, in iterations (longer if the patterns of the network demand it)."""

MIN_TRIPS = 3
"""Iterations it takes at least to be certain of a steady state."""


def _repeat(period: int, firings: int) -> int:
    """Iterations of so many firings after which a pattern of firings falls the same way again."""
    return period // gcd(period, firings)


class Group:
    """Time loops that advance together: one, or several with tokens between their iterations."""

    def __init__(self, network: Network, tables: Tables, loops: Sequence[int], native: bool):
        self.loops = tuple(loops)
        self.trips = network.loops[loops[0]]
        self.limit = 1
        """Iterations the processes may do."""
        self.steady: Steady | None = None
        self.skipped: list[range] = []
        """Iterations left out, ascending."""
        inside = [
            index for index, process in enumerate(network.processes) if process.loop_id in loops
        ]
        local = {process: index for index, process in enumerate(inside)}
        firings = [network.processes[index].total // self.trips for index in inside]
        ends: list[End] = []
        for index, channel in enumerate(network.channels):
            if channel.src in local:
                repeat = send_repeat(network, index, self.trips)
                ends.append(End(index, local[channel.src], k.CREDITS, repeat))
            if channel.dst in local:
                repeat = pop_repeat(network, index, self.trips)
                ends.append(End(index, local[channel.dst], k.TOKENS, repeat))
        pattern_repeats = [
            _repeat(len(shortest(network.processes[index].intervals)), count)
            for index, count in zip(inside, firings, strict=True)
        ]
        self.members = Members(
            self.trips,
            np.array(inside, np.int64),
            np.array(firings, np.int64),
            ends,
            pattern_repeats,
        )
        loads = {index for index in inside if network.processes[index].kind == "load"}
        self._regimes = _regimes(self.members, tables, native, loads)

    def reset(self) -> None:
        """Begin a new run."""
        self.limit = 1
        self.steady = None
        self.skipped = []
        for regime in self._regimes:
            regime.reset()

    def limits(self) -> Words:
        """Firings each process may do by the present limit."""
        return self.limit * self.members.firings

    def caught_up(self, tables: Tables) -> bool:
        """Whether no process is more than one iteration behind the limit."""
        fired = tables.processes[self.members.processes, k.FIRED]
        return bool(np.all(fired >= self.limits() - self.members.firings))

    def advance(self, tables: Tables) -> bool:
        """
        After the processes have come to rest at the limit: skip iterations if that is sound.

        Returns whether any were skipped.
        """
        for regime in self._regimes:
            regime.observe()
        for regime in self._regimes:
            match = regime.match()
            if match is None:
                continue
            room = regime.room(tables, match, self.limit)
            if room:
                self.steady = regime.skip(tables, match, self.limit, room)
                self.skipped.append(range(self.limit, self.limit + room))
                self.limit += room
                for other in self._regimes:
                    other.reset()
                return True
        return False


def _regimes(members: Members, tables: Tables, native: bool, loads: Container[int]) -> list[Regime]:
    """The regimes of all periods that are possible, the shortest first."""
    repeats = [*(end.repeat for end in members.ends), *members.pattern_repeats]
    base = lcm(*(repeat for repeat in repeats if repeat <= MAX_PERIOD))
    periods: dict[tuple[int, ...], list[int]] = {}
    for period in range(base, max(base, MAX_PERIOD) + 1, base):
        counts = Counter(end.channel for end in members.ends if period % end.repeat == 0)
        if all(count == 2 for count in counts.values()):
            periods.setdefault(tuple(sorted(counts)), []).append(period)
    regimes: list[Regime] = []
    for channels, possible in periods.items():
        regimes.append(Regime(members, tables, channels, possible, native))
        slack = _slack(tables, channels, loads)
        if slack:
            rest = [channel for channel in channels if channel not in slack]
            regimes.append(Regime(members, tables, rest, possible, native, slack))
    # Those without slack first: they skip further.
    return sorted(regimes, key=_has_slack)


def _has_slack(regime: Regime) -> bool:
    return bool(regime.slack)


def _slack(tables: Tables, channels: Sequence[int], loads: Container[int]) -> list[int]:
    """Of some channels those from address generators that wait for nothing but room."""
    rows = tables.channels[list(channels)] // k.PROCESS_WORDS
    fed = set(rows[:, k.TOKENS + k.OWNER].tolist())
    return [
        channel
        for channel, source in zip(channels, rows[:, k.CREDITS + k.OWNER].tolist(), strict=True)
        if source in loads and source not in fed
    ]


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


def find_groups(network: Network, tables: Tables, native: bool) -> list[Group]:
    """The time loops of a network, those that exchange tokens each iteration taken together."""
    used = sorted({p.loop_id for p in network.processes if p.loop_id is not None})
    pairs: list[tuple[int, int]] = []
    for index, channel in enumerate(network.channels):
        src = network.processes[channel.src].loop_id
        dst = network.processes[channel.dst].loop_id
        if src is None or dst is None or src == dst or network.loops[src] != network.loops[dst]:
            continue
        trips = network.loops[src]
        if max(send_repeat(network, index, trips), pop_repeat(network, index, trips)) <= MAX_PERIOD:
            pairs.append((src, dst))
    leader = components(len(network.loops), pairs)
    return [
        Group(network, tables, [loop for loop in used if leader[loop] == first], native)
        for first in sorted({leader[loop] for loop in used})
        if network.loops[first] > MIN_TRIPS
    ]
