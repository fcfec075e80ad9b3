"""Turn the exceptions a user can cause into short messages."""

import errno
import re
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from traceback import format_exception

from xdsl.utils.exceptions import (
    ArgSpecParseError,
    DiagnosticException,
    InvalidIRException,
    ParseError,
    UnregisteredConstructException,
)

from spatial_opt.machine.errors import SpatialError

USER_ERRORS = (
    DiagnosticException,
    InvalidIRException,
    UnregisteredConstructException,
    ParseError,
    ArgSpecParseError,
    ValueError,
    OSError,
    MemoryError,
    OverflowError,
    RecursionError,
)
"""What a user's input can raise; `SpatialError` and Unicode errors are `ValueError`s. Anything
else is a fault of the compiler and keeps its traceback."""

_UNKNOWN = re.compile(r"Operation (?P<name>[\w.]+) is not registered")
_REPLACED = {"in block definition": "expected an operation, a block label or a closing brace"}
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
            source = rest[0] if rest else ""
            if not error.span.input.content.strip():
                return f"{where}: the text is empty; write a module", ""
            excerpt = _lines(rest[:2]) if source.strip() and source.isprintable() else ""
            return f"{where}: {_explained(_one_line(error.msg))}", excerpt
        case ArgSpecParseError():
            # "Error parsing ...", "pass-pipeline:1:7", the text, a caret, the message
            _, where, *excerpt, message = str(error).rstrip().splitlines()
            column = where.rsplit(":", 1)[-1]
            sentence = f"cannot read the pass list at column {column}: {_one_line(message)}"
            return sentence, _lines(excerpt)
        case UnicodeDecodeError():
            return f"not UTF-8 text: {error.reason} at byte {error.start}", ""
        case SpatialError():
            # Further lines list what is involved.
            sentence, *details = str(error).splitlines()
            return sentence, _lines(details) or _offending_op(error)
        case OSError() if error.strerror is not None:
            where = "" if error.filename is None else f"{error.filename}: "
            return f"{where}{error.strerror}{_remedy(error)}", ""
        case MemoryError():
            found = _one_line(str(error)) or "no more could be had"
            return f"out of memory: {found}; use smaller tensors or fewer samples", ""
        case OverflowError():
            return f"a number is too large: {_one_line(str(error))}; use a smaller one", ""
        case RecursionError():
            return "nested too deeply to be processed; flatten the expression or the regions", ""
        case _:
            return _one_line(str(error)), _offending_op(error)


def _explained(message: str) -> str:
    """Add the nearest known name to a message about an unknown one."""
    unknown = _UNKNOWN.match(message)
    if unknown is None:
        return _REPLACED.get(message, message)
    near = get_close_matches(unknown["name"], _operations(), 1)
    hint = f"did you mean {near[0]}?" if near else "see docs/dialects for what there is"
    return f"{message}; {hint}"


def _operations() -> list[str]:
    """Names of the operations that programs are made of."""
    from xdsl.universe import XDSL_UNIVERSE

    from spatial_opt.tools.universe import SPATIAL_UNIVERSE

    ours = [factory() for factory in SPATIAL_UNIVERSE.all_dialects.values()]
    theirs = [XDSL_UNIVERSE.all_dialects[name]() for name in ("builtin", "func", "arith")]
    return [op.name for dialect in (*ours, *theirs) for op in dialect.operations]


def _remedy(error: OSError) -> str:
    """Tell what to do about a path; empty if there is nothing to say."""
    if not isinstance(error.filename, str):
        return ""
    path = Path(error.filename)
    match error.errno:
        case errno.ENOENT if not path.parent.is_dir():
            return f"; there is no folder {path.parent}, make it or correct the path"
        case errno.ENOENT:
            near = get_close_matches(path.name, [other.name for other in path.parent.iterdir()], 1)
            return f"; did you mean {path.with_name(near[0])}?" if near else "; correct the path"
        case errno.EISDIR:
            return "; name a file in it"
        case errno.ENOTDIR | errno.EEXIST:
            parts = (path, *path.parents)
            file = next((p for p in parts if p.exists() and not p.is_dir()), path)
            return f"; {file} is no folder, choose another path"
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return "; choose a path that you may use"
        case _:
            return ""


def _one_line(text: str) -> str:
    joined = " ".join(text.split())
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in joined)


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
