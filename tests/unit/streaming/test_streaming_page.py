"""The page docs/streaming.md: its configurations, commands and figures."""

from __future__ import annotations

import re
import shlex
from math import ceil
from pathlib import Path

import pytest
from streaming_cases import TINY, streamed
from xdsl.parser import Parser

from spatial_opt.dialects.target import set_target
from spatial_opt.machine.load import load_machine
from spatial_opt.tools.compilation import make_context
from spatial_opt.tools.spatial_opt import main as spatial_opt

PAGE = (Path(__file__).parents[3] / "docs/streaming.md").read_text()
BEFORE, PARTLY, WHOLE = re.findall(r"```mlir\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize(("weights", "after"), [("auto", PARTLY), ("dram", WHOLE)])
def test_configurations(weights: str, after: str) -> None:
    """All lines that are shown are there, in this order."""
    module = Parser(make_context(), BEFORE).parse_module()
    set_target(module, TINY)
    streamed(module, weights)
    lines = iter([line.strip() for line in str(module).splitlines()])
    for line in after.splitlines():
        if line.strip() != "...":
            assert line.strip() in lines


def commands(tool: str) -> list[list[str]]:
    """List the page's commands of a tool, without its name."""
    found = [shlex.split(line) for line in PAGE.splitlines() if line.startswith(f"    {tool} ")]
    return [words[1:] for words in found]


def test_commands_of_the_example(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.mlir").write_text(BEFORE)
    (words,) = [words for words in commands("spatial-opt") if words[0] == "net.mlir"]
    assert not spatial_opt(words)
    assert "spatial.dram @W.dram" in capsys.readouterr().out


def test_pipelines_take_the_options() -> None:
    given = [words[words.index("-p") + 1] for words in commands("spatial-opt")]
    assert "fused{format=mixed8 weights=dram}" in given


def test_interval_by_hand() -> None:
    """64 bytes times 17 over 51.2 are 21.25."""
    machine = load_machine("plasticine-rnn")
    assert machine.dram_interval(64, 17) == 22 == ceil(64 * 17 / 51.2)
    assert machine.dram_bytes(4) == 64
    assert machine.ag.count == 48
