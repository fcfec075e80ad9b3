"""The factors of a kernel keep to the links that the network has."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.pattern import MapOp
from spatial_opt.dialects.target import set_target
from spatial_opt.machine.load import load_machine
from spatial_opt.passes.pattern_parallelize import PatternParallelizePass

PRODUCT = """
func.func @main(%x : tensor<4096xi8>) -> tensor<512xi32> {
  %w = pattern.parameter "W" : tensor<512x4096xi8>
  %s = pattern.map (%i in 512) -> tensor<512xi32> {
    %r = pattern.reduce add (%k in 4096) through [i32] : i32 {
      %a = pattern.read %w[%i, %k] : tensor<512x4096xi8>
      %b = pattern.read %x[%k] : tensor<4096xi8>
      %p = arith.muli %a, %b : i8
      pattern.yield %p : i8
    }
    pattern.yield %r : i32
  }
  func.return %s : tensor<512xi32>
}"""


@pytest.mark.parametrize(
    ("links", "copies"),
    [
        ({}, 6),
        ({"scalar_links": 2}, 6),
        # Four links end at a unit, and two are for something else.
        ({"scalar_links": 1}, 2),
        ({"vector_links": 1}, 6),
    ],
)
def test_copies_that_write_side_by_side(
    links: dict[str, int],
    copies: int,
    parse_checked: Callable[[str], ModuleOp],
    spatial_context: Context,
):
    module, machine = parse_checked(PRODUCT), load_machine("plasticine-rnn")
    set_target(module, replace(machine, network=replace(machine.network, **links)))
    PatternParallelizePass(hv=1).apply(spatial_context, module)
    (kernel,) = (op for op in module.walk() if isinstance(op, MapOp))
    assert kernel.par_factors == (copies,)
