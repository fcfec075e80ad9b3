"""The files of examples/cells are those that its generator writes."""

import re
from pathlib import Path

import numpy as np
import pytest
from cell_cases import FOLDER, GENERATE, SIZES

from spatial_opt.runtime.array_files import load_arrays
from spatial_opt.tools.spatial_run import main as spatial_run


def test_files_are_what_the_generator_writes(tmp_path: Path):
    for cell in SIZES:
        written = GENERATE.write(cell, tmp_path)
        assert written.read_text() == (FOLDER / written.name).read_text(), f"rewrite {cell}.mlir"
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {p.name for p in FOLDER.iterdir() if p.suffix in (".mlir", ".safetensors")}
    for name in (name for name in names if name.endswith(".safetensors")):
        wanted, kept = load_arrays(tmp_path / name), load_arrays(FOLDER / name)
        assert wanted.keys() == kept.keys()
        assert all(np.array_equal(wanted[key], kept[key]) for key in wanted), f"rewrite {name}"


def test_variants_of_a_cell_share_their_weights():
    for cell in SIZES:
        stem = re.sub("_(mixed8|int8)$", "", cell)
        assert f'pattern.weights = "{stem}.safetensors"' in GENERATE.program(cell)


def test_the_readme_lists_every_cell():
    listed = re.findall(r"^\| \[`(\w+)`\]\((\w+)\.mlir\)", (FOLDER / "README.md").read_text(), re.M)
    assert [name for name, _ in listed] == [file for _, file in listed] == list(SIZES)


@pytest.mark.parametrize(
    ("cell", "sizes", "message"),
    [
        ("gur", {}, "there is no cell 'gur'; cells are matvec, "),
        ("mgu", {"P": 3}, "mgu has no size 'P'; its sizes are T, D, H"),
        ("mgu", {"H": 0}, "size H of mgu must be at least 1, got 0"),
    ],
)
def test_the_generator_refuses(cell: str, sizes: dict[str, int], message: str):
    with pytest.raises(ValueError, match=re.escape(message)):
        GENERATE.program(cell, **sizes)


def test_the_command_writes_a_cell_of_a_size_that_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    command = ["mgu", "-o", str(tmp_path), "H=9", "D=4"]
    assert GENERATE.main(command) == 0
    file = str(tmp_path / "mgu.mlir")
    assert capsys.readouterr().out.split() == [file]
    assert spatial_run([file, "--evaluator", "numpy"]) == 0
    assert "cycles" in capsys.readouterr().out


def test_the_command_refuses_a_size_in_words(capsys: pytest.CaptureFixture[str]):
    assert GENERATE.main(["mgu", "H=big"]) == 1
    message = "generate.py: error: a size is written like H=64, got 'H=big'\n"
    assert capsys.readouterr().err == message
