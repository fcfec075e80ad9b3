"""Give reductions vectors, where the types of their trees ask for some."""

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import IntegerAttr, ModuleOp, i64
from xdsl.passes import ModulePass

from spatial_opt.dialects.pattern import ReduceOp
from spatial_opt.machine.errors import SpatialError


@dataclass(frozen=True)
class PatternVectorizePass(ModulePass):
    """
    Give every reduction that names the types of its tree vectors of `lanes` elements.

    Without vectors there is no tree, and nothing is added in those types. `pattern-parallelize`
    chooses vectors for a spatial machine; this pass is for a processor.

    ```mlir
    // before
    %y = pattern.map (%i in 8) -> tensor<8xf32> {
      %s = pattern.reduce add (%k in 64) through [f16, f32] : f32 {
        %v = pattern.read %w[%i, %k] : tensor<8x64xf8E4M3FN>
        pattern.yield %v : f8E4M3FN
      }
      pattern.yield %s : f32
    }
    // after, lanes=16
    %y = pattern.map (%i in 8) -> tensor<8xf32> {
      %s = pattern.reduce add (%k in 64 par 1 x 16) through [f16, f32] : f32 {
        %v = pattern.read %w[%i, %k] : tensor<8x64xf8E4M3FN>
        pattern.yield %v : f8E4M3FN
      }
      pattern.yield %s : f32
    }
    ```

    Requires: nothing. Leaves: reductions that have vectors, and those whose tree has no types,
    of which vectors would change nothing but the order. Fails: `lanes` below one.
    """

    name = "pattern-vectorize"

    lanes: int = 16
    """Elements of a vector."""

    def __post_init__(self) -> None:
        if self.lanes < 1:
            raise SpatialError(
                f"pattern-vectorize: lanes is the length of a vector, got {self.lanes}; give 1 or "
                "more"
            )

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Set the lanes."""
        for inner in op.walk():
            if isinstance(inner, ReduceOp) and inner.through is not None and inner.lane_count == 1:
                inner.properties["lanes"] = IntegerAttr(self.lanes, i64)
