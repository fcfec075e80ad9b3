"""The problem of cutting a compute unit's body into parts that each fit a physical unit."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
from operator import attrgetter
from sys import maxsize


@dataclass(frozen=True)
class Value:
    """Something a step reads or makes; widened copies and constants are no values of their own."""

    vector: bool
    level: int
    """Counters it varies over, from the outermost: 0 for one value per activation."""
    late: bool = False
    """Whether it is known only at the last firing of its level (the result of a fold)."""
    port: bool = False
    """Whether it is received from outside the unit."""
    sent: tuple[int, ...] = ()
    """Level of each port outside the unit that it is sent to."""
    links: int = 1
    """Links from outside the unit that bring it in turns."""
    inner: bool = False
    """Whether no link can carry it, so that what uses it stays with what makes it."""


@dataclass(frozen=True)
class Step:
    """One operation of the body."""

    operands: tuple[int, ...]
    result: int | None
    level: int
    """Counters it must at least run over."""
    stages: int = 1
    folded: int | None = None
    """Stages when nothing but its result passes it and leaves the unit; None: `stages`."""


@dataclass(frozen=True)
class Limits:
    """
    What one physical unit has; the names are those of the machine description.

    The links are those that end at the unit, on tracks of the edges around its switch.
    """

    stages: int
    registers_per_stage: int
    vector_inputs: int
    scalar_inputs: int
    vector_outputs: int
    scalar_outputs: int
    vector_links: int = maxsize
    scalar_links: int = maxsize


_NAMES = tuple(field.name for field in fields(Limits))
_figures = attrgetter(*_NAMES)


@dataclass(frozen=True)
class Problem:
    """The steps of one unit in an order that respects their operands."""

    values: tuple[Value, ...]
    steps: tuple[Step, ...]
    limits: Limits

    @cached_property
    def producer(self) -> dict[int, int]:
        """Step that makes each value; none for values from outside."""
        return {s.result: index for index, s in enumerate(self.steps) if s.result is not None}

    @cached_property
    def users(self) -> tuple[tuple[int, ...], ...]:
        """Steps that read each value."""
        found: list[list[int]] = [[] for _ in self.values]
        for index, step in enumerate(self.steps):
            for operand in step.operands:
                found[operand].append(index)
        return tuple(tuple(users) for users in found)

    def check(self) -> None:
        """Raise `ValueError` unless the problem is well formed."""
        made = {index for index in range(len(self.values)) if index not in self.producer}
        for index, step in enumerate(self.steps):
            for operand in step.operands:
                if operand not in made:
                    raise ValueError(f"step {index} reads value {operand} before it is made")
                if self.values[operand].level > step.level:
                    raise ValueError(f"step {index} runs less often than its operand {operand}")
            if step.stages < 0 or (step.folded is not None and step.folded > step.stages):
                raise ValueError(f"step {index} has a wrong number of stages")
            if step.result is not None:
                made.add(step.result)


@dataclass(frozen=True)
class Solution:
    """The steps of each part, in the order they run; no part reads from a later one."""

    parts: tuple[tuple[int, ...], ...]


def part_level(problem: Problem, part: Iterable[int]) -> int:
    """Counters that a part runs over."""
    return max((problem.steps[step].level for step in part), default=0)


def leaving(problem: Problem, part: Sequence[int]) -> list[int]:
    """Values made in a part that other parts or the outside use."""
    inside = set(part)
    found: list[int] = []
    for index in part:
        result = problem.steps[index].result
        if result is not None and (
            problem.values[result].sent or any(user not in inside for user in problem.users[result])
        ):
            found.append(result)
    return found


def entering(problem: Problem, part: Sequence[int]) -> list[int]:
    """Values that reach a part through ports, in the order of their numbers."""
    made = {problem.steps[index].result for index in part}
    read = {operand for index in part for operand in problem.steps[index].operands}
    return sorted(
        value for value in read - made if problem.values[value].port or value in problem.producer
    )


def stages_of(problem: Problem, part: Sequence[int], out: Sequence[int] | None = None) -> list[int]:
    """
    First stage of each step of a part, and at the end the number of stages used.

    `out` are the values that leave the part, where they are known already.
    """
    starts: list[int] = []
    stage = 0
    for index in part:
        starts.append(stage)
        stage += problem.steps[index].stages
    if part:
        step = problem.steps[part[-1]]
        if step.folded is not None and all(
            value == step.result for value in (leaving(problem, part) if out is None else out)
        ):
            stage += step.folded - step.stages
    return [*starts, max(stage, 1)]


def usage(problem: Problem, part: Sequence[int], levels: Sequence[int] | None = None) -> Limits:
    """
    What a part takes of each limit.

    `levels` gives the level of the part that each step is in; without it (while the parts are
    not known) a step is taken to run at its own level.
    """
    values = problem.values
    into, out = entering(problem, part), leaving(problem, part)
    vectors_in = vector_links = scalar_links = 0
    for value in into:
        if values[value].vector:
            vectors_in += 1
            vector_links += values[value].links
        else:
            scalar_links += values[value].links
    vectors_out = scalars_out = 0
    for value in out:
        ports = len(send_levels(problem, part, value, levels))
        if values[value].vector:
            vectors_out += ports
        else:
            scalars_out += ports
    *starts, stages = stages_of(problem, part, out)
    return Limits(
        stages=stages,
        registers_per_stage=_registers(problem, part, starts, stages, out),
        vector_inputs=vectors_in,
        scalar_inputs=len(into) - vectors_in,
        vector_outputs=vectors_out,
        scalar_outputs=scalars_out,
        vector_links=vector_links,
        scalar_links=scalar_links,
    )


def send_levels(
    problem: Problem,
    part: Sequence[int],
    value: int,
    levels: Sequence[int] | None = None,
    unknown: Collection[int] = (),
) -> list[int]:
    """
    Level of each output port that a value leaving a part needs.

    Ports to the outside come first; other parts share one of these when the level is right. Steps
    in `unknown` are left out, as their parts are not known.
    """
    found = list(problem.values[value].sent)
    mine, inside = part_level(problem, part), set(part)
    for user in problem.users[value]:
        if user not in inside and user not in unknown:
            theirs = problem.steps[user].level if levels is None else levels[user]
            level = min(mine, theirs)
            if level not in found:
                found.append(level)
    return found


def _registers(
    problem: Problem, part: Sequence[int], starts: Sequence[int], stages: int, out: Sequence[int]
) -> int:
    """The most values alive between two stages; a received token waits from the start."""
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    # Registers before stage s hold what was there by then and is read there or later, and what
    # an operation of several stages works on.
    until = stages + (stages < problem.limits.stages)
    busy = [0] * (until + 1)
    ends = [*starts[1:], stages]
    for index, start, end in zip(part, starts, ends, strict=True):
        step = problem.steps[index]
        for operand in step.operands:
            first.setdefault(operand, 0)
            if start > last.get(operand, 0):
                last[operand] = start
        if step.result is not None:
            first[step.result] = end
            last.setdefault(step.result, end)
        for stage in range(start + 1, end):
            busy[stage] += 1
    for value in out:
        last[value] = stages
    for value, start in first.items():
        for stage in range(max(1, start), min(last.get(value, 0), until - 1) + 1):
            busy[stage] += 1
    return max(busy[1:until], default=0)


def exceeded(problem: Problem, used: Limits) -> list[tuple[str, int, int]]:
    """(limit, used, available) of each limit that is not kept."""
    return [
        (name, taken, limit)
        for name, taken, limit in zip(_NAMES, _figures(used), _figures(problem.limits), strict=True)
        if taken > limit
    ]


def late_kept(problem: Problem, part: Sequence[int]) -> bool:
    """
    Whether a part runs no more often than the late values that reach it.

    Otherwise it would hold up the tokens that the same values are still computed from.
    """
    level = part_level(problem, part)
    return all(
        not problem.values[value].late or problem.values[value].level >= level
        for value in entering(problem, part)
        if value in problem.producer
    )


def torn(problem: Problem, part: Sequence[int]) -> bool:
    """Whether a value that no link can carry is made in a part and used outside it."""
    return any(problem.values[value].inner for value in leaving(problem, part))


def misfit(problem: Problem) -> tuple[int, list[tuple[str, int, int]]] | None:
    """A step that fits no unit even alone, and by which limits; None if there is none."""
    for index in range(len(problem.steps)):
        over = exceeded(problem, usage(problem, [index]))
        if over:
            return index, over
    return None


def faults(problem: Problem, solution: Solution) -> list[str]:
    """What is wrong with a solution; empty if it is right."""
    found: list[str] = []
    flat = [step for part in solution.parts for step in part]
    if sorted(flat) != list(range(len(problem.steps))):
        return [f"the parts hold steps {sorted(flat)} of {len(problem.steps)}"]
    made: set[int] = set()
    for index in flat:
        for operand in problem.steps[index].operands:
            if operand in problem.producer and operand not in made:
                found.append(f"step {index} runs before its operand {operand} is made")
        result = problem.steps[index].result
        if result is not None:
            made.add(result)
    levels = [0] * len(problem.steps)
    for part in solution.parts:
        for index in part:
            levels[index] = part_level(problem, part)
    for number, part in enumerate(solution.parts):
        for name, used, limit in exceeded(problem, usage(problem, part, levels)):
            found.append(f"part {number} takes {used} {name} of {limit}")
        if torn(problem, part):
            found.append(f"part {number} sends what no link can carry")
        if not late_kept(problem, part):
            found.append(f"part {number} runs more often than a late value it needs")
    return found


@lru_cache(maxsize=1024)
def verify(problem: Problem, solution: Solution) -> None:
    """Raise `RuntimeError` unless the solution is right."""
    wrong = faults(problem, solution)
    if wrong:
        raise RuntimeError(f"wrong partition: {'; '.join(wrong)}; this is a bug")
