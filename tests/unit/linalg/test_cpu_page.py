"""The commands of docs/cpu.md work, in the order of the page."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spatial_opt.runtime import bindings

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "cpu.md").read_text()
COMMANDS = [
    shlex.split(command.replace("\\\n", " "))
    for command in re.findall(r"^    (spatial-(?:\\\n|.)*)$", PAGE, re.MULTILINE)
]


@pytest.mark.long
@pytest.mark.skipif(bindings.find() is None, reason="MLIR's bindings are not installed")
def test_commands(run_tool: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for folder in ("examples", "tests"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    monkeypatch.chdir(tmp_path)
    assert len(COMMANDS) > 8
    for tool, *words in COMMANDS:
        ran = run_tool(tool, *words)
        assert (ran.code, ran.err) == (0, ""), words
