"""The command line of `spatial-opt`: outputs, dumps, messages and exit codes."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from xdsl.dialects import test
from xdsl.dialects.builtin import ModuleOp, i32
from xdsl.dialects.func import FuncOp
from xdsl.passes import ModulePass

from spatial_opt.tools.universe import SPATIAL_UNIVERSE

Run = Callable[..., Any]

GOOD = "func.func @f() {\n  func.return\n}\n"
BAD = "func.func @f() {\n  %a = arith.constantt 1 : i32\n  func.return\n}\n"
UNVERIFIED = '%a = arith.constant 1 : i32\n%b = "arith.addi"(%a, %a) : (i32, i32) -> i64\n'


@dataclass(frozen=True)
class BreakPass(ModulePass):
    """Damage the module in the way asked for."""

    name = "test-break"

    how: str = "order"

    def apply(self, ctx: Any, op: ModuleOp) -> None:
        """Add a use before its definition, or an operation that does not verify."""
        if self.how == "bug":
            raise RuntimeError("lost a unit; this is a bug")
        if self.how == "value":
            raise ValueError("par must divide trip, got par = 7 and trip = 64")
        late = test.TestOp(result_types=[i32])
        op.body.block.add_ops([test.TestOp(operands=[late.results[0]]), late])
        if self.how == "verify":
            function = next(f for f in op.walk() if isinstance(f, FuncOp))
            function.properties["sym_visibility"] = i32


@pytest.fixture
def run(run_tool: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `spatial-opt` with the pass above registered."""
    monkeypatch.setitem(SPATIAL_UNIVERSE.all_passes, "test-break", lambda: BreakPass)
    return partial(run_tool, "spatial-opt")


@pytest.fixture
def good(tmp_path: Path) -> str:
    """Give the path of a file without faults."""
    path = tmp_path / "good.mlir"
    path.write_text(GOOD)
    return str(path)


def test_prints_what_it_reads(run: Run, good: str):
    result = run(good)
    assert (result.code, result.err) == (0, "")
    assert run(stdin=GOOD).out == result.out
    assert run(stdin=result.out).out == result.out


def test_named_pipelines_and_dotted_words(run: Run, good: str):
    result = run(good, "-p", "set-target{name=tiny relax=pmu.banks},canonicalize")
    assert result.code == 0
    assert 'relaxed = ["pmu.banks"]' in result.out
    assert "set-target" in run("--help-pipelines").out


def test_help_lists_our_passes_and_examples(run: Run):
    result = run("--help")
    assert result.code == 0
    assert result.out.startswith("usage: spatial-opt")
    assert "set-target" in result.out
    assert "examples:" in result.out
    assert re.fullmatch(r"spatial-opt [\d.]+ on xdsl [\d.]+\n", run("--version").out)


def test_dump_ir_writes_numbered_files(run: Run, good: str, tmp_path: Path):
    folder = tmp_path / "new" / "steps"
    result = run(good, "-p", "set-target{name=tiny},canonicalize", "--dump-ir", str(folder))
    assert result.code == 0
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["000-input.mlir", "001-set-target.mlir", "002-canonicalize.mlir"]
    assert "spatial.target" not in (folder / names[0]).read_text()
    assert "spatial.target" in (folder / names[1]).read_text()
    assert (folder / names[2]).read_text().strip() == result.out.strip()


def test_dumps_of_split_files_do_not_overwrite_each_other(run: Run, tmp_path: Path):
    both = f"{GOOD}// -----\n{GOOD.replace('@f', '@g')}"
    result = run("--split-input-file", "--dump-ir", str(tmp_path), stdin=both)
    assert result.out.count("// -----") == 1
    assert "@f" in (tmp_path / "part-0" / "000-input.mlir").read_text()
    assert "@g" in (tmp_path / "part-1" / "000-input.mlir").read_text()


def test_progress_goes_to_standard_error(run: Run, good: str):
    passes = ("-p", "set-target{name=tiny},canonicalize")
    plain = run(good, *passes)
    result = run(good, *passes, "--time-passes", "--print-between-passes")
    assert result.out == plain.out
    assert "// IR after set-target" in result.err
    assert "set-target: 0." in result.err
    assert "canonicalize: 0." in result.err


@pytest.mark.parametrize(
    ("arguments", "stdin", "message"),
    [
        (
            (),
            BAD,
            "stdin:2:24: Operation arith.constantt is not registered; did you mean arith.constant?",
        ),
        ((), UNVERIFIED, "result 'result' at position 0 does not verify: attribute i32 expected"),
        (("no.mlir",), "", "no.mlir: No such file or directory"),
        (("x.onnx",), "", "x.onnx: No such file or directory"),
        (("-p", "set-target{"), GOOD, "cannot read the pass list at column 12: Expected"),
        (("-p", "set-tarket"), GOOD, "unknown pass or pipeline 'set-tarket', did you mean 'set-t"),
        (("-p", "zzz"), GOOD, "unknown pass or pipeline 'zzz', see --help"),
        (("-p", "canonicalize{a=3}"), GOOD, "canonicalize: there is no option 'a'; it has none"),
        (("-p", "test-break{how=value}"), GOOD, "test-break: par must divide trip, got par = 7"),
        (("-p", "test-break{how=verify}"), GOOD, "after test-break: "),
        (("-p", "test-break", "--verify-each"), GOOD, "after test-break: operand 0 of test.op"),
        (("-o", "/nowhere/out.mlir"), GOOD, "/nowhere/out.mlir: No such file or directory"),
        (("--dump-ir", "/dev/null/x"), GOOD, "/dev/null/x: Not a directory"),
        (("--split-input-file",), f"{GOOD}// -----\n{BAD}", "stdin:6:24: Operation arith.const"),
    ],
)
def test_errors_are_one_sentence_and_leave_no_output(
    run: Run, arguments: tuple[str, ...], stdin: str, message: str
):
    result = run(*arguments, stdin=stdin)
    assert result.code == 1
    assert result.out == ""
    assert result.err.startswith(f"spatial-opt: error: {message}")
    assert "Traceback" not in result.err


def test_bytes_that_are_not_text(run: Run, tmp_path: Path):
    path = tmp_path / "bytes.mlir"
    path.write_bytes(b"func\xff")
    result = run(str(path))
    assert result.code == 1
    assert (
        result.err == f"spatial-opt: error: {path}: not UTF-8 text: invalid start byte at byte 4\n"
    )


def test_a_failed_run_keeps_the_old_output_file(run: Run, tmp_path: Path):
    path = tmp_path / "out.mlir"
    assert run("-o", str(path), stdin=GOOD).code == 0
    before = path.read_text()
    assert run("-o", str(path), "-p", "test-break{how=value}", stdin=GOOD).code == 1
    assert path.read_text() == before


def test_traceback_on_request(run: Run):
    result = run("--traceback", stdin=BAD)
    assert result.code == 1
    assert result.err.startswith("spatial-opt: error: stdin:2:24")
    assert "Traceback (most recent call last)" in result.err


def test_faults_of_the_compiler_are_not_disguised(run: Run):
    with pytest.raises(RuntimeError, match="this is a bug"):
        run("-p", "test-break{how=bug}", stdin=GOOD)


def test_wrong_usage(run: Run):
    result = run("--no-such-option", stdin=GOOD)
    assert result.code == 2
    assert "spatial-opt: error: unrecognized arguments: --no-such-option" in result.err


def test_order_of_uses_is_checked_only_on_request(run: Run):
    assert run("-p", "test-break", stdin=GOOD).code == 0


def test_disable_verify_does_not_outlive_the_run(run: Run):
    assert run("--disable-verify", stdin=UNVERIFIED).code == 0
    assert run(stdin=UNVERIFIED).code == 1
