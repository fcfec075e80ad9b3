"""
Floats in hexadecimal inside `dense<…>`, which xDSL prints as bits but reads as whole numbers.

It prints so what nine digits give without a point, such as 256925584.0, and infinities.
"""

import re
import struct

from xdsl.utils.exceptions import ParseError
from xdsl.utils.lexer import Input, Span

_DENSE = re.compile(
    r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|dense<([^<>"]*)>(\s*:\s*\w+<[^>]*?(f16|bf16|f32|f64)>)'
)
_HEX = re.compile(r"\b0[xX]([0-9A-Fa-f]+)\b")
_BYTES = {"f16": 2, "bf16": 2, "f32": 4, "f64": 8}


def decimal_floats(text: str, name: str) -> str:
    """Write the floats of dense constants in decimal; raises `ParseError` for those without."""

    def dense(found: re.Match[str]) -> str:
        elements, rest, kind = found.groups()
        if elements is None:
            return found[0]

        def decimal(digits: re.Match[str]) -> str:
            value = _value(digits[1], kind)
            if value is None or value != value:
                start = found.start(1) + digits.start()
                span = Span(start, start + len(digits[0]), Input(text, name))
                raise ParseError(
                    span, f"{digits[0]} is no number in {kind} that a dense constant can hold"
                )
            # A literal this large is read as infinity.
            literal = f"{value:.17e}" if abs(value) != float("inf") else "1.0e999"
            return f"-{literal}" if value == -float("inf") else literal

        return f"dense<{_HEX.sub(decimal, elements)}>{rest}"

    return _DENSE.sub(dense, text) if "0x" in text or "0X" in text else text


def _value(digits: str, kind: str) -> float | None:
    """Give the float of a bit pattern, None where it has more bits than the type."""
    size, bits = _BYTES[kind], int(digits, 16)
    if bits >> 8 * size:
        return None
    if kind == "bf16":
        size, bits = 4, bits << 16
    code = {2: "<e", 4: "<f", 8: "<d"}[size]
    return struct.unpack(code, bits.to_bytes(size, "little"))[0]
