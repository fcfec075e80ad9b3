"""
Where everything stands in the flat tables of the event engine.

A process, a port, a run and a part each are a record of consecutive words, and are named by the
offset of their record.

A channel has two *ports*: at the one its destination consumes tokens, at the other its source
consumes credits, the places that are free. They are alike: a firing that is due at a port takes
what waits there, and what it takes turns up at the other port some cycles later, a token as a
credit and a credit as a token.

What waits at a port is a queue of *runs*: events whose times and causes grow by the same amounts
from each to the next. Behind the time of the first stand the words of its cause split: two causes
share a word, one in each half, which needs all times to stay below 2^31.

Processes are divided into parts, each with a queue of its own; `event_rows` runs them in turn.
"""

# Process records.
FIRED = 0
LIMIT = 1
READY = 2  # earliest time of the next firing: last firing + its interval
WAIT = 3  # RUNNABLE, AT_LIMIT, or the port it waits at
IN_BEGIN = 4  # in `edges`: the ports of its incoming channels
IN_END = 5  # and of its outgoing ones
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

RUNNABLE = -1
AT_LIMIT = -2

# Port records.
NEXT = 0  # the firing that is due next
PERIOD = 1
WAITING = 2  # how many tokens or credits
HEAD = 3  # the first run
CLOSE = 4  # end of the window of firings
TAIL = 5  # the last run
OTHER = 6  # the other port of the channel
DELAY = 7  # cycles from a firing until what it takes turns up at the other port
DELAY_SPLIT = 8  # four words: their causes
BEGIN = 12  # where the queue's runs stand
END = 13
OWNER = 14  # process
WAITED = 15  # cycles it waited at this port
CYCLE = 16  # firings from a window to the next
RESET = 17  # from the end of the next window to its first firing due
# The state after the last row.
PAST_NEXT = 18
PAST_CLOSE = 19
PAST_WAITING = 20
PAST_WAITED = 21
PAST_AT = 22  # of a channel, at its first port: the runs that matter, in the array `past`
PAST_COUNT = 23
PORT_WORDS = 24

# The ports of a channel.
TOKENS = 0
CREDITS = PORT_WORDS
CHANNEL_WORDS = 2 * PORT_WORDS

# Runs. The time of the first event stands at 0.
EVENTS = 1
STEP = 2  # from an event to the next, if there are several
RUN_SPLIT = 3  # four words
STEP_SPLIT = 7  # four words
RUN_WORDS = 12

# Parts: a queue each, in `queue`; for rows where in `members` its drivers, other processes, inner
# and outer channels stand, one after the other, and the state of the search for a repetition.
QUEUE_HEAD = 0
QUEUED = 1
QUEUE_SIZE = 2
QUEUE_AT = 3
DRIVERS_BEGIN = 4
DRIVERS_END = 5
MEMBERS_END = 6
INNER_END = 7
OUTER_END = 8
WIDTH = 9  # firings of a driver in a row; 0 if the part has no rows
ROW_END = 10  # firings of the drivers up to the end of the present row
ALIKE = 11  # 0 with no row to compare with, else one more than the last rows that were alike
PART_WORDS = 12

# The control array.
CURRENT = 0  # the part that runs
PARTS_END = 1
RAISED = 2  # 1 if limits have changed
# Of a comparison: the cycles from a period (or row) to the next, whether two were alike, and for
# how many more the same must happen.
SHIFT = 3
FOUND = 4
ROOM = 5
PROCESSES_END = 6
PORTS_END = 7
FRESH = 8  # 1 before the first firing
# What `run_queues` is asked for, and what it found.
PORT = 9
COUNT = 10  # events of a period
ROWS = 11  # periods
RUN = 12
EVENT = 13  # of that run
BAR = 14  # the earliest time of the firing that uses the first event of the run
PACE = 15  # cycles from there to that of the next event, at the least
LATE_BEGIN = 16
LATE_END = 17
CONTROL_WORDS = 18

# The pattern of intervals of a process: for each firing its interval and how many firings have the
# same from there to the end of the pattern; ENDLESS if they all have.
PATTERN_WORDS = 2

NEVER = 2**61
"""A firing no process reaches."""
ENDLESS = NEVER
"""A length no pattern has."""

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
