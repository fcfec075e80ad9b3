"""Maps over one domain become one; reductions over one domain share a nest."""

from collections.abc import Callable
from typing import Any

import pytest

from spatial_opt.dialects import pattern

Parse = Callable[[str], Any]
Same = Callable[..., None]


def elementwise(name: str, *sources: str, size: int = 8) -> str:
    """Write a map that multiplies elements of its sources."""
    reads = "\n".join(
        f"%a{n} = pattern.read %{source}[%i] : tensor<{size}xf32>"
        for n, source in enumerate(sources)
    )
    return f"""
      %{name} = pattern.map (%i in {size}) -> tensor<{size}xf32> {{
        {reads}
        %p = arith.mulf %a0, %a{len(sources) - 1} : f32
        pattern.yield %p : f32
      }}
    """


def total(name: str, source: str, row: str = "%k", kind: str = "add") -> str:
    """Write a map that sums a vector up for each of its elements."""
    return f"""
      %{name} = pattern.map (%i in 8) -> tensor<8xf32> {{
        %s = pattern.reduce {kind} (%k in 8) : f32 {{
          %e = pattern.read %{source}[{row}] : tensor<8xf32>
          pattern.yield %e : f32
        }}
        %v = pattern.read %x[%i] : tensor<8xf32>
        %p = arith.mulf %s, %v : f32
        pattern.yield %p : f32
      }}
    """


def program_of(*maps: str, results: str = "") -> str:
    """Write a function of %x and %y that returns the named maps."""
    names = results.split()
    types = ", ".join(["tensor<8xf32>"] * len(names))
    return f"""
    func.func @main(%x : tensor<8xf32>, %y : tensor<8xf32>) -> ({types}) {{
      {"".join(maps)}
      func.return {", ".join(f"%{name}" for name in names)} : {types}
    }}
    """


def test_producer_that_stays_joins_its_reader(program: Parse, same: Same):
    before = program(program_of(elementwise("c", "x", "y"), elementwise("h", "c"), results="c h"))
    after = before.fused()
    (fused,) = after.maps()
    assert [result.name_hint for result in fused.results] == ["c", "h"]
    assert "pattern.read %c" not in str(after.module)
    same(before, after)


def test_siblings_with_a_common_source_become_one(program: Parse, same: Same):
    before = program(program_of(elementwise("a", "x"), elementwise("b", "y", "x"), results="a b"))
    after = before.fused()
    assert len(after.maps()) == 1
    assert str(after.module).count("pattern.read %x") == 1
    same(before, after)


def test_maps_without_a_common_source_stay_apart(program: Parse):
    before = program(program_of(elementwise("a", "x"), elementwise("b", "y"), results="a b"))
    assert str(before.fused().module) == str(before.module)


def test_a_map_between_two_keeps_them_apart(program: Parse, same: Same):
    # b needs all of a, and c all of b: a and c cannot be computed together.
    before = program(
        program_of(elementwise("a", "x"), total("b", "a"), total("c", "b"), results="a c")
    )
    after = before.fused()
    assert len(after.maps()) == 3
    assert any("%a: not merged with %c: %b runs after" in line for line in after.remarks)
    same(before, after)


def test_order_follows_the_merged_maps(program: Parse, same: Same):
    # a and d merge at the place of d; b, which reads a in between, has to move behind them.
    between = total("b", "a").replace("%x[", "%y[")
    before = program(
        program_of(elementwise("a", "x"), between, elementwise("d", "x"), results="a b d")
    )
    after = before.fused()
    assert [result.name_hint for op in after.maps() for result in op.results] == ["a", "d", "b"]
    same(before, after)


def test_two_pairs_that_would_wait_for_each_other(program: Parse, same: Same):
    # a with d, or b with c, but not both: b reads all of a, d all of c.
    maps = [
        elementwise("a", "x"),
        total("b", "a").replace("%x[", "%y["),
        elementwise("c", "y"),
        total("d", "c"),
    ]
    before = program(program_of(*maps, results="a b c d"))
    after = before.fused()
    assert len(after.maps()) == 3
    same(before, after)


def test_other_domains_and_factors_are_refused(program: Parse, same: Same):
    text = program_of(elementwise("a", "x"), elementwise("b", "x"), results="a b")
    other = text.replace("%b = pattern.map (%i in 8)", "%b = pattern.map (%i in 8 par 2)")
    before = program(other)
    after = before.fused()
    assert len(after.maps()) == 2
    assert any("spread over units in another way" in line for line in after.remarks)
    same(before, after)


def test_results_that_only_the_map_itself_reads_go(program: Parse, same: Same):
    text = """
    func.func @main(%x : tensor<1x8xf32>) -> tensor<1x8xf32> {
      %p, %q = pattern.map (%b in 1, %j in 8) -> (tensor<1x8xf32>, tensor<1x8xf32>) {
        %a = pattern.read %x[%b, %j] : tensor<1x8xf32>
        %s = pattern.activate tanh %a : f32
        pattern.yield %a, %s : f32, f32
      }
      %y = pattern.map (%b in 1, %j in 8) -> tensor<1x8xf32> {
        %a = pattern.read %p[0, %j] : tensor<1x8xf32>
        %c = pattern.read %q[%b, %j] : tensor<1x8xf32>
        %s = arith.addf %a, %c : f32
        pattern.yield %s : f32
      }
      func.return %y : tensor<1x8xf32>
    }
    """
    before = program(text)
    after = before.fused()
    assert after.names() == ["y"]
    same(before, after)


@pytest.mark.parametrize("kind", ["add", "max"])
def test_equal_reductions_are_computed_once(program: Parse, same: Same, kind: str):
    before = program(
        program_of(total("a", "x", kind=kind), total("b", "x", kind=kind), results="a b")
    )
    after = before.fused()
    assert after.reductions() == [((8,), 1)]
    same(before, after)


def test_reductions_over_one_domain_share_a_nest(program: Parse, same: Same):
    before = program(
        program_of(total("a", "x"), total("b", "x", kind="max"), total("c", "y"), results="a b c")
    )
    after = before.fused()
    assert after.reductions() == [((8,), 3)]
    assert any("3 sums over 8 share one reduction" in line for line in after.remarks)
    same(before, after)


def test_a_reduction_that_needs_another_comes_after_it(program: Parse, same: Same):
    text = """
    func.func @main(%x : tensor<8xf32>, %y : tensor<8xf32>) -> tensor<8xf32> {
      %m = pattern.map (%i in 8) -> tensor<8xf32> {
        %s = pattern.reduce add (%k in 8) : f32 {
          %a = pattern.read %x[%k] : tensor<8xf32>
          pattern.yield %a : f32
        }
        %v = pattern.reduce add (%k in 8) : f32 {
          %a = pattern.read %x[%k] : tensor<8xf32>
          %d = arith.subf %a, %s : f32
          %q = arith.mulf %d, %d : f32
          pattern.yield %q : f32
        }
        %w = pattern.reduce add (%k in 8) : f32 {
          %a = pattern.read %y[%k] : tensor<8xf32>
          pattern.yield %a : f32
        }
        %t = arith.mulf %v, %w : f32
        pattern.yield %t : f32
      }
      func.return %m : tensor<8xf32>
    }
    """
    before = program(text)
    after = before.fused()
    assert after.reductions() == [((8,), 2), ((8,), 1)]
    same(before, after)


def test_layer_normalisation_keeps_what_needs_the_whole_vector(program: Parse, same: Same):
    text = """
    func.func @main(%x : tensor<2x8xf32>, %w : tensor<8x8xf32>) -> tensor<2x8xf32> {
      %p = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %s = pattern.reduce add (%k in 8) : f32 {
          %a = pattern.read %x[%b, %k] : tensor<2x8xf32>
          %c = pattern.read %w[%j, %k] : tensor<8x8xf32>
          %m = arith.mulf %a, %c : f32
          pattern.yield %m : f32
        }
        pattern.yield %s : f32
      }
      %mean = pattern.map (%b in 2) -> tensor<2xf32> {
        %s = pattern.reduce add (%k in 8) : f32 {
          %a = pattern.read %p[%b, %k] : tensor<2x8xf32>
          pattern.yield %a : f32
        }
        pattern.yield %s : f32
      }
      %square = pattern.map (%b in 2) -> tensor<2xf32> {
        %s = pattern.reduce add (%k in 8) : f32 {
          %a = pattern.read %p[%b, %k] : tensor<2x8xf32>
          %q = arith.mulf %a, %a : f32
          pattern.yield %q : f32
        }
        pattern.yield %s : f32
      }
      %y = pattern.map (%b in 2, %j in 8) -> tensor<2x8xf32> {
        %a = pattern.read %p[%b, %j] : tensor<2x8xf32>
        %m = pattern.read %mean[%b] : tensor<2xf32>
        %q = pattern.read %square[%b] : tensor<2xf32>
        %d = arith.subf %a, %m : f32
        %r = arith.divf %d, %q : f32
        pattern.yield %r : f32
      }
      func.return %y : tensor<2x8xf32>
    }
    """
    before = program(text)
    after = before.fused()
    assert [[r.name_hint for r in op.results] for op in after.maps()] == [
        ["p"],
        ["mean", "square"],
        ["y"],
    ]
    assert after.reductions() == [((8,), 1), ((8,), 2)]
    assert len(after.find(pattern.MapOp)) == 3
    same(before, after)
