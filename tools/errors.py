"""Turn the exceptions a user can cause into short messages."""

import re
from itertools import pairwise
from traceback import format_exception

from xdsl.utils.exceptions import (
    ArgSpecParseError,
    DiagnosticException,
    InvalidIRException,
    ParseError,
    UnregisteredConstructException,
)

USER_ERRORS = (
    DiagnosticException,
    InvalidIRException,
    UnregisteredConstructException,
    ParseError,
    ArgSpecParseError,
    ValueError,
    OSError,
)
"""What a user's input can raise; `SpatialError` and Unicode errors are `ValueError`s. Anything
else is a fault of the compiler and keeps its traceback."""

_CARETS = re.compile(r"\s*\^+-*\s*")


def report(tool: str, error: BaseException, stage: str = "", traceback: bool = False) -> str:
    """
    Write one sentence and, where known, the place in the user's text below it.

    `stage` names the pass or file at work; it may be empty.
    """
    sentence, excerpt = _describe(error)
    prefix = "" if not stage or sentence.startswith(f"{stage}:") else f"{stage}: "
    text = f"{tool}: error: {prefix}{sentence}\n{excerpt}"
    return text + ("".join(format_exception(error)) if traceback else "")


def _describe(error: BaseException) -> tuple[str, str]:
    """Give the sentence, on one line, and an excerpt of zero or more whole lines."""
    match error:
        case ParseError():
            where, *rest = str(error).splitlines()
            return f"{where}: {_one_line(error.msg)}", _lines(rest[:2])
        case ArgSpecParseError():
            # "Error parsing ...", "pass-pipeline:1:7", the text, a caret, the message
            _, where, *excerpt, message = str(error).rstrip().splitlines()
            column = where.rsplit(":", 1)[-1]
            sentence = f"cannot read the pass list at column {column}: {_one_line(message)}"
            return sentence, _lines(excerpt)
        case UnicodeDecodeError():
            return f"not UTF-8 text: {error.reason} at byte {error.start}", ""
        case OSError() if error.filename is not None:
            return f"{error.filename}: {error.strerror}", ""
        case _:
            return _one_line(str(error)), _offending_op(error)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _lines(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _offending_op(error: BaseException) -> str:
    """Find the operation that xDSL marks by carets in the module it attaches to an error."""
    for note in getattr(error, "__notes__", ()):
        lines = str(note).splitlines()
        for operation, carets in pairwise(lines):
            if _CARETS.fullmatch(carets):
                return f"  in: {operation.strip()}\n"
    return ""
