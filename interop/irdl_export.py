"""
Dialects of xDSL as definitions in IRDL, MLIR's own language for them, with all their constraints.

What IRDL can't say (optional attributes, parameters of builtin attributes, the rules of an
operation's own verifier) stands in comments; `dynamic_traits` checks that in MLIR as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from inspect import getdoc

from xdsl.ir import Attribute, Dialect, Operation, ParametrizedAttribute, TypeAttribute
from xdsl.irdl import (
    AnyAttr,
    AnyRange,
    AttrOrPropDef,
    EqIntConstraint,
    IRDLOperation,
    OptionalDef,
    RangeConstraint,
    RangeLengthConstraint,
    RangeOf,
    RegionDef,
    SingleBlockRegionDef,
    VariadicDef,
)

from spatial_opt.interop.irdl_constraints import Body, describe
from spatial_opt.interop.variadics import (
    DEFAULT_SLOTS,
    OPERAND_SIZES,
    RESULT_SIZES,
    Groups,
    operand_groups,
    result_groups,
)
from spatial_opt.machine.errors import SpatialError

_INDENT = "  "


def dialects_to_irdl(dialects: Sequence[Dialect], slots: int = DEFAULT_SLOTS) -> str:
    """
    Write definitions that `irdl.load_dialects` and `mlir-opt --irdl-file` read.

    `slots` is the greatest number of elements of a variadic group that may be of different types.
    Raises SpatialError for a construct without an equivalent.
    """
    names = frozenset(dialect.name for dialect in dialects)
    return "".join(_dialect(dialect, names, slots) for dialect in dialects)


def _dialect(dialect: Dialect, names: frozenset[str], slots: int) -> str:
    lines = [
        f"// beyond IRDL: the rules of the operations of {dialect.name}, and what stands below.",
        f"irdl.dialect @{dialect.name} {{",
    ]
    for attribute in dialect.attributes:
        lines += _indented(_attribute(attribute, names))
    for operation in dialect.operations:
        lines += _indented(_operation(operation, names, slots))
    return "\n".join([*lines, "}", ""])


def _indented(lines: Sequence[str]) -> list[str]:
    return [_INDENT + line for line in lines]


def _definition(kind: str, name: str, about: type[object], body: Body) -> list[str]:
    """Frame a definition: what it is for, its body, what it leaves to others."""
    summary = (getdoc(about) or "").split("\n\n")[0].split()
    comments = [f"// {' '.join(summary)}"] if summary else []
    notes = [f"// beyond IRDL: {note}" for note in dict.fromkeys(body.notes)]
    return [*comments, f"irdl.{kind} @{name} {{", *_indented([*body.lines, *notes]), "}"]


def _attribute(attribute: type[Attribute], names: frozenset[str]) -> list[str]:
    if not issubclass(attribute, ParametrizedAttribute):
        raise SpatialError(
            f"{attribute.name} holds Python data, which IRDL has no word for; give it parameters"
        )
    body, values = Body(names), list[str]()
    parameters = attribute.get_irdl_definition().parameters
    for name, parameter in parameters:
        values.append(f"{name}: {body.lower(parameter.constr, f'parameter {name}')}")
    if values:
        body.lines.append(f"irdl.parameters({', '.join(values)})")
    if attribute.verify is not Attribute.verify:
        body.notes.append(f"the rules of {attribute.__name__}.verify")
    kind = "type" if issubclass(attribute, TypeAttribute) else "attribute"
    return _definition(kind, Dialect.split_name(attribute.name)[1], attribute, body)


def _operation(operation: type[Operation], names: frozenset[str], slots: int) -> list[str]:
    if not issubclass(operation, IRDLOperation):
        raise SpatialError(f"{operation.name} has no definition; make it an IRDLOperation")
    definition = operation.get_irdl_definition()
    body = Body(names)
    _values(body, "operand", operand_groups(operation), slots)
    _values(body, "result", result_groups(operation), slots)
    _attributes(body, {**definition.properties, **definition.attributes})
    _regions(body, operation.name, definition.regions)
    if definition.successors:
        body.notes.append("the number of successors")
    traits = {type(trait).__name__ for trait in definition.traits.traits}
    if public := sorted(name for name in traits if not name.startswith("_")):
        body.notes.append(f"traits {', '.join(public)}")
    return _definition("operation", Dialect.split_name(operation.name)[1], operation, body)


def _values(body: Body, what: str, groups: Groups, slots: int) -> None:
    listed: list[str] = []
    for group in groups.fields:
        subject = f"{what} {group.name}"
        if not group.exact:
            body.notes.append(f"the number or order of {subject}")
        if group.mixed:
            for slot in range(slots):
                value = body.lower(group.constraint, subject)
                listed.append(f"{group.name}_{slot}: optional {value}")
            continue
        how = "variadic " if group.variadic else "optional " if group.optional else ""
        listed.append(f"{group.name}: {how}{body.lower(group.constraint, subject)}")
    if listed:
        body.lines.append(f"irdl.{what}s({', '.join(listed)})")


def _attributes(body: Body, definitions: dict[str, AttrOrPropDef]) -> None:
    required: list[str] = []
    for name, definition in definitions.items():
        if name in (OPERAND_SIZES, RESULT_SIZES):
            continue
        if isinstance(definition, OptionalDef):
            body.notes.append(f"optional {name} is {describe(definition.constr)}")
        else:
            required.append(f'"{name}" = {body.lower(definition.constr, name)}')
    if required:
        body.lines.append(f"irdl.attributes {{{', '.join(required)}}}")


def _regions(body: Body, operation: str, definitions: Sequence[tuple[str, RegionDef]]) -> None:
    listed: list[str] = []
    for name, definition in definitions:
        if isinstance(definition, VariadicDef):
            raise SpatialError(
                f"region {name} of {operation} may occur several times or not at all, which IRDL "
                "can't say; make it one region"
            )
        arguments = _entry_arguments(body, f"arguments of {name}", definition.entry_args)
        size = " with size 1" if isinstance(definition, SingleBlockRegionDef) else ""
        listed.append(f"{name}: {body.value(f'irdl.region{arguments}{size}')}")
    if listed:
        body.lines.append(f"irdl.regions({', '.join(listed)})")


def _entry_arguments(body: Body, subject: str, constraint: RangeConstraint) -> str:
    match constraint:
        case AnyRange() | RangeOf(constr=AnyAttr()):
            return ""
        case RangeLengthConstraint(
            constraint=RangeOf(constr=element), length=EqIntConstraint(value=count)
        ):
            return f"({', '.join(body.lower(element, subject) for _ in range(count))})"
        case RangeOf(constr=element):
            body.notes.append(f"each of the {subject} is {describe(element)}")
            return ""
        case _:
            body.notes.append(f"the {subject}")
            return ""
