"""
Tokens: what runs after what.

Kernels of a block run one after another: each has a controller that waits until the kernel before
it is done, then lets the kernel's reads of run-time memories go. A loop's controller lets a step go
when the last kernel of the step before it is done. A kernel is done when results are written for
which it needs all that it reads; whoever reads another of its results also waits for that one.

Loads and stores run beside the kernels, held back only by full and free memories. Constants are
read without leave, since queues stop that. Reads of what has been loaded, or of a state that they
wait for themselves, may run a step ahead, as long as something else holds up every result.
"""

from __future__ import annotations

from dataclasses import dataclass

from spatial_opt.dialects import pattern
from spatial_opt.lowering.spatial.dependences import Behind, behind_results, covering
from spatial_opt.lowering.spatial.kernel_units import Served
from spatial_opt.lowering.spatial.layouts import Source
from spatial_opt.lowering.spatial.movement import Movement, Written
from spatial_opt.lowering.spatial.plan import ControllerPlan, MemoryPlan, Plan, Port, StreamPlan
from spatial_opt.lowering.spatial.program import Kernel, ProgramBlock
from spatial_opt.lowering.spatial.results import Stored


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
        reads: dict[pattern.MapOp, list[Served]],
        movement: Movement,
        strict: bool = False,
    ) -> None:
        self.plan = plan
        self.strict = strict
        """Whether no read of a step runs before all that the step before makes is written."""
        self.reads = reads
        self.written = movement.written
        self.moved = movement.moved
        self.loaded = {id(each.memory) for each in movement.loads}
        self.waiting: set[int] = set()
        """Streams that wait for their own memory to be written."""

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
            served
            for served in self.reads[kernel.op]
            if served.source.memory.mutable and not served.source.crossing
        ]
        behind = behind_results(kernel)
        done, complete = self._done(writes, reads, behind)
        held_back = self._held_back(writes, reads, behind)
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
            for memory, stream in held_back:
                self.plan.token(go, wait_port(memory, stream, "go"))
            if kernel.block.loop is not None:
                for memory, stream in _streams(reads):
                    if (memory, stream) not in held_back:
                        self.plan.token(go, wait_port(memory, stream, "go"), init=1)
        if complete or go is None:
            return done or before
        # Some of what it makes leaves the loop: it is done when the next step may overwrite what it
        # read. A load waits by itself until its memory is free.
        made = {id(w.memory) for each in self.written.values() for w in each}
        read = [Finished(done_port(m, s)) for m, s in _streams(reads) if id(m) in made]
        return [*done, *read] or [Finished(go)]

    def _held_back(
        self, writes: list[Written], reads: list[Served], behind: list[Behind]
    ) -> list[tuple[MemoryPlan, StreamPlan]]:
        """
        List the streams that need the leave of their step to run.

        Those are the reads that do not wait for their own memory, and as many of the others that
        every result needs one of them: what comes of nothing that is held back would overwrite its
        last version while others still read that. Other reads have leave for one step more.
        """
        all_reads = {served.read for served in reads}
        needed = [found.reads & all_reads for found in behind]
        held = {each.read for each in reads if self.strict or not self._waits_itself(each.source)}
        held = held.union(*(found for found in needed if not found & held))
        kept = [(each.source.memory, each.source.stream) for each in reads if each.read in held]
        kept += [(w.memory, w.stream) for w in writes if not needed[w.result]]
        return list(dict.fromkeys(kept))

    def _waits_itself(self, source: Source) -> bool:
        """Whether a read waits until its memory is filled, whenever that is."""
        if any(stream.when == "before" for stream in source.memory.streams):
            return False
        return id(source.memory) in self.loaded or id(source.stream) in self.waiting

    def _done(
        self, writes: list[Written], reads: list[Served], behind: list[Behind]
    ) -> tuple[list[Finished], bool]:
        """
        Say when a kernel is done: all that it reads is read, and what it makes is on its way.

        That is when a memory is written of results for which it needs all reads. Readers of other
        memories that it writes wait for their own writer, beside the leave that they all wait for.
        Also gives whether the memories written tell that all is read.
        """
        needed = [
            frozenset(id(each.source.stream) for each in reads if each.read in found.reads)
            for found in behind
        ]
        efforts = [len(found.operations) for found in behind]
        chosen, complete = covering(needed, efforts, {w.result for w in writes})
        done: list[Finished] = []
        for written in writes:
            first = written.stream.when is not None
            original = written.memory.original is None
            if original if first or self.strict else written.result in chosen:
                done.append(Finished(done_port(written.memory, written.stream)))
                chosen = [n for n in chosen if first or n != written.result]
            else:
                self._let_wait(written.memory, written.stream)
        return done, complete

    def _let_wait(self, memory: MemoryPlan, write: StreamPlan) -> None:
        """Let the kernels that read a memory wait until it is written."""
        for stream in memory.streams:
            if stream.kind != "read" or not stream.sequenced:
                continue
            done = done_port(memory, write)
            if write.when is None:
                full = wait_port(memory, stream, "full")
                self.plan.token(done, full, init=1 if memory.carried else 0)
                self.waiting.add(id(stream))
            else:
                first = wait_port(memory, stream, "first")
                self.plan.token(done, first, hold=memory.block.trips)

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
        first = [
            Finished(done_port(m.memory, m.stream)) for m in self.moved if m.memory.block is loop
        ]
        self._join(controller, [*before, *first], "start", hold=loop.trips)
        return [Finished(finished.port, loop.trips) for finished in last]

    def fill_and_empty(self, stored: list[Stored]) -> None:
        """Link readers to memories that are not written by a kernel of their own block."""
        outside = {id(w.memory) for ws in self.written.values() for w in ws if w.crossing}
        for reads in self.reads.values():
            for memory, stream in _streams(reads):
                loaded = id(memory) in self.loaded
                if loaded or id(memory) in outside or (memory.mutable and not stream.sequenced):
                    self._full(memory, stream)
                if loaded and memory.block.loop is not None:
                    self._free(memory, stream, memory.buffers)
        read = [(s.memory, s.stream) for m in self.moved for s in m.whole.sources]
        for memory, stream in dict.fromkeys([*((s.memory, s.stream) for s in stored), *read]):
            self._full(memory, stream)
            if memory.block.loop is not None and stream.when is None:
                self._free(memory, stream, memory.buffers)

    def _full(self, memory: MemoryPlan, stream: StreamPlan) -> None:
        """Let a stream wait until its memory is written; one behind a loop, until it ends."""
        every = 1 if stream.when is None else memory.block.trips
        full = wait_port(memory, stream, "full")
        self.plan.token(done_port(memory, memory.writer), full, every=every)

    def _free(self, memory: MemoryPlan, stream: StreamPlan, buffers: int) -> None:
        free = wait_port(memory, memory.writer, "free")
        self.plan.token(done_port(memory, stream), free, init=buffers)


def _streams(reads: list[Served]) -> dict[tuple[MemoryPlan, StreamPlan], None]:
    """List the streams of some reads, each once."""
    return dict.fromkeys((each.source.memory, each.source.stream) for each in reads)
