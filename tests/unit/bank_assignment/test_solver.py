"""The bank assignment solver against brute force, and what it must not do."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import product
from random import Random

import pytest

from spatial_opt.passes.solvers import bank_program
from spatial_opt.passes.solvers.bank_assignment import (
    Edge,
    Problem,
    Solution,
    local,
    solve,
    verify,
)
from spatial_opt.passes.solvers.bank_graph import Graph

Matrix = tuple[tuple[int, ...], ...]


def brute(problem: Problem) -> tuple[int, int]:
    """Fewest words, and fewest nodes off their first option among the choices that move as many."""
    every = product(*(problem.options(node) for node in range(len(problem.own))))
    return min((problem.words(chosen), sum(map(bool, chosen))) for chosen in every)


def random_problem(seed: int) -> Problem:
    """A DAG of at most 8 nodes, sparse or dense, with a few recurrent edges and pinned nodes."""
    random = Random(seed)
    nodes = random.randint(1, 8)
    own = tuple(
        tuple(random.choice([0, 0, random.randint(0, 9)]) for _ in range(random.randint(1, 3)))
        for _ in range(nodes)
    )

    def words(producer: int, consumer: int) -> Matrix:
        return tuple(
            tuple(random.choice([0, random.randint(1, 50)]) for _ in own[consumer])
            for _ in own[producer]
        )

    edges: list[Edge] = []
    for _ in range(random.randint(0, 3 * nodes)):
        first, second = sorted((random.randrange(nodes), random.randrange(nodes)))
        ends = (second, first) if random.random() < 0.15 else (first, second)
        edges.append(Edge(*ends, words(*ends)))
    pinned = tuple(
        random.randrange(len(costs)) if random.random() < 0.15 else None for costs in own
    )
    return Problem(own, tuple(edges), pinned if random.random() < 0.5 else ())


def frustrated(nodes: int, neighbours: int, seed: int = 0) -> Problem:
    """Neighbours that cannot all be pleased, each with so many others."""
    random = Random(seed)
    edges: list[Edge] = []
    for node in range(nodes):
        for other in random.sample([n for n in range(nodes) if n != node], neighbours):
            apart = random.randint(1, 9)
            words = ((apart, 0), (0, apart)) if random.random() < 0.5 else ((0, apart), (apart, 0))
            edges.append(Edge(node, other, words))
    return Problem(((0, 0),) * nodes, tuple(edges))


@pytest.mark.parametrize("part", range(4))
def test_equals_brute_force(part: int) -> None:
    for seed in range(100 * part, 100 * part + 100):
        problem = random_problem(seed)
        found = solve(problem)
        verify(problem, found)
        assert (found.words, sum(map(bool, found.chosen))) == brute(problem), problem


@pytest.mark.parametrize("nodes", [4, 6, 8, 10])
def test_programs_equal_brute_force(nodes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Graphs that no elimination makes smaller go to the mixed-integer program, whole."""
    sizes: list[int] = []
    real = bank_program.solve_rest

    def counted(graph: Graph) -> dict[int, int]:
        sizes.append(len(graph.costs))
        return real(graph)

    monkeypatch.setattr(bank_program, "solve_rest", counted)
    for seed in range(5):
        problem = frustrated(nodes, 3, seed)
        found = solve(problem)
        verify(problem, found)
        assert (found.words, sum(map(bool, found.chosen))) == brute(problem)
    assert sizes
    assert max(sizes) == nodes


def test_trees_need_no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(graph: Graph) -> dict[int, int]:
        raise AssertionError(f"{len(graph.costs)} nodes are left of a tree")

    monkeypatch.setattr(bank_program, "solve_rest", refuse)
    random = Random(1)
    edges = [Edge(random.randrange(n), n, ((0, 7), (5, 1))) for n in range(1, 60)]
    verify(problem := Problem(((0, 3),) * 60, tuple(edges)), solve(problem))
    # A ladder is no tree, but shrinks to nothing as well.
    ladder = [Edge(n, n + 2, ((0, 3), (2, 0))) for n in range(38)]
    ladder += [Edge(n, n + 1, ((4, 0), (0, 4))) for n in range(0, 40, 2)]
    verify(problem := Problem(((0, 0),) * 40, tuple(ladder)), solve(problem))


def test_nothing_moves_where_all_can_agree() -> None:
    """A common assignment exists by construction: each edge is free at the hidden choice."""
    random = Random(7)
    for _ in range(50):
        nodes = random.randint(2, 12)
        hidden = [random.randrange(2) for _ in range(nodes)]
        edges: list[Edge] = []
        for _ in range(3 * nodes):
            one, two = random.randrange(nodes), random.randrange(nodes)
            words = [[random.randint(1, 9) for _ in range(2)] for _ in range(2)]
            words[hidden[one]][hidden[two]] = 0
            edges.append(Edge(one, two, tuple(map(tuple, words))))
        assert solve(Problem(((0, 0),) * nodes, tuple(edges))).words == 0


def test_first_options_win_ties() -> None:
    """Words decide; then as many nodes as possible stay as they are."""
    indifferent = ((3, 3), (3, 3))
    assert solve(Problem(((0, 0),) * 3, (Edge(0, 1, indifferent),))).chosen == (0, 0, 0)
    # Three must agree on the second option, the fourth may stay.
    second = ((9, 9), (9, 0))
    edges = (Edge(0, 1, second), Edge(1, 2, second), Edge(2, 3, ((0, 0), (0, 0))))
    assert solve(Problem(((0, 0),) * 4, edges)).chosen == (1, 1, 1, 0)


def test_a_step_reads_the_one_before() -> None:
    """An edge of a node with itself counts its one option, and edges both ways close a cycle."""
    own = Problem(((0, 0),), (Edge(0, 0, ((5, 0), (0, 2))),))
    assert solve(own) == Solution((1,), 2)
    both = Problem(((0, 0),) * 2, (Edge(0, 1, ((0, 8), (8, 0))), Edge(1, 0, ((6, 1), (1, 0)))))
    assert solve(both) == Solution((1, 1), 0)
    assert solve(replace(both, pinned=(0, None))) == Solution((0, 0), 6)


def test_local_choice_can_lose() -> None:
    """The producer would rather have both at 0, the consumer both at 1; apart they move most."""
    problem = Problem(((0, 2), (0, 0)), (Edge(0, 1, ((1, 9), (9, 0))),))
    assert local(problem) == Solution((0, 1), 9)
    assert solve(problem) == Solution((0, 0), 1)


def test_local_is_never_better() -> None:
    worse = 0
    for seed in range(200):
        problem = random_problem(seed)
        words = local(problem).words
        assert words >= solve(problem).words
        worse += words > solve(problem).words
    assert worse > 20


def test_it_is_deterministic() -> None:
    problems = [random_problem(seed) for seed in range(40)] + [frustrated(20, 3)]
    assert [solve(problem) for problem in problems] == [solve(problem) for problem in problems]


def test_it_is_fast_on_trees() -> None:
    random = Random(3)
    edges = [
        Edge(random.randrange(n), n, ((0, random.randint(1, 99)), (random.randint(1, 99), 3)))
        for n in range(1, 800)
    ]
    problem = Problem(((0, 0),) * 800, tuple(edges))
    solve(problem)
    begin = time.process_time()
    found = solve(problem)
    taken = time.process_time() - begin
    verify(problem, found)
    assert taken < 0.15, f"800 nodes take {taken:.3f} s"


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        (Problem(((),)), "node 0 has no option"),
        (Problem(((0,),), pinned=(0, 0)), "2 nodes are pinned or not, of 1"),
        (Problem(((0, -1),)), r"node 0 has an option of less than no words: \(0, -1\)"),
        (Problem(((0, 0),), pinned=(2,)), "node 0 is pinned to 2 of its 2 options"),
        (Problem(((0,),), (Edge(0, 1, ((0,),)),)), "an edge ends at node 1, of 1"),
        (
            Problem(((0,), (0, 0)), (Edge(0, 1, ((0,),)),)),
            r"the edge from 0 to 1 has words \(\(0,\),\) for 1 and 2 options",
        ),
        (Problem(((0,),), (Edge(0, 0, ((-2,),)),)), "moves less than no words"),
    ],
)
def test_refuses_nonsense(problem: Problem, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        solve(problem)


@pytest.mark.parametrize(
    ("solution", "message"),
    [
        (Solution((0,), 0), "1 options are chosen for 2 nodes"),
        (Solution((0, 2), 0), "node 1 must not take option 2"),
        (Solution((0, 1), 0), r"\(0, 1\) moves 4 words, not 0"),
        (Solution((0, 0), 3), r"\(0, 0\) is beaten by \(1, 1\)"),
    ],
)
def test_verify_finds_what_is_wrong(solution: Solution, message: str) -> None:
    problem = Problem(((0, 0), (0, 0)), (Edge(0, 1, ((3, 4), (4, 0))),))
    with pytest.raises(ValueError, match=message):
        verify(problem, solution)
