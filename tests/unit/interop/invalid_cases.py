"""Modules that are wrong in one way each, and the rule that a message is about."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from xdsl.context import Context
from xdsl.dialects import test
from xdsl.dialects.builtin import ModuleOp, NoneType, StringAttr, UnitAttr
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.irdl import IRDLOperation, OptionalDef
from xdsl.parser import Parser
from xdsl.rewriter import Rewriter
from xdsl.traits import IsTerminator
from xdsl.universe import XDSL_UNIVERSE
from xdsl.utils.exceptions import DiagnosticException, ParseError, VerifyException

from spatial_opt.dialects import DIALECTS
from spatial_opt.tools.universe import SPATIAL_UNIVERSE

ROOT = Path(__file__).parents[3]
CHECKS = ROOT / "tests" / "filecheck"
"""The FileCheck tests, in which nearly all operations of the dialects occur."""
MORE = (
    """spatial.config @c {
      spatial.dram @w holds tensor<64x8xf32> init parameter "W" [64, 8]
    }""",
)
"""Operations that the tests of the dialects leave out."""


@cache
def context() -> Context:
    """Give a context that knows xDSL's dialects and ours."""
    found = Context()
    for universe in (XDSL_UNIVERSE, SPATIAL_UNIVERSE):
        for name, factory in universe.all_dialects.items():
            found.register_dialect(name, factory)
    return found


def parse(text: str) -> ModuleOp:
    """Parse a module without verifying it."""
    return Parser(context(), text, "test").parse_module()


@cache
def samples() -> dict[str, ModuleOp]:
    """Give a module for each operation of the dialects, as small as the files have it."""
    found: dict[str, ModuleOp] = {}
    paths = sorted(CHECKS.glob("dialects/*/*.mlir"))
    files = [path.read_text() for path in paths if not path.stem.startswith("invalid")]
    for part in (part for text in (*files, *MORE) for part in text.split("// -----\n")):
        whole = parse(part)
        if xdsl_refusal(whole) is not None:
            continue
        for top in list(whole.body.block.ops):
            top.detach()
            module = ModuleOp([top])
            for position, op in enumerate(top.walk()):
                if op.dialect_name() not in DIALECTS:
                    continue
                alone = _alone(module, position)
                size = len(list(alone.walk()))
                if op.name not in found or size < len(list(found[op.name].walk())):
                    found[op.name] = alone
    return found


def _alone(module: ModuleOp, position: int) -> ModuleOp:
    """Copy a module with no more than an operation, what is in it, and what holds it."""
    copy = module.clone()
    (top,) = copy.body.block.ops
    kept = list(top.walk())[position]
    needed = set[Operation](kept.walk())
    around: Operation | None = kept
    while around is not None:
        needed.add(around)
        last = None if around.parent is None else around.parent.last_op
        if last is not None and last.has_trait(IsTerminator):
            needed.add(last)
        around = around.parent_op()
    for op in needed:
        for index, value in enumerate(op.operands):
            if isinstance(value.owner, Operation) and value.owner not in needed:
                op.operands[index] = _made(op, value.type)
                needed = {*needed, op.operands[index].owner}
    for op in reversed(list(top.walk())):
        if op not in needed:
            op.detach()
            op.erase()
    return copy


def constructs() -> set[str]:
    """Give the names of all operations of the dialects."""
    return {op.name for factory in DIALECTS.values() for op in factory().operations}


@dataclass(frozen=True)
class Case:
    """An operation, and what is done to it."""

    name: str
    change: str
    apply: Callable[[Operation], None]

    optional: bool = False
    """Whether the change is to an attribute that may be absent."""

    def module(self) -> ModuleOp:
        """Make the module with that fault."""
        module = samples()[self.name].clone()
        self.apply(next(op for op in module.walk() if op.name == self.name))
        return module


@cache
def refusal(case: Case) -> str | None:
    """Give xDSL's reason to refuse what a case makes, None if it accepts it."""
    return xdsl_refusal(case.module())


def structural_cases() -> Iterator[Case]:
    """Break each part of the definition of each operation."""
    for name, module in samples().items():
        op = next(op for op in module.walk() if op.name == name)
        assert isinstance(op, IRDLOperation)
        definitions = op.get_irdl_definition().properties
        for change, apply in _changes(op):
            changed = definitions.get(change.removeprefix("other "))
            yield Case(name, change, apply, isinstance(changed, OptionalDef))


def _changes(op: IRDLOperation) -> Iterator[tuple[str, Callable[[Operation], None]]]:
    definition = op.get_irdl_definition()
    for key, field in definition.properties.items():
        if key.endswith("SegmentSizes"):
            continue
        if not isinstance(field, OptionalDef):
            yield f"no {key}", lambda op, key=key: _without(op, key)
        if key in op.properties:
            other = next(
                value
                for value in (UnitAttr(), StringAttr("other"))
                if not field.constr.verifies(value)
            )
            yield f"other {key}", lambda op, key=key, other=other: _with(op, key, other)
    yield "operand more", lambda op: _operands(op, [*op.operands, _made(op, NoneType())])
    for index, _ in enumerate(op.operands):
        yield (
            f"operand {index} of another type",
            lambda op, index=index: _operand(op, index, _made(op, NoneType())),
        )
    if op.operands:
        yield "operand less", lambda op: _operands(op, op.operands[:-1])
    yield "result more", lambda op: _results(op, [*op.result_types, NoneType()])
    for index, _ in enumerate(op.results):
        yield f"result {index} of another type", lambda op, index=index: _retype(op, index)
    if op.results:
        yield "result less", lambda op: _results(op, op.result_types[:-1])
    yield "region more", lambda op: op.add_region(Region())
    if op.regions:
        yield "region less", _region_less
        yield "no block", _no_block
        yield "two blocks", _two_blocks
        block = op.regions[0].block
        if block.last_op is not None and block.last_op.has_trait(IsTerminator):
            yield "no terminator", _no_terminator


def _without(op: Operation, key: str) -> None:
    del op.properties[key]


def _with(op: Operation, key: str, value: Attribute) -> None:
    op.properties[key] = value


def _made(op: Operation, type: Attribute) -> SSAValue:
    source = test.TestOp(result_types=[type])
    block = op.parent
    assert block is not None
    block.insert_op_before(source, op)
    return source.results[0]


def _operands(op: Operation, operands: Sequence[SSAValue]) -> None:
    op.operands = list(operands)


def _operand(op: Operation, index: int, value: SSAValue) -> None:
    op.operands[index] = value


def _retype(op: Operation, index: int) -> None:
    Rewriter.replace_value_with_new_type(op.results[index], NoneType())


def _results(op: Operation, types: Sequence[Attribute]) -> None:
    """Put an operation with other results in the place of one."""
    regions = [op.detach_region(region) for region in list(op.regions)]
    made = type(op).create(
        operands=op.operands,
        result_types=types,
        properties=op.properties,
        attributes=op.attributes,
        regions=regions,
    )
    block = op.parent
    assert block is not None
    block.insert_op_before(made, op)
    for index, result in enumerate(op.results):
        kept = made.results[index] if index < len(types) else _made(made, result.type)
        result.replace_all_uses_with(kept)
    op.detach()
    op.erase()


def _region_less(op: Operation) -> None:
    op.detach_region(op.regions[0])


def _no_block(op: Operation) -> None:
    op.detach_region(op.regions[0])
    op.add_region(Region())


def _two_blocks(op: Operation) -> None:
    """Add a block; of several blocks each needs a terminator, so the first is emptied if needed."""
    region = op.regions[0]
    last = region.block.last_op
    if last is None or not last.has_trait(IsTerminator):
        for inner in reversed(list(region.block.ops)):
            inner.detach()
            inner.erase()
    region.add_block(Block())


def _no_terminator(op: Operation) -> None:
    last = op.regions[0].block.last_op
    assert last is not None
    last.detach()
    last.erase()


def text_cases() -> Iterator[tuple[str, ModuleOp]]:
    """Give what is wrong in the FileCheck tests of the dialects, as far as it can be parsed."""
    for path in sorted(CHECKS.glob("dialects/*/invalid*.mlir")):
        for number, part in enumerate(path.read_text().split("// -----\n")):
            try:
                module = parse(part)
            except (ParseError, VerifyException):
                continue
            yield f"{path.parent.name} {path.stem} {number}", module


def xdsl_refusal(module: ModuleOp) -> str | None:
    """Give xDSL's reason to refuse a module, None if it accepts it."""
    try:
        module.verify()
    except VerifyException as error:
        return str(error)
    except DiagnosticException as error:
        return str(error.__cause__)
    return None


_RULES = (
    (r"property '(\w+)' expected in operation", r"missing \1"),
    (r'attribute "(\w+)" is expected but not provided', r"missing \1"),
    (
        r"[Ee]xpect(?:ed|s) (?:exactly |at least |at most )?\d+(?: or \d+)? (operand|result)s?,? ?",
        r"number of \1s",
    ),
    (r"expected \d+ (?:or \d+ )?values? (?:for|in) .*", "number of operands"),
    (r"(operand|result) count .* does not match .*", r"number of \1s"),
    (r"sum of elements in '(operand|result)SegmentSizes'.*", r"number of \1s"),
    (r"'?(operand|result)SegmentSizes'? attribute.*", r"number of \1s"),
    (r"Expected \d+ regions?, but got \d+", "number of regions"),
    (r"unexpected number of regions: .*", "number of regions"),
    (r"expected a single block, but got (\d+)", r"\1 blocks"),
    (r"expected region 0 to have 1 block\(s\) but got (\d+)", r"\1 blocks"),
    (r"block with no terminator.*", "terminator"),
    (r"terminates block in .* but is not a terminator", "terminator"),
    (r"(?:contains )?empty block.* at least a terminator", "terminator"),
    (r"should be of (?:base attribute|attribute subclassing) .*", "kind"),
    (r"should be a string", "kind"),
    (r"expected ArrayAttr attribute, but got .*", "kind"),
    (r"expected type, got attribute .*", "kind"),
    (r"(?:Expected|Unexpected) attribute .*", "kind"),
    (r"expected base (?:attribute|type) .*", "kind"),
    (r"expected '.*' but got '.*'", "kind"),
    (r"does not satisfy the constraint", "kind"),
)


def rule(message: str) -> str:
    """Give the rule that a message of xDSL's or MLIR's verifier is about: a name, or its words."""
    words = " ".join(message.split())
    for pattern, name in _RULES:
        found = re.search(pattern, words)
        if found:
            return found.expand(name)
    return words
