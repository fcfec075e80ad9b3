"""Results that need a memory of their own are counted."""

import pytest
from xdsl.dialects.func import ReturnOp
from xdsl.parser import Parser

from spatial_opt.passes.parallelization.stored import stored_memories
from spatial_opt.tools.compilation import make_context

LOOP = """
func.func @main(%x : tensor<3x8xf32>) -> (tensor<8xf32>, tensor<3x8xf32>{more}) {{
  %zero = arith.constant dense<0.0> : tensor<8xf32>
  %last, %y, %z = pattern.scan (%t in 3) carry (%h = %zero : tensor<8xf32>)
      -> (tensor<8xf32>, tensor<3x8xf32>, tensor<3x8xf32>) {{
    %n = pattern.map (%j in 8) -> tensor<8xf32> {{
      %v = pattern.read %x[%t, %j] : tensor<3x8xf32>
      %o = pattern.read %h[%j] : tensor<8xf32>
      %s = arith.addf %v, %o : f32
      pattern.yield %s : f32
    }}
    %m = pattern.map (%j in 8) -> tensor<8xf32> {{
      %v = pattern.read %n[%j] : tensor<8xf32>
      %d = arith.mulf %v, %v : f32
      pattern.yield %d : f32
    }}
    pattern.next %n emit %n, %m : tensor<8xf32>, tensor<8xf32>, tensor<8xf32>
  }}
  %a = pattern.map (%j in 8) -> tensor<8xf32> {{
    %v = pattern.read %last[%j] : tensor<8xf32>
    %d = arith.addf %v, %v : f32
    pattern.yield %d : f32
  }}
  func.return %last, %y{returned} : tensor<8xf32>, tensor<3x8xf32>{more}
}}"""


@pytest.mark.parametrize(
    ("returned", "more", "count"),
    [
        ("", "", 0),
        (", %z", ", tensor<3x8xf32>", 1),
        (", %z, %a", ", tensor<3x8xf32>, tensor<8xf32>", 2),
        (", %a, %a", ", tensor<8xf32>, tensor<8xf32>", 1),
    ],
)
def test_results_with_a_memory_of_their_own(returned: str, more: str, count: int) -> None:
    module = Parser(make_context(), LOOP.format(returned=returned, more=more)).parse_module()
    (end,) = (op for op in module.walk() if isinstance(op, ReturnOp))
    assert stored_memories(end.operands) == count
