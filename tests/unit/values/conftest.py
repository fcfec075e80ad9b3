"""Configurations written by hand, parsed and evaluated."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from xdsl.context import Context
from xdsl.dialects import arith, builtin, func
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from spatial_opt.dialects.pattern import Pattern
from spatial_opt.dialects.spatial import Spatial
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.values import evaluate

Parse = Callable[[str], ModuleOp]
Evaluate = Callable[..., dict[str, Array]]


def _parse(text: str) -> ModuleOp:
    context = Context()
    for dialect in (builtin.Builtin, func.Func, arith.Arith, Pattern, Spatial):
        context.load_dialect(dialect)
    return Parser(context, text).parse_module()


@pytest.fixture
def parse_config() -> Parse:
    """Parse a configuration (the text inside `spatial.config`) and verify it."""

    def parse(body: str) -> ModuleOp:
        module = _parse("spatial.config @main {" + body + "}")
        module.verify()
        return module

    return parse


@pytest.fixture
def parse_unverified() -> Parse:
    """Parse without verifying, for configurations that can't be right."""
    return lambda body: _parse("spatial.config @main {" + body + "}")


@pytest.fixture
def evaluate_config(parse_config: Parse) -> Evaluate:
    """Parse, verify and evaluate: (text, inputs, parameters)."""

    def run(
        body: str, inputs: Mapping[str, Any], parameters: Mapping[str, Any] | None = None
    ) -> dict[str, Array]:
        return evaluate(parse_config(body), inputs, parameters or {})

    return run
