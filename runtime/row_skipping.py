"""
Moving a part on by some rows, and remembering its state; `event_rows` says when.

Like `event_kernel` this is a subset of Python that is also translated to native code.
"""

from spatial_opt.runtime.event_kernel import (
    BLOCKED,
    BUSY,
    CREDITS,
    CURRENT,
    DRIVERS_BEGIN,
    DST,
    FIRED,
    INNER_END,
    MEMBERS_END,
    NEXT_POP,
    NEXT_SEND,
    OUTER_END,
    PART,
    PAST_AT,
    PAST_BLOCKED,
    PAST_BUSY,
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
from spatial_opt.runtime.row_comparison import PAST_WORDS


def skip_rows(
    proc: list[int],
    chan: list[int],
    ring: list[int],
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
        sending = chan[c + NEXT_SEND] - chan[c + PAST_SEND]
        popping = chan[c + NEXT_POP] - chan[c + PAST_POP]
        if sending != 0:
            at = chan[c + PAST_AT]
            last = at + chan[c + PAST_COUNT] * PAST_WORDS
            while at < last:
                slot = chan[c + POP_AT] + past[at] * SLOT_WORDS
                if slot >= chan[c + RING_END]:
                    slot -= chan[c + RING_END] - chan[c + RING_BEGIN]
                ring[slot] += rows * shift
                past[at + 1] += rows * shift
                w = 0
                while w < 4:
                    ring[slot + SLOT_SPLIT + w] += rows * past[at + 6 + w]
                    past[at + 2 + w] += rows * past[at + 6 + w]
                    w += 1
                at += PAST_WORDS
            chan[c + STARVED] += rows * (chan[c + STARVED] - chan[c + PAST_STARVED])
            chan[c + BLOCKED] += rows * (chan[c + BLOCKED] - chan[c + PAST_BLOCKED])
            chan[c + NEXT_SEND] += rows * sending
            chan[c + NEXT_POP] += rows * popping
            chan[c + POP_LIMIT] += rows * (chan[c + POP_LIMIT] - chan[c + PAST_LIMIT])
    while i < parts[part + OUTER_END]:
        c = members[i]
        i += 1
        p = chan[c + SRC]
        events = 0
        if proc[p + PART] == part:
            stepped = chan[c + NEXT_SEND] - chan[c + PAST_SEND]
            slot = chan[c + SEND_AT]
            events = stepped // chan[c + SEND_PERIOD]
            chan[c + NEXT_SEND] += rows * stepped
            chan[c + TOKENS] += rows * events
            chan[c + CREDITS] -= rows * events
        else:
            p = chan[c + DST]
            stepped = chan[c + NEXT_POP] - chan[c + PAST_POP]
            slot = chan[c + POP_AT]
            events = stepped // chan[c + POP_PERIOD]
            chan[c + NEXT_POP] += rows * stepped
            chan[c + CREDITS] += rows * events
            chan[c + TOKENS] -= rows * events
        size = chan[c + RING_END] - chan[c + RING_BEGIN]
        j = 0
        while j < rows * events:
            # Each slot follows from those one and two rows before.
            one = slot - events * SLOT_WORDS
            if one < chan[c + RING_BEGIN]:
                one += size
            two = one - events * SLOT_WORDS
            if two < chan[c + RING_BEGIN]:
                two += size
            w = 0
            while w < SLOT_WORDS:
                ring[slot + w] = 2 * ring[one + w] - ring[two + w]
                w += 1
            slot += SLOT_WORDS
            if slot == chan[c + RING_END]:
                slot = chan[c + RING_BEGIN]
            j += 1
        if proc[chan[c + SRC] + PART] == part:
            chan[c + SEND_AT] = slot
        else:
            chan[c + POP_AT] = slot
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
    chan: list[int], control: list[int], parts: list[int], members: list[int]
) -> None:
    """Remember the state of the channels of the part, but for their slots."""
    part = control[CURRENT]
    i = parts[part + MEMBERS_END]
    while i < parts[part + OUTER_END]:
        c = members[i]
        chan[c + PAST_SEND] = chan[c + NEXT_SEND]
        chan[c + PAST_POP] = chan[c + NEXT_POP]
        chan[c + PAST_LIMIT] = chan[c + POP_LIMIT]
        chan[c + PAST_TOKENS] = chan[c + TOKENS]
        chan[c + PAST_STARVED] = chan[c + STARVED]
        chan[c + PAST_BLOCKED] = chan[c + BLOCKED]
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
