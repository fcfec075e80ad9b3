"""What convert-pattern-to-spatial cannot lay out is refused with a sentence that says why."""

from collections.abc import Callable
from typing import Any

import pytest

PIPELINE = "set-target{name=plasticine-rnn},convert-pattern-to-spatial"


def program(body: str, result: str = "tensor<8xf32>", value: str = "%y") -> str:
    """Write a function over a vector and a matrix."""
    return f"""
    func.func @main(%x : tensor<8xf32>, %m : tensor<8x8xf32>) -> {result} {{
      {body}
      func.return {value} : {result}
    }}
    """


def scale(attributes: str = "", access: str = "%x[%i]", source: str = "tensor<8xf32>") -> str:
    """Write a map that doubles what it reads."""
    return f"""
    %y = pattern.map (%i in 8{attributes}) -> tensor<8xf32> {{
      %v = pattern.read {access} : {source}
      %d = arith.addf %v, %v : f32
      pattern.yield %d : f32
    }}
    """


REDUCE = """
    %y = pattern.map (%i in 8) -> tensor<8xf32> {{
      %s = pattern.reduce {kind} (%k in 8 par 1 x {lanes}) : f32 {{
        %a = pattern.read %m[%i, %k] : tensor<8x8xf32>
        {body}
        pattern.yield %p : f32
      }}
      pattern.yield %s : f32
    }}
"""

CASES: dict[str, tuple[str, str]] = {
    "rows without reduction": (
        program(scale(" par 2").replace(") ->", ") rows 1 ->")),
        "map %y has rows 1 beside par 2 but no reduction whose results could be taken in turn",
    ),
    "rows and elements beyond a vector": (
        program(
            REDUCE.format(kind="add", lanes=8, body="%p = arith.mulf %a, %a : f32").replace(
                "in 8)", "in 8 par 1 x 4)", 1
            )
        ),
        "map %y takes 4 rows in its lanes by 8 elements of its reduction, 32 of 32 bits, but a "
        "vector holds 16; use lanes for 4 elements (rv), or for one row",
    ),
    "lanes across rows": (
        program(scale(" par 1 x 4", "%m[%i, %i]", "tensor<8x8xf32>")),
        "kernel %y reads %m 4 elements at a time along %i, which are not neighbours in it",
    ),
    "no dimension": (
        program(
            """
    %y = pattern.map () -> tensor<f32> {
      %s = pattern.reduce add (%k in 8) : f32 {
        %v = pattern.read %x[%k] : tensor<8xf32>
        pattern.yield %v : f32
      }
      pattern.yield %s : f32
    }
    """,
            "tensor<f32>",
        ),
        "map %y has no dimension, so nothing can count its element; give it one of extent 1",
    ),
    "read without a dimension": (
        program(
            """
    %n = pattern.parameter "n" : tensor<f32>
    %y = pattern.map (%i in 8) -> tensor<8xf32> {
      %v = pattern.read %n[] : tensor<f32>
      pattern.yield %v : f32
    }
    """
        ),
        "pattern.read of %n, which has no dimension; give it one of extent 1",
    ),
    "cast on lanes": (
        program(
            """
    %y = pattern.map (%i in 8 par 1 x 8) -> tensor<8xf32> {
      %v = pattern.read %x[%i] : tensor<8xf32>
      %a = arith.fptosi %v : f32 to i32
      %b = arith.sitofp %a : i32 to f32
      pattern.yield %b : f32
    }
    """
        ),
        "arith.fptosi on lanes is not supported; write it as pattern.convert, or use one lane",
    ),
    "par on an outer dimension": (
        program(
            """
    %y = pattern.map (%i in 2 par 2, %j in 4) -> tensor<2x4xf32> {
      %v = pattern.read %m[%i, %j] : tensor<8x8xf32>
      pattern.yield %v : f32
    }
    """,
            "tensor<2x4xf32>",
        ),
        "map %y has par on another dimension than its last",
    ),
    "remainder that does not add zero": (
        program(REDUCE.format(kind="add", lanes=16, body="%p = math.exp %a : f32")),
        "runs over 8 elements by 16 lanes, and a lane that is left over would not add zero",
    ),
    "largest of a remainder": (
        program(REDUCE.format(kind="max", lanes=16, body="%p = arith.addf %a, %a : f32")),
        "would not add zero; choose lanes (rv) that divide",
    ),
    "yield of a constant": (
        program(
            """
    %y = pattern.map (%i in 8 par 1 x 4) -> tensor<8xf32> {
      %c = arith.constant 1.0 : f32
      pattern.yield %c : f32
    }
    """
        ),
        "kernel %y yields a constant; write it as a pattern.parameter",
    ),
    "scan in a scan": (
        program(
            """
    %z = arith.constant dense<0.0> : tensor<8xf32>
    %y = pattern.scan (%t in 2) carry (%h = %z : tensor<8xf32>) -> tensor<8xf32> {
      %i = pattern.scan (%u in 2) carry (%g = %h : tensor<8xf32>) -> tensor<8xf32> {
        pattern.next %g : tensor<8xf32>
      }
      pattern.next %i : tensor<8xf32>
    }
    """
        ),
        "a pattern.scan inside a pattern.scan is not supported",
    ),
    "state that is not computed": (
        program(
            """
    %z = arith.constant dense<0.0> : tensor<8xf32>
    %y = pattern.scan (%t in 2) carry (%h = %z : tensor<8xf32>) -> tensor<8xf32> {
      pattern.next %h : tensor<8xf32>
    }
    """
        ),
        "handed on by a scan without being computed in it",
    ),
    "constant of different numbers": (
        program(
            """
    %c = arith.constant dense<[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]> : tensor<8xf32>
    %y = pattern.map (%i in 8) -> tensor<8xf32> {
      %v = pattern.read %c[%i] : tensor<8xf32>
      %w = arith.negf %v : f32
      pattern.yield %w : f32
    }
    """
        ),
        "%c is a constant of different numbers, for which a configuration has no place; make it a "
        "pattern.parameter of the weights file",
    ),
    "comparison per lane": (
        program(
            """
    %y = pattern.map (%i in 8 par 1 x 4) -> tensor<8xf32> {
      %v = pattern.read %x[%i] : tensor<8xf32>
      %c = arith.cmpf olt, %v, %v : f32
      %d = arith.select %c, %v, %v : f32
      pattern.yield %d : f32
    }
    """
        ),
        "arith.cmpf on lanes is not supported; use maximum, minimum or arithmetic",
    ),
    "argument as result": (
        program("", value="%x"),
        "is an argument that nothing computes",
    ),
    "activation left": (
        program(
            """
    %y = pattern.map (%i in 8) -> tensor<8xf32> {
      %v = pattern.read %x[%i] : tensor<8xf32>
      %a = pattern.activate tanh %v : f32
      pattern.yield %a : f32
    }
    """
        ),
        "still holds pattern.activate; run pattern-expand-activations first",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_refused(case: str, run_tool: Callable[..., Any]) -> None:
    text, message = CASES[case]
    ran = run_tool("spatial-opt", "-p", PIPELINE, stdin=text)
    assert ran.code == 1
    assert ran.out == ""
    assert "convert-pattern-to-spatial: " in ran.err
    assert message in ran.err
    assert "Traceback" not in ran.err


def test_reading_outside_gives_zero(run_tool: Callable[..., Any]) -> None:
    """A read marked zero_outside is padded, whatever its lanes."""
    text = program(scale(" par 1 x 8", "%x[%i + 1] zero_outside", "tensor<8xf32>"))
    ran = run_tool("spatial-opt", "-p", PIPELINE, stdin=text)
    assert ran.code == 0, ran.err
    assert "address [8 * %i + 1] padded" in ran.out
