"""Reading what anybody may have written: faults of xDSL's parser and verifiers are errors of it."""

from __future__ import annotations

from xdsl.dialects.builtin import ModuleOp, UnregisteredOp
from xdsl.ir import Attribute, Operation
from xdsl.irdl import AttrOrPropDef, IRDLOperation, OptionalDef
from xdsl.parser import Parser

from spatial_opt.machine.errors import SpatialError

_FAULTS = (AssertionError, AttributeError, LookupError, NotImplementedError, TypeError)
"""What xDSL runs into where it trusts a text that is wrong."""


def parse_module(parser: Parser, implicit: bool = True) -> ModuleOp:
    """
    Parse a module, without verifying it; `implicit` lets the text leave its outer operation out.

    Raises what parsers raise, and SpatialError for an operation that lacks what it needs.
    """
    try:
        module = parser.parse_module(implicit)
    except _FAULTS as fault:
        said = str(fault) or "no more is known"
        parser.raise_error(
            f"what stands in front of this place can't be read ({type(fault).__name__}: {said})"
        )
    _check_attributes(module)
    return module


def verify_module(module: ModuleOp) -> None:
    """
    Verify a module, as its own `verify` does.

    Raises what that raises, and SpatialError for an operation that a verifier stumbles over.
    """
    try:
        module.verify()
    except _FAULTS as fault:
        op = _culprit(module)
        if op is None:
            raise
        said = str(fault) or "no more is known"
        raise SpatialError(
            f"{op.name} is wrong in a way that its verifier does not expect "
            f"({type(fault).__name__}: {said}); compare it with the definition\n  in: "
            f"{str(op).splitlines()[0].strip()}"
        ) from fault


def _culprit(module: ModuleOp) -> Operation | None:
    """Find the operation whose verifier fails without a message."""
    for op in module.walk():
        try:
            op.verify(verify_nested_ops=False)
        except _FAULTS:
            return op
    return None


def _check_attributes(module: ModuleOp) -> None:
    """Refuse operations without attributes that verifiers of others take for granted."""
    for op in module.walk():
        if not isinstance(op, IRDLOperation) or isinstance(op, UnregisteredOp):
            continue
        definition = op.get_irdl_definition()
        for holder, fields in (
            (op.properties, definition.properties),
            (op.attributes, definition.attributes),
        ):
            missing = [name for name, field in fields.items() if _lacks(holder, name, field)]
            if missing:
                raise SpatialError(f"{op.name} has no {missing[0]}, which it needs; add it")


def _lacks(holder: dict[str, Attribute], name: str, field: AttrOrPropDef) -> bool:
    return name not in holder and not isinstance(field, OptionalDef) and field.default_value is None
