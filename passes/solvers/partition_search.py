"""Cut the steps of a unit into the fewest parts that fit: a search over sets of steps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import permutations
from sys import maxsize

from spatial_opt.passes.solvers.partition import (
    Problem,
    Solution,
    exceeded,
    faults,
    late_kept,
    leaving,
    usage,
)
from spatial_opt.passes.solvers.partition_price import lower_bound, price
from spatial_opt.passes.solvers.partition_ways import ENOUGH, Ways, promise

EXACT_STEPS = 10
"""Up to so many steps every set of them is considered, where that may save a part."""
LARGE_STEPS = 24
"""Beyond so many steps, parts are rearranged only where that may save one, and with less effort."""
HUGE_STEPS = 48
"""Beyond so many steps, what fills one part after the other is taken as it is."""


@dataclass(frozen=True)
class _Effort:
    """How much is tried."""

    sets: int
    """Sets of steps tried as the next part, for each set of steps done before."""
    states: int
    """Sets of steps done that are kept for each number of parts."""


_MUCH, _LITTLE = _Effort(300, 24), _Effort(60, 6)
_ALL = _Effort(maxsize, maxsize)


def _effort(steps: int) -> _Effort:
    if steps <= EXACT_STEPS:
        return _ALL
    return _MUCH if steps <= LARGE_STEPS else _LITTLE


@lru_cache(maxsize=1024)
def solve(problem: Problem) -> Solution:
    """
    Cut the steps into few parts. Raises `ValueError` if a step fits no unit.

    The fewest parts win, then those that leave room around their switches for other links, then
    the shortest chain of parts, then the fewest values between parts.
    A greedy solution is the start. Then sets of steps done so far are extended by whole parts,
    the most advanced sets first; all of them in problems of up to `EXACT_STEPS` steps where the
    greedy solution has more parts than a lower bound, so that no solution has fewer.
    """
    if not problem.steps:
        return Solution(((),))
    whole = tuple(range(len(problem.steps)))
    if not exceeded(problem, usage(problem, whole)):
        return Solution((whole,))
    search = _Search(problem)
    found = search.greedy()
    most = min((len(solution.parts) for solution in found), default=len(whole))
    if not found or (most > lower_bound(problem) and len(whole) <= HUGE_STEPS):
        found += search.run(_effort(len(whole)), most)
    elif len(whole) <= LARGE_STEPS:
        found += search.run(_LITTLE, most)
    if not found:
        raise ValueError("no way found to cut the unit")
    return min(found, key=lambda solution: price(problem, solution))


class _Search:
    """The search for one problem; sets of steps and of values are bits of a number."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        steps, values = problem.steps, problem.values
        self.everything = (1 << len(steps)) - 1
        producer = problem.producer
        self.needs = [
            sum(1 << p for p in {producer[o] for o in step.operands if o in producer})
            for step in steps
        ]
        """Steps that make the operands of each step."""
        self.follows = [0] * len(steps)
        for index, needs in enumerate(self.needs):
            for maker in _bits(needs):
                self.follows[maker] |= 1 << index
        moving = {v for v, value in enumerate(values) if value.port or v in producer}
        self.reads = [sum(1 << o for o in set(step.operands) & moving) for step in steps]
        self.made = [0 if step.result is None else 1 << step.result for step in steps]
        self.vectors = sum(1 << v for v, value in enumerate(values) if value.vector)
        self.least = [s.stages if s.folded is None else s.folded for s in steps]
        self.known: dict[int, tuple[int, ...] | None] = {}

    def greedy(self) -> list[Solution]:
        """Right solutions that fill one part after the other, in several orders of the steps."""
        found = [self._fill(depth, alike) for depth in (False, True) for alike in (False, True)]
        return [s for s in found if s is not None and not faults(self.problem, s)]

    def _fill(self, depth_first: bool, alike: bool) -> Solution | None:
        """
        Fill one part after the other with steps whose operands are made; None if one does not fit.

        `depth_first` prefers steps that use what was made last; `alike` keeps steps of different
        levels apart.
        """
        done, part, taken = 0, 0, [0] * len(self.needs)
        parts: list[int] = []
        while done != self.everything:
            ready = self._ready(done)
            if depth_first:
                ready.sort(
                    key=lambda step: -max((taken[m] for m in _bits(self.needs[step])), default=0)
                )
            groups = [1 << step for step in ready]
            # Some steps only fit beside those that use their results.
            groups += [self._with_users(step, done) for step in ready]
            chosen = next((g for g in groups if self._fits_beside(part, g, alike)), 0)
            if chosen:
                part |= chosen
                done |= chosen
                for step in _bits(chosen):
                    taken[step] = done.bit_count()
            elif part:
                parts.append(part)
                part = 0
            else:
                return None
        orders = [self._order(mask) for mask in [*parts, part] if mask]
        return Solution(tuple(order for order in orders if order is not None))

    def _with_users(self, step: int, done: int) -> int:
        """A step and those that wait for nothing else."""
        now = done | 1 << step
        return 1 << step | sum(
            1 << s for s in _bits(self.follows[step]) if not self.needs[s] & ~now
        )

    def _fits_beside(self, part: int, group: int, alike: bool) -> bool:
        mask = part | group
        if alike and len({self.problem.steps[step].level for step in _bits(mask)}) > 1:
            return False
        return self._may_fit(mask) and self._order(mask) is not None

    def _ready(self, done: int) -> list[int]:
        """Steps that are not done, all of whose operands are made."""
        return [s for s, needs in enumerate(self.needs) if not (done >> s & 1 or needs & ~done)]

    def run(self, effort: _Effort, most: int) -> list[Solution]:
        """Right solutions of the fewest parts found, at most `most`."""
        states: dict[int, Ways] = {0: Ways([()])}
        for _ in range(most):
            following: dict[int, Ways] = {}
            for done, ways in states.items():
                for mask, part in self._parts(done, effort):
                    kept = following.setdefault(done | mask, Ways())
                    for way in ways:
                        if len(kept) < ENOUGH or effort is _ALL:
                            kept.offer((*way, part), partial(promise, self.problem, done | mask))
            complete = [Solution(parts) for parts in following.pop(self.everything, ())]
            good = [found for found in complete if not faults(self.problem, found)]
            if good:
                return good
            states = following
            if len(states) > effort.states:
                ranked = sorted(states, key=self._progress)
                states = {done: states[done] for done in ranked[: effort.states]}
        return []

    def _progress(self, done: int) -> tuple[int, int, int]:
        """The most stages done first, then the fewest values on the way to other parts."""
        stages = sum(self.problem.steps[step].stages for step in _bits(done))
        open_values = sum(bool(self.follows[step] & ~done) for step in _bits(done))
        return -stages, open_values, done

    def _parts(self, done: int, effort: _Effort) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Sets of steps that may follow as one part; those within another only if all are tried."""
        fitting: dict[int, tuple[int, ...]] = {}
        seen: set[int] = set()
        work: list[tuple[int, list[int]]] = [(0, self._ready(done))]
        while work and len(seen) < effort.sets:
            mask, ready = work.pop()
            grown: list[tuple[int, list[int]]] = []
            for step in ready:
                larger = mask | 1 << step
                if larger in seen:
                    continue
                seen.add(larger)
                if not self._may_fit(larger):
                    continue
                part = self._order(larger)
                if part is not None:
                    fitting[larger] = part
                now = done | larger
                onward = [other for other in ready if other != step]
                onward += [s for s in _bits(self.follows[step]) if not self.needs[s] & ~now]
                grown.append((larger, onward))
            # Grown first is what belongs together, as it comes in the text.
            work += sorted(reversed(grown), key=lambda entry: self._joins(entry[0]))
        if effort.sets == maxsize:
            yield from fitting.items()
            return
        largest: list[int] = []
        for mask in sorted(fitting, key=lambda m: (-m.bit_count(), m)):
            if all(mask & ~other for other in largest):
                largest.append(mask)
                yield mask, fitting[mask]

    def _joins(self, mask: int) -> int:
        """Results within a set of steps that another of them uses."""
        return sum(bool(self.follows[step] & mask) for step in _bits(mask))

    def _may_fit(self, mask: int) -> bool:
        """Whether a set of steps, or a larger one that adds steps behind it, may fit a unit."""
        limits, stages, read, made, level = self.problem.limits, 0, 0, 0, 0
        for step in _bits(mask):
            stages += self.least[step]
            read |= self.reads[step]
            made |= self.made[step]
            level = max(level, self.problem.steps[step].level)
        if stages > limits.stages:
            return False
        read &= ~made
        vectors = (read & self.vectors).bit_count()
        if vectors > limits.vector_inputs or read.bit_count() - vectors > limits.scalar_inputs:
            return False
        values, producer = self.problem.values, self.problem.producer
        if sum(values[v].links for v in _bits(read & ~self.vectors)) > limits.scalar_links:
            return False
        return all(
            not values[v].late or values[v].level >= level or v not in producer for v in _bits(read)
        )

    def _order(self, mask: int) -> tuple[int, ...] | None:
        """An order in which a set of steps fits a unit."""
        if mask not in self.known:
            self.known[mask] = next((o for o in self._orders(mask) if self._fits(o)), None)
        return self.known[mask]

    def _fits(self, order: Sequence[int]) -> bool:
        problem = self.problem
        if not late_kept(problem, order):
            return False
        over = exceeded(problem, usage(problem, order))
        if len(self.needs) <= EXACT_STEPS and over:
            # A value may leave by fewer ports once the levels of its users' parts are known.
            values = leaving(problem, order)
            vectors = sum(problem.values[value].vector for value in values)
            least = {"vector_outputs": vectors, "scalar_outputs": len(values) - vectors}
            over = [
                (name, used, limit) for name, used, limit in over if least.get(name, used) > limit
            ]
        return not over

    def _orders(self, mask: int) -> Iterator[tuple[int, ...]]:
        """Orders of a set: that of the text, those with another step last, if few all."""
        steps = list(_bits(mask))
        yield tuple(steps)
        if len(self.needs) <= EXACT_STEPS and len(steps) <= 5:
            yield from (order for order in permutations(steps) if self._respects(order))
            return
        for last in steps[:-1]:
            if not self.follows[last] & mask:
                yield (*(step for step in steps if step != last), last)

    def _respects(self, order: Sequence[int]) -> bool:
        """Whether no step comes before one whose result it reads."""
        later = 0
        for step in reversed(order):
            later |= 1 << step
            if self.needs[step] & later:
                return False
        return True


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
