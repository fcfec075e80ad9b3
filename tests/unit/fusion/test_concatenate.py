"""Sums that are added: which become one, where the parts begin, and which are refused."""

from collections.abc import Callable
from typing import Any

import pytest

from spatial_opt.dialects import pattern

Parse = Callable[[str], Any]
Same = Callable[..., None]


def dot(
    name: str,
    length: int,
    index: str = "%k",
    type: str = "f32",
    through: str = "",
    kind: str = "add",
    result: str = "f32",
) -> str:
    """Write a dot product of row %i of %<name> with %<name>v."""
    return f"""
      %{name}s = pattern.reduce {kind} ({index} in {length}) {through} : {result} {{
        %a = pattern.read %{name}[%i, {index}] : tensor<3x{length}x{type}>
        %b = pattern.read %{name}v[{index}] : tensor<{length}x{type}>
        %p = arith.mulf %a, %b : {type}
        pattern.yield %p : {type}
      }}
    """


def around(body: str, result: str, *parts: tuple[str, int], type: str = "f32") -> str:
    """Write a program whose only map has the body and yields `result`."""
    arguments = ", ".join(
        f"%{name} : tensor<3x{length}x{type}>, %{name}v : tensor<{length}x{type}>"
        for name, length in parts
    )
    return f"""
    func.func @main({arguments}, %f : tensor<3xf32>) -> tensor<3xf32> {{
      %y = pattern.map (%i in 3) -> tensor<3xf32> {{
        {body}
        pattern.yield {result} : f32
      }}
      func.return %y : tensor<3xf32>
    }}
    """


SCALED = """
      %c{0} = arith.constant {1} : f32
      %{0}m = arith.mulf %{0}s, %c{0} : f32
"""


def test_addends_between_stay_in_order(program: Parse, same: Same):
    body = (
        dot("w", 5)
        + dot("r", 7)
        + """
      %e = pattern.read %f[%i] : tensor<3xf32>
      %l = arith.addf %ws, %e : f32
      %g = arith.mulf %e, %e : f32
      %m = arith.addf %g, %rs : f32
      %t = arith.addf %l, %m : f32
    """
    )
    before = program(around(body, "%t", ("w", 5), ("r", 7)))
    after = before.fused("align=4")
    assert after.reductions() == [((8 + 7,), 1)]
    # ([w|r] + e) + g: the second sum is gone, what stood beside it has taken its place.
    text = str(after.module)
    assert text.count("arith.addf") == 1 + 2
    same(before, after, 1e-5)


@pytest.mark.parametrize(("align", "begin"), [(1, 5), (2, 6), (5, 5), (64, 64)])
def test_second_part_begins_at_a_multiple(program: Parse, same: Same, align: int, begin: int):
    body = dot("w", 5) + dot("r", 7) + "%t = arith.addf %ws, %rs : f32"
    before = program(around(body, "%t", ("w", 5), ("r", 7)))
    after = before.fused(f"align={align}")
    assert after.reductions() == [((begin + 7,), 1)]
    assert f"pattern.read %r[%i, %k - {begin}] zero_outside" in str(after.module)
    same(before, after, 1e-5)


@pytest.mark.parametrize(
    ("type", "begin"), [("f32", 16), ("bf16", 32), ("f16", 32), ("f8E4M3FN", 64)]
)
def test_alignment_fills_a_vector_of_the_target(program: Parse, type: str, begin: int):
    body = dot("w", 5, type=type) + dot("r", 7, type=type) + "%t = arith.addf %ws, %rs : f32"
    text = around(body, "%t", ("w", 5), ("r", 7), type=type)
    after = program(text).run("set-target{name=plasticine-rnn}").fused()
    assert after.reductions() == [((begin + 7,), 1)]
    assert program(text).fused().reductions() == [((12,), 1)]


def test_three_sums_become_one(program: Parse, same: Same):
    parts = [("w", 5), ("r", 7), ("z", 2)]
    body = "".join(dot(*part) for part in parts) + (
        "%l = arith.addf %ws, %rs : f32\n%t = arith.addf %zs, %l : f32"
    )
    before = program(around(body, "%t", *parts))
    after = before.fused("align=4")
    assert after.reductions() == [((4 + 8 + 7,), 1)]
    same(before, after, 1e-5)


def test_gates_that_add_in_another_order_share_the_domain(program: Parse, same: Same):
    def gate(number: int, first: str, second: str) -> str:
        sums = dot("w", 5) + dot("r", 7)
        sums = sums.replace("%ws", f"%ws{number}").replace("%rs", f"%rs{number}")
        # Another row, so that the sums are not the same.
        sums = sums.replace("[%i, %k]", f"[{2 * number} - %i, %k]" if number else "[%i, %k]")
        return f"{sums}\n%g{number} = arith.addf %{first}s{number}, %{second}s{number} : f32\n"

    body = gate(0, "w", "r") + gate(1, "r", "w") + "%t = arith.mulf %g0, %g1 : f32"
    before = program(around(body, "%t", ("w", 5), ("r", 7)))
    after = before.fused("align=1")
    assert after.reductions() == [((12,), 2)]
    reduce = after.find(pattern.ReduceOp)[0]
    assert sum(isinstance(op, pattern.ReadOp) for op in reduce.body.block.ops) == 2 + 2 * 2
    same(before, after, 1e-5)


def test_equal_powers_of_two_scale_the_common_sum(program: Parse, same: Same):
    body = dot("w", 5) + dot("r", 7) + SCALED.format("w", 0.25) + SCALED.format("r", 0.25)
    body += "%t = arith.addf %wm, %rm : f32"
    before = program(around(body, "%t", ("w", 5), ("r", 7)))
    after = before.fused()
    assert after.reductions() == [((12,), 1)]
    same(before, after, 1e-5)


def test_integers_are_added_exactly(program: Parse, same: Same):
    text = """
    func.func @main(%w : tensor<3x5xi8>, %x : tensor<5xi8>, %r : tensor<3x7xi8>, %h : tensor<7xi8>)
        -> tensor<3xi32> {
      %y = pattern.map (%i in 3) -> tensor<3xi32> {
        %p = pattern.reduce add (%k in 5) : i32 {
          %a = pattern.read %w[%i, %k] : tensor<3x5xi8>
          %b = pattern.read %x[%k] : tensor<5xi8>
          %a16 = pattern.convert %a : i8 to i16
          %b16 = pattern.convert %b : i8 to i16
          %m = arith.muli %a16, %b16 : i16
          pattern.yield %m : i16
        }
        %q = pattern.reduce add (%k in 7) : i32 {
          %a = pattern.read %r[%i, %k] : tensor<3x7xi8>
          %b = pattern.read %h[%k] : tensor<7xi8>
          %a16 = pattern.convert %a : i8 to i16
          %b16 = pattern.convert %b : i8 to i16
          %m = arith.muli %a16, %b16 : i16
          pattern.yield %m : i16
        }
        %s = arith.addi %p, %q : i32
        pattern.yield %s : i32
      }
      func.return %y : tensor<3xi32>
    }
    """
    before = program(text)
    after = before.fused("align=4")
    assert after.reductions() == [((15,), 1)]
    same(before, after)


ADDED = "%t = arith.addf %ws, %rs : f32"
REFUSED = {
    "scales": (
        dot("w", 5)
        + dot("r", 7)
        + SCALED.format("w", 0.25)
        + SCALED.format("r", 0.125)
        + "%t = arith.addf %wm, %rm : f32",
        "the sum over 5 is scaled by 0.25, the sum over 7 by 0.125; give both products one scale",
    ),
    "scale": (
        dot("w", 5)
        + dot("r", 7)
        + SCALED.format("w", 3.0)
        + SCALED.format("r", 3.0)
        + "%t = arith.addf %wm, %rm : f32",
        "the sum over 5 is scaled by 3.0, which is no power of two",
    ),
    "kinds": (dot("w", 5) + dot("r", 7, kind="max") + ADDED, "the sum over 7 is a max"),
    "trees": (
        dot("w", 5) + dot("r", 7, through="through [f16, f32]") + ADDED,
        "their trees compute in different types",
    ),
    "pieces": (
        dot("w", 5).replace("in 5", "in 5 par 2") + dot("r", 7) + ADDED,
        "the sum over 5 is cut into pieces already",
    ),
    "dimensions": (
        dot("w", 5)
        + """
      %rs = pattern.reduce add (%k in 1, %l in 7) : f32 {
        %a = pattern.read %r[%i, %l] : tensor<3x7xf32>
        pattern.yield %a : f32
      }"""
        + ADDED,
        "the sum over 1x7 has more than one dimension",
    ),
    "factor": (
        """
      %e = pattern.read %f[%i] : tensor<3xf32>
      %ws = pattern.reduce add (%k in 5) : f32 {
        %a = pattern.read %w[%i, %k] : tensor<3x5xf32>
        %b = pattern.read %f[%i] : tensor<3xf32>
        %p = arith.mulf %a, %b : f32
        pattern.yield %p : f32
      }"""
        + dot("r", 7)
        + ADDED,
        "%f[%i] is not zero beyond its end",
    ),
    "constant": (
        """
      %ws = pattern.reduce add (%k in 5) : f32 {
        %a = pattern.read %w[%i, %k] : tensor<3x5xf32>
        %b = arith.constant 1.0 : f32
        %p = arith.addf %a, %b : f32
        pattern.yield %p : f32
      }"""
        + dot("r", 7)
        + ADDED,
        "a term has a constant part",
    ),
    "function": (
        """
      %ws = pattern.reduce add (%k in 5) : f32 {
        %a = pattern.read %w[%i, %k] : tensor<3x5xf32>
        %p = pattern.activate sigmoid %a : f32
        pattern.yield %p : f32
      }"""
        + dot("r", 7)
        + ADDED,
        "pattern.activate makes a term other than a product",
    ),
    "index": (
        """
      %ws = pattern.reduce add (%k in 5) : f32 {
        %a = pattern.read %w[%i, %k] : tensor<3x5xf32>
        %n = arith.index_cast %k : index to i32
        %b = pattern.convert %n : i32 to f32
        %p = arith.mulf %a, %b : f32
        pattern.yield %p : f32
      }"""
        + dot("r", 7)
        + ADDED,
        "arith.index_cast makes a term other than a product",
    ),
    "middle": (
        """
      %ws = pattern.reduce add (%k in 2) : f32 {
        %a = pattern.read %w[%i, %k + 1] : tensor<3x5xf32>
        pattern.yield %a : f32
      }"""
        + dot("r", 7)
        + ADDED,
        "%w[%i, %k + 1] is not zero beyond its end",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_say_why(program: Parse, same: Same, name: str):
    body, reason = REFUSED[name]
    before = program(around(body, "%t", ("w", 5), ("r", 7)))
    after = before.fused()
    assert len(after.reductions()) == 2
    assert any(reason in line for line in after.remarks), after.remarks
    same(before, after)


@pytest.mark.parametrize(
    "rest",
    [
        "%l = arith.addf %ws, %rs : f32\n%t = arith.mulf %l, %ws : f32",
        "%l = arith.mulf %ws, %ws : f32\n%t = arith.addf %l, %rs : f32",
        "%t = arith.subf %ws, %rs : f32",
    ],
)
def test_sums_with_another_use_stay(program: Parse, same: Same, rest: str):
    before = program(around(dot("w", 5) + dot("r", 7) + rest, "%t", ("w", 5), ("r", 7)))
    after = before.fused()
    assert str(after.module) == str(before.module)


def test_concatenation_can_be_switched_off(program: Parse):
    before = program(around(dot("w", 5) + dot("r", 7) + ADDED, "%t", ("w", 5), ("r", 7)))
    assert str(before.fused("concatenate=false").module) == str(before.module)
