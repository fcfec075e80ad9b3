"""
The queue at a port, when a period that keeps repeating is told to it as a whole.

In each period so many events are taken from the queue at one port and as many turn up at the end of
another. The array `control` says at which PORT, the events of a period (COUNT), the cycles from
each period to the next (SHIFT) and for how many periods (ROWS).

Like `event_kernel` this is a subset of Python that is also translated to native code.
"""

from spatial_opt.runtime.event_words import (
    BAR,
    BEGIN,
    COUNT,
    END,
    EVENT,
    EVENTS,
    FIRED,
    FOUND,
    HEAD,
    LATE_BEGIN,
    LATE_END,
    LEAST,
    NEXT,
    OWNER,
    PACE,
    PERIOD,
    PORT,
    READY,
    ROOM,
    ROWS,
    RUN,
    RUN_SPLIT,
    RUN_WORDS,
    SHIFT,
    STEP,
    STEP_SPLIT,
    TAIL,
    WAITING,
)


def compare_given(port: list[int], runs: list[int], control: list[int]) -> None:
    """
    See whether what turned up in the last two periods is alike.

    If not sets FOUND to 0; ROOM to 0 if part of it has been taken already.
    """
    o = control[PORT]
    events = control[COUNT]
    shift = control[SHIFT]
    last = port[o + TAIL]
    if port[o + WAITING] < 2 * events:
        control[ROOM] = 0
    elif runs[last + EVENTS] >= 2 * events:
        if events * runs[last + STEP] != shift:
            control[FOUND] = 0
    else:
        # Event by event from the last one back, beside the one a period before.
        at = runs[last + EVENTS] - 1
        control[RUN] = last
        control[EVENT] = at
        go_back(port, runs, control)
        before = control[RUN]
        i = control[EVENT]
        j = 0
        while j < events:
            time = runs[last]
            if at > 0:
                time += at * runs[last + STEP]
            past = runs[before]
            if i > 0:
                past += i * runs[before + STEP]
            if time - past != shift:
                control[FOUND] = 0
            at -= 1
            if at < 0:
                if last == port[o + BEGIN]:
                    last = port[o + END]
                last -= RUN_WORDS
                at = runs[last + EVENTS] - 1
            i -= 1
            if i < 0:
                if before == port[o + BEGIN]:
                    before = port[o + END]
                before -= RUN_WORDS
                i = runs[before + EVENTS] - 1
            j += 1


def go_back(port: list[int], runs: list[int], control: list[int]) -> None:
    """Go from an event of a RUN at a PORT, number EVENT of the run, to that a period before."""
    o = control[PORT]
    h = control[RUN]
    i = control[EVENT]
    left = control[COUNT]
    while left > i:
        left -= i
        if h == port[o + BEGIN]:
            h = port[o + END]
        h -= RUN_WORDS
        i = runs[h + EVENTS]
    control[RUN] = h
    control[EVENT] = i - left


def begin_late(proc: list[int], port: list[int], control: list[int]) -> None:
    """
    Begin at the first RUN of a PORT: sets BAR and PACE for `find_late`.

    These say how early the firings that use the events could be. An event no later than that never
    makes the process wait.
    """
    a = control[PORT]
    control[RUN] = port[a + HEAD]
    p = port[a + OWNER]
    least = proc[p + LEAST]
    control[BAR] = proc[p + READY] + (port[a + NEXT] - proc[p + FIRED]) * least
    control[PACE] = port[a + PERIOD] * least


def find_late(port: list[int], runs: list[int], control: list[int]) -> None:
    """
    Find the events of a RUN that are later than the firings that use them could be.

    The first of these could be at BAR, each further one PACE cycles later. Such events are the
    first or the last of the run; sets LATE_BEGIN and LATE_END, equal if there are none. RUN and
    BAR go on to the run behind it at the PORT.
    """
    a = control[PORT]
    h = control[RUN]
    count = runs[h + EVENTS]
    over = runs[h] - control[BAR]
    last = over
    more = 0
    if count > 1:
        more = runs[h + STEP] - control[PACE]
        last += (count - 1) * more
    begin = 0
    end = count
    if over > 0:
        if last <= 0:
            end = (over - 1) // (0 - more) + 1
    elif last > 0:
        begin = (0 - over) // more + 1
    else:
        end = 0
    control[LATE_BEGIN] = begin
    control[LATE_END] = end
    control[BAR] += count * control[PACE]
    h += RUN_WORDS
    if h == port[a + END]:
        h = port[a + BEGIN]
    control[RUN] = h


def limit_early(proc: list[int], port: list[int], runs: list[int], control: list[int]) -> None:
    """Lower ROOM to the periods whose events are there so early that nobody waits for them."""
    a = control[PORT]
    events = control[COUNT]
    begin_late(proc, port, control)
    room = control[ROOM]
    if port[a + WAITING] < room * events:
        room = port[a + WAITING] // events
    j = 0
    while j < room * events:
        h = control[RUN]
        find_late(port, runs, control)
        late = control[LATE_BEGIN]
        if control[LATE_END] > late and j + late < room * events:
            room = (j + late) // events
        j += runs[h + EVENTS]
    control[ROOM] = room


def take(port: list[int], runs: list[int], control: list[int]) -> None:
    """Take the events of all periods from the queue."""
    a = control[PORT]
    left = control[COUNT] * control[ROWS]
    port[a + WAITING] -= left
    h = port[a + HEAD]
    while left > 0:
        count = runs[h + EVENTS]
        if count > left:
            runs[h + EVENTS] = count - left
            runs[h] += left * runs[h + STEP]
            w = 0
            while w < 4:
                runs[h + RUN_SPLIT + w] += left * runs[h + STEP_SPLIT + w]
                w += 1
        else:
            h += RUN_WORDS
            if h == port[a + END]:
                h = port[a + BEGIN]
        left -= count
    port[a + HEAD] = h


def give(port: list[int], runs: list[int], control: list[int]) -> None:
    """Let the events of all periods turn up; each follows from those one and two periods before."""
    o = control[PORT]
    events = control[COUNT]
    total = events * control[ROWS]
    port[o + WAITING] += total
    tail = port[o + TAIL]
    if runs[tail + EVENTS] >= 2 * events:
        runs[tail + EVENTS] += total
        total = 0
    control[RUN] = tail
    control[EVENT] = runs[tail + EVENTS]
    go_back(port, runs, control)
    one = control[RUN]
    at = control[EVENT]
    go_back(port, runs, control)
    two = control[RUN]
    i = control[EVENT]
    while total > 0:
        last = tail
        tail += RUN_WORDS
        if tail == port[o + END]:
            tail = port[o + BEGIN]
        # A run of its own, unless it continues the last one.
        count = runs[last + EVENTS]
        goes = 1
        w = 0
        while w < 5:
            # The time and its causes.
            x = w
            d = STEP
            if w > 0:
                x = RUN_SPLIT + w - 1
                d = STEP_SPLIT + w - 1
            new = 2 * runs[one + x] - runs[two + x]
            if at > 0:
                new += 2 * at * runs[one + d]
            if i > 0:
                new -= i * runs[two + d]
            runs[tail + x] = new
            if count == 1:
                runs[last + d] = new - runs[last + x]
            elif runs[last + x] + count * runs[last + d] != new:
                goes = 0
            w += 1
        if goes == 1:
            runs[last + EVENTS] = count + 1
            tail = last
        else:
            runs[tail + EVENTS] = 1
        at += 1
        if at == runs[one + EVENTS]:
            at = 0
            one += RUN_WORDS
            if one == port[o + END]:
                one = port[o + BEGIN]
        i += 1
        if i == runs[two + EVENTS]:
            i = 0
            two += RUN_WORDS
            if two == port[o + END]:
                two = port[o + BEGIN]
        total -= 1
    port[o + TAIL] = tail
