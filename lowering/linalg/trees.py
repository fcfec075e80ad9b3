"""Trees of adjacent pairs, each level in a type of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from xdsl.ir import Attribute, SSAValue

from spatial_opt.dialects.pattern import is_float, represents
from spatial_opt.lowering.linalg.combining import combine
from spatial_opt.lowering.linalg.emitter import Emitter
from spatial_opt.lowering.linalg.numbers import convert
from spatial_opt.lowering.linalg.sums import level_type


@dataclass(frozen=True)
class Tree:
    """The tree over lanes of one result of a reduction, from some level on."""

    kind: str
    through: tuple[Attribute, ...]
    result: Attribute
    given: Attribute
    """Type of the values that the level takes."""
    level: int = 0

    def whole(self, e: Emitter, values: Sequence[SSAValue]) -> SSAValue:
        """Combine values to one of the result's type."""
        tree, values = self, list(values)
        while len(values) > 1:
            tree, values = tree._one_level(e, values)
        return tree._converted(e, values[0], self.result)

    def part(self, e: Emitter, values: Sequence[SSAValue]) -> SSAValue:
        """Combine values, a power of two of them, to one that the rest of the tree takes."""
        tree, values = self, list(values)
        while len(values) > 1:
            tree, values = tree._one_level(e, values)
        return values[0]

    def above(self, leaves: int) -> Tree:
        """Give the tree that takes what `part` makes of `leaves` values."""
        level = self.level + (leaves - 1).bit_length()
        if level == self.level:
            return self
        return replace(self, given=level_type(self.through, self.result, level - 1), level=level)

    def _one_level(self, e: Emitter, values: list[SSAValue]) -> tuple[Tree, list[SSAValue]]:
        into = level_type(self.through, self.result, self.level)
        converted = [self._converted(e, value, into) for value in values]
        above = replace(self, given=into, level=self.level + 1)
        return above, paired(e, self.kind, converted, into)

    def _converted(self, e: Emitter, value: SSAValue, target: Attribute) -> SSAValue:
        if self.given == target or (is_float(self.given) and represents(target, self.given)):
            return value
        return convert(e, value, self.given, target)


def paired(e: Emitter, kind: str, values: Sequence[SSAValue], type: Attribute) -> list[SSAValue]:
    """Combine adjacent values; an odd one out stays."""
    return [
        a if b is None else combine(e, kind, a, b, type)
        for a, b in zip_longest(values[::2], values[1::2])
    ]
