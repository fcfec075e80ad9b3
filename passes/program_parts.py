"""Cut a pattern program into parts that run one after another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from xdsl.dialects import arith, func
from xdsl.dialects.builtin import (
    ArrayAttr,
    DictionaryAttr,
    FunctionType,
    ModuleOp,
    StringAttr,
)
from xdsl.ir import Block, BlockArgument, Operation, OpResult, Region, SSAValue

from spatial_opt.dialects import pattern
from spatial_opt.dialects.pattern_interface import main_function
from spatial_opt.dialects.sequence import set_results
from spatial_opt.dialects.signature import NAME, argument_name, result_names
from spatial_opt.dialects.target import TARGET


@dataclass(frozen=True)
class Items:
    """The maps and loops that stand in a function, and what they compute from."""

    function: func.FuncOp
    items: tuple[Operation, ...]

    @cached_property
    def uses(self) -> dict[Operation, set[SSAValue]]:
        """List the values from outside that each item uses."""
        return {op: _used(op) for op in self.items}

    @property
    def returned(self) -> dict[SSAValue, str]:
        """Name the results of the function, by value; the first name of each."""
        found: dict[SSAValue, str] = {}
        for value, name in zip(self.ends.operands, result_names(self.function), strict=True):
            found.setdefault(value, name)
        return found

    @property
    def ends(self) -> Operation:
        """The return of the function."""
        last = self.function.body.block.last_op
        assert last is not None
        return last


def items_of(module: ModuleOp) -> Items:
    """List the items of a program, between any two of which it can be cut."""
    function = main_function(module)
    found = [op for op in function.body.block.ops if isinstance(op, pattern.MapOp | pattern.ScanOp)]
    return Items(function, tuple(found))


def uncuttable(items: Items) -> str | None:
    """Say why a program cannot be cut; None if it can."""
    if len(items.items) < 2:
        return f"it consists of {len(items.items)} maps and loops, and 2 are needed to cut between"
    for op in items.function.body.block.ops:
        if isinstance(op, func.ReturnOp) or op in items.items or _can_be_repeated(op):
            continue
        return f"{op.name} stands outside of maps and loops"
    values = list(items.ends.operands)
    if len(set(values)) < len(values):
        return "it returns the same value twice"
    names = {argument_name(argument) for argument in items.function.args}
    if shared := names & {*result_names(items.function)}:
        return f"{min(shared)!r} is the name of an input and of a result"
    if any(not isinstance(value.owner, pattern.MapOp | pattern.ScanOp) for value in values):
        return "it returns something that no map or loop computes"
    return None


@dataclass(frozen=True)
class Needs:
    """What crosses the borders of a part."""

    entering: frozenset[SSAValue]
    """Arguments of the program, and values of parts before it."""
    repeated: frozenset[Operation]
    """Parameters, tables and constants that it makes anew."""
    leaving: tuple[SSAValue, ...]
    """Results of the program, and what parts behind it use, in the order of the text."""


def needs(items: Items, start: int, end: int) -> Needs:
    """List what the items from one number up to another need as a part, and what they give."""
    inside = {result for op in items.items[start:end] for result in op.results}
    wanted = {value for op in items.items[start:end] for value in items.uses[op]} - inside
    repeated = {
        value.owner
        for value in wanted
        if isinstance(value.owner, Operation) and _can_be_repeated(value.owner)
    }
    own = {result for op in repeated for result in op.results}
    later = {value for op in items.items[end:] for value in items.uses[op]}
    later |= set(items.ends.operands)
    leaving = [result for op in items.items[start:end] for result in op.results if result in later]
    return Needs(frozenset(wanted - own), frozenset(repeated), tuple(leaving))


def part(items: Items, start: int, end: int) -> ModuleOp:
    """
    Give the items from one number up to another as a program of their own.

    Its arguments are those of the whole that it uses, and values of parts before it, which are
    named after the results of the whole or their names in the text. Its results are the values
    that parts behind it use, and results of the whole.
    """
    chosen = items.items[start:end]
    names = _names(items)
    needed = needs(items, start, end)
    order = {value: number for number, value in enumerate(names)}
    entering = sorted(needed.entering, key=lambda value: order[value])
    repeated = [op for op in items.function.body.block.ops if op in needed.repeated]
    block = Block(arg_types=[value.type for value in entering])
    mapped: dict[SSAValue, SSAValue] = dict(zip(entering, block.args, strict=True))
    for value, argument in mapped.items():
        argument.name_hint = value.name_hint
    for op in (*repeated, *chosen):
        block.add_op(op.clone(mapped))
    given = needed.leaving
    block.add_op(func.ReturnOp(*(mapped[value] for value in given)))
    function = func.FuncOp(
        "main",
        FunctionType.from_lists([v.type for v in entering], [v.type for v in given]),
        Region(block),
        arg_attrs=ArrayAttr([_described(items, value, names) for value in entering]),
        res_attrs=ArrayAttr([DictionaryAttr({NAME: StringAttr(names[v])}) for v in given]),
    )
    function.location = items.function.location
    module = ModuleOp([function])
    outer = items.function.parent_op()
    if outer is not None and TARGET in outer.attributes:
        module.attributes[TARGET] = outer.attributes[TARGET]
    return module


def cut(module: ModuleOp, starts: Sequence[int]) -> None:
    """Replace the function of a module by parts that begin with the items of these numbers."""
    items = items_of(module)
    results = result_names(items.function)
    parts: list[ModuleOp] = []
    for number, start in enumerate(starts):
        end = starts[number + 1] if number + 1 < len(starts) else len(items.items)
        found = part(items, start, end)
        found.sym_name = StringAttr(f"part{number}")
        parts.append(found)
    block = module.body.block
    block.insert_ops_before(parts, items.function)
    items.function.detach()
    items.function.erase(safe_erase=False)
    module.attributes.pop(TARGET, None)
    set_results(module, results)


def _can_be_repeated(op: Operation) -> bool:
    """Whether every part that needs a value may make it anew."""
    return isinstance(op, pattern.ParameterOp | pattern.TableOp | arith.ConstantOp)


def _used(op: Operation) -> set[SSAValue]:
    """List the values from outside that an operation uses, in its body too."""
    return {value for inner in op.walk() for value in inner.operands if not _is_within(value, op)}


def _is_within(value: SSAValue, op: Operation) -> bool:
    owner = value.owner.parent_op() if isinstance(value, BlockArgument) else value.owner
    while owner is not None and owner is not op:
        owner = owner.parent_op()
    return owner is op


def _names(items: Items) -> dict[SSAValue, str]:
    """Name every argument and every value of an item, each by a name of its own."""
    arguments = {argument: argument_name(argument) for argument in items.function.args}
    names: dict[SSAValue, str] = {**arguments}
    returned = items.returned
    taken = {*arguments.values(), *returned.values()}
    for op in items.items:
        for result in op.results:
            names[result] = returned.get(result) or _fresh(result, taken)
    return names


def _fresh(value: OpResult, taken: set[str]) -> str:
    base = value.name_hint or "value"
    name, number = base, 1
    while name in taken:
        name, number = f"{base}.{number}", number + 1
    taken.add(name)
    return name


def _described(items: Items, value: SSAValue, names: Mapping[SSAValue, str]) -> DictionaryAttr:
    """Give the attributes of an argument."""
    found = {}
    given = items.function.arg_attrs
    if isinstance(value, BlockArgument) and given is not None and value.index < len(given.data):
        found = dict(given.data[value.index].data)
    return DictionaryAttr(found | {NAME: StringAttr(names[value])})
