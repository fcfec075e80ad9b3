"""
What the lowering decides, before it is written as IR: units, streams, links.

Everything is named by (unit, port). A unit stands in a block: the top level or one loop; a
stream's address is over the counters it can see, the loop's counter first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import Literal, TypeAlias

from xdsl.ir import Attribute, Block
from xdsl.ir.affine import AffineExpr

from spatial_opt.dialects.spatial import InitAttr
from spatial_opt.lowering.spatial.program import ProgramBlock
from spatial_opt.machine.banks import Banking

Port = tuple[str, str]
"""Unit and port."""

Turn = tuple[int, int, int]
"""First token, the one after the last, and the tokens after which it comes round."""

Feed = tuple[tuple[Port, Turn | None], ...]
"""Ports that together feed one input: one, or several in turns."""


@dataclass(eq=False)
class StreamPlan:
    """A run of addresses of one memory, or of DRAM."""

    kind: Literal["read", "write", "gather"]
    name: str
    bounds: tuple[int, ...]
    address: tuple[AffineExpr, ...]
    element: Attribute
    width: int | None
    """Elements per token (of one port); None for a scalar."""
    ports: tuple[str, ...] = ()
    """Data ports of a read or a write, index port of a gather."""
    apart: int | None = None
    """Elements from one port's token to the next one's, where there are some between them."""
    names: tuple[str, ...] | None = None
    """Names of the counters, for the reader."""
    clip: bool = False
    padded: bool = False
    when: Literal["before", "after"] | None = None
    """Runs once, before or after the iterations of the loop that its memory stands in."""
    sequenced: bool = False
    """Whether a read runs when its kernel's turn has come, not just when its memory is filled."""
    waits: list[str] = field(default_factory=list[str])
    signals: list[str] = field(default_factory=list[str])


@dataclass(eq=False)
class MemoryPlan:
    """One memory unit (before it is split by capacity)."""

    name: str
    block: ProgramBlock
    held: tuple[int, ...]
    element: Attribute
    init: InitAttr
    mutable: bool
    duplicated: bool = False
    original: MemoryPlan | None = None
    """The memory that it holds the same as."""
    carried: bool = False
    """Whether what a step writes is read by the next one."""
    buffers: int = 1
    """Versions of the value that it holds; with several, the first dimension counts them."""
    banking: Banking | None = None
    """Its banks, where they are declared."""
    streams: list[StreamPlan] = field(default_factory=list[StreamPlan])
    readers: set[str] = field(default_factory=set[str])
    """Kernels that read it: each may have one stream, since streams take turns on the port."""

    def bank(self, declared: tuple[Banking, bool] | None) -> None:
        """Take over declared banks, and whether each of them holds everything."""
        if declared is not None:
            self.banking, self.duplicated = declared

    @property
    def writer(self) -> StreamPlan:
        """The one write stream, beside one that writes first contents."""
        return next(s for s in self.streams if s.kind == "write" and s.when is None)

    @property
    def is_read_once(self) -> bool:
        """Whether streams that read it in each iteration take every element once."""
        size = prod(self.held) // self.buffers
        return all(
            prod(stream.bounds) * len(stream.ports) * (stream.width or 1) < 2 * size
            for stream in self.streams
            if stream.kind == "read" and stream.when is None
        )

    def outputs(self, width: int | None) -> int:
        """Count the ports on which it sends tokens of the kind of that width."""
        return sum(
            len(stream.ports)
            for stream in self.streams
            if stream.kind == "read" and (stream.width is None) == (width is None)
        )


@dataclass(eq=False)
class ComputePlan:
    """One compute unit of unlimited size."""

    name: str
    block: ProgramBlock
    bounds: tuple[int, ...]
    body: Block
    queue: int | None = None
    """Places of the queues behind it, where they are declared."""


@dataclass(eq=False)
class AgPlan:
    """An address generator and the DRAM buffer it reads or writes."""

    name: str
    block: ProgramBlock
    direction: Literal["loads", "stores"]
    buffer: str
    bounds: tuple[int, ...]
    address: tuple[AffineExpr, ...]
    element: Attribute
    width: int | None
    names: tuple[str, ...] | None = None


@dataclass(eq=False)
class ControllerPlan:
    """A join and fork of tokens; with a loop, the loop itself."""

    name: str
    block: ProgramBlock
    loop: ProgramBlock | None = None
    waits: list[str] = field(default_factory=list[str])
    signals: list[str] = field(default_factory=list[str])


@dataclass(frozen=True)
class LinkPlan:
    """A connection from an output port to an input port."""

    src: Port
    dst: Port
    kind: Literal["vector", "scalar", "token"]
    init: int = 0
    every: int = 1
    hold: int = 1
    turn: Turn | None = None


UnitPlan: TypeAlias = MemoryPlan | ComputePlan | AgPlan | ControllerPlan


@dataclass(eq=False)
class Plan:
    """All units in program order, and all links."""

    units: list[UnitPlan] = field(default_factory=lambda: list[UnitPlan]())
    links: list[LinkPlan] = field(default_factory=list[LinkPlan])
    names: set[str] = field(default_factory=set[str])

    def unique(self, wanted: str) -> str:
        """Reserve a unit name, numbered where it is taken."""
        name, number = wanted, 1
        while name in self.names:
            name, number = f"{wanted}_{number}", number + 1
        self.names.add(name)
        return name

    def connect(self, feed: Feed, dst: Port, kind: Literal["vector", "scalar"]) -> None:
        """Link the ports of a feed to an input."""
        for src, turn in feed:
            self.links.append(LinkPlan(src, dst, kind, turn=turn))

    @staticmethod
    def kind(width: int | None) -> Literal["vector", "scalar"]:
        """Give the kind of link that carries tokens of a width."""
        return "scalar" if width is None else "vector"

    def token(self, src: Port, dst: Port, init: int = 0, every: int = 1, hold: int = 1) -> None:
        """Link two token ports."""
        self.links.append(LinkPlan(src, dst, "token", init, every, hold))
