"""
Comparing a row of a part with the row before; `event_rows` says what for.

Like `event_kernel` this is a subset of Python that is also translated to native code.
"""

from spatial_opt.runtime.event_words import (
    CLOSE,
    COUNT,
    CREDITS,
    CURRENT,
    DRIVERS_BEGIN,
    DRIVERS_END,
    EVENTS,
    FIRED,
    FOUND,
    INNER_END,
    LATE_BEGIN,
    LATE_END,
    LIMIT,
    MEMBERS_END,
    NEXT,
    OTHER,
    OUTER_END,
    OWNER,
    PART,
    PAST_AT,
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
    RUN,
    RUN_SPLIT,
    SHIFT,
    SPLIT,
    STEP,
    STEP_SPLIT,
    TOKENS,
    WAIT,
    WAITED,
    WAITING,
)
from spatial_opt.runtime.run_queues import begin_late, compare_given, find_late, limit_early

# Of a run that matters, in the array `past`.
PAST_RUN = 0
PAST_PLACE = 1  # events before it in the channel, tokens first
PAST_EVENTS = 2
PAST_TIME = 3
PAST_STEP = 4
PAST_RUN_SPLIT = 5  # four words
PAST_GROWN = 9  # four words: how much the causes grew
PAST_STEP_SPLIT = 13  # four words
PAST_WORDS = 17


def compare_processes(
    proc: list[int], control: list[int], parts: list[int], members: list[int]
) -> None:
    """
    Compare the processes with the row before.

    Sets FOUND to 2 if they moved on alike and did so before, to 1 if the causes grew otherwise,
    and to 0 if they did not move alike; SHIFT to the time of a row, ROOM to the rows until a limit.
    """
    part = control[CURRENT]
    i = parts[part + DRIVERS_BEGIN]
    p = members[i]
    shift = proc[p + READY] - proc[p + PAST_READY]
    room = proc[p + LIMIT]
    found = 2
    drivers_end = parts[part + DRIVERS_END]
    while i < parts[part + MEMBERS_END] and found > 0:
        p = members[i]
        moved = proc[p + FIRED] - proc[p + PAST_FIRED]
        later = proc[p + READY] - proc[p + PAST_READY]
        if proc[p + WAIT] != proc[p + PAST_WAIT] or moved < 0:
            found = 0
        elif moved == 0:
            if later != 0 or i < drivers_end:
                found = 0
        elif later != shift:
            found = 0
        elif proc[p + PATTERN_AT] != proc[p + PAST_PATTERN]:
            found = 0
        else:
            left = proc[p + LIMIT] - proc[p + FIRED]
            # A process that does not stop at rows must not come to its limit: what it waits for
            # then is no longer what it waits for now.
            if i >= drivers_end:
                left -= 1
            if left < 0:
                left = 0
            if moved != proc[p + PAST_MOVED]:
                found = 1
            elif left < room * moved:
                room = left // moved
        if found == 2:
            w = 0
            while w < 4:
                more = proc[p + SPLIT + w] - proc[p + PAST_SPLIT + w]
                if more != proc[p + PAST_MORE + w]:
                    found = 1
                w += 1
        i += 1
    control[FOUND] = found
    control[SHIFT] = shift
    control[ROOM] = room


def compare_inner(
    proc: list[int],
    port: list[int],
    runs: list[int],
    control: list[int],
    parts: list[int],
    members: list[int],
    past: list[int],
) -> None:
    """
    Compare the channels inside the part; lowers FOUND and ROOM.

    The runs that could make a process wait are remembered for the next comparison.
    """
    part = control[CURRENT]
    shift = control[SHIFT]
    found = control[FOUND]
    room = control[ROOM]
    i = parts[part + MEMBERS_END]
    while i < parts[part + INNER_END]:
        c = members[i]
        i += 1
        if port[c + TOKENS + WAITING] != port[c + TOKENS + PAST_WAITING]:
            found = 0
        sending = port[c + CREDITS + NEXT] - port[c + CREDITS + PAST_NEXT]
        popping = port[c + TOKENS + NEXT] - port[c + TOKENS + PAST_NEXT]
        moving = 1
        if sending == 0 and popping == 0:
            moving = 0
            # Whatever is remembered is out of date, and like nothing.
            port[c + PAST_COUNT] = -1
        begin = port[c + PAST_AT]
        at = begin
        last = at + port[c + PAST_COUNT] * PAST_WORDS
        place = 0
        a = c + TOKENS
        while a <= c + CREDITS:
            p = port[a + OWNER]
            moved = proc[p + FIRED] - proc[p + PAST_FIRED]
            following = port[a + NEXT]
            if moving == 0:
                # Nothing happens here; skip no further than to the first event.
                left = following - proc[p + FIRED]
                if left < room * moved:
                    room = left // moved
            else:
                if following - port[a + PAST_NEXT] != moved:
                    found = 0
                window = port[a + CLOSE] - port[a + PAST_CLOSE]
                if window == 0:
                    left = port[a + CLOSE] - 1 - following
                    if left < 0:
                        left = 0
                    if left < room * moved:
                        room = left // moved
                elif window != moved:
                    found = 0
                # The part of each run that could make the process wait: its first or last events.
                control[PORT] = a
                begin_late(proc, port, control)
                rest = port[a + WAITING]
                while rest > 0:
                    h = control[RUN]
                    find_late(port, runs, control)
                    first = control[LATE_BEGIN]
                    end = control[LATE_END]
                    if first < end:
                        time = runs[h] + first * runs[h + STEP]
                        if at >= last:
                            found = 0
                        elif past[at + PAST_PLACE] != place + first:
                            found = 0
                        elif past[at + PAST_EVENTS] != end - first:
                            found = 0
                        elif time - past[at + PAST_TIME] != shift:
                            found = 0
                        past[at + PAST_RUN] = h
                        past[at + PAST_PLACE] = place + first
                        past[at + PAST_EVENTS] = end - first
                        past[at + PAST_TIME] = time
                        if end - first > 1:
                            if runs[h + STEP] != past[at + PAST_STEP]:
                                found = 0
                            past[at + PAST_STEP] = runs[h + STEP]
                        w = 0
                        while w < 4:
                            cause = runs[h + RUN_SPLIT + w] + first * runs[h + STEP_SPLIT + w]
                            more = cause - past[at + PAST_RUN_SPLIT + w]
                            if more != past[at + PAST_GROWN + w]:
                                if found == 2:
                                    found = 1
                            past[at + PAST_GROWN + w] = more
                            past[at + PAST_RUN_SPLIT + w] = cause
                            if end - first > 1:
                                if runs[h + STEP_SPLIT + w] != past[at + PAST_STEP_SPLIT + w]:
                                    if found == 2:
                                        found = 1
                                past[at + PAST_STEP_SPLIT + w] = runs[h + STEP_SPLIT + w]
                            w += 1
                        at += PAST_WORDS
                    place += runs[h + EVENTS]
                    rest -= runs[h + EVENTS]
            a += CREDITS - TOKENS
        if moving == 1:
            if at != last:
                found = 0
            port[c + PAST_COUNT] = (at - begin) // PAST_WORDS
    control[FOUND] = found
    control[ROOM] = room


def compare_outer(
    proc: list[int],
    port: list[int],
    runs: list[int],
    control: list[int],
    parts: list[int],
    members: list[int],
) -> None:
    """Compare the channels to other parts, and see what these allow; lowers FOUND and ROOM."""
    part = control[CURRENT]
    i = parts[part + INNER_END]
    end = parts[part + OUTER_END]
    while i < end:
        a = members[i] + CREDITS
        i += 1
        if proc[port[a + OWNER] + PART] != part:
            a += TOKENS - CREDITS
        p = port[a + OWNER]
        moved = proc[p + FIRED] - proc[p + PAST_FIRED]
        following = port[a + NEXT]
        stepped = following - port[a + PAST_NEXT]
        if port[a + WAITED] != port[a + PAST_WAITED]:
            control[FOUND] = 0
        elif stepped == 0:
            left = following - proc[p + FIRED]
            if left < control[ROOM] * moved:
                control[ROOM] = left // moved
        elif stepped != moved:
            control[FOUND] = 0
        elif port[a + CLOSE] != port[a + PAST_CLOSE]:
            control[FOUND] = 0
        else:
            left = port[a + CLOSE] - 1 - following
            if left < 0:
                left = 0
            if left < control[ROOM] * moved:
                control[ROOM] = left // moved
            control[COUNT] = moved // port[a + PERIOD]
            # What the part made of events in the last two rows must still be there.
            control[PORT] = port[a + OTHER]
            compare_given(port, runs, control)
            control[PORT] = a
            limit_early(proc, port, runs, control)
        if control[FOUND] == 0:
            i = end
