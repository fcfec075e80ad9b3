"""What becomes of the uses of a copy, decided before anything is changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import islpy as isl
from xdsl.dialects.builtin import DenseIntOrFPElementsAttr
from xdsl.dialects.func import ReturnOp
from xdsl.ir import Block, OpResult, SSAValue, Use

from spatial_opt.dialects import pattern
from spatial_opt.passes.copies.compose import Composition, Refusal, Rules, compose
from spatial_opt.passes.copies.summed import only_moved
from spatial_opt.passes.copies.views import Piece, View, splat_of
from spatial_opt.passes.polyhedral.loops import loops_around
from spatial_opt.passes.polyhedral.spaces import chosen, function
from spatial_opt.passes.polyhedral.states import scan_of
from spatial_opt.passes.remarks import name_of


@dataclass(frozen=True)
class Stack:
    """A value that a scan stacks of copies, whose readers read sources instead."""

    scan: pattern.ScanOp
    position: int
    """Number of the emitted value."""
    emitted: tuple[SSAValue, ...]
    """Values of the body that are to be stacked for them."""


@dataclass
class Plan:
    """How to do without a copy."""

    view: View
    compositions: list[Composition] = field(default_factory=list[Composition])
    whole: list[Use] = field(default_factory=list[Use])
    """Uses that take the source instead, which is the same."""
    starts: list[Use] = field(default_factory=list[Use])
    """First values of scans that are constants."""
    stacks: list[Stack] = field(default_factory=list[Stack])


def plan_without(view: View, rules: Rules) -> Plan | Refusal:
    """Return how to do without a copy, or the condition that forbids it."""
    plan = Plan(view)
    for use in list(view.value.uses):
        refusal = _use(view, use, rules, plan)
        if refusal is not None:
            return refusal
    return plan


def compositions_of_copies(view: View, rules: Rules) -> list[Composition]:
    """Return how copies of a copy can read what it copies, for those that can."""
    found: list[Composition] = []
    for use in list(view.value.uses):
        read = use.operation
        if isinstance(read, pattern.ReadOp) and only_moved(read.result):
            composition = compose(read, view, rules)
            if isinstance(composition, Composition):
                found.append(composition)
    return found


def _use(view: View, use: Use, rules: Rules, plan: Plan) -> Refusal | None:
    name = name_of(view.value)
    match use.operation:
        case pattern.ReadOp() as read:
            found = compose(read, view, rules)
            if isinstance(found, Refusal):
                return found
            plan.compositions.append(found)
            return None
        case pattern.GatherOp() if not view.is_identity:
            return Refusal("C3", f"{name} is read at computed coordinates")
        case pattern.ScanOp() if not view.is_identity:
            if start_constant(view) is not None:
                plan.starts.append(use)
                return None
            return Refusal(
                "C1",
                f"a scan starts with {name} and writes over it at every step, so it is no view",
            )
        case pattern.GatherOp() | pattern.ScanOp():
            plan.whole.append(use)
            return None
        case pattern.NextOp() as end if use.index < len(end.carries):
            return _carried(view, use, plan)
        case pattern.NextOp() as end:
            return _emitted(view, end, use, rules, plan)
        case ReturnOp() as end:
            if view.is_identity and _may_leave(view, end):
                plan.whole.append(use)
                return None
            return Refusal("C5", f"{name} is a result of the function")
        case other:
            return Refusal("C5", f"{name} is used by {other.name}")


def _carried(view: View, use: Use, plan: Plan) -> Refusal | None:
    """Decide on a copy that is the next value of a state."""
    name = name_of(view.value)
    block = use.operation.parent
    assert block is not None
    state = name_of(block.args[use.index + 1])
    if not view.is_identity:
        return Refusal(
            "C1", f"{name} is the next value of the state {state}, which is written at every step"
        )
    source = view.pieces[0].source
    if _made_in(source, block):
        plan.whole.append(use)
        return None
    if scan_of(source) is not None:
        return Refusal(
            "C4",
            f"the state {name_of(source)} is overwritten at the end of the step while {state} "
            "still holds it; two buffers that change places are one too few",
        )
    return Refusal("C1", f"the state {state} is written at every step, {name_of(source)} is not")


def _emitted(view: View, end: pattern.NextOp, use: Use, rules: Rules, plan: Plan) -> Refusal | None:
    """Decide on a copy that a scan stacks."""
    if view.is_identity and _made_in(view.pieces[0].source, end.parent):
        plan.whole.append(use)
        return None
    scan = end.parent_op()
    assert isinstance(scan, pattern.ScanOp)
    position = use.index - len(end.carries)
    stack = scan.results[use.index]
    if not stack.uses:
        plan.stacks.append(Stack(scan, position, ()))
        return None
    seen = _stacked_view(view, scan, stack)
    if isinstance(seen, Refusal):
        return seen
    emitted: dict[SSAValue, None] = {}
    for other in list(stack.uses):
        read = other.operation
        if not isinstance(read, pattern.ReadOp):
            what = "is a result of the function" if isinstance(read, ReturnOp) else "leaves"
            return Refusal("C5", f"{name_of(stack)}, which stacks {name_of(view.value)}, {what}")
        found = compose(read, seen, rules)
        if isinstance(found, Refusal):
            return found
        plan.compositions.append(found)
        emitted |= {part.piece.source: None for part in found.parts if part.piece.stacked}
    plan.stacks.append(Stack(scan, position, tuple(emitted)))
    return None


def _stacked_view(view: View, scan: pattern.ScanOp, stack: OpResult) -> View | Refusal:
    """Return what the elements of stacked copies are, seen from outside the scan."""
    around = loops_around(scan)
    pieces: list[Piece] = []
    for piece in view.pieces:
        source = piece.source
        if scan.is_ancestor(source.owner):
            if not _made_in(source, scan.body.block):
                return Refusal(
                    "C4",
                    f"{name_of(stack)} would be read after the loop, when {name_of(source)} is "
                    "overwritten",
                )
            dims = len(view.around) + len(view.shape)
            step = chosen(dims, [len(around)]).get_at(0)
            rank = range(piece.access.dim(isl.dim_type.out))
            access = function([step, *(piece.access.get_at(n) for n in rank)], dims)
            pieces.append(replace(piece, access=access, stacked=True))
        else:
            pieces.append(piece)
    return View(stack, around, (scan.steps, *view.shape), tuple(pieces), view.adds)


def start_constant(view: View) -> DenseIntOrFPElementsAttr | None:
    """Return the elements of a copy of a constant whose elements are all the same."""
    if not view.is_whole:
        return None
    return splat_of(view.pieces[0].source)


def _made_in(value: SSAValue, block: Block | None) -> bool:
    """Return whether a map of a block makes a value: what leaves a loop is written by a kernel."""
    owner = value.owner
    return isinstance(owner, pattern.MapOp) and owner.parent is block


def _may_leave(view: View, end: ReturnOp) -> bool:
    source = view.pieces[0].source
    owner = source.owner
    made = isinstance(owner, pattern.MapOp | pattern.ScanOp) and owner.parent is end.parent
    return made and not any(value is source for value in end.operands)


def names_of(values: Sequence[SSAValue]) -> str:
    """Return names of values for a remark."""
    return ", ".join(dict.fromkeys(name_of(value) for value in values))
