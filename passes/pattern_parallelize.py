"""Give every kernel its parallel factors: copies, rows, pieces, lanes."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Literal

from xdsl.context import Context
from xdsl.dialects.builtin import IntegerAttr, ModuleOp, i64
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.passes import ModulePass

from spatial_opt.dialects import pattern
from spatial_opt.dialects.pattern_syntax import integers
from spatial_opt.dialects.rnn import LinearOp, RecurrentOp
from spatial_opt.dialects.target import target_of
from spatial_opt.machine.description import Machine
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.parallelization.candidates import Pinned, rows_in_lanes
from spatial_opt.passes.parallelization.choice import Choice
from spatial_opt.passes.parallelization.estimates import Factors
from spatial_opt.passes.parallelization.facts import KernelFacts, kernel_facts
from spatial_opt.passes.parallelization.limits import check
from spatial_opt.passes.parallelization.stored import stored_memories
from spatial_opt.passes.remarks import remark


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
    weights: Literal["auto", "resident", "dram"] = "auto"
    """
    What `spatial-stream-weights` will be told: whether weights that do not fit the memory units may
    be loaded from DRAM all the time.
    """

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
        private = self.operands == "private"
        returned = [v for o in op.walk() if isinstance(o, ReturnOp) for v in o.operands]
        choice = Choice(
            kernels,
            machine,
            self._pinned,
            private,
            self.weights,
            _moved(op),
            stored_memories(returned),
        )
        chosen = choice.best() if self.choice == "best" else choice.listed()
        for kernel, factors in zip(reducing, chosen, strict=True):
            _set(kernel, factors)

    @property
    def _pinned(self) -> Pinned:
        return Pinned(self.hu, self.ru, self.rv, self.hv, self.rows)


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


def _moved(module: ModuleOp) -> int:
    """Count the tensors that address generators load or store."""
    found = 0
    for function in module.walk():
        if isinstance(function, FuncOp):
            found += len(function.args) + len(function.function_type.outputs)
    return found


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
