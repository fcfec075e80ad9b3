"""Where MLIR has no wheel: one sentence that says what to install, and what works all the same."""

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from spatial_opt.interop.dynamic_traits import NEEDED
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime import bindings

Run = Callable[..., Any]

TEXT = "func.func @main(%x: f32) -> f32 {\n  func.return %x : f32\n}\n"
PIPELINE = 'mlir{pipeline="builtin.module(cse)"}'
ISOLATED = 'mlir{pipeline="builtin.module(cse)" isolate=true}'


@pytest.fixture
def none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the bindings away."""
    monkeypatch.setattr(bindings, "find", lambda: None)


@pytest.mark.usefixtures("none")
@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("--verify-with-mlir",), "--verify-with-mlir"),
        (("-p", "verify-with-mlir"), "verify-with-mlir: verify-with-mlir"),
        (("-p", PIPELINE), "mlir: the pass mlir"),
        (("-p", ISOLATED), "mlir: the pass mlir"),
    ],
)
def test_the_sentence(run_tool: Run, arguments: tuple[str, ...], what: str):
    ran = run_tool("spatial-opt", *arguments, stdin=TEXT)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        f"spatial-opt: error: {what} needs MLIR's Python bindings, and none were found under the "
        "names mlir and torch_mlir; install torch-mlir (pip install torch-mlir) or the MLIR wheel "
        "of the LLVM project\n"
    )


@pytest.mark.usefixtures("none")
def test_what_needs_no_bindings(run_tool: Run):
    assert run_tool("spatial-opt", "--emit-irdl", "spatial").code == 0
    generic = run_tool("spatial-opt", "--emit-mlir", stdin=TEXT)
    assert generic.code == 0
    back = run_tool("spatial-opt", "--from-mlir", stdin=generic.out)
    assert back.out == run_tool("spatial-opt", stdin=TEXT).out


def test_bindings_that_are_too_old():
    old = ModuleType("old.ir")
    for name in NEEDED[1:]:
        setattr(old, name, object())
    found = bindings.Bindings("torch_mlir", old, ModuleType("old.execution_engine"))
    with pytest.raises(SpatialError) as error:
        found.need("the pass mlir", NEEDED)
    assert str(error.value) == (
        "the pass mlir needs newer MLIR bindings than torch_mlir has: there is no DynamicOpTrait; "
        "upgrade it (pip install --upgrade torch-mlir)"
    )
    setattr(old, NEEDED[0], object())
    replace(found).need("the pass mlir", NEEDED)
