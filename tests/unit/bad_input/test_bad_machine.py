"""Machines that are unknown, wrongly described, or too small for a program."""

import re
from importlib.resources import files
from typing import Any

import pytest

TINY = (files("spatial_opt.machine") / "descriptions" / "tiny.toml").read_text()
OWN = TINY.split("# Where each figure")[0]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("lanes = 4", "lane = 4", "unknown key 'pcu.lane', did you mean 'pcu.lanes'?"),
        ("[pcu]", "[pcuu]", "unknown key 'pcuu.lanes', did you mean 'pcu.lanes'?"),
        ("lanes = 4\n", "", "key 'pcu.lanes' is missing; add it"),
        ("lanes = 4", "lanes = '4'", "'pcu.lanes' must be an integer, got '4'"),
        ("lanes = 4", "lanes = 0", "'pcu.lanes' must be at least 1, got 0"),
        ("clock_ghz = 1.0", "clock_ghz = inf", "'clock_ghz' must be finite, got inf"),
        ('["f32",', '["fp32",', "'formats' lists 'fp32', which is no format, did you mean 'f32'?"),
        (
            '"arith.divf"',
            '"arith.dvif"',
            "of a compute unit, did you mean 'arith.divf'?",
        ),
        ("lanes = 4", "lanes = ", "is not valid TOML: Invalid value (at line "),
    ],
)
def test_a_users_machine(bad: Any, old: str, new: str, sentence: str) -> None:
    assert old in OWN
    name = bad.write("mine.toml", OWN.replace(old, new, 1))
    for found in (
        bad.refused("net.mlir", "--target", name),
        bad.refused("spatial-opt", "net.mlir", "-p", f"set-target{{name={name}}}"),
    ):
        assert found.startswith("set-target: mine.toml")
        assert sentence in found


@pytest.mark.parametrize("pipeline", ["fused", "unfused"])
@pytest.mark.parametrize(
    ("kind", "other", "sentence"),
    [
        (
            "pcu",
            "pmu",
            "has no compute unit (grid.pattern lists no pcu), and every kernel needs one",
        ),
        ("pmu", "pcu", "has 0 (0 bytes), short by"),
    ],
)
def test_a_grid_without_a_kind_of_unit(
    bad: Any, kind: str, other: str, sentence: str, pipeline: str
) -> None:
    name = bad.write("mine.toml", re.sub(rf"\b{kind}\b(?=[ \w]*\")", other, OWN))
    found = bad.refused("net.mlir", "--pipeline", pipeline, "--target", name)
    assert sentence in found
    assert re.search(rf"put {kind} into grid.pattern( of the machine)?, or take another", found)


def test_machines_that_are_not_there(bad: Any) -> None:
    (bad.folder / "folder.toml").mkdir()
    bad.write("bytes.toml", b"\xff\xfe")
    for name, sentence in (
        ("tinny", "unknown machine 'tinny', did you mean 'tiny'?; known machines are plasticine-"),
        ("", "unknown machine ''; known machines are"),
        ("no.toml", "cannot read machine file no.toml: No such file or directory; give the path"),
        ("folder.toml", "cannot read machine file folder.toml: Is a directory"),
        ("bytes.toml", "machine file bytes.toml is not UTF-8 text (invalid start byte at byte 0)"),
    ):
        assert sentence in bad.refused("net.mlir", "--target", name)


def wide(bad: Any, rows: int) -> str:
    """Write a network with more hidden units, and weights made of zeros."""
    import numpy as np

    bad.arrays("wide.npz", W=np.zeros((1, rows, 5)), R=np.zeros((1, rows, rows)))
    text = bad.text("net.mlir").replace("hidden 6", f"hidden {rows}")
    text = re.sub(r"\b1x6x(5|6)xf32", lambda m: f"1x{rows}x{5 if m[1] == '5' else rows}xf32", text)
    text = text.replace("x6xf32", f"x{rows}xf32").replace("w.safetensors", "wide.npz")
    return bad.write("wide.mlir", text)


def test_a_machine_too_small(bad: Any) -> None:
    model = wide(bad, 96)
    for found in (
        bad.refused(model, "--target", "tiny"),
        bad.refused("spatial-opt", model, "-p", "unfused{target=tiny}"),
    ):
        sizes = re.search(r"weights need ([\d.]+) kB in (\d+) of (\d+) memory units", found)
        assert sizes is not None
        assert "tiny has 8 (8.19 kB)" in found
        assert f"{int(sizes[3]) - 8} units" in found
        assert re.search(r"largest users: @\w+\.\w*R \(", found)
        assert "relax pmu.capacity_bytes or use " in found


def test_a_memory_too_large_says_by_how_much_and_can_be_relaxed(bad: Any) -> None:
    name = bad.write("small.toml", OWN.replace("capacity_bytes = 1024", "capacity_bytes = 32"))
    arguments = ("net.mlir", "--target", name)
    found = bad.refused(*arguments)
    assert "tiny has 8 (256 bytes), short by " in found
    assert "relax pmu.capacity_bytes" in found
    report = bad.report(*arguments, "--relax", "pmu.capacity_bytes")
    assert report["relaxed"] == ["pmu.capacity_bytes"]
    assert "limit pmu.capacity_bytes is relaxed: not enforced" in report["notes"]


def test_limits_of_a_configuration_can_be_relaxed(bad: Any) -> None:
    report = bad.report("config.mlir", "--relax", "pmu.capacity_bytes")
    assert report["target"] == "plasticine-rnn"
    assert report["relaxed"] == ["pmu.capacity_bytes"]


@pytest.mark.parametrize("model", ["net.mlir", "config.mlir"])
@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        (
            "pmu.capacity",
            "'pmu.capacity', which names no limit, did you mean 'pmu.capacity_b",
        ),
        ("pmu.banks,pcu.lane", "'pcu.lane', which names no limit, did you mean 'pcu.lanes'?"),
        ("grid.rows", "'grid.rows', which names no limit; limits are pcu.lanes, "),
        ("", "cannot relax '', which names no limit; limits are "),
    ],
)
def test_what_is_no_limit_cannot_be_relaxed(bad: Any, model: str, keys: str, sentence: str) -> None:
    assert sentence in bad.refused(model, "--relax", keys)


def test_another_machine_for_a_configuration(bad: Any) -> None:
    found = bad.refused("config.mlir", "--target", "tiny")
    assert "needs 16 lanes of 32 bits, tiny has 4 (pcu.lanes = 4" in found
    assert "use vectors of 4" in found


@pytest.mark.parametrize(("format", "type"), [("bf16", "bf16"), ("mixed8", "f8E4M3FN")])
def test_formats_that_a_machine_lacks(bad: Any, format: str, type: str) -> None:
    found = bad.refused("net.mlir", "--target", "plasticine-isca17", "--format", format)
    assert re.match(r"spatial-partition: @h\.dot[\d.]*: ", found)
    assert f"computes on {type}, but plasticine-isca17 only on f32, i8, i16, i32, i1" in found
    assert f"or a machine whose formats list {type}" in found


@pytest.mark.parametrize("format", ["f32", "int8"])
def test_formats_that_a_machine_has(bad: Any, format: str) -> None:
    report = bad.report("net.mlir", "--target", "plasticine-isca17", "--format", format)
    assert (report["target"], report["format"]) == ("plasticine-isca17", format)


def test_the_formats_of_a_users_machine(bad: Any) -> None:
    name = bad.write("ints.toml", OWN.replace('formats = ["f32", ', "formats = ["))
    found = bad.refused("net.mlir", "--target", name, "--format", "f32")
    assert "computes on f32, but tiny only on f16, bf16, f8E4M3FN" in found
