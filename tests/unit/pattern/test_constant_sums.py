"""Which sums a memory holds as one."""

from collections.abc import Callable

import pytest
from xdsl.dialects.arith import AddfOp
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.pattern_constant_sums import is_constant_sum

BIASES = """
func.func @main(%x: tensor<4xf32>) -> tensor<5xf32> {
  %a = pattern.parameter "a" : tensor<5xf32>
  %b = pattern.parameter "b" : tensor<5xf32>
  %y = pattern.map (%i in 5) -> tensor<5xf32> {
    %v = pattern.read %a[%i] : tensor<5xf32>
    %w = pattern.read %b[%i] : tensor<5xf32>
    %s = arith.addf %v, %w : f32
    pattern.yield %s : f32
  }
  func.return %y : tensor<5xf32>
}"""


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("%v, %w", "%v, %w", True),
        # What something else uses as well, an input, or zeros that no memory holds.
        ("%v, %w", "%v, %v", False),
        ("pattern.yield %s : f32", "%t = arith.mulf %s, %v : f32 pattern.yield %t : f32", False),
        ("read %a[%i] : tensor<5xf32>", "read %x[%i] zero_outside : tensor<4xf32>", False),
        ("read %a[%i] :", "read %a[%i - 1] zero_outside :", False),
    ],
)
def test_what_one_memory_holds(
    old: str, new: str, wanted: bool, parse_checked: Callable[[str], ModuleOp]
):
    (add,) = (op for op in parse_checked(BIASES.replace(old, new)).walk() if isinstance(op, AddfOp))
    assert is_constant_sum(add) == wanted
