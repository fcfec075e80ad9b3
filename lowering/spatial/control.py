"""
Tokens: what runs after what.

Kernels of a block run strictly one after another: each has a controller that waits until all
memories of the kernel before it are written, then lets the kernel's reads of run-time memories
go. Reads of constants need no leave; their queues stop them. A loop's controller lets a step
go when the last kernel of the step before it is done. Loads and stores run beside the kernels,
held back only by full and free memories.
"""

from __future__ import annotations

from dataclasses import dataclass

from spatial_opt.dialects import pattern
from spatial_opt.lowering.spatial.layouts import Source
from spatial_opt.lowering.spatial.movement import Stored, Written
from spatial_opt.lowering.spatial.plan import ControllerPlan, MemoryPlan, Plan, Port, StreamPlan
from spatial_opt.lowering.spatial.program import Kernel, ProgramBlock


@dataclass(frozen=True)
class Finished:
    """A port whose token says that something is done; `every` activations per token."""

    port: Port
    every: int = 1
    leave: bool = False
    """Whether it is the leave that a loop gives each of its steps."""


def wait_port(memory: MemoryPlan, stream: StreamPlan, name: str) -> Port:
    """Add a token input to a stream."""
    port = f"{stream.name}.{name}"
    number = 1
    while port in stream.waits:
        port, number = f"{stream.name}.{name}_{number}", number + 1
    stream.waits.append(port)
    return (memory.name, port)


def done_port(memory: MemoryPlan, stream: StreamPlan) -> Port:
    """Give a stream's token output for the end of an activation."""
    port = f"{stream.name}.done"
    if port not in stream.signals:
        stream.signals.append(port)
    return (memory.name, port)


class Control:
    """Adds controllers and token links to a plan."""

    def __init__(
        self,
        plan: Plan,
        reads: dict[pattern.MapOp, list[Source]],
        written: dict[pattern.MapOp, list[Written]],
    ) -> None:
        self.plan = plan
        self.reads = reads
        self.written = written

    def sequence(self, block: ProgramBlock, before: list[Finished]) -> list[Finished]:
        """Chain the items of a block; gives what must be done before anything behind it."""
        for item in block.items:
            if isinstance(item, Kernel):
                before = self._kernel(item, before)
            else:
                before = self._loop(item, block, before)
        return before

    def _join(self, controller: ControllerPlan, before: list[Finished], name: str, **link: int):
        for number, finished in enumerate(before):
            port = f"{name}{number}" if len(before) > 1 else name
            controller.waits.append(port)
            self.plan.token(finished.port, (controller.name, port), every=finished.every, **link)

    def _kernel(self, kernel: Kernel, before: list[Finished]) -> list[Finished]:
        writes = [w for w in self.written.get(kernel.op, []) if not w.crossing]
        reads = [
            (source.memory, source.stream)
            for source in self.reads[kernel.op]
            if source.memory.mutable and not source.crossing
        ]
        held_back = reads or [(w.memory, w.stream) for w in writes]
        go: Port | None = None
        if held_back and len(before) == 1 and before[0].leave:
            go = before[0].port
        elif before and held_back:
            controller = ControllerPlan(self.plan.unique(f"run.{kernel.name}"), kernel.block)
            controller.signals.append("go")
            self.plan.units.append(controller)
            self._join(controller, before, "done")
            go = (controller.name, "go")
        if go is not None:
            for memory, stream in dict.fromkeys(held_back):
                self.plan.token(go, wait_port(memory, stream, "go"))
        if writes:
            return [
                Finished(done_port(w.memory, w.stream))
                for w in writes
                if w.memory.original is None or self._reads_itself(w)
            ]
        if go is None:
            return before
        # What it makes leaves the loop: it is done when the next step may overwrite what it read.
        # A load waits by itself until its memory is free.
        made = {id(w.memory) for each in self.written.values() for w in each}
        read = [Finished(done_port(m, s)) for m, s in dict.fromkeys(reads) if id(m) in made]
        return read or [Finished(go)]

    def _reads_itself(self, written: Written) -> bool:
        """
        Let the readers of a copy wait for its own writer, beside the leave they all wait for.

        A kernel is done when the memories that are no copies are written: then all tokens are on
        their way to the copies. Gives whether there is nobody to wait, so that others must.
        """
        readers = [stream for stream in written.memory.streams if stream.kind == "read"]
        for stream in readers:
            done = done_port(written.memory, written.stream)
            full = wait_port(written.memory, stream, "full")
            self.plan.token(done, full, init=1 if written.memory.carried else 0)
        return not readers

    def _loop(
        self, loop: ProgramBlock, block: ProgramBlock, before: list[Finished]
    ) -> list[Finished]:
        controller = ControllerPlan(self.plan.unique(loop.name), block, loop)
        controller.signals.append("go")
        self.plan.units.append(controller)
        go = Finished((controller.name, "go"), leave=True)
        last = self.sequence(loop, [go])
        if last != [go]:
            self._join(controller, last, "again", init=1)
        self._join(controller, before, "start", hold=loop.trips)
        return [Finished(finished.port, loop.trips) for finished in last]

    def fill_and_empty(self, loads: list[Written], stored: list[Stored]) -> None:
        """Link readers to memories that are not written by a kernel of their own block."""
        outside = {
            id(w.memory): w
            for w in [*loads, *(w for ws in self.written.values() for w in ws)]
            if w.loaded or w.crossing
        }
        for sources in self.reads.values():
            seen: set[int] = set()
            for source in sources:
                written = outside.get(id(source.memory))
                crossing_read = source.crossing and source.memory.mutable
                if id(source.stream) in seen or (written is None and not crossing_read):
                    continue
                seen.add(id(source.stream))
                self._full(source.memory, source.stream)
                if written is not None and written.loaded and source.memory.block.loop is not None:
                    self._free(source.memory, source.stream, source.memory.held[0])
        for item in stored:
            self._full(item.memory, item.stream)
            if item.memory.block.loop is not None:
                self._free(item.memory, item.stream, 1)

    def _full(self, memory: MemoryPlan, stream: StreamPlan) -> None:
        self.plan.token(done_port(memory, memory.writer), wait_port(memory, stream, "full"))

    def _free(self, memory: MemoryPlan, stream: StreamPlan, buffers: int) -> None:
        free = wait_port(memory, memory.writer, "free")
        self.plan.token(done_port(memory, stream), free, init=buffers)
