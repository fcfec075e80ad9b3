"""What went wrong with a node, as the end of a sentence that names it."""

from __future__ import annotations

from xdsl.utils.exceptions import VerifyException


def sentence_of(error: Exception) -> str:
    """Return what an error says on one line, and a remedy where it has none itself."""
    if isinstance(error, MemoryError):
        return "it takes more memory than this computer gives; choose smaller dimensions"
    text = " ".join(str(error).split())
    # A rule of an operation, which says what holds and what was found.
    return f"{text}; correct the network" if isinstance(error, VerifyException) else text
