"""
What a step costs, and the recurrence bound of a long run from short ones.

With latencies only, producers that nothing holds back run ever further ahead, so a run has no
steady state that could be skipped. What they do ahead of time decides nothing, though: the
cycles of a run grow by the same number with every step once the longest cycle of dependences
rules. Three short runs show it; where they do not agree, the whole run is made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from spatial_opt.runtime.event_engine import TimeResult, recurrence_bound, run
from spatial_opt.runtime.network import Channel, Network, Process


@dataclass(frozen=True)
class Step:
    """The cycles of one further step, and whether all further ones cost the same."""

    cycles: float
    steady: bool


SHORT = (5, 7, 9)
"""Steps of the short runs, evenly spaced."""


def recurrence_cycles(network: Network, *, native: bool | None = None) -> int:
    """Give the cycles of a run in which only latencies and dependences count."""

    def cycles(steps: int | None) -> int:
        shorter = network if steps is None else with_steps(network, steps)
        return recurrence_bound(shorter, native=native).cycles

    trips = max(network.loops, default=1)
    if len(network.loops) != 1 or trips <= SHORT[-1]:
        return cycles(None)
    return extrapolated(cycles, trips)


def cycles_per_step(network: Network, result: TimeResult, *, native: bool | None = None) -> Step:
    """
    Give what one more step of the (first) time loop costs.

    Where the run found its steady state this is known; in a shorter run it is the difference to
    the run with one step less, and steady if the step before cost the same.
    """
    loop = result.loops[0]
    if loop.steady or len(network.loops) != 1 or loop.trips < 2:
        return Step(loop.cycles_per_step, loop.steady)

    def cycles(trips: int) -> int:
        return run(with_steps(network, trips), native=native).cycles

    before = cycles(loop.trips - 1)
    last = result.cycles - before
    return Step(float(last), loop.trips > 2 and before - cycles(loop.trips - 2) == last)


def extrapolated(cycles: Callable[[int | None], int], trips: int) -> int:
    """Extend three short runs to `trips` steps, or make the whole run (None) if they disagree."""
    first, second, third = (cycles(steps) for steps in SHORT)
    if third - second != second - first:
        return cycles(None)
    span = SHORT[1] - SHORT[0]
    whole, rest = divmod((third - second) * (trips - SHORT[2]), span)
    return third + whole + (rest > 0)


def with_steps(network: Network, steps: int) -> Network:
    """Give the same network with a shorter time loop; what happens once per run still does."""
    trips = network.loops[0]

    def process(old: Process) -> Process:
        if old.loop_id is None:
            return old
        return replace(old, loop=old.loop // trips * steps)

    def scaled(period: int, end: Process) -> int:
        per_step = end.total // trips
        once_per_run = end.loop_id is not None and period > per_step and period % trips == 0
        return period // trips * steps if once_per_run else period

    def channel(old: Channel) -> Channel:
        src, dst = network.processes[old.src], network.processes[old.dst]
        src_period = scaled(old.src_period, src)
        last = old.src_period - 1 - old.src_offset
        cycle = None if old.dst_cycle is None else scaled(old.dst_cycle, dst)
        return replace(
            old,
            src_period=src_period,
            src_offset=src_period - 1 - last if src_period != old.src_period else old.src_offset,
            dst_period=scaled(old.dst_period, dst),
            dst_cycle=cycle,
        )

    return Network(
        [process(p) for p in network.processes], [channel(c) for c in network.channels], [steps]
    )
