"""
Skipping inside an activation: a stream of tokens is an arithmetic progression.

The fast processes of a kernel fire hundreds of times per activation, and after a few rows of their
work (a row makes one result) each row is like the one before. So the processes are divided into
parts: those of one kernel that fire fast make up a part with rows, all others the first part. The
*drivers* of a part are stopped at the end of every row; the part then comes to rest, all others
waiting meanwhile. What its state is by then does not depend on the order of firings.

Suppose that in each of the last two rows

* every process either did nothing or moved by the same time as all others, and fired as often as
  in the row before; its causes grew by the same amounts in both rows;
* every channel inside the part holds as many tokens as before, and every slot that could make a
  process wait moved by the same time, its causes by the same amounts in both rows;
* nobody in the part waited for a channel to another part.

Then the next rows must do the same, as long as no end of a channel comes to an event that did not
happen in these rows, no process to its limit, and the tokens and places of channels to other parts
are there early enough not to be waited for. Up to there all rows are skipped at once. All
conditions are checked exactly; where they don't hold, rows are run firing by firing.

A slot can't make a process wait if its time is no later than the firing that uses it could be at
the earliest: when the process is ready plus the intervals of the firings between.

Like `event_kernel` this is a subset of Python that is also translated to native code.
"""

from spatial_opt.runtime.event_kernel import (
    ALIKE,
    AT_LIMIT,
    BLOCKED,
    BUSY,
    COUNT,
    CREDITS,
    CURRENT,
    DRIVERS_BEGIN,
    DRIVERS_END,
    DST,
    FIRED,
    FOUND,
    HEAD,
    INNER_END,
    LEAST,
    LIMIT,
    MEMBERS_END,
    NEXT_POP,
    NEXT_SEND,
    OUTER_END,
    PART,
    PART_WORDS,
    PARTS_END,
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
    QUEUE_AT,
    RAISED,
    READY,
    RING_BEGIN,
    RING_END,
    ROOM,
    ROW_END,
    RUNNABLE,
    SEND_AT,
    SEND_PERIOD,
    SHIFT,
    SIZE,
    SLOT_SPLIT,
    SLOT_WORDS,
    SPLIT,
    SRC,
    STARVED,
    STOP,
    TOKENS,
    WAIT,
    WIDTH,
    advance,
)

PAST_WORDS = 10
"""Of a slot in the array `past`: its place, its time, its causes, and how much these grew."""


def flow(
    proc: list[int],
    chan: list[int],
    ring: list[int],
    edges: list[int],
    patterns: list[int],
    queue: list[int],
    control: list[int],
    log: list[int],
    parts: list[int],
    members: list[int],
    past: list[int],
) -> None:
    """Run all parts until none can go on."""
    moved = 1
    while moved == 1:
        moved = 0
        part = 0
        while part < control[PARTS_END]:
            control[CURRENT] = part
            control[RAISED] = 1
            while control[RAISED] == 1:
                control[RAISED] = 0
                if parts[part + COUNT] > 0:
                    moved = 1
                    advance(proc, chan, ring, edges, patterns, queue, control, log, parts)
                if parts[part + WIDTH] > 0:
                    end_row(proc, chan, ring, queue, control, parts, members, past)
            part += PART_WORDS


def end_row(
    proc: list[int],
    chan: list[int],
    ring: list[int],
    queue: list[int],
    control: list[int],
    parts: list[int],
    members: list[int],
    past: list[int],
) -> None:
    """If all drivers of the current part have ended the row, begin the next, perhaps a later one."""
    part = control[CURRENT]
    end = parts[part + ROW_END]
    ended = 1
    i = parts[part + DRIVERS_BEGIN]
    if proc[members[i] + LIMIT] <= end:
        ended = 0
    while i < parts[part + DRIVERS_END] and ended == 1:
        if proc[members[i] + FIRED] != end:
            ended = 0
        i += 1
    if ended == 1:
        control[FOUND] = 0
        control[ROOM] = 0
        compare_processes(proc, control, parts, members)
        if control[FOUND] > 0:
            if parts[part + ALIKE] > 0:
                compare_inner(proc, chan, ring, control, parts, members, past)
                if control[FOUND] > 0:
                    compare_outer(proc, chan, ring, control, parts, members)
            if control[FOUND] > 0:
                parts[part + ALIKE] += 1
            else:
                parts[part + ALIKE] = 1
            alike = parts[part + ALIKE]
            found = control[FOUND]
            rows = control[ROOM]
            if alike > 2 and found == 2 and rows > 0:
                skip_rows(proc, chan, ring, control, parts, members, past)
                end += rows * parts[part + WIDTH]
            keep_channels(proc, chan, ring, control, parts, members, past)
        else:
            parts[part + ALIKE] = 0
        keep_processes(proc, control, parts, members)

        end += parts[part + WIDTH]
        parts[part + ROW_END] = end
        i = parts[part + DRIVERS_BEGIN]
        while i < parts[part + DRIVERS_END]:
            p = members[i]
            stop = end
            if proc[p + LIMIT] < stop:
                stop = proc[p + LIMIT]
            proc[p + STOP] = stop
            if proc[p + FIRED] < stop:
                if proc[p + WAIT] == AT_LIMIT:
                    proc[p + WAIT] = RUNNABLE
                    at = parts[part + HEAD] + parts[part + COUNT]
                    if at >= parts[part + SIZE]:
                        at -= parts[part + SIZE]
                    queue[parts[part + QUEUE_AT] + at] = p
                    parts[part + COUNT] += 1
            i += 1
        control[RAISED] = 1


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
    """Compare the channels inside the part; lowers FOUND and ROOM."""
    part = control[CURRENT]
    shift = control[SHIFT]
    found = control[FOUND]
    room = control[ROOM]
    i = parts[part + MEMBERS_END]
    while i < parts[part + INNER_END] and found > 0:
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
        elif sending == 0 and popping == 0:
            # Nothing happens here; skip no further than to the first event.
            left = chan[c + NEXT_SEND] - proc[src + FIRED]
            if left < room * sent:
                room = left // sent
            left = chan[c + NEXT_POP] - proc[dst + FIRED]
            if left < room * popped:
                room = left // popped
        elif sending != sent or popping != popped:
            found = 0
        else:
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
            at = chan[c + PAST_AT]
            last = at + chan[c + PAST_COUNT] * PAST_WORDS
            slot = chan[c + POP_AT]
            tokens = chan[c + TOKENS]
            total = tokens + chan[c + CREDITS]
            j = 0
            least = proc[dst + LEAST]
            bar = proc[dst + READY] + (chan[c + NEXT_POP] - proc[dst + FIRED]) * least
            step = chan[c + POP_PERIOD] * least
            while j < total:
                if j == tokens:
                    least = proc[src + LEAST]
                    bar = proc[src + READY] + (chan[c + NEXT_SEND] - proc[src + FIRED]) * least
                    step = chan[c + SEND_PERIOD] * least
                if ring[slot] > bar:
                    if at == last:
                        found = 0
                        j = total
                    elif past[at] != j:
                        found = 0
                        j = total
                    elif ring[slot] - past[at + 1] != shift:
                        found = 0
                        j = total
                    elif found == 2:
                        w = 0
                        while w < 4:
                            more = ring[slot + SLOT_SPLIT + w] - past[at + 2 + w]
                            if more != past[at + 6 + w]:
                                found = 1
                            w += 1
                    at += PAST_WORDS
                bar += step
                slot += SLOT_WORDS
                if slot == chan[c + RING_END]:
                    slot = chan[c + RING_BEGIN]
                j += 1
            if at != last:
                found = 0
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
        src = chan[c + SRC]
        dst = chan[c + DST]
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
    proc: list[int],
    chan: list[int],
    ring: list[int],
    control: list[int],
    parts: list[int],
    members: list[int],
    past: list[int],
) -> None:
    """Remember the state of the channels of the part."""
    part = control[CURRENT]
    i = parts[part + MEMBERS_END]
    while i < parts[part + OUTER_END]:
        c = members[i]
        if i < parts[part + INNER_END]:
            src = chan[c + SRC]
            dst = chan[c + DST]
            begin = chan[c + PAST_AT]
            last = begin + chan[c + PAST_COUNT] * PAST_WORDS
            at = begin
            slot = chan[c + POP_AT]
            tokens = chan[c + TOKENS]
            total = tokens + chan[c + CREDITS]
            j = 0
            least = proc[dst + LEAST]
            bar = proc[dst + READY] + (chan[c + NEXT_POP] - proc[dst + FIRED]) * least
            step = chan[c + POP_PERIOD] * least
            while j < total:
                if j == tokens:
                    least = proc[src + LEAST]
                    bar = proc[src + READY] + (chan[c + NEXT_SEND] - proc[src + FIRED]) * least
                    step = chan[c + SEND_PERIOD] * least
                if ring[slot] > bar:
                    # How much the causes grew means something only if the slots were alike.
                    if at >= last:
                        w = 0
                        while w < 4:
                            past[at + 2 + w] = 0
                            w += 1
                    past[at] = j
                    past[at + 1] = ring[slot]
                    w = 0
                    while w < 4:
                        past[at + 6 + w] = ring[slot + SLOT_SPLIT + w] - past[at + 2 + w]
                        past[at + 2 + w] = ring[slot + SLOT_SPLIT + w]
                        w += 1
                    at += PAST_WORDS
                bar += step
                slot += SLOT_WORDS
                if slot == chan[c + RING_END]:
                    slot = chan[c + RING_BEGIN]
                j += 1
            chan[c + PAST_COUNT] = (at - begin) // PAST_WORDS
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
