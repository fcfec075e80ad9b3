"""The flat tables of a network that the event engine's inner loop works on."""

from dataclasses import dataclass

import numpy as np

from spatial_opt.runtime import event_kernel as k
from spatial_opt.runtime.bindings import find
from spatial_opt.runtime.native_loops import Words, compile_loops
from spatial_opt.runtime.network import CAUSES, Channel, Network, Process

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

    def arrays(self) -> tuple[Words, ...]:
        """The arguments of `advance`."""
        return (
            self.proc,
            self.chan,
            self.ring,
            self.edges,
            self.patterns,
            self.queue,
            self.control,
            self.log,
        )

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

    def raise_limits(self, limits: Words) -> None:
        """Let each process fire up to its limit, and queue those that can go on."""
        rows = self.processes
        rows[:, k.LIMIT] = limits
        for index in np.flatnonzero((rows[:, k.WAIT] == k.AT_LIMIT) & (rows[:, k.FIRED] < limits)):
            at = int(self.control[k.HEAD] + self.control[k.COUNT]) % len(self.queue)
            self.queue[at] = index * k.PROCESS_WORDS
            self.control[k.COUNT] += 1
            rows[index, k.WAIT] = k.RUNNABLE

    def advance(self, native: bool) -> None:
        """Fire whatever can fire."""
        if not self.control[k.COUNT]:
            return
        if native:
            compile_loops(k.advance)(*self.arrays())
            return
        # Elements of a list are several times as fast as those of an array.
        lists: list[list[int]] = [array.tolist() for array in self.arrays()]
        k.advance(*lists)
        for array, values in zip(self.arrays(), lists, strict=True):
            array[:] = values


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


def build_tables(network: Network, activations: int) -> Tables:
    """
    Build the tables of a network before its first firing.

    The first `activations` activations of each process will be recorded in the log. Words of the
    log that are never written are 0, times -1.
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
        start = pattern_starts.get(process.intervals)
        if start is None:
            start = pattern_starts[process.intervals] = len(patterns)
            patterns += process.intervals
        words = k.RECORD_WAITS + len(incoming[index]) + len(outgoing[index])
        empty = [0] * words
        empty[k.RECORD_START] = empty[k.RECORD_END] = empty[k.RECORD_MOST_UNTIL] = -1
        recorded = min(activations, process.loop)
        record = _process_record(
            process, start, start + len(process.intervals), log, words * recorded
        )
        log += words * recorded
        logs.append(np.array(empty * recorded, np.int64))
        record[k.IN_BEGIN] = len(edges)
        edges += incoming[index]
        record[k.IN_END] = len(edges)
        edges += outgoing[index]
        record[k.OUT_END] = len(edges)
        proc[index, list(record)] = list(record.values())

    control = np.zeros(k.CONTROL_WORDS, np.int64)
    control[k.SIZE] = len(processes)
    return Tables(
        proc.reshape(-1),
        chan.reshape(-1),
        ring.reshape(-1),
        np.array(edges, np.int64),
        np.array(patterns, np.int64),
        np.zeros(len(processes), np.int64),
        control,
        np.concatenate(logs),
    )
