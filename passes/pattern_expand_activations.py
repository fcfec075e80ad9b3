"""Replace activations by arithmetic or table look-ups."""

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, TensorType, f32
from xdsl.dialects.func import FuncOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from spatial_opt.dialects.pattern import ActivateOp, TableOp
from spatial_opt.passes.activation_expansions import (
    TABLE_ENTRIES,
    TABLE_HIGH,
    TABLE_LOW,
    expand_activation,
)


@dataclass(frozen=True)
class PatternExpandActivationsPass(ModulePass):
    """
    Replace every `pattern.activate` by operations of the machine.

    ```mlir
    // before
    func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
      %y = pattern.map (%i in 8) -> tensor<8xf32> {
        %v = pattern.read %x[%i] : tensor<8xf32>
        %a = pattern.activate sigmoid with table %v : f32
        pattern.yield %a : f32
      }
      func.return %y : tensor<8xf32>
    }
    // after
    func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
      %sigmoid = pattern.table sigmoid entries 1024 from -8.0 to 8.0 : tensor<1024xf32>
      %y = pattern.map (%i in 8) -> tensor<8xf32> {
        %v = pattern.read %x[%i] : tensor<8xf32>
        %0 = arith.constant 6.400000e+01 : f32
        %1 = arith.mulf %v, %0 : f32
        %2 = arith.constant 5.120000e+02 : f32
        %3 = arith.addf %1, %2 : f32
        %4 = pattern.convert %3 toward_zero clamp 0, 1023 : f32 to i32
        %a = pattern.gather %sigmoid[%4] : tensor<1024xf32>, i32
        pattern.yield %a : f32
      }
      func.return %y : tensor<8xf32>
    }
    ```

    Requires: nothing. Leaves: everything else; tables already at function level are shared.
    Fails: an activation by table outside a function.
    """

    name = "pattern-expand-activations"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for activation in [inner for inner in op.walk() if isinstance(inner, ActivateOp)]:
            table = None
            if activation.method.data == "table":
                table = _table(activation, activation.function.data)
            operations = expand_activation(activation, table).operations
            for operation in operations:
                operation.location = activation.location
            operations[-1].results[0].name_hint = activation.result.name_hint
            Rewriter.replace_op(activation, operations)


def _table(op: Operation, function: str) -> SSAValue:
    """Return the function's table at the start of the surrounding function, made if missing."""
    block = _function_block(op)
    if block is None:
        raise RuntimeError(f"{op.name} with a table stands outside a function, this is a bug")
    # The new table comes first, so sharing one means moving it up to where all uses see it.
    wanted = TableOp(function, TABLE_LOW, TABLE_HIGH, TensorType(f32, [TABLE_ENTRIES]))
    for present in block.ops:
        if isinstance(present, TableOp) and present.properties == wanted.properties:
            if present.result.type == wanted.result.type:
                if present is not block.first_op:
                    present.detach()
                    Rewriter.insert_op(present, InsertPoint.at_start(block))
                return present.result
    wanted.result.name_hint = function
    wanted.location = op.location
    Rewriter.insert_op(wanted, InsertPoint.at_start(block))
    return wanted.result


def _function_block(op: Operation) -> Block | None:
    parent = op.parent_op()
    while parent is not None and not isinstance(parent, FuncOp):
        parent = parent.parent_op()
    return None if parent is None else parent.body.block
