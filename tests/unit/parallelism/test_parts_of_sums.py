"""How many operations a dot product over a concatenation takes, in one part of it or in all."""

import pytest
from xdsl.parser import Parser

from spatial_opt.dialects import pattern
from spatial_opt.machine.load import load_machine
from spatial_opt.passes.parallelization.facts import kernel_facts
from spatial_opt.tools.compilation import make_context

HEAD = """
func.func @main(%a : tensor<16xf32>, %b : tensor<16xf32>, %h : tensor<16xf32>)
    -> tensor<8xf32> {
  %w = pattern.parameter "w" : tensor<8x32xf32>
  %u = pattern.parameter "u" : tensor<8x16xf32>
  %r = pattern.parameter "r" : tensor<8x16xf32>
  %y = pattern.map (%i in 8) -> tensor<8xf32> {
    %s = pattern.reduce add (%k in 48) : f32 {
"""
TAIL = """
      pattern.yield %sum : f32
    }
    pattern.yield %s : f32
  }
  func.return %y : tensor<8xf32>
}
"""


def _read(name: str, source: str, place: str, type: str) -> str:
    return f"%{name} = pattern.read %{source}[{place}] zero_outside : tensor<{type}xf32>\n"


PRODUCTS = (
    _read("ra", "a", "%k", "16")
    + _read("rb", "b", "%k - 16", "16")
    + _read("rh", "h", "%k - 32", "16")
    + _read("vr", "r", "%i, %k - 32", "8x16")
    + "%ph = arith.mulf %rh, %vr : f32\n"
)
THREE = (
    PRODUCTS
    + _read("vw", "u", "%i, %k", "8x16")
    + _read("vu", "u", "%i, %k - 16", "8x16")
    + "%pa = arith.mulf %ra, %vw : f32\n%pb = arith.mulf %rb, %vu : f32\n"
    + "%pab = arith.addf %pa, %pb : f32\n%sum = arith.addf %pab, %ph : f32\n"
)
"""Three products, of which each element of the sum has one."""
TWO_IN_ONE = (
    PRODUCTS
    + _read("vw", "w", "%i, %k", "8x32")
    + "%ab = arith.addf %ra, %rb : f32\n%pab = arith.mulf %ab, %vw : f32\n"
    + "%sum = arith.addf %pab, %ph : f32\n"
)
"""A product whose value is itself one of two, as behind a bidirectional layer, and another one."""


@pytest.mark.parametrize(("body", "operations"), [(THREE, 1), (TWO_IN_ONE, 4)])
def test_operations_of_a_part(body: str, operations: int):
    module = Parser(make_context(), HEAD + body + TAIL).parse_module()
    (kernel,) = (op for op in module.walk() if isinstance(op, pattern.MapOp))
    (reduction,) = kernel_facts(kernel, load_machine("plasticine-rnn")).reductions
    assert reduction.ops == operations
