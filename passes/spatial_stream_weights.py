"""Keep weights in DRAM where the memory units do not suffice."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from spatial_opt.dialects.spatial import (
    AgOp,
    ConfigOp,
    PcuOp,
    PmuOp,
    Unit,
    parameter_parts,
    units,
)
from spatial_opt.dialects.target import target_of
from spatial_opt.machine.description import Machine
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.kernel_numbers import kernel_numbers
from spatial_opt.passes.link_ends import LinkEnds
from spatial_opt.passes.remarks import remark
from spatial_opt.passes.solvers.relay_counts import DIRECT, relays
from spatial_opt.passes.solvers.resources import held_bytes, memory_shortage
from spatial_opt.passes.solvers.split import NoSplitError
from spatial_opt.passes.solvers.stream_shares import Memory, Share
from spatial_opt.passes.solvers.streaming import (
    NoStreamError,
    Problem,
    Solution,
    loaded_bytes,
    solve,
    total_cycles,
    verify,
)
from spatial_opt.passes.split_choice import choose_split
from spatial_opt.passes.weight_parts import build, declare
from spatial_opt.passes.weight_streams import left_out, stream_of
from spatial_opt.passes.weight_tokens import WeightStream


@dataclass(frozen=True)
class SpatialStreamWeightsPass(ModulePass):
    """
    Keep parts of weights in DRAM, and load them anew for every use, where memory units lack.

    ```mlir
    // before
    spatial.config @main {
      spatial.output @y : tensor<128x4xf32>
      spatial.pmu @W holds tensor<128x4xf32> banked (4, 1) init parameter "W" {
        spatial.read @out port 0 counters (%j = 0 to 128) address [%j, 0] : vector<4xf32>
      }
      spatial.ag @y.store stores @y counters (%j = 0 to 128) address [%j, 0] : vector<4xf32>
      spatial.link @W::@out to @y.store::@data : vector depth 2
    }
    // after, weights=dram
    spatial.config @main {
      spatial.output @y : tensor<128x4xf32>
      spatial.dram @W.dram holds tensor<512xf32>
        init parameter "W" map affine_map<(d0) -> ((d0 floordiv 4), (d0 mod 4))>
      spatial.ag @W.load loads @W.dram counters (%token = 0 to 128) address [4 * %token]
      ...
      spatial.link @W.load::@data to @y.store::@data : vector depth 2
    }
    ```

    A memory of which a part stays gives some of every so many tokens, and DRAM the others, so that
    loading goes on beside: its memory units and its address generator take turns by windows
    `(lo, hi) of n`. Where more than four memory units feed one reader, compute units pass their
    tokens on, four to one. Which memories are streamed, and how much of each, is chosen so that
    all kernels together take the least time (`solvers/streaming.py`): weights stay where they fit,
    what lacks is divided evenly, and every address generator takes an even share of the bandwidth.
    What fits, but in more units than links can end at its reader, is streamed as well where no
    compute units are left to pass tokens on.

    Requires: a target and a configuration, before spatial-split-memories.
    Leaves: everything that fits; memories that are written, looked up, or read out of order; all
    if the target relaxes pmu.capacity_bytes.
    Fails: streaming all that can be streamed does not make room enough; with weights="dram",
    nothing can be streamed.
    """

    name = "spatial-stream-weights"

    weights: Literal["auto", "resident", "dram"] = "auto"
    """
    Stream what must be; nothing; or whole memories, the largest first, as many as there are address
    generators for.
    """

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        machine = target_of(op)
        configs = [config for config in op.walk() if isinstance(config, ConfigOp)]
        if not configs:
            raise SpatialError(
                "there is no spatial.config with weights to stream; "
                "run convert-pattern-to-spatial first"
            )
        if self.weights == "resident":
            return
        for config in configs:
            _Streaming(config, machine).run(everything=self.weights == "dram")


class _Streaming:
    """Chooses and builds what one configuration streams."""

    def __init__(self, config: ConfigOp, machine: Machine) -> None:
        self.config = config
        self.machine = machine
        self.found: dict[str, Unit] = {unit.sym_name.data: unit for unit in units(config)}
        self.ends = LinkEnds(config)
        self.memories = [unit for unit in self.found.values() if isinstance(unit, PmuOp)]
        self.busy = sum(isinstance(unit, AgOp) for unit in self.found.values())
        self.free = len(self.memories)
        if machine.enforces("ag.count"):
            self.free = max(0, machine.ag.count - self.busy)
        computing = sum(isinstance(unit, PcuOp) for unit in self.found.values())
        self.spare = len(machine.grid.positions("pcu")) - computing

    def run(self, everything: bool) -> None:
        """Stream whole memories, or as much as must be."""
        if everything:
            self._stream_whole()
            return
        sizes = {pmu: self._size(pmu) for pmu in self.memories}
        lack = sum(sizes.values()) - len(self.machine.grid.positions("pmu"))
        if self.machine.enforces("pmu.capacity_bytes") and (lack > 0 or self._clogged(sizes)):
            self._stream_some(sizes, max(0, lack))

    def _clogged(self, sizes: dict[PmuOp, int]) -> bool:
        """Whether parts have no way to their reader, as compute units that pass tokens on lack."""
        if sum(relays(units, DIRECT) for units in sizes.values()) <= self.spare:
            return False
        large = [each for each in self._streams if sizes[each.pmu] > DIRECT]
        ways = {kind: self.machine.links_into(kind) for kind in ("vector", "scalar")}
        return len(large) <= self.free and any(
            sizes[each.pmu] > ways[each.links[0].kind.data] for each in large
        )

    def _stream_whole(self) -> None:
        streams = sorted(self._streams, key=lambda each: -each.tokens * each.token_bytes)
        weights = [pmu for pmu in self.memories if parameter_parts(pmu.init)]
        if weights and not (streams and self.free):
            reason = left_out(self._possible, dict.fromkeys(weights, 1))
            if streams:
                reason = "; no address generator is left to stream weights (ag.count)"
            raise SpatialError(f"weights=dram, but no memory can be streamed{reason}")
        loaded = [
            build(self.ends, stream, Share(stream.tokens, 0, 0)) for stream in streams[: self.free]
        ]
        declare(self.config, loaded)
        stay = len(weights) - min(len(streams), self.free)
        if stay:
            self._say(
                f"{stay} of {len(weights)} memories of weights stay in memory units: "
                f"{len(streams)} can be streamed, and {self.free} address generators were left"
            )

    def _stream_some(self, sizes: dict[PmuOp, int], lack: int) -> None:
        """Make room for memory units that lack."""
        streams = self._streams
        kernels = kernel_numbers(self.config)
        passing = {pmu: relays(units, DIRECT) for pmu, units in sizes.items()}
        # Where spatial-split-memories will have to do without, large memories cannot stay whole.
        crowded = sum(passing.values()) > self.spare
        if crowded:
            passing = dict.fromkeys(sizes, 0)
            crowded = sum(sizes[each.pmu] > DIRECT for each in streams) <= self.free
        problem = Problem(
            tuple(
                Memory(
                    each.trips,
                    each.repeats,
                    each.token_bytes,
                    each.activations,
                    sizes[each.pmu],
                    each.queue + self.machine.ag.outstanding_bursts,
                    passing[each.pmu],
                    crowded and sizes[each.pmu] > DIRECT,
                    kernels[each.name],
                )
                for each in streams
            ),
            lack,
            self.free,
            self.busy,
            max(0, self.spare - sum(passing.values())),
            self.machine,
        )
        try:
            solution = solve(problem)
        except NoStreamError as reason:
            shortage = memory_shortage(sizes, self.machine)
            raise SpatialError(f"{shortage}; {reason}{left_out(self._possible, sizes)}") from reason
        verify(problem, solution)
        loaded = [
            build(self.ends, stream, share)
            for stream, share in zip(streams, solution.shares, strict=True)
            if share is not None
        ]
        declare(self.config, loaded)
        self._explain(problem, solution)

    @cached_property
    def _possible(self) -> dict[PmuOp, WeightStream | str]:
        return {pmu: stream_of(pmu, self.ends, self.found) for pmu in self.memories}

    @property
    def _streams(self) -> list[WeightStream]:
        return [each for each in self._possible.values() if isinstance(each, WeightStream)]

    def _size(self, pmu: PmuOp) -> int:
        """Count the memory units that a memory will take once it is split."""
        capacity = self.machine.pmu.capacity_bytes
        if held_bytes(pmu) <= capacity or pmu.duplicated is not None:
            return 1
        try:
            return len(choose_split(pmu, capacity, self.ends, self.found)[1].parts)
        except NoSplitError:
            # Splitting it will say why it can't be.
            return -(-held_bytes(pmu) // capacity)

    def _explain(self, problem: Problem, solution: Solution) -> None:
        """Say what is streamed and why, and of which memories nothing can be."""
        shares = [share for share in solution.shares if share is not None]
        passing = sum(relays(share.parts) for share in shares)
        reason = "compute units lack that pass tokens on"
        if problem.lack:
            reason = f"memory units lack: {problem.lack}"
        self._say(
            f"{reason}; memories of weights that keep a part in DRAM: "
            f"{len(shares)}; {loaded_bytes(problem, solution)} bytes are loaded in a run of about "
            f"{total_cycles(problem, solution)} cycles"
            + (f"; compute units that pass tokens on: {passing}" if passing else "")
        )
        for pmu, reason in self._possible.items():
            if isinstance(reason, str) and parameter_parts(pmu.init):
                remark(SpatialStreamWeightsPass.name, pmu, f"is not streamed: {reason}")

    def _say(self, text: str) -> None:
        remark(SpatialStreamWeightsPass.name, self.config, text)
