"""MLIR's own passes on modules given as text, in this process or in one of their own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any

from spatial_opt.interop.places import Place, Places, places_in
from spatial_opt.interop.session import Diagnostic, RefusalError, Session, open_session

_WORKER = "spatial_opt.interop.isolated"
_FATAL = re.compile(r"LLVM ERROR: (.*)|Assertion .*")


@dataclass(frozen=True)
class Request:
    """A module and what to do to it."""

    text: str
    pipeline: str
    slots: int
    allow_unregistered: bool


@dataclass(frozen=True)
class Outcome:
    """The module afterwards, and where its parts come from."""

    text: str
    places: Places
    """In the text that was given."""


class PipelineError(Exception):
    """A pipeline that can't be read, or that does not get to its end."""


class ModuleError(Exception):
    """A pipeline that fails because of something in the module."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic
        super().__init__(diagnostic.message)


def run_here(request: Request, purpose: str) -> Outcome:
    """
    Run a pipeline in this process, which a crash of MLIR ends.

    Raises `RefusalError` for a module that MLIR refuses before any pass, else as named here.
    """
    session = open_session(purpose, request.slots, request.allow_unregistered)
    module = session.parse(request.text, rules=False)
    manager = _manager(session, request.pipeline)
    try:
        with session.context:
            manager.run(module.operation)
    except session.error as error:
        diagnostics = session.diagnostics(error)
        if not diagnostics:
            raise PipelineError("a pass gave up without a reason") from error
        raise ModuleError(diagnostics[0]) from error
    return Outcome(session.write(module), places_in(module.operation))


def _manager(session: Session, pipeline: str) -> Any:
    kind: Any = session.bindings.module("passmanager").PassManager
    with _caught_stderr() as written:
        try:
            return kind.parse(pipeline, session.context)
        except ValueError as error:
            lines = [line.strip() for line in f"{written()}\n{error}".splitlines()]
            said = [line for line in lines if line and set(line) != {"^"} and line not in pipeline]
            raise PipelineError(_one_reason(said)) from error


def _one_reason(lines: list[str]) -> str:
    """Take the places and names of parsers off what MLIR says about a pipeline."""
    plain = [re.sub(r"^(?:[\w<> -]*(?::\d+:\d+)?: )(?:error: )?", "", line) for line in lines]
    return "; ".join(dict.fromkeys(plain)) or "it can't be read"


@contextmanager
def _caught_stderr() -> Generator[Callable[[], str]]:
    """Keep what native code writes to standard error, for a message of our own."""
    sys.stderr.flush()
    try:
        saved = os.dup(2)
    except OSError:
        # It is closed.
        yield str
        return
    with TemporaryFile() as file:
        os.dup2(file.fileno(), 2)

        def written() -> str:
            file.seek(0)
            return file.read().decode(errors="replace")

        try:
            yield written
        finally:
            os.dup2(saved, 2)
            os.close(saved)


def run_isolated(request: Request) -> Outcome:
    """Run a pipeline in a process of its own; a crash of MLIR is a `PipelineError`."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with TemporaryDirectory() as folder:
        # Passes may write to standard output, so the answer goes another way.
        file = Path(folder) / "answer.json"
        worker = subprocess.run(
            [sys.executable, "-m", _WORKER, str(file)],
            input=json.dumps(asdict(request)).encode(),
            capture_output=True,
            env=environment,
            check=False,
        )
        written = (worker.stdout + worker.stderr).decode(errors="replace")
        if worker.returncode or not file.exists():
            raise PipelineError(_end_of(worker.returncode, written))
        answer: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    sys.stderr.write(written)
    match answer["kind"]:
        case "outcome":
            found = answer["places"]
            places = Places(_pairs(found["operations"]), _pairs(found["arguments"]))
            return Outcome(answer["text"], places)
        case "pipeline":
            raise PipelineError(answer["message"])
        case "module":
            raise ModuleError(Diagnostic(**answer["diagnostic"]))
        case _:
            raise RefusalError([Diagnostic(**answer["diagnostic"])])


def _pairs(found: list[list[list[int]]]) -> list[list[Place]]:
    return [[(line, column) for line, column in places] for places in found]


def _end_of(code: int, written: str) -> str:
    """Say how a process ended that should have answered."""
    fatal = _FATAL.search(written)
    reason = f" ({fatal[1] or fatal[0]})" if fatal else ""
    try:
        return f"MLIR crashed with {signal.Signals(-code).name}{reason}"
    except ValueError:
        last = written.strip().splitlines()[-1:] or ["it wrote no reason"]
        return f"the process of MLIR ended with exit code {code}{reason or f' ({last[0]})'}"
