"""
Moving a part on by some rows, and remembering its state; `event_rows` says when.

Like `event_kernel` this is a subset of Python that is also translated to native code.
"""

from spatial_opt.runtime.event_words import (
    BUSY,
    CLOSE,
    COUNT,
    CREDITS,
    CURRENT,
    DRIVERS_BEGIN,
    FIRED,
    INNER_END,
    MEMBERS_END,
    NEXT,
    OTHER,
    OUTER_END,
    OWNER,
    PART,
    PAST_AT,
    PAST_BUSY,
    PAST_CLOSE,
    PAST_COUNT,
    PAST_FIRED,
    PAST_MORE,
    PAST_MOVED,
    PAST_NEXT,
    PAST_PATTERN,
    PAST_READY,
    PAST_SPLIT,
    PAST_WAIT,
    PAST_WAITED,
    PAST_WAITING,
    PATTERN_AT,
    PERIOD,
    PORT,
    READY,
    ROOM,
    ROWS,
    RUN_SPLIT,
    SHIFT,
    SPLIT,
    TOKENS,
    WAIT,
    WAITED,
    WAITING,
)
from spatial_opt.runtime.row_comparison import (
    PAST_GROWN,
    PAST_RUN,
    PAST_RUN_SPLIT,
    PAST_TIME,
    PAST_WORDS,
)
from spatial_opt.runtime.run_queues import give, take


def skip_rows(
    proc: list[int],
    port: list[int],
    runs: list[int],
    control: list[int],
    parts: list[int],
    members: list[int],
    past: list[int],
) -> None:
    """Move the part on by ROOM rows."""
    part = control[CURRENT]
    rows = control[ROOM]
    shift = control[SHIFT]
    i = parts[part + MEMBERS_END]
    while i < parts[part + INNER_END]:
        c = members[i]
        i += 1
        if port[c + CREDITS + NEXT] != port[c + CREDITS + PAST_NEXT]:
            at = port[c + PAST_AT]
            last = at + port[c + PAST_COUNT] * PAST_WORDS
            while at < last:
                h = past[at + PAST_RUN]
                runs[h] += rows * shift
                past[at + PAST_TIME] += rows * shift
                w = 0
                while w < 4:
                    grown = rows * past[at + PAST_GROWN + w]
                    runs[h + RUN_SPLIT + w] += grown
                    past[at + PAST_RUN_SPLIT + w] += grown
                    w += 1
                at += PAST_WORDS
            a = c + TOKENS
            while a <= c + CREDITS:
                port[a + WAITED] += rows * (port[a + WAITED] - port[a + PAST_WAITED])
                port[a + NEXT] += rows * (port[a + NEXT] - port[a + PAST_NEXT])
                port[a + CLOSE] += rows * (port[a + CLOSE] - port[a + PAST_CLOSE])
                a += CREDITS - TOKENS
    control[ROWS] = rows
    while i < parts[part + OUTER_END]:
        a = members[i] + CREDITS
        i += 1
        if proc[port[a + OWNER] + PART] != part:
            a += TOKENS - CREDITS
        stepped = port[a + NEXT] - port[a + PAST_NEXT]
        if stepped > 0:
            port[a + NEXT] += rows * stepped
            control[COUNT] = stepped // port[a + PERIOD]
            control[PORT] = a
            take(port, runs, control)
            control[PORT] = port[a + OTHER]
            give(port, runs, control)
    i = parts[part + DRIVERS_BEGIN]
    while i < parts[part + MEMBERS_END]:
        p = members[i]
        i += 1
        moved = proc[p + FIRED] - proc[p + PAST_FIRED]
        if moved > 0:
            proc[p + FIRED] += rows * moved
            proc[p + READY] += rows * shift
            proc[p + BUSY] += rows * (proc[p + BUSY] - proc[p + PAST_BUSY])
            w = 0
            while w < 4:
                proc[p + SPLIT + w] += rows * proc[p + PAST_MORE + w]
                proc[p + PAST_SPLIT + w] += rows * proc[p + PAST_MORE + w]
                w += 1
            # The next comparison is with the row before the last.
            proc[p + PAST_FIRED] += rows * moved


def keep_channels(
    port: list[int], control: list[int], parts: list[int], members: list[int]
) -> None:
    """Remember the state of the channels of the part, but for their queues."""
    part = control[CURRENT]
    i = parts[part + MEMBERS_END]
    while i < parts[part + OUTER_END]:
        a = members[i] + TOKENS
        while a <= members[i] + CREDITS:
            port[a + PAST_NEXT] = port[a + NEXT]
            port[a + PAST_CLOSE] = port[a + CLOSE]
            port[a + PAST_WAITING] = port[a + WAITING]
            port[a + PAST_WAITED] = port[a + WAITED]
            a += CREDITS - TOKENS
        i += 1


def keep_processes(
    proc: list[int], control: list[int], parts: list[int], members: list[int]
) -> None:
    """Remember the state of the processes of the part."""
    part = control[CURRENT]
    i = parts[part + DRIVERS_BEGIN]
    while i < parts[part + MEMBERS_END]:
        p = members[i]
        proc[p + PAST_MOVED] = proc[p + FIRED] - proc[p + PAST_FIRED]
        proc[p + PAST_FIRED] = proc[p + FIRED]
        proc[p + PAST_READY] = proc[p + READY]
        proc[p + PAST_BUSY] = proc[p + BUSY]
        proc[p + PAST_WAIT] = proc[p + WAIT]
        proc[p + PAST_PATTERN] = proc[p + PATTERN_AT]
        w = 0
        while w < 4:
            proc[p + PAST_MORE + w] = proc[p + SPLIT + w] - proc[p + PAST_SPLIT + w]
            proc[p + PAST_SPLIT + w] = proc[p + SPLIT + w]
            w += 1
        i += 1
