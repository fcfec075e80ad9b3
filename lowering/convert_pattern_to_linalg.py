"""The pass convert-pattern-to-linalg."""

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.passes import ModulePass
from xdsl.rewriter import Rewriter

from spatial_opt.dialects.pattern import Pattern
from spatial_opt.dialects.target import TARGET
from spatial_opt.lowering.linalg.legality import refuse
from spatial_opt.lowering.linalg.program import convert_function
from spatial_opt.passes.pattern_expand_activations import PatternExpandActivationsPass


@dataclass(frozen=True)
class ConvertPatternToLinalgPass(ModulePass):
    """
    Write patterns in upstream dialects: `linalg` on tensors, `scf`, `tensor`, `arith`, `math`.

    ```mlir
    // before
    func.func @main(%x: tensor<5x8xf32>) -> tensor<4xf32> {
      %w = pattern.parameter "W" : tensor<4x8xf32>
      %h0 = arith.constant dense<0.0> : tensor<4xf32>
      %last = pattern.scan (%t in 5) carry (%h = %h0 : tensor<4xf32>) -> tensor<4xf32> {
        %n = pattern.map (%i in 4) -> tensor<4xf32> {
          %s = pattern.reduce add (%k in 8) : f32 {
            %a = pattern.read %w[%i, %k] : tensor<4x8xf32>
            %b = pattern.read %x[%t, %k] : tensor<5x8xf32>
            %p = arith.mulf %a, %b : f32
            pattern.yield %p : f32
          }
          %o = pattern.read %h[%i] : tensor<4xf32>
          %v = arith.addf %s, %o : f32
          pattern.yield %v : f32
        }
        pattern.next %n : tensor<4xf32>
      }
      func.return %last : tensor<4xf32>
    }
    // after
    func.func @main(%x: tensor<5x8xf32> {pattern.name = "x"},
                    %w: tensor<4x8xf32> {pattern.parameter = "W"}) -> tensor<4xf32> {
      %h0 = arith.constant dense<0.000000e+00> : tensor<4xf32>
      ...
      %last = scf.for %t = %c0 to %c5 step %c1 iter_args(%h = %h0) -> (tensor<4xf32>) {
        ...
        %xt = tensor.extract_slice %x[%t, 0] [1, 8] [1, 1] : tensor<5x8xf32> to tensor<8xf32>
        %s = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>,
                                              affine_map<(d0, d1) -> (d1)>,
                                              affine_map<(d0, d1) -> (d0)>],
                             iterator_types = ["parallel", "reduction"]}
            ins(%w, %xt : tensor<4x8xf32>, tensor<8xf32>) outs(%zero : tensor<4xf32>) {
        ^bb0(%a: f32, %b: f32, %sum: f32):
          %p = arith.mulf %a, %b fastmath<contract> : f32
          %next = arith.addf %sum, %p fastmath<reassoc,contract> : f32
          linalg.yield %next : f32
        } -> tensor<4xf32>
        ...
        scf.yield %n : tensor<4xf32>
      }
      func.return %last : tensor<4xf32>
    }
    ```

    Parameters become arguments. A map is an operation per reduction in it and one for the rest; a
    body with maps or scans in it becomes loops over its points. Reads become slices (of a step, or
    with strides), or padding where they may lie outside; computed coordinates are clamped to the
    tensor. Activations are expanded. `par`, `lanes` and such stay as attributes.

    Numbers are those of the pattern dialect, bit for bit: f16, bf16 and 8-bit floats are extended
    to f32, and each result is brought back by `arith.truncf`, with limits in front for the 8-bit
    floats, which saturate. Trees that round in between (`through [f16, f32]`) are kept. Other sums
    of f32 are written as free to be in any order (`fastmath<reassoc,contract>`), each with the
    rounding of its products left to the machine, unless `exact` is set; sums of integers, and
    extremes, are the same in any order.

    Requires: `convert-rnn-to-pattern`. Leaves: functions without patterns; drops memories and the
    target, which say nothing about values. Fails: rnn operations; a configuration; a reduction
    whose order matters and that has more lanes or pieces than one body can combine.
    """

    name = "convert-pattern-to-linalg"

    exact: bool = False
    """Keep the order of every sum as the reductions define it, also in f32."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Convert every function that holds patterns."""
        refuse(op, self.exact)
        PatternExpandActivationsPass().apply(ctx, op)
        for function in [inner for inner in op.ops if isinstance(inner, FuncOp)]:
            if any(inner.dialect_name() == Pattern.name for inner in function.walk()):
                Rewriter.replace_op(function, convert_function(function, self.exact))
        # Upstream knows no spatial machine.
        op.attributes.pop(TARGET, None)
