"""What the event engine tells about a run: its cycles, their causes, and figures of each part."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from spatial_opt.runtime import event_words as k
from spatial_opt.runtime.event_log import ActivationRecord, read_records
from spatial_opt.runtime.event_tables import Tables
from spatial_opt.runtime.network import Network


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


class Details:
    """What each process and channel did in a run; worked out from the tables when asked for."""

    def __init__(self, network: Network, tables: Tables):
        self._network = network
        self._tables = tables

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Details) and (
            (self.processes, self.channels, self.records)
            == (other.processes, other.channels, other.records)
        )

    @cached_property
    def processes(self) -> list[ProcessStats]:
        """Statistics of all processes."""
        proc, chan = self._tables.processes, self._tables.channels
        starved = np.zeros(len(proc), np.int64)
        blocked = np.zeros(len(proc), np.int64)
        for total, at in ((starved, k.TOKENS), (blocked, k.CREDITS)):
            owner = chan[:, at + k.OWNER] // k.PROCESS_WORDS
            np.add.at(total, owner, chan[:, at + k.WAITED])
        last = proc[:, k.READY] - proc[:, k.INTERVAL]
        latency = [max(process.latency, 1) for process in self._network.processes]
        finish = last + np.array(latency, np.int64)
        columns = [proc[:, k.FIRED], proc[:, k.BUSY], starved, blocked, proc[:, k.FIRST]]
        rows: list[list[int]] = np.stack([*columns, last, finish], axis=1).tolist()
        return [
            ProcessStats(process.name, *row)
            for process, row in zip(self._network.processes, rows, strict=True)
        ]

    @cached_property
    def channels(self) -> list[ChannelStats]:
        """Statistics of all channels."""
        waited = [k.TOKENS + k.WAITED, k.CREDITS + k.WAITED]
        rows: list[list[int]] = self._tables.channels[:, waited].tolist()
        return [
            ChannelStats(channel.name, *row)
            for channel, row in zip(self._network.channels, rows, strict=True)
        ]

    @cached_property
    def records(self) -> list[ActivationRecord]:
        """The recorded activations."""
        return read_records(self._tables)


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
    recorded: int
    """How many activations of each process were asked for."""
    critical: int
    """The process that finishes last (of several the first)."""
    firings: int
    """Firings of all processes together, skipped ones included."""
    native: bool
    """Whether the inner loop ran natively."""
    details: Details = field(repr=False)

    @property
    def processes(self) -> list[ProcessStats]:
        """What each process did."""
        return self.details.processes

    @property
    def channels(self) -> list[ChannelStats]:
        """What each channel made its ends wait."""
        return self.details.channels

    @property
    def records(self) -> list[ActivationRecord]:
        """The first activations of each process, as many as asked for, but for skipped ones."""
        return self.details.records
