"""Fixtures shared by all tests: our context, a parser and the tools run in process."""

import os
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO, StringIO, TextIOWrapper
from unittest.mock import patch

import pytest
from hypothesis import settings
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser
from xdsl.universe import XDSL_UNIVERSE

from spatial_opt.tools.dominance import check_dominance
from spatial_opt.tools.universe import SPATIAL_UNIVERSE

# A run gives what the one before gave. Other examples: HYPOTHESIS_PROFILE=random pytest
settings.register_profile("repeatable", derandomize=True)
settings.register_profile("random", derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


def pytest_report_header() -> str:
    """Tell whether the tests that need torch, which is no part of the extra `test`, are there."""
    if find_spec("torch") is None:
        return "torch is not installed: tests/unit/frontends_torch/test_torch_*.py are left out"
    return "torch is installed: the tests that need it are part of the run"


@dataclass(frozen=True)
class ToolRun:
    """What one run of a command line tool left behind."""

    code: int
    out: str
    err: str


RunTool = Callable[..., ToolRun]
"""`run_tool("spatial-opt", argument, ..., stdin="")`."""


def _run_tool(tool: str, *arguments: str, stdin: str = "") -> ToolRun:
    main = import_module(f"spatial_opt.tools.{tool.replace('-', '_')}").main
    out, err = StringIO(), StringIO()
    source = TextIOWrapper(BytesIO(stdin.encode()), encoding="utf-8")
    with patch("sys.stdin", source), redirect_stdout(out), redirect_stderr(err):
        code = main(list(arguments))
    return ToolRun(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="session")
def run_tool() -> RunTool:
    """Run one of our tools in this process: exit code, standard output, standard error."""
    return _run_tool


@pytest.fixture
def spatial_context() -> Context:
    """Give a context that knows xDSL's dialects and ours."""
    context = Context()
    for universe in (XDSL_UNIVERSE, SPATIAL_UNIVERSE):
        for name, factory in universe.all_dialects.items():
            context.register_dialect(name, factory)
    return context


@pytest.fixture
def parse_checked(spatial_context: Context) -> Callable[[str], ModuleOp]:
    """Parse a module, verify it and check that uses follow definitions."""

    def parse(text: str) -> ModuleOp:
        module = Parser(spatial_context, text, "test").parse_module()
        module.verify()
        check_dominance(module)
        return module

    return parse
