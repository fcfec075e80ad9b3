"""The partition solver against all ways to cut small units."""

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial_opt.passes.solvers.partition import (
    Limits,
    Problem,
    Solution,
    Step,
    Value,
    exceeded,
    faults,
    misfit,
    part_level,
    stages_of,
    usage,
    verify,
)
from spatial_opt.passes.solvers.partition_search import solve

ROOMY = Limits(
    stages=4,
    registers_per_stage=8,
    vector_inputs=8,
    scalar_inputs=8,
    vector_outputs=8,
    scalar_outputs=8,
)


def chain(length: int, limits: Limits = ROOMY) -> Problem:
    """One received value, then steps one after another, the last result sent."""
    values = [Value(vector=True, level=1, port=True)]
    values += [Value(vector=True, level=1) for _ in range(length)]
    values[-1] = Value(vector=True, level=1, sent=(1,))
    steps = [Step((index,), index + 1, level=1) for index in range(length)]
    return Problem(tuple(values), tuple(steps), limits)


def _cuts(problem: Problem) -> Iterator[Solution]:
    """All solutions: orders that respect operands, cut anywhere."""

    def extend(order: list[int]) -> Iterator[list[int]]:
        if len(order) == len(problem.steps):
            yield order
            return
        for index, step in enumerate(problem.steps):
            if index not in order and all(
                problem.producer.get(operand, -1) in (*order, -1) for operand in step.operands
            ):
                yield from extend([*order, index])

    for order in extend([]):
        for mask in range(1 << (len(order) - 1)):
            parts: list[tuple[int, ...]] = []
            start = 0
            for place in range(1, len(order)):
                if mask >> (place - 1) & 1:
                    parts.append(tuple(order[start:place]))
                    start = place
            yield Solution((*parts, tuple(order[start:])))


def fewest(problem: Problem) -> int | None:
    """The fewest parts of any right solution."""
    sizes = [len(s.parts) for s in _cuts(problem) if not faults(problem, s)]
    return min(sizes, default=None)


@pytest.mark.parametrize(("length", "parts"), [(1, 1), (4, 1), (5, 2), (8, 2), (9, 3)])
def test_chain(length: int, parts: int):
    solution = solve(chain(length))
    assert len(solution.parts) == parts
    verify(chain(length), solution)


def test_fold_takes_one_stage_only_at_the_end():
    values = (
        Value(vector=True, level=2, port=True),
        Value(vector=False, level=1, late=True),
        Value(vector=False, level=1, late=True, sent=(1,)),
    )
    fold = Step((0,), 1, level=2, stages=5, folded=1)
    problem = Problem(values, (fold, Step((1,), 2, level=1)), ROOMY)
    assert solve(problem).parts == ((0,), (1,))
    assert stages_of(problem, (0,)) == [0, 1]
    assert stages_of(problem, (0, 1)) == [0, 5, 6]
    assert [part_level(problem, part) for part in solve(problem).parts] == [2, 1]


def test_two_folds_go_with_what_feeds_them():
    """Filled in the order of the text, the second product would have to pass the first fold."""
    values = [Value(vector=True, level=2, port=True) for _ in range(2)]
    values += [Value(vector=True, level=2) for _ in range(2)]
    values += [Value(vector=False, level=1, late=True, sent=(1,)) for _ in range(2)]
    steps = (
        Step((0,), 2, level=2),
        Step((1,), 3, level=2),
        Step((2,), 4, level=2, stages=5, folded=1),
        Step((3,), 5, level=2, stages=5, folded=1),
    )
    assert len(solve(Problem(tuple(values), steps, ROOMY)).parts) == 2


def test_registers_count_received_tokens_that_wait():
    # b is only needed by the last of three steps.
    values = (
        Value(vector=True, level=1, port=True),
        Value(vector=True, level=1, port=True),
        Value(vector=True, level=1),
        Value(vector=True, level=1),
        Value(vector=True, level=1, sent=(1,)),
    )
    steps = (Step((0,), 2, 1), Step((2,), 3, 1), Step((3, 1), 4, 1))
    problem = Problem(values, steps, ROOMY)
    assert usage(problem, (0, 1, 2)).registers_per_stage == 2
    assert usage(problem, (0, 1, 2)).vector_inputs == 2
    assert usage(problem, (0, 1, 2)).vector_outputs == 1


def test_low_rate_result_keeps_away_from_its_own_inputs():
    """A part that is fed by a fold must not run once per input of that fold."""
    values = (
        Value(vector=True, level=2, port=True),
        Value(vector=False, level=1, late=True),
        Value(vector=False, level=1, late=True, sent=(1,)),
        Value(vector=True, level=2, sent=(2,)),
    )
    steps = (
        Step((0,), 1, level=2, stages=5, folded=1),
        Step((1,), 2, level=1),
        Step((0,), 3, level=2),
    )
    problem = Problem(values, steps, ROOMY)
    assert "part 1 runs more often than a late value it needs" in faults(
        problem, Solution(((0,), (1, 2)))
    )
    solution = solve(problem)
    assert not faults(problem, solution)
    assert len(solution.parts) == fewest(problem)


def test_misfit():
    small = Limits(4, 8, 1, 8, 8, 8)
    received = [Value(vector=True, level=0, port=True) for _ in range(2)]
    values = (*received, Value(vector=True, level=0, sent=(0,)))
    problem = Problem(values, (Step((0, 1), 2, level=0),), small)
    assert misfit(problem) == (0, [("vector_inputs", 2, 1)])
    with pytest.raises(ValueError, match="no way"):
        solve(problem)


def test_check_and_verify():
    with pytest.raises(ValueError, match="step 0 reads value 2 before it is made"):
        Problem(
            tuple(Value(vector=True, level=0) for _ in range(3)),
            (Step((2,), 1, level=0), Step((0,), 2, level=0)),
            ROOMY,
        ).check()
    with pytest.raises(ValueError, match="runs less often"):
        Problem((Value(vector=True, level=1, port=True),), (Step((0,), None, 0),), ROOMY).check()
    with pytest.raises(RuntimeError, match="this is a bug"):
        verify(chain(9), Solution((tuple(range(9)),)))
    with pytest.raises(RuntimeError, match="the parts hold"):
        verify(chain(2), Solution(((0,),)))
    with pytest.raises(RuntimeError, match="before its operand"):
        verify(chain(2), Solution(((1, 0),)))


@st.composite
def problems(draw: st.DrawFn, most: int = 6) -> Problem:
    """Units of a few steps, on a small machine."""
    received = draw(st.integers(1, 3))
    values = [
        Value(draw(st.booleans()), draw(st.sampled_from([1, 2, 2])), port=True)
        for _ in range(received)
    ]
    steps: list[Step] = []
    for _ in range(draw(st.integers(1, most))):
        near = st.integers(max(0, len(values) - 4), len(values) - 1)
        operands = tuple(sorted(set(draw(st.lists(near, min_size=1, max_size=2)))))
        level = max(values[operand].level for operand in operands)
        late = any(values[operand].late for operand in operands)
        if late and level == 2:
            operands = tuple(operand for operand in operands if values[operand].late)
            level = 1
        folds = not late and level == 2 and draw(st.integers(0, 3)) == 0
        sent = draw(st.sampled_from([(), (), (1,)])) if level == 1 or folds else ()
        if not folds and level == 2:
            sent = draw(st.sampled_from([(), (), (2,), (1,)]))
        values.append(
            Value(
                not folds and draw(st.booleans()),
                1 if folds else level,
                late or folds,
                sent=sent,
            )
        )
        steps.append(
            Step(operands, len(values) - 1, level, 3 if folds else 1, 1 if folds else None)
        )
    limits = Limits(
        stages=draw(st.integers(3, 4)),
        registers_per_stage=draw(st.integers(3, 6)),
        vector_inputs=draw(st.integers(2, 3)),
        scalar_inputs=draw(st.integers(2, 3)),
        vector_outputs=draw(st.integers(1, 2)),
        scalar_outputs=draw(st.integers(1, 2)),
    )
    return Problem(tuple(values), tuple(steps), limits)


@settings(max_examples=150, deadline=None)
@given(problems())
def test_the_fewest(problem: Problem):
    """No solution has fewer parts; none is found only if a step alone does not fit."""
    problem.check()
    best = fewest(problem)
    try:
        solution = solve(problem)
    except ValueError:
        assert misfit(problem) is not None
        return
    assert best is not None
    assert not faults(problem, solution)
    assert len(solution.parts) == best


def test_ports_that_later_parts_share():
    """Of many ways to begin, only those are right in the end in which users run at one level."""
    limits = Limits(3, 3, 2, 2, vector_outputs=2, scalar_outputs=1)
    values = (
        Value(vector=False, level=2, port=True),
        Value(vector=True, level=2, sent=(1,)),
        Value(vector=True, level=2, sent=(1,)),
        Value(vector=True, level=2, sent=(2,)),
        Value(vector=False, level=1, late=True),
        Value(vector=False, level=2),
        Value(vector=False, level=1, late=True),
    )
    steps = (
        Step((0,), 1, 2),
        Step((0,), 2, 2),
        Step((0,), 3, 2),
        Step((0,), 4, 2, stages=3, folded=1),
        Step((1,), 5, 2),
        Step((2,), 6, 2, stages=3, folded=1),
    )
    problem = Problem(values, steps, limits)
    assert len(solve(problem).parts) == fewest(problem) == 4


def test_steps_that_only_fit_together():
    """A result that is sent at one rate and used at another would take two outputs."""
    limits = Limits(3, 3, 2, 2, 1, 1)
    values = (
        Value(vector=False, level=2, port=True),
        Value(vector=False, level=2, sent=(1,)),
        Value(vector=False, level=2),
    )
    other = Value(vector=False, level=2)
    steps = (Step((0,), 1, 2), Step((1,), 2, 2), Step((0,), 3, 2), Step((0,), 4, 2))
    problem = Problem((*values, other, other), steps, limits)
    assert misfit(problem) is not None
    assert len(solve(problem).parts) == fewest(problem)


@settings(max_examples=100, deadline=None)
@given(problems(most=14))
def test_always_right(problem: Problem):
    if misfit(problem) is not None:
        return
    solution = solve(problem)
    assert not faults(problem, solution)
    everything: Sequence[int] = range(len(problem.steps))
    if not exceeded(problem, usage(problem, everything)):
        assert len(solution.parts) == 1
