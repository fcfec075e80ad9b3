"""Networks as exporters write them end with the copies that must stay, counted by hand."""

import random
import re
import runpy
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from copy_cases import DEFAULTS, NETWORKS, arrays, eliminated, exported, map_names, parse
from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.utils.hints import isa

from spatial_opt.dialects.pattern import MapOp
from spatial_opt.dialects.pattern_interface import main_function
from spatial_opt.passes.copies.compose import Rules
from spatial_opt.passes.copies.eliminate import Copy, eliminate
from spatial_opt.passes.pattern_eliminate_copies import PatternEliminateCopiesPass
from spatial_opt.passes.polyhedral.loops import loops_around

STAY = {
    # The first states are re-laid arguments, the last ones and the outputs re-laid results.
    "lstm": {"h_start", "c_start", "y", "h_n", "c_n"},
    # Steps lead in what a scan stacks, the batch in the result.
    "gru": {"y"},
    "stacked": {"y2"},
    "bidirectional": {"y"},
    "peephole": set[str](),
    "projection": set[str](),
    "wavenet": set[str](),
}
EXPORTED = Path(__file__).parents[3] / "examples" / "exported"
OFF_CHIP = {
    "lstm": {"xt"},
    "gru": {"xt"},
    "stacked": {"xt1"},
    "bidirectional": {"xt"},
    "peephole": {"xs", "ys"},
    "projection": {"xs", "ys"},
    "wavenet": {"in0", "y"},
}
"""What takes an argument or makes a result, of the copies that go."""
SIZES = [{}, {"T": 1, "H": 1}, {"T": 3, "B": 1, "D": 5, "H": 7}]


def sizes_of(network: str) -> list[dict[str, int]]:
    """Return the sizes to try that a network has."""
    if network == "wavenet":
        return [{"L": 3}, {"T": 1, "C": 3, "L": 2}, {"T": 7, "C": 1, "L": 4}]
    return SIZES


@pytest.mark.parametrize("element", ["i32", "f32"])
@pytest.mark.parametrize("network", DEFAULTS)
def test_only_copies_stay_that_must(network: str, element: str):
    for number, sizes in enumerate(sizes_of(network)[: None if element == "i32" else 1]):
        module, copies = exported(network, element, **sizes)
        changed, remarks = eliminated(module, seed=number)
        assert {name for name in map_names(changed) if name in copies} >= set(STAY[network])
        gone = len(copies) - len(STAY[network])
        assert f"{gone} of {len(copies)} copies eliminated" in remarks[-1].text


@pytest.mark.parametrize("network", DEFAULTS)
def test_bytes_are_those_of_the_copies_that_went(network: str):
    module, copies = exported(network, "i32", **sizes_of(network)[0])
    moved = dict.fromkeys(copies, 0)
    for op in module.walk():
        if isinstance(op, MapOp) and op.results[0].name_hint in moved:
            runs = int(np.prod(loops_around(op).bounds))
            moved[op.results[0].name_hint] = 2 * 4 * runs * int(np.prod(op.domain))
    remark = eliminated(module)[1][-1].text
    on_chip, off_chip = map(int, re.findall(r"(\d+) bytes", remark))
    assert on_chip + off_chip == sum(n for name, n in moved.items() if name not in STAY[network])
    assert off_chip == sum(moved[name] for name in OFF_CHIP[network])


@pytest.mark.parametrize("network", DEFAULTS)
def test_a_second_run_changes_nothing(network: str):
    module, _ = exported(network, "i32", **sizes_of(network)[0])
    once, _ = eliminated(module)
    twice, remarks = eliminated(once)
    assert str(twice) == str(once)
    assert not any(remark.text.startswith("eliminated") for remark in remarks)


@pytest.mark.parametrize("network", DEFAULTS)
def test_any_order_of_copies_gives_the_same_accesses(network: str):
    module, _ = exported(network, "i32", **sizes_of(network)[0])
    expected = str(eliminated(module)[0])
    for seed in range(2):
        shuffled = module.clone()
        generator = random.Random(seed)

        def order(copies: list[Copy], generator: random.Random = generator) -> list[Copy]:
            return generator.sample(copies, len(copies))

        eliminate(main_function(shuffled), Rules(), order=order)
        shuffled.verify()
        assert _reads(shuffled) == _reads_of_text(expected)


def _reads(module: ModuleOp) -> list[str]:
    return _reads_of_text(str(module))


def _reads_of_text(text: str) -> list[str]:
    """Return tensors and coordinates of all reads, without the numbers of SSA names."""
    found = re.findall(r"pattern\.read (%\S+\[[^\]]*\].*)", text)
    return sorted(re.sub(r"_\d+\b", "", read) for read in found)


def test_what_is_kept_by_name_stays_and_keeps_its_readers():
    module, copies = exported("lstm")
    step = PatternEliminateCopiesPass(keep=("%xh", "zi", "zg"))
    changed, remarks = eliminated(module, step)
    stay = {*STAY["lstm"], "xh", "zi", "zg"}
    assert {name for name in map_names(changed) if name in copies} == stay
    kept = {remark.where for remark in remarks if remark.text == "kept as asked"}
    assert kept == {"%xh", "%zi", "%zg"}


def test_channels_first_convolutions_keep_one_transpose_each():
    writer: Any = import_module("writer")
    module = parse(NETWORKS.wavenet(writer.Program("i32"), 12, 4, 3, first=True))
    changed, remarks = eliminated(module)
    # A product over channels reads neighbours only where channels are last.
    stay = [remark for remark in remarks if "stays: C6: along %k" in remark.text]
    assert [remark.where for remark in stay] == ["%rows0", "%rows1", "%rows2"]
    # Besides them: four products' worth of kernels a layer, and one sum less in the first.
    assert len(map_names(changed)) == 3 + 3 * 6 - 1


def test_the_files_are_what_the_generator_writes(tmp_path: Path):
    main: Any = runpy.run_path(str(EXPORTED / "generate.py"))["main"]
    assert main(["-o", str(tmp_path)]) == 0
    names = {path.name for path in tmp_path.glob("*.mlir")}
    assert (
        names == {path.name for path in EXPORTED.glob("*.mlir")} == {f"{n}.mlir" for n in DEFAULTS}
    )
    for name in names:
        assert (tmp_path / name).read_text() == (EXPORTED / name).read_text(), f"rewrite {name}"


def test_inputs_have_negative_zeros():
    module, _ = exported("lstm", "f32")
    x = arrays(module)[0]["x"]
    assert np.signbit(x[x == 0]).any()
    assert not np.signbit(x[x == 0]).all()
    assert isa(main_function(module).args[0].type, TensorType)
