"""Give every kernel its parallel factors: copies, rows, pieces, lanes."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Literal

from xdsl.context import Context
from xdsl.dialects.builtin import IntegerAttr, ModuleOp, i64
from xdsl.passes import ModulePass

from spatial_opt.dialects import pattern
from spatial_opt.dialects.pattern_syntax import integers
from spatial_opt.dialects.rnn import LinearOp, RecurrentOp
from spatial_opt.dialects.target import target_of
from spatial_opt.machine.description import Machine
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.parallelization.candidates import (
    Factors,
    Pinned,
    candidates,
    rows_in_lanes,
)
from spatial_opt.passes.parallelization.facts import KernelFacts, kernel_facts
from spatial_opt.passes.parallelization.limits import check
from spatial_opt.passes.remarks import remark
from spatial_opt.passes.solvers import parallelism

LISTED = ((4, 8), (4, 6), (4, 4), (2, 4), (2, 2), (1, 2), (1, 1))
"""(hu, ru) in order of preference; the first is what Zhao et al. use for most LSTMs."""


@dataclass(frozen=True)
class PatternParallelizePass(ModulePass):
    """
    Spread kernels over units and lanes.

    A map around reductions gets `hu` copies of them (on its last dimension), each cut into `ru`
    pieces (a shorter one into fewer, so that all take as long) of vectors of `rv` elements. The
    lanes of a unit carry a reduction, or, with `hv` above 1, as many rows, each lane summing its
    own one. What stands around the reductions has `rows` units that take the copies' results in
    turn. Any other map runs over the lanes of one unit. The reduction's order, and so its
    rounding, is fixed by ru and rv; nothing else changes a value.

    ```mlir
    // before
    %y = pattern.map (%i in 64) -> tensor<64xf32> {
      %s = pattern.reduce add (%k in 128) : f32 {
        %v = pattern.read %m[%i, %k] : tensor<64x128xf32>
        pattern.yield %v : f32
      }
      pattern.yield %s : f32
    }
    // after, hu=4 ru=2 rv=4
    %y = pattern.map (%i in 64 par 4) -> tensor<64xf32> {
      %s = pattern.reduce add (%k in 128 par 2 x 4) : f32 {
        %v = pattern.read %m[%i, %k] : tensor<64x128xf32>
        pattern.yield %v : f32
      }
      pattern.yield %s : f32
    }
    ```

    Requires: a target (`set-target`), which gives lanes and units.
    Leaves: maps and reductions that already have a factor above 1; lanes where a value is not
    contiguous along them or a reduction would not stay what it is.
    Fails: factors below 1, `rv` that is no power of two or beyond every vector, `hu` or `ru` beyond
    every domain, more dot products than the machine has compute units, `hv` where lanes cannot
    carry rows, layers that are not converted yet.
    """

    name = "pattern-parallelize"

    hu: int | None = None
    """Copies of the reductions; chosen by default."""
    ru: int | None = None
    """Pieces of the longest reduction of a kernel; chosen by default."""
    rv: int | None = None
    """Elements per vector; by default what fills a vector of the target."""
    hv: int | None = None
    """Rows that the lanes of a unit carry, 1 or the target's lanes; chosen by default."""
    rows: int | None = None
    """Units of what stands around the reductions, which share the copies; `hu` if that is given."""
    operands: Literal["shared", "private"] = "shared"
    """What `convert-pattern-to-spatial` will be told: whether dot products share their operands."""
    choice: Literal["best", "listed"] = "best"
    """Choose the fastest factors that fit, or the first that fit of a short list: 4 and 8, …"""

    def __post_init__(self) -> None:
        given = (
            ("hu", self.hu),
            ("ru", self.ru),
            ("rv", self.rv),
            ("hv", self.hv),
            ("rows", self.rows),
        )
        for name, value in given:
            if value is not None and value < 1:
                raise SpatialError(f"{self.name}: {name} must be at least 1, got {value}")
        for name, value in (("rv", self.rv), ("hv", self.hv)):
            if value is not None and value & (value - 1):
                raise SpatialError(
                    f"{self.name}: {name} must be a power of two, got {value}; "
                    "the lanes of a unit form a binary tree"
                )
        if self.hu is not None and self.rows is not None and self.hu % min(self.rows, self.hu):
            raise SpatialError(
                f"{self.name}: rows must divide hu, got rows={self.rows} and hu={self.hu}"
            )

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Set the factors of all kernels."""
        machine = target_of(op)
        layer = next((o for o in op.walk() if isinstance(o, RecurrentOp | LinearOp)), None)
        if layer is not None:
            raise SpatialError(
                f"the module still holds {layer.name}, which has no kernels to spread; run "
                "convert-rnn-to-pattern first"
            )
        maps = [k for k in op.walk() if isinstance(k, pattern.MapOp) and _is_kernel(k)]
        # A map of one point without a dimension has nothing to spread.
        kernels = [kernel_facts(k, machine) for k in maps if k.domain]
        check(kernels, machine, self._pinned)
        for kernel in kernels:
            if not kernel.reductions:
                _spread_rows(kernel, machine)
        reducing = [kernel for kernel in kernels if kernel.reductions]
        for kernel in reducing:
            _explain(kernel, self._pinned, machine)
        for kernel, factors in zip(reducing, self._choose(kernels, machine), strict=True):
            _set(kernel, factors)

    @property
    def _pinned(self) -> Pinned:
        return Pinned(self.hu, self.ru, self.rv, self.hv, self.rows)

    def _choose(self, kernels: list[KernelFacts], machine: Machine) -> list[Factors]:
        """Choose the factors of all kernels with reductions, within the units that are left."""
        reducing = [kernel for kernel in kernels if kernel.reductions]
        compute = memory = 0
        for kernel in kernels:
            if not kernel.reductions:
                stages = machine.pcu.stages
                compute += sum(-(-ops // stages) for level in kernel.row_ops for ops in level) or 1
                memory += kernel.row_memories
        left = (
            len(machine.grid.positions("pcu")) - compute,
            len(machine.grid.positions("pmu")) - memory,
        )
        pinned = self._pinned
        private = self.operands == "private"
        if self.choice == "best":
            found = [list(candidates(kernel, machine, pinned, private)) for kernel in reducing]
            for kernel, options in zip(reducing, found, strict=True):
                _refuse_none(kernel, pinned, bool(options))
            return _solved(found, left)
        chosen: list[Factors] = []
        for hu, ru in LISTED:
            each = Pinned(self.hu or hu, self.ru or ru, self.rv, self.hv or 1, self.rows)
            found = [list(candidates(kernel, machine, each, private))[:1] for kernel in reducing]
            chosen = [options[0][0] for options in found]
            if all(
                sum(getattr(options[0][1], name) for options in found) <= limit
                for name, limit in zip(("compute_units", "memory_units"), left, strict=True)
            ):
                break
        return chosen


def _solved(
    found: list[list[tuple[Factors, parallelism.Option]]], left: tuple[int, int]
) -> list[Factors]:
    problem = parallelism.Problem(
        tuple(tuple(option for _, option in options) for options in found), *left
    )
    solution = parallelism.solve(problem)
    parallelism.verify(problem, solution)
    return [options[n][0] for options, n in zip(found, solution.chosen, strict=True)]


def _explain(kernel: KernelFacts, pinned: Pinned, machine: Machine) -> None:
    """Say why lanes do not carry rows; refuse that where it was asked for."""
    reason = rows_in_lanes(kernel, pinned, machine)
    if reason is not None:
        remark(PatternParallelizePass.name, kernel.op, f"lanes cannot carry its rows: {reason}")
        if pinned.hv is not None and pinned.hv > 1 and kernel.length > 1:
            raise SpatialError(
                f"hv={pinned.hv} for {kernel.name}: lanes cannot carry its rows, since {reason}; "
                "leave hv out or take hv=1"
            )
    for facts in kernel.reductions:
        if facts.vectors is not None:
            remark(
                PatternParallelizePass.name,
                facts.op,
                f"lanes cannot carry the reduction: {facts.vectors}",
            )


def _refuse_none(kernel: KernelFacts, pinned: Pinned, any_left: bool) -> None:
    """Refuse factors that leave nothing to choose from."""
    if not any_left:
        raise SpatialError(
            f"no parallel factors of {kernel.name} are left by hu={pinned.hu}, ru={pinned.ru}, "
            f"rv={pinned.rv}, hv={pinned.hv}, rows={pinned.rows}; leave some of them out"
        )


def _is_kernel(op: pattern.MapOp) -> bool:
    return not isinstance(op.parent_op(), pattern.MapOp | pattern.ReduceOp)


def _spread_rows(kernel: KernelFacts, machine: Machine) -> None:
    op = kernel.op
    if op.lane_count > 1 or prod(op.par_factors) > 1:
        return
    if kernel.length == 1:
        return
    if kernel.lanes is None:
        op.lanes = IntegerAttr(machine.pcu.lanes, i64)
    else:
        remark(PatternParallelizePass.name, op, f"runs one element at a time: {kernel.lanes}")


def _set(kernel: KernelFacts, factors: Factors) -> None:
    """Write factors onto a kernel, where it has none yet."""
    op = kernel.op
    if prod(op.par_factors) == 1 and op.lane_count == 1:
        op.par = integers([1] * (len(op.domain) - 1) + [factors.copies])
        op.lanes = IntegerAttr(factors.lanes, i64)
        if factors.rows != factors.copies:
            op.rows = IntegerAttr(factors.rows, i64)
    for facts, (pieces, lanes) in zip(kernel.reductions, factors.reductions, strict=True):
        reduce = facts.op
        if prod(reduce.par_factors) == 1 and reduce.lane_count == 1:
            reduce.par = integers([1] * (len(reduce.domain) - 1) + [pieces])
            reduce.lanes = IntegerAttr(lanes, i64)
