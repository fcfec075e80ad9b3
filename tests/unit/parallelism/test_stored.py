"""Results that need a memory of their own are counted, and so are the units of what is lowered."""

import pytest
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import ReturnOp
from xdsl.parser import Parser

from spatial_opt.dialects.spatial import PmuOp
from spatial_opt.passes.parallelization.stored import stored_memories
from spatial_opt.tools.compilation import Compilation, compile_module, make_context, steps_for

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


def product(machine: str) -> ModuleOp:
    """Compile a product with a matrix of 64 x 8 f32, 2048 bytes."""
    text = """
    func.func @main(%x : tensor<8xf32>) -> tensor<64xf32> {
      %w = pattern.parameter "W" : tensor<64x8xf32>
      %y = pattern.map (%i in 64) -> tensor<64xf32> {
        %s = pattern.reduce add (%k in 8) : f32 {
          %a = pattern.read %w[%i, %k] : tensor<64x8xf32>
          %b = pattern.read %x[%k] : tensor<8xf32>
          %p = arith.mulf %a, %b : f32
          pattern.yield %p : f32
        }
        pattern.yield %s : f32
      }
      func.return %y : tensor<64xf32>
    }"""
    module = Parser(make_context(), text).parse_module()
    steps = steps_for(module, "fused", {"target": (machine,)})
    compile_module(make_context(), module, steps, Compilation())
    return module


def test_the_last_memory_unit_is_left_for_the_result() -> None:
    """Factors that need all eight memory units of `tiny` for operands would leave none."""
    assert sum(isinstance(op, PmuOp) for op in product("tiny").walk()) <= 8
