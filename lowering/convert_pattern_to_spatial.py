"""Lay a pattern program out as units and links of a spatial machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from spatial_opt.dialects import pattern
from spatial_opt.dialects.signature import argument_name
from spatial_opt.dialects.target import target_of
from spatial_opt.lowering.spatial.control import Control
from spatial_opt.lowering.spatial.datapath import KernelLowering
from spatial_opt.lowering.spatial.declarations import Declarations
from spatial_opt.lowering.spatial.emit import Emitter
from spatial_opt.lowering.spatial.kernel_reads import KernelReads
from spatial_opt.lowering.spatial.memories import Memories
from spatial_opt.lowering.spatial.movement import Movement
from spatial_opt.lowering.spatial.needed import drop_unneeded
from spatial_opt.lowering.spatial.plan import Plan
from spatial_opt.lowering.spatial.program import Program, read_program
from spatial_opt.lowering.spatial.results import Results
from spatial_opt.lowering.spatial.value_memories import ValueMemories
from spatial_opt.lowering.spatial.whole_reads import WholeReads
from spatial_opt.machine.description import Machine
from spatial_opt.machine.errors import SpatialError


@dataclass(frozen=True)
class ConvertPatternToSpatialPass(ModulePass):
    """
    Give every kernel its compute units, memory units, links and tokens.

    Each map becomes compute units (one per copy and piece of a reduction, one per run of
    scalar arithmetic), each value it reads a memory unit with a read stream, each value it
    makes a write stream, each argument and result an address generator. Kernels run one after
    another, loops under a controller. Units are of unlimited size: `spatial-partition` and
    `spatial-split-memories` cut them to the machine.

    ```mlir
    // before
    func.func @main(%x : tensor<8xf32>) -> tensor<8xf32> {
      %y = pattern.map (%i in 8 par 1 x 4) -> tensor<8xf32> {
        %v = pattern.read %x[%i] : tensor<8xf32>
        %d = arith.addf %v, %v : f32
        pattern.yield %d : f32
      }
      func.return %y : tensor<8xf32>
    }
    // after
    spatial.config @main {
      ...
      spatial.pmu @x_1 holds tensor<8xf32> banked (4, 1) init zero {
        spatial.write @in ports ["data"] port 0 counters (%i = 0 to 2) address [4 * %i] ...
        spatial.read @to.y port 0 counters (%i = 0 to 2) address [4 * %i] ...
      }
      spatial.pcu @y counters (%i = 0 to 2) {
        %v = spatial.receive "v" : vector<4xf32>
        %d = arith.addf %v, %v : vector<4xf32>
        spatial.send "d" %d : vector<4xf32>
      }
      ...
      spatial.ag @x.load loads @x counters (%i = 0 to 2) address [4 * %i] : vector<4xf32>
      spatial.link @x_1::@to.y to @y::@v : vector depth 2
      ...
    }
    ```

    Requires: a target (`set-target`), one function, no `pattern.activate`
    (`pattern-expand-activations`), factors from `pattern-parallelize` or by hand. Memories are as
    deep as `pattern.memory` declares; what is not declared is as `pattern-assign-memories` says.
    Leaves: sizes, positions and routes. Kernels that no result comes from are left out.
    Fails: loops nested in loops, accesses whose lanes are not neighbours in memory, indices used
    as numbers, look-ups in anything but a `pattern.table`, a declared depth that readers would
    find overwritten.
    """

    name = "convert-pattern-to-spatial"

    operands: Literal["shared", "private"] = "shared"
    """
    Whether one memory feeds all units of a reduction that read the same of a run-time value, or
    every unit has a copy, and each step waits until the one before has written everything (as in
    the published mapping of Zhao et al., MLSys 2019).
    """
    queue_depth: int | None = None
    """Tokens that queues behind accumulators and before look-ups hold; by default the machine's."""

    def __post_init__(self) -> None:
        if self.queue_depth is not None and self.queue_depth < 1:
            raise SpatialError(
                f"{self.name}: queue-depth must be at least 1, got {self.queue_depth}"
            )

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Replace the module's function by a configuration."""
        machine = target_of(op)
        program = read_program(op)
        drop_unneeded(program)
        config = Emitter(
            program,
            plan_program(program, machine, self.operands == "private", self.queue_depth),
            machine,
            self.queue_depth,
        ).config()
        function = program.function
        block = function.parent
        assert block is not None
        block.insert_op_before(config, function)
        function.detach()
        function.erase(safe_erase=False)


def plan_program(
    program: Program, machine: Machine, private: bool = False, queue_depth: int | None = None
) -> Plan:
    """
    Decide all units, streams and links of a program.

    `private` gives every unit of a reduction its own copies of the run-time values it reads;
    `queue_depth` is that of the queues behind accumulators, which stores count on.
    """
    plan = Plan()
    plan.names |= {argument_name(a) for a in program.function.body.block.args}
    plan.names |= {name for name, _ in program.results}
    lanes = machine.pcu.lanes
    declarations = Declarations(program, machine, queue_depth)
    values = ValueMemories(plan, program, machine, declarations, private)
    memories = Memories(plan, KernelReads(program, values))
    lowered: dict[pattern.MapOp, KernelLowering] = {}
    for kernel in program.top.kernels():
        lowering = KernelLowering(plan, memories, kernel, lanes, machine.pcu.word_bits)
        lowering.run()
        lowered[kernel.op] = lowering
    whole_reads = WholeReads(values)
    results = Results(plan, whole_reads)
    results.store(program)
    movement = Movement(plan, whole_reads, lowered, machine)
    movement.fill()
    reads = {op: kernel.reads for op, kernel in lowered.items()}
    control = Control(plan, reads, movement, strict=private)
    control.sequence(program.top, [])
    control.fill_and_empty(results.stored)
    return plan
