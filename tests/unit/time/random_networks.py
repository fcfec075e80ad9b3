"""Random small networks for the tests of the engines."""

from random import Random

from spatial_opt.runtime.network import PROCESS_KINDS, Channel, ChannelKind, Network, Process


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


def random_rows(rng: Random, most: int = 400) -> Network:
    """
    A random network of one or two kernels through which tokens stream, activation by activation.

    With sources that take turns (windows), forks and joins, slow consumers, conflicts of banks,
    short queues, and tokens between the kernels.
    """
    trips = rng.choice([1, 1, 2, 3, 7])
    loops = [trips] if trips > 1 or rng.random() < 0.3 else []
    loop_id = 0 if loops else None
    processes: list[Process] = []
    channels: list[Channel] = []

    def process(firings: int, *, outer: int = 1) -> int:
        interval: int | tuple[int, ...] = rng.choice([1, 1, 1, 1, 2, 3])
        kind = rng.random()
        if kind < 0.15:
            interval = tuple(rng.randint(0, 3) for _ in range(rng.choice([2, 3, 4, 6])))
        elif kind < 0.25:
            interval = tuple(rng.choice([1] * 40 + [2, 5]) for _ in range(firings))
        elif kind < 0.3:
            interval = 0
        processes.append(
            Process(
                f"p{len(processes)}",
                rng.choice(PROCESS_KINDS),
                trips * outer,
                firings,
                interval,
                rng.choice([0, 1, 2, 5, 11]),
                loop_id=loop_id,
            )
        )
        return len(processes) - 1

    def channel(src: int, dst: int, **more: int) -> None:
        kinds: list[ChannelKind] = ["token"] if more.pop("token", 0) else ["vector", "scalar"]
        capacity = more.pop("capacity", 0) or rng.choice([1, 2, 3, 4, 8, 16, 25, 40])
        channels.append(
            Channel(
                f"c{len(channels)}",
                rng.choice(kinds),
                src,
                dst,
                rng.choice([0, 1, 1, 2, 5]),
                rng.choice([1, 1, 2]),
                capacity,
                **more,
            )
        )

    signals: list[int] = []
    for _ in range(rng.choice([1, 1, 2, 3])):
        factor = rng.choice([1, 2, 3, 4])
        rows = rng.randint(64, most) // factor
        outer = rng.choice([1, 1, 1, 2])
        fast = rows * factor
        work = [process(fast, outer=outer) for _ in range(rng.randint(1, 4))]
        first = len(processes)
        for at, unit in enumerate(work):
            # Where its operands come from: the units before it, or one or several sources.
            if at and rng.random() < 0.85:
                channel(rng.choice(work[:at]), unit)
            if at and rng.random() < 0.2:
                channel(rng.choice(work[:at]), unit)
            pieces = rng.choice([0, 1, 1, 2, 3, 4])
            while pieces and fast % pieces:
                pieces -= 1
            for piece in range(pieces):
                source = process(fast // pieces, outer=outer)
                channel(
                    source,
                    unit,
                    dst_lo=piece * fast // pieces,
                    dst_hi=(piece + 1) * fast // pieces,
                    dst_cycle=fast,
                )
            if rng.random() < 0.15:
                # One operand for several firings.
                source = process(rows, outer=outer)
                channel(
                    source,
                    unit,
                    dst_period=factor,
                    dst_offset=rng.choice([0, rng.randrange(factor)]),
                )
            if rng.random() < 0.15 and at:
                # A feedback with room enough.
                tokens = rng.choice([1, 2, 5, 20])
                channel(
                    unit,
                    rng.choice(work[: at + 1]),
                    initial=tokens,
                    capacity=tokens + rng.choice([0, 1, 7]),
                )
        for unit in work:
            for _ in range(rng.choice([0, 1, 1, 2])):
                sink = process(rows, outer=outer)
                channel(
                    unit,
                    sink,
                    src_period=factor,
                    src_offset=rng.choice([factor - 1, rng.randrange(factor)]),
                )
                if rng.random() < 0.3:
                    slow = (
                        process(1, outer=outer * rows)
                        if rng.random() < 0.3
                        else process(rows, outer=outer)
                    )
                    channel(sink, slow)
                if rng.random() < 0.4:
                    packed = rng.choice([n for n in (4, 8, 16, 32, rows) if n <= rows])
                    if rows % packed == 0:
                        slow = process(rows // packed, outer=outer)
                        channel(sink, slow, src_period=packed, src_offset=packed - 1)
        done = rng.choice(work)
        size = processes[done].firings
        if signals and rng.random() < 0.8:
            before = rng.choice(signals)
            count = processes[before].total // trips
            # Once in an iteration: this kernel begins when the one before has ended.
            channel(
                before,
                done,
                token=1,
                src_period=count,
                src_offset=count - 1,
                dst_period=size * outer,
                capacity=rng.choice([1, 2, 4]),
            )
        if loops and rng.random() < 0.5:
            count = size * outer
            other = rng.choice(range(first - len(work), len(processes)))
            whole = processes[other].total // trips
            channel(
                done,
                other,
                token=1,
                src_period=count,
                src_offset=count - 1,
                dst_period=whole,
                capacity=rng.choice([1, 2, 4]),
                initial=1,
            )
        signals.append(rng.choice(range(first - len(work), len(processes))))
    return Network(processes, channels, loops)
