"""
Taking down the state of a time loop, for `steady_regime` to compare.

Like `event_kernel` this is a subset of Python that is also translated to native code.

A state is written as whole numbers, one after the other: how many slots could make a process wait,
the *relative* state, the rest of the state, and a record for each of these slots. Times in the
relative state are counted from one process of each connected part.
"""

from spatial_opt.runtime.event_kernel import (
    BLOCKED,
    BUSY,
    CREDITS,
    DST,
    FIRED,
    LEAST,
    NEXT_POP,
    NEXT_SEND,
    POP_AT,
    POP_PERIOD,
    READY,
    RING_BEGIN,
    RING_END,
    SEND_PERIOD,
    SLOT_SPLIT,
    SLOT_WORDS,
    SPLIT,
    SRC,
    STARVED,
    TOKENS,
)

# The head of the array `where`.
TO = 0  # where the state is to be written
PROCESSES = 1
CHANNELS = 2
RARE = 3
HEAD_WORDS = 4

# The record of a slot.
PLACE = 0
TIME = 1
RING_AT = 2
CAUSES = 3  # four words
LIVE_WORDS = 7


def capture(
    proc: list[int], chan: list[int], ring: list[int], where: list[int], states: list[int]
) -> None:
    """
    Write down the present state.

    Behind its head, `where` has two words for each process (its record and that of the process its
    time is relative to), two for each channel (likewise), and for each rare end the word of `chan`
    that holds its next event.
    """
    processes = where[PROCESSES]
    channels = where[CHANNELS]
    at_processes = HEAD_WORDS
    at_channels = at_processes + 2 * processes
    at_rare = at_channels + 2 * channels
    start = where[TO]
    relative = start + 1
    other = relative + channels + where[RARE] + processes
    live = other + 7 * processes + 2 * channels

    i = 0
    while i < channels:
        c = where[at_channels + 2 * i]
        states[relative + i] = chan[c + TOKENS]
        states[other + 7 * processes + 2 * i] = chan[c + STARVED]
        states[other + 7 * processes + 2 * i + 1] = chan[c + BLOCKED]
        i += 1
    i = 0
    while i < where[RARE]:
        states[relative + channels + i] = chan[where[at_rare + i]]
        i += 1
    relative += channels + where[RARE]
    i = 0
    while i < processes:
        p = where[at_processes + 2 * i]
        states[relative + i] = proc[p + READY] - proc[where[at_processes + 2 * i + 1] + READY]
        states[other + i] = proc[p + FIRED]
        states[other + processes + i] = proc[p + READY]
        states[other + 2 * processes + i] = proc[p + BUSY]
        w = 0
        while w < 4:
            states[other + 3 * processes + 4 * i + w] = proc[p + SPLIT + w]
            w += 1
        i += 1

    count = 0
    place = 0
    i = 0
    while i < channels:
        c = where[at_channels + 2 * i]
        reference = proc[where[at_channels + 2 * i + 1] + READY]
        tokens = chan[c + TOKENS]
        total = tokens + chan[c + CREDITS]
        slot = chan[c + POP_AT]
        end = chan[c + RING_END]
        p = chan[c + DST]
        least = proc[p + LEAST]
        # A slot whose time is no later than the firing that uses it could be never matters.
        bar = proc[p + READY] + (chan[c + NEXT_POP] - proc[p + FIRED]) * least
        step = chan[c + POP_PERIOD] * least
        j = 0
        while j < total:
            if j == tokens:
                p = chan[c + SRC]
                least = proc[p + LEAST]
                bar = proc[p + READY] + (chan[c + NEXT_SEND] - proc[p + FIRED]) * least
                step = chan[c + SEND_PERIOD] * least
            if ring[slot] > bar:
                states[live + PLACE] = place + j
                states[live + TIME] = ring[slot] - reference
                states[live + RING_AT] = slot
                w = 0
                while w < 4:
                    states[live + CAUSES + w] = ring[slot + SLOT_SPLIT + w]
                    w += 1
                live += LIVE_WORDS
                count += 1
            bar += step
            slot += SLOT_WORDS
            if slot == end:
                slot = chan[c + RING_BEGIN]
            j += 1
        place += total
        i += 1
    states[start] = count
