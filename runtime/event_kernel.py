"""
The inner loop of the event engine, over flat tables of integers.

`advance` is ordinary Python and is also translated to native code (`native_loops`), so it keeps to
a subset: whole numbers, array elements, `if` and `while`. The tables are described by the word
offsets below: a process, a channel and a slot of a ring each are a record of consecutive words,
and are named by the offset of their record.

A ring has one slot for each token a channel can hold. The slot holds the arrival time of a token
from its sending to its consumption, and the return time of its credit from then to the next
sending. Behind the time stand the words of the cause split of that event: two causes share a word,
one in each half, which needs all times to stay below 2^31.

Processes are divided into parts, each with a queue of its own; `event_rows` runs them in turn.
"""

# Process records.
FIRED = 0
LIMIT = 1
READY = 2  # earliest time of the next firing: last firing + its interval
WAIT = 3  # RUNNABLE, AT_LIMIT, 2 * channel if it waits for a token, + 1 for a credit
IN_BEGIN = 4
IN_END = 5
OUT_END = 6
INTERVAL = 7  # of the last firing
PATTERN_AT = 8
PATTERN_BEGIN = 9
PATTERN_END = 10
BUSY = 11
SPLIT = 12  # four words: causes of the time of the last firing
UNIT = 16  # four words: causes of the first cycle of an interval
REST = 20  # four words: causes of each further cycle of an interval
FIRST = 24
PHASE = 25
FIRINGS = 26
LOG_AT = 27
LOG_END = 28
STOP = 29  # LIMIT, or the end of the present row if that comes first
PART = 30
LEAST = 31  # smallest interval
# The state after the last row, and what changed since the one before.
PAST_FIRED = 32
PAST_READY = 33
PAST_BUSY = 34
PAST_WAIT = 35
PAST_PATTERN = 36
PAST_MOVED = 37
PAST_SPLIT = 38  # four words
PAST_MORE = 42  # four words
PROCESS_WORDS = 48

# Channel records.
SRC = 0
DST = 1
NEXT_SEND = 2
SEND_PERIOD = 3
SEND_AT = 4
CREDITS = 5
SEND_DELAY = 6
SEND_SPLIT = 7  # four words
RING_BEGIN = 11
RING_END = 12
NEXT_POP = 13
POP_PERIOD = 14
POP_AT = 15
TOKENS = 16
POP_DELAY = 17
POP_SPLIT = 18  # added to the last word of the split: back_pressure is the upper half of it
POP_LIMIT = 19
POP_CYCLE = 20
POP_RESET = 21
STARVED = 22
BLOCKED = 23
# The state after the last row.
PAST_SEND = 24
PAST_POP = 25
PAST_LIMIT = 26
PAST_TOKENS = 27
PAST_STARVED = 28
PAST_BLOCKED = 29
PAST_AT = 30  # in the array `past`: the slots that could make a process wait
PAST_COUNT = 31
CHANNEL_WORDS = 32

# Slots of a ring.
SLOT_SPLIT = 1
SLOT_WORDS = 5

# Parts: a queue each, for rows the members and the state of the search for a repetition.
HEAD = 0
COUNT = 1
SIZE = 2
QUEUE_AT = 3
DRIVERS_BEGIN = 4
DRIVERS_END = 5
MEMBERS_END = 6
INNER_END = 7
OUTER_END = 8
WIDTH = 9  # firings of a driver in a row; 0 if the part has no rows
ROW_END = 10
ALIKE = 11
PART_WORDS = 12

# The control array.
CURRENT = 0
PARTS_END = 1
RAISED = 2
SHIFT = 3
FOUND = 4
ROOM = 5
PROCESSES_END = 6
CONTROL_WORDS = 8

# Records of the log: one activation each. Behind the words below stands one for each edge of the
# process, first its incoming and then its outgoing channels: the cycles of the activation that the
# process waited for a token or for room there.
RECORD_START = 0
RECORD_END = 1
RECORD_BEFORE = 2  # cycles the first firing waited
RECORD_BEFORE_EDGE = 3  # for which edge
RECORD_MOST = 4  # longest wait of a later firing, the first of equals
RECORD_MOST_EDGE = 5
RECORD_MOST_UNTIL = 6  # time of the firing that waited longest
RECORD_WAITS = 7

RUNNABLE = -1
AT_LIMIT = -2


def advance(
    proc: list[int],
    chan: list[int],
    ring: list[int],
    edges: list[int],
    patterns: list[int],
    queue: list[int],
    control: list[int],
    log: list[int],
    parts: list[int],
) -> None:
    """
    Fire all processes in the queue of the current part, and those of it they wake, until none can.

    The result does not depend on the order of the queue: a firing's time follows from the times of
    the events it needs, whenever they are computed.
    """
    part = control[CURRENT]
    while parts[part + COUNT] > 0:
        p = queue[parts[part + QUEUE_AT] + parts[part + HEAD]]
        parts[part + HEAD] += 1
        if parts[part + HEAD] == parts[part + SIZE]:
            parts[part + HEAD] = 0
        parts[part + COUNT] -= 1
        n = proc[p + FIRED]
        limit = proc[p + STOP]
        ready = proc[p + READY]
        in_begin = proc[p + IN_BEGIN]
        in_end = proc[p + IN_END]
        out_end = proc[p + OUT_END]
        interval = proc[p + INTERVAL]
        pattern_at = proc[p + PATTERN_AT]
        pattern_begin = proc[p + PATTERN_BEGIN]
        pattern_end = proc[p + PATTERN_END]
        s0 = proc[p + SPLIT]
        s1 = proc[p + SPLIT + 1]
        s2 = proc[p + SPLIT + 2]
        s3 = proc[p + SPLIT + 3]
        busy = 0
        log_at = proc[p + LOG_AT]
        log_end = proc[p + LOG_END]
        wait = RUNNABLE
        while n < limit and wait == RUNNABLE:
            # The latest of the events the firing needs; the first of equals binds.
            t = ready
            bound = -1
            waited = 0
            e = in_begin
            while e < in_end:
                c = edges[e]
                e += 1
                if chan[c + NEXT_POP] == n:
                    if chan[c + TOKENS] == 0:
                        wait = 2 * c
                        e = in_end
                    else:
                        slot = chan[c + POP_AT]
                        x = ring[slot]
                        if x > t:
                            t = x
                            bound = slot
                            waited = c + STARVED
            if wait == RUNNABLE:
                e = in_end
                while e < out_end:
                    c = edges[e]
                    e += 1
                    if chan[c + NEXT_SEND] == n:
                        if chan[c + CREDITS] == 0:
                            wait = 2 * c + 1
                            e = out_end
                        else:
                            slot = chan[c + SEND_AT]
                            x = ring[slot]
                            if x > t:
                                t = x
                                bound = slot
                                waited = c + BLOCKED
            if wait == RUNNABLE:
                if bound >= 0:
                    s0 = ring[bound + SLOT_SPLIT]
                    s1 = ring[bound + SLOT_SPLIT + 1]
                    s2 = ring[bound + SLOT_SPLIT + 2]
                    s3 = ring[bound + SLOT_SPLIT + 3]
                    chan[waited] += t - ready
                elif interval > 0:
                    s0 += proc[p + UNIT]
                    s1 += proc[p + UNIT + 1]
                    s2 += proc[p + UNIT + 2]
                    s3 += proc[p + UNIT + 3]
                    if interval > 1:
                        s0 += (interval - 1) * proc[p + REST]
                        s1 += (interval - 1) * proc[p + REST + 1]
                        s2 += (interval - 1) * proc[p + REST + 2]
                        s3 += (interval - 1) * proc[p + REST + 3]
                if n == 0:
                    proc[p + FIRST] = t
                if log_at < log_end:
                    if bound >= 0:
                        e = in_begin
                        while e < out_end:
                            # A channel from the process to itself stands on both sides.
                            side = STARVED
                            if e >= in_end:
                                side = BLOCKED
                            if edges[e] + side == waited:
                                log[log_at + RECORD_WAITS + e - in_begin] += t - ready
                                if proc[p + PHASE] == 0:
                                    log[log_at + RECORD_BEFORE] = t - ready
                                    log[log_at + RECORD_BEFORE_EDGE] = e
                                elif t - ready > log[log_at + RECORD_MOST]:
                                    log[log_at + RECORD_MOST] = t - ready
                                    log[log_at + RECORD_MOST_EDGE] = e
                                    log[log_at + RECORD_MOST_UNTIL] = t
                            e += 1
                    if proc[p + PHASE] == 0:
                        log[log_at + RECORD_START] = t
                    proc[p + PHASE] += 1
                    if proc[p + PHASE] == proc[p + FIRINGS]:
                        proc[p + PHASE] = 0
                        log[log_at + RECORD_END] = t + patterns[pattern_at]
                        log_at += RECORD_WAITS + out_end - in_begin
                interval = patterns[pattern_at]
                pattern_at += 1
                if pattern_at == pattern_end:
                    pattern_at = pattern_begin
                busy += interval
                ready = t + interval

                e = in_begin
                while e < in_end:
                    c = edges[e]
                    e += 1
                    if chan[c + NEXT_POP] == n:
                        slot = chan[c + POP_AT]
                        ring[slot] = t + chan[c + POP_DELAY]
                        ring[slot + SLOT_SPLIT] = s0
                        ring[slot + SLOT_SPLIT + 1] = s1
                        ring[slot + SLOT_SPLIT + 2] = s2
                        ring[slot + SLOT_SPLIT + 3] = s3 + chan[c + POP_SPLIT]
                        slot += SLOT_WORDS
                        if slot == chan[c + RING_END]:
                            slot = chan[c + RING_BEGIN]
                        chan[c + POP_AT] = slot
                        chan[c + TOKENS] -= 1
                        chan[c + CREDITS] += 1
                        following = n + chan[c + POP_PERIOD]
                        if following >= chan[c + POP_LIMIT]:
                            chan[c + POP_LIMIT] += chan[c + POP_CYCLE]
                            following = chan[c + POP_LIMIT] + chan[c + POP_RESET]
                        chan[c + NEXT_POP] = following
                        other = chan[c + SRC]
                        if proc[other + WAIT] == 2 * c + 1:
                            proc[other + WAIT] = RUNNABLE
                            q = proc[other + PART]
                            at = parts[q + HEAD] + parts[q + COUNT]
                            if at >= parts[q + SIZE]:
                                at -= parts[q + SIZE]
                            queue[parts[q + QUEUE_AT] + at] = other
                            parts[q + COUNT] += 1
                e = in_end
                while e < out_end:
                    c = edges[e]
                    e += 1
                    if chan[c + NEXT_SEND] == n:
                        slot = chan[c + SEND_AT]
                        ring[slot] = t + chan[c + SEND_DELAY]
                        ring[slot + SLOT_SPLIT] = s0 + chan[c + SEND_SPLIT]
                        ring[slot + SLOT_SPLIT + 1] = s1 + chan[c + SEND_SPLIT + 1]
                        ring[slot + SLOT_SPLIT + 2] = s2 + chan[c + SEND_SPLIT + 2]
                        ring[slot + SLOT_SPLIT + 3] = s3 + chan[c + SEND_SPLIT + 3]
                        slot += SLOT_WORDS
                        if slot == chan[c + RING_END]:
                            slot = chan[c + RING_BEGIN]
                        chan[c + SEND_AT] = slot
                        chan[c + CREDITS] -= 1
                        chan[c + TOKENS] += 1
                        chan[c + NEXT_SEND] = n + chan[c + SEND_PERIOD]
                        other = chan[c + DST]
                        if proc[other + WAIT] == 2 * c:
                            proc[other + WAIT] = RUNNABLE
                            q = proc[other + PART]
                            at = parts[q + HEAD] + parts[q + COUNT]
                            if at >= parts[q + SIZE]:
                                at -= parts[q + SIZE]
                            queue[parts[q + QUEUE_AT] + at] = other
                            parts[q + COUNT] += 1

                n += 1
        if wait == RUNNABLE:
            wait = AT_LIMIT
        proc[p + FIRED] = n
        proc[p + READY] = ready
        proc[p + INTERVAL] = interval
        proc[p + PATTERN_AT] = pattern_at
        proc[p + SPLIT] = s0
        proc[p + SPLIT + 1] = s1
        proc[p + SPLIT + 2] = s2
        proc[p + SPLIT + 3] = s3
        proc[p + BUSY] += busy
        proc[p + LOG_AT] = log_at
        proc[p + WAIT] = wait
