"""Putting a map into its readers: what is illegal, what does not pay, what a person decides."""

from collections.abc import Callable
from typing import Any

import pytest

from spatial_opt.dialects import pattern
from spatial_opt.machine.errors import SpatialError

Parse = Callable[[str], Any]
Same = Callable[..., None]


def pair(producer: str, reader: str, shape: str = "8", domain: str = "%i in 8") -> str:
    """Write a map %p of %x and a map %q that reads it; bodies define %r."""
    return f"""
    func.func @main(%x : tensor<8xf32>, %z : tensor<8x8xf32>) -> tensor<8xf32> {{
      %p = pattern.map ({domain}) -> tensor<{shape}xf32> {{
        {producer}
        pattern.yield %r : f32
      }}
      %q = pattern.map (%j in 8) -> tensor<8xf32> {{
        {reader}
        pattern.yield %r2 : f32
      }}
      func.return %q : tensor<8xf32>
    }}
    """


SQUARE = "%a = pattern.read %x[%i] : tensor<8xf32>\n%r = arith.mulf %a, %a : f32"
ROOT = "%a = pattern.read %x[%i] : tensor<8xf32>\n%r = arith.divf %a, %a : f32"
COPY = "%r = pattern.read %x[7 - %i] : tensor<8xf32>"
NUMBER = """
  %n = arith.index_cast %i : index to i32
  %f = pattern.convert %n : i32 to f32
  %a = pattern.read %x[%i] : tensor<8xf32>
  %r = arith.mulf %a, %f : f32
"""


def reads(*coordinates: str, flags: str = "") -> str:
    """Add elements of %p up."""
    lines = [
        f"%b{n} = pattern.read %p[{text}] {flags} : tensor<8xf32>"
        for n, text in enumerate(coordinates)
    ]
    lines.append(f"%r2 = arith.addf %b0, %b{len(coordinates) - 1} : f32")
    return "\n".join(lines)


def dot(coordinate: str = "%k") -> str:
    """Multiply a row of %z with %p."""
    return f"""
      %r2 = pattern.reduce add (%k in 8) : f32 {{
        %b = pattern.read %p[{coordinate}] : tensor<8xf32>
        %c = pattern.read %z[%j, %k] : tensor<8x8xf32>
        %m = arith.mulf %b, %c : f32
        pattern.yield %m : f32
      }}
    """


FUSED = {
    "point": pair(SQUARE, reads("%j")),
    "reversed": pair(SQUARE, reads("7 - %j")),
    "division": pair(ROOT, reads("7 - %j")),
    "constant": pair(SQUARE, reads("3")),
    "twice-cheap": pair(SQUARE, reads("%j", "7 - %j")),
    "same-twice": pair(ROOT, reads("%j", "%j")),
    "in-range": pair(SQUARE, reads("7 - %j", flags="zero_outside")),
    "copy-in-reduction": pair(COPY, dot()),
    "number-plain": pair(NUMBER, reads("%j")),
    "number-constant": pair(NUMBER, reads("5")),
    "folded": pair(SQUARE, reads("(4 * %j + 3) floordiv 4")),
    "digits": pair(
        "%a = pattern.read %x[4 * %i + %l] : tensor<8xf32>\n%r = arith.mulf %a, %a : f32",
        "%b = pattern.read %p[%j floordiv 4, %j mod 4] : tensor<2x4xf32>\n"
        "%r2 = arith.addf %b, %b : f32",
        "2x4",
        "%i in 2, %l in 4",
    ),
}


@pytest.mark.parametrize("name", FUSED)
def test_fuses(program: Parse, same: Same, name: str):
    before = program(FUSED[name])
    after = before.fused()
    assert after.names() == ["q"]
    assert any("%p: fused into %q" in line for line in after.remarks)
    same(before, after)


KEPT = {
    "division": (
        pair(ROOT, reads("%j", "7 - %j")),
        "it divides and its 8 elements would be computed 16 times",
        True,
    ),
    "reduction-body": (
        pair(SQUARE, dot()),
        "a reduction reads its 8 elements and would compute them 64 times",
        True,
    ),
    "outside": (
        pair(SQUARE, reads("%j - 1", flags="zero_outside")),
        "a coordinate that runs from -1 to 6 may leave the 8 elements",
        False,
    ),
    "number": (
        pair(NUMBER, reads("7 - %j")),
        "it computes with its index %i, which would be [-%j + 7]",
        False,
    ),
    "nested": (
        pair(dot().replace("%p[%k]", "%x[%i]").replace("%j", "%i").replace("%r2", "%r"), dot()),
        "the reduction of %p would run anew for every element that the reduction reads at [%k]",
        False,
    ),
}


@pytest.mark.parametrize("name", KEPT)
def test_keeps(program: Parse, same: Same, name: str):
    text, reason, legal = KEPT[name]
    before = program(text)
    after = before.fused()
    assert after.names() == ["p", "q"]
    assert any(reason in line for line in after.remarks), after.remarks
    for wish in ("policy=all", "only=p"):
        if legal:
            forced = before.fused(wish)
            assert forced.names() == ["q"]
            same(before, forced)
        elif wish == "only=p":
            with pytest.raises(SpatialError) as caught:
                before.fused(wish)
            assert f"pattern-fuse: cannot fuse %p into %q: {reason}" in str(
                caught.value
            ) or reason in str(caught.value)
        else:
            assert before.fused(wish).names() == ["p", "q"]


def test_cheap_work_is_repeated_only_where_that_saves_more(program: Parse):
    work = "\n".join(f"%a{n + 1} = arith.mulf %a{n}, %a{n} : f32" for n in range(3))
    body = f"%a0 = pattern.read %x[%i] : tensor<8xf32>\n{work}\n%r = arith.mulf %a3, %a3 : f32"
    after = program(pair(body, reads("%j", "7 - %j"))).fused()
    assert after.names() == ["p", "q"]
    assert any("takes 32 more operations and saves 24 elements" in x for x in after.remarks)


def test_what_needs_a_reduction_is_not_repeated_either(program: Parse):
    # Doubling is cheap, but the sum below it would be computed at two points of each element.
    text = pair(SQUARE, reads("%j", "7 - %j")).replace(
        "%p = ",
        """%s = pattern.map (%l in 8) -> tensor<8xf32> {
          %t = pattern.reduce add (%k in 8) : f32 {
            %e = pattern.read %z[%l, %k] : tensor<8x8xf32>
            pattern.yield %e : f32
          }
          pattern.yield %t : f32
        }
        %p = """,
        1,
    )
    after = program(text.replace("%x[%i]", "%s[%i]")).fused()
    assert after.names() == ["p", "q"]
    assert any("it needs %s, which holds a reduction, and its 8" in x for x in after.remarks)


def test_a_body_is_not_written_out_without_end(program: Parse):
    # Each map adds two elements of the one before, at distances that never coincide.
    size, lines, source = 4096, list[str](), "%x"
    for number in range(6):
        step = 3**number
        size -= step
        old = size + step
        lines.append(f"""
          %m{number} = pattern.map (%i in {size}) -> tensor<{size}xf32> {{
            %a = pattern.read {source}[%i] : tensor<{old}xf32>
            %b = pattern.read {source}[%i + {step}] : tensor<{old}xf32>
            %s = arith.addf %a, %b : f32
            pattern.yield %s : f32
          }}""")
        source = f"%m{number}"
    after = program(f"""
    func.func @main(%x : tensor<4096xf32>) -> tensor<{size}xf32> {{
      {"".join(lines)}
      func.return {source} : tensor<{size}xf32>
    }}""").fused()
    assert len(after.maps()) == 2
    assert any("written out 32 times, more than 16" in line for line in after.remarks)


def test_recurrence_is_left_alone(program: Parse, same: Same):
    text = """
    func.func @main(%x : tensor<3x8xf32>) -> tensor<8xf32> {
      %w = pattern.map (%i in 8) -> tensor<8xf32> {
        %a = pattern.read %x[0, %i] : tensor<3x8xf32>
        %r = arith.mulf %a, %a : f32
        pattern.yield %r : f32
      }
      %h0 = arith.constant dense<0.0> : tensor<8xf32>
      %last = pattern.scan (%t in 3) carry (%h = %h0 : tensor<8xf32>) -> tensor<8xf32> {
        %n = pattern.map (%i in 8) -> tensor<8xf32> {
          %a = pattern.read %h[7 - %i] : tensor<8xf32>
          %b = pattern.read %w[%i] : tensor<8xf32>
          %r = arith.addf %a, %b : f32
          pattern.yield %r : f32
        }
        pattern.next %n : tensor<8xf32>
      }
      func.return %last : tensor<8xf32>
    }
    """
    before = program(text)
    after = before.fused("policy=all")
    assert str(after.module) == str(before.module)
    assert any(
        "%w: stays a map: the scan %last reads it from outside" in line for line in after.remarks
    )
    assert any("%n: stays a map: the next step reads it as %h" in line for line in after.remarks)
    with pytest.raises(SpatialError, match="cannot fuse %n: the next step reads it as %h"):
        before.fused("only=n")


def test_gathered_maps_and_unknown_loops_stay(program: Parse, same: Same):
    text = """
    func.func @main(%x : tensor<8xf32>, %n : tensor<4xi32>) -> (tensor<4xf32>, tensor<4xf32>) {
      %p = pattern.map (%i in 8) -> tensor<8xf32> {
        %a = pattern.read %x[%i] : tensor<8xf32>
        %r = arith.mulf %a, %a : f32
        pattern.yield %r : f32
      }
      %q = pattern.map (%i in 4) -> tensor<4xf32> {
        %m = pattern.read %n[%i] : tensor<4xi32>
        %c = arith.constant 7 : i32
        %k = arith.andi %m, %c : i32
        %r = pattern.gather %p[%k] : tensor<8xf32>, i32
        pattern.yield %r : f32
      }
      %z = arith.constant 1 : index
      %o = pattern.map (%i in 4) -> tensor<4xf32> {
        %j = arith.addi %i, %z : index
        %r = pattern.read %p[%j] : tensor<8xf32>
        pattern.yield %r : f32
      }
      func.return %q, %o : tensor<4xf32>, tensor<4xf32>
    }
    """
    before = program(text)
    after = before.fused("policy=all")
    assert str(after.module) == str(before.module)
    assert any("%o: left alone: it reads %p at computed" in line for line in after.remarks)
    same(before, after)


def test_a_copy_that_stays_is_read_at_its_source(program: Parse, same: Same):
    text = pair(COPY, dot()).replace(
        "func.return %q : tensor<8xf32>", "func.return %q, %p : tensor<8xf32>, tensor<8xf32>"
    )
    text = text.replace("-> tensor<8xf32> {\n      %p", "-> (tensor<8xf32>, tensor<8xf32>) {\n %p")
    before = program(text)
    after = before.fused()
    assert "pattern.read %p" not in str(after.module)
    assert any("%p: computed again in %q" in line for line in after.remarks)
    same(before, after)


def test_policy_none_and_keep_change_nothing(program: Parse):
    before = program(FUSED["point"])
    for options in ("policy=none", "keep=p", 'keep="p,q"'):
        assert str(before.fused(options).module) == str(before.module)


def test_only_fuses_the_maps_it_names(layer: Callable[..., Any], same: Same):
    before = layer("gru", "linear_before_reset")
    after = before.fused("only=z,r")
    assert set(before.names()) - set(after.names()) == {"z", "r"}
    same(before, after)
    after = before.fused("policy=none only=z")
    assert set(before.names()) - set(after.names()) == {"z"}


def test_forcing_the_reset_into_the_product_says_why_not(layer: Callable[..., Any]):
    with pytest.raises(SpatialError) as caught:
        layer("gru").fused("only=rs")
    assert str(caught.value).startswith("pattern-fuse: cannot fuse %rs into %rn: the reduction of")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("only=pp", "no map is called 'pp'; did you mean 'p'?"),
        ("keep=xyz", "no map is called 'xyz'; names are those of results"),
        ("only=q", "cannot fuse %q: it is a result of the function"),
        ("align=0", "align must be at least 1, got 0"),
    ],
)
def test_bad_wishes(program: Parse, options: str, message: str):
    with pytest.raises(SpatialError) as caught:
        program(FUSED["point"]).fused(options)
    assert message in str(caught.value)


def test_long_chains_become_one_map(program: Parse, same: Same):
    lines = [
        f"""%m{n + 1} = pattern.map (%i in 8) -> tensor<8xf32> {{
          %a = pattern.read %m{n}[7 - %i] : tensor<8xf32>
          %b = pattern.read %m0[%i] : tensor<8xf32>
          %r = arith.subf %a, %b : f32
          pattern.yield %r : f32
        }}"""
        for n in range(120)
    ]
    before = program(
        f"""func.func @main(%m0 : tensor<8xf32>) -> tensor<8xf32> {{
          {"".join(lines)}
          func.return %m120 : tensor<8xf32>
        }}"""
    )
    after = before.fused()
    assert len(after.maps()) == 1
    same(before, after)


def test_names_and_locations_stay(program: Parse):
    after = program(FUSED["point"]).fused()
    (fused,) = after.maps()
    assert [index.name_hint for index in fused.indices] == ["j"]
    assert all(op.results[0].name_hint for op in after.find(pattern.ReadOp))
