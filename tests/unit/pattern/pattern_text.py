"""Programs of the pattern dialect, written as text."""

from xdsl.context import Context
from xdsl.dialects.arith import Arith
from xdsl.dialects.builtin import Builtin, ModuleOp
from xdsl.dialects.func import Func
from xdsl.parser import Parser

from spatial_opt.dialects.pattern import Pattern


def parse(text: str) -> ModuleOp:
    """Parse and verify a program."""
    context = Context()
    for dialect in (Builtin, Arith, Func, Pattern):
        context.load_dialect(dialect)
    module = Parser(context, text).parse_module()
    module.verify()
    return module
