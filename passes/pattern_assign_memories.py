"""Give every value that needs one a memory: kind, depth, bytes, lifetime."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.passes import ModulePass

from spatial_opt.dialects import pattern
from spatial_opt.dialects.rnn import LinearOp, RecurrentOp
from spatial_opt.dialects.target import target_of
from spatial_opt.machine.description import Machine
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.memory_assignment.assignment import Assigned, assign
from spatial_opt.passes.memory_assignment.declare import declare_scalar, declare_tensor
from spatial_opt.passes.memory_assignment.declared import read_declared, refusal
from spatial_opt.passes.memory_assignment.summary import depth_text, summary_text
from spatial_opt.passes.polyhedral.library import require_isl
from spatial_opt.passes.remarks import name_of, remark


@dataclass(frozen=True)
class PatternAssignMemoriesPass(ModulePass):
    """
    Declare the memory of every value that needs one, with as many buffers as its schedule asks for.

    Arguments and results lie in DRAM, parameters, states and what one map leaves for another in
    memory units, tables in units for look-ups, and results of reductions in queues.

    ```mlir
    // before
    func.func @main(%x: tensor<25x8xf32>) -> tensor<8xf32> {
      %w = pattern.parameter "w" : tensor<8x8xf32>
      %h0 = arith.constant dense<0.0> : tensor<8xf32>
      %last = pattern.scan (%t in 25) carry (%h = %h0 : tensor<8xf32>) -> tensor<8xf32> {
        %n = pattern.map (%i in 8) -> tensor<8xf32> {
          %s = pattern.reduce add (%k in 8 par 1 x 4) : f32 {
            %v = pattern.read %w[%i, %k] : tensor<8x8xf32>
            %u = pattern.read %h[%k] : tensor<8xf32>
            %p = arith.mulf %v, %u : f32
            pattern.yield %p : f32
          }
          %a = pattern.read %x[%t, %i] : tensor<25x8xf32>
          %r = arith.addf %a, %s : f32
          pattern.yield %r : f32
        }
        pattern.next %n : tensor<8xf32>
      }
      func.return %last : tensor<8xf32>
    }
    // after
    func.func @main(%x: tensor<25x8xf32>) -> tensor<8xf32> {
      pattern.memory dram %x bytes 800 live (-1, 0) : tensor<25x8xf32>
      %w = pattern.parameter "w" : tensor<8x8xf32>
      pattern.memory sram %w bytes 256 live (-1, 0) : tensor<8x8xf32>
      ...
      %last = pattern.scan (%t in 25) carry (%h = %h0 : tensor<8xf32>) -> tensor<8xf32> {
        pattern.memory sram %x[%t, *] depth 2 bytes 32 live (-1, 0) : tensor<25x8xf32>
        pattern.memory sram %h depth 2 bytes 32 live (-1, 0) : tensor<8xf32>
        %n = pattern.map (%i in 8) -> tensor<8xf32> {
          %s = pattern.reduce add (%k in 8 par 1 x 4) : f32 {
            ...
          }
          pattern.memory fifo %s depth 2 bytes 4 : f32
          ...
        }
        pattern.next %n : tensor<8xf32>
      }
      pattern.memory dram %last bytes 32 live (0, 1) : tensor<8xf32>
      func.return %last : tensor<8xf32>
    }
    ```

    A state gets the fewest buffers with which every read finds what was written for it, however the
    points of a map overlap (docs/memory.md); what is loaded or stored step by step gets a second
    one if the kernels might have to wait for a single one.

    Requires: a target, and factors (`pattern-parallelize`), on which times depend.
    Leaves: memories that are declared already, and values that nobody needs.
    Fails: a declaration has fewer buffers than the reads of its value need; a read is outside of
    its value; layers that are not converted yet; islpy is not installed.
    """

    name = "pattern-assign-memories"

    queue_depth: int | None = None
    """Places of the queues behind accumulators; by default the machine's `pcu.fifo_depth`."""

    def __post_init__(self) -> None:
        if self.queue_depth is not None and self.queue_depth < 1:
            raise SpatialError(
                f"{self.name}: queue-depth must be at least 1, got {self.queue_depth}"
            )

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Declare what is missing in all functions."""
        require_isl(self.name)
        machine = target_of(op)
        layer = next((o for o in op.walk() if isinstance(o, RecurrentOp | LinearOp)), None)
        if layer is not None:
            raise SpatialError(
                f"the module still holds {layer.name}, whose values have no schedule; run "
                "convert-rnn-to-pattern first"
            )
        for function in op.ops:
            if isinstance(function, FuncOp) and function.body.blocks:
                self._declare(function, machine)

    def _declare(self, function: FuncOp, machine: Machine) -> None:
        from spatial_opt.passes.memory_assignment.ranges import read_outside

        assignment = assign(function, machine, self.queue_depth)
        declared = read_declared(assignment)
        reason = read_outside(function) or refusal(assignment, declared)
        if reason is not None:
            raise SpatialError(reason)
        for stray in declared.unused:
            remark(self.name, stray, f"nothing needs a {stray.kind.data} of {name_of(stray.value)}")
        all: list[tuple[Assigned, pattern.MemoryOp]] = []
        for assigned in assignment.tensors:
            op = declared.tensors.get(assigned)
            if op is None:
                op = declare_tensor(assigned)
                reason = depth_text(assigned)
                if reason is not None:
                    remark(self.name, op, reason)
            all.append((assigned, op))
        places = self.queue_depth or machine.pcu.fifo_depth
        for value, kind in assignment.scalars:
            if value not in declared.scalars:
                declare_scalar(value, kind, places)
        remark(self.name, function, summary_text([op for _, op in all], machine))
