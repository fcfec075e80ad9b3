"""The flat tables of a network that the event engine's inner loop works on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from spatial_opt.runtime import event_words as k
from spatial_opt.runtime.bindings import find
from spatial_opt.runtime.event_parts import Part, shortest
from spatial_opt.runtime.event_rows import flow
from spatial_opt.runtime.event_words import NEVER
from spatial_opt.runtime.native_loops import Words, call
from spatial_opt.runtime.network import CAUSES, Channel, Network, Process
from spatial_opt.runtime.row_comparison import PAST_WORDS

SPLIT_WORDS = 4

_FIRST_CYCLE = {
    "pcu": "compute",
    "read": "memory",
    "gather": "memory",
    "write": "memory",
    "load": "dram",
    "store": "dram",
    "controller": "control",
}
_FURTHER_CYCLES = _FIRST_CYCLE | dict.fromkeys(("read", "gather", "write"), "bank_conflict")
_LATENCY = _FIRST_CYCLE | {"pcu": "pipeline"}


def pack(causes: dict[str, int]) -> list[int]:
    """The words of a cause split: causes 2w and 2w+1 are the halves of word w."""
    words = [0] * SPLIT_WORDS
    for cause, cycles in causes.items():
        index = CAUSES.index(cause)
        words[index // 2] += cycles << (32 * (index % 2))
    return words


def unpack(words: Words) -> dict[str, int]:
    """The cause split in the words."""
    return {
        cause: int(words[index // 2]) >> (32 * (index % 2)) & 0xFFFFFFFF
        for index, cause in enumerate(CAUSES)
    }


def latency_split(kind: str, latency: int) -> dict[str, int]:
    """Causes of the cycles between a firing of a process of this kind and its token's leaving."""
    return {_LATENCY[kind]: latency}


def last_split(kind: str, latency: int) -> dict[str, int]:
    """Causes of the cycles between the last firing of a process and its finish."""
    return latency_split(kind, latency) if latency else {_FIRST_CYCLE[kind]: 1}


def token_split(network: Network, channel: Channel) -> dict[str, int]:
    """Causes of the cycles between a firing and the arrival of the token it sends."""
    latency = network.latency(channel)
    if channel.kind == "token":
        return {"control": latency + channel.delay}
    split = latency_split(network.processes[channel.src].kind, latency)
    split["network"] = channel.delay
    return split


@dataclass
class Tables:
    """The state of a run; see `event_words` for the meaning of the words."""

    proc: Words
    port: Words
    runs: Words
    edges: Words
    patterns: Words
    queue: Words
    control: Words
    log: Words
    parts: Words
    members: Words
    past: Words

    def arrays(self) -> tuple[Words, ...]:
        """The arguments of `flow`."""
        return tuple(getattr(self, field.name) for field in fields(self))

    def copy(self) -> "Tables":
        """The same state in arrays of its own."""
        return Tables(*(array.copy() for array in self.arrays()))

    def reset(self, state: "Tables") -> None:
        """Take over the state of tables of the same network before its first firing."""
        # The queues are filled by the first flow; the rest never changes, or is written first.
        self.proc[:] = state.proc
        self.port[:] = state.port
        self.control[:] = state.control
        self.log[:] = state.log
        self.parts[:] = state.parts

    def result(self) -> "Tables":
        """The same state, with the parts in arrays of its own that tell how a run went."""
        return replace(self, proc=self.proc.copy(), port=self.port.copy(), log=self.log.copy())

    @property
    def processes(self) -> Words:
        """Process records as the rows of a view."""
        return self.proc.reshape(-1, k.PROCESS_WORDS)

    @property
    def channels(self) -> Words:
        """Channel records as the rows of a view: each port's words, CREDITS between them."""
        return self.port.reshape(-1, k.CHANNEL_WORDS)

    @property
    def part_rows(self) -> Words:
        """Part records as the rows of a view."""
        return self.parts.reshape(-1, k.PART_WORDS)

    def capacity(self, channels: Words | Sequence[int]) -> Words:
        """The places of some channels."""
        rows = self.channels[channels]
        return (rows[:, k.END] - rows[:, k.BEGIN]) // k.RUN_WORDS

    def raise_limits(self, limits: Words) -> None:
        """Let each process fire up to its limit, from the next flow on."""
        self.processes[:, k.LIMIT] = limits
        self.control[k.RAISED] = 1

    def flow(self, native: bool) -> Callable[[], None]:
        """Give the function that fires whatever can fire."""
        return call(flow, self.arrays(), native)


def native_available() -> bool:
    """Whether the inner loop can run natively."""
    return find() is not None


def _process_record(
    process: Process, pattern_begin: int, pattern_end: int, log: int, log_words: int
) -> dict[int, int]:
    record = {
        k.WAIT: k.AT_LIMIT,
        k.PATTERN_AT: pattern_begin,
        k.PATTERN_BEGIN: pattern_begin,
        k.PATTERN_END: pattern_end,
        k.LEAST: min(process.intervals),
        k.FIRST: -1,
        k.FIRINGS: process.firings,
        k.LOG_AT: log,
        k.LOG_END: log + log_words,
    }
    for field, causes in ((k.UNIT, _FIRST_CYCLE), (k.REST, _FURTHER_CYCLES)):
        for word, value in enumerate(pack({causes[process.kind]: 1})):
            record[field + word] = value
    return record


def pop_pattern(channel: Channel, dst: Process) -> tuple[int, int, int, int]:
    """
    The firings that consume a token: (first, period, window width, cycle).

    A pattern without gaps has a window and a cycle of NEVER; one that no firing matches begins at
    NEVER.
    """
    lo, hi = channel.window(dst)
    cycle = channel.cycle(dst)
    first = lo + channel.dst_offset
    if first >= hi:
        return NEVER, 1, NEVER, NEVER
    if hi - lo == cycle and (cycle % channel.dst_period == 0 or cycle >= dst.total):
        return first, channel.dst_period, NEVER, NEVER
    return first, channel.dst_period, hi - lo, cycle


def pattern_words(intervals: Sequence[int]) -> list[int]:
    """A pattern of intervals, each with the number of equal ones from there on."""
    if len(intervals) == 1:
        return [intervals[0], k.ENDLESS]
    reverse: list[int] = []
    alike = 0
    for at in range(len(intervals) - 1, -1, -1):
        last = at + 1 == len(intervals) or intervals[at] != intervals[at + 1]
        alike = 1 if last else alike + 1
        reverse += [alike, intervals[at]]
    return reverse[::-1]


def _port_records(network: Network, channel: Channel) -> tuple[dict[int, int], dict[int, int]]:
    """The words of a channel's ports for tokens and credits, but for their queues."""
    first, period, width, cycle = pop_pattern(channel, network.processes[channel.dst])
    tokens = {
        k.NEXT: first,
        k.PERIOD: period,
        k.WAITING: channel.initial,
        k.CLOSE: channel.dst_lo + width if width < NEVER else NEVER,
        k.CYCLE: cycle,
        k.RESET: channel.dst_offset - width,
        k.OWNER: channel.dst * k.PROCESS_WORDS,
        k.DELAY: channel.delay,
    }
    credits = {
        k.NEXT: channel.src_offset,
        k.PERIOD: channel.src_period,
        k.WAITING: channel.capacity - channel.initial,
        k.CLOSE: NEVER,
        k.OWNER: channel.src * k.PROCESS_WORDS,
        k.DELAY: network.latency(channel) + channel.delay,
    }
    returning = {"back_pressure": channel.delay}
    for record, causes in ((tokens, returning), (credits, token_split(network, channel))):
        for word, value in enumerate(pack(causes)):
            record[k.DELAY_SPLIT + word] = value
    return tokens, credits


def build_tables(network: Network, activations: int, parts: Sequence[Part] = ()) -> Tables:
    """
    Build the tables of a network before its first firing.

    The first `activations` activations of each process will be recorded in the log. Words of the
    log that are never written are 0, times -1. The parts are those with rows.
    """
    processes, channels = network.processes, network.channels
    proc = np.zeros((len(processes), k.PROCESS_WORDS), np.int64)
    port = np.zeros((len(channels), k.CHANNEL_WORDS), np.int64)
    incoming: list[list[int]] = [[] for _ in processes]
    outgoing: list[list[int]] = [[] for _ in processes]

    places = 0
    for index, channel in enumerate(channels):
        at = index * k.CHANNEL_WORDS
        incoming[channel.dst].append(at + k.TOKENS)
        outgoing[channel.src].append(at + k.CREDITS)
        tokens, credits = _port_records(network, channel)
        tokens[k.OTHER], credits[k.OTHER] = at + k.CREDITS, at + k.TOKENS
        tokens[k.PAST_AT] = places * PAST_WORDS
        for offset, record in ((k.TOKENS, tokens), (k.CREDITS, credits)):
            begin = (2 * places + (channel.capacity if offset else 0)) * k.RUN_WORDS
            record[k.BEGIN] = record[k.HEAD] = begin
            record[k.END] = begin + channel.capacity * k.RUN_WORDS
            # With nothing there, the first run to come goes to the beginning.
            record[k.TAIL] = begin if record[k.WAITING] else record[k.END] - k.RUN_WORDS
            port[index, [offset + word for word in record]] = list(record.values())
        places += channel.capacity

    edges: list[int] = []
    patterns: list[int] = []
    pattern_starts: dict[tuple[int, ...], int] = {}
    logs = [np.zeros(0, np.int64)]
    log = 0
    for index, process in enumerate(processes):
        intervals = shortest(process.intervals)
        start = pattern_starts.get(intervals)
        if start is None:
            start = pattern_starts[intervals] = len(patterns)
            patterns += pattern_words(intervals)
        words = k.RECORD_WAITS + len(incoming[index]) + len(outgoing[index])
        empty = [0] * words
        empty[k.RECORD_START] = empty[k.RECORD_END] = empty[k.RECORD_MOST_UNTIL] = -1
        recorded = min(activations, process.loop)
        length = k.PATTERN_WORDS * len(intervals)
        record = _process_record(process, start, start + length, log, words * recorded)
        log += words * recorded
        logs.append(np.array(empty * recorded, np.int64))
        record[k.IN_BEGIN] = len(edges)
        edges += incoming[index]
        record[k.IN_END] = len(edges)
        edges += outgoing[index]
        record[k.OUT_END] = len(edges)
        proc[index, list(record)] = list(record.values())

    part_rows, members = _part_tables(network, parts)
    for index, part in enumerate(parts, start=1):
        proc[list(part.members), k.PART] = index * k.PART_WORDS
    control = np.zeros(k.CONTROL_WORDS, np.int64)
    control[k.PARTS_END] = part_rows.size
    control[k.PROCESSES_END] = proc.size
    control[k.PORTS_END] = port.size
    control[k.FRESH] = 1
    return Tables(
        proc.reshape(-1),
        port.reshape(-1),
        np.zeros(2 * places * k.RUN_WORDS, np.int64),
        np.array(edges, np.int64),
        np.array(patterns, np.int64),
        np.zeros(len(processes), np.int64),
        control,
        np.concatenate(logs),
        part_rows.reshape(-1),
        members,
        np.zeros(places * PAST_WORDS, np.int64),
    )


def _part_tables(network: Network, parts: Sequence[Part]) -> tuple[Words, Words]:
    """The records of all parts, the one without rows first, and their members."""
    rows = np.zeros((1 + len(parts), k.PART_WORDS), np.int64)
    members: list[int] = []
    at = rows[0, k.QUEUE_SIZE] = len(network.processes) - sum(len(part.members) for part in parts)
    for row, part in zip(rows[1:], parts, strict=True):
        row[k.QUEUE_SIZE], row[k.QUEUE_AT] = len(part.members), at
        at += len(part.members)
        row[k.WIDTH] = row[k.ROW_END] = part.width
        row[k.DRIVERS_BEGIN] = len(members)
        row[k.DRIVERS_END] = len(members) + len(part.drivers)
        members += (index * k.PROCESS_WORDS for index in part.members)
        row[k.MEMBERS_END] = len(members)
        members += (index * k.CHANNEL_WORDS for index in part.inner)
        row[k.INNER_END] = len(members)
        members += (index * k.CHANNEL_WORDS for index in part.outer)
        row[k.OUTER_END] = len(members)
    return rows, np.array(members, np.int64)
