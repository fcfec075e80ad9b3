"""
What IRDL can't say about our operations, given to MLIR as traits: terminators, effects, rules.

The rules are those of xDSL's verifier. They look around freely (a link at the units it joins, a
read at the loop whose index it takes), so the whole module is converted back once for each
verification, as it stands in MLIR, and every operation is checked in there.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Any

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation
from xdsl.traits import (
    AlwaysSpeculatable,
    IsolatedFromAbove,
    IsTerminator,
    NoMemoryEffect,
    NoTerminator,
    RecursiveMemoryEffect,
)
from xdsl.utils.exceptions import ParseError, VerifyException

from spatial_opt.dialects import DIALECTS
from spatial_opt.interop.generic_reader import generic_context
from spatial_opt.interop.generic_text import GenericText
from spatial_opt.interop.names import keep_names
from spatial_opt.interop.places import places_in

NEEDED = (
    "DynamicOpTrait",
    "IsTerminatorTrait",
    "NoTerminatorTrait",
    "IsIsolatedFromAboveTrait",
    "MemoryEffectsOpInterface",
    "MemoryEffect",
    "ConditionallySpeculatable",
)
"""What the bindings must have."""

Read = Callable[[str], ModuleOp]
"""Parses what MLIR prints."""


class Rules:
    """The verifiers of our operations, at work while MLIR verifies a module of ours."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._armed = False
        self._fault: BaseException | None = None
        self._copies: dict[Any, Operation] = {}
        self._given: GenericText | None = None
        self._root: Any = None
        self.copy: ModuleOp | None = None
        """The module verified last, converted back; None if no operation of ours is in it."""

    @contextmanager
    def armed(self, given: GenericText | None = None) -> Generator[None]:
        """
        Check one verification of one module; elsewhere the rules hold back.

        Messages use the names in `given`, if the module was parsed from that.
        """
        self._armed, self._fault, self.copy, self._given = True, None, None, given
        self._copies.clear()
        try:
            yield
        except Exception:
            if self._fault is not None:
                raise self._fault from None
            raise
        finally:
            self._armed, self._root = False, None
            self._copies.clear()

    def hold(self, op: Any) -> bool:
        """Tell whether an operation keeps to the rules; emits MLIR's error if it does not."""
        if not self._armed:
            return True
        try:
            broken = self._broken(op.operation)
        except Exception as fault:
            # It must not cross MLIR's own frames.
            self._fault = fault
            return False
        if broken is None:
            return True
        op.location.emit_error(" ".join(broken.split()))
        return False

    def _broken(self, op: Any) -> str | None:
        if self.copy is None:
            try:
                self._convert(op)
            except ParseError as error:
                return error.msg
        broken = _reason(self._copies[op])
        if broken is None or self._given is None or self.copy is None:
            return broken
        # Once more, in the words of the text that was given.
        keep_names(self._given, places_in(self._root), self.copy)
        return _reason(self._copies[op]) or broken

    def _convert(self, op: Any) -> None:
        root = op
        while root.parent is not None:
            root = root.parent.operation
        self._root = root
        # Printing must not verify, which would lead back here.
        text = root.get_asm(print_generic_op_form=True, use_local_scope=True, assume_verified=True)
        self.copy = self._read(text)
        self._copies = dict(zip(_walk(root), self.copy.walk(), strict=True))


def _reason(op: Operation) -> str | None:
    """Give xDSL's reason to refuse an operation, None if it takes it."""
    try:
        op.verify_()
    except VerifyException as error:
        return str(error)
    return None


def _walk(op: Any) -> Generator[Any]:
    """Yield MLIR's operations in the order of xDSL's `walk`."""
    yield op
    for region in op.regions:
        for block in region.blocks:
            for inner in block.operations:
                yield from _walk(inner.operation)


def attach_traits(ir: ModuleType, context: Any, rules: Rules) -> None:
    """Give the operations of our dialects, whose definitions are loaded, their traits."""

    class KeepsRules(ir.DynamicOpTrait):
        # After the constraints of the operation and all operations in it, as in xDSL.
        @staticmethod
        def verify_region_invariants(op: Any) -> bool:
            return rules.hold(op)

    class Nothing(ir.MemoryEffectsOpInterface):
        @staticmethod
        def get_effects(op: Any, effects: Any) -> None:
            pass

    class OfBody(ir.MemoryEffectsOpInterface):
        @staticmethod
        def get_effects(op: Any, effects: Any) -> None:
            inner = (part for part in _walk(op.operation) if part != op.operation)
            if not all(_is_known_pure(part.name) for part in inner):
                effects.append(ir.MemoryEffect.Write)

    class Anywhere(ir.ConditionallySpeculatable):
        @staticmethod
        def get_speculatability(op: Any) -> Any:
            return ir.Speculatability.Speculatable

    attachments: tuple[tuple[Any, Any], ...] = (
        (IsTerminator, ir.IsTerminatorTrait),
        (NoTerminator, ir.NoTerminatorTrait),
        (IsolatedFromAbove, ir.IsIsolatedFromAboveTrait),
        (NoMemoryEffect, Nothing),
        (RecursiveMemoryEffect, OfBody),
        (AlwaysSpeculatable, Anywhere),
    )
    for factory in DIALECTS.values():
        for kind in factory().operations:
            KeepsRules.attach(kind.name, context=context)
            for ours, theirs in attachments:
                if kind.has_trait(ours):
                    theirs.attach(kind.name, context=context)


@cache
def _is_known_pure(name: str) -> bool:
    """Tell whether an operation has no effects, but for those of operations in it."""
    kind = generic_context(False).get_optional_op(name)
    return kind is not None and (
        kind.has_trait(NoMemoryEffect) or kind.has_trait(RecursiveMemoryEffect)
    )
