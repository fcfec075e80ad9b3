"""Networks that are not well formed are refused with the place and the numbers."""

import pytest

from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.event_engine import run
from spatial_opt.runtime.network import Channel, Network, Process

A, B = Process("a", "read", 2, 3), Process("b", "pcu", 2, 3)


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (Network([A], [], [0]), "loop 0 runs 0 times"),
        (Network([Process("a", "pcu", 0, 3)], []), "process a runs 0 activations of 3"),
        (Network([Process("a", "pcu", 1, 1, interval=())], []), "process a needs intervals"),
        (Network([Process("a", "pcu", 1, 1, interval=-1)], []), "process a needs intervals"),
        (Network([Process("a", "pcu", 1, 1, latency=-1)], []), "negative latency, -1"),
        (Network([Process("a", "pcu", 6, 1, loop_id=1)], [], [3]), "in loop 1, but there are 1"),
        (Network([Process("a", "pcu", 5, 1, loop_id=0)], [], [3]), "process a runs 5 times"),
        (Network([A, B], [Channel("c", "vector", 0, 2)]), "channel c ends at process 2"),
        (Network([A, B], [Channel("c", "vector", 0, 1, hops=-1)]), "negative number of hops"),
        (Network([A, B], [Channel("c", "vector", 0, 1, capacity=0)]), "holds 0 tokens"),
        (Network([A, B], [Channel("c", "vector", 0, 1, initial=2)]), "with 2 tokens but holds 1"),
        (Network([A, B], [Channel("c", "vector", 0, 1, src_offset=1)]), "offset 1 of every 1"),
        (Network([A, B], [Channel("c", "vector", 0, 1, dst_offset=1)]), "offset 1 of every 1"),
        (Network([A, B], [Channel("c", "vector", 0, 1, dst_lo=3, dst_hi=3)]), "firings 3 to 3"),
        (Network([A, B], [Channel("c", "vector", 0, 1, dst_hi=7)]), "firings 0 to 7 of every 6"),
    ],
)
def test_not_well_formed(network: Network, message: str) -> None:
    with pytest.raises(SpatialError, match=message):
        run(network)


def test_windows() -> None:
    # Two halves of a memory feed one port in turn: firings 0-2 and 3-5 of each activation.
    halves = [Process("lo", "read", 2, 3), Process("hi", "read", 2, 3)]
    reader = Process("dot", "pcu", 2, 6)
    channels = [
        Channel("l", "vector", 0, 2, dst_lo=0, dst_hi=3, dst_cycle=6),
        Channel("h", "vector", 1, 2, dst_lo=3, dst_hi=6, dst_cycle=6),
    ]
    result = run(Network([*halves, reader], channels), record=2)
    # The reader takes a token a cycle, 12 in all. Each half is one token ahead of it:
    # lo = 0, 1, 2 | 3, 6, 7 and hi = 0, 3, 4 | 5, 9, 10.
    assert result.processes[2].last == 11
    assert [r.start for r in result.records if r.process == 2] == [0, 6]
    assert result.processes[0].last == 7
    assert result.processes[1].last == 10
