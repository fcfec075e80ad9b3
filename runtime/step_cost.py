"""What one more step of a time loop costs, in runs too short for a steady state to be found."""

from __future__ import annotations

from dataclasses import dataclass, replace

from spatial_opt.runtime.event_engine import run
from spatial_opt.runtime.event_results import TimeResult
from spatial_opt.runtime.network import Channel, Network, Process


@dataclass(frozen=True)
class Step:
    """The cycles of a step, and whether it is known to be like those around it."""

    cycles: float
    steady: bool
    """The engine found the steady state, or the run is too short for that and its last two
    steps cost the same."""


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
