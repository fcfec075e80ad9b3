"""Programs, and the process in which their native code runs."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

sys.path.insert(0, str(Path(__file__).parent))

from native_checks import Checker, Native

from spatial_opt.runtime import bindings
from spatial_opt.tools.compilation import make_context


@pytest.fixture(scope="session")
def native() -> Iterator[Native]:
    """Run programs natively; without MLIR's bindings there is nothing to test."""
    if bindings.find() is None:
        pytest.skip("MLIR's bindings are not installed")
    process = Native()
    yield process
    process.close()


@pytest.fixture
def same(native: Native) -> Checker:
    """Compare native code with the evaluator."""
    return Checker(native)


@pytest.fixture(scope="session")
def program() -> Callable[[str], ModuleOp]:
    """Parse and verify a program."""

    def parse(text: str) -> ModuleOp:
        module = Parser(make_context(), text, "test").parse_module()
        module.verify()
        return module

    return parse
