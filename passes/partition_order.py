"""Which processes of a configuration need which others first: whether two may fire as one."""

from __future__ import annotations

from collections.abc import Iterator

from xdsl.dialects.builtin import IntegerAttr

from spatial_opt.dialects.spatial import ConfigOp, LinkOp, Port, Process, links, processes
from spatial_opt.passes.solvers.recurrence import closing

_Window = tuple[int, int, int]
"""lo and hi, and the tokens after which it comes round."""


class Order:
    """
    What each process waits for within one turn of the loops.

    Processes are bits of a number. `streams` are those whose tokens reach a process one by one,
    directly or through others; `barriers` those that have to fire many times before something
    reaches it: there is a token link between, a sum, or anything else that changes the rate.
    """

    def __init__(self, config: ConfigOp) -> None:
        self.steps = processes(config)
        self.index = {step.name: number for number, step in enumerate(self.steps)}
        ports = {
            (step.unit.sym_name.data, port.name): (number, port)
            for number, step in enumerate(self.steps)
            for port in step.ports
        }
        joined = list(links(config))
        arcs = [(ports[link.source][0], ports[link.target][0]) for link in joined]
        slow = [any(p.period > 1 for p in step.ports if p.kind == "data") for step in self.steps]
        waits = [
            link.kind.data == "token" or slow[destination]
            for link, (_, destination) in zip(joined, arcs, strict=True)
        ]
        starts = [link.init.value.data > 0 for link in joined]
        turns = list(_turns(self.steps))
        ends = closing(len(self.steps), [*arcs, *turns], [*starts, *[False] * len(turns)])
        self.arcs = [
            (source, destination, wait)
            for (source, destination), wait, end in zip(
                [*arcs, *turns], [*waits, *[True] * len(turns)], ends, strict=True
            )
            if not end
        ]
        self.windows: dict[int, list[_Window]] = {}
        """Windows of the links into each process."""
        self.rounds: dict[tuple[str, str], list[int]] = {}
        """Sources of the links into a port, where one must wait for many tokens of another."""
        for link, (_, destination) in zip(joined, arcs, strict=True):
            if link.span is not None:
                window = _window(link, ports[link.target][1])
                self.windows.setdefault(destination, []).append(window)
                if window[1] - window[0] > link.depth.value.data:
                    self.rounds[link.target] = []
        for link, (source, _) in zip(joined, arcs, strict=True):
            if link.target in self.rounds:
                self.rounds[link.target].append(source)
        self.member = list(range(len(self.steps)))
        """The process that each has been merged with; itself for most."""
        self._propagate()

    def merge(self, one: int, other: int) -> None:
        """Take two processes as one from now on."""
        kept, gone = self.member[one], self.member[other]
        self.member = [kept if member == gone else member for member in self.member]
        self._propagate()

    def conflict(self, one: int, other: int) -> str | None:
        """Why two processes must not fire as one; None if they may."""
        names = f"@{self.steps[one].name}", f"@{self.steps[other].name}"
        if sorted(self.windows.get(one, ())) != sorted(self.windows.get(other, ())):
            return f"{names[0]} and {names[1]} take tokens in different turns"
        one, other = self.member[one], self.member[other]
        if self._before(one, other) or self._before(other, one):
            return f"one of {names[0]} and {names[1]} needs results of the other"
        for early, late in ((one, other), (other, one)):
            held = self.streams[early] & self.barriers[late]
            if held:
                # While the late one waits, the other's tokens fill their queue.
                by = self.steps[held.bit_length() - 1].name
                return f"one of {names[0]} and {names[1]} takes what @{by} sends, the other waits"
        for step, (streams, barriers) in enumerate(zip(self.streams, self.barriers, strict=True)):
            if (streams >> one & barriers >> other | streams >> other & barriers >> one) & 1:
                by = self.steps[step].name
                return f"@{by} waits for one of {names[0]} and {names[1]}, and takes of the other"
        for port, sources in self.rounds.items():
            fed = [{s for s in sources if self._leads(step, s)} for step in (one, other)]
            if fed[0] and fed[1] and len(fed[0] | fed[1]) > 1:
                return f"{names[0]} and {names[1]} feed @{port[0]} in turns longer than its queue"
        return None

    def _before(self, one: int, other: int) -> bool:
        """Whether a process needs another's results."""
        return bool((self.streams[other] | self.barriers[other]) >> one & 1)

    def _leads(self, one: int, other: int) -> bool:
        """Whether a process is another or comes before it."""
        other = self.member[other]
        return one == other or self._before(one, other)

    def _propagate(self) -> None:
        """Collect what each process waits for; the order of the arcs is that of all paths."""
        count, member = len(self.steps), self.member
        after: list[list[tuple[int, bool]]] = [[] for _ in range(count)]
        open_inputs = [0] * count
        for source, destination, wait in self.arcs:
            after[member[source]].append((member[destination], wait))
            open_inputs[member[destination]] += 1
        self.streams = [0] * count
        self.barriers = [0] * count
        ready = [step for step in range(count) if not open_inputs[step]]
        for step in ready:
            through = self.streams[step] | 1 << step
            for following, wait in after[step]:
                if wait:
                    self.barriers[following] |= through | self.barriers[step]
                else:
                    self.streams[following] |= through
                    self.barriers[following] |= self.barriers[step]
                open_inputs[following] -= 1
                if not open_inputs[following]:
                    ready.append(following)
        if len(ready) != count:
            raise RuntimeError("merged compute units wait for each other; this is a bug")


def _turns(steps: list[Process]) -> Iterator[tuple[int, int]]:
    """Streams that take turns at a port of a memory wait for the one before."""
    last: dict[tuple[str, str, int], int] = {}
    for number, step in enumerate(steps):
        if step.kind in ("read", "gather", "write"):
            port = step.op.properties.get("port")
            number_of_port = port.value.data if isinstance(port, IntegerAttr) else 0
            key = step.unit.sym_name.data, "in" if step.kind == "write" else "out", number_of_port
            if key in last:
                yield last[key], number
            last[key] = number


def _window(link: LinkOp, port: Port) -> _Window:
    low, high = link.span or (0, 0)
    return low, high, link.period(port.tokens_per_activation)
