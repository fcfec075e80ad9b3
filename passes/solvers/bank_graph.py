"""Costs of choices and of pairs of them, as a graph that shrinks while it is solved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Costs = NDArray[np.int64]


@dataclass
class Graph:
    """Nodes with costs of their options, and one matrix of costs for each pair of neighbours."""

    costs: dict[int, Costs] = field(default_factory=dict[int, Costs])
    """Per node that is left, [options]."""
    around: dict[int, dict[int, Costs]] = field(default_factory=dict[int, dict[int, Costs]])
    """Per node and neighbour, [options of the node, options of the neighbour]."""

    def join(self, here: int, there: int, words: Costs) -> None:
        """Add what two nodes cost together."""
        before = self.around[here].get(there)
        total = words if before is None else before + words
        if (total == total[:1, :1]).all():
            # Whatever they choose it costs the same: they are no neighbours.
            self.costs[here] = self.costs[here] + total[0, 0]
            self.around[here].pop(there, None)
            self.around[there].pop(here, None)
        else:
            self.around[here][there], self.around[there][here] = total, total.T

    def remove(self, node: int) -> tuple[Costs, dict[int, Costs]]:
        """Take a node out; give its costs and its neighbours."""
        around = self.around.pop(node)
        for other in around:
            del self.around[other][node]
        return self.costs.pop(node), around


def eliminate(graph: Graph) -> Iterator[tuple[int, tuple[int, ...], Costs]]:
    """
    Take out nodes with two neighbours or fewer, as long as there are any.

    Gives the node, its neighbours, and its best place for each pair of theirs.
    """
    waiting = sorted(graph.costs)
    while waiting:
        node = waiting.pop()
        if node not in graph.costs or len(graph.around[node]) > 2:
            continue
        costs, around = graph.remove(node)
        others = tuple(around)
        total = costs.reshape(-1, *(1 for _ in others))
        for axis, matrix in enumerate(around.values()):
            total = total + matrix.reshape(
                len(costs), *(-1 if axis == position else 1 for position in range(len(others)))
            )
        yield node, others, total.argmin(axis=0)
        least = total.min(axis=0)
        match others:
            case (other,):
                graph.costs[other] = graph.costs[other] + least
            case (one, two):
                graph.join(one, two, least)
            case _:
                pass
        waiting += sorted(others)
