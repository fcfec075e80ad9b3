"""The pass convert-linalg-to-pattern."""

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.passes import ModulePass
from xdsl.rewriter import Rewriter

from spatial_opt.dialects.pattern import Pattern
from spatial_opt.lowering.raising.program import raise_function
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.simplification.dead_code import erase_dead


@dataclass(frozen=True)
class ConvertLinalgToPatternPass(ModulePass):
    """
    Raise a function on tensors, of upstream dialects, to patterns.

    It takes what front ends of MLIR emit for a network, torch-mlir from ONNX for one: `linalg`,
    named or generic, `tensor`, `scf.for` and `scf.while` over steps, `arith` and `math`.

    ```mlir
    // before
    func.func @g(%x: tensor<5x8xf32>, %w: tensor<4x8xf32>) -> tensor<4xf32> {
      %zero = arith.constant dense<0.0> : tensor<4xf32>
      %f = arith.constant 0.0 : f32
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c5 = arith.constant 5 : index
      %last = scf.for %t = %c0 to %c5 step %c1 iter_args(%h = %zero) -> (tensor<4xf32>) {
        %xt = tensor.extract_slice %x[%t, 0] [1, 8] [1, 1] : tensor<5x8xf32> to tensor<1x8xf32>
        %e = tensor.empty() : tensor<8x4xf32>
        %wt = linalg.transpose ins(%w : tensor<4x8xf32>) outs(%e : tensor<8x4xf32>)
            permutation = [1, 0]
        %o = tensor.empty() : tensor<1x4xf32>
        %z = linalg.fill ins(%f : f32) outs(%o : tensor<1x4xf32>) -> tensor<1x4xf32>
        %p = linalg.matmul ins(%xt, %wt : tensor<1x8xf32>, tensor<8x4xf32>)
            outs(%z : tensor<1x4xf32>) -> tensor<1x4xf32>
        %q = tensor.collapse_shape %p [[0, 1]] : tensor<1x4xf32> into tensor<4xf32>
        %n = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>,
                                              affine_map<(d0) -> (d0)>],
                             iterator_types = ["parallel"]}
            ins(%q, %h : tensor<4xf32>, tensor<4xf32>) outs(%zero : tensor<4xf32>) {
        ^bb0(%a: f32, %b: f32, %u: f32):
          %s = arith.addf %a, %b : f32
          %v = math.tanh %s : f32
          linalg.yield %v : f32
        } -> tensor<4xf32>
        scf.yield %n : tensor<4xf32>
      }
      func.return %last : tensor<4xf32>
    }
    // after
    func.func @main(%x: tensor<5x8xf32>, %w: tensor<4x8xf32>) -> tensor<4xf32> {
      %zero = arith.constant dense<0.000000e+00> : tensor<4xf32>
      %last = pattern.scan (%t in 5) carry (%h = %zero : tensor<4xf32>) -> tensor<4xf32> {
        %p = pattern.map (%m in 1, %i in 4) -> tensor<1x4xf32> {
          %s = pattern.reduce add (%k in 8) : f32 {
            %a = pattern.read %x[%t, %k] : tensor<5x8xf32>
            %b = pattern.read %w[%i, %k] : tensor<4x8xf32>
            %c = arith.mulf %a, %b : f32
            pattern.yield %c : f32
          }
          pattern.yield %s : f32
        }
        %n = pattern.map (%j in 4) -> tensor<4xf32> {
          %d = pattern.read %p[0, %j] : tensor<1x4xf32>
          %o = pattern.read %h[%j] : tensor<4xf32>
          %e = arith.addf %d, %o : f32
          %v = pattern.activate tanh %e : f32
          pattern.yield %v : f32
        }
        pattern.next %n : tensor<4xf32>
      }
      func.return %last : tensor<4xf32>
    }
    ```

    Slices, reshapes, transpositions, broadcasts and paddings with zeros become accesses; nothing
    is copied for them. A loop becomes a recurrence: tensors into which every step writes its own
    part are stacked, integers that count vanish, all else is carried. Integers that only index
    are folded as functions of the step, clamps and casts with them. Of bodies, tanh, exp, log, erf
    and 1 / (1 + exp(-x)) become activations, whole powers products, and conversions with limits
    conversions. Of an operation with several results those are raised that somebody uses.

    Arguments stay arguments, but those that `convert-pattern-to-linalg` marked become parameters
    again. The function is called @main from then on. `linalg` leaves the order of sums open; here
    it is that of the loops.

    Requires: static shapes; one function. Leaves: a function that holds patterns already.
    Fails: operations without such a form, named with their place; loops whose number of steps is
    not constant; slices at places that are no affine function of the steps; f64 and i64 elements;
    results that are used before they are computed.
    """

    name = "convert-linalg-to-pattern"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Raise the function of a module."""
        functions = [
            inner for inner in op.ops if isinstance(inner, FuncOp) and not inner.is_declaration
        ]
        if len(functions) != 1:
            names = ", ".join(f"@{inner.sym_name.data}" for inner in functions) or "none"
            raise SpatialError(
                f"a program is one function with a body, found {names}; inline the others first"
            )
        (function,) = functions
        if any(inner.dialect_name() == Pattern.name for inner in function.walk()):
            return
        new = raise_function(function)
        Rewriter.replace_op(function, new)
        erase_dead(new.body.block)
