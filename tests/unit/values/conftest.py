"""Configurations written by hand, parsed and evaluated."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.values import evaluate

Parse = Callable[[str], ModuleOp]
Evaluate = Callable[..., dict[str, Array]]


@pytest.fixture
def parse_config(parse_checked: Parse) -> Parse:
    """Parse a configuration (the text inside `spatial.config`) and verify it."""
    return lambda body: parse_checked("spatial.config @main {" + body + "}")


@pytest.fixture
def parse_unverified(spatial_context: Context) -> Parse:
    """Parse without verifying, for configurations that can't be right."""
    return lambda body: Parser(spatial_context, f"spatial.config @main {{{body}}}").parse_module()


@pytest.fixture
def evaluate_config(parse_config: Parse) -> Evaluate:
    """Parse, verify and evaluate: (text, inputs, parameters)."""

    def run(
        body: str, inputs: Mapping[str, Any], parameters: Mapping[str, Any] | None = None
    ) -> dict[str, Array]:
        return evaluate(parse_config(body), inputs, parameters or {})

    return run
