"""What the command line tools share: streams, exit codes, and the end of a failed run."""

from __future__ import annotations

import os
import sys
from argparse import Action, ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import IO, Any, TextIO

from spatial_opt.machine.errors import SpatialError
from spatial_opt.tools.errors import USER_ERRORS, report

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells give it."""


def version_text(tool: str) -> str:
    """Write our version and xDSL's."""
    return f"{tool} {version('spatial-opt')} on xdsl {version('xdsl')}"


class Version(Action):
    """The option `--version` of a tool; versions are looked up only when asked for."""

    def __call__(
        self,
        parser: ArgumentParser,
        namespace: Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """Print and exit."""
        print(version_text(parser.prog))
        parser.exit()


def run_tool(tool: str, stage: Callable[[], str], traceback: bool, work: Callable[[], None]) -> int:
    """
    Do the work and give the exit code: 0, 1 for an error, 2 for wrong usage.

    `stage` names the pass or file at work at any time. Faults of the compiler pass through.
    """
    if _open(sys.stderr) is None:
        # Closed; without a stream `print` would take standard output instead.
        sys.stderr = open(os.devnull, "w", encoding="utf-8")
    try:
        work()
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough.
        _silence_output()
        return 1
    except USER_ERRORS as error:
        sys.stderr.write(report(tool, error, stage(), traceback))
        _silence_output()
        return 1
    except KeyboardInterrupt:
        sys.stderr.write(f"{tool}: interrupted\n")
        return INTERRUPTED
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    return 0


def write_output(text: str) -> None:
    """Write to standard output, now; raises SpatialError if it is closed."""
    stream = _open(sys.stdout)
    if stream is None:
        raise SpatialError("standard output is closed; send it to a file or to /dev/null")
    stream.write(text)
    stream.flush()


def input_bytes() -> IO[bytes]:
    """Give standard input; raises SpatialError if it is closed."""
    stream = _open(sys.stdin)
    if stream is None:
        raise SpatialError("standard input is closed; name a file to read")
    return stream.buffer


def _open(stream: TextIO | None) -> TextIO | None:
    """Give a standard stream, which Python sets to None when it starts with it closed."""
    return stream


def _silence_output() -> None:
    """Keep Python from flushing once more at exit what could not be written."""
    stream = _open(sys.stdout)
    try:
        if stream is not None:
            stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class StageDisplay:
    """One line on a terminal that tells what is at work; nothing on any other stream."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream if stream.isatty() else None

    def show(self, text: str) -> None:
        """Replace the line by `text`."""
        if self._stream is not None:
            self._stream.write(f"\r\x1b[K{text}")
            self._stream.flush()

    def clear(self) -> None:
        """Remove the line, before anything else is written."""
        self.show("")
