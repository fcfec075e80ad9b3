"""Move what does not depend on the step out of a scan."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from spatial_opt.dialects.pattern import MapOp, ScanOp
from spatial_opt.passes.remarks import remark
from spatial_opt.passes.simplification.dead_code import erase_dead
from spatial_opt.passes.simplification.invariants import (
    Expression,
    handed_on,
    invariant_expressions,
    is_invariant,
    split_off,
)


@dataclass(frozen=True)
class PatternHoistPass(ModulePass):
    """
    Compute once, before a scan, what is the same in all its steps.

    Whole maps move. With `expressions`, parts of a map's body also do: each gets a map of its
    own, whose result the body reads, at the price of a memory for it.

    ```mlir
    // before
    func.func @main(%x: tensor<3x8xf32>, %b: tensor<8xf32>) -> tensor<3x8xf32> {
      %y = pattern.scan (%t in 3) -> tensor<3x8xf32> {
        %c = pattern.map (%i in 8) -> tensor<8xf32> {
          %v = pattern.read %b[%i] : tensor<8xf32>
          %d = arith.addf %v, %v : f32
          pattern.yield %d : f32
        }
        %z = pattern.map (%i in 8) -> tensor<8xf32> {
          %v = pattern.read %x[%t, %i] : tensor<3x8xf32>
          %w = pattern.read %c[%i] : tensor<8xf32>
          %s = arith.addf %v, %w : f32
          pattern.yield %s : f32
        }
        pattern.next emit %z : tensor<8xf32>
      }
      func.return %y : tensor<3x8xf32>
    }
    // after
    func.func @main(%x: tensor<3x8xf32>, %b: tensor<8xf32>) -> tensor<3x8xf32> {
      %c = pattern.map (%i in 8) -> tensor<8xf32> {
        %v = pattern.read %b[%i] : tensor<8xf32>
        %d = arith.addf %v, %v : f32
        pattern.yield %d : f32
      }
      %y = pattern.scan (%t in 3) -> tensor<3x8xf32> {
        %z = pattern.map (%j in 8) -> tensor<8xf32> {
          %u = pattern.read %x[%t, %j] : tensor<3x8xf32>
          %w = pattern.read %c[%j] : tensor<8xf32>
          %s = arith.addf %u, %w : f32
          pattern.yield %s : f32
        }
        pattern.next emit %z : tensor<8xf32>
      }
      func.return %y : tensor<3x8xf32>
    }
    ```

    Requires: nothing; after `pattern-simplify`, equal expressions are one. Leaves: what a scan
    hands on or emits as it is; expressions inside reductions; with a remark, expressions that
    could move. Fails: never.
    """

    name = "pattern-hoist"

    expressions: bool = False
    """Also move parts of bodies."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Empty the scans, inner ones first."""
        for scan in [inner for inner in op.walk(reverse=True) if isinstance(inner, ScanOp)]:
            self._hoist_operations(scan)
            for kernel in [k for k in scan.body.block.ops if isinstance(k, MapOp)]:
                self._hoist_expressions(kernel, scan)

    def _hoist_operations(self, scan: ScanOp) -> None:
        for op in list(scan.body.block.ops):
            if not is_invariant(op, scan):
                continue
            if handed_on(op) is not None:
                if isinstance(op, MapOp):
                    remark(
                        self.name, op, "is the same in every step, but its scan hands it on; left"
                    )
                continue
            op.detach()
            Rewriter.insert_op(op, InsertPoint.before(scan))
            if isinstance(op, MapOp):
                remark(self.name, op, "moved in front of its scan")

    def _hoist_expressions(self, kernel: MapOp, scan: ScanOp) -> None:
        groups: dict[tuple[int, ...], list[Expression]] = {}
        for expression in invariant_expressions(kernel, scan):
            groups.setdefault(expression.dimensions, []).append(expression)
        for dimensions, group in groups.items():
            saved = sum(expression.work for expression in group)
            size = prod(kernel.domain[position] for position in dimensions) * len(group)
            if self.expressions:
                split_off(kernel, group, dimensions, InsertPoint.before(scan))
                remark(
                    self.name,
                    kernel,
                    f"{saved} operations moved in front of its scan, {size} elements are kept",
                )
            else:
                remark(
                    self.name,
                    kernel,
                    f"{saved} operations are the same in every step; expressions=true would move "
                    f"them out, and keep {size} elements in memory",
                )
        if self.expressions and groups:
            erase_dead(kernel.body.block)
