"""
The inner loop of the event engine, over flat tables of integers; `event_words` describes them.

`advance` is ordinary Python and is also translated to native code (`native_loops`), so it keeps to
a subset: whole numbers, array elements, `if` and `while`.

A process fires in *batches*: as many firings at once as follow each other at one distance, for one
cause. Their times and causes grow evenly, so that one run tells them to each channel, and a batch
costs hardly more than a firing.
"""

from spatial_opt.runtime.event_words import (
    AT_LIMIT,
    BEGIN,
    BUSY,
    CLOSE,
    CURRENT,
    CYCLE,
    DELAY,
    DELAY_SPLIT,
    END,
    ENDLESS,
    EVENTS,
    FIRED,
    FIRINGS,
    FIRST,
    HEAD,
    IN_BEGIN,
    INTERVAL,
    LOG_AT,
    LOG_END,
    NEXT,
    OTHER,
    OUT_END,
    OWNER,
    PART,
    PATTERN_AT,
    PATTERN_BEGIN,
    PATTERN_END,
    PERIOD,
    PHASE,
    QUEUE_AT,
    QUEUE_HEAD,
    QUEUE_SIZE,
    QUEUED,
    READY,
    RECORD_BEFORE,
    RECORD_BEFORE_EDGE,
    RECORD_END,
    RECORD_MOST,
    RECORD_MOST_EDGE,
    RECORD_MOST_UNTIL,
    RECORD_START,
    RECORD_WAITS,
    RESET,
    REST,
    RUN_SPLIT,
    RUN_WORDS,
    RUNNABLE,
    SPLIT,
    STEP,
    STEP_SPLIT,
    STOP,
    TAIL,
    UNIT,
    WAIT,
    WAITED,
    WAITING,
)


def advance(
    proc: list[int],
    port: list[int],
    runs: list[int],
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
    while parts[part + QUEUED] > 0:
        p = queue[parts[part + QUEUE_AT] + parts[part + QUEUE_HEAD]]
        parts[part + QUEUE_HEAD] += 1
        if parts[part + QUEUE_HEAD] == parts[part + QUEUE_SIZE]:
            parts[part + QUEUE_HEAD] = 0
        parts[part + QUEUED] -= 1
        n = proc[p + FIRED]
        limit = proc[p + STOP]
        ready = proc[p + READY]
        begin = proc[p + IN_BEGIN]
        end = proc[p + OUT_END]
        interval = proc[p + INTERVAL]
        pattern_at = proc[p + PATTERN_AT]
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
            # The latest of the events the firing needs; the first of equals binds. The batch has
            # no more firings than the first runs have events.
            m = limit - n
            if patterns[pattern_at + 1] < m:
                m = patterns[pattern_at + 1]
            if log_at < log_end:
                m = 1
            t = ready
            bound = -1
            e = begin
            while e < end:
                a = edges[e]
                gap = port[a + NEXT] - n
                if gap < m:
                    if port[a + WAITING] == 0:
                        m = gap
                        if gap == 0:
                            wait = a
                            e = end
                    else:
                        h = port[a + HEAD]
                        most = gap + runs[h + EVENTS] * port[a + PERIOD]
                        if most < m:
                            m = most
                        most = port[a + CLOSE] - n
                        if most < m:
                            m = most
                        if gap == 0:
                            if runs[h] > t:
                                t = runs[h]
                                bound = e
                e += 1
            if wait == RUNNABLE:
                # The further firings follow this one, or each its event at the same port.
                gone = interval
                interval = patterns[pattern_at]
                slope = interval
                follows = -1
                d0 = 0
                d1 = 0
                d2 = 0
                d3 = 0
                if interval > 0:
                    d0 = proc[p + UNIT] + (interval - 1) * proc[p + REST]
                    d1 = proc[p + UNIT + 1] + (interval - 1) * proc[p + REST + 1]
                    d2 = proc[p + UNIT + 2] + (interval - 1) * proc[p + REST + 2]
                    d3 = proc[p + UNIT + 3] + (interval - 1) * proc[p + REST + 3]
                if bound >= 0:
                    a = edges[bound]
                    h = port[a + HEAD]
                    s0 = runs[h + RUN_SPLIT]
                    s1 = runs[h + RUN_SPLIT + 1]
                    s2 = runs[h + RUN_SPLIT + 2]
                    s3 = runs[h + RUN_SPLIT + 3]
                    port[a + WAITED] += t - ready
                    if port[a + PERIOD] == 1 and m > 1:
                        if runs[h + STEP] > interval:
                            follows = bound
                            slope = runs[h + STEP]
                            d0 = runs[h + STEP_SPLIT]
                            d1 = runs[h + STEP_SPLIT + 1]
                            d2 = runs[h + STEP_SPLIT + 2]
                            d3 = runs[h + STEP_SPLIT + 3]
                elif gone > 0:
                    s0 += proc[p + UNIT] + (gone - 1) * proc[p + REST]
                    s1 += proc[p + UNIT + 1] + (gone - 1) * proc[p + REST + 1]
                    s2 += proc[p + UNIT + 2] + (gone - 1) * proc[p + REST + 2]
                    s3 += proc[p + UNIT + 3] + (gone - 1) * proc[p + REST + 3]
                # The batch ends before another event binds.
                e = begin
                if m == 1:
                    e = end
                while e < end:
                    a = edges[e]
                    gap = port[a + NEXT] - n
                    if gap < m and e != follows:
                        h = port[a + HEAD]
                        late = runs[h] - t - gap * slope
                        if e < follows:
                            late += 1
                        if late > 0:
                            m = gap
                        else:
                            period = port[a + PERIOD]
                            more = runs[h + STEP] - period * slope
                            if more > 0 and gap + period < m:
                                most = gap + (0 - late) // more * period + period
                                if most < m:
                                    m = most
                    e += 1
                if follows >= 0:
                    port[edges[follows] + WAITED] += (m - 1) * (slope - interval)
                if n == 0:
                    proc[p + FIRST] = t
                if log_at < log_end:
                    if bound >= 0:
                        log[log_at + RECORD_WAITS + bound - begin] += t - ready
                        if proc[p + PHASE] == 0:
                            log[log_at + RECORD_BEFORE] = t - ready
                            log[log_at + RECORD_BEFORE_EDGE] = bound
                        elif t - ready > log[log_at + RECORD_MOST]:
                            log[log_at + RECORD_MOST] = t - ready
                            log[log_at + RECORD_MOST_EDGE] = bound
                            log[log_at + RECORD_MOST_UNTIL] = t
                    if proc[p + PHASE] == 0:
                        log[log_at + RECORD_START] = t
                    proc[p + PHASE] += 1
                    if proc[p + PHASE] == proc[p + FIRINGS]:
                        proc[p + PHASE] = 0
                        log[log_at + RECORD_END] = t + interval
                        log_at += RECORD_WAITS + end - begin

                e = begin
                while e < end:
                    a = edges[e]
                    e += 1
                    gap = port[a + NEXT] - n
                    if gap < m:
                        period = port[a + PERIOD]
                        events = m - gap
                        if period > 1:
                            events = (events - 1) // period + 1
                        # Take them from the first run.
                        h = port[a + HEAD]
                        left = runs[h + EVENTS] - events
                        if left == 0:
                            h += RUN_WORDS
                            if h == port[a + END]:
                                h = port[a + BEGIN]
                            port[a + HEAD] = h
                        else:
                            runs[h + EVENTS] = left
                            runs[h] += events * runs[h + STEP]
                            runs[h + RUN_SPLIT] += events * runs[h + STEP_SPLIT]
                            runs[h + RUN_SPLIT + 1] += events * runs[h + STEP_SPLIT + 1]
                            runs[h + RUN_SPLIT + 2] += events * runs[h + STEP_SPLIT + 2]
                            runs[h + RUN_SPLIT + 3] += events * runs[h + STEP_SPLIT + 3]
                        port[a + WAITING] -= events
                        following = port[a + NEXT] + events * period
                        if following >= port[a + CLOSE]:
                            port[a + CLOSE] += port[a + CYCLE]
                            following = port[a + CLOSE] + port[a + RESET]
                        port[a + NEXT] = following
                        # They turn up at the other port: more of its last run, or a new one.
                        o = port[a + OTHER]
                        x = t + gap * slope + port[a + DELAY]
                        x0 = s0 + gap * d0 + port[a + DELAY_SPLIT]
                        x1 = s1 + gap * d1 + port[a + DELAY_SPLIT + 1]
                        x2 = s2 + gap * d2 + port[a + DELAY_SPLIT + 2]
                        x3 = s3 + gap * d3 + port[a + DELAY_SPLIT + 3]
                        step = period * slope
                        step0 = period * d0
                        step1 = period * d1
                        step2 = period * d2
                        step3 = period * d3
                        h = port[o + TAIL]
                        have = 0
                        if port[o + WAITING] > 0:
                            have = runs[h + EVENTS]
                            if have == 1:
                                # A single event goes with any other.
                                runs[h + STEP] = x - runs[h]
                                runs[h + STEP_SPLIT] = x0 - runs[h + RUN_SPLIT]
                                runs[h + STEP_SPLIT + 1] = x1 - runs[h + RUN_SPLIT + 1]
                                runs[h + STEP_SPLIT + 2] = x2 - runs[h + RUN_SPLIT + 2]
                                runs[h + STEP_SPLIT + 3] = x3 - runs[h + RUN_SPLIT + 3]
                            was = runs[h + STEP]
                            was0 = runs[h + STEP_SPLIT]
                            was1 = runs[h + STEP_SPLIT + 1]
                            was2 = runs[h + STEP_SPLIT + 2]
                            was3 = runs[h + STEP_SPLIT + 3]
                            off = x - runs[h] - have * was
                            off0 = x0 - runs[h + RUN_SPLIT] - have * was0
                            off1 = x1 - runs[h + RUN_SPLIT + 1] - have * was1
                            off2 = x2 - runs[h + RUN_SPLIT + 2] - have * was2
                            off3 = x3 - runs[h + RUN_SPLIT + 3] - have * was3
                            if off != 0 or off0 != 0 or off1 != 0 or off2 != 0 or off3 != 0:
                                have = 0
                            elif events > 1:
                                if was != step or was0 != step0 or was1 != step1:
                                    have = 0
                                elif was2 != step2 or was3 != step3:
                                    have = 0
                        if have > 0:
                            runs[h + EVENTS] = have + events
                        else:
                            h += RUN_WORDS
                            if h == port[o + END]:
                                h = port[o + BEGIN]
                            port[o + TAIL] = h
                            runs[h] = x
                            runs[h + EVENTS] = events
                            runs[h + STEP] = step
                            runs[h + RUN_SPLIT] = x0
                            runs[h + RUN_SPLIT + 1] = x1
                            runs[h + RUN_SPLIT + 2] = x2
                            runs[h + RUN_SPLIT + 3] = x3
                            runs[h + STEP_SPLIT] = step0
                            runs[h + STEP_SPLIT + 1] = step1
                            runs[h + STEP_SPLIT + 2] = step2
                            runs[h + STEP_SPLIT + 3] = step3
                        port[o + WAITING] += events
                        other = port[o + OWNER]
                        if proc[other + WAIT] == o:
                            proc[other + WAIT] = RUNNABLE
                            q = proc[other + PART]
                            at = parts[q + QUEUE_HEAD] + parts[q + QUEUED]
                            if at >= parts[q + QUEUE_SIZE]:
                                at -= parts[q + QUEUE_SIZE]
                            queue[parts[q + QUEUE_AT] + at] = other
                            parts[q + QUEUED] += 1

                n += m
                ready = t + (m - 1) * slope + interval
                s0 += (m - 1) * d0
                s1 += (m - 1) * d1
                s2 += (m - 1) * d2
                s3 += (m - 1) * d3
                busy += m * interval
                if patterns[pattern_at + 1] < ENDLESS:
                    pattern_at += 2 * m
                    if pattern_at == pattern_end:
                        pattern_at = proc[p + PATTERN_BEGIN]
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
