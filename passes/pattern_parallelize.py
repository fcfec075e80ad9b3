"""Give every kernel its parallel factors: copies, pieces, lanes."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from xdsl.context import Context
from xdsl.dialects.builtin import IntegerAttr, ModuleOp, TensorType, i64
from xdsl.ir import Attribute, Operation
from xdsl.passes import ModulePass
from xdsl.utils.hints import isa

from spatial_opt.dialects import pattern, spatial
from spatial_opt.dialects.pattern_syntax import integers
from spatial_opt.dialects.rnn import LinearOp, RecurrentOp
from spatial_opt.dialects.target import target_of
from spatial_opt.machine.description import Machine
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.solvers import parallelism


@dataclass(frozen=True)
class PatternParallelizePass(ModulePass):
    """
    Spread kernels over units and lanes.

    A map around a reduction runs `hu` of its rows at once (on its last dimension) and cuts
    each reduction into `ru` pieces of vectors of `rv` elements; any other map runs over the
    lanes of one unit. The reduction's order, and so its rounding, is fixed by ru and rv.

    ```mlir
    // before
    %y = pattern.map (%i in 64) -> tensor<64xf32> {
      %s = pattern.reduce add (%k in 128) : f32 {
        %v = pattern.read %m[%i, %k] : tensor<64x128xf32>
        pattern.yield %v : f32
      }
      pattern.yield %s : f32
    }
    // after, hu=4 ru=2 rv=16
    %y = pattern.map (%i in 64 par 4) -> tensor<64xf32> {
      %s = pattern.reduce add (%k in 128 par 2 x 16) : f32 {
        %v = pattern.read %m[%i, %k] : tensor<64x128xf32>
        pattern.yield %v : f32
      }
      pattern.yield %s : f32
    }
    ```

    Requires: a target (`set-target`), which gives lanes and the default factors.
    Leaves: maps and reductions that already have a factor above 1.
    Fails: factors below 1, `rv` that is no power of two, layers that are not converted yet.
    """

    name = "pattern-parallelize"

    hu: int | None = None
    """Rows at once; by default 4, less where the machine is small."""
    ru: int | None = None
    """Pieces of each reduction; by default 8, less where the machine is small."""
    rv: int | None = None
    """Elements per vector; by default what fills a vector of the target."""

    def __post_init__(self) -> None:
        for name, value in (("hu", self.hu), ("ru", self.ru), ("rv", self.rv)):
            if value is not None and value < 1:
                raise SpatialError(f"{self.name}: {name} must be at least 1, got {value}")
        if self.rv is not None and self.rv & (self.rv - 1):
            raise SpatialError(
                f"{self.name}: rv must be a power of two, got {self.rv}; "
                "the lanes of a unit form a binary tree"
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
        kernels = [k for k in op.walk() if isinstance(k, pattern.MapOp) and _is_kernel(k)]
        choice = self._choose(kernels, machine)
        for kernel in kernels:
            reduces = _reduces(kernel)
            if not reduces:
                if kernel.lane_count == 1 and prod(kernel.par_factors) == 1:
                    kernel.lanes = IntegerAttr(machine.pcu.lanes, i64)
                continue
            if prod(kernel.par_factors) == 1:
                copies = min(choice.copies, kernel.domain[-1])
                kernel.par = integers([1] * (len(kernel.domain) - 1) + [copies])
            for reduce in reduces:
                if prod(reduce.par_factors) == 1 and reduce.lane_count == 1:
                    lanes = self.rv or _lanes(reduce, machine)
                    shape = parallelism.Reduction(1, reduce.domain[-1], lanes, 0)
                    pieces = parallelism.pieces_of(shape, choice.pieces)
                    reduce.par = integers([1] * (len(reduce.domain) - 1) + [pieces])
                    reduce.lanes = IntegerAttr(lanes, i64)

    def _choose(self, kernels: list[pattern.MapOp], machine: Machine) -> parallelism.Solution:
        reductions: list[parallelism.Reduction] = []
        compute = memory = 0
        for kernel in kernels:
            found = _reduces(kernel)
            ops = sum(1 for inner in kernel.walk() if inner.name.startswith("arith."))
            reads = sum(1 for inner in kernel.walk() if isinstance(inner, pattern.ReadOp))
            compute += 0 if found else max(1, -(-ops // machine.pcu.stages))
            memory += 0 if found else reads
            for reduce in found:
                reductions.append(
                    parallelism.Reduction(
                        kernel.domain[-1],
                        reduce.domain[-1],
                        self.rv or _lanes(reduce, machine),
                        _resident_bytes(reduce),
                    )
                )
        strict = machine.enforces("pmu.capacity_bytes")
        problem = parallelism.Problem(
            tuple(reductions),
            compute,
            memory,
            len(machine.grid.positions("pcu")),
            len(machine.grid.positions("pmu")),
            machine.pmu.capacity_bytes if strict else 0,
            self.hu,
            self.ru,
        )
        solution = parallelism.solve(problem)
        parallelism.verify(problem, solution)
        return solution


def _is_kernel(op: pattern.MapOp) -> bool:
    return not isinstance(op.parent_op(), pattern.MapOp | pattern.ReduceOp)


def _reduces(op: pattern.MapOp) -> list[pattern.ReduceOp]:
    return [inner for inner in op.body.block.ops if isinstance(inner, pattern.ReduceOp)]


def _reads(op: Operation) -> list[pattern.ReadOp]:
    return [inner for inner in op.walk() if isinstance(inner, pattern.ReadOp)]


def _lanes(reduce: pattern.ReduceOp, machine: Machine) -> int:
    """Elements of the widest format read that fill one vector."""
    bits = max((spatial.element_bits(r.result.type) for r in _reads(reduce)), default=32)
    return machine.lanes_for(bits)


def _resident_bytes(reduce: pattern.ReduceOp) -> int:
    total = 0
    for read in _reads(reduce):
        type = read.source.type
        if isinstance(read.source.owner, pattern.ParameterOp) and isa(type, TensorType[Attribute]):
            total += prod(type.get_shape()) * spatial.element_bits(type.element_type) // 8
    return total
