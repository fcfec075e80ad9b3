"""
Remarks: what passes did or refused, and why, for those who ask.

```python
with collect_remarks() as remarks:
    PatternFusePass().apply(context, module)
print(*remarks, sep="\\n")
```
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from xdsl.dialects.builtin import StringAttr
from xdsl.ir import Operation, SSAValue


@dataclass(frozen=True)
class Remark:
    """One thing that a pass did or refused."""

    pass_name: str
    where: str
    """The value or symbol it is about, as it is written in IR; empty for the whole module."""
    text: str
    severity: str = "remark"
    """`remark`, or `warning` for what the user should see without asking."""

    def __str__(self) -> str:
        """Return the line that `spatial-opt --remarks` prints."""
        parts = (self.severity, self.pass_name, self.where, self.text)
        return ": ".join(part for part in parts if part)


_collected: ContextVar[list[Remark] | None] = ContextVar("remarks", default=None)


def remark(pass_name: str, op: Operation | None, text: str) -> None:
    """Note what was done to an operation, or refused; does nothing if nobody collects."""
    collected = _collected.get()
    if collected is not None:
        collected.append(Remark(pass_name, _where(op), text))


def warn(pass_name: str, op: Operation | None, text: str) -> None:
    """Note what the user should know of; it goes to standard error if nobody collects."""
    warning = Remark(pass_name, _where(op), text, "warning")
    collected = _collected.get()
    if collected is not None:
        collected.append(warning)
    else:
        print(warning, file=sys.stderr)


@contextmanager
def collect_remarks() -> Generator[list[Remark]]:
    """Collect the remarks made until the end of the block, in the list that is handed out."""
    remarks: list[Remark] = []
    token = _collected.set(remarks)
    try:
        yield remarks
    finally:
        _collected.reset(token)


def repeat_remarks(remarks: Iterable[Remark]) -> None:
    """Note remarks that were collected, but for those that are known already."""
    collected = _collected.get()
    if collected is not None:
        collected += [one for one in dict.fromkeys(remarks) if one not in collected]


def name_of(value: SSAValue) -> str:
    """Return a value's name for messages."""
    return f"%{value.name_hint or 'value'}"


def _where(op: Operation | None) -> str:
    if op is None:
        return ""
    for result in op.results:
        return f"%{result.name_hint}" if result.name_hint else f"a result of {op.name}"
    symbol = op.properties.get("sym_name") or op.attributes.get("sym_name")
    return f"@{symbol.data}" if isinstance(symbol, StringAttr) else op.name
