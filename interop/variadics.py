"""
Variadic operands and results in the form that IRDL's verifier can check.

IRDL gives every element of a variadic group the same type: a constraint stands for one value. A
group whose elements may differ is therefore written as a row of optional elements, its slots, each
with a constraint of its own, and a module says in its segment sizes which slots are taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from xdsl.dialects.builtin import DenseArrayBase, IntegerType, i32
from xdsl.ir import Attribute, Operation, ParametrizedAttribute
from xdsl.irdl import (
    AnyAttr,
    AttrConstraint,
    AttrSizedOperandSegments,
    AttrSizedResultSegments,
    BaseAttr,
    EqAttrConstraint,
    IRDLOperation,
    IRDLOption,
    MessageConstraint,
    OpDef,
    OperandDef,
    OptionalDef,
    RangeConstraint,
    RangeLengthConstraint,
    RangeOf,
    ResultDef,
    VarConstraint,
    VariadicDef,
)
from xdsl.utils.hints import isa
from xdsl.utils.runtime_final import is_runtime_final

OPERAND_SIZES = "operandSegmentSizes"
RESULT_SIZES = "resultSegmentSizes"

DEFAULT_SLOTS = 16
"""Slots of a group where no module says how many it takes."""


@dataclass(frozen=True)
class Group:
    """One field of an operation's operands or results."""

    name: str
    constraint: AttrConstraint
    """What each element satisfies."""
    optional: bool
    variadic: bool
    """Any number of elements; an optional group is not variadic."""
    mixed: bool
    """Variadic, and its elements may differ."""
    exact: bool
    """Whether the constraint says all that the definition says of the elements' types."""


@dataclass(frozen=True)
class Groups:
    """The operands or the results of an operation."""

    fields: tuple[Group, ...]
    sizes_name: str
    """The attribute with the segment sizes."""
    sizes_declared: bool
    """Whether the operation's own definition has that attribute."""

    @property
    def mixed(self) -> bool:
        """Whether slots are needed."""
        return any(group.mixed for group in self.fields)

    def sizes_of(self, op: Operation, count: int) -> tuple[int, ...] | None:
        """Give the elements of each field of an operation; None if they can't be told."""
        declared = op.properties.get(self.sizes_name) or op.attributes.get(self.sizes_name)
        if self.sizes_declared:
            if not isa(declared, DenseArrayBase[IntegerType[Literal[32]]]):
                return None
            sizes = declared.get_values()
            fits = len(sizes) == len(self.fields) and sum(sizes) == count
            return sizes if fits and min(sizes, default=0) >= 0 else None
        several = [group for group in self.fields if group.variadic or group.optional]
        rest = count - (len(self.fields) - len(several))
        if len(several) > 1 or rest < 0:
            return None
        return tuple(rest if group in several else 1 for group in self.fields)

    def slot_sizes(self, sizes: Sequence[int], slots: int) -> list[int] | None:
        """Spread the elements of each field over its slots; None if there are too few."""
        spread: list[int] = []
        for group, size in zip(self.fields, sizes, strict=True):
            if not group.mixed:
                spread.append(size)
            elif size > slots:
                return None
            else:
                spread += [1] * size + [0] * (slots - size)
        return spread

    def merged_sizes(self, spread: Sequence[int]) -> list[int] | None:
        """Undo `slot_sizes` for any number of slots; None if there are not as many sizes."""
        with_slots = sum(group.mixed for group in self.fields)
        slots, odd = divmod(len(spread) - (len(self.fields) - with_slots), max(with_slots, 1))
        if odd or slots < 0:
            return None
        sizes: list[int] = []
        rest = list(spread)
        for group in self.fields:
            taken = slots if group.mixed else 1
            sizes.append(sum(rest[:taken]))
            rest = rest[taken:]
        return sizes


@cache
def operand_groups(kind: type[IRDLOperation]) -> Groups:
    """Describe the operands of an operation."""
    definition = kind.get_irdl_definition()
    return _groups(definition, definition.operands, OPERAND_SIZES, AttrSizedOperandSegments)


@cache
def result_groups(kind: type[IRDLOperation]) -> Groups:
    """Describe the results of an operation."""
    definition = kind.get_irdl_definition()
    return _groups(definition, definition.results, RESULT_SIZES, AttrSizedResultSegments)


def _groups(
    definition: OpDef,
    fields: Sequence[tuple[str, OperandDef | ResultDef]],
    sizes_name: str,
    sized: type[IRDLOption],
) -> Groups:
    declared = any(isinstance(option, sized) for option in definition.options)
    return Groups(tuple(_group(name, field) for name, field in fields), sizes_name, declared)


def slots_for(operations: Iterable[Operation]) -> int:
    """Give slots that suffice for all operations: a power of two, so that few values occur."""
    most = DEFAULT_SLOTS
    for op in operations:
        if isinstance(op, IRDLOperation):
            if len(op.operands) > most and operand_groups(type(op)).mixed:
                most = len(op.operands)
            if len(op.results) > most and result_groups(type(op)).mixed:
                most = len(op.results)
    return 1 << (most - 1).bit_length()


def sizes_attribute(sizes: Sequence[int]) -> Attribute:
    """Make the attribute of segment sizes."""
    return DenseArrayBase.from_list(i32, list(sizes))


def _group(name: str, field: OperandDef | ResultDef) -> Group:
    optional = isinstance(field, OptionalDef)
    variadic = isinstance(field, VariadicDef) and not optional
    constraint, exact = _element_constraint(field.constr, variadic)
    return Group(
        name, constraint, optional, variadic, variadic and not _one_value(constraint), exact
    )


def _element_constraint(constraint: RangeConstraint, variadic: bool) -> tuple[AttrConstraint, bool]:
    """What holds for each element, and whether that is all that the range asks for."""
    match constraint:
        case RangeOf(constr=element):
            return element, True
        case RangeLengthConstraint(constraint=inner):
            element, exact = _element_constraint(inner, variadic)
            return element, exact and not variadic
        case _:
            return AnyAttr(), False


def _one_value(constraint: AttrConstraint) -> bool:
    """Tell whether only one attribute satisfies a constraint within an operation."""
    match constraint:
        case VarConstraint() | EqAttrConstraint():
            return True
        case MessageConstraint(constr=inner):
            return _one_value(inner)
        case BaseAttr(attr=kind):
            return only_instance(kind) is not None
        case _:
            return False


def only_instance(kind: type[Attribute]) -> Attribute | None:
    """Give the one attribute of a class without parameters, None for any other class."""
    if not is_runtime_final(kind) or not issubclass(kind, ParametrizedAttribute):
        return None
    definition = kind.get_irdl_definition()
    return None if definition.parameters else kind.new(())
