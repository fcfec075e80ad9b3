"""The pass rnn-set-format."""

from dataclasses import dataclass
from typing import Literal

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from spatial_opt.dialects.rnn import FormatAttr, LinearOp, RecurrentOp

_DEFAULT_SCALE = {"f32": 1.0, "bf16": 1.0, "int8": 127.0, "mixed8": 16.0}
"""int8 covers [-1, 1]; mixed8 puts the usual range of weights in the middle of f8E4M3FN's."""


@dataclass(frozen=True)
class RnnSetFormatPass(ModulePass):
    """
    Give every rnn operation that has none a number format.

    ```mlir
    // before
    %y = rnn.linear %x, %w : (tensor<1x4xf32>, tensor<2x4xf32>) -> tensor<1x2xf32>
    // after, format=int8 weight-scale=64.0
    %y = rnn.linear %x, %w format <int8, input 127.0, weight 64.0, recurrent 127.0, state 127.0>
        : (tensor<1x4xf32>, tensor<2x4xf32>) -> tensor<1x2xf32>
    ```

    Requires: nothing. Leaves: operations that have a format.
    Fails: a scale that is not positive and finite, or a scale other than 1 for f32.
    """

    name = "rnn-set-format"

    format: Literal["f32", "bf16", "int8", "mixed8"] = "mixed8"
    """The number format."""
    input_scale: float | int | None = None
    """Multiplies inputs before they are stored; 1 for f32 and bf16, 127 for int8, 16 for mixed8."""
    weight_scale: float | int | None = None
    """Multiplies W, as above."""
    recurrent_scale: float | int | None = None
    """Multiplies R, as above."""
    state_scale: float | int | None = None
    """Multiplies the hidden state, as above."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        default = _DEFAULT_SCALE[self.format]
        scales = {
            "input": self.input_scale,
            "weight": self.weight_scale,
            "recurrent": self.recurrent_scale,
            "state": self.state_scale,
        }
        attribute = FormatAttr.of(
            self.format,
            **{which: default if scale is None else scale for which, scale in scales.items()},
        )
        for inner in op.walk():
            if isinstance(inner, RecurrentOp | LinearOp) and inner.format is None:
                inner.format = attribute
