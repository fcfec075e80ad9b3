"""The order in which links with windows feed one port."""

from collections.abc import Sequence
from dataclasses import dataclass

from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.order import Edge


@dataclass(frozen=True)
class Turns:
    """The links of a port in the order of their windows, which come round `rounds` times."""

    links: tuple[tuple[Edge, int, int], ...]
    """A link, its first token of a round and the one past its last."""
    period: int
    """Tokens of a round."""
    rounds: int

    @property
    def sizes(self) -> tuple[int, ...]:
        """Tokens of each link in a round."""
        return tuple(high - low for _, low, high in self.links)


def in_order(edges: Sequence[Edge], port: str, tokens: int) -> Turns:
    """
    List the links of a port in the order of their windows.

    Raises `SpatialError` if they don't cover the port's tokens once.
    """
    found: list[tuple[Edge, int, int]] = []
    covered = period = 0
    for edge in sorted(edges, key=_window_start):
        span = None if edge.link is None else edge.link.span
        if edge.link is None or span is None or span[0] != covered:
            raise SpatialError(
                f"the windows of port {port} must cover its {tokens} tokens once, one after another"
            )
        low, covered = span
        period = period or edge.link.period(tokens)
        if edge.link.period(tokens) != period or tokens % period:
            raise SpatialError(
                f"the windows of port {port} must come round together, and divide its {tokens} "
                "tokens"
            )
        found.append((edge, low, covered))
    if covered != period:
        raise SpatialError(f"the windows of port {port} cover {covered} of its {period} tokens")
    return Turns(tuple(found), period, tokens // period)


def _window_start(edge: Edge) -> int:
    span = None if edge.link is None else edge.link.span
    return 0 if span is None else span[0]
