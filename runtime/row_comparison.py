"""
Comparing a row of a part with the row before; `event_rows` says what for.

Like `event_kernel` this is a subset of Python that is also translated to native code.
"""

from spatial_opt.runtime.event_kernel import (
    BLOCKED,
    CREDITS,
    CURRENT,
    DRIVERS_BEGIN,
    DRIVERS_END,
    DST,
    FIRED,
    FOUND,
    INNER_END,
    LEAST,
    LIMIT,
    MEMBERS_END,
    NEXT_POP,
    NEXT_SEND,
    OUTER_END,
    PART,
    PAST_AT,
    PAST_BLOCKED,
    PAST_COUNT,
    PAST_FIRED,
    PAST_LIMIT,
    PAST_MORE,
    PAST_MOVED,
    PAST_PATTERN,
    PAST_POP,
    PAST_READY,
    PAST_SEND,
    PAST_SPLIT,
    PAST_STARVED,
    PAST_TOKENS,
    PAST_WAIT,
    PATTERN_AT,
    POP_AT,
    POP_LIMIT,
    POP_PERIOD,
    READY,
    RING_BEGIN,
    RING_END,
    ROOM,
    SEND_AT,
    SEND_PERIOD,
    SHIFT,
    SLOT_SPLIT,
    SLOT_WORDS,
    SPLIT,
    SRC,
    STARVED,
    TOKENS,
    WAIT,
)

PAST_WORDS = 10
"""Of a slot in the array `past`: its place, its time, its causes, and how much these grew."""


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
    chan: list[int],
    ring: list[int],
    control: list[int],
    parts: list[int],
    members: list[int],
    past: list[int],
) -> None:
    """
    Compare the channels inside the part; lowers FOUND and ROOM.

    The slots that could make a process wait are remembered for the next comparison.
    """
    part = control[CURRENT]
    shift = control[SHIFT]
    found = control[FOUND]
    room = control[ROOM]
    i = parts[part + MEMBERS_END]
    while i < parts[part + INNER_END]:
        c = members[i]
        i += 1
        src = chan[c + SRC]
        dst = chan[c + DST]
        sent = proc[src + FIRED] - proc[src + PAST_FIRED]
        popped = proc[dst + FIRED] - proc[dst + PAST_FIRED]
        sending = chan[c + NEXT_SEND] - chan[c + PAST_SEND]
        popping = chan[c + NEXT_POP] - chan[c + PAST_POP]
        if chan[c + TOKENS] != chan[c + PAST_TOKENS]:
            found = 0
        if sending == 0 and popping == 0:
            # Nothing happens here; skip no further than to the first event.
            left = chan[c + NEXT_SEND] - proc[src + FIRED]
            if left < room * sent:
                room = left // sent
            left = chan[c + NEXT_POP] - proc[dst + FIRED]
            if left < room * popped:
                room = left // popped
            # Whatever is remembered is out of date, and like nothing.
            chan[c + PAST_COUNT] = -1
        else:
            if sending != sent or popping != popped:
                found = 0
            window = chan[c + POP_LIMIT] - chan[c + PAST_LIMIT]
            if window == 0:
                left = chan[c + POP_LIMIT] - 1 - chan[c + NEXT_POP]
                if left < 0:
                    left = 0
                if left < room * popped:
                    room = left // popped
            elif window != popped:
                found = 0
            # The slots that could make a process wait, tokens first.
            begin = chan[c + PAST_AT]
            at = begin
            last = at + chan[c + PAST_COUNT] * PAST_WORDS
            slot = chan[c + POP_AT]
            tokens = chan[c + TOKENS]
            total = tokens + chan[c + CREDITS]
            j = 0
            least = proc[dst + LEAST]
            bar = proc[dst + READY] + (chan[c + NEXT_POP] - proc[dst + FIRED]) * least
            step = chan[c + POP_PERIOD] * least
            end = chan[c + RING_END]
            while j < total:
                if j == tokens:
                    least = proc[src + LEAST]
                    bar = proc[src + READY] + (chan[c + NEXT_SEND] - proc[src + FIRED]) * least
                    step = chan[c + SEND_PERIOD] * least
                if ring[slot] > bar:
                    if at >= last:
                        found = 0
                    elif past[at] != j:
                        found = 0
                    elif ring[slot] - past[at + 1] != shift:
                        found = 0
                    past[at] = j
                    past[at + 1] = ring[slot]
                    w = 0
                    while w < 4:
                        more = ring[slot + SLOT_SPLIT + w] - past[at + 2 + w]
                        if more != past[at + 6 + w]:
                            if found == 2:
                                found = 1
                        past[at + 6 + w] = more
                        past[at + 2 + w] = ring[slot + SLOT_SPLIT + w]
                        w += 1
                    at += PAST_WORDS
                bar += step
                slot += SLOT_WORDS
                if slot == end:
                    slot = chan[c + RING_BEGIN]
                j += 1
            if at != last:
                found = 0
            chan[c + PAST_COUNT] = (at - begin) // PAST_WORDS
    control[FOUND] = found
    control[ROOM] = room


def compare_outer(
    proc: list[int],
    chan: list[int],
    ring: list[int],
    control: list[int],
    parts: list[int],
    members: list[int],
) -> None:
    """Compare the channels to other parts, and see what these allow; lowers FOUND and ROOM."""
    part = control[CURRENT]
    shift = control[SHIFT]
    found = control[FOUND]
    room = control[ROOM]
    i = parts[part + INNER_END]
    while i < parts[part + OUTER_END] and found > 0:
        c = members[i]
        i += 1
        p = chan[c + SRC]
        if proc[p + PART] == part:
            moved = proc[p + FIRED] - proc[p + PAST_FIRED]
            following = chan[c + NEXT_SEND]
            stepped = following - chan[c + PAST_SEND]
            period = chan[c + SEND_PERIOD]
            waited = chan[c + BLOCKED] - chan[c + PAST_BLOCKED]
            made = chan[c + TOKENS]
            free = chan[c + CREDITS]
            slot = chan[c + SEND_AT]
        else:
            p = chan[c + DST]
            moved = proc[p + FIRED] - proc[p + PAST_FIRED]
            following = chan[c + NEXT_POP]
            stepped = following - chan[c + PAST_POP]
            period = chan[c + POP_PERIOD]
            waited = chan[c + STARVED] - chan[c + PAST_STARVED]
            made = chan[c + CREDITS]
            free = chan[c + TOKENS]
            slot = chan[c + POP_AT]
            if stepped != 0:
                if chan[c + POP_LIMIT] != chan[c + PAST_LIMIT]:
                    found = 0
                left = chan[c + POP_LIMIT] - 1 - following
                if left < 0:
                    left = 0
                if left < room * moved:
                    room = left // moved
        if waited != 0:
            found = 0
        elif stepped == 0:
            left = following - proc[p + FIRED]
            if left < room * moved:
                room = left // moved
        elif stepped != moved:
            found = 0
        else:
            events = moved // period
            # What the part made of the slots in the last two rows must still be there.
            if made < 2 * events:
                room = 0
            else:
                size = chan[c + RING_END] - chan[c + RING_BEGIN]
                at = slot
                j = 0
                while j < events:
                    at -= SLOT_WORDS
                    if at < chan[c + RING_BEGIN]:
                        at += size
                    before = at - events * SLOT_WORDS
                    if before < chan[c + RING_BEGIN]:
                        before += size
                    if ring[at] - ring[before] != shift:
                        found = 0
                    j += 1
            if free < room * events:
                room = free // events
            least = proc[p + LEAST]
            bar = proc[p + READY] + (following - proc[p + FIRED]) * least
            j = 0
            while j < room * events:
                if ring[slot] > bar:
                    room = j // events
                bar += period * least
                slot += SLOT_WORDS
                if slot == chan[c + RING_END]:
                    slot = chan[c + RING_BEGIN]
                j += 1
    control[FOUND] = found
    control[ROOM] = room
