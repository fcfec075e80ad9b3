"""The links of a configuration, between the ports of its units."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import (
    I64,
    DenseArrayBase,
    IntegerAttr,
    StringAttr,
    SymbolRefAttr,
)
from xdsl.ir import Attribute
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    opt_prop_def,
    prop_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

from spatial_opt.dialects.spatial_structure import verify_inside_config
from spatial_opt.dialects.spatial_syntax import (
    int_property,
    ints,
    parse_extra_attributes,
    parse_int_tuple,
    print_extra_attributes,
    print_int_tuple,
)

LINK_KINDS = ("vector", "scalar", "token")
_KINDS = {kind: StringAttr(kind) for kind in LINK_KINDS}


@irdl_op_definition
class LinkOp(IRDLOperation):
    """
    Carry tokens from an output port to an input port, in order.

    One output port may drive several links, and each gets every token. An input port has one
    link, or several with disjoint windows, which feed it one after another: `window (lo, hi)`
    carries the tokens number lo to hi-1 of each activation of the destination, and
    `window (lo, hi) of n` those of every n tokens that the port takes. `init` tokens are there
    before the first cycle. Only the last of every `every` tokens sent is passed on, and each token
    that arrives is consumed `hold` times over (once at the first of `hold` activations).

    ```mlir
    spatial.link @x::@out to @dot::@v : scalar depth 16 window (0, 3) of 5
    spatial.link @h::@out to @dot::@v : scalar depth 16 window (3, 5) of 5
    ```
    """

    name = "spatial.link"

    src = prop_def(SymbolRefAttr)
    dst = prop_def(SymbolRefAttr)
    kind = prop_def(StringAttr)
    """Network that carries it: "vector", "scalar" or "token"."""
    depth = prop_def(IntegerAttr[I64])
    """Tokens that the FIFO at the destination holds, at least 1."""
    init = prop_def(IntegerAttr[I64], default_value=int_property(0))
    every = prop_def(IntegerAttr[I64], default_value=int_property(1))
    hold = prop_def(IntegerAttr[I64], default_value=int_property(1))
    window = opt_prop_def(DenseArrayBase[I64])
    """lo, hi: which tokens of the destination it carries."""
    window_of = opt_prop_def(IntegerAttr[I64])
    """Tokens after which the windows come round; absent: those of an activation."""
    route = opt_prop_def(DenseArrayBase[I64])
    """(row, column) of each switch on the way, flattened, once routed."""

    def __init__(
        self,
        src: tuple[str, str] | SymbolRefAttr,
        dst: tuple[str, str] | SymbolRefAttr,
        kind: str,
        depth: int,
        init: int = 0,
        every: int = 1,
        hold: int = 1,
        window: tuple[int, int] | None = None,
        window_of: int | None = None,
        route: Sequence[tuple[int, int]] | None = None,
    ):
        super().__init__(
            properties={
                "src": src if isinstance(src, SymbolRefAttr) else SymbolRefAttr(src[0], [src[1]]),
                "dst": dst if isinstance(dst, SymbolRefAttr) else SymbolRefAttr(dst[0], [dst[1]]),
                "kind": _KINDS.get(kind) or StringAttr(kind),
                "depth": int_property(depth),
                "init": int_property(init),
                "every": int_property(every),
                "hold": int_property(hold),
                "window": None if window is None else ints(window),
                "window_of": None if window_of is None else int_property(window_of),
                "route": None if route is None else _flat(route),
            }
        )

    @property
    def source(self) -> tuple[str, str]:
        """(unit, port) the tokens come from."""
        return _end(self.src)

    @property
    def target(self) -> tuple[str, str]:
        """(unit, port) the tokens go to."""
        return _end(self.dst)

    @property
    def via(self) -> list[tuple[int, int]] | None:
        """(row, column) of each switch on the route; None before routing."""
        if self.route is None:
            return None
        values = self.route.get_values()
        return list(zip(values[::2], values[1::2], strict=True))

    def set_route(self, route: Sequence[tuple[int, int]] | None) -> None:
        """Set or (None) take away the route."""
        if route is None:
            self.properties.pop("route", None)
        else:
            self.route = _flat(route)

    @property
    def span(self) -> tuple[int, int] | None:
        """(lo, hi) of the window; None without one."""
        if self.window is None:
            return None
        low, high = self.window.get_values()
        return low, high

    def tokens_brought(self, taken: int) -> int:
        """Tokens of the `taken` ones of an activation of the destination that this link brings."""
        if self.span is None:
            return taken
        low, high = self.span
        return (high - low) * (taken // self.period(taken))

    def period(self, taken: int) -> int:
        """Tokens after which its window comes round, where an activation takes `taken`."""
        return taken if self.window_of is None else self.window_of.value.data

    def set_window(self, window: tuple[int, int], of: int | None = None) -> None:
        """Feed only the tokens lo to hi-1 of every `of` (None: each activation) of the port."""
        self.window = ints(window)
        self.window_of = None if of is None else int_property(of)

    @classmethod
    def parse(cls, parser: Parser) -> LinkOp:
        properties: dict[str, Attribute] = {"src": _parse_end(parser)}
        parser.parse_keyword("to")
        properties["dst"] = _parse_end(parser)
        parser.parse_punctuation(":")
        properties["kind"] = StringAttr(parser.parse_keyword_in(LINK_KINDS))
        parser.parse_keyword("depth")
        properties["depth"] = int_property(parser.parse_integer(allow_boolean=False))
        for field in ("init", "every", "hold"):
            if parser.parse_optional_keyword(field) is not None:
                properties[field] = int_property(parser.parse_integer(allow_boolean=False))
        if parser.parse_optional_keyword("window") is not None:
            properties["window"] = ints(parse_int_tuple(parser))
            if parser.parse_optional_keyword("of") is not None:
                properties["window_of"] = int_property(parser.parse_integer(allow_boolean=False))
        if parser.parse_optional_keyword("via") is not None:
            switches = parser.parse_comma_separated_list(
                parser.Delimiter.SQUARE, lambda: parse_int_tuple(parser)
            )
            properties["route"] = ints([number for switch in switches for number in switch])
        return cls.create(properties=properties, attributes=parse_extra_attributes(parser))

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_attribute(self.src)
        printer.print_string(" to ")
        printer.print_attribute(self.dst)
        printer.print_string(f" : {self.kind.data} depth {self.depth.value.data}")
        for field, default in (("init", 0), ("every", 1), ("hold", 1)):
            value = self.properties.get(field)
            if isinstance(value, IntegerAttr) and value.value.data != default:
                printer.print_string(f" {field} {value.value.data}")
        if self.window is not None:
            printer.print_string(" window ")
            print_int_tuple(printer, self.window.get_values())
        if self.window_of is not None:
            printer.print_string(f" of {self.window_of.value.data}")
        via = self.via
        if via is not None:
            printer.print_string(f" via [{', '.join(f'({row}, {column})' for row, column in via)}]")
        print_extra_attributes(printer, self)

    def verify_(self) -> None:
        verify_inside_config(self)
        for end in (self.src, self.dst):
            if len(end.nested_references) != 1:
                raise VerifyException(f"a link joins ports, @unit::@port, got {end}")
        if self.kind.data not in LINK_KINDS:
            raise VerifyException(
                f'a link is "vector", "scalar" or "token", got "{self.kind.data}"'
            )
        for field, least in (("depth", 1), ("init", 0), ("every", 1), ("hold", 1)):
            value = self.properties.get(field)
            if isinstance(value, IntegerAttr) and value.value.data < least:
                raise VerifyException(f"{field} must be {least} or more, got {value.value.data}")
        if self.window is not None:
            window = self.window.get_values()
            if len(window) != 2 or not 0 <= window[0] < window[1]:
                raise VerifyException(
                    f"a window is (lo, hi) with 0 <= lo < hi, got {tuple(window)}"
                )
        self._verify_period()
        if self.route is not None and (not len(self.route) or len(self.route) % 2):
            raise VerifyException(
                f"a route is one or more (row, column), got {len(self.route)} numbers"
            )

    def _verify_period(self) -> None:
        if self.window_of is None:
            return
        period = self.window_of.value.data
        if self.window is None:
            raise VerifyException(f"of {period} belongs to a window, and there is none")
        high = self.window.get_values()[1]
        if high > period:
            raise VerifyException(
                f"a window (lo, hi) of n has hi <= n, got {tuple(self.window.get_values())} "
                f"of {period}"
            )
        if self.hold.value.data > 1:
            raise VerifyException(
                "a window that comes round within an activation holds no tokens, got "
                f"of {period} with hold {self.hold.value.data}"
            )


def _flat(route: Sequence[tuple[int, int]]) -> DenseArrayBase[I64]:
    return ints([number for switch in route for number in switch])


def _end(ref: SymbolRefAttr) -> tuple[str, str]:
    nested = ref.nested_references.data
    return ref.root_reference.data, nested[0].data if nested else ""


def _parse_end(parser: Parser) -> SymbolRefAttr:
    position = parser.pos
    end = parser.parse_attribute()
    if not isinstance(end, SymbolRefAttr) or len(end.nested_references) != 1:
        parser.raise_error("expected a port, @unit::@port", position, parser.pos)
    return end
