"""
What the memories of a configuration hold: parameters, inputs, state, tables, results of kernels.

Two memories hold the same value if the same tokens are written to them. A value is *carried* if it
is read before it is written in an iteration of the controllers around it: what is read then is what
an earlier iteration left, or the initial contents.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from xdsl.dialects.builtin import IndexType

from spatial_opt.dialects.spatial import (
    InitAttr,
    InputInitAttr,
    PmuOp,
    ReadOp,
    TableInitAttr,
    element_type,
    parameter_parts,
)
from spatial_opt.dialects.spatial_ports import Process
from spatial_opt.runtime.token_origins import Origin, TokenOrigins
from spatial_opt.runtime.useful_elements import UsefulElements

Cause: TypeAlias = Literal[
    "weights", "inputs", "state", "intermediate", "results", "tables", "index", "copies"
]
CAUSES: tuple[Cause, ...] = (
    "weights",
    "inputs",
    "state",
    "intermediate",
    "results",
    "tables",
    "index",
    "copies",
)

FIRST: tuple[Cause, ...] = (
    "state",
    "inputs",
    "index",
    "intermediate",
    "results",
    "weights",
    "tables",
    "copies",
)
"""Which of several memories of a value counts as the one that holds it; the others are copies."""


@dataclass(eq=False)
class Memory:
    """A memory unit, its streams, and what it holds."""

    unit: PmuOp
    reads: list[Process] = field(default_factory=list[Process])
    """Reads and gathers."""
    writes: list[Process] = field(default_factory=list[Process])
    cause: Cause = "intermediate"
    holds: str = ""
    """A name: of the parameter, input or function, or of the first memory of the value."""

    @property
    def name(self) -> str:
        """Name of the unit."""
        return self.unit.sym_name.data


class HeldValues:
    """The memories of a configuration, and where their tokens come from and go to."""

    def __init__(self, elements: UsefulElements) -> None:
        self.elements = elements
        self.origins = TokenOrigins(elements)
        self._signals = _signals(elements)
        self.memories: dict[str, Memory] = {}
        for process in elements.processes:
            if isinstance(process.unit, PmuOp):
                name = process.unit.sym_name.data
                memory = self.memories.setdefault(name, Memory(process.unit))
                (memory.writes if process.kind == "write" else memory.reads).append(process)
        for memory in self.memories.values():
            # What each iteration writes says what a memory holds; what it starts with comes behind.
            memory.writes.sort(key=lambda write: -len(write.controllers))
        named: dict[Origin, str] = {}
        for memory in self.memories.values():
            memory.cause = self._cause(memory)
        for memory in sorted(self.memories.values(), key=lambda each: FIRST.index(each.cause)):
            memory.holds = self._holds(memory, named)

    # --- what a memory holds

    def _cause(self, memory: Memory) -> Cause:
        init = memory.unit.init
        if not memory.writes:
            if isinstance(init, TableInitAttr):
                return "tables"
            if isinstance(init, InputInitAttr):
                return "inputs"
            return "weights" if parameter_parts(init) else "intermediate"
        if isinstance(element_type(memory.unit.held), IndexType):
            return "index"
        if any(self.is_carried(read, memory) for read in memory.reads):
            return "state"
        if all(self.origins.loads(write) is not None for write in memory.writes):
            return "inputs"
        takers = [taker for read in memory.reads for taker in self.origins.takers(read)]
        return "results" if takers and all(t.kind == "store" for t in takers) else "intermediate"

    def _holds(self, memory: Memory, named: dict[Origin, str]) -> str:
        init = memory.unit.init
        if not memory.writes:
            if isinstance(init, TableInitAttr):
                return init.function.data
            if isinstance(init, InputInitAttr):
                return init.input.data
            return parameter_names(init) or memory.name
        first = self.origins.written(memory.writes[0])
        loaded = self.origins.loads(memory.writes[0])
        return named.setdefault(first, memory.name if loaded is None else loaded)

    def is_carried(self, read: Process, memory: Memory) -> bool:
        """Whether a read may see what an earlier iteration of its controllers wrote."""
        around = [
            w for w in memory.writes if read.controllers and w.controllers == read.controllers
        ]
        if not around or not isinstance(read.op, ReadOp):
            return False
        if all(self._apart(read, write) for write in around):
            return True
        return not any(self._follows(write, read) for write in around)

    def _apart(self, read: Process, write: Process) -> bool:
        """Whether the first activations of a read and a write have no element in common."""
        first, second = self.elements.places(read), self.elements.places(write)
        assert first is not None
        assert second is not None
        for ours, theirs in zip(first.places, second.places, strict=True):
            start = (slice(0, 1),) * first.outer
            if not np.isin(ours[start], theirs[start]).any():
                return True
        return False

    def _follows(self, write: Process, read: Process) -> bool:
        """Whether tokens make a read wait for a write of the same iteration."""
        seen, pending = {write.name}, [write.name]
        while pending:
            for name in self._signals.get(pending.pop(), ()):
                if name == read.name:
                    return True
                if name not in seen:
                    seen.add(name)
                    pending.append(name)
        return False


def parameter_names(init: InitAttr) -> str:
    """Name the parameters that fill a memory or DRAM tensor, each once, as a sum."""
    return " + ".join(dict.fromkeys(part.parameter.data for part in parameter_parts(init)))


def _signals(elements: UsefulElements) -> dict[str, list[str]]:
    """By name of a process, those that wait for its tokens in the same iteration."""
    found: dict[str, list[str]] = {}
    for end, feeding in elements.out_of.items():
        source = elements.table[end][0]
        for link in feeding:
            if not link.init.value.data:
                found.setdefault(source.name, []).append(elements.table[link.target][0].name)
    return found
