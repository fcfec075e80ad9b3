"""
Channels that an address generator fills faster than they are read, while a time loop is skipped.

Their source waits for nothing but room, and until they are full not even for that: it moves on at a
pace of its own. `steady_regime` says when; the array `where` has the number of these channels and
three words for each: its port for credits, the tokens of a period, and the cycles of a period at
its destination.

Like `event_kernel` this is a subset of Python that is also translated to native code.
"""

from spatial_opt.runtime.event_words import (
    COUNT,
    CREDITS,
    EVENTS,
    FOUND,
    PORT,
    ROOM,
    SHIFT,
    TAIL,
    TOKENS,
    WAITING,
)
from spatial_opt.runtime.run_queues import compare_given, give, limit_early, take

SLACK_WORDS = 3


def limit_slack(
    proc: list[int], port: list[int], runs: list[int], control: list[int], where: list[int]
) -> None:
    """Lower ROOM to the periods in which nobody waits for any of the channels."""
    control[FOUND] = 1
    i = 0
    while i < where[0]:
        a = where[1 + SLACK_WORDS * i]
        events = where[2 + SLACK_WORDS * i]
        control[PORT] = a
        control[COUNT] = events
        control[SHIFT] = where[3 + SLACK_WORDS * i]
        if port[a - CREDITS + TOKENS + WAITING] > 0:
            control[ROOM] = 0
        compare_given(port, runs, control)
        if control[FOUND] == 0:
            control[ROOM] = 0
        if control[ROOM] > 0:
            limit_early(proc, port, runs, control)
            if runs[port[a + TAIL] + EVENTS] < 2 * events:
                # The last two periods must not be taken before all is given.
                most = (port[a + WAITING] - 2 * events) // events
                if most < control[ROOM]:
                    control[ROOM] = most
        i += 1


def skip_slack(
    proc: list[int], port: list[int], runs: list[int], control: list[int], where: list[int]
) -> None:
    """Send and consume the tokens of so many periods (ROWS) on all channels."""
    i = 0
    while i < where[0]:
        a = where[1 + SLACK_WORDS * i]
        events = where[2 + SLACK_WORDS * i]
        control[PORT] = a
        control[COUNT] = events
        if runs[port[a + TAIL] + EVENTS] < 2 * events:
            take(port, runs, control)
            give(port, runs, control)
        else:
            give(port, runs, control)
            take(port, runs, control)
        i += 1
