"""Let the readers of a copy read what was copied."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import Operation
from xdsl.passes import ModulePass

from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.polyhedral.library import require_isl
from spatial_opt.passes.remarks import remark


@dataclass(frozen=True)
class PatternEliminateCopiesPass(ModulePass):
    """
    Compose copies into the accesses of their readers, over the whole program and through scans.

    A copy is a map whose body only moves elements: one read (a transpose, reshape, slice,
    broadcast, padding, time slice or state copy), reads added up of which at most one is not zero
    (a concatenation), a selection among reads by index, or a conversion to the same format. Each
    condition is checked on integer sets; `docs/memory.md` says which and why.

    ```mlir
    // before
    func.func @main(%x: tensor<3x25x8xf32>, %w: tensor<8x16xf32>) -> tensor<25x3x16xf32> {
      %xt = pattern.map (%t in 25, %b in 3, %k in 8) -> tensor<25x3x8xf32> {
        %v = pattern.read %x[%b, %t, %k] : tensor<3x25x8xf32>
        pattern.yield %v : f32
      }
      %rows = pattern.map (%r in 75, %k in 8) -> tensor<75x8xf32> {
        %v = pattern.read %xt[%r floordiv 3, %r mod 3, %k] : tensor<25x3x8xf32>
        pattern.yield %v : f32
      }
      %y = pattern.map (%t in 25, %b in 3, %j in 16) -> tensor<25x3x16xf32> {
        %s = pattern.reduce add (%k in 8) : f32 {
          %a = pattern.read %rows[3 * %t + %b, %k] : tensor<75x8xf32>
          %c = pattern.read %w[%k, %j] : tensor<8x16xf32>
          %p = arith.mulf %a, %c : f32
          pattern.yield %p : f32
        }
        pattern.yield %s : f32
      }
      func.return %y : tensor<25x3x16xf32>
    }
    // after
    func.func @main(%x: tensor<3x25x8xf32>, %w: tensor<8x16xf32>) -> tensor<25x3x16xf32> {
      %y = pattern.map (%t in 25, %b in 3, %j in 16) -> tensor<25x3x16xf32> {
        %s = pattern.reduce add (%k in 8) : f32 {
          %a = pattern.read %x[%b, %t, %k] : tensor<3x25x8xf32>
          %c = pattern.read %w[%k, %j] : tensor<8x16xf32>
          %p = arith.mulf %a, %c : f32
          pattern.yield %p : f32
        }
        pattern.yield %s : f32
      }
      func.return %y : tensor<25x3x16xf32>
    }
    ```

    No bit of a result changes. Who wrote the element that a read sees is compared before and after.

    Requires: islpy; no parallel factors on maps yet.
    Leaves, with a remark that names the condition: results of the function, first values of scans,
    what is gathered, copies one of whose readers must keep it.
    Fails: names in `keep` that no copy has, `buffers` below 1, islpy missing.
    """

    name = "pattern-eliminate-copies"

    keep: tuple[str, ...] = ()
    """Names of copies to leave alone."""
    strict_lanes: bool = False
    """Keep a copy whenever a reader would not find neighbours in memory for its lanes otherwise; by
    default only where the reader has more points than the copy."""
    buffers: int = 2
    """Buffers that a carried value may have: with 1 its successor overwrites it in place."""

    def __post_init__(self) -> None:
        if self.buffers < 1:
            raise SpatialError(f"{self.name}: buffers must be at least 1, got {self.buffers}")

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Eliminate the copies of every function."""
        require_isl(self.name)
        from spatial_opt.passes.copies.compose import Rules
        from spatial_opt.passes.copies.eliminate import copies_of, eliminate

        functions = [f for f in op.ops if isinstance(f, FuncOp) and f.body.blocks]
        keep = frozenset(name.strip().lstrip("%") for name in self.keep)
        if keep:
            self._check(keep, (copy.name for f in functions for copy in copies_of(f)))
        for function in functions:
            rules = Rules(self.strict_lanes, self.buffers)
            outcome = eliminate(function, rules, keep, self._note)
            if outcome.copies:
                remark(
                    self.name,
                    function,
                    f"{outcome.eliminated} of {len(outcome.copies)} copies eliminated, "
                    f"{outcome.saved_bytes(False)} bytes on chip and "
                    f"{outcome.saved_bytes(True)} bytes off chip",
                )

    def _note(self, op: Operation, text: str) -> None:
        remark(self.name, op, text)

    def _check(self, keep: frozenset[str], copies: Iterable[str]) -> None:
        known = [name for name in copies if name]
        for name in sorted(keep.difference(known)):
            close = get_close_matches(name, known, 1)
            raise SpatialError(
                f"{self.name}: there is no copy %{name}"
                + (f", did you mean %{close[0]}?" if close else "")
                + f"; there are {', '.join(f'%{other}' for other in known) or 'none'}"
            )
