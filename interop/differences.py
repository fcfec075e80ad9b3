"""
Whether two modules are the same, and where they first differ.

MLIR rewrites affine maps as it reads them: it reassociates sums and folds constants. Maps count
as the same when they have the same values on a sample of points, which tells expressions of sums,
products by constants, and divisions apart.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from xdsl.dialects.builtin import AffineMapAttr, ArrayAttr, DictionaryAttr
from xdsl.ir import Attribute, Block, Dialect, Operation, ParametrizedAttribute, SSAValue
from xdsl.ir.affine import AffineMap

_POINTS = 48
_LARGEST = 997


@dataclass(frozen=True)
class Difference:
    """The first place where a module is not as expected."""

    operation: Operation
    """In the module expected."""
    what: str
    """What differs: `property map`, `the number of results`."""
    expected: str
    found: str


def first_difference(
    expected: Operation, found: Operation, complete: frozenset[str] | None = None
) -> Difference | None:
    """
    Compare two operations with all that is in them; names and locations don't matter.

    Operations of dialects other than the `complete` ones may be found with more attributes, which
    are defaults that MLIR has filled in; if that is None, all dialects are complete.
    """
    return _Comparison(complete).operations(expected, found)


def same_attribute(first: Attribute, second: Attribute) -> bool:
    """Tell whether two attributes are the same up to how MLIR writes affine maps."""
    if first == second:
        return True
    match first, second:
        case AffineMapAttr(data=one), AffineMapAttr(data=other):
            return _same_map(one, other)
        case ArrayAttr(data=ones), ArrayAttr(data=others):
            return _same_attributes(ones, others)
        case DictionaryAttr(data=ones), DictionaryAttr(data=others):
            return ones.keys() == others.keys() and all(
                same_attribute(value, others[key]) for key, value in ones.items()
            )
        case ParametrizedAttribute(), ParametrizedAttribute():
            return type(first) is type(second) and _same_attributes(
                first.parameters, second.parameters
            )
        case _:
            return False


def _same_attributes(ones: Sequence[Attribute], others: Sequence[Attribute]) -> bool:
    return len(ones) == len(others) and all(map(same_attribute, ones, others))


@lru_cache(4096)
def _same_map(one: AffineMap, other: AffineMap) -> bool:
    counts = (one.num_dims, one.num_symbols)
    if counts != (other.num_dims, other.num_symbols) or len(one.results) != len(other.results):
        return False
    generator = random.Random(0)
    for sample in range(_POINTS):
        # All zero, then around zero, then anywhere.
        largest = 0 if sample == 0 else 9 if sample % 2 else _LARGEST
        dims = [generator.randint(-largest, largest) for _ in range(one.num_dims)]
        symbols = [generator.randint(-largest, largest) for _ in range(one.num_symbols)]
        if one.eval(dims, symbols) != other.eval(dims, symbols):
            return False
    return True


class _Comparison:
    """What is known so far to correspond."""

    def __init__(self, complete: frozenset[str] | None) -> None:
        self._complete = complete
        self._values: dict[SSAValue, SSAValue] = {}
        self._blocks: dict[Block, Block] = {}

    def operations(self, one: Operation, other: Operation) -> Difference | None:
        if one.name != other.name:
            return Difference(one, "the operation", one.name, other.name)
        lists = (
            ("operands", one.operands, other.operands),
            ("results", one.results, other.results),
            ("successors", one.successors, other.successors),
            ("regions", one.regions, other.regions),
        )
        for what, ones, others in lists:
            if len(ones) != len(others):
                return Difference(one, f"the number of {what}", str(len(ones)), str(len(others)))
        return (
            self._operands(one, other)
            or self._attributes(one, other)
            or self._results(one, other)
            or self._regions(one, other)
        )

    def _operands(self, one: Operation, other: Operation) -> Difference | None:
        for index, (value, found) in enumerate(zip(one.operands, other.operands, strict=True)):
            # A value that is used before its definition, as in a loop of blocks, is met here.
            if self._values.setdefault(value, found) is not found:
                return Difference(one, f"operand {index}", _name(value), _name(found))
        for index, (block, met) in enumerate(zip(one.successors, other.successors, strict=True)):
            if self._blocks.setdefault(block, met) is not met:
                return Difference(one, f"successor {index}", "a block", "another block")
        return None

    def _attributes(self, one: Operation, other: Operation) -> Difference | None:
        complete = self._complete is None or Dialect.split_name(one.name)[0] in self._complete
        for what, ones, others in (
            ("property", one.properties, other.properties),
            ("attribute", one.attributes, other.attributes),
        ):
            for name in dict.fromkeys((*ones, *(others if complete else ()))):
                first, second = ones.get(name), others.get(name)
                if first is None or second is None or not same_attribute(first, second):
                    return Difference(one, f"{what} {name}", _text(first), _text(second))
        return None

    def _results(self, one: Operation, other: Operation) -> Difference | None:
        return self._defined(one, "result", one.results, other.results)

    def _defined(
        self, op: Operation, what: str, ones: Sequence[SSAValue], others: Sequence[SSAValue]
    ) -> Difference | None:
        for index, (value, found) in enumerate(zip(ones, others, strict=True)):
            if not same_attribute(value.type, found.type):
                return Difference(
                    op, f"the type of {what} {index}", str(value.type), str(found.type)
                )
            if self._values.setdefault(value, found) is not found:
                return Difference(op, f"{what} {index}", _name(value), _name(found))
        return None

    def _regions(self, one: Operation, other: Operation) -> Difference | None:
        for region, found in zip(one.regions, other.regions, strict=True):
            blocks, found_blocks = list(region.blocks), list(found.blocks)
            if len(blocks) != len(found_blocks):
                counts = str(len(blocks)), str(len(found_blocks))
                return Difference(one, "the number of blocks", *counts)
            for block, found_block in zip(blocks, found_blocks, strict=True):
                difference = self._block(one, block, found_block)
                if difference is not None:
                    return difference
        return None

    def _block(self, op: Operation, one: Block, other: Block) -> Difference | None:
        if self._blocks.setdefault(one, other) is not other:
            return Difference(op, "a block", "one", "another")
        if len(one.args) != len(other.args):
            return Difference(
                op, "the number of block arguments", str(len(one.args)), str(len(other.args))
            )
        difference = self._defined(op, "block argument", one.args, other.args)
        if difference is not None:
            return difference
        ones, others = list(one.ops), list(other.ops)
        for inner, found in zip(ones, others, strict=False):
            difference = self.operations(inner, found)
            if difference is not None:
                return difference
        if len(ones) != len(others):
            counts = str(len(ones)), str(len(others))
            return Difference(op, "the number of operations", *counts)
        return None


def _text(attribute: Attribute | None) -> str:
    return "none" if attribute is None else str(attribute)


def _name(value: SSAValue) -> str:
    return f"%{value.name_hint}" if value.name_hint else "a value"
