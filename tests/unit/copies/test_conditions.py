"""Programs whose copies must stay, each with the condition that fails, and close ones that go."""

from dataclasses import dataclass

import pytest
from copy_cases import body_of, eliminated, map_names

from spatial_opt.passes.pattern_eliminate_copies import PatternEliminateCopiesPass


def copy(name: str, domain: str, shape: str, read: str) -> str:
    """Write a map that moves one element."""
    return (
        f"%{name} = pattern.map ({domain}) -> tensor<{shape}xi32> {{\n"
        f"  %{name}_v = pattern.read {read}\n"
        f"  pattern.yield %{name}_v : i32\n}}\n"
    )


def twice(name: str, domain: str, shape: str, read: str) -> str:
    """Write a map that computes with one element."""
    return (
        f"%{name} = pattern.map ({domain}) -> tensor<{shape}xi32> {{\n"
        f"  %{name}_v = pattern.read {read}\n"
        f"  %{name}_w = arith.muli %{name}_v, %{name}_v : i32\n"
        f"  pattern.yield %{name}_w : i32\n}}\n"
    )


def matvec(name: str, rows: int, columns: int, matrix: str, vector: str) -> str:
    """Write a product of a matrix, read at %i and %k, and a vector, read at %k."""
    return (
        f"%{name} = pattern.map (%i in {rows}) -> tensor<{rows}xi32> {{\n"
        f"  %s = pattern.reduce add (%k in {columns}) : i32 {{\n"
        f"    %a = pattern.read {matrix}\n    %b = pattern.read {vector}\n"
        "    %p = arith.muli %a, %b : i32\n    pattern.yield %p : i32\n  }\n"
        f"  pattern.yield %s : i32\n}}\n"
    )


@dataclass(frozen=True)
class Case:
    """A program and the copies of it that stay, with what remarks say of them."""

    text: str
    stays: dict[str, str]
    step: PatternEliminateCopiesPass | None = None


def scan(before: str, body: str, end: str, results: str = "tensor<4xi32>") -> str:
    """Write a scan over 3 steps that carries %h from %h0."""
    return (
        f"(%h0: tensor<4xi32>, %m: tensor<4x4xi32>) -> {results} {{\n{before}"
        "%last = pattern.scan (%t in 3) carry (%h = %h0 : tensor<4xi32>) -> (tensor<4xi32>) {\n"
        f"{body}pattern.next {end} : tensor<4xi32>\n}}\n"
    )


HOLD = copy("hprev", "%j in 4", "4", "%h[%j] : tensor<4xi32>")
PRODUCT = matvec("new", 4, 4, "%m[%i, %k] : tensor<4x4xi32>", "%hprev[%k] : tensor<4xi32>")
LATER = twice("later", "%j2 in 4", "4", "%hprev[%j2] : tensor<4xi32>")
RETURN = "func.return %last : tensor<4xi32>\n}"
IN_PLACE = PatternEliminateCopiesPass(buffers=1)

CASES = {
    "C1: the start of a scan is written over": Case(
        "(%h0: tensor<2x2xi32>) -> tensor<4xi32> {\n"
        + copy("flat", "%j in 4", "4", "%h0[%j floordiv 2, %j mod 2] : tensor<2x2xi32>")
        + "%last = pattern.scan (%t in 3) carry (%h = %flat : tensor<4xi32>) -> (tensor<4xi32>) {\n"
        + twice("new", "%j2 in 4", "4", "%h[%j2] : tensor<4xi32>")
        + "pattern.next %new : tensor<4xi32>\n}\n"
        + RETURN,
        {"flat": "C1: a scan starts with %flat and writes over it at every step"},
    ),
    "C1: the next state is another order of a value that must be kept": Case(
        "(%h0: tensor<4xi32>) -> (tensor<4xi32>, tensor<3x4xi32>) {\n"
        "%last, %all = pattern.scan (%t in 3) carry (%h = %h0 : tensor<4xi32>)"
        " -> (tensor<4xi32>, tensor<3x4xi32>) {\n"
        + twice("new", "%j in 4", "4", "%h[%j] : tensor<4xi32>")
        + copy("back", "%j2 in 4", "4", "%new[3 - %j2] : tensor<4xi32>")
        + "pattern.next %back emit %new : tensor<4xi32>, tensor<4xi32>\n}\n"
        + "func.return %last, %all : tensor<4xi32>, tensor<3x4xi32>\n}",
        {"back": "C1: %back is the next value of the state %h, which is written at every step"},
    ),
    "C2: a slice read beyond its end, along a diagonal": Case(
        "(%x: tensor<20xi32>) -> tensor<4x10xi32> {\n"
        + copy("part", "%j in 10", "10", "%x[%j + 5] : tensor<20xi32>")
        + twice(
            "y", "%i in 4, %k in 10", "4x10", "%part[%i + %k - 2] zero_outside : tensor<10xi32>"
        )
        + "func.return %y : tensor<4x10xi32>\n}",
        {"part": "C2: not everything read was copied: %part is zero at i = 0, k = 0 of { "},
    ),
    "C3: gathered": Case(
        "(%x: tensor<2x8xi32>, %n: tensor<4xi32>) -> tensor<4xi32> {\n"
        + copy("row", "%j in 8", "8", "%x[1, %j] : tensor<2x8xi32>")
        + "%y = pattern.map (%i in 4) -> tensor<4xi32> {\n"
        "  %a = pattern.read %n[%i] : tensor<4xi32>\n  %c = arith.constant 7 : i32\n"
        "  %b = arith.andi %a, %c : i32\n"
        "  %v = pattern.gather %row[%b] : tensor<8xi32>, i32\n  pattern.yield %v : i32\n}\n"
        "func.return %y : tensor<4xi32>\n}",
        {"row": "C3: %row is read at computed coordinates"},
    ),
    "C3: an index that is computed": Case(
        "(%x: tensor<2x8xi32>) -> tensor<4xi32> {\n"
        + copy("row", "%j in 8", "8", "%x[1, %j] : tensor<2x8xi32>")
        + "%y = pattern.map (%i in 4) -> tensor<4xi32> {\n"
        "  %b = arith.addi %i, %i : index\n"
        "  %v = pattern.read %row[%b] : tensor<8xi32>\n"
        "  %w = arith.addi %v, %v : i32\n  pattern.yield %w : i32\n}\n"
        "func.return %y : tensor<4xi32>\n}",
        {"row": "C3: the coordinates of a read of %row are computed at run time"},
    ),
    "C4: a state in one buffer, written row by row while others read it": Case(
        scan("", HOLD + PRODUCT, "%new") + RETURN,
        {"hprev": "C4: the state %h is overwritten before it is read at t = 0, i = 0, k = 1 of"},
        IN_PLACE,
    ),
    "C4: a state in one buffer, read after its successor is made": Case(
        scan(
            "",
            HOLD
            + twice("new", "%j3 in 4", "4", "%h[%j3] : tensor<4xi32>")
            + LATER
            + twice("unused", "%j4 in 4", "4", "%later[%j4] : tensor<4xi32>"),
            "%new",
        )
        + RETURN,
        {
            "hprev": "C4: the state %h is overwritten before it is read at t = 0, j2 = 0 "
            "of { [t, j2] : 0 <= t <= 2 and 0 <= j2 <= 3 }; with two buffers (buffers=2) that "
            "change places it is not"
        },
        IN_PLACE,
    ),
    "C4: a delay line": Case(
        "(%h0: tensor<4xi32>) -> (tensor<4xi32>, tensor<4xi32>) {\n"
        "%a, %b = pattern.scan (%t in 3) carry (%h = %h0 : tensor<4xi32>, %g = %h0 : tensor<4xi32>)"
        " -> (tensor<4xi32>, tensor<4xi32>) {\n"
        + copy("delayed", "%j in 4", "4", "%h[%j] : tensor<4xi32>")
        + twice("new", "%j2 in 4", "4", "%g[%j2] : tensor<4xi32>")
        + "pattern.next %new, %delayed : tensor<4xi32>, tensor<4xi32>\n}\n"
        "func.return %a, %b : tensor<4xi32>, tensor<4xi32>\n}",
        {"delayed": "C4: the state %h is overwritten at the end of the step while %g still holds"},
    ),
    "C4: the old state, stacked": Case(
        "(%h0: tensor<4xi32>) -> tensor<4x3xi32> {\n"
        "%last, %all = pattern.scan (%t in 3) carry (%h = %h0 : tensor<4xi32>)"
        " -> (tensor<4xi32>, tensor<3x4xi32>) {\n"
        + copy("old", "%j in 4", "4", "%h[%j] : tensor<4xi32>")
        + twice("new", "%j2 in 4", "4", "%h[%j2] : tensor<4xi32>")
        + "pattern.next %new emit %old : tensor<4xi32>, tensor<4xi32>\n}\n"
        + twice("y", "%j3 in 4, %t2 in 3", "4x3", "%all[%t2, %j3] : tensor<3x4xi32>")
        + "func.return %y : tensor<4x3xi32>\n}",
        {"old": "C4: %all would be read after the loop, when %h is overwritten"},
    ),
    "C5: a result": Case(
        "(%x: tensor<2x3xi32>) -> (tensor<3x2xi32>, tensor<3x2xi32>) {\n"
        + copy("turned", "%i in 3, %j in 2", "3x2", "%x[%j, %i] : tensor<2x3xi32>")
        + twice("y", "%i2 in 3, %j2 in 2", "3x2", "%turned[%i2, %j2] : tensor<3x2xi32>")
        + "func.return %y, %turned : tensor<3x2xi32>, tensor<3x2xi32>\n}",
        {"turned": "C5: %turned is a result of the function"},
    ),
    "C6: a product along columns": Case(
        "(%x: tensor<8x8xi32>, %v: tensor<8xi32>) -> tensor<8xi32> {\n"
        + copy("turned", "%i3 in 8, %j3 in 8", "8x8", "%x[%j3, %i3] : tensor<8x8xi32>")
        + "%y = pattern.map (%i in 8) -> tensor<8xi32> {\n"
        "  %s = pattern.reduce add (%l in 2, %k in 8) : i32 {\n"
        "    %a = pattern.read %turned[%i, %k] : tensor<8x8xi32>\n"
        "    %b = pattern.read %v[%k] : tensor<8xi32>\n"
        "    %c = pattern.read %x[%l, %k] : tensor<8x8xi32>\n"
        "    %p = arith.muli %a, %b : i32\n    %q = arith.muli %p, %c : i32\n"
        "    pattern.yield %q : i32\n  }\n  pattern.yield %s : i32\n}\n"
        "func.return %y : tensor<8xi32>\n}",
        {
            "turned": "C6: along %k it would not read neighbours in %x any more, 128 elements "
            "one by one to save a copy of 64"
        },
    ),
    "C6: lanes whatever it costs": Case(
        "(%x: tensor<4x8xi32>) -> tensor<8x4xi32> {\n"
        + copy("turned", "%i in 8, %j in 4", "8x4", "%x[%j, %i] : tensor<4x8xi32>")
        + twice("y", "%i2 in 8, %j2 in 4", "8x4", "%turned[%i2, %j2] : tensor<8x4xi32>")
        + "func.return %y : tensor<8x4xi32>\n}",
        {"turned": "C6: along %j2 it would not read neighbours in %x any more"},
        PatternEliminateCopiesPass(strict_lanes=True),
    ),
    "C6: two sources and no sum of products": Case(
        "(%x: tensor<4xi32>, %z: tensor<4xi32>) -> tensor<8xi32> {\n"
        "%both = pattern.map (%i in 8) -> tensor<8xi32> {\n"
        "  %a = pattern.read %x[%i] zero_outside : tensor<4xi32>\n"
        "  %b = pattern.read %z[%i - 4] zero_outside : tensor<4xi32>\n"
        "  %s = arith.addi %a, %b : i32\n  pattern.yield %s : i32\n}\n"
        + twice("y", "%j in 8", "8", "%both[%j] : tensor<8xi32>")
        + "func.return %y : tensor<8xi32>\n}",
        {"both": "C6: a read of %both needs 2 addresses by turns, which only a sum of products"},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_copy_stays_and_the_remark_names_the_condition(name: str):
    case = CASES[name]
    module = body_of(case.text)
    changed, remarks = eliminated(module, case.step)
    stays = {remark.where: remark.text for remark in remarks if "stays: " in remark.text}
    assert stays.keys() == {f"%{copy}" for copy in case.stays}
    for copy_name, reason in case.stays.items():
        assert stays[f"%{copy_name}"].startswith(f"stays: {reason}")
        assert reason.startswith(name[:3])
        assert copy_name in map_names(changed)


def test_two_writers_are_no_copy():
    module = body_of(
        "(%x: tensor<4xi32>, %z: tensor<4xi32>) -> tensor<6xi32> {\n"
        "%both = pattern.map (%i in 6) -> tensor<6xi32> {\n"
        "  %a = pattern.read %x[%i] zero_outside : tensor<4xi32>\n"
        "  %b = pattern.read %z[%i - 2] zero_outside : tensor<4xi32>\n"
        "  %s = arith.addi %a, %b : i32\n  pattern.yield %s : i32\n}\n"
        + twice("y", "%j in 6", "6", "%both[%j] : tensor<6xi32>")
        + "func.return %y : tensor<6xi32>\n}"
    )
    changed, remarks = eliminated(module)
    assert str(changed) == str(module)
    assert remarks == []


@pytest.mark.parametrize("body", [HOLD + PRODUCT, HOLD + PRODUCT + LATER])
def test_two_buffers_do_away_with_the_copy_of_a_state(body: str):
    changed, remarks = eliminated(body_of(scan("", body, "%new") + RETURN))
    assert "hprev" not in map_names(changed)
    assert remarks[0].text == (
        "eliminated, readers read %h; it needs two buffers that change places at every step"
    )


def test_one_buffer_is_enough_where_each_point_reads_its_own_element():
    text = scan("", HOLD + twice("new", "%j2 in 4", "4", "%hprev[%j2] : tensor<4xi32>"), "%new")
    changed, remarks = eliminated(body_of(text + RETURN), IN_PLACE)
    assert "hprev" not in map_names(changed)
    assert remarks[0].text == "eliminated, readers read %h"


def test_a_broadcast_goes():
    changed, _ = eliminated(
        body_of(
            "(%b: tensor<4xi32>) -> tensor<3x4xi32> {\n"
            + copy("rows", "%i in 3, %j in 4", "3x4", "%b[%j] : tensor<4xi32>")
            + twice("y", "%i2 in 3, %j2 in 4", "3x4", "%rows[%i2, %j2] : tensor<3x4xi32>")
            + "func.return %y : tensor<3x4xi32>\n}"
        )
    )
    assert map_names(changed) == ["y"]
