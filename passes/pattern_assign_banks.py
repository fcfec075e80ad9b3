"""Deal the rows of all kernels to their units so that few words change their unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, StringAttr
from xdsl.passes import ModulePass

from spatial_opt.dialects.rnn import LinearOp, RecurrentOp
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.bank_assignment.uses import kernels_of, uses_of
from spatial_opt.passes.polyhedral.library import require_isl
from spatial_opt.passes.remarks import remark
from spatial_opt.passes.solvers import bank_assignment


@dataclass(frozen=True)
class PatternAssignBanksPass(ModulePass):
    """
    Deal the rows of each kernel to its units, cyclically or in blocks.

    A kernel of several row units makes each row on one of them. A unit of another kernel that
    needs an element gets it without a detour if the unit of its own number makes it; otherwise the
    word moves between units. Which of the two dealings moves fewer words depends on what both
    kernels do: where a kernel reads every second row of another, unit q needs what unit q makes
    just if both deal in blocks. So all kernels are decided together (`policy=global`): the fewest
    words there are, and among equals as few blocks as possible.

    ```mlir
    // before
    func.func @main(%x : tensor<16xf32>) -> tensor<8xf32> {
      %y = pattern.map (%i in 16 par 4) -> tensor<16xf32> {
        %v = pattern.read %x[%i] : tensor<16xf32>
        %d = arith.addf %v, %v : f32
        pattern.yield %d : f32
      }
      %z = pattern.map (%j in 8 par 4) -> tensor<8xf32> {
        %v = pattern.read %y[2 * %j] : tensor<16xf32>
        %d = arith.mulf %v, %v : f32
        pattern.yield %d : f32
      }
      func.return %z : tensor<8xf32>
    }
    // after
    func.func @main(%x : tensor<16xf32>) -> tensor<8xf32> {
      %y = pattern.map (%i in 16 par 4) deal blocked -> tensor<16xf32> {
        ...
      }
      %z = pattern.map (%j in 8 par 4) deal blocked -> tensor<8xf32> {
        ...
      }
      func.return %z : tensor<8xf32>
    }
    ```

    Requires: kernels with their factors (`pattern-parallelize`, or by hand).
    Leaves: kernels of one row unit; dealings that stand in the text, cyclic ones too; what all
    units need alike, which moves the same however rows are dealt; all values.
    Fails: the module holds layers that are not converted yet; islpy is not installed.
    """

    name = "pattern-assign-banks"

    policy: Literal["global", "local"] = "global"
    """
    Decide all kernels together, or each by itself: what it would like best if its neighbours did as
    it liked.
    """

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Set the dealing of kernels that are not cyclic."""
        layer = next((o for o in op.walk() if isinstance(o, RecurrentOp | LinearOp)), None)
        if layer is not None:
            raise SpatialError(
                f"the module still holds {layer.name}, which has no kernels whose rows could be "
                "dealt; run convert-rnn-to-pattern and pattern-parallelize first"
            )
        require_isl(self.name)
        from spatial_opt.passes.bank_assignment.problem import options_of, problem_of

        kernels = kernels_of(op)
        options = [options_of(kernel) for kernel in kernels]
        problem = problem_of(options, uses_of(kernels))
        together = bank_assignment.solve(problem)
        bank_assignment.verify(problem, together)
        alone = bank_assignment.local(problem)
        chosen = together if self.policy == "global" else alone
        for kernel, dealings, place in zip(kernels, options, chosen.chosen, strict=True):
            if place:
                kernel.deal = StringAttr("blocked")
                deal = dealings[place]
                remark(
                    self.name,
                    kernel,
                    f"{deal.rows} rows are dealt to {deal.units} units in blocks of {deal.block}",
                )
        if problem.edges:
            remark(
                self.name,
                None,
                f"words that move between units: {problem.words([0] * len(kernels))} dealt "
                f"cyclically, {alone.words} chosen kernel by kernel, {together.words} chosen "
                "together",
            )
