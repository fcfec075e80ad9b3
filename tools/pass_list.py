"""Small conveniences of our command line over xDSL's pass list syntax."""

import re

_WORDS = re.compile(
    r'"(?:\\.|[^"\\])*"'  # a string, left alone
    r"|\[[^\]]*\]"  # an mlir-opt pipeline, left alone
    r"|(?<![\w.])(?P<word>(?:[A-Za-z_/~]|\.{1,2}/)[\w./~-]*)"
)


def quote_words(passes: str) -> str:
    """
    Put words with dots or slashes in quotes, which xDSL's pass lists ask for.

    `set-target{name=my/machine.toml relax=pmu.banks}` then works unquoted.
    """

    def quote(match: re.Match[str]) -> str:
        word = match["word"]
        return f'"{word}"' if word and ("." in word or "/" in word) else match[0]

    return _WORDS.sub(quote, passes)
