"""
Constants that stand behind the module: `dense_resource<key>`, and bytes by key in the metadata.

MLIR prints the weights of PyTorch so. xDSL keeps such bytes outside of the module; here they are
put where they are used.
"""

from __future__ import annotations

import re

_METADATA = re.compile(r"\{-#(.*?)#-\}", re.DOTALL)
_ENTRY = re.compile(r'("(?:[^"\\]|\\.)*"|[\w.$-]+)\s*:\s*"0x([0-9A-Fa-f]*)"')
_USE = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|\bdense_resource<([^<>"]+|"(?:[^"\\]|\\.)*")>')
_ALIGNMENT = 8
"""Hexadecimal digits in front of the bytes, which say how they are aligned."""


def inline_resources(text: str) -> str:
    """
    Write resources as `dense<"0x…">` where they are used, and leave the metadata out.

    A resource without bytes stays as it is. Lines keep their numbers.
    """
    metadata = _METADATA.search(text) if "{-#" in text else None
    if metadata is None:
        return text
    found = {key.strip('"'): digits[_ALIGNMENT:] for key, digits in _ENTRY.findall(metadata[1])}

    def use(match: re.Match[str]) -> str:
        key = match[1]
        digits = None if key is None else found.get(key.strip('"'))
        return match[0] if digits is None else f'dense<"0x{digits}">'

    before, behind = text[: metadata.start()], text[metadata.end() :]
    return _USE.sub(use, before) + "\n" * metadata[0].count("\n") + behind
