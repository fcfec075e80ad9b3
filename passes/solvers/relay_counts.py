"""How many compute units pass on what the parts of a memory give to one reader."""

from math import ceil

RELAYED = 4
"""Units that share one link to their reader, through a relay."""
DIRECT = 8
"""Units that may give one reader its tokens without relays, so that links find a way."""


def relays(parts: int, direct: int = RELAYED) -> int:
    """
    Count the relays that so many memory units need: none for up to `direct` of them.

    Where relays are many, others pass on what they give.
    """
    if parts <= direct:
        return 0
    first = ceil(parts / RELAYED)
    return first + relays(first, DIRECT)
