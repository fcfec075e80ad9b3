"""The flat tables of a network that the event engine's inner loop works on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from spatial_opt.runtime import event_kernel as k
from spatial_opt.runtime.bindings import find
from spatial_opt.runtime.event_parts import Part, shortest
from spatial_opt.runtime.event_rows import flow
from spatial_opt.runtime.native_loops import Words, call
from spatial_opt.runtime.network import CAUSES, Channel, Network, Process
from spatial_opt.runtime.row_comparison import PAST_WORDS

NEVER = 2**61
"""A firing index no process reaches."""

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
    """The state of a run; see `event_kernel` for the meaning of the words."""

    proc: Words
    chan: Words
    ring: Words
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
        """Take over the state of tables of the same size."""
        for array, values in zip(self.arrays(), state.arrays(), strict=True):
            array[:] = values

    def result(self) -> "Tables":
        """The same state, with the parts in arrays of its own that tell how a run went."""
        return replace(self, proc=self.proc.copy(), chan=self.chan.copy(), log=self.log.copy())

    @property
    def processes(self) -> Words:
        """Process records as the rows of a view."""
        return self.proc.reshape(-1, k.PROCESS_WORDS)

    @property
    def channels(self) -> Words:
        """Channel records as the rows of a view."""
        return self.chan.reshape(-1, k.CHANNEL_WORDS)

    @property
    def slots(self) -> Words:
        """Ring slots as the rows of a view."""
        return self.ring.reshape(-1, k.SLOT_WORDS)

    @property
    def part_rows(self) -> Words:
        """Part records as the rows of a view."""
        return self.parts.reshape(-1, k.PART_WORDS)

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


def build_tables(network: Network, activations: int, parts: Sequence[Part] = ()) -> Tables:
    """
    Build the tables of a network before its first firing.

    The first `activations` activations of each process will be recorded in the log. Words of the
    log that are never written are 0, times -1. The parts are those with rows.
    """
    processes, channels = network.processes, network.channels
    proc = np.zeros((len(processes), k.PROCESS_WORDS), np.int64)
    chan = np.zeros((len(channels), k.CHANNEL_WORDS), np.int64)
    ring = np.zeros((sum(c.capacity for c in channels), k.SLOT_WORDS), np.int64)
    incoming: list[list[int]] = [[] for _ in processes]
    outgoing: list[list[int]] = [[] for _ in processes]

    slot = 0
    for index, channel in enumerate(channels):
        incoming[channel.dst].append(index * k.CHANNEL_WORDS)
        outgoing[channel.src].append(index * k.CHANNEL_WORDS)
        first, period, width, cycle = pop_pattern(channel, processes[channel.dst])
        begin, end = slot * k.SLOT_WORDS, (slot + channel.capacity) * k.SLOT_WORDS
        record = {
            k.SRC: channel.src * k.PROCESS_WORDS,
            k.DST: channel.dst * k.PROCESS_WORDS,
            k.NEXT_SEND: channel.src_offset,
            k.SEND_PERIOD: channel.src_period,
            k.SEND_AT: begin + channel.initial % channel.capacity * k.SLOT_WORDS,
            k.CREDITS: channel.capacity - channel.initial,
            k.SEND_DELAY: network.latency(channel) + channel.delay,
            k.RING_BEGIN: begin,
            k.RING_END: end,
            k.NEXT_POP: first,
            k.POP_PERIOD: period,
            k.POP_AT: begin,
            k.TOKENS: channel.initial,
            k.POP_DELAY: channel.delay,
            k.POP_SPLIT: pack({"back_pressure": channel.delay})[-1],
            k.POP_LIMIT: channel.dst_lo + width if width < NEVER else NEVER,
            k.POP_CYCLE: cycle,
            k.POP_RESET: channel.dst_offset - width,
            k.PAST_AT: slot * PAST_WORDS,
        }
        for word, value in enumerate(pack(token_split(network, channel))):
            record[k.SEND_SPLIT + word] = value
        chan[index, list(record)] = list(record.values())
        slot += channel.capacity

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
            patterns += intervals
        words = k.RECORD_WAITS + len(incoming[index]) + len(outgoing[index])
        empty = [0] * words
        empty[k.RECORD_START] = empty[k.RECORD_END] = empty[k.RECORD_MOST_UNTIL] = -1
        recorded = min(activations, process.loop)
        record = _process_record(process, start, start + len(intervals), log, words * recorded)
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
    return Tables(
        proc.reshape(-1),
        chan.reshape(-1),
        ring.reshape(-1),
        np.array(edges, np.int64),
        np.array(patterns, np.int64),
        np.zeros(len(processes), np.int64),
        control,
        np.concatenate(logs),
        part_rows.reshape(-1),
        members,
        np.zeros(slot * PAST_WORDS if parts else 0, np.int64),
    )


def _part_tables(network: Network, parts: Sequence[Part]) -> tuple[Words, Words]:
    """The records of all parts, the one without rows first, and their members."""
    rows = np.zeros((1 + len(parts), k.PART_WORDS), np.int64)
    members: list[int] = []
    at = rows[0, k.SIZE] = len(network.processes) - sum(len(part.members) for part in parts)
    for row, part in zip(rows[1:], parts, strict=True):
        row[k.SIZE], row[k.QUEUE_AT] = len(part.members), at
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
