"""Pieces of text that the streams of a memory share: their ports, and when they run."""

from __future__ import annotations

from xdsl.dialects.builtin import ArrayAttr, IntegerAttr, StringAttr
from xdsl.ir import Attribute
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

from spatial_opt.dialects.spatial_syntax import int_property, parse_names, print_names

BEFORE, AFTER = "before", "after"
WHEN = (BEFORE, AFTER)


def parse_when(parser: Parser, properties: dict[str, Attribute]) -> bool:
    """Optional `before` or `after`; gives whether there is one."""
    for when in WHEN:
        if parser.parse_optional_keyword(when) is not None:
            properties["when"] = StringAttr(when)
            return True
    return False


def print_when(printer: Printer, when: StringAttr | None) -> None:
    """Optional ` before` or ` after`."""
    if when is not None:
        printer.print_string(f" {when.data}")


def parse_ports(parser: Parser, properties: dict[str, Attribute]) -> None:
    """Optional `ports ["a", "b"]`, then optional `apart 3`."""
    parse_names(parser, "ports", properties)
    if parser.parse_optional_keyword("apart") is not None:
        properties["apart"] = int_property(parser.parse_integer(allow_boolean=False))


def print_ports(
    printer: Printer, ports: ArrayAttr[StringAttr] | None, apart: IntegerAttr | None
) -> None:
    """Optional ` ports ["a", "b"]`, then optional ` apart 3`."""
    if ports is not None:
        print_names(printer, "ports", ports)
    if apart is not None:
        printer.print_string(f" apart {apart.value.data}")


def verify_apart(apart: IntegerAttr | None, width: int) -> None:
    """Tokens of several ports do not overlap."""
    if apart is not None and apart.value.data < width:
        raise VerifyException(
            f"tokens of {width} elements are {width} or more apart, got apart {apart.value.data}"
        )


def verify_when(when: StringAttr | None, stream: str, counters: int) -> None:
    """What runs before or after the iterations of a controller stands in one that counts some."""
    if when is None:
        return
    if when.data not in WHEN:
        raise VerifyException(f'@{stream} runs "before" or "after", got "{when.data}"')
    if not counters:
        raise VerifyException(
            f"@{stream} runs {when.data} the iterations of the innermost controller, and there is "
            "none with a counter around it"
        )
