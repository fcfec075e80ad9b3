"""
Which option each producer and consumer takes, so that the fewest words change their unit.

A node is a kernel, an option a way to deal its rows to its units. An edge has a matrix: the words
that move between units for each pair of options of its two ends. A step of a recurrence that reads
what the step before it made is an edge like any other; it closes a cycle, or is an edge of a node
with itself.

The choice is exact. Nodes with two neighbours or fewer are eliminated one after another, which is
dynamic programming on trees, forests and whatever shrinks to nothing in this way (series-parallel
graphs); what then remains is a mixed-integer program for HiGHS (`bank_program`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from spatial_opt.passes.solvers.bank_graph import Graph, eliminate

Matrix = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Edge:
    """Values that one node makes and another one reads."""

    producer: int
    consumer: int
    """Node numbers; equal where a node reads what it made a step before."""
    words: Matrix
    """Words moved, [option of the producer][option of the consumer]."""


@dataclass(frozen=True)
class Problem:
    """Nodes with options, and what each pair of options moves."""

    own: Matrix
    """Cost of each option of each node by itself, in words; most often 0."""
    edges: tuple[Edge, ...] = ()
    pinned: tuple[int | None, ...] = ()
    """Options decided beforehand, None where a node is free; all nodes are if it is empty."""

    def check(self) -> None:
        """Raise ValueError where the problem makes no sense."""
        if self.pinned and len(self.pinned) != len(self.own):
            raise ValueError(f"{len(self.pinned)} nodes are pinned or not, of {len(self.own)}")
        for node, costs in enumerate(self.own):
            if not costs:
                raise ValueError(f"node {node} has no option")
            if min(costs) < 0:
                raise ValueError(f"node {node} has an option of less than no words: {costs}")
            pin = self.pin(node)
            if pin is not None and not 0 <= pin < len(costs):
                raise ValueError(f"node {node} is pinned to {pin} of its {len(costs)} options")
        for edge in self.edges:
            for end in (edge.producer, edge.consumer):
                if not 0 <= end < len(self.own):
                    raise ValueError(f"an edge ends at node {end}, of {len(self.own)}")
            shape = [len(self.own[edge.producer]), len(self.own[edge.consumer])]
            if [len(edge.words), *sorted({len(row) for row in edge.words})] != shape:
                raise ValueError(
                    f"the edge from {edge.producer} to {edge.consumer} has words {edge.words} "
                    f"for {shape[0]} and {shape[1]} options"
                )
            if min(min(row) for row in edge.words) < 0:
                raise ValueError(f"the edge {edge} moves less than no words")

    def pin(self, node: int) -> int | None:
        """Return the option that a node must take, None if it is free."""
        return self.pinned[node] if self.pinned else None

    def options(self, node: int) -> Sequence[int]:
        """Return the options that a node may take."""
        pin = self.pin(node)
        return range(len(self.own[node])) if pin is None else (pin,)

    def words(self, chosen: Sequence[int]) -> int:
        """Count what a choice costs: words between nodes, and the nodes' own costs."""
        own = sum(costs[option] for costs, option in zip(self.own, chosen, strict=True))
        return own + sum(e.words[chosen[e.producer]][chosen[e.consumer]] for e in self.edges)


@dataclass(frozen=True)
class Solution:
    """The option chosen for each node, and the words that this costs."""

    chosen: tuple[int, ...]
    words: int


def solve(problem: Problem) -> Solution:
    """
    Choose the options that move the fewest words, all together.

    Among equals as few nodes as possible leave their first option.
    """
    problem.check()
    graph = _graph_of(problem)
    eliminated = list(eliminate(graph))
    place = [0] * len(problem.own)
    if graph.costs:
        # HiGHS is imported by those who need it.
        from spatial_opt.passes.solvers.bank_program import solve_rest

        for node, option in solve_rest(graph).items():
            place[node] = option
    for node, around, best in reversed(eliminated):
        place[node] = int(best[tuple(place[other] for other in around)])
    chosen = tuple(problem.options(node)[at] for node, at in enumerate(place))
    return Solution(chosen, problem.words(chosen))


def local(problem: Problem) -> Solution:
    """
    Let each node take its favourite: what is best if all its neighbours do as it would like best.

    That is what choosing node by node gives, to compare with.
    """
    problem.check()
    wish: list[list[int]] = [list(costs) for costs in problem.own]
    for edge in problem.edges:
        here, there = edge.producer, edge.consumer
        if here == there:
            for option in problem.options(here):
                wish[here][option] += edge.words[option][option]
            continue
        for a in problem.options(here):
            wish[here][a] += min(edge.words[a][b] for b in problem.options(there))
        for b in problem.options(there):
            wish[there][b] += min(edge.words[a][b] for a in problem.options(here))
    chosen = tuple(
        min(problem.options(node), key=lambda option: (costs[option], option))
        for node, costs in enumerate(wish)
    )
    return Solution(chosen, problem.words(chosen))


def verify(problem: Problem, solution: Solution) -> None:
    """Raise ValueError unless a choice is allowed, counted right, and no one or two can better."""
    chosen = solution.chosen
    if len(chosen) != len(problem.own):
        raise ValueError(f"{len(chosen)} options are chosen for {len(problem.own)} nodes")
    for node, option in enumerate(chosen):
        if option not in problem.options(node):
            raise ValueError(f"node {node} must not take option {option}")
    words = problem.words(chosen)
    if words != solution.words:
        raise ValueError(f"{chosen} moves {words} words, not {solution.words}")
    # A change of two nodes alters only what is at one of them: no need to count all edges again.
    at: list[list[Edge]] = [[] for _ in chosen]
    for edge in problem.edges:
        for end in {edge.producer, edge.consumer}:
            at[end].append(edge)
    pairs = {(node, node) for node in range(len(chosen))}
    pairs |= {(edge.producer, edge.consumer) for edge in problem.edges}
    for one, two in sorted(pairs):
        touched = list(dict.fromkeys([*at[one], *at[two]]))
        before = _part(problem, {one, two}, touched, chosen)
        for first, second in product(problem.options(one), problem.options(two)):
            other = list(chosen)
            other[one], other[two] = first, second
            if _part(problem, {one, two}, touched, other) < before:
                raise ValueError(f"{chosen} is beaten by {tuple(other)}")


def _part(problem: Problem, nodes: set[int], edges: Sequence[Edge], chosen: Sequence[int]) -> int:
    own = sum(problem.own[node][chosen[node]] for node in nodes)
    return own + sum(e.words[chosen[e.producer]][chosen[e.consumer]] for e in edges)


def _graph_of(problem: Problem) -> Graph:
    """
    Take a problem's free options.

    A word weighs more than all nodes that leave their first option, each of which costs 1.
    """
    graph = Graph()
    weight = len(problem.own) + 1
    free = [np.array(problem.options(node)) for node in range(len(problem.own))]
    for node, costs in enumerate(problem.own):
        graph.costs[node] = np.array(costs, np.int64)[free[node]] * weight + (free[node] != 0)
        graph.around[node] = {}
    for edge in problem.edges:
        here, there = edge.producer, edge.consumer
        words = np.array(edge.words, np.int64)[np.ix_(free[here], free[there])] * weight
        if here == there:
            graph.costs[here] = graph.costs[here] + words.diagonal()
        else:
            graph.join(here, there, words)
    return graph
