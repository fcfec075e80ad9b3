"""What stands still when a network cannot move, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.network import Network

MAX_LINES = 12
"""Waits written out in a message; the rest are counted."""


@dataclass(frozen=True)
class Wait:
    """A process that cannot fire, and the first of the things it lacks."""

    process: int
    channel: int
    lacks: Literal["token", "credit"]


class DeadlockError(SpatialError):
    """No process of the network can fire again, yet some have not finished."""

    def __init__(self, message: str, waits: Sequence[Wait], cycle: Sequence[int]):
        super().__init__(message)
        self.waits = tuple(waits)
        self.cycle = tuple(cycle)
        """Processes that wait for each other in turn; empty if the waits form no cycle."""


def peer(network: Network, wait: Wait) -> int:
    """The process that would have to fire to end the wait."""
    channel = network.channels[wait.channel]
    return channel.src if wait.lacks == "token" else channel.dst


def find_cycle(network: Network, waits: Mapping[int, Wait]) -> list[int]:
    """
    Processes that wait for each other in turn, from the one of lowest index; empty if none do.

    Each process counts with one wait, so every path ends in a cycle or at a finished process.
    """
    visited: set[int] = set()
    for start in sorted(waits):
        path: list[int] = []
        at = start
        while at in waits and at not in visited:
            visited.add(at)
            path.append(at)
            at = peer(network, waits[at])
        if at in path:
            cycle = path[path.index(at) :]
            first = cycle.index(min(cycle))
            return cycle[first:] + cycle[:first]
    return []


def deadlock(
    network: Network, waits: Sequence[Wait], fired: Sequence[int], tokens: Sequence[int], time: int
) -> DeadlockError:
    """
    Build the error for a network that has come to a halt.

    `fired` counts the firings of each process, `tokens` those waiting in each channel, and `time`
    is that of the last event, in cycles.
    """
    by_process = {wait.process: wait for wait in waits}
    cycle = find_cycle(network, by_process)
    names = [process.name for process in network.processes]

    def describe(wait: Wait) -> str:
        process, channel = network.processes[wait.process], network.channels[wait.channel]
        other = peer(network, wait)
        wants = "a token from" if wait.lacks == "token" else "room at"
        done = "" if fired[other] < network.processes[other].total else ", which has finished,"
        return (
            f"{process.name} (after {fired[wait.process]} of {process.total} firings) waits for "
            f"{wants} {names[other]}{done} on channel {channel.name} "
            f"({tokens[wait.channel]} of {channel.capacity} tokens)"
        )

    ordered = [by_process[index] for index in cycle]
    ordered += [wait for wait in waits if wait.process not in cycle]
    lines = [describe(wait) for wait in ordered[:MAX_LINES]]
    if len(ordered) > MAX_LINES:
        lines.append(f"and {len(ordered) - MAX_LINES} more")
    head = (
        f"deadlock: {len(waits)} of {len(names)} processes wait for ever, "
        f"the last event was in cycle {time}"
    )
    if cycle:
        ring = " -> ".join(names[index] for index in [*cycle, cycle[0]])
        remedy = f"they wait in a circle: {ring}; deepen a full channel or add initial tokens to it"
    else:
        remedy = "the numbers of tokens sent and consumed on a channel do not match"
    return DeadlockError("\n  ".join([f"{head}; {remedy}", *lines]), ordered, cycle)
