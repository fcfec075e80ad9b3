"""
The before and after examples in the docstrings of passes are what the passes do.

A snippet without a module is put into one that is compiled for the machine `tiny`; values it
uses but does not define are defined in front. Options follow the word after: `// after, par=4`.
In the text after, three dots stand for anything and values may be named differently.
"""

import re
from collections.abc import Iterator
from inspect import getdoc

import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser
from xdsl.utils.arg_spec import parse_spec
from xdsl.utils.exceptions import ParseError

from spatial_opt.dialects.target import set_target
from spatial_opt.machine.load import load_machine
from spatial_opt.runtime import bindings
from spatial_opt.tools.dominance import check_dominance
from spatial_opt.tools.pass_list import quote_words
from spatial_opt.tools.universe import SPATIAL_UNIVERSE

_BLOCK = re.compile(r"```mlir\n(.*?)```", re.DOTALL)
_EXAMPLE = re.compile(
    r"// before[^\n]*\n(?P<before>.*?)// after(?:, (?P<options>[^\n]*))?\n(?P<after>.*)", re.DOTALL
)


def _examples(documentation: str) -> Iterator[tuple[str, str, str]]:
    """Yield the options, the text before and the text after of each example."""
    for block in _BLOCK.findall(documentation):
        for example in re.split(r"(?=^// before)", block, flags=re.MULTILINE):
            if match := _EXAMPLE.fullmatch(example):
                yield match["options"] or "", match["before"], match["after"]


def _parse(text: str, context: Context) -> ModuleOp:
    parser = Parser(context, text, "docstring")
    try:
        module = parser.parse_module()
    except ParseError:
        free = {
            f"%{name}": value.type
            for name, values in parser.forward_ssa_references.items()
            for value in values.values()
        }
        if not free:
            raise
        types = ", ".join(map(str, free.values()))
        text = f'{", ".join(free)} = "test.op"() : () -> ({types})\n{text}'
        module = Parser(context, text, "docstring").parse_module()
    if "builtin.module" not in text:
        set_target(module, load_machine("tiny"))
    module.verify()
    check_dominance(module)
    return module


def _squeeze(text: str) -> str:
    """Drop white space except between two words."""
    return re.sub(r"(?<!\w)\s+|\s+(?!\w)", "", re.sub(r"\s+", " ", text))


def _pattern(text: str) -> str:
    """Match the text up to white space and a consistent renaming of values."""
    pattern = ""
    names: dict[str, str] = {}
    for part in re.split(r"(%[\w$]+|\.\.\.)", _squeeze(text)):
        if part == "...":
            pattern += ".*?"
        elif part in names:
            pattern += f"(?P={names[part]})"
        elif part.startswith("%"):
            names[part] = f"value{len(names)}"
            pattern += rf"(?P<{names[part]}>%[\w$]+)"
        else:
            pattern += re.escape(part)
    return pattern


@pytest.mark.parametrize("name", SPATIAL_UNIVERSE.all_passes)
def test_examples_of_the_pass(name: str, spatial_context: Context):
    pass_class = SPATIAL_UNIVERSE.all_passes[name]()
    if pass_class.__module__.startswith("spatial_opt.interop.") and bindings.find() is None:
        pytest.skip("needs MLIR's bindings")
    examples = list(_examples(getdoc(pass_class) or ""))
    assert examples, "the docstring has no block of IR with // before and // after"
    for options, before, after in examples:
        module = _parse(before, spatial_context)
        spec = f"{name}{{{options}}}" if "=" in options else name
        pass_class.from_spec(parse_spec(quote_words(spec))).apply(spatial_context, module)
        module.verify()
        assert re.search(_pattern(after), _squeeze(str(module))), (
            f"{module}\n\ndoes not contain\n\n{after}"
        )
