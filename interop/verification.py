"""A second opinion on a module: MLIR parses it, verifies it, and gives it back."""

from __future__ import annotations

import re

from xdsl.dialects.builtin import ModuleOp
from xdsl.utils.exceptions import ParseError

from spatial_opt.interop.differences import first_difference
from spatial_opt.interop.findings import Finding, changed, refused
from spatial_opt.interop.generic_text import GenericText, generic_text
from spatial_opt.interop.session import OURS, RefusalError, Session, open_session
from spatial_opt.interop.variadics import slots_for
from spatial_opt.machine.errors import SpatialError

_DIALECT = re.compile(r'(?:"(?=[\w.$]+"\()|[#!])([A-Za-z_]\w*)[.<]')
"""The dialect in the name of an operation, attribute or type."""


def check_module(module: ModuleOp, purpose: str, *, rules: bool = True) -> Finding | None:
    """
    Give the first thing that MLIR refuses or reads otherwise; None if it agrees with xDSL.

    `rules` are those of our operations' own verifiers; without them only what IRDL can say is
    checked, besides MLIR's own rules. `purpose` is what needs MLIR, for the error if there is
    none: raises SpatialError then.
    """
    text, session = write_for_mlir(module, purpose)
    try:
        parsed = session.parse(text.text, rules=rules, given=text)
    except RefusalError as refusal:
        first = refusal.diagnostics[0]
        return refused(None if first.line is None else text.operation_at(first.line), first)
    back = session.rules.copy if rules else None
    if back is None:
        try:
            back = session.read(session.write(parsed))
        except ParseError as error:
            return Finding(None, f"xDSL can't read what MLIR prints: {error.msg}")
    difference = first_difference(module, back, complete=OURS)
    return None if difference is None else changed(difference)


def verify_with_mlir(module: ModuleOp, purpose: str) -> None:
    """Raise SpatialError for the first thing that MLIR refuses or reads otherwise."""
    finding = check_module(module, purpose)
    if finding is not None:
        raise SpatialError(finding.sentence())


def write_for_mlir(module: ModuleOp, purpose: str) -> tuple[GenericText, Session]:
    """
    Write a module, and open a session in which MLIR can read it.

    Raises SpatialError, in the name of `purpose`, if there are no bindings.
    """
    slots = slots_for(module.walk())
    text = generic_text(module, OURS, slots)
    session = open_session(purpose, slots)
    # Operations, attributes and types of xDSL alone pass as they are.
    foreign = not all(map(session.knows, dict.fromkeys(_DIALECT.findall(text.text))))
    return text, open_session(purpose, slots, allow_unregistered=True) if foreign else session
