"""
Programs in parts: modules inside a module, each a program, that run one after another.

A result of a part is the input of that name of the parts behind it. Every part is complete by
itself, with its target; passes are applied to one after another.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.context import Context
from xdsl.dialects.builtin import ArrayAttr, ModuleOp, StringAttr
from xdsl.passes import ModulePass
from xdsl.utils.hints import isa

from spatial_opt.dialects.target import has_target
from spatial_opt.machine.errors import SpatialError

RESULTS = "spatial.results"
"""Module attribute: names of the results of a program in parts, in order."""


def parts_of(module: ModuleOp) -> list[ModuleOp]:
    """List the parts of a program in the order they run; a program without parts is its own."""
    inner = [op for op in module.ops if isinstance(op, ModuleOp)]
    return inner or [module]


def is_sequence(module: ModuleOp) -> bool:
    """Tell whether a program consists of parts."""
    return any(isinstance(op, ModuleOp) for op in module.ops)


def part_name(part: ModuleOp, number: int) -> str:
    """Name a part as messages and reports do: its symbol, else its number from 0."""
    return f"part{number}" if part.sym_name is None else part.sym_name.data


def set_results(module: ModuleOp, names: Sequence[str]) -> None:
    """Write down which results of parts are those of the whole program."""
    module.attributes[RESULTS] = ArrayAttr([StringAttr(name) for name in names])


def results_of(module: ModuleOp, given: Sequence[str]) -> list[str]:
    """
    List the results of a program in parts, which give those in `given`.

    Raises `SpatialError` where the module names one that no part gives; without names, all are.
    """
    wanted = module.attributes.get(RESULTS)
    if not isa(wanted, ArrayAttr[StringAttr]):
        return list(given)
    names = [name.data for name in wanted.data]
    for name in names:
        if name not in given:
            raise SpatialError(
                f"{RESULTS} names {name!r}, which no part of the program gives; they give "
                f"{', '.join(given) or 'nothing'}"
            )
    return names


def is_compiled(module: ModuleOp) -> bool:
    """Tell whether every part is compiled for a machine already."""
    return all(has_target(part) for part in parts_of(module))


def apply_to_parts(step: ModulePass, context: Context, module: ModuleOp) -> None:
    """Run a pass on every part of a program; an error names the part."""
    if not is_sequence(module):
        step.apply(context, module)
        return
    for number, part in enumerate(parts_of(module)):
        try:
            step.apply(context, part)
        except SpatialError as error:
            raise SpatialError(f"part @{part_name(part, number)}: {error}") from error
