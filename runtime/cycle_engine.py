"""
The cycle-by-cycle twin of the event engine: slow, obvious and independent of it.

A clock counts every cycle. In each, processes fire for as long as any of them can: a process can
fire when its interval is over and each token and credit it needs has arrived. It exists to check
the event engine, shares nothing with it but the network, and is meant for small networks.
"""

from collections import deque
from dataclasses import dataclass

from spatial_opt.runtime.network import Channel, Network, Process


@dataclass(frozen=True)
class CycleResult:
    """What happened when, in cycles."""

    times: list[list[int]]
    """Time of each firing of each process."""
    cycles: int
    """Finish of the last process: its last firing plus its latency, at least 1."""
    finished: bool
    """Whether all processes fired as often as they should; otherwise they are in deadlock."""


class _Queue:
    def __init__(self, channel: Channel, network: Network):
        self.channel = channel
        self.latency = network.latency(channel)
        destination = network.processes[channel.dst]
        self.cycle = channel.cycle(destination)
        self.lo, self.hi = channel.window(destination)
        self.tokens = deque([0] * channel.initial)
        self.credits = deque([0] * (channel.capacity - channel.initial))

    def sends(self, firing: int) -> bool:
        return firing % self.channel.src_period == self.channel.src_offset

    def consumes(self, firing: int) -> bool:
        place = firing % self.cycle
        if not self.lo <= place < self.hi:
            return False
        return (place - self.lo) % self.channel.dst_period == self.channel.dst_offset


class _Actor:
    def __init__(self, process: Process, inputs: list[_Queue], outputs: list[_Queue]):
        self.process = process
        self.inputs = inputs
        self.outputs = outputs
        self.times: list[int] = []
        self.ready = 0

    @property
    def done(self) -> bool:
        return len(self.times) == self.process.total

    def can_fire(self, now: int) -> bool:
        firing = len(self.times)
        if self.done or self.ready > now:
            return False
        for queue in self.inputs:
            if queue.consumes(firing) and not (queue.tokens and queue.tokens[0] <= now):
                return False
        for queue in self.outputs:
            if queue.sends(firing) and not (queue.credits and queue.credits[0] <= now):
                return False
        return True

    def fire(self, now: int) -> None:
        firing = len(self.times)
        for queue in self.inputs:
            if queue.consumes(firing):
                queue.tokens.popleft()
                queue.credits.append(now + queue.channel.hops * queue.channel.hop_latency)
        for queue in self.outputs:
            if queue.sends(firing):
                queue.credits.popleft()
                route = queue.channel.hops * queue.channel.hop_latency
                queue.tokens.append(now + queue.latency + route)
        intervals = self.process.intervals
        self.ready = now + intervals[firing % len(intervals)]
        self.times.append(now)


def run_cycles(network: Network) -> CycleResult:
    """Run a network cycle by cycle until all is done or nothing can ever move again."""
    network.validate()
    queues = [_Queue(channel, network) for channel in network.channels]
    actors = [
        _Actor(
            process,
            [queue for queue in queues if queue.channel.dst == index],
            [queue for queue in queues if queue.channel.src == index],
        )
        for index, process in enumerate(network.processes)
    ]
    now = 0
    while not all(actor.done for actor in actors):
        moved = True
        while moved:
            moved = False
            for actor in actors:
                while actor.can_fire(now):
                    actor.fire(now)
                    moved = True
        later = any(actor.ready > now for actor in actors if not actor.done) or any(
            time > now for queue in queues for time in (*queue.tokens, *queue.credits)
        )
        if not later:
            break
        now += 1
    return CycleResult(
        [actor.times for actor in actors],
        max(
            (a.times[-1] + max(1, a.process.latency) for a in actors if a.times),
            default=0,
        ),
        all(actor.done for actor in actors),
    )
