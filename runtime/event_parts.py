"""
The parts of a network whose work comes in rows, see `event_rows`.

Which processes make up a part, and how long a row is, only decides how much can be skipped: the
result is the same for any choice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from spatial_opt.runtime.network import Network, Process, components

SPREAD = 8
"""In an activation, the processes of a part fire at least 1/SPREAD as often as its fastest."""

MIN_FIRINGS = 128
"""Firings of the drivers in an activation; with less there is nothing to gain."""

MIN_ROWS = 8
"""Rows of an activation; it takes about five to be certain that they repeat."""

MIN_WIDTH = 16
"""Firings of a driver in a row; shorter rows are compared more often than is worth it."""


@dataclass(frozen=True)
class Part:
    """Processes that fire fast and in step; all figures are indices into the network."""

    drivers: tuple[int, ...]
    """The processes that are stopped after each row, those that fire most often."""
    others: tuple[int, ...]
    inner: tuple[int, ...]
    """Channels inside the part."""
    outer: tuple[int, ...]
    """Channels with one end in the part."""
    width: int
    """Firings of a driver in a row."""

    @property
    def members(self) -> tuple[int, ...]:
        """All processes of the part, the drivers first."""
        return self.drivers + self.others


def shortest(pattern: tuple[int, ...]) -> tuple[int, ...]:
    """The shortest pattern that repeats to the given one."""
    if len(set(pattern)) == 1:
        return pattern[:1]
    size = len(pattern)
    for length in range(2, size // 2 + 1):
        if size % length == 0 and pattern[:length] * (size // length) == pattern:
            return pattern[:length]
    return pattern


def find_parts(network: Network) -> list[Part]:
    """The parts with rows, in the order of their first processes."""
    processes = network.processes

    # Kernels first: processes of equally many activations with data between them.
    def kernel(process: Process) -> tuple[int | None, int]:
        return process.loop_id, process.loop

    pairs = [
        (channel.src, channel.dst)
        for channel in network.channels
        if channel.kind != "token"
        and kernel(processes[channel.src]) == kernel(processes[channel.dst])
    ]
    roots = components(len(processes), pairs)
    fastest: dict[int, int] = {}
    for root, process in zip(roots, processes, strict=True):
        fastest[root] = max(fastest.get(root, 0), process.firings)
    fast = [
        process.firings * SPREAD >= fastest[root]
        for root, process in zip(roots, processes, strict=True)
    ]
    roots = components(len(processes), [pair for pair in pairs if all(fast[end] for end in pair)])
    groups: dict[int, list[int]] = {}
    for index, root in enumerate(roots):
        if fast[index]:
            groups.setdefault(root, []).append(index)
    parts = [_part(network, group) for group in groups.values()]
    return [part for part in parts if part is not None]


def _part(network: Network, group: Sequence[int]) -> Part | None:
    processes = network.processes
    most = max(processes[index].firings for index in group)
    if len(group) < 2 or most < MIN_FIRINGS:
        return None
    inside = set(group)
    drivers = tuple(index for index in group if processes[index].firings == most)
    inner: list[int] = []
    outer: list[int] = []
    for index, channel in enumerate(network.channels):
        ends = (channel.src in inside) + (channel.dst in inside)
        if ends == 2:
            inner.append(index)
        elif ends == 1:
            outer.append(index)
    rates = _rates(network, drivers, inner)
    width = 1

    def align(index: int, period: int) -> None:
        """Make a row hold whole periods of a process, as far as these are part of a row."""
        nonlocal width
        rate = rates.get(index) or Fraction(processes[index].firings, most)
        firings = (rate / period).denominator
        if period < processes[index].firings and firings * MIN_ROWS <= most:
            width = lcm(width, firings)

    for index in (*inner, *outer):
        channel = network.channels[index]
        if channel.src in inside:
            align(channel.src, channel.src_period)
        if channel.dst in inside:
            align(channel.dst, channel.dst_period)
    for index in group:
        align(index, len(shortest(processes[index].intervals)))
    width *= -(-MIN_WIDTH // width)
    if width * MIN_ROWS > most:
        return None
    return Part(
        drivers,
        tuple(index for index in group if processes[index].firings < most),
        tuple(inner),
        tuple(outer),
        width,
    )


def _rates(
    network: Network, drivers: Sequence[int], channels: Sequence[int]
) -> dict[int, Fraction]:
    """
    Firings of the processes for each firing of a driver.

    This is while tokens move: of sources that take turns each may fire as fast as the driver.
    """
    neighbours: dict[int, list[tuple[int, Fraction]]] = {}
    for index in channels:
        channel = network.channels[index]
        rate = Fraction(channel.dst_period, channel.src_period)
        neighbours.setdefault(channel.src, []).append((channel.dst, rate))
        neighbours.setdefault(channel.dst, []).append((channel.src, 1 / rate))
    rates = dict.fromkeys(drivers, Fraction(1))
    reached = list(drivers)
    for index in reached:
        for neighbour, rate in neighbours.get(index, ()):
            if neighbour not in rates:
                rates[neighbour] = rates[index] * rate
                reached.append(neighbour)
    return rates
