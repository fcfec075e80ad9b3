"""What MLIR finds wrong with a module, as a sentence with the place in our IR."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.dialects.builtin import FileLineColLoc, StringAttr
from xdsl.ir import Operation

from spatial_opt.interop.differences import Difference
from spatial_opt.interop.session import Diagnostic

_SYMBOL = "sym_name"
_LONGEST = 160


@dataclass(frozen=True)
class Finding:
    """One fault."""

    operation: Operation | None
    """Where it is; None if that can't be told."""
    message: str
    """The rule and what breaks it."""

    def sentence(self) -> str:
        """Write the fault with its place, and the operation on a second line."""
        if self.operation is None:
            return self.message
        text = str(self.operation).splitlines()[0].strip()
        shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
        return f"{self.message}\n  in: {shown}"


def refused(operation: Operation | None, diagnostic: Diagnostic) -> Finding:
    """MLIR's parser or verifier refused an operation."""
    what = "the module" if operation is None else place_of(operation)
    return Finding(
        operation,
        f"MLIR refuses {what}: {diagnostic.message}; correct it, or the pass that made it",
    )


def changed(difference: Difference) -> Finding:
    """MLIR gave back something else than it was given."""
    return Finding(
        difference.operation,
        f"MLIR reads {place_of(difference.operation)} otherwise: {difference.what} is "
        f"{difference.expected} here and {difference.found} there; "
        "write it so that both read the same",
    )


def place_of(operation: Operation) -> str:
    """Name an operation for people: `spatial.link in @config at net.mlir:3:7`."""
    parts = [operation.name]
    symbol = _symbol(operation)
    if symbol is not None:
        parts.append(symbol)
    elif operation.results and operation.results[0].name_hint:
        parts.append(f"%{operation.results[0].name_hint}")
    parent = operation.parent_op()
    while parent is not None and _symbol(parent) is None:
        parent = parent.parent_op()
    if parent is not None:
        parts.append(f"in {_symbol(parent)}")
    location = operation.location
    if isinstance(location, FileLineColLoc):
        parts.append(f"at {location.filename.data}:{location.line.data}:{location.column.data}")
    return " ".join(parts)


def _symbol(operation: Operation) -> str | None:
    name = operation.properties.get(_SYMBOL) or operation.attributes.get(_SYMBOL)
    return f"@{name.data}" if isinstance(name, StringAttr) else None
