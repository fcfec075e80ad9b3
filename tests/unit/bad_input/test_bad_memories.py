"""Memories that cannot be: too large, too shallow, written by two, read beyond their end."""

from typing import Any

import pytest

TARGET = "set-target{name=tiny}"
ASSIGN = f"{TARGET},pattern-assign-memories"
CONVERT = f"{TARGET},convert-pattern-to-spatial"

STATE = """
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %last = pattern.scan (%t in 5) carry (%h = %x : tensor<4xf32>) -> tensor<4xf32> {
    pattern.memory sram %h DECLARED : tensor<4xf32>
    %n = pattern.map (%i in 4) -> tensor<4xf32> {
      %v = pattern.read %h[READ] : tensor<4xf32>
      pattern.yield %v : f32
    }
    pattern.next %n : tensor<4xf32>
  }
  func.return %last : tensor<4xf32>
}
"""


def state(declared: str, read: str = "3 - %i") -> str:
    """Write a loop whose state is declared and read in some way."""
    return STATE.replace("DECLARED", declared).replace("READ", read)


@pytest.mark.parametrize("passes", [ASSIGN, CONVERT])
def test_too_few_buffers(bad: Any, passes: str) -> None:
    bad.write("bad.mlir", state("bytes 16 live (-1, 0)"))
    found = bad.refused("spatial-opt", "bad.mlir", "-p", passes)
    assert found == (
        f"{passes.split(',')[1]}: %h has depth 1 and needs 2: %n at %t = 0, %i = 3 may write "
        "element [3] before %n at %t = 0, %i = 0 has read it; write depth 2, or leave the "
        "declaration away"
    )


@pytest.mark.parametrize(
    ("declared", "sentence"),
    [
        ("bytes 12 live (-1, 0)", "one buffer of %h takes 16 bytes, got 12"),
        ("depth 0 bytes 16 live (-1, 0)", "depth must be at least 1, got 0"),
        ("depth -2 bytes 16 live (-1, 0)", "depth must be at least 1, got -2"),
        ("depth two bytes 16 live (-1, 0)", "Expected integer literal"),
        ("bytes 16 live (-1)", "live takes the first and the last position, got [-1]"),
        ("bytes 16", "memories of tensors have a lifetime and those of scalars none"),
        ("bytes 16 live (-1, 0) banked (0, 1)", "banked takes two positive numbers (N, B)"),
        ("bytes 16 live (-1, 0) banked (4, 1, [-1])", "entries of the vector of banked are 0"),
    ],
)
def test_declarations_that_say_nothing_true(bad: Any, declared: str, sentence: str) -> None:
    bad.write("bad.mlir", state(declared))
    assert sentence in bad.refused("spatial-opt", "bad.mlir", "-p", ASSIGN, lines=6)


def test_more_banks_than_a_unit_has(bad: Any) -> None:
    bad.write("bad.mlir", state("depth 2 bytes 16 live (-1, 0) banked (8, 1)"))
    found = bad.refused("spatial-opt", "bad.mlir", "-p", f"{ASSIGN},pattern-bank-memories")
    assert found == (
        "pattern-bank-memories: %h is banked (8, 1), a memory unit of tiny has 4 banks "
        "(pmu.banks); use fewer banks, or relax pmu.banks"
    )


def test_nothing_to_bank(bad: Any) -> None:
    passes = f"{TARGET},pattern-bank-memories"
    found = bad.refused("spatial-opt", "pattern.mlir", "-p", passes)
    assert found == (
        "pattern-bank-memories: there is no pattern.memory to bank; run pattern-assign-memories "
        "first"
    )


def test_an_access_that_leaves_its_value(bad: Any) -> None:
    """The verifier tells of sums, integer sets of quotients over domains too large to list."""
    bad.write("bad.mlir", state("depth 2 bytes 16 live (-1, 0)", "%i + 1"))
    found = bad.refused("spatial-opt", "bad.mlir", "-p", ASSIGN)
    assert "coordinate 0 runs from 1 to 4 but tensor<4xf32> has 4 elements there" in found
    assert "use zero_outside if that is meant" in found
    bad.write(
        "bad.mlir",
        """
        func.func @main(%x: tensor<1000xf32>) -> tensor<300x300xf32> {
          %y = pattern.map (%i in 300, %j in 300) -> tensor<300x300xf32> {
            %v = pattern.read %x[(300 * %i + %j) floordiv 89] : tensor<1000xf32>
            pattern.yield %v : f32
          }
          func.return %y : tensor<300x300xf32>
        }
        """,
    )
    found = bad.refused("spatial-opt", "bad.mlir", "-p", ASSIGN)
    assert found.startswith(
        "pattern-assign-memories: a read of %x is outside of tensor<1000xf32> at i = 296, j = 200 "
        "of { [i, j] : "
    )
    assert found.endswith("; use zero_outside if that is meant")


def test_an_access_that_is_not_affine(bad: Any) -> None:
    bad.write("bad.mlir", state("depth 2 bytes 16 live (-1, 0)", "%i * %t"))
    found = bad.refused("spatial-opt", "bad.mlir", "-p", ASSIGN, lines=6)
    assert "one factor of a product must be a constant" in found
    computed = state("depth 2 bytes 16 live (-1, 0)", "%k").replace(
        "%v = pattern.read",
        "%n1 = arith.index_cast %i : index to i32\n"
        "%k = arith.index_cast %n1 : i32 to index\n%v = pattern.read",
    )
    bad.write("bad.mlir", computed)
    found = bad.refused("spatial-opt", "bad.mlir", "-p", f"{ASSIGN},convert-pattern-to-spatial")
    assert "pattern.read of %h uses an index that is not a loop variable" in found
    assert "write the arithmetic into the access" in found


def test_a_memory_larger_than_the_machine(bad: Any) -> None:
    """Sixteen units of 1024 bytes minus those of eight compute units hold 8 kB, not 16."""
    bad.write(
        "bad.mlir",
        """
        func.func @main(%x: tensor<64xf32>) -> tensor<64xf32> {
          %w = pattern.parameter "w" : tensor<64x64xf32>
          %y = pattern.map (%i in 64) -> tensor<64xf32> {
            %s = pattern.reduce add (%k in 64 par 1 x 4) : f32 {
              %a = pattern.read %w[%i, %k] : tensor<64x64xf32>
              %b = pattern.read %x[%k] : tensor<64xf32>
              %p = arith.mulf %a, %b : f32
              pattern.yield %p : f32
            }
            pattern.yield %s : f32
          }
          func.return %y : tensor<64xf32>
        }
        """,
    )
    passes = f"{ASSIGN},convert-pattern-to-spatial,spatial-partition,spatial-split-memories"
    found = bad.refused("spatial-opt", "bad.mlir", "-p", passes)
    assert "weights need 16.38 kB in 16 of 18 memory units (16.90 kB in all), tiny has 8" in found
    assert "largest users: @y.w (16 units, 16.38 kB)" in found
    assert "relax pmu.capacity_bytes" in found
    remarks = bad.tool("spatial-opt", "bad.mlir", "-p", ASSIGN, "--remarks")
    assert "they do not fit, the largest are %w (16384 bytes), %x (256 bytes)" in remarks.err


TWO_WRITERS = """
builtin.module {
  spatial.config @main {
    spatial.input @a : tensor<8xf32>
    spatial.input @b : tensor<8xf32>
    spatial.output @y : tensor<8xf32>
    spatial.ag @a.load loads @a counters (%i = 0 to 2) address [4 * %i] : vector<4xf32>
    spatial.ag @b.load loads @b counters (%i = 0 to 2) address [4 * %i] : vector<4xf32>
    spatial.pmu @m holds tensor<8xf32> banked (4, 1) init zero {
      spatial.write @one ports ["one"] port 0 counters (%i = 0 to 2) address [4 * %i]
          signals ["one.done"] : vector<4xf32>
      spatial.write @two ports ["two"] port 1 counters (%i = 0 to 2) address [4 * %i]
          signals ["two.done"] : vector<4xf32>
      spatial.read @out port 0 counters (%i = 0 to 2) address [4 * %i] waits ["a", "b"]
          : vector<4xf32>
    }
    spatial.ag @y.store stores @y counters (%i = 0 to 2) address [4 * %i] : vector<4xf32>
    spatial.link @a.load::@data to @m::@one : vector depth 2
    spatial.link @b.load::@data to @m::@two : vector depth 2
    spatial.link @m::@one.done to @m::@a : token depth 2
    spatial.link @m::@two.done to @m::@b : token depth 2
    spatial.link @m::@out to @y.store::@data : vector depth 2
  }
}
"""


def test_two_writers_without_an_order(bad: Any) -> None:
    bad.write("bad.mlir", TWO_WRITERS)
    limits = ("--target", "plasticine-rnn", "--relax", "pmu.write_ports")
    assert bad.refused("bad.mlir", *limits) == (
        "unordered access to memory @m: @m::@one and @m::@two both touch element [0], and no path "
        "of links orders them; add a token link from one's signals to the other's waits, or use "
        "more buffers"
    )


def test_a_banking_by_hand_that_conflicts_runs_with_a_warning(bad: Any) -> None:
    bad.write("bad.mlir", state("depth 2 bytes 16 live (-1, 0) banked (2, 1)", "%i"))
    bad.arrays("x.npz", x=[1.0, 2.0, 3.0, 4.0])
    ran = bad.run("bad.mlir", "--target", "tiny", "--inputs", "x.npz", "--report", "json")
    assert ran.code == 0
    assert "warning: spatial-bank-memories: @h" in ran.err
    assert "the banking (2, 1) given conflicts" in ran.err
