"""A network that comes to a halt says who waits for whom."""

import pytest

from spatial_opt.runtime.cycle_engine import run_cycles
from spatial_opt.runtime.deadlock import MAX_LINES, DeadlockError
from spatial_opt.runtime.event_engine import run
from spatial_opt.runtime.network import Channel, Network, Process


def deadlock_of(network: Network) -> DeadlockError:
    assert not run_cycles(network).finished
    with pytest.raises(DeadlockError) as caught:
        run(network)
    return caught.value


def test_feedback_without_tokens() -> None:
    error = deadlock_of(
        Network(
            [
                Process("@x.load", "load", 5, 1),
                Process("@dot", "pcu", 5, 1, latency=2),
                Process("@act", "pcu", 5, 1),
            ],
            [
                Channel("x", "vector", 0, 1, capacity=4),
                Channel("z", "scalar", 1, 2, capacity=4),
                Channel("h", "vector", 2, 1, capacity=4),
            ],
        )
    )
    assert error.cycle == (1, 2)
    assert str(error) == (
        "deadlock: 3 of 3 processes wait for ever, the last event was in cycle 3; they wait in a "
        "circle: @dot -> @act -> @dot; deepen a full channel or add initial tokens to it\n"
        "  @dot (after 0 of 5 firings) waits for a token from @act on channel h (0 of 4 tokens)\n"
        "  @act (after 0 of 5 firings) waits for a token from @dot on channel z (0 of 4 tokens)\n"
        "  @x.load (after 4 of 5 firings) waits for room at @dot on channel x (4 of 4 tokens)"
    )


def test_channel_too_shallow_for_a_reordering() -> None:
    # The source sends 4 tokens to the left and the last of them also to the right; the join wants
    # the right one first, so that 4 places are needed on the left.
    def network(depth: int) -> Network:
        return Network(
            [Process("source", "read", 1, 4), Process("join", "pcu", 1, 4)],
            [
                Channel("left", "vector", 0, 1, capacity=depth),
                Channel("right", "scalar", 0, 1, src_period=4, src_offset=3, dst_period=4),
            ],
        )

    error = deadlock_of(network(3))
    assert error.cycle == (0, 1)
    assert "source (after 3 of 4 firings) waits for room at join on channel left (3 of 3" in str(
        error
    )
    assert run(network(4)).cycles > 0


def test_numbers_of_tokens_do_not_match() -> None:
    error = deadlock_of(
        Network(
            [Process("a", "read", 1, 4), Process("b", "pcu", 1, 6)],
            [Channel("ab", "vector", 0, 1, capacity=8)],
        )
    )
    assert error.cycle == ()
    assert "do not match" in str(error)
    assert "a token from a, which has finished, on channel ab (0 of 8 tokens)" in str(error)


def test_in_a_loop() -> None:
    # The last of 1000 steps wants a token that nobody sends any more.
    error = deadlock_of(
        Network(
            [
                Process("a", "read", 1000, 2, loop_id=0),
                Process("b", "pcu", 1000, 2, loop_id=0),
                Process("c", "controller", 1, 1),
            ],
            [
                Channel("ab", "vector", 0, 1, capacity=2),
                Channel("cb", "token", 2, 1, dst_period=1999, dst_hi=2000),
            ],
            [1000],
        )
    )
    assert "b (after 1999 of 2000 firings) waits for a token from c, which has finished" in str(
        error
    )


def test_long_lists_are_cut() -> None:
    size = MAX_LINES + 5
    error = deadlock_of(
        Network(
            [Process(f"p{index}", "pcu", 1, 1) for index in range(size)],
            [Channel(f"c{index}", "token", index, (index + 1) % size) for index in range(size)],
        )
    )
    assert len(error.cycle) == size
    assert str(error).endswith("\n  and 5 more")
