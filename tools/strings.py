"""Find a string that is not closed, on which xDSL's lexer would spend exponential time."""

import re

from xdsl.utils.exceptions import ParseError
from xdsl.utils.lexer import Input, Span

_COMMENT_OR_STRING = re.compile(
    r"//[^\n]*"
    r'|"(?:[^"\\\n\v\f]|\\(?:["nt\\]|[0-9A-Fa-f]{2}))*"'
    r'|(?P<unclosed>")'
)
"""The lexer's own pattern of a string, but with only one way to match each character: its nested
repetition, `(?:[^"]+|...)*`, tries 2**n ways to split n characters before it gives up."""


def check_strings(text: str, name: str) -> None:
    """Raise `ParseError` at the first string of a text that does not end on its line."""
    for found in _COMMENT_OR_STRING.finditer(text):
        if found["unclosed"]:
            span = Span(found.start(), found.end(), Input(text, name))
            raise ParseError(
                span, "this string is not closed on its line, or has an unknown escape"
            )
