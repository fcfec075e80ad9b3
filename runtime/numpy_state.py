"""What changes while the portable evaluator runs: memories, DRAM buffers, tokens on links."""

from collections import deque
from dataclasses import dataclass, field
from math import prod

import numpy as np

from spatial_opt.dialects.spatial import LinkOp
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.order import link_name

Point = tuple[int, ...]
"""Values of the enclosing counters, outermost first."""


@dataclass
class Queue:
    """The tokens on one link; each entry is an array of tokens with any leading axes."""

    link: LinkOp
    axes: int
    """Axes of one token: 1 for vectors, 0 for scalars."""
    waiting: deque[Array] = field(default_factory=deque[Array])
    available: int = 0
    sent: int = 0
    taken: int = 0
    activations: int = 0
    kept: Array | None = None
    """Tokens of the activation that took some last, for `hold`."""

    def _lead(self, array: Array) -> Point:
        return array.shape[: array.ndim - self.axes]

    def push(self, array: Array) -> None:
        """Send an array of tokens; with `every`, only the last of so many goes on."""
        count = prod(self._lead(array))
        every = self.link.every.value.data
        if every > 1:
            flat = array.reshape(count, *array.shape[array.ndim - self.axes :])
            array = flat[(every - 1 - self.sent) % every :: every]
        self.sent += count
        passed = prod(self._lead(array))
        if passed:
            self.waiting.append(array)
            self.available += passed

    def pop(self, count: int) -> Array:
        """Take the tokens of one activation of the destination, again for each of `hold`."""
        hold = self.link.hold.value.data
        fresh = self.activations % hold == 0
        self.activations += 1
        if not fresh and self.kept is not None:
            return self.kept
        if self.available < count:
            raise SpatialError(
                f"link {link_name(self.link)} has {self.available} tokens where its destination "
                f"takes {count} (activation {self.activations - 1}); the source must send as many "
                "as the destination takes"
            )
        self.available -= count
        self.taken += count
        array = self._take(count)
        self.kept = array if hold > 1 else None
        return array

    def _take(self, count: int) -> Array:
        if prod(self._lead(self.waiting[0])) == count:
            return self.waiting.popleft()
        pieces: list[Array] = []
        while count:
            head = self.waiting.popleft()
            flat = head.reshape(-1, *head.shape[head.ndim - self.axes :])
            pieces.append(flat[:count])
            if flat.shape[0] > count:
                self.waiting.appendleft(flat[count:])
            count -= pieces[-1].shape[0]
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)


class State:
    """Everything that changes while a configuration runs."""

    def __init__(self, memories: dict[str, Array], buffers: dict[str, Array], links: int) -> None:
        self.memories = memories
        self.buffers = buffers
        self.queues: list[Queue | None] = [None] * links

    def queue(self, number: int) -> Queue:
        """Give the queue of a data link."""
        found = self.queues[number]
        if found is None:
            raise RuntimeError("a token link has no queue of values; this is a bug")
        return found
