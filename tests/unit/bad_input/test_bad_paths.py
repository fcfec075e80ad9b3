"""Paths that can't be read or written, and files that appear whole or not at all."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from spatial_opt.tools.output_files import OutputFiles


@pytest.mark.parametrize("tool", [(), ("spatial-opt",)])
@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("ne.mlir", "ne.mlir: No such file or directory; did you mean net.mlir?"),
        ("no/net.mlir", "no/net.mlir: No such file or directory; there is no folder no, make it"),
        (".", ".: Is a directory; name a file in it"),
        ("net.mlir/x.mlir", "net.mlir/x.mlir: Not a directory; net.mlir is no folder"),
    ],
)
def test_models(bad: Any, tool: tuple[str, ...], name: str, sentence: str) -> None:
    assert sentence in bad.refused(*tool, name)


def test_a_suffix_that_is_not_ir(bad: Any) -> None:
    assert "x.npz is no .mlir file" in bad.refused("spatial-opt", "x.npz")
    assert "x.npz: not UTF-8 text" in bad.refused("x.npz")


@pytest.mark.parametrize(
    ("folder", "sentence"),
    [
        ("no/y", "No such file or directory; there is no folder no, make it or correct the path"),
        ("net.mlir/y", "Not a directory; net.mlir is no folder, choose another path"),
    ],
)
def test_outputs(bad: Any, folder: str, sentence: str) -> None:
    assert sentence in bad.refused("net.mlir", "--outputs", f"{folder}.npz", "--dump-ir", "steps")
    assert sentence in bad.refused("net.mlir", "--trace", f"{folder}.json", "--outputs", "y.npz")
    assert sentence in bad.refused("spatial-opt", "net.mlir", "-o", f"{folder}.mlir")


def test_folders_instead_of_files_and_the_reverse(bad: Any) -> None:
    for arguments in (
        ("net.mlir", "--outputs", "."),
        ("net.mlir", "--trace", "."),
        ("spatial-opt", "net.mlir", "-o", "."),
    ):
        assert bad.refused(*arguments) == ".: Is a directory; name a file in it"
    for arguments in (("net.mlir",), ("spatial-opt", "net.mlir")):
        found = bad.refused(*arguments, "--dump-ir", "net.mlir")
        assert found == "net.mlir: Not a directory; net.mlir is no folder, choose another path"
    assert "y.txt is neither .npz nor .safetensors" in bad.refused("net.mlir", "--outputs", "y.txt")


def test_a_failed_run_leaves_old_files_alone(bad: Any) -> None:
    for name in ("y.npz", "t.json"):
        bad.write(name, "old")
    written = ("--outputs", "y.npz", "--trace", "t.json")
    bad.refused("net.mlir", "--weights", bad.arrays(), *written)
    assert (bad.text("y.npz"), bad.text("t.json")) == ("old", "old")
    assert bad.run("net.mlir", *written).code == 0
    assert "old" not in (bad.text("t.json"), (bad.folder / "y.npz").read_bytes()[:3].decode())
    assert [path for path in bad.folder.iterdir() if path.name.startswith(".")] == []


def test_files_appear_together_or_not_at_all(tmp_path: Path) -> None:
    first, second = tmp_path / "a.npz", tmp_path / "b.json"
    second.write_text("old")
    second.chmod(0o640)
    with OutputFiles() as files:
        for path in (first, second):
            files.temporary(path).write_text("new")
    assert [path.name for path in tmp_path.iterdir()] == ["b.json"]
    assert second.read_text() == "old"
    with OutputFiles() as files:
        for path in (first, second):
            temporary = files.temporary(path)
            assert temporary.suffix == path.suffix
            temporary.write_text("new")
        files.commit()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npz", "b.json"]
    assert second.read_text() == "new"
    assert second.stat().st_mode & 0o777 == 0o640


def test_a_link_stays_a_link_and_a_device_a_device(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("old")
    link = tmp_path / "link.txt"
    link.symlink_to("real.txt")
    with OutputFiles() as files:
        files.temporary(link).write_text("new")
        files.temporary(Path(os.devnull)).write_text("new")
        files.commit()
    assert link.is_symlink()
    assert (tmp_path / "real.txt").read_text() == "new"
    assert Path(os.devnull).is_char_device()


def process(folder: Path, tool: str, *arguments: str, shell: str = "") -> Any:
    """Run a tool as a process, with redirections if given."""
    command = [sys.executable, "-m", f"spatial_opt.tools.{tool}", *arguments]
    if shell:
        command = ["bash", "-c", f'exec "$@" {shell}', "bash", *command]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize("tool", ["spatial_opt", "spatial_run"])
def test_the_real_process(bad: Any, tool: str) -> None:
    for arguments, code in ((("no.mlir",), 1), (("--no-such-option",), 2), (("--version",), 0)):
        ran = process(bad.folder, tool, *arguments)
        assert ran.returncode == code
        assert "Traceback" not in ran.stderr
        if code == 1:
            name = tool.replace("_", "-")
            assert ran.stderr.startswith(f"{name}: error: no.mlir: No such file or directory; ")
            assert ran.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("shell", "code", "message"),
    [
        ("<&-", 1, "spatial-opt: error: standard input is closed; name a file to read\n"),
        ("</dev/null", 1, "spatial-opt: error: stdin:1:1: the text is empty; write a module\n"),
        ("<net.mlir >&-", 1, "spatial-opt: error: standard output is closed; "),
        ("<net.mlir >/dev/full", 1, "spatial-opt: error: No space left on device"),
        ("<no.mlir 2>&-", 1, ""),
        ("<net.mlir >/dev/null 2>&-", 0, ""),
    ],
)
def test_closed_streams(bad: Any, shell: str, code: int, message: str) -> None:
    ran = process(bad.folder, "spatial_opt", shell=shell)
    assert ran.returncode == code
    assert ran.stderr.startswith(message)
    assert "Traceback" not in ran.stderr
    assert "Exception ignored" not in ran.stderr


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no pseudo-terminals here")
def test_progress_only_on_a_terminal(bad: Any) -> None:
    command = [sys.executable, "-m", "spatial_opt.tools.spatial_run", "net.mlir"]
    command.append("--evaluator=numpy")
    quiet = process(bad.folder, "spatial_run", "net.mlir", "--evaluator=numpy")
    assert (quiet.returncode, quiet.stderr) == (0, "")
    terminal, end = os.openpty()
    shown = subprocess.run(
        command, cwd=bad.folder, stdout=subprocess.PIPE, stderr=end, timeout=120, check=False
    )
    os.close(end)
    text = os.read(terminal, 10000).decode()
    os.close(terminal)
    assert shown.returncode == 0
    for stage in ("reading net.mlir", "spatial-place", "counting cycles", "computing values"):
        assert f"\r\x1b[K{stage}" in text
    assert text.endswith("\r\x1b[K")
    assert b"\x1b" not in shown.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("net.mlir", "--report", "xml"),
        ("net.mlir", "--seed", "-1"),
        ("net.mlir", "--seed", "x"),
        ("net.mlir", "--format", "int9"),
        ("net.mlir", "--evaluator", "gpu"),
        ("net.mlir", "--bogus"),
        ("net.mlir", "other.mlir"),
    ],
)
def test_wrong_usage(bad: Any, arguments: tuple[str, ...]) -> None:
    ran = bad.tool("spatial-run", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("usage: spatial-run")
    assert ran.err.splitlines()[-1].startswith("spatial-run: error: ")


def test_help_and_version(bad: Any) -> None:
    shown = bad.tool("spatial-run", "--help")
    assert (shown.code, shown.err) == (0, "")
    for word in ("--inputs", "--relax", "--version", "examples:", "exit code 2"):
        assert word in shown.out
    version = bad.tool("spatial-run", "--version")
    assert (version.code, version.err) == (0, "")
    assert version.out.startswith("spatial-run ")
