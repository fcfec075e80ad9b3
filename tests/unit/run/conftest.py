"""A small recurrent network, its configuration as text, and the run of an edited one."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
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


class Tool(Protocol):
    code: int
    out: str
    err: str


@dataclass
class Outcome:
    """What a run of a configuration gave."""

    code: int
    report: dict[str, Any]
    y: Any
    error: str


@dataclass
class Bench:
    """A folder with the network, its weights and inputs, and its saved configuration."""

    folder: Path
    tool: Callable[..., Tool]
    config: str
    evaluator: str = "numpy"

    def run(self, text: str, *options: str) -> Outcome:
        """Run a configuration given as text."""
        model, outputs = self.folder / "edited.mlir", self.folder / "y.npz"
        model.write_text(text)
        outputs.unlink(missing_ok=True)
        ran = self.tool(
            "spatial-run",
            str(model),
            "--inputs",
            str(self.folder / "x.npz"),
            "--outputs",
            str(outputs),
            "--report",
            "json",
            "--evaluator",
            self.evaluator,
            *options,
        )
        if ran.code != 0:
            assert not outputs.exists()
            assert ran.out == ""
            return Outcome(ran.code, {}, None, ran.err)
        return Outcome(ran.code, json.loads(ran.out), np.load(outputs)["y"], ran.err)

    def edit(self, pattern: str, replacement: str, count: int = 1) -> str:
        """Replace a pattern that must occur in the configuration."""
        text, number = re.subn(pattern, replacement, self.config, count=count)
        assert number > 0, pattern
        return text


@pytest.fixture
def bench(tmp_path: Path, run_tool: Callable[..., Tool]) -> Bench:
    """Compile the network with two rows at once and save its configuration."""
    rng = np.random.default_rng(3)
    save_arrays(
        tmp_path / "w.safetensors",
        {
            "W": rng.uniform(-1, 1, (1, HIDDEN, INPUTS)).astype(np.float32),
            "R": rng.uniform(-1, 1, (1, HIDDEN, HIDDEN)).astype(np.float32),
        },
    )
    np.savez(tmp_path / "x.npz", x=rng.uniform(-1, 1, (STEPS, 1, INPUTS)).astype(np.float32))
    (tmp_path / "net.mlir").write_text(NETWORK)
    saved = run_tool(
        "spatial-opt", str(tmp_path / "net.mlir"), "-p", "unfused{format=f32 hu=2 ru=1}"
    )
    assert saved.code == 0, saved.err
    return Bench(tmp_path, run_tool, saved.out)
