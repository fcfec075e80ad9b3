"""Fuse maps, so that what one computes for another stays a scalar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import Block
from xdsl.passes import ModulePass

from spatial_opt.dialects import pattern
from spatial_opt.dialects.target import has_target, target_of
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.fusion.concatenate import Align
from spatial_opt.passes.fusion.fuse import fuse_block
from spatial_opt.passes.fusion.kernels import analyse
from spatial_opt.passes.fusion.prune import prune
from spatial_opt.passes.fusion.wishes import Wishes
from spatial_opt.passes.remarks import collect_remarks, repeat_remarks


@dataclass(frozen=True)
class PatternFusePass(ModulePass):
    """
    Put maps into the maps that read them, merge maps over one domain, and share reductions.

    A map is put into a reader by computing its body at the coordinates that the read asks for.
    Maps that read each other at their own point, or have a common source, become one map with
    several results. In a body, equal reductions become one; sums that are added become one sum
    over both domains, the second beginning at a multiple of `align`; reductions over equal
    domains become one with several results.

    ```mlir
    // before
    %p = pattern.map (%i in 8) -> tensor<8xf32> {
      %s = pattern.reduce add (%k in 4) : f32 {
        %w_ = pattern.read %w[%i, %k] : tensor<8x4xf32>
        %x_ = pattern.read %x[%k] : tensor<4xf32>
        %m = arith.mulf %w_, %x_ : f32
        pattern.yield %m : f32
      }
      pattern.yield %s : f32
    }
    %q = pattern.map (%i in 8) -> tensor<8xf32> {
      %s = pattern.reduce add (%k in 8) : f32 {
        %r_ = pattern.read %r[%i, %k] : tensor<8x8xf32>
        %h_ = pattern.read %h[%k] : tensor<8xf32>
        %m = arith.mulf %r_, %h_ : f32
        pattern.yield %m : f32
      }
      pattern.yield %s : f32
    }
    %y = pattern.map (%i in 8) -> tensor<8xf32> {
      %a = pattern.read %p[%i] : tensor<8xf32>
      %b = pattern.read %q[%i] : tensor<8xf32>
      %s = arith.addf %a, %b : f32
      %t = pattern.activate tanh %s : f32
      pattern.yield %t : f32
    }
    "test.op"(%y) : (tensor<8xf32>) -> ()
    // after, align=4
    %y = pattern.map (%i in 8) -> tensor<8xf32> {
      %s = pattern.reduce add (%k in 12) : f32 {
        %w_ = pattern.read %w[%i, %k] zero_outside : tensor<8x4xf32>
        %x_ = pattern.read %x[%k] zero_outside : tensor<4xf32>
        %m = arith.mulf %w_, %x_ : f32
        %r_ = pattern.read %r[%i, %k - 4] zero_outside : tensor<8x8xf32>
        %h_ = pattern.read %h[%k - 4] zero_outside : tensor<8xf32>
        %n = arith.mulf %r_, %h_ : f32
        %o = arith.addf %m, %n : f32
        pattern.yield %o : f32
      }
      %t = pattern.activate tanh %s : f32
      pattern.yield %t : f32
    }
    "test.op"(%y) : (tensor<8xf32>) -> ()
    ```

    Fusing and merging change no value; `concatenate` adds in another order, which is exact for
    integers and may change the last bits of floats.

    Requires: nothing; with a target, sums are aligned to its vectors.
    Leaves: results that the function returns, that a scan carries or emits or reads from outside,
    that are gathered, or that a reduction needs as a whole; maps with loops of another kind.
    Fails: a map in `only` that may not be fused, or in `keep` too; a name that no map has; `align`
    below 1.
    """

    name = "pattern-fuse"

    policy: Literal["cost", "all", "none"] = "cost"
    """Which maps to substitute into their readers: those where it pays, all where it is legal
    even if that computes elements again, or none."""
    only: tuple[str, ...] = ()
    """Names of results: fuse these maps into their readers, whatever it costs, and no other."""
    keep: tuple[str, ...] = ()
    """Names of results: do not fuse these maps into their readers."""
    concatenate: bool = True
    """Whether sums that are added become one sum over both domains."""
    align: int | None = None
    """Multiple at which the second sum begins; by default what fills a vector of the target."""

    def __post_init__(self) -> None:
        if self.align is not None and self.align < 1:
            raise SpatialError(f"{self.name}: align must be at least 1, got {self.align}")

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Fuse the maps of every function and of every scan."""
        wishes = Wishes(self.name, self.policy, _names(self.only), _names(self.keep))
        if self.policy != "none":
            for block in _blocks(op):
                prune(block)
        analysed = [(block, analyse(block)) for block in _blocks(op)]
        wishes.check([kernel for _, kernels in analysed for kernel in kernels])
        align = self._align(op) if self.concatenate else None
        for block, kernels in analysed:
            outcome = fuse_block(block, kernels, wishes, align)
            while outcome.changed and outcome.again:
                # Everything was said in the first round but what a further one changes.
                with collect_remarks() as remarks:
                    prune(block)
                    outcome = fuse_block(block, analyse(block), wishes, align)
                if outcome.changed:
                    repeat_remarks(remarks)

    def _align(self, module: ModuleOp) -> Align:
        if self.align is not None:
            multiple = self.align
            return lambda bits: multiple
        return target_of(module).lanes_for if has_target(module) else lambda bits: 1


def _blocks(module: ModuleOp) -> list[Block]:
    """Return the module's body and those of functions and scans, the innermost first."""
    found: list[Block] = []
    waiting = [module.body.block]
    while waiting:
        block = waiting.pop()
        found.append(block)
        for op in block.ops:
            if isinstance(op, FuncOp | pattern.ScanOp) and op.body.blocks:
                waiting.append(op.body.block)
    return found[::-1]


def _names(listed: tuple[str, ...]) -> frozenset[str]:
    """Return the names, which may also stand in one string with commas."""
    names = (name.strip().lstrip("%") for text in listed for name in text.split(","))
    return frozenset(name for name in names if name)
