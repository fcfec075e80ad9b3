"""MLIR with our dialects loaded: parsing, verifying, printing and running its passes."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects import DIALECTS
from spatial_opt.interop.dynamic_traits import NEEDED, Rules, attach_traits
from spatial_opt.interop.generic_reader import read_generic
from spatial_opt.interop.generic_text import GenericText
from spatial_opt.interop.irdl_export import dialects_to_irdl
from spatial_opt.runtime import bindings

OURS = frozenset(DIALECTS)
"""The dialects that MLIR knows by their IRDL definitions."""


@dataclass(frozen=True)
class Diagnostic:
    """An error of MLIR."""

    message: str
    """On one line."""
    line: int | None
    """In the text parsed, from 1; None if the error has no place there."""
    column: int | None


class RefusalError(Exception):
    """MLIR refused a module; holds its errors, the first of which is the reason."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics) or (Diagnostic("it gives no reason", None, None),)
        super().__init__("; ".join(error.message for error in self.diagnostics))


class Session:
    """A context of MLIR that knows our dialects, for modules that need no more than `slots`."""

    def __init__(self, found: bindings.Bindings, slots: int, allow_unregistered: bool) -> None:
        self.slots = slots
        self.bindings = found
        self._ir: Any = found.ir
        self.error: type[Exception] = self._ir.MLIRError
        self.allow_unregistered = allow_unregistered
        self.rules = Rules(self.read)
        self.context = self._ir.Context()
        # Traits in Python can't be asked from several threads.
        self.context.enable_multithreading(False)
        self.context.allow_unregistered_dialects = allow_unregistered
        definitions = dialects_to_irdl([factory() for factory in DIALECTS.values()], slots)
        irdl: Any = found.module("dialects.irdl")
        with self.context, self._ir.Location.unknown():
            irdl.load_dialects(self._ir.Module.parse(definitions))
        attach_traits(found.ir, self.context, self.rules)

    def read(self, text: str) -> ModuleOp:
        """Parse what `write` gives, with xDSL; raises `ParseError`."""
        return read_generic(text, "MLIR", allow_unregistered=self.allow_unregistered)

    def parse(self, text: str, *, rules: bool = True, given: GenericText | None = None) -> Any:
        """
        Parse and verify a `builtin.module`, by xDSL's rules too; raises `RefusalError`.

        With `given`, which holds the text, messages of those rules use the names of its values.
        """
        with self.context, self._ir.Location.unknown(), self._refusals():
            if not rules:
                return self._ir.Module.parse(text)
            with self.rules.armed(given):
                parsed = self._ir.Module.parse(text)
            copy = self.rules.copy
            # While it parses and verifies, MLIR holds the module in another one.
            if copy is not None and isinstance(held := copy.body.block.first_op, ModuleOp):
                held.detach()
                self.rules.copy = held
            return parsed

    def write(self, module: Any) -> str:
        """Print a verified module in generic form."""
        return module.operation.get_asm(
            print_generic_op_form=True, use_local_scope=True, assume_verified=True
        )

    def knows(self, dialect: str) -> bool:
        """Tell whether a dialect is one of MLIR's or of ours."""
        try:
            self.context.get_dialect_descriptor(dialect)
        except ValueError:
            return False
        return True

    @contextmanager
    def _refusals(self) -> Generator[None]:
        """Turn MLIR's errors into ours."""
        try:
            yield
        except self.error as error:
            raise RefusalError(self.diagnostics(error)) from error

    def diagnostics(self, error: Any) -> list[Diagnostic]:
        """List what an `error` of MLIR says."""
        return [_diagnostic(diagnostic) for diagnostic in error.error_diagnostics]


def _diagnostic(error: Any) -> Diagnostic:
    message = " ".join(str(error.message).split())
    place = re.fullmatch(r'loc\("-":(\d+):(\d+)\)', str(error.location))
    if place is None or place[1] == "0":
        return Diagnostic(message, None, None)
    return Diagnostic(message, int(place[1]), int(place[2]))


def open_session(purpose: str, slots: int, allow_unregistered: bool = False) -> Session:
    """
    Give a session; `purpose` is what needs it.

    Raises SpatialError if there are no bindings or if they are too old.
    """
    found = bindings.require(purpose, "")
    found.need(purpose, NEEDED)
    return _session(found, slots, allow_unregistered)


@cache
def _session(found: bindings.Bindings, slots: int, allow_unregistered: bool) -> Session:
    return Session(found, slots, allow_unregistered)
