"""
Names, locations and the writing of attributes, kept over a stay in MLIR.

MLIR's locations tell where in the text that it was given an operation or argument comes from, so
they lead back to the ones in xDSL. Where MLIR folds or merges constants, it drops their locations;
such a value takes the name of the one whose place it has among the operands of an operation.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Attribute, BlockArgument, Operation, OpResult, SSAValue

from spatial_opt.interop.differences import same_attribute
from spatial_opt.interop.generic_text import GenericText
from spatial_opt.interop.places import Places

_ARGUMENT = re.compile(r"arg\d+")


def keep_names(given: GenericText, places: Places, module: ModuleOp) -> None:
    """Give the values of `module`, whose parts come from `places`, the names they had before."""
    operations = list(module.walk())
    arguments = [
        argument
        for op in operations
        for region in op.regions
        for block in region.blocks
        for argument in block.args
    ]
    for argument, found_at in zip(arguments, places.arguments, strict=True):
        found = [given.arguments[place] for place in found_at if place in given.arguments]
        _name_argument(argument, found)
    sources: dict[Operation, list[Operation]] = {}
    made: dict[Operation, list[Operation]] = {}
    for op, found_at in zip(operations, places.operations, strict=True):
        sources[op] = [given.operations[line] for line, _ in found_at if line in given.operations]
        for source in sources[op]:
            made.setdefault(source, []).append(op)
    _name_heirs(made)
    unplaced = {op for op in operations if not sources[op]}
    for op in operations:
        if sources[op]:
            op.location = sources[op][0].location
            _name_operands(op, sources[op][0], made.keys(), unplaced)


def _name_argument(argument: BlockArgument, found: Sequence[BlockArgument]) -> None:
    same = [source for source in found if same_attribute(source.type, argument.type)]
    if same:
        argument.name_hint, argument.location = same[0].name_hint, same[0].location
    elif argument.name_hint is not None and _ARGUMENT.fullmatch(argument.name_hint):
        # MLIR's own counting, which would pass for a name.
        argument.name_hint = None


def _name_heirs(made: dict[Operation, list[Operation]]) -> None:
    """Let what stands for an operation now have its names."""
    heirs: set[Operation] = set()
    for source, candidates in made.items():
        heir = _heir(source, candidates)
        # What comes from several operations keeps the names of the first.
        if heir is None or heir in heirs:
            continue
        heirs.add(heir)
        for before, value in zip(source.results, heir.results, strict=True):
            _take_name(value, before)
        if heir.name == source.name:
            heir.properties = _written(source.properties, heir.properties)
            heir.attributes = _written(source.attributes, heir.attributes)


def _heir(source: Operation, made: Sequence[Operation]) -> Operation | None:
    """Choose which of the operations made from one stands for it now."""
    for op in made:
        if op.name == source.name and _same_results(source, op):
            return op
    # What replaces an operation is the last of what is made in its place.
    return made[-1] if _same_results(source, made[-1]) else None


def _same_results(source: Operation, op: Operation) -> bool:
    return len(source.results) == len(op.results) and all(
        map(same_attribute, source.result_types, op.result_types)
    )


def _name_operands(
    op: Operation, source: Operation, kept: Container[Operation], unplaced: set[Operation]
) -> None:
    """Name operands of unknown origin, once each, after the lost ones that they replace."""
    for index, value in enumerate(op.operands):
        if not isinstance(value, OpResult) or value.op not in unplaced:
            continue
        # A commutative operation may have its operands in another order now.
        for before in (*source.operands[index : index + 1], *source.operands):
            if (
                isinstance(before, OpResult)
                and before.op not in kept
                and same_attribute(before.type, value.type)
            ):
                _take_name(value, before)
                value.op.location = before.op.location
                unplaced.remove(value.op)
                break


def _take_name(value: SSAValue, before: SSAValue) -> None:
    if before.name_hint is not None:
        value.name_hint = before.name_hint


def _written(before: dict[str, Attribute], after: dict[str, Attribute]) -> dict[str, Attribute]:
    """Give the attributes of `after` in the order and writing of `before`."""
    kept = {
        name: value if same_attribute(value, after[name]) else after[name]
        for name, value in before.items()
        if name in after
    }
    return kept | {name: value for name, value in after.items() if name not in kept}
