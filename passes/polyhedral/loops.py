"""Loops around operations and values, outermost first: the dimensions of all relations here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.ir import Block, BlockArgument, Operation, SSAValue

from spatial_opt.dialects import pattern


@dataclass(frozen=True)
class Loops:
    """Loop indices, outermost first: of scans, maps and reductions."""

    indices: tuple[BlockArgument, ...]
    bounds: tuple[int, ...]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.indices)

    def position(self, index: SSAValue) -> int | None:
        """Return the position of an index, None for any other value."""
        return next((n for n, own in enumerate(self.indices) if own is index), None)

    @property
    def names(self) -> tuple[str, ...]:
        """Return a distinct name for each index, made of its hint."""
        return distinct_names([index.name_hint for index in self.indices], "i")


def loops_of_block(block: Block | None) -> Loops:
    """Return the loops in whose bodies a block stands, its own included."""
    indices: list[BlockArgument] = []
    bounds: list[int] = []
    while block is not None:
        parent = block.parent_op()
        match parent:
            case pattern.DomainOp():
                indices[:0] = parent.indices
                bounds[:0] = parent.domain
            case pattern.ScanOp():
                indices.insert(0, parent.index)
                bounds.insert(0, parent.steps)
            case _:
                pass
        block = None if parent is None else parent.parent
    return Loops(tuple(indices), tuple(bounds))


def loops_around(op: Operation) -> Loops:
    """Return the loops around an operation."""
    return loops_of_block(op.parent)


def loops_at(value: SSAValue) -> Loops:
    """Return the loops in whose bodies a value is defined."""
    owner = value.owner
    return loops_of_block(owner if isinstance(owner, Block) else owner.parent)


_RESERVED = frozenset(
    "and or not exists implies mod floor ceil floord ceild min max true false infty NaN rat".split()
)
"""Words of isl's syntax."""


def distinct_names(hints: Sequence[str | None], fallback: str) -> tuple[str, ...]:
    """Return identifiers made of name hints, each different from those before it."""
    found: list[str] = []
    for hint in hints:
        base = "".join(c if c.isalnum() else "_" for c in hint or fallback)
        base = base if base[0].isalpha() else f"{fallback}{base}"
        base = f"{base}_" if base in _RESERVED else base
        name, number = base, 1
        while name in found:
            name, number = f"{base}_{number}", number + 1
        found.append(name)
    return tuple(found)
