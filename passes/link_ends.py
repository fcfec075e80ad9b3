"""Links by the ports they join, kept up to date while units are cut."""

from collections.abc import Mapping, Sequence

from xdsl.dialects.builtin import ArrayAttr, StringAttr, SymbolRefAttr

from spatial_opt.dialects.spatial import ConfigOp, LinkOp, PcuOp, PmuOp, Unit, links

End = tuple[str, str]
"""Unit and port."""


class LinkEnds:
    """The links of a configuration, by the port they leave and the port they go to."""

    def __init__(self, config: ConfigOp) -> None:
        self.config = config
        self.to: dict[End, list[LinkOp]] = {}
        self.out_of: dict[End, list[LinkOp]] = {}
        for link in links(config):
            self.to.setdefault(link.target, []).append(link)
            self.out_of.setdefault(link.source, []).append(link)

    def move_target(self, end: End, units: Sequence[str]) -> None:
        """Feed the port of the same name of each of `units` by what fed `end`."""
        for link in self.to.pop(end, []):
            for copy, unit in zip(self._copies(link, len(units)), units, strict=True):
                copy.dst = SymbolRefAttr(unit, [end[1]])
                self.to.setdefault(copy.target, []).append(copy)
                if copy is not link:
                    self.out_of.setdefault(copy.source, []).append(copy)

    def move_source(self, end: End, unit: str, port: str | None = None) -> None:
        """Take what `end` sent from a port (None: the one of the same name) of `unit`."""
        for link in self.out_of.pop(end, []):
            link.set_route(None)
            link.src = SymbolRefAttr(unit, [end[1] if port is None else port])
            self.out_of.setdefault(link.source, []).append(link)

    def split_source(
        self,
        end: End,
        sources: Sequence[End],
        windows: Sequence[tuple[int, int]],
        of: int | None = None,
    ) -> None:
        """
        Take what `end` sent from the ports `sources`, one after another.

        `windows` are the tokens that each sends of every `of` (None: of an activation), from 0. A
        link that has a window already gets parts of it: then `of` are the tokens it carries each
        time its window comes round.
        """
        for link in self.out_of.pop(end, []):
            start = 0
            period = of
            if link.span is not None:
                start = link.span[0]
                period = None if link.window_of is None else link.window_of.value.data
            copies = self._copies(link, len(sources))
            for copy, (unit, port), (low, high) in zip(copies, sources, windows, strict=True):
                copy.src = SymbolRefAttr(unit, [port])
                copy.set_window((start + low, start + high), period)
                self.out_of.setdefault(copy.source, []).append(copy)
                if copy is not link:
                    self.to.setdefault(copy.target, []).append(copy)

    def join_tokens(self, end: End, units: Sequence[str], found: Mapping[str, Unit]) -> None:
        """Let who waited for a token of `end` wait for one of each of `units` (found by name)."""
        for link in self.out_of.pop(end, []):
            unit, port = link.target
            ports = [port, *(f"{port}.{name}" for name in units[1:])]
            _wait_for(found[unit], port, ports)
            for copy, source, name in zip(
                self._copies(link, len(units)), units, ports, strict=True
            ):
                copy.src, copy.dst = SymbolRefAttr(source, [end[1]]), SymbolRefAttr(unit, [name])
                self.out_of.setdefault(copy.source, []).append(copy)
                if copy is not link:
                    self.to.setdefault(copy.target, []).append(copy)

    def copy_inside(self, unit: str, units: Sequence[str]) -> None:
        """Give each of `units` its own copy of the links from `unit` to itself."""
        for end in [end for end in self.out_of if end[0] == unit]:
            inner = [link for link in self.out_of[end] if link.target[0] == unit]
            self.out_of[end] = [link for link in self.out_of[end] if link.target[0] != unit]
            for link in inner:
                self.to[link.target].remove(link)
                for copy, name in zip(self._copies(link, len(units)), units, strict=True):
                    copy.src = SymbolRefAttr(name, [copy.source[1]])
                    copy.dst = SymbolRefAttr(name, [copy.target[1]])
                    self.out_of.setdefault(copy.source, []).append(copy)
                    self.to.setdefault(copy.target, []).append(copy)

    def join(
        self,
        source: End,
        target: End,
        kind: str,
        depth: int,
        window: tuple[int, int] | None = None,
        of: int | None = None,
    ) -> None:
        """Add a link at the end of the configuration, of the kind of those from there already."""
        for other in self.out_of.get(source, ()):
            kind = other.kind.data
        link = LinkOp(source, target, kind, depth, window=window, window_of=of)
        self.config.body.block.add_op(link)
        self.out_of.setdefault(source, []).append(link)
        self.to.setdefault(target, []).append(link)

    def _copies(self, link: LinkOp, number: int) -> list[LinkOp]:
        """The link and copies of it behind it, without a route."""
        link.set_route(None)
        copies = [link.clone_without_regions() for _ in range(number - 1)]
        if link.parent is not None and copies:
            link.parent.insert_ops_after(copies, link)
        return [link, *copies]


def _wait_for(unit: Unit, port: str, ports: Sequence[str]) -> None:
    """Let the process of a unit that waits for tokens at a port wait at several."""
    processes = unit.streams if isinstance(unit, PmuOp) else [unit]
    for process in processes:
        if isinstance(process, PcuOp):
            continue
        names = [wait.data for wait in process.waits]
        if port in names:
            place = names.index(port)
            process.waits = ArrayAttr(
                [StringAttr(name) for name in (*names[:place], *ports, *names[place + 1 :])]
            )
            return
    raise RuntimeError(f"@{unit.sym_name.data} waits for nothing at @{port}; this is a bug")
