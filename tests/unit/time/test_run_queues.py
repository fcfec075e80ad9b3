"""Telling a repeating period to a queue is like telling each of its events."""

from random import Random

import numpy as np

from spatial_opt.runtime import event_words as k
from spatial_opt.runtime.run_queues import (
    begin_late,
    compare_given,
    find_late,
    give,
    limit_early,
    take,
)


class Queue:
    """One port with its queue; events are times, their cause is 7 times that."""

    def __init__(self, times: list[int], places: int, start: int) -> None:
        self.port = [0] * k.PORT_WORDS
        self.runs = [-1] * places * k.RUN_WORDS
        self.control = [0] * k.CONTROL_WORDS
        self.proc = [0] * k.PROCESS_WORDS
        self.places = places
        runs: list[list[int]] = []
        for time in times:
            if runs and runs[-1][1] == 1:
                runs[-1][1:] = [2, time - runs[-1][0]]
            elif runs and runs[-1][0] + runs[-1][1] * runs[-1][2] == time:
                runs[-1][1] += 1
            else:
                runs.append([time, 1, -99])
        for index, (time, count, step) in enumerate(runs):
            at = (start + index) % places * k.RUN_WORDS
            row = [time, count, step, *[7 * time] * 4, *[7 * step] * 4, 0]
            self.runs[at : at + k.RUN_WORDS] = row
        self.port[k.WAITING] = len(times)
        self.port[k.HEAD] = start % places * k.RUN_WORDS
        self.port[k.TAIL] = (start + len(runs) - 1) % places * k.RUN_WORDS
        self.port[k.END] = places * k.RUN_WORDS
        self.port[k.PERIOD] = 1

    def times(self) -> list[int]:
        """The events, one by one."""
        found: list[int] = []
        at = self.port[k.HEAD]
        while len(found) < self.port[k.WAITING]:
            time, count, step = self.runs[at : at + 3]
            for n in range(count):
                found.append(time + (n * step if n else 0))
            causes = self.runs[at + k.RUN_SPLIT : at + k.RUN_SPLIT + 4]
            assert causes == [7 * time] * 4
            if count > 1:
                assert self.runs[at + k.STEP_SPLIT : at + k.STEP_SPLIT + 4] == [7 * step] * 4
            at = (at + k.RUN_WORDS) % self.port[k.END]
        assert len(found) == self.port[k.WAITING]
        return found


def periodic(rng: Random, events: int, periods: int) -> tuple[list[int], int]:
    """The times of some periods, and the time of a period."""
    within = sorted(rng.randint(0, 3 * events) for _ in range(events))
    if rng.random() < 0.3:
        within = [2 * n for n in range(events)]
    shift = within[-1] + rng.randint(0, 3) if rng.random() < 0.7 else 2 * events
    return [n * shift + time for n in range(periods) for time in within], shift


def test_give_and_take() -> None:
    for seed in range(300):
        rng = Random(seed)
        events, rows = rng.randint(1, 6), rng.randint(1, 5)
        times, shift = periodic(rng, events, 2 + rows)
        before = sorted(rng.randint(-50, 0) for _ in range(rng.randint(0, 5)))
        present = before + times[: 2 * events]
        queue = Queue(present, len(before) + len(times), rng.randint(0, 40))
        queue.control[k.COUNT], queue.control[k.ROWS] = events, rows
        queue.control[k.FOUND] = queue.control[k.ROOM] = 1
        queue.control[k.SHIFT] = shift
        compare_given(queue.port, queue.runs, queue.control)
        assert (queue.control[k.FOUND], queue.control[k.ROOM]) == (1, 1)
        give(queue.port, queue.runs, queue.control)
        assert queue.times() == before + times
        take(queue.port, queue.runs, queue.control)
        assert queue.times() == (before + times)[rows * events :]


def test_what_is_not_periodic() -> None:
    for seed in range(200):
        rng = Random(seed)
        events = rng.randint(1, 6)
        times, shift = periodic(rng, events, 2)
        times[rng.randrange(len(times))] += rng.choice([-1, 1])
        queue = Queue(times, 2 * events, rng.randint(0, 20))
        queue.control[k.COUNT], queue.control[k.SHIFT] = events, shift
        queue.control[k.FOUND] = queue.control[k.ROOM] = 1
        compare_given(queue.port, queue.runs, queue.control)
        assert queue.control[k.FOUND] == 0
        # What was taken already can't be seen.
        queue.control[k.COUNT] = events + 1
        queue.control[k.FOUND] = 1
        compare_given(queue.port, queue.runs, queue.control)
        assert queue.control[k.ROOM] == 0


def test_late_events() -> None:
    for seed in range(200):
        rng = Random(seed)
        count, step = rng.randint(1, 9), rng.randint(0, 4)
        bar, pace = rng.randint(-5, 25), rng.randint(0, 4)
        queue = Queue([10 + n * step for n in range(count)], 1, 0)
        queue.control[k.BAR], queue.control[k.PACE] = bar, pace
        find_late(queue.port, queue.runs, queue.control)
        late = [n for n in range(count) if 10 + n * step > bar + n * pace]
        assert list(range(queue.control[k.LATE_BEGIN], queue.control[k.LATE_END])) == late


def test_late_events_of_all_runs() -> None:
    for seed in range(200):
        rng = Random(seed)
        times = sorted(rng.randint(0, 40) for _ in range(rng.randint(1, 20)))
        queue = Queue(times, 20, rng.randint(0, 20))
        ready, least, ahead = rng.randint(0, 30), rng.randint(0, 3), rng.randint(0, 3)
        queue.proc[k.READY], queue.proc[k.LEAST] = ready, least
        queue.port[k.NEXT] = ahead
        begin_late(queue.proc, queue.port, queue.control)
        late: list[int] = []
        seen = 0
        while seen < len(times):
            run = queue.control[k.RUN]
            find_late(queue.port, queue.runs, queue.control)
            begin, end = queue.control[k.LATE_BEGIN], queue.control[k.LATE_END]
            late += range(seen + begin, seen + end)
            seen += queue.runs[run + k.EVENTS]
        wanted = [n for n, time in enumerate(times) if time > ready + (ahead + n) * least]
        assert late == wanted


def test_early_events() -> None:
    for seed in range(200):
        rng = Random(seed)
        times = sorted(rng.randint(0, 40) for _ in range(rng.randint(1, 20)))
        queue = Queue(times, 20, rng.randint(0, 20))
        events, room = rng.randint(1, 4), rng.randint(0, 9)
        ready, least, period, ahead = rng.randint(0, 30), rng.randint(0, 3), rng.randint(1, 2), 3
        queue.proc[k.READY], queue.proc[k.LEAST], queue.proc[k.FIRED] = ready, least, 100
        queue.port[k.PERIOD], queue.port[k.NEXT] = period, 100 + ahead
        queue.control[k.COUNT], queue.control[k.ROOM] = events, room
        limit_early(queue.proc, queue.port, queue.runs, queue.control)
        early = [time <= ready + (ahead + n * period) * least for n, time in enumerate(times)]
        enough = [
            n for n in range(room + 1) if n * events <= len(times) and all(early[: n * events])
        ]
        assert queue.control[k.ROOM] == max(enough)


def test_wrapped_around() -> None:
    # The runs of the last periods lie on both sides of the end.
    queue = Queue([0, 5, 5, 10, 15, 15], 9, 7)
    queue.control[k.COUNT], queue.control[k.ROWS], queue.control[k.SHIFT] = 3, 1, 10
    give(queue.port, queue.runs, queue.control)
    assert queue.times() == [0, 5, 5, 10, 15, 15, 20, 25, 25]
    assert np.all(np.diff(queue.times()) >= 0)
