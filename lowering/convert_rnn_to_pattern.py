"""The pass convert-rnn-to-pattern."""

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass
from xdsl.rewriter import Rewriter

from spatial_opt.dialects.rnn import LinearOp, RecurrentOp
from spatial_opt.lowering.rnn.lower import lower, wants_of
from spatial_opt.lowering.rnn.storage import Storage


@dataclass(frozen=True)
class ConvertRnnToPatternPass(ModulePass):
    """
    Write each layer as one kernel per call of a BLAS-like library, inside a scan over time.

    ```mlir
    // before
    func.func @main(%x : tensor<8x1x3xf32>, %w : tensor<1x4x3xf32>, %r : tensor<1x4x4xf32>)
        -> tensor<1x1x4xf32> {
      %y, %yh = rnn.rnn %x, %w, %r hidden 4 activations [relu]
          : (tensor<8x1x3xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>)
          -> (tensor<8x1x1x4xf32>, tensor<1x1x4xf32>)
      func.return %yh : tensor<1x1x4xf32>
    }
    // after
    %h0 = arith.constant dense<0.000000e+00> : tensor<1x1x4xf32>
    %yh = pattern.scan (%t in 8) carry (%h_prev = %h0 : tensor<1x1x4xf32>) -> tensor<1x1x4xf32> {
      %wx = pattern.map (%b in 1, %j in 4) -> tensor<1x4xf32> { ... }
      %rh = pattern.map (%b_1 in 1, %j_1 in 4) -> tensor<1x4xf32> { ... }
      %pre = pattern.map (%b_2 in 1, %j_2 in 4) -> tensor<1x4xf32> { ... }
      %h = pattern.map (%d in 1, %b_3 in 1, %j_3 in 4) -> tensor<1x1x4xf32> { ... }
      pattern.next %h : tensor<1x1x4xf32>
    }
    ```

    A layer's format (see rnn-set-format) decides the storage of weights, inputs and states:
    parameters are stored in every form that is wanted, a function argument changes its type if
    all its users want the same form, anything else gets a conversion kernel. Biases, peepholes,
    the cell and all elementwise arithmetic stay f32. Results nobody uses produce nothing.

    Requires: nothing. Leaves: other operations, and unused parameters. Fails: never on verified IR.
    """

    name = "convert-rnn-to-pattern"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for function in [inner for inner in op.walk() if isinstance(inner, func.FuncOp)]:
            _convert(function)


def _convert(function: func.FuncOp) -> None:
    layers = [op for op in function.walk() if isinstance(op, RecurrentOp | LinearOp)]
    for layer in reversed(layers):
        if not any(result.uses for result in layer.results):
            Rewriter.erase_op(layer)
    layers = [layer for layer in layers if layer.parent is not None]
    storage = Storage(function, [want for layer in layers for want in wants_of(layer)])
    for layer in layers:
        lower(layer, storage)
        Rewriter.erase_op(layer)
    storage.clean_up()
