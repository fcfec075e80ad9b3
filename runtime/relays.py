"""
Links without the units that only pass tokens on.

A compute unit that sends each token it receives joins links on their way to one reader. What
follows values, not times, sees the reader fed by who made the tokens.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from spatial_opt.dialects.spatial import ConfigOp, LinkOp, PcuOp, ReceiveOp, SendOp, StageOp, links
from spatial_opt.dialects.spatial_ports import Port, Process
from spatial_opt.runtime.order import Edge, Structure, is_plain, link_name

End = tuple[str, str]
"""Unit and port."""


@dataclass
class DirectLinks:
    """The links of a configuration, past the units that only pass tokens on."""

    links: list[LinkOp]
    relays: set[str] = field(default_factory=set[str])
    """Names of the units that no link goes to or comes from any more."""


def direct_links(config: ConfigOp, table: dict[End, tuple[Process, Port]]) -> DirectLinks:
    """Replace the links into and out of relays by links past them; `table` is of all ports."""
    kept = dict.fromkeys(links(config))
    into: dict[str, dict[LinkOp, None]] = {}
    out_of: dict[str, dict[LinkOp, None]] = {}

    def put(link: LinkOp) -> None:
        kept[link] = None
        into.setdefault(link.target[0], {})[link] = None
        out_of.setdefault(link.source[0], {})[link] = None

    def drop(link: LinkOp) -> None:
        for joined in (kept, into[link.target[0]], out_of[link.source[0]]):
            del joined[link]

    for link in kept:
        put(link)
    found: set[str] = set()
    for process in {id(p): p for p, _ in table.values()}.values():
        if not isinstance(process.op, PcuOp) or not _passes_on(process.op):
            continue
        name = process.op.sym_name.data
        old = [*into.get(name, ())], [*out_of.get(name, ())]
        past = _past(process, *old, table)
        if past is not None:
            found.add(name)
            for link in (*old[0], *old[1]):
                drop(link)
            for link in past:
                put(link)
    return DirectLinks([*kept], found)


def without_relays(structure: Structure) -> Structure:
    """Give the processes that make or take values, and the edges between them."""
    direct = direct_links(structure.config, structure.ports)
    if not direct.relays:
        return structure
    given = {id(edge.link): edge for edge in structure.edges if edge.link is not None}
    edges = [edge for edge in structure.edges if edge.link is None]
    for link in direct.links:
        source, target = structure.ports[link.source][0], structure.ports[link.target][0]
        edge = given.get(id(link))
        edges.append(edge or Edge(link_name(link), source, target, 0, link))
    processes = [p for p in structure.processes if p.unit.sym_name.data not in direct.relays]
    ports = {end: found for end, found in structure.ports.items() if end[0] not in direct.relays}
    return Structure(structure.config, processes, edges, ports)


def _passes_on(op: PcuOp) -> bool:
    """Whether a unit sends what it receives in each firing, and nothing else."""
    ops = [each for each in op.body.block.ops if not isinstance(each, StageOp)]
    if len(ops) != 2:
        return False
    received, sent = ops
    return (
        isinstance(received, ReceiveOp)
        and isinstance(sent, SendOp)
        and sent.value is received.result
        and (received.per, received.once, sent.per, sent.once) == (None, None, None, None)
    )


def _past(
    relay: Process,
    into: list[LinkOp],
    out_of: list[LinkOp],
    table: dict[End, tuple[Process, Port]],
) -> list[LinkOp] | None:
    """Give the links past a relay, None where the turns of both sides do not fit together."""
    every = dict.fromkeys((*into, *out_of))
    plain = all(is_plain(link) for link in every)
    if not into or not out_of or not plain or len(every) < len(into) + len(out_of):
        return None
    ends = [table[end][0] for link in (*into, *out_of) for end in (link.source, link.target)]
    if any(end.controllers != relay.controllers for end in ends):
        return None
    # Tokens after which the links into the relay come round.
    turns = {link.period(relay.firings) for link in into}
    found: list[LinkOp] = []
    for link in out_of:
        taken = table[link.target][1].tokens_per_activation
        if relay.firings != link.tokens_brought(taken) or len(turns) > 1:
            return None
        if len(into) == 1:
            # All that it takes is of one source.
            period = None if link.window_of is None else link.window_of.value.data
            found.append(_between(into[0], link, link.span, period))
            continue
        (period,) = turns
        low, high = link.span or (0, period)
        if high - low != period:
            return None
        of = link.period(taken) if link.span is not None else period
        for feed in into:
            first, last = feed.span or (0, period)
            window = low + first, low + last
            found.append(_between(feed, link, window, None if of == taken else of))
    return found


def _between(feed: LinkOp, link: LinkOp, window: tuple[int, int] | None, of: int | None) -> LinkOp:
    """Give the link from where one comes from to where another goes."""
    kind, depth = link.kind.data, link.depth.value.data
    return LinkOp(feed.src, link.dst, kind, depth, window=window, window_of=of)
