"""Remarks: collected when asked for, one line each, innermost collector first."""

from collections.abc import Callable
from typing import Any

from xdsl.dialects import test
from xdsl.dialects.builtin import f32
from xdsl.dialects.func import FuncOp

from spatial_opt.passes.remarks import collect_remarks, remark, repeat_remarks


def test_remarks_say_pass_place_and_text():
    op = test.TestOp(result_types=[f32, f32])
    op.results[0].name_hint = "h"
    unnamed = test.TestOp(result_types=[f32])
    with collect_remarks() as remarks:
        remark("some-pass", op, "done")
        remark("some-pass", unnamed, "left")
        remark("some-pass", FuncOp("main", ((), ())), "seen")
        remark("some-pass", test.TestOp(), "seen")
        remark("some-pass", None, "nothing to do")
    assert list(map(str, remarks)) == [
        "remark: some-pass: %h: done",
        "remark: some-pass: a result of test.op: left",
        "remark: some-pass: @main: seen",
        "remark: some-pass: test.op: seen",
        "remark: some-pass: nothing to do",
    ]


def test_collectors_nest_and_end():
    remark("a", None, "lost")
    with collect_remarks() as outer:
        remark("a", None, "one")
        with collect_remarks() as inner:
            remark("a", None, "two")
        remark("a", None, "three")
    remark("a", None, "lost")
    assert [r.text for r in outer] == ["one", "three"]
    assert [r.text for r in inner] == ["two"]


def test_remarks_are_repeated_unless_they_are_known():
    with collect_remarks() as inner:
        for text in ("one", "two", "two"):
            remark("a", None, text)
    repeat_remarks(inner)
    with collect_remarks() as remarks:
        remark("a", None, "one")
        repeat_remarks(inner)
    assert [r.text for r in remarks] == ["one", "two"]


PROGRAM = """
func.func @main(%x : tensor<8xf32>) -> tensor<8xf32> {
  %p = pattern.map (%i in 8) -> tensor<8xf32> {
    %a = pattern.read %x[%i] : tensor<8xf32>
    pattern.yield %a : f32
  }
  %q = pattern.map (%i in 8) -> tensor<8xf32> {
    %a = pattern.read %p[%i] : tensor<8xf32>
    pattern.yield %a : f32
  }
  func.return %q : tensor<8xf32>
}
"""


def test_option_prints_them_on_standard_error(run_tool: Callable[..., Any]):
    silent = run_tool("spatial-opt", "-p", "pattern-fuse", stdin=PROGRAM)
    told = run_tool("spatial-opt", "-p", "pattern-fuse", "--remarks", stdin=PROGRAM)
    assert (silent.code, told.code) == (0, 0)
    assert silent.err == ""
    assert silent.out == told.out
    assert told.err.splitlines() == [
        "remark: pattern-fuse: %q: stays a map: it is a result of the function",
        "remark: pattern-fuse: %p: fused into %q",
    ]


def test_remarks_come_before_an_error(run_tool: Callable[..., Any]):
    run = run_tool(
        "spatial-opt", "-p", "pattern-fuse,pattern-fuse{only=p}", "--remarks", stdin=PROGRAM
    )
    assert run.code == 1
    lines = run.err.splitlines()
    assert lines[1] == "remark: pattern-fuse: %p: fused into %q"
    assert lines[-1].startswith("spatial-opt: error: pattern-fuse: no map is called 'p'")


def test_help_lists_the_option(run_tool: Callable[..., Any]):
    assert "--remarks" in run_tool("spatial-opt", "--help").out
