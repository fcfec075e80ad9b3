"""Loops in a graph of steps that wait for each other."""

from collections.abc import Sequence

Arc = tuple[int, int]


def components(count: int, arcs: Sequence[Arc]) -> list[int]:
    """
    Number the strongly connected component of each node (Tarjan, SIAM J. Comput. 1972).

    Two nodes have the same number iff each can be reached from the other.
    """
    after: list[list[int]] = [[] for _ in range(count)]
    for source, destination in arcs:
        after[source].append(destination)
    order = [-1] * count
    low = [0] * count
    result = [-1] * count
    stack: list[int] = []
    met = 0
    found = 0
    for root in range(count):
        if order[root] >= 0:
            continue
        order[root] = low[root] = met
        met += 1
        stack.append(root)
        work = [(root, iter(after[root]))]
        while work:
            node, rest = work[-1]
            for other in rest:
                if order[other] < 0:
                    order[other] = low[other] = met
                    met += 1
                    stack.append(other)
                    work.append((other, iter(after[other])))
                    break
                if result[other] < 0:
                    low[node] = min(low[node], order[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == order[node]:
                    while result[node] < 0:
                        result[stack.pop()] = found
                    found += 1
    return result


def in_loop(count: int, arcs: Sequence[Arc]) -> list[bool]:
    """Whether each arc lies on a loop."""
    component = components(count, arcs)
    return [component[source] == component[destination] for source, destination in arcs]


def closing(count: int, arcs: Sequence[Arc], marked: Sequence[bool]) -> list[bool]:
    """
    Which arcs lead into the next turn: the marked ones, and enough others to open every loop.

    The others are those that lead back in the order of the nodes.
    """
    looping = in_loop(count, [arc for arc, mark in zip(arcs, marked, strict=True) if not mark])
    unmarked = iter(looping)
    return [
        mark or (next(unmarked) and destination <= source)
        for (source, destination), mark in zip(arcs, marked, strict=True)
    ]
