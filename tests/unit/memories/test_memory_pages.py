"""The examples on the pages about memories are what the passes write."""

import re
from inspect import getdoc
from pathlib import Path

from memory_cases import declared, parse
from xdsl.context import Context

from spatial_opt.dialects import pattern
from spatial_opt.dialects.target import set_target
from spatial_opt.machine.load import load_machine
from spatial_opt.passes.pattern_assign_memories import PatternAssignMemoriesPass
from spatial_opt.passes.pattern_bank_memories import PatternBankMemoriesPass

DOCS = Path(__file__).parents[3] / "docs"
BLOCK = re.compile(r"```mlir\n(.*?)```", re.DOTALL)


def test_the_example_of_the_dialect_page() -> None:
    page = (DOCS / "dialects" / "pattern.md").read_text(encoding="utf-8")
    section = page[page.index("## Memories\n") : page.index("## Invariants")]
    (block,) = BLOCK.findall(section)
    written = parse(block)
    module = parse(block)
    for op in declared(module):
        op.detach()
        op.erase()
    set_target(module, load_machine("plasticine-rnn"))
    PatternAssignMemoriesPass().apply(Context(), module)
    PatternBankMemoriesPass().apply(Context(), module)
    assert [str(op) for op in declared(module)] == [str(op) for op in declared(written)]


def test_the_example_of_the_operation_is_valid() -> None:
    (block,) = BLOCK.findall(getdoc(pattern.MemoryOp) or "")
    assert len(declared(parse(block))) == 3
