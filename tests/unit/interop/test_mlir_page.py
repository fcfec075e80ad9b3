"""The commands of docs/mlir.md work, in the order of the page."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spatial_opt.runtime import bindings

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "mlir.md").read_text()
COMMANDS = re.findall(r"^    spatial-opt (.*)$", PAGE, re.MULTILINE)
needs_mlir = pytest.mark.skipif(bindings.find() is None, reason="needs MLIR's bindings")


@needs_mlir
def test_commands(run_tool: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    assert len(COMMANDS) > 8
    for command in COMMANDS:
        words = shlex.split(command)
        if words[0] == "merged.mlir":
            # What mlir-opt leaves; it is run by another test.
            Path("merged.mlir").write_text(Path("net.mlir").read_text())
        ran = run_tool("spatial-opt", *words)
        assert (ran.code, ran.err) == (0, ""), command


@needs_mlir
def test_the_sentence_about_a_late_definition(run_tool: Callable[..., Any], tmp_path: Path):
    (program,) = re.findall(r'^    (%y = "arith.*\n)    (%z = .*\n)', PAGE, re.MULTILINE)
    path = tmp_path / "late.mlir"
    path.write_text(f"func.func @main(%x: f32) {{\n  {'  '.join(program)}  func.return\n}}\n")
    ran = run_tool("spatial-opt", str(path), "--verify-with-mlir")
    expected = re.search(r"    spatial-opt: error: (late.mlir.*\n    .*)", PAGE)
    assert expected is not None
    said = ran.err.splitlines()[0].replace(str(tmp_path) + "/", "")
    assert said.removeprefix("spatial-opt: error: ") == " ".join(expected[1].split())


def test_the_crash_is_the_one_tested():
    source = (Path(__file__).parent / "test_mlir_pass.py").read_text()
    (crash,) = re.findall(r"`pipeline builtin\.module\((.*)\): MLIR crashed with SIGFPE`", PAGE)
    assert f'CRASH = "{crash}"' in source
