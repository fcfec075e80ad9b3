"""
What the event engine remembers of single activations: when, how long they waited, and for what.

A process that is ready for its next firing but lacks tokens or room waits until the last of them
is there; the whole wait counts for that channel, so the waits of all activations of a run sum to
the `starved` and `blocked` cycles of the channels.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from spatial_opt.runtime import event_words as k
from spatial_opt.runtime.event_tables import Tables

StallKind: TypeAlias = Literal["starved", "blocked"]


@dataclass(frozen=True)
class Stall:
    """Cycles a process was ready but could not fire."""

    channel: int
    kind: StallKind
    """Whether a token was missing in the channel or room for one."""
    cycles: int


@dataclass(frozen=True)
class ActivationRecord:
    """One activation of a process: the unit is taken from `start` up to `end`, in cycles."""

    process: int
    activation: int
    start: int
    """Time of the first firing."""
    end: int
    """Time of the last firing plus its interval: the next activation could start here."""
    waits: tuple[Stall, ...] = ()
    """All waits of the activation summed by channel, the one before its first firing included."""
    before: Stall | None = None
    """The wait before the first firing; it lasted until `start`."""
    longest: Stall | None = None
    """The longest single wait of a later firing, the first of equals."""
    longest_until: int = -1
    """When `longest` was over; -1 if no later firing waited."""

    @property
    def starved(self) -> int:
        """Cycles the activation waited for tokens."""
        return sum(stall.cycles for stall in self.waits if stall.kind == "starved")

    @property
    def blocked(self) -> int:
        """Cycles the activation waited for room."""
        return sum(stall.cycles for stall in self.waits if stall.kind == "blocked")


def read_records(tables: Tables) -> list[ActivationRecord]:
    """The recorded activations by process and number; skipped and unfinished ones are left out."""
    records: list[ActivationRecord] = []
    edges: list[int] = tables.edges.tolist()
    begin = 0
    for process, row in enumerate(tables.processes.tolist()):
        first, middle, last = row[k.IN_BEGIN], row[k.IN_END], row[k.OUT_END]

        def stall(edge: int, cycles: int, middle: int = middle) -> Stall:
            kind: StallKind = "starved" if edge < middle else "blocked"
            return Stall(edges[edge] // k.CHANNEL_WORDS, kind, cycles)

        end: int = row[k.LOG_END]
        words = k.RECORD_WAITS + last - first
        rows: list[list[int]] = tables.log[begin:end].reshape(-1, words).tolist()
        begin = end
        for activation, log in enumerate(rows):
            if log[k.RECORD_START] < 0 or log[k.RECORD_END] < 0:
                continue
            before, longest = log[k.RECORD_BEFORE], log[k.RECORD_MOST]
            waits = zip(range(first, last), log[k.RECORD_WAITS :], strict=True)
            records.append(
                ActivationRecord(
                    process,
                    activation,
                    log[k.RECORD_START],
                    log[k.RECORD_END],
                    tuple(stall(edge, cycles) for edge, cycles in waits if cycles),
                    stall(log[k.RECORD_BEFORE_EDGE], before) if before else None,
                    stall(log[k.RECORD_MOST_EDGE], longest) if longest else None,
                    log[k.RECORD_MOST_UNTIL],
                )
            )
    return records
