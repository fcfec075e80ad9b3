"""Reading machine files: what is refused and how, and conversion there and back."""

import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatial_opt.machine.errors import SpatialError
from spatial_opt.machine.load import (
    known_machines,
    load_machine,
    machine_from_dict,
    machine_keys,
    machine_to_dict,
)


def _tiny_text() -> str:
    return (files("spatial_opt.machine") / "descriptions" / "tiny.toml").read_text()


@pytest.mark.parametrize("name", known_machines())
def test_flat_form_there_and_back(name: str):
    machine = load_machine(name)
    flat = machine_to_dict(machine)
    assert flat["name"] == name
    assert machine_from_dict(flat) == machine
    assert all(isinstance(value, int | float | str | list) for value in flat.values())
    relaxed = replace(machine, relaxed=("pmu.capacity_bytes",))
    assert machine_from_dict(machine_to_dict(relaxed)) == relaxed


def test_shipped_names():
    assert known_machines() == ["plasticine-isca17", "plasticine-rnn", "tiny"]


def test_a_users_file_needs_no_sources(tmp_path: Path):
    path = tmp_path / "mine.toml"
    path.write_text(_tiny_text().split("# Where each figure")[0].replace("lanes = 4", "lanes = 8"))
    assert load_machine(path).pcu.lanes == 8
    assert load_machine(str(path)) == load_machine(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("lanes = 4", "lane = 4", "unknown key 'pcu.lane', did you mean 'pcu.lanes'?"),
        ("lanes = 4\n", "", "key 'pcu.lanes' is missing"),
        ("lanes = 4", "lanes = 4.5", "'pcu.lanes' must be an integer, got 4.5"),
        ("lanes = 4", "lanes = true", "'pcu.lanes' must be an integer, got True"),
        ("lanes = 4", "lanes = 0", "'pcu.lanes' must be at least 1, got 0"),
        ("packed = true", "packed = 1", "'pcu.packed' must be true or false, got 1"),
        ("clock_ghz = 1.0", "clock_ghz = nan", "'clock_ghz' must be at least 0.001, got nan"),
        ('name = "tiny"', "name = 3", "'name' must be a string, got 3"),
        ('"pmu pcu"', '"pmu pcv"', "must list pcu or pmu separated by blanks"),
        ('"pmu pcu"', '"pmu"', "the rows of 'grid.pattern' must be equally long"),
        ('["pcu pmu", "pmu pcu"]', "[]", "must list pcu or pmu separated by blanks, got []"),
        ('["pcu pmu", "pmu pcu"]', "[1]", "'grid.pattern' must be a list of strings, got [1]"),
        ('columns = "outer"', 'columns = "left"', "'ag.columns' must be 'outer', got 'left'"),
        ("word_bits = 32", "word_bits = 12", "'pcu.word_bits' must be a multiple of 8, got 12"),
        ("default = 1", "defaults = 1", "key 'op_latency_cycles.default' is missing"),
        ('"arith.divf" = 2', '"arith.divf" = 0', "'op_latency_cycles.arith.divf' must be at least"),
        (
            '"arith.divf" = 2',
            '"arith.dvif" = 2',
            "key 'op_latency_cycles.arith.dvif' names no ",
        ),
        ('"arith.divf" = 2', '"arith.dvif" = 2', "compute unit, did you mean 'arith.divf'?"),
        ('"arith.divf" = 2', '"zzz" = 2', "compute unit; operations are arith.addf, arith.subf"),
        ('["f32",', '["fp32",', "'formats' lists 'fp32', which is no format, did you mean 'f32'?"),
        ('["f32",', '["zzz",', "'zzz', which is no format; formats are f32, f16, bf16, f8E4M3FN"),
        ('["f32",', '["i64", "f32",', "'formats' lists 'i64', which is no format"),
        ("[grid]", "[grid", "is not valid TOML"),
    ],
)
def test_refused_files(tmp_path: Path, old: str, new: str, message: str):
    text = _tiny_text().split("# Where each figure")[0]
    assert old in text
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(SpatialError, match=re.escape(message)) as caught:
        load_machine(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("op", ["arith.addf", "spatial.fold", "math.floor"])
def test_latencies_of_operations(tmp_path: Path, op: str):
    path = tmp_path / "mine.toml"
    text = _tiny_text().split("# Where each figure")[0]
    path.write_text(text.replace('"arith.divf" = 2', f'"{op}" = 3'))
    machine = load_machine(path)
    assert (machine.op_latency(op), machine.op_latency("arith.divf")) == (3, 1)


def test_a_source_for_nothing_is_refused(tmp_path: Path):
    path = tmp_path / "mine.toml"
    path.write_text(_tiny_text().replace("[sources.pcu]", '[sources.pcu]\nlane = "x"'))
    with pytest.raises(SpatialError, match=r"sources\.pcu\.lane names no figure, did you mean"):
        load_machine(path)


def test_unreadable_files(tmp_path: Path):
    with pytest.raises(SpatialError, match=r"cannot read machine file .*none\.toml: No such file"):
        load_machine(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SpatialError, match="is not UTF-8 text"):
        load_machine(tmp_path / "bytes.toml")


def test_unknown_name_lists_the_known_ones():
    with pytest.raises(SpatialError, match=r"unknown machine 'tinny', did you mean 'tiny'\?"):
        load_machine("tinny")
    with pytest.raises(SpatialError, match="known machines are plasticine-isca17, plasticine-rnn"):
        load_machine("")


def test_only_limits_can_be_relaxed():
    machine = load_machine("tiny")
    for key in ("pmu.capacity", "name", "pcu.packed", "clock_ghz"):
        with pytest.raises(SpatialError, match=f"cannot relax '{key}', which names no limit"):
            machine_from_dict(machine_to_dict(replace(machine, relaxed=(key,))))


@given(
    key=st.sampled_from(sorted(machine_keys())),
    value=st.one_of(st.integers(), st.floats(), st.text(), st.booleans(), st.lists(st.text())),
)
def test_any_wrong_value_is_a_clear_error_or_a_machine(key: str, value: Any):
    figures: dict[str, Any] = {**machine_to_dict(load_machine("tiny")), key: value}
    try:
        machine = machine_from_dict(figures)
    except SpatialError as error:
        assert key in str(error) or "cannot relax" in str(error)  # noqa: PT017
    else:
        assert machine_from_dict(machine_to_dict(machine)) == machine
