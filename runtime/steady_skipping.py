"""
Comparing the states of a time loop that `steady_capture` took down, and moving the loop on.

Like `event_kernel` this is a subset of Python that is also translated to native code.
"""

from spatial_opt.runtime.event_words import (
    BUSY,
    CLOSE,
    CREDITS,
    FIRED,
    FIRINGS,
    IN_BEGIN,
    LOG_AT,
    LOG_END,
    NEVER,
    NEXT,
    OUT_END,
    PATTERN_AT,
    PATTERN_BEGIN,
    PATTERN_END,
    PATTERN_WORDS,
    READY,
    RECORD_WAITS,
    RUN_SPLIT,
    SPLIT,
    TOKENS,
    WAITED,
)
from spatial_opt.runtime.steady_capture import (
    ALIKE,
    BUSY_AT,
    CAUSES,
    CHANNEL,
    CHANNEL_ENTRY,
    CHANNELS,
    EARLIER,
    END_ENTRY,
    ENDS,
    FIRED_AT,
    GROWTH,
    HEAD_WORDS,
    LAST,
    LIVE_AT,
    LIVE_WORDS,
    MIDDLE,
    PERIOD_TRIPS,
    PERIODS,
    PROCESS_ENTRY,
    PROCESSES,
    RARE,
    READY_AT,
    RUN_AT,
    SPLITS_AT,
    WAITS_AT,
)


def compare_states(where: list[int], states: list[int]) -> None:
    """
    See whether the states EARLIER, MIDDLE and LAST are alike but for shifts; sets ALIKE.

    From each to the next all processes must have fired as often as in PERIOD_TRIPS iterations. The
    causes of an event follow from those of the event that binds it, and equal shifts in time bind
    alike: increments that are equal once stay so.
    """
    earlier = where[EARLIER]
    middle = where[MIDDLE]
    last = where[LAST]
    processes = where[PROCESSES]
    fired = where[FIRED_AT]
    alike = 1
    i = 0
    while i < fired and alike == 1:
        if states[last + i] != states[middle + i]:
            alike = 0
        elif states[middle + i] != states[earlier + i]:
            alike = 0
        i += 1
    i = 0
    while i < processes and alike == 1:
        at = fired + i
        moved = where[PERIOD_TRIPS] * where[HEAD_WORDS + PROCESS_ENTRY * i + 2]
        if states[last + at] - states[middle + at] != moved:
            alike = 0
        elif states[middle + at] - states[earlier + at] != moved:
            alike = 0
        i += 1
    i = where[SPLITS_AT]
    end = i + 4 * processes
    while i < end and alike == 1:
        if states[last + i] - states[middle + i] != states[middle + i] - states[earlier + i]:
            alike = 0
        i += 1
    i = where[LIVE_AT]
    end = i + LIVE_WORDS * states[last]
    while i < end and alike == 1:
        w = 0
        while w < RUN_AT:
            if states[last + i + w] != states[middle + i + w]:
                alike = 0
            elif states[middle + i + w] != states[earlier + i + w]:
                alike = 0
            w += 1
        w = CAUSES
        while w < GROWTH:
            more = states[last + i + w] - states[middle + i + w]
            if more != states[middle + i + w] - states[earlier + i + w]:
                alike = 0
            w += 1
        while w < LIVE_WORDS:
            if states[last + i + w] != states[middle + i + w]:
                alike = 0
            elif states[middle + i + w] != states[earlier + i + w]:
                alike = 0
            w += 1
        i += LIVE_WORDS
    where[ALIKE] = alike


def skip_periods(
    proc: list[int], port: list[int], runs: list[int], where: list[int], states: list[int]
) -> None:
    """Do PERIODS more times what happened from the state MIDDLE to the present one, LAST."""
    middle = where[MIDDLE]
    last = where[LAST]
    periods = where[PERIODS]
    processes = where[PROCESSES]
    channels = where[CHANNELS]
    trips = periods * where[PERIOD_TRIPS]
    at_channels = HEAD_WORDS + PROCESS_ENTRY * processes
    at_ends = at_channels + CHANNEL_ENTRY * channels + where[RARE]
    ready = where[READY_AT]
    busy = where[BUSY_AT]
    splits = where[SPLITS_AT]
    waits = where[WAITS_AT]
    live = where[LIVE_AT]

    i = 0
    while i < processes:
        p = where[HEAD_WORDS + PROCESS_ENTRY * i]
        moved = trips * where[HEAD_WORDS + PROCESS_ENTRY * i + 2]
        proc[p + FIRED] += moved
        proc[p + READY] += periods * (states[last + ready + i] - states[middle + ready + i])
        proc[p + BUSY] += periods * (states[last + busy + i] - states[middle + busy + i])
        w = 0
        while w < 4:
            at = splits + 4 * i + w
            proc[p + SPLIT + w] += periods * (states[last + at] - states[middle + at])
            w += 1
        width = (proc[p + PATTERN_END] - proc[p + PATTERN_BEGIN]) // PATTERN_WORDS
        phase = proc[p + FIRED] - proc[p + FIRED] // width * width
        proc[p + PATTERN_AT] = proc[p + PATTERN_BEGIN] + PATTERN_WORDS * phase
        record = RECORD_WAITS + proc[p + OUT_END] - proc[p + IN_BEGIN]
        proc[p + LOG_AT] += moved // proc[p + FIRINGS] * record
        if proc[p + LOG_AT] > proc[p + LOG_END]:
            proc[p + LOG_AT] = proc[p + LOG_END]
        i += 1
    i = 0
    while i < where[ENDS]:
        a = where[at_ends + END_ENTRY * i]
        moved = trips * where[HEAD_WORDS + PROCESS_ENTRY * where[at_ends + END_ENTRY * i + 1] + 2]
        port[a + NEXT] += moved
        if port[a + CLOSE] < NEVER:
            port[a + CLOSE] += moved
        i += 1
    i = 0
    while i < channels:
        c = where[at_channels + CHANNEL_ENTRY * i]
        at = waits + 2 * i
        port[c + TOKENS + WAITED] += periods * (states[last + at] - states[middle + at])
        at += 1
        port[c + CREDITS + WAITED] += periods * (states[last + at] - states[middle + at])
        i += 1
    i = 0
    while i < states[last]:
        # Both ends of a channel are in one component and have the same shift.
        at = live + LIVE_WORDS * i
        source = ready + where[at_channels + CHANNEL_ENTRY * states[last + at + CHANNEL] + 2]
        h = states[last + at + RUN_AT]
        runs[h] += periods * (states[last + source] - states[middle + source])
        w = 0
        while w < 4:
            more = states[last + at + CAUSES + w] - states[middle + at + CAUSES + w]
            runs[h + RUN_SPLIT + w] += periods * more
            w += 1
        i += 1
