"""
Taking down the state of a time loop, for `steady_regime` to compare.

Like `event_kernel` this is a subset of Python that is also translated to native code.

A state is written as whole numbers, one after the other:

* how many runs could make a process wait;
* the *relative* state: the tokens in each channel, the words of the rare ends, and when each
  process is ready, counted from one process of each connected part;
* figures of all processes: firings, when they are ready, busy cycles, four words of causes;
* of each channel the cycles waited at either port;
* a record for each run that could make a process wait.
"""

from spatial_opt.runtime.event_words import (
    BUSY,
    CREDITS,
    EVENTS,
    FIRED,
    LATE_BEGIN,
    LATE_END,
    PORT,
    READY,
    RUN,
    RUN_SPLIT,
    SPLIT,
    STEP,
    STEP_SPLIT,
    TOKENS,
    WAITED,
    WAITING,
)
from spatial_opt.runtime.run_queues import begin_late, find_late

# The head of the array `where`.
TO = 0  # where the state is to be written
PROCESSES = 1
CHANNELS = 2
RARE = 3
ENDS = 4
# What `steady_skipping` is asked for: states by where they stand, and iterations.
EARLIER = 5
MIDDLE = 6
LAST = 7
PERIOD_TRIPS = 8
PERIODS = 9
ALIKE = 10
# Where in a state these figures begin.
FIRED_AT = 11
READY_AT = 12
BUSY_AT = 13
SPLITS_AT = 14
WAITS_AT = 15
LIVE_AT = 16  # the records of runs
HEAD_WORDS = 17

# Behind the head: the processes, the channels, the words of `port` that must not change at all (of
# rare ends the next event), and the ends whose pattern repeats.
PROCESS_ENTRY = 3  # its record, that of the process its time is relative to, firings an iteration
CHANNEL_ENTRY = 3  # its record, that of the process its times are relative to, its source
END_ENTRY = 2  # its port, its process

# The record of a run.
CHANNEL = 0
PLACE = 1  # events before it in the channel, tokens first
HOW_MANY = 2  # events
TIME = 3
APART = 4  # cycles from an event to the next; 0 if there is only one
RUN_AT = 5
CAUSES = 6  # four words
GROWTH = 10  # four words: of the causes, from an event to the next
LIVE_WORDS = 14


def capture(
    proc: list[int],
    port: list[int],
    runs: list[int],
    control: list[int],
    where: list[int],
    states: list[int],
) -> None:
    """
    Write down the present state.

    Processes and channels are numbered in the order of `where`.
    """
    processes = where[PROCESSES]
    channels = where[CHANNELS]
    at_processes = HEAD_WORDS
    at_channels = at_processes + PROCESS_ENTRY * processes
    at_rare = at_channels + CHANNEL_ENTRY * channels
    start = where[TO]
    relative = start + 1
    fired = start + where[FIRED_AT]
    ready = start + where[READY_AT]
    busy = start + where[BUSY_AT]
    splits = start + where[SPLITS_AT]
    waits = start + where[WAITS_AT]
    live = start + where[LIVE_AT]

    i = 0
    while i < channels:
        c = where[at_channels + CHANNEL_ENTRY * i]
        states[relative + i] = port[c + TOKENS + WAITING]
        states[waits + 2 * i] = port[c + TOKENS + WAITED]
        states[waits + 2 * i + 1] = port[c + CREDITS + WAITED]
        i += 1
    i = 0
    while i < where[RARE]:
        states[relative + channels + i] = port[where[at_rare + i]]
        i += 1
    relative += channels + where[RARE]
    i = 0
    while i < processes:
        p = where[at_processes + PROCESS_ENTRY * i]
        states[relative + i] = (
            proc[p + READY] - proc[where[at_processes + PROCESS_ENTRY * i + 1] + READY]
        )
        states[fired + i] = proc[p + FIRED]
        states[ready + i] = proc[p + READY]
        states[busy + i] = proc[p + BUSY]
        w = 0
        while w < 4:
            states[splits + 4 * i + w] = proc[p + SPLIT + w]
            w += 1
        i += 1

    found = 0
    i = 0
    while i < channels:
        place = 0
        c = where[at_channels + CHANNEL_ENTRY * i]
        reference = proc[where[at_channels + CHANNEL_ENTRY * i + 1] + READY]
        a = c + TOKENS
        while a <= c + CREDITS:
            control[PORT] = a
            begin_late(proc, port, control)
            rest = port[a + WAITING]
            while rest > 0:
                h = control[RUN]
                find_late(port, runs, control)
                first = control[LATE_BEGIN]
                end = control[LATE_END]
                if first < end:
                    several = 0
                    if end - first > 1:
                        several = 1
                    states[live + CHANNEL] = i
                    states[live + PLACE] = place + first
                    states[live + HOW_MANY] = end - first
                    states[live + TIME] = runs[h] + first * runs[h + STEP] - reference
                    states[live + APART] = several * runs[h + STEP]
                    states[live + RUN_AT] = h
                    w = 0
                    while w < 4:
                        growth = runs[h + STEP_SPLIT + w]
                        states[live + CAUSES + w] = runs[h + RUN_SPLIT + w] + first * growth
                        states[live + GROWTH + w] = several * growth
                        w += 1
                    live += LIVE_WORDS
                    found += 1
                place += runs[h + EVENTS]
                rest -= runs[h + EVENTS]
            a += CREDITS - TOKENS
        i += 1
    states[start] = found
