"""Programs in parts compute what they did whole, wherever they are cut."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sequence_programs import CELLS, cell, chain, chain_arrays, parse
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.sequence import apply_to_parts, is_sequence, parts_of, results_of
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.program_parts import cut, items_of, needs, uncuttable
from spatial_opt.runtime.pattern_evaluator import evaluate
from spatial_opt.runtime.program_inputs import input_specs, parameter_specs
from spatial_opt.tools.compilation import make_context, steps_for

NAMES = sorted(path.stem for path in CELLS.glob("*.mlir"))


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
@settings(max_examples=4, deadline=None)
def test_examples_wherever_they_are_cut(name: str, data: st.DataObject) -> None:
    module, inputs, parameters = cell(name)
    items = items_of(module)
    if uncuttable(items) is not None:
        assert len(items.items) == 1
        return
    wanted = evaluate(module, inputs, parameters)
    specs, known = input_specs(module), parameter_specs(module)
    inner = st.sets(st.integers(1, len(items.items) - 1))
    cut(module, (0, *sorted(data.draw(inner))))
    module.verify()
    assert is_sequence(module)
    used = {spec.name for part in parts_of(module) for spec in parameter_specs(part)}
    assert {spec.name: spec for spec in input_specs(module)} == {spec.name: spec for spec in specs}
    assert used == {spec.name for spec in known} == {s.name for s in parameter_specs(module)}
    found = evaluate(module, inputs, parameters)
    assert list(found) == list(wanted)
    for key, array in wanted.items():
        assert found[key].tobytes() == array.tobytes()


def test_what_crosses_a_border() -> None:
    items = items_of(parse(chain(3)))
    middle = needs(items, 1, 2)
    assert [value.name_hint for value in middle.entering] == ["v1"]
    assert [op.results[0].name_hint for op in middle.repeated] == ["w1"]
    assert [value.name_hint for value in middle.leaving] == ["v2"]
    assert {value.name_hint for value in needs(items, 0, 3).entering} == {"v0"}


def test_samples_go_from_part_to_part() -> None:
    module = parse(chain(2))
    inputs, parameters, _ = chain_arrays(2)
    stacked = {"v0": np.stack([inputs["v0"], 2 * inputs["v0"], -inputs["v0"]])}
    wanted = evaluate(module, stacked, parameters, samples=3)
    cut(module, (0, 1))
    found = evaluate(module, stacked, parameters, samples=3)
    assert found["result0"].tobytes() == wanted["result0"].tobytes()


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("", "", None),
        ("-> tensor<8xf32> {", '-> (tensor<8xf32> {pattern.name = "v0"}) {', "'v0' is the name"),
        ("func.return %v2", "func.return %v0", "it returns something that no map or loop computes"),
    ],
)
def test_what_cannot_be_cut(old: str, new: str, reason: str | None) -> None:
    text = chain(2).replace(old, new, 1) if old else chain(2)
    found = uncuttable(items_of(parse(text)))
    assert found is None if reason is None else found is not None and reason in found


def test_a_single_item_cannot_be_cut() -> None:
    found = uncuttable(items_of(parse(chain(1))))
    assert found == "it consists of 1 maps and loops, and 2 are needed to cut between"


def two_parts() -> ModuleOp:
    """Give a program in two parts, as text that was read again."""
    module = parse(chain(2))
    cut(module, (0, 1))
    return parse(str(module), None)


def test_parts_that_do_not_fit_together() -> None:
    inputs, parameters, wanted = chain_arrays(2)
    assert (evaluate(two_parts(), inputs, parameters)["result0"] == wanted).all()
    text = str(two_parts())
    head, second = text.split("@part1")
    narrow = second.replace("tensor<8xf32>", "tensor<4xf32>").replace(" in 8", " in 4")
    with pytest.raises(SpatialError, match="part @part1 takes 'v1' as 4xf32, and a part before it"):
        input_specs(parse(f"{head}@part1{narrow}", None))
    with pytest.raises(SpatialError, match="part @part1 gives 'v1', which is an input or a result"):
        input_specs(parse(text.replace('"result0"', '"v1"'), None))
    with pytest.raises(SpatialError, match=r"spatial.results names 'y', which no part"):
        results_of(parse(text.replace('["result0"]', '["y"]'), None), ["result0", "v1"])
    with pytest.raises(SpatialError, match="no input 'v7', only 'v0'"):
        evaluate(two_parts(), {"v7": inputs["v0"]}, parameters)
    with pytest.raises(SpatialError, match="parameter 'W1' is missing"):
        evaluate(two_parts(), inputs, {"W0": parameters["W0"]})


def test_an_error_names_the_part() -> None:
    from spatial_opt.passes.pattern_parallelize import PatternParallelizePass

    module = two_parts()
    with pytest.raises(SpatialError, match="part @part0: hu=99"):
        apply_to_parts(PatternParallelizePass(hu=99), make_context(), module)


def test_parts_are_of_one_level() -> None:
    module = two_parts()
    context = make_context()
    from spatial_opt.lowering.convert_pattern_to_spatial import ConvertPatternToSpatialPass

    ConvertPatternToSpatialPass().apply(context, parts_of(module)[0])
    with pytest.raises(SpatialError, match="parts of the program are spatial and pattern IR"):
        steps_for(module, "fused", {})
