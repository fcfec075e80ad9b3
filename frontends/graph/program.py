"""What a front end makes: IR with its parameters, and names as the IR has them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, ModuleOp, StringAttr

from spatial_opt.dialects.signature import NAME
from spatial_opt.frontends.graph.tensor import Array


@dataclass(frozen=True)
class Program:
    """A network as IR, with its parameters as arrays by name."""

    module: ModuleOp
    parameters: Mapping[str, Array]
    notes: Sequence[str] = ()
    """What a user should know about how it was read."""


def identifier(name: str) -> str | None:
    """Return a name as the text of IR may have it, None if nothing is left of it."""
    plain = re.sub(r"[^A-Za-z0-9_.$-]+", "_", name).strip("_.$-")
    if not plain:
        return None
    # A number alone would be taken for the counter that tells equal names apart.
    return plain if plain[0].isalpha() else f"v{plain}"


def named(names: Sequence[str]) -> ArrayAttr[DictionaryAttr]:
    """Return the attributes that give arguments or results their names outside."""
    return ArrayAttr(DictionaryAttr({NAME: StringAttr(name)}) for name in names)
