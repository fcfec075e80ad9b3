"""Random small networks for the tests of the engines."""

from collections.abc import Callable
from random import Random

import pytest

from spatial_opt.runtime.network import PROCESS_KINDS, Channel, Network, Process


def random_network(rng: Random, *, trips: int = 4, live: bool = False) -> Network:
    """
    A random network of up to seven processes with loops of about `trips` iterations.

    Most channels are balanced (as many tokens are sent as consumed in each iteration); `live`
    asks for balanced ones only, and for no cycles without initial tokens.
    """
    loops = [rng.randint(max(1, trips - 2), trips) for _ in range(rng.randint(0, 2))]
    if len(loops) == 2 and rng.random() < 0.5:
        loops[1] = loops[0]
    processes: list[Process] = []
    for index in range(rng.randint(1, 7)):
        loop_id = rng.randrange(len(loops)) if loops and rng.random() < 0.85 else None
        outer = 1 if loop_id is None else loops[loop_id]
        interval: int | tuple[int, ...] = rng.choice([1, 1, 1, 2, 3])
        if rng.random() < 0.3:
            interval = tuple(rng.randint(0, 4) for _ in range(rng.randint(1, 5)))
        loop, firings = outer * rng.choice([1, 1, 2, 3]), rng.choice([1, 1, 2, 3, 4])
        if rng.random() < 0.05:
            interval = tuple(rng.choice([1, 1, 1, 2]) for _ in range(loop * firings))
        processes.append(
            Process(
                f"p{index}",
                rng.choice(PROCESS_KINDS),
                loop,
                firings,
                interval,
                rng.randint(0, 5),
                loop_id=loop_id,
            )
        )
    channels = [
        _random_channel(rng, f"c{index}", processes, loops, live)
        for index in range(rng.randint(0, 2 * len(processes)))
    ]
    return Network(processes, [channel for channel in channels if channel], loops)


def _random_channel(
    rng: Random, name: str, processes: list[Process], loops: list[int], live: bool
) -> Channel | None:
    src, dst = rng.randrange(len(processes)), rng.randrange(len(processes))
    source, destination = processes[src], processes[dst]
    if src > dst and rng.random() < 0.5:
        src, dst, source, destination = dst, src, destination, source
    capacity, initial = rng.choice([1, 1, 2, 3, 4, 6]), 0
    hops, hop_latency = rng.randint(0, 3), rng.choice([1, 1, 2])
    latency = rng.choice([None, None, None, 0, 2])
    if not live and rng.random() < 0.1:
        # Anything goes: most of these come to a halt.
        src_period, dst_period = rng.randint(1, 3), rng.randint(1, 3)
        cycle = rng.randint(1, destination.total)
        lo = rng.randint(0, cycle - 1)
        return Channel(
            name,
            "vector",
            src,
            dst,
            capacity=capacity,
            initial=rng.randint(0, capacity),
            src_period=src_period,
            src_offset=rng.randrange(src_period),
            dst_period=dst_period,
            dst_offset=rng.randrange(dst_period),
            dst_lo=lo,
            dst_hi=rng.randint(lo + 1, cycle),
            dst_cycle=cycle,
            hops=hops,
            hop_latency=hop_latency,
            latency=latency,
        )
    # Tokens once a run, or some each iteration of the loop both are in.
    trips = 1
    if source.loop_id is not None and destination.loop_id is not None:
        if loops[source.loop_id] == loops[destination.loop_id] and rng.random() < 0.9:
            trips = loops[source.loop_id]
    src_firings, dst_firings = source.total // trips, destination.total // trips
    counts = [n for n in range(1, src_firings + 1) if src_firings % n == 0 and n <= dst_firings]
    tokens = rng.choice(counts)
    src_period = src_firings // tokens
    if tokens > 0 and dst_firings % tokens == 0 and rng.random() < 0.6:
        dst_period, lo, hi = dst_firings // tokens, 0, dst_firings
    else:
        dst_period = rng.randint(1, dst_firings // tokens)
        lo = rng.randint(0, dst_firings - tokens * dst_period)
        hi = lo + tokens * dst_period
    if src >= dst or (rng.random() < 0.1 and not live):
        # A feedback: the tokens of an iteration are there at the start.
        initial = tokens * rng.choice([1, 1, 1, 2])
        capacity = initial + rng.choice([0, 1, 2, 4])
        if live:
            capacity = initial + tokens
    elif live and rng.random() < 0.7:
        capacity = max(capacity, tokens)
    return Channel(
        name,
        rng.choice(["vector", "scalar", "token"]),
        src,
        dst,
        capacity=capacity,
        initial=initial,
        src_period=src_period,
        src_offset=rng.choice([src_period - 1, rng.randrange(src_period)]),
        dst_period=dst_period,
        dst_offset=rng.choice([0, rng.randrange(dst_period)]),
        dst_lo=lo,
        dst_hi=hi,
        dst_cycle=dst_firings,
        hops=hops,
        hop_latency=hop_latency,
        latency=latency,
    )


@pytest.fixture(scope="session")
def make_network() -> Callable[..., Network]:
    """The function that makes a random network."""
    return random_network
