"""Make passes from their options, with messages that name the option at fault."""

from __future__ import annotations

from dataclasses import fields
from difflib import get_close_matches
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from xdsl.passes import ModulePass
from xdsl.utils.arg_spec import ArgSpec, ParameterListType

from spatial_opt.machine.errors import SpatialError

_NAMES = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "a word",
}


def build_pass(kind: type[ModulePass], spec: ArgSpec) -> ModulePass:
    """Make the pass; raises SpatialError for an option that it has not or that is ill-typed."""
    try:
        return kind.from_spec(spec)
    except SpatialError:
        raise
    except ValueError as error:
        fault = _fault(kind, spec)
        if fault is None:
            raise
        raise SpatialError(fault) from error


def _fault(kind: type[ModulePass], spec: ArgSpec) -> str | None:
    """Describe the first option at fault."""
    hints = get_type_hints(kind)
    known = {_option(kind, field.name): hints[field.name] for field in fields(kind)}
    for given, values in spec.parameters.items():
        name = given.replace("_", "-")
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f", did you mean {near[0]!r}?" if near else ""
            listed = f"its options are {', '.join(known)}" if known else "it has none"
            return f"there is no option {name!r}{hint}; {listed}"
        if not _fits(values, known[name]):
            got = ",".join(map(str, values)) or "nothing"
            return f"option {name!r} takes {_describe(known[name])}, got {got}"
    return None


def _option(kind: type[ModulePass], field: str) -> str:
    """Name of the option of a field; set-target calls its machine `name`."""
    return "name" if (kind.name, field) == ("set-target", "machine") else field.replace("_", "-")


def _fits(values: ParameterListType, wanted: Any) -> bool:
    origin, choices = get_origin(wanted), get_args(wanted)
    if origin in (Union, UnionType):
        return any(_fits(values, choice) for choice in choices)
    if origin is Literal:
        return len(values) == 1 and values[0] in choices
    if origin in (tuple, list):
        return all(type(value) is choices[0] for value in values)
    if wanted is NoneType:
        return not values
    return (len(values) == 1 and type(values[0]) is wanted) or (wanted is bool and not values)


def _describe(wanted: Any) -> str:
    origin, choices = get_origin(wanted), get_args(wanted)
    if origin in (Union, UnionType):
        kinds = [choice for choice in choices if choice is not NoneType]
        if float in kinds:
            kinds = [choice for choice in kinds if choice is not int]
        return " or ".join(_describe(choice) for choice in kinds)
    if origin is Literal:
        return f"one of {', '.join(map(str, choices))}"
    if origin in (tuple, list):
        return f"a list, each {_describe(choices[0])}"
    return _NAMES.get(wanted, str(wanted))
