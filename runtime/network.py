"""
The process network whose run takes time: what both engines execute.

A configuration is reduced to *processes* (every stream of a memory unit, every compute unit,
address generator and controller) and *channels* between them (links, and the turns streams take
at a shared port). Nothing here knows the IR, and no values move: a network holds exactly what
decides *when* each process fires.

Process `p` fires `loop * firings` times; its n-th firing happens at

    t(n) = max(t(n-1) + interval(n-1), arrivals of the tokens it consumes, returns of the
               credits it needs, 0)

and a token sent at firing n arrives at `t(n) + latency + hops * hop_latency`; the place a token
held is free for the sender again `hops * hop_latency` cycles after the token was consumed.
All times are in machine cycles.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from spatial_opt.machine.errors import SpatialError

ProcessKind: TypeAlias = Literal["pcu", "read", "gather", "write", "load", "store", "controller"]
ChannelKind: TypeAlias = Literal["vector", "scalar", "token"]

PROCESS_KINDS: tuple[ProcessKind, ...] = get_args(ProcessKind)
CHANNEL_KINDS: tuple[ChannelKind, ...] = get_args(ChannelKind)

CAUSES = (
    "compute",
    "memory",
    "bank_conflict",
    "dram",
    "pipeline",
    "network",
    "control",
    "back_pressure",
)
"""What a cycle on the critical path can be spent on; the order of every cause vector."""

MAX_CYCLES = 2**31 - 1
"""Longest run the engine counts, in cycles (two seconds of a machine at 1 GHz)."""


@dataclass(frozen=True)
class Process:
    """
    One sequential actor: a memory stream, a compute unit, an address generator or a controller.
    """

    name: str
    kind: ProcessKind
    loop: int
    """Activations: the product of the trip counts of all enclosing controllers."""
    firings: int
    """Firings of one activation."""
    interval: int | tuple[int, ...] = 1
    """Cycles from one firing to the next; a tuple repeats over all firings of the run."""
    latency: int = 0
    """Cycles from a firing to the sending of its tokens."""
    unit: str = ""
    """The unit the process belongs to, for reports."""
    loop_id: int | None = None
    """Index into `Network.loops` of the time loop around the process, if there is one."""
    at: tuple[int, int] | None = None
    """Row and column of the unit, where known; times do not depend on it."""

    @property
    def total(self) -> int:
        """Firings of the whole run."""
        return self.loop * self.firings

    @property
    def intervals(self) -> tuple[int, ...]:
        """The repeating pattern of intervals; one entry if it is constant."""
        return (self.interval,) if isinstance(self.interval, int) else self.interval


@dataclass(frozen=True)
class Channel:
    """
    A bounded first-in first-out queue between two processes.

    Firings are counted over the whole run, from 0. The source sends a token at firing n if
    `n % src_period == src_offset`. With `m = n % dst_cycle`, the destination consumes one if
    `dst_lo <= m < dst_hi` and `(m - dst_lo) % dst_period == dst_offset`.
    """

    name: str
    kind: ChannelKind
    src: int
    """Index of the sending process."""
    dst: int
    """Index of the consuming process."""
    hops: int = 0
    hop_latency: int = 1
    capacity: int = 1
    """Tokens the queue holds, those on the way and initial ones included."""
    initial: int = 0
    """Tokens present at time 0."""
    src_period: int = 1
    src_offset: int = 0
    dst_period: int = 1
    dst_offset: int = 0
    dst_lo: int = 0
    dst_hi: int | None = None
    """End of the window of consuming firings; the whole cycle if None."""
    dst_cycle: int | None = None
    """Firings after which the window repeats; all firings of the destination if None."""
    latency: int | None = None
    """Cycles from firing to sending on this channel; the latency of the source if None."""

    @property
    def delay(self) -> int:
        """Cycles a token or a returning credit spends on the route."""
        return self.hops * self.hop_latency

    def cycle(self, dst: Process) -> int:
        """Firings of `dst` after which the window of consuming firings repeats."""
        return dst.total if self.dst_cycle is None else self.dst_cycle

    def window(self, dst: Process) -> tuple[int, int]:
        """First firing of the window in a cycle, and the one after its last."""
        return self.dst_lo, self.cycle(dst) if self.dst_hi is None else self.dst_hi


@dataclass(frozen=True)
class Network:
    """Processes, the channels between them, and the trip counts of the time loops."""

    processes: Sequence[Process]
    channels: Sequence[Channel]
    loops: Sequence[int] = ()
    """Trip count of each time loop; `Process.loop_id` points here."""

    def latency(self, channel: Channel) -> int:
        """Cycles from a firing of the source to the token's leaving it."""
        if channel.latency is not None:
            return channel.latency
        return self.processes[channel.src].latency

    def validate(self) -> None:
        """Check all figures; raises SpatialError naming the first process or channel at fault."""
        for loop, trips in enumerate(self.loops):
            if trips < 1:
                raise SpatialError(f"loop {loop} runs {trips} times; a loop runs at least once")
        for process in self.processes:
            self._validate_process(process)
        for channel in self.channels:
            self._validate_channel(channel)

    def _validate_process(self, process: Process) -> None:
        where = f"process {process.name}"
        if process.kind not in PROCESS_KINDS:
            raise SpatialError(
                f"{where} has kind {process.kind!r}; the kinds are {', '.join(PROCESS_KINDS)}"
            )
        if process.loop < 1 or process.firings < 1:
            raise SpatialError(
                f"{where} runs {process.loop} activations of {process.firings} firings; "
                "both must be at least 1"
            )
        if not process.intervals or min(process.intervals) < 0:
            raise SpatialError(f"{where} needs intervals of at least 0, has {process.interval}")
        if process.latency < 0:
            raise SpatialError(f"{where} has a negative latency, {process.latency}")
        if process.loop_id is None:
            return
        if not 0 <= process.loop_id < len(self.loops):
            raise SpatialError(
                f"{where} is in loop {process.loop_id}, but there are {len(self.loops)} loops"
            )
        if process.loop % self.loops[process.loop_id]:
            raise SpatialError(
                f"{where} runs {process.loop} times, which its loop of "
                f"{self.loops[process.loop_id]} iterations does not divide"
            )

    def _validate_channel(self, channel: Channel) -> None:
        where = f"channel {channel.name}"
        if channel.kind not in CHANNEL_KINDS:
            raise SpatialError(
                f"{where} has kind {channel.kind!r}; the kinds are {', '.join(CHANNEL_KINDS)}"
            )
        for end in (channel.src, channel.dst):
            if not 0 <= end < len(self.processes):
                raise SpatialError(
                    f"{where} ends at process {end}, but there are {len(self.processes)} processes"
                )
        if channel.hops < 0 or channel.hop_latency < 0 or self.latency(channel) < 0:
            raise SpatialError(f"{where} has a negative number of hops or a negative latency")
        if channel.capacity < 1:
            raise SpatialError(f"{where} holds {channel.capacity} tokens; it must hold at least 1")
        if not 0 <= channel.initial <= channel.capacity:
            raise SpatialError(
                f"{where} starts with {channel.initial} tokens but holds {channel.capacity}; "
                "raise its depth"
            )
        if not 0 <= channel.src_offset < channel.src_period:
            raise SpatialError(
                f"{where} sends at offset {channel.src_offset} of every {channel.src_period} "
                "firings; the offset must be below the period"
            )
        if not 0 <= channel.dst_offset < channel.dst_period:
            raise SpatialError(
                f"{where} consumes at offset {channel.dst_offset} of every {channel.dst_period} "
                "firings; the offset must be below the period"
            )
        lo, hi = channel.window(self.processes[channel.dst])
        cycle = channel.cycle(self.processes[channel.dst])
        if not 0 <= lo < hi <= cycle:
            raise SpatialError(
                f"{where} is consumed in firings {lo} to {hi} of every {cycle}; "
                "the window must be non-empty and inside the cycle"
            )


def components(size: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """For each of `size` nodes the lowest node it is connected with."""
    parent = list(range(size))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for pair in pairs:
        low, high = sorted(map(root, pair))
        parent[high] = low
    return [root(node) for node in range(size)]
