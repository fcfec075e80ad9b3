"""The copies of a function, one after another, until none can go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import cast

from xdsl.dialects.builtin import FixedBitwidthType, TensorType
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Attribute, Block, Operation, OpResult, SSAValue

from spatial_opt.dialects import pattern
from spatial_opt.passes.copies.absorb import absorb, plan_absorption
from spatial_opt.passes.copies.compose import Refusal, Rules
from spatial_opt.passes.copies.flow import Identities, difference, last_writers
from spatial_opt.passes.copies.plan import compositions_of_copies, names_of, plan_without
from spatial_opt.passes.copies.rewrite import Changes, carry_out, replace_read
from spatial_opt.passes.copies.views import View, view_of
from spatial_opt.passes.polyhedral.loops import loops_at


@dataclass(eq=False)
class Copy:
    """A copy that was in the program."""

    value: SSAValue
    name: str
    moved_bytes: int
    """Bytes read and written per run of the program."""
    off_chip: bool
    """It takes an argument of the function or makes a result of it."""
    gone: bool = False
    refusal: Refusal | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of the copies of a function."""

    copies: tuple[Copy, ...] = ()

    @property
    def eliminated(self) -> int:
        """Return how many are gone."""
        return sum(copy.gone for copy in self.copies)

    def saved_bytes(self, off_chip: bool) -> int:
        """Return the bytes that are not moved any more, on chip or off chip."""
        return sum(
            copy.moved_bytes for copy in self.copies if copy.gone and copy.off_chip == off_chip
        )


Note = Callable[[Operation, str], None]
"""Takes remarks."""

Order = Callable[[list[Copy]], Sequence[Copy]]
"""The order in which copies are tried."""


def copies_of(function: FuncOp) -> list[Copy]:
    """Return the copies of a function in program order."""
    found: list[Copy] = []
    for op in function.walk():
        if isinstance(op, pattern.MapOp):
            for result in op.results:
                view = view_of(result)
                if view is not None:
                    found.append(_copy(view))
    return found


def eliminate(
    function: FuncOp,
    rules: Rules,
    keep: frozenset[str] = frozenset(),
    note: Note = lambda op, text: None,
    order: Order = lambda copies: copies,
) -> Outcome:
    """
    Do without all copies of a function that need not stay; none in `keep` is touched.

    Raises `RuntimeError` if a read would see an element that another iteration wrote.
    """
    copies = copies_of(function)
    if not copies:
        return Outcome()
    identities = Identities.of(function, (copy.value for copy in copies))
    before = last_writers(function, identities)
    waiting = [copy for copy in copies if copy.name not in keep]
    _Eliminator(copies, waiting, identities, rules, note).run(order)
    wrong = difference(before, last_writers(function, identities))
    if wrong is not None:
        raise RuntimeError(f"eliminating copies changed what is read: {wrong}, this is a bug")
    for copy in copies:
        if not copy.gone:
            reason = "kept as asked" if copy.name in keep else f"stays: {copy.refusal}"
            _tell(note, copy, reason)
    return Outcome(tuple(copies))


@dataclass
class _Eliminator:
    copies: list[Copy]
    waiting: list[Copy]
    """Those that may go, in program order."""
    identities: Identities
    rules: Rules
    note: Note

    def run(self, order: Order) -> None:
        """Eliminate until nothing changes; in each round at least one copy goes."""
        for copy in self._left():
            if _view(copy).is_identity:
                self._without(copy)
        while self._look_through() or self._eliminated(order(self._left())) or self._absorbed():
            pass

    def _left(self) -> list[Copy]:
        return [copy for copy in self.waiting if not copy.gone]

    def _look_through(self) -> bool:
        """
        Let copies of copies read what those copied; returns whether one does.

        What becomes of one copy then depends on no other, and not on the order.
        """
        found = False
        for copy in self._left():
            changes = Changes()
            for composition in compositions_of_copies(_view(copy), self.rules):
                replace_read(composition, {}, changes)
            self.identities.follow(changes)
            found |= bool(changes.reads)
        return found

    def _eliminated(self, copies: Sequence[Copy]) -> bool:
        """Do without those of the copies that can go; returns whether there was one."""
        gone = [self._without(copy) for copy in _sources_first(copies)]
        return any(gone)

    def _without(self, copy: Copy) -> bool:
        view = _view(copy)
        plan = plan_without(view, self.rules)
        if isinstance(plan, Refusal):
            copy.refusal = plan
            return False
        sources = names_of([piece.source for piece in view.pieces]) or "zero"
        parts = [part for composition in plan.compositions for part in composition.parts]
        late = any(part.late for part in parts)
        buffers = "; it needs two buffers that change places at every step" if late else ""
        _tell(self.note, copy, f"eliminated, readers read {sources}{buffers}")
        changes = Changes()
        carry_out(plan, changes)
        self._follow(copy, changes)
        return True

    def _absorbed(self) -> bool:
        """Let a map compute one of the copies; returns whether one could."""
        for copy in self._left():
            absorption = plan_absorption(_view(copy), self.rules)
            if absorption is not None:
                made_by = names_of([absorption.producer.results[0]])
                _tell(self.note, copy, f"eliminated, {made_by} is computed in its place")
                changes = Changes()
                absorb(absorption, changes)
                self._follow(copy, changes)
                return True
        return False

    def _follow(self, gone: Copy, changes: Changes) -> None:
        gone.gone, gone.refusal = True, None
        self.identities.follow(changes)
        if changes.values:
            for copy in self.copies:
                copy.value = changes.values.get(copy.value, copy.value)


def _sources_first(copies: Sequence[Copy]) -> list[Copy]:
    """Put copies after those that they copy; of a chain of which one must stay it is the last."""
    by_value = {copy.value: copy for copy in copies}
    done: dict[Copy, None] = {}
    waiting = list(copies)[::-1]
    while waiting:
        copy = waiting[-1]
        pieces = () if copy in done else _view(copy).pieces
        values = [_made_as(piece.source) for piece in pieces]
        sources = [by_value[value] for value in values if value in by_value]
        missing = [source for source in sources if source not in done]
        waiting += missing
        if not missing:
            done[waiting.pop()] = None
    return list(done)


def _made_as(value: SSAValue) -> SSAValue:
    """Return the value of its body that a scan hands on as its result."""
    if isinstance(value, OpResult) and isinstance(value.op, pattern.ScanOp):
        return value.op.next.operands[value.index]
    return value


def _view(copy: Copy) -> View:
    assert isinstance(copy.value, OpResult)
    view = view_of(copy.value, known=True)
    if view is None:
        raise RuntimeError(f"%{copy.name} is no copy any more, this is a bug")
    return view


def _tell(note: Note, copy: Copy, text: str) -> None:
    """Make a remark on a copy; where it is not the first result of its map, name it."""
    op = copy.value.owner
    assert isinstance(op, Operation)
    first = op.results[0] is copy.value
    note(op, text if first else f"result %{copy.name}: {text}")


def _copy(view: View) -> Copy:
    type: Attribute = view.value.type
    assert isinstance(type, TensorType)
    element = cast(TensorType[Attribute], type).element_type
    bits = element.bitwidth if isinstance(element, FixedBitwidthType) else 32
    times = prod(loops_at(view.value).bounds)
    moved = 2 * times * -(-bits * prod(view.shape) // 8)
    taken = any(_is_argument(piece.source) for piece in view.pieces)
    made = any(isinstance(use.operation, ReturnOp) for use in view.value.uses)
    return Copy(view.value, view.value.name_hint or "", moved, taken or made)


def _is_argument(value: SSAValue) -> bool:
    owner = value.owner
    return isinstance(owner, Block) and isinstance(owner.parent_op(), FuncOp)
