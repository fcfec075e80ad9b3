"""
Run the RUN lines of `*.mlir` files in this process, much faster than lit does.

Understood are pipes of our tools that may end in `filecheck`, `not` or `!` before a tool,
`2>&1` after it, `%s` for the file, `%S` for its folder, `%t` for a temporary path, and a
backslash at the end of a line that continues on the next RUN line. A file with the line
`// REQUIRES: mlir` is left out where MLIR has no wheel.

All IR that `spatial-opt` prints goes through MLIR as well, which has to read it as xDSL does.
"""

import re
import shlex
from collections.abc import Iterable
from contextlib import redirect_stderr
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import pytest
from filecheck.finput import FInput
from filecheck.matcher import Matcher
from filecheck.options import parse_argv_options
from filecheck.parser import Parser
from xdsl.context import Context
from xdsl.parser import Parser as IrParser
from xdsl.universe import XDSL_UNIVERSE

from spatial_opt.interop.verification import check_module
from spatial_opt.runtime import bindings
from spatial_opt.tools.hex_floats import decimal_floats
from spatial_opt.tools.universe import SPATIAL_UNIVERSE

_RUN = re.compile(r"^\s*//\s*RUN:\s*(.*?)\s*$", re.MULTILINE)
_TOOLS = {"spatial-opt": "spatial_opt", "spatial-run": "spatial_run"}
_REQUIRES_MLIR = re.compile(r"^\s*//\s*REQUIRES:\s*mlir\s*$", re.MULTILINE)
_NOT_IR = {
    "--emit-irdl",
    "--emit-mlir",
    "--help-pipelines",
    "--parsing-diagnostics",
    "--print-accesses",
    "--verify-diagnostics",
}
"""Options with which something else than IR is printed."""


def pytest_collect_file(parent: pytest.Collector, file_path: Path) -> pytest.Collector | None:
    """Treat every MLIR file as a test file."""
    if file_path.suffix != ".mlir":
        return None
    # pytest gives from_parent's keywords no types; so below.
    return CheckFile.from_parent(parent, path=file_path)  # pyright: ignore[reportUnknownMemberType]


class CheckFailure(Exception):
    """A RUN line did not do what it should; the message is shown as it is."""


@dataclass(frozen=True)
class Stage:
    """One command of a pipe."""

    words: tuple[str, ...]
    must_fail: bool
    merge_errors: bool


def _stages(command: str) -> list[Stage]:
    pipe: list[list[str]] = [[]]
    for word in shlex.split(command):
        if word == "|":
            pipe.append([])
        else:
            pipe[-1].append(word)
    stages: list[Stage] = []
    for words in pipe:
        merge = "2>&1" in words
        words = [word for word in words if word != "2>&1"]
        inverted = bool(words) and words[0] in ("not", "!")
        stages.append(Stage(tuple(words[inverted:]), inverted, merge))
    return stages


class _Tee(StringIO):
    """Keep what is written, and pass it on."""

    def __init__(self, other: StringIO) -> None:
        super().__init__()
        self._other = other

    def write(self, s: str, /) -> int:
        """Write twice."""
        self._other.write(s)
        return super().write(s)


def _run_stage(stage: Stage, stdin: str) -> str:
    """Run one of our tools and give what it passes on to the next command."""
    tool, *arguments = stage.words
    if tool not in _TOOLS:
        raise CheckFailure(f"RUN line uses '{tool}'; only {', '.join(_TOOLS)} can be run here")
    main = import_module(f"spatial_opt.tools.{_TOOLS[tool]}").main
    passed_on = StringIO()
    out, err = _Tee(passed_on), _Tee(passed_on) if stage.merge_errors else StringIO()
    source = TextIOWrapper(BytesIO(stdin.encode()), encoding="utf-8")
    with patch("sys.stdin", source), patch("sys.stdout", out), patch("sys.stderr", err):
        code: int = main(arguments)
    if (code != 0) != stage.must_fail:
        expected = "an error" if stage.must_fail else "success"
        raise CheckFailure(
            f"{shlex.join(stage.words)}\nended with exit code {code}, expected {expected}\n"
            f"--- standard error\n{err.getvalue()}\n--- standard output\n{out.getvalue()}"
        )
    if tool == "spatial-opt" and code == 0 and not _NOT_IR & set(arguments):
        _ask_mlir(stage, out.getvalue())
    return passed_on.getvalue()


def _ask_mlir(stage: Stage, text: str) -> None:
    """Have MLIR parse, verify and give back the modules in a text."""
    if bindings.find() is None:
        return
    for part in text.split("// -----\n"):
        finding = _finding(part, "--allow-unregistered-dialect" in stage.words)
        if finding is not None:
            raise CheckFailure(
                f"{shlex.join(stage.words)}\n{finding}\n--- output\n{_numbered(part)}"
            )


@cache
def _finding(text: str, allow_unregistered: bool) -> str | None:
    """Give what MLIR finds wrong with a module; the same text is checked once."""
    module = IrParser(
        _context(allow_unregistered), decimal_floats(text, "output"), "output"
    ).parse_module()
    finding = check_module(module, "the test")
    return None if finding is None else finding.sentence()


@cache
def _context(allow_unregistered: bool) -> Context:
    """Give a context that knows xDSL's dialects and ours."""
    context = Context(allow_unregistered=allow_unregistered)
    for universe in (XDSL_UNIVERSE, SPATIAL_UNIVERSE):
        for name, factory in universe.all_dialects.items():
            context.register_dialect(name, factory)
    return context


def _filecheck(stage: Stage, text: str, path: Path) -> None:
    """Match `text` with the CHECK lines of `path`."""
    options = parse_argv_options([*stage.words])
    messages = StringIO()
    # The matcher keeps the stream it finds when it is made.
    with redirect_stderr(messages):
        matcher = Matcher(
            options, FInput("-", FInput.canonicalize_line_ends(text)), Parser.from_opts(options)
        )
        code = matcher.run()
    if (code != 0) != stage.must_fail:
        raise CheckFailure(
            f"{messages.getvalue()}\n--- output checked\n{_numbered(text)}\n"
            f"--- {path}\n{_numbered(path.read_text(encoding='utf-8'))}"
        )


def _numbered(text: str) -> str:
    return "\n".join(f"{number:4} {line}" for number, line in enumerate(text.splitlines(), 1))


class CheckItem(pytest.Item):
    """One RUN line."""

    command: str = ""

    def runtest(self) -> None:
        """Run the pipe from left to right."""
        with TemporaryDirectory() as folder:
            command = self.command.replace("%S", shlex.quote(str(self.path.parent)))
            command = command.replace("%s", shlex.quote(str(self.path)))
            command = command.replace("%t", shlex.quote(str(Path(folder) / self.path.name)))
            text = ""
            for stage in _stages(command):
                if not stage.words:
                    raise CheckFailure(f"RUN line has an empty command: {self.command}")
                if stage.words[0] == "filecheck":
                    _filecheck(stage, text, self.path)
                else:
                    text = _run_stage(stage, text)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show a failed check as text, anything else as a traceback."""
        if isinstance(excinfo.value, CheckFailure):
            return f"RUN: {self.command}\n{excinfo.value}"
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Name the test after its file."""
        return self.path, 0, f"{self.path.name}::{self.name}"


class CheckFile(pytest.File):
    """A file with RUN lines."""

    def collect(self) -> Iterable[CheckItem]:
        """Make one test of each RUN line."""
        text = re.sub(r"\\\n\s*//\s*RUN:", "", self.path.read_text(encoding="utf-8"))
        if _REQUIRES_MLIR.search(text) and bindings.find() is None:
            return
        commands = _RUN.findall(text)
        if not commands:
            raise self.CollectError(f"{self.path} has no RUN line")
        for number, command in enumerate(commands, 1):
            item = CheckItem.from_parent(self, name=f"run{number}")  # pyright: ignore[reportUnknownMemberType]
            item.command = command
            yield item
