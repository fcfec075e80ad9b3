"""A folder with a small program at every level, and the check that a tool refuses something."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from typing import Any, Protocol

import numpy as np
import pytest

from spatial_opt.runtime.array_files import save_arrays

HIDDEN, INPUTS, STEPS = 6, 5, 4

NETWORK = f"""
builtin.module attributes {{pattern.weights = "w.safetensors"}} {{
  func.func @main(%x : tensor<{STEPS}x1x{INPUTS}xf32> {{pattern.name = "x"}})
      -> (tensor<{STEPS}x1x1x{HIDDEN}xf32> {{pattern.name = "y"}}) {{
    %w = pattern.parameter "W" : tensor<1x{HIDDEN}x{INPUTS}xf32>
    %r = pattern.parameter "R" : tensor<1x{HIDDEN}x{HIDDEN}xf32>
    %y, %h = rnn.rnn %x, %w, %r hidden {HIDDEN} activations [relu]
        : (tensor<{STEPS}x1x{INPUTS}xf32>, tensor<1x{HIDDEN}x{INPUTS}xf32>,
           tensor<1x{HIDDEN}x{HIDDEN}xf32>)
        -> (tensor<{STEPS}x1x1x{HIDDEN}xf32>, tensor<1x1x{HIDDEN}xf32>)
    func.return %y : tensor<{STEPS}x1x1x{HIDDEN}xf32>
  }}
}}
"""
TO_PATTERN = "set-target,convert-rnn-to-pattern,pattern-expand-activations,pattern-parallelize"


class Ran(Protocol):
    code: int
    out: str
    err: str


@dataclass
class Bad:
    """The current folder, with net.mlir, pattern.mlir, config.mlir, w.safetensors and x.npz."""

    tool: Callable[..., Ran]
    folder: Path

    def text(self, name: str) -> str:
        """Read a file."""
        return (self.folder / name).read_text()

    def write(self, name: str, content: str | bytes) -> str:
        """Write a file and give its name."""
        data = content.encode() if isinstance(content, str) else content
        (self.folder / name).write_bytes(data)
        return name

    def edit(self, name: str, old: str, new: str) -> str:
        """Write a program with a change to `bad.mlir`."""
        text = self.text(name)
        assert old in text
        return self.write("bad.mlir", text.replace(old, new, 1))

    def arrays(self, name: str = "bad.npz", **arrays: Any) -> str:
        """Write arrays to a file."""
        np.savez(self.folder / name, **arrays)
        return name

    def run(self, *arguments: str) -> Ran:
        """Run `spatial-run` with the portable evaluator."""
        return self.tool("spatial-run", "--evaluator", "numpy", *arguments)

    def report(self, *arguments: str) -> dict[str, Any]:
        """Run `spatial-run`, which must succeed, and give its report."""
        ran = self.run("--report", "json", *arguments)
        assert (ran.code, ran.err) == (0, "")
        return json.loads(ran.out)

    def refused(self, *arguments: str, lines: int = 3, stdin: str = "") -> str:
        """
        Give the sentence with which `spatial-run` refuses something, or `spatial-opt` with -p.

        Nothing else may be left: no output, no file, no traceback unless asked for. `lines` is
        the most that may be written, the lines of an excerpt included.
        """
        tool = "spatial-opt" if arguments[0] == "spatial-opt" else "spatial-run"
        given = arguments[1:] if tool == "spatial-opt" else ("--evaluator", "numpy", *arguments)
        before = sorted(self.folder.rglob("*"))
        ran = self.tool(tool, *given, stdin=stdin)
        assert (ran.code, ran.out) == (1, ""), ran.err
        first, *more = ran.err.splitlines()
        assert ran.err.endswith("\n")
        assert first.startswith(f"{tool}: error: ")
        assert len(more) < lines, ran.err
        assert "Traceback" not in ran.err
        traced = self.tool(tool, *given, "--traceback", stdin=stdin)
        assert traced.code == 1
        assert traced.err.startswith(first)
        assert "Traceback (most recent call last)" in traced.err
        assert sorted(self.folder.rglob("*")) == before
        return first.removeprefix(f"{tool}: error: ")


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, run_tool: Callable[..., Ran]) -> Path:
    """Make the files once."""
    folder = tmp_path_factory.mktemp("bad") / "made"
    folder.mkdir()
    rng = np.random.default_rng(3)
    shapes = {"W": (1, HIDDEN, INPUTS), "R": (1, HIDDEN, HIDDEN)}
    save_arrays(
        folder / "w.safetensors",
        {name: rng.uniform(-1, 1, shape).astype(np.float32) for name, shape in shapes.items()},
    )
    np.savez(folder / "x.npz", x=rng.uniform(-1, 1, (STEPS, 1, INPUTS)).astype(np.float32))
    network = folder / "net.mlir"
    network.write_text(NETWORK)
    for name, passes in (("pattern", TO_PATTERN), ("config", "unfused{format=f32 hu=2 ru=1}")):
        saved = run_tool(
            "spatial-opt", str(network), "-p", passes, "-o", str(folder / f"{name}.mlir")
        )
        assert saved.code == 0, saved.err
    return folder


@pytest.fixture
def bad(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_tool: Callable[..., Ran]
) -> Bad:
    """Give a copy of the files in the current folder."""
    folder = copytree(made, tmp_path / "work")
    monkeypatch.chdir(folder)
    return Bad(run_tool, folder)
