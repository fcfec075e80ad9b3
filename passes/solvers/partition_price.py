"""What makes one way to cut a unit better than another."""

from spatial_opt.passes.solvers.partition import Problem, Solution, entering, usage

LINK = 3
"""What a link from part to part is taken to cost, in stages."""


def price(
    problem: Problem, solution: Solution
) -> tuple[int, int, int, int, list[int], tuple[tuple[int, ...], ...]]:
    """What a better solution has less of; among equals the first parts are the fullest."""
    parts = solution.parts
    room, chain = crowd(problem, solution), chain_length(problem, solution)
    return len(parts), room, chain, crossings(problem, solution), [-len(p) for p in parts], parts


def lower_bound(problem: Problem) -> int:
    """Parts that any solution has at least, by what enters, what leaves and the stages."""
    limits, values = problem.limits, problem.values
    stages = sum(s.stages if s.folded is None else s.folded for s in problem.steps)
    read = {operand for step in problem.steps for operand in step.operands}
    pairs = [(stages, limits.stages)]
    for vector, inputs, outputs, links in (
        (True, limits.vector_inputs, limits.vector_outputs, limits.vector_links),
        (False, limits.scalar_inputs, limits.scalar_outputs, limits.scalar_links),
    ):
        kept = [value for value in values if value.vector == vector]
        pairs.append((sum(len(value.sent) for value in kept), outputs))
        taken = [v for n, v in enumerate(values) if v.port and v.vector == vector and n in read]
        pairs.append((len(taken), inputs))
        pairs.append((sum(value.links for value in taken), links))
    return max(1, *(-(-needed // there) if there else needed for needed, there in pairs))


def chain_length(problem: Problem, solution: Solution) -> int:
    """Stages of the longest chain of parts, with `LINK` for each link."""
    part_of = {step: number for number, part in enumerate(solution.parts) for step in part}
    reached: list[int] = []
    for part in solution.parts:
        makers = {
            part_of[problem.producer[value]]
            for value in entering(problem, part)
            if value in problem.producer
        }
        before = max((reached[maker] + LINK for maker in makers), default=0)
        reached.append(before + usage(problem, part).stages)
    return max(reached)


def crossings(problem: Problem, solution: Solution) -> int:
    return sum(
        value in problem.producer for part in solution.parts for value in entering(problem, part)
    )


def crowd(problem: Problem, solution: Solution) -> int:
    """Scalar links beyond three of the four edges around a switch: they leave no room there."""
    most = problem.limits.scalar_links * 3 // 4
    return sum(max(0, usage(problem, part).scalar_links - most) for part in solution.parts)
