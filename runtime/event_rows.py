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
* every channel inside the part holds as many tokens as before, and every run of tokens or credits
  that could make a process wait moved by the same time, its causes by the same amounts in both
  rows;
* nobody in the part waited for a channel to another part.

Then the next rows must do the same, as long as no end of a channel comes to an event that did not
happen in these rows, no process to its limit, and the tokens and places of channels to other parts
are there early enough not to be waited for. Up to there all rows are skipped at once. All
conditions are checked exactly; where they don't hold, rows are run firing by firing.

A token or credit can't make a process wait if its time is no later than the firing that uses it
could be at the earliest: when the process is ready plus the intervals of the firings between.

Like `event_kernel` this is a subset of Python that is also translated to native code.
"""

from spatial_opt.runtime.event_kernel import advance
from spatial_opt.runtime.event_words import (
    ALIKE,
    AT_LIMIT,
    BEGIN,
    CURRENT,
    DRIVERS_BEGIN,
    DRIVERS_END,
    EVENTS,
    FIRED,
    FOUND,
    FRESH,
    LIMIT,
    PART,
    PART_WORDS,
    PARTS_END,
    PORT_WORDS,
    PORTS_END,
    PROCESS_WORDS,
    PROCESSES_END,
    QUEUE_AT,
    QUEUE_HEAD,
    QUEUE_SIZE,
    QUEUED,
    RAISED,
    ROOM,
    ROW_END,
    RUN_WORDS,
    RUNNABLE,
    STOP,
    WAIT,
    WAITING,
    WIDTH,
)
from spatial_opt.runtime.row_comparison import compare_inner, compare_outer, compare_processes
from spatial_opt.runtime.row_skipping import keep_channels, keep_processes, skip_rows


def flow(
    proc: list[int],
    port: list[int],
    runs: list[int],
    edges: list[int],
    patterns: list[int],
    queue: list[int],
    control: list[int],
    log: list[int],
    parts: list[int],
    members: list[int],
    past: list[int],
) -> None:
    """Run all parts until none can go on; RAISED says whether the limits have changed."""
    if control[FRESH] == 1:
        control[FRESH] = 0
        fill_queues(port, runs, control)
    if control[RAISED] == 1:
        raise_limits(proc, queue, control, parts, members)
    moved = 1
    while moved == 1:
        moved = 0
        part = 0
        while part < control[PARTS_END]:
            control[CURRENT] = part
            control[RAISED] = 1
            while control[RAISED] == 1:
                control[RAISED] = 0
                if parts[part + QUEUED] > 0:
                    moved = 1
                    advance(proc, port, runs, edges, patterns, queue, control, log, parts)
                if parts[part + WIDTH] > 0:
                    end_row(proc, port, runs, queue, control, parts, members, past)
            part += PART_WORDS
        if moved == 0:
            # Some drivers may wait for others to go beyond the row.
            part = 0
            while part < control[PARTS_END]:
                if parts[part + WIDTH] > 0:
                    control[CURRENT] = part
                    control[RAISED] = 0
                    begin_row(proc, queue, control, parts, members)
                    if control[RAISED] == 1:
                        parts[part + ALIKE] = 0
                        moved = 1
                part += PART_WORDS


def fill_queues(port: list[int], runs: list[int], control: list[int]) -> None:
    """Let all tokens and places of the beginning be there at time 0."""
    a = 0
    while a < control[PORTS_END]:
        h = port[a + BEGIN]
        w = 0
        while w < RUN_WORDS:
            runs[h + w] = 0
            w += 1
        runs[h + EVENTS] = port[a + WAITING]
        a += PORT_WORDS


def raise_limits(
    proc: list[int], queue: list[int], control: list[int], parts: list[int], members: list[int]
) -> None:
    """Queue the processes that can go on under the present limits."""
    p = 0
    while p < control[PROCESSES_END]:
        proc[p + STOP] = proc[p + LIMIT]
        p += PROCESS_WORDS
    part = 0
    while part < control[PARTS_END]:
        end = parts[part + ROW_END]
        i = parts[part + DRIVERS_BEGIN]
        while i < parts[part + DRIVERS_END]:
            p = members[i]
            if end < proc[p + STOP]:
                proc[p + STOP] = end
            i += 1
        part += PART_WORDS
    p = 0
    while p < control[PROCESSES_END]:
        if proc[p + WAIT] == AT_LIMIT:
            if proc[p + FIRED] < proc[p + STOP]:
                proc[p + WAIT] = RUNNABLE
                part = proc[p + PART]
                at = parts[part + QUEUE_HEAD] + parts[part + QUEUED]
                if at >= parts[part + QUEUE_SIZE]:
                    at -= parts[part + QUEUE_SIZE]
                queue[parts[part + QUEUE_AT] + at] = p
                parts[part + QUEUED] += 1
        p += PROCESS_WORDS


def begin_row(
    proc: list[int], queue: list[int], control: list[int], parts: list[int], members: list[int]
) -> None:
    """Let the drivers of the current part go on by a row if one of them stands at its end."""
    part = control[CURRENT]
    end = parts[part + ROW_END] + parts[part + WIDTH]
    i = parts[part + DRIVERS_BEGIN]
    while i < parts[part + DRIVERS_END]:
        p = members[i]
        if proc[p + WAIT] == AT_LIMIT:
            if proc[p + FIRED] < proc[p + LIMIT]:
                control[RAISED] = 1
                proc[p + WAIT] = RUNNABLE
                at = parts[part + QUEUE_HEAD] + parts[part + QUEUED]
                if at >= parts[part + QUEUE_SIZE]:
                    at -= parts[part + QUEUE_SIZE]
                queue[parts[part + QUEUE_AT] + at] = p
                parts[part + QUEUED] += 1
        i += 1
    if control[RAISED] == 1:
        parts[part + ROW_END] = end
        i = parts[part + DRIVERS_BEGIN]
        while i < parts[part + DRIVERS_END]:
            p = members[i]
            stop = end
            if proc[p + LIMIT] < stop:
                stop = proc[p + LIMIT]
            proc[p + STOP] = stop
            i += 1


def end_row(
    proc: list[int],
    port: list[int],
    runs: list[int],
    queue: list[int],
    control: list[int],
    parts: list[int],
    members: list[int],
    past: list[int],
) -> None:
    """If all drivers of the current part have ended the row, begin the next or a later one."""
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
            compare_inner(proc, port, runs, control, parts, members, past)
            if parts[part + ALIKE] == 0:
                control[FOUND] = 0
            if control[FOUND] > 0:
                compare_outer(proc, port, runs, control, parts, members)
            if control[FOUND] > 0:
                parts[part + ALIKE] += 1
            else:
                parts[part + ALIKE] = 1
            alike = parts[part + ALIKE]
            found = control[FOUND]
            rows = control[ROOM]
            if alike > 2 and found == 2 and rows > 0:
                skip_rows(proc, port, runs, control, parts, members, past)
                parts[part + ROW_END] += rows * parts[part + WIDTH]
            keep_channels(port, control, parts, members)
        else:
            parts[part + ALIKE] = 0
        keep_processes(proc, control, parts, members)

        begin_row(proc, queue, control, parts, members)
