"""Cut the body of a compute unit into parts that each fit a physical unit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property, lru_cache


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
    """What one physical unit has; the names are those of the machine description."""

    stages: int
    registers_per_stage: int
    vector_inputs: int
    scalar_inputs: int
    vector_outputs: int
    scalar_outputs: int


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


def stages_of(problem: Problem, part: Sequence[int]) -> list[int]:
    """First stage of each step of a part, and at the end the number of stages used."""
    starts: list[int] = []
    stage = 0
    for position, index in enumerate(part):
        step = problem.steps[index]
        starts.append(stage)
        last = position == len(part) - 1
        folds = (
            last
            and step.folded is not None
            and all(value == step.result for value in leaving(problem, part))
        )
        stage += step.folded if folds and step.folded is not None else step.stages
    return [*starts, max(stage, 1)]


def usage(problem: Problem, part: Sequence[int], levels: Sequence[int] | None = None) -> Limits:
    """
    What a part takes of each limit.

    `levels` gives the level of the part that each step is in; without it (while the parts are
    not known) a step is taken to run at its own level.
    """
    into, out = entering(problem, part), leaving(problem, part)
    vectors_in = sum(problem.values[value].vector for value in into)
    ports = {value: len(send_levels(problem, part, value, levels)) for value in out}
    vectors_out = sum(n for value, n in ports.items() if problem.values[value].vector)
    *starts, stages = stages_of(problem, part)
    return Limits(
        stages=stages,
        registers_per_stage=_registers(problem, part, starts, stages, out),
        vector_inputs=vectors_in,
        scalar_inputs=len(into) - vectors_in,
        vector_outputs=vectors_out,
        scalar_outputs=sum(ports.values()) - vectors_out,
    )


def send_levels(
    problem: Problem, part: Sequence[int], value: int, levels: Sequence[int] | None = None
) -> list[int]:
    """
    Level of each output port that a value leaving a part needs.

    Ports to the outside come first; other parts share one of these when the level is right.
    """
    found = list(problem.values[value].sent)
    mine, inside = part_level(problem, part), set(part)
    for user in problem.users[value]:
        if user not in inside:
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
    ends = [*starts[1:], stages]
    for index, start, end in zip(part, starts, ends, strict=True):
        step = problem.steps[index]
        for operand in step.operands:
            first.setdefault(operand, 0)
            last[operand] = max(last.get(operand, 0), start)
        if step.result is not None:
            first[step.result] = end
            last.setdefault(step.result, end)
    for value in out:
        last[value] = stages
    # Registers before stage s hold what was there by then and is read there or later, and what
    # an operation of several stages works on.
    most = 0
    for stage in range(1, stages + (stages < problem.limits.stages)):
        alive = sum(first[value] <= stage <= last[value] for value in first)
        working = sum(start < stage < end for start, end in zip(starts, ends, strict=True))
        most = max(most, alive + working)
    return most


def exceeded(problem: Problem, used: Limits) -> list[tuple[str, int, int]]:
    """(limit, used, available) of each limit that is not kept."""
    return [
        (field.name, taken, limit)
        for field in fields(Limits)
        if (taken := getattr(used, field.name)) > (limit := getattr(problem.limits, field.name))
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


def _fits(problem: Problem, part: Sequence[int], alike: bool) -> bool:
    if alike and len({problem.steps[index].level for index in part}) > 1:
        return False
    return late_kept(problem, part) and not exceeded(problem, usage(problem, part))


def _fill(problem: Problem, depth_first: bool, alike: bool) -> Solution | None:
    """
    Fill one part after the other with steps whose operands are made; None if one does not fit.

    `depth_first` prefers steps that use what was made last; `alike` keeps steps of different
    levels apart.
    """
    waiting = list(range(len(problem.steps)))
    done: dict[int, int] = {}
    parts: list[tuple[int, ...]] = []
    part: list[int] = []

    def age(index: int) -> int:
        return max((done[maker] for maker in _makers(problem, index)), default=-1)

    while waiting:
        ready = [i for i in waiting if all(maker in done for maker in _makers(problem, i))]
        if depth_first:
            ready.sort(key=lambda index: -age(index))
        groups = [(index,) for index in ready]
        # Some steps only fit beside those that use their results.
        groups += [(index, *_only_after(problem, index, done, waiting)) for index in ready]
        chosen = next((g for g in groups if _fits(problem, [*part, *g], alike)), None)
        if chosen is None:
            if not part:
                return None
            parts.append(tuple(part))
            part = []
            continue
        for index in chosen:
            part.append(index)
            done[index] = len(done)
            waiting.remove(index)
    if part:
        parts.append(tuple(part))
    return Solution(tuple(parts))


def _only_after(
    problem: Problem, index: int, done: Mapping[int, int], waiting: Iterable[int]
) -> list[int]:
    """Steps that wait for nothing but a given one."""
    return [
        user
        for user in waiting
        if index in (made := _makers(problem, user)) and all(m in done or m == index for m in made)
    ]


def _makers(problem: Problem, index: int) -> list[int]:
    """Steps that make the operands of a step."""
    operands = problem.steps[index].operands
    return [problem.producer[operand] for operand in operands if operand in problem.producer]


def misfit(problem: Problem) -> tuple[int, list[tuple[str, int, int]]] | None:
    """A step that fits no unit even alone, and by which limits; None if there is none."""
    for index in range(len(problem.steps)):
        over = exceeded(problem, usage(problem, [index]))
        if over:
            return index, over
    return None


@lru_cache(maxsize=1024)
def solve(problem: Problem) -> Solution:
    """
    Cut the steps into few parts. Raises `ValueError` if a step fits no unit.

    Greedy, by several orders; the fewest parts win, then the fewest values between parts.
    """
    if not problem.steps:
        return Solution(((),))
    whole = tuple(range(len(problem.steps)))
    if not exceeded(problem, usage(problem, whole)):
        return Solution((whole,))
    candidates: list[Solution] = []
    for alike in (False, True):
        for depth_first in (False, True):
            found = _fill(problem, depth_first, alike)
            if found is not None and not faults(problem, found):
                candidates.append(found)
    if not candidates:
        raise ValueError("no way found to cut the unit")
    return min(candidates, key=lambda s: (len(s.parts), _crossings(problem, s)))


def _crossings(problem: Problem, solution: Solution) -> int:
    return sum(
        1
        for part in solution.parts
        for value in entering(problem, part)
        if value in problem.producer
    )


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
        if not late_kept(problem, part):
            found.append(f"part {number} runs more often than a late value it needs")
    return found


@lru_cache(maxsize=1024)
def verify(problem: Problem, solution: Solution) -> None:
    """Raise `RuntimeError` unless the solution is right."""
    wrong = faults(problem, solution)
    if wrong:
        raise RuntimeError(f"wrong partition: {'; '.join(wrong)}; this is a bug")
