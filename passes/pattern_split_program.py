"""Cut a program that one configuration of the machine cannot hold into several."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from spatial_opt.dialects.target import target_of
from spatial_opt.passes.parallelization.candidates import Pinned
from spatial_opt.passes.part_estimates import Estimator
from spatial_opt.passes.program_parts import Items, cut, items_of, uncuttable
from spatial_opt.passes.remarks import remark
from spatial_opt.passes.solvers.sequence import Cost, Problem, solve, total, verify


@dataclass(frozen=True)
class PatternSplitProgramPass(ModulePass):
    """
    Cut a program that one configuration cannot hold into parts that run one after another.

    Each part becomes a module of its own, and later a configuration with the machine to itself. The
    machine loads the configuration and its weights before a part runs; values go from part to part
    by their names, through DRAM. Where to cut is chosen so that estimates of all parts, loading
    included, add up to the least time.

    ```mlir
    // before
    func.func @main(%x : tensor<8xf32>) -> tensor<8xf32> {
      %y = pattern.map (%i in 8) -> tensor<8xf32> {
        %v = pattern.read %x[%i] : tensor<8xf32>
        %d = arith.addf %v, %v : f32
        pattern.yield %d : f32
      }
      %z = pattern.map (%i in 8) -> tensor<8xf32> {
        %v = pattern.read %y[%i] : tensor<8xf32>
        %d = arith.mulf %v, %v : f32
        pattern.yield %d : f32
      }
      func.return %z : tensor<8xf32>
    }
    // after, configurations=each
    builtin.module @part0 ... {
      func.func @main(%x : tensor<8xf32> {pattern.name = "x"})
          -> (tensor<8xf32> {pattern.name = "y"}) {
        %y = pattern.map (%i in 8) -> tensor<8xf32> {
          ...
        }
        func.return %y : tensor<8xf32>
      }
    }
    builtin.module @part1 ... {
      func.func @main(%y : tensor<8xf32> {pattern.name = "y"})
          -> (tensor<8xf32> {pattern.name = "result0"}) {
        ...
      }
    }
    ```

    Requires: a target (`set-target`), a program in patterns, before `pattern-parallelize`.
    Leaves: programs that fit, and those that cannot be cut: of a single map or loop, or with
    results that none computes. Parts are not cut again.
    Fails: never; what fits in no part is refused where its units are counted.
    """

    name = "pattern-split-program"

    configurations: Literal["auto", "one", "fastest", "each"] = "auto"
    """
    Several only where one cannot hold all weights; always one; several wherever estimates say that
    it takes less time; one for each map and loop.
    """
    hu: int | None = None
    """What `pattern-parallelize` will be told; so for the next four."""
    ru: int | None = None
    rv: int | None = None
    hv: int | None = None
    rows: int | None = None
    weights: Literal["auto", "resident", "dram"] = "auto"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Cut the program of `op`, if it has to be."""
        if self.configurations == "one" or isinstance(op.parent_op(), ModuleOp):
            return
        machine = target_of(op)
        items = items_of(op)
        if len(items.items) < 2:
            return
        pinned = Pinned(self.hu, self.ru, self.rv, self.hv, self.rows)
        estimator = Estimator(items, machine, pinned, self.weights)
        if self.configurations == "auto" and estimator.fits():
            return
        reason = uncuttable(items)
        if reason is not None:
            remark(self.name, items.function, f"is not cut into parts: {reason}")
            return
        if self.configurations == "each":
            cut(op, range(len(items.items)))
            return
        self._cut_best(op, items, estimator)

    def _cut_best(self, module: ModuleOp, items: Items, estimator: Estimator) -> None:
        places = estimator.places()
        ends = [*places, len(items.items)]

        def cost(first: int, last: int) -> Cost:
            # Parts of several items are better cut than streamed.
            streamed = last - first in (1, len(places))
            return estimator.cost(ends[first], ends[last], streamed)

        problem = Problem(len(places), cache(cost))
        solution = solve(problem)
        verify(problem, solution)
        whole, best = problem.cost(0, problem.items), total(problem, solution)
        if len(solution.starts) == 1:
            return
        remark(
            self.name,
            items.function,
            f"runs as {len(solution.starts)} configurations, of about {best.cycles} cycles with "
            f"their loading; as one it {_takes(whole)}",
        )
        cut(module, [places[start] for start in solution.starts])


def _takes(whole: Cost) -> str:
    if whole.lack:
        return f"lacks {whole.lack} units"
    return f"takes about {whole.cycles}"
