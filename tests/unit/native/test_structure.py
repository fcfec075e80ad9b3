"""What the native evaluator makes of a configuration: addresses, shared code, layouts."""

from collections.abc import Callable, Mapping
from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime import bindings
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.native import evaluator
from spatial_opt.runtime.native.access import translate
from spatial_opt.runtime.native.build import Builder
from spatial_opt.runtime.native.program import all_kernels, make_program
from spatial_opt.runtime.native.schedule import group_by_structure
from spatial_opt.runtime.numpy_evaluator import config_of

Make = Callable[..., tuple[ModuleOp, Mapping[str, Array], Mapping[str, Array]]]


def _addresses(coefficients: tuple[int, ...], trips: tuple[int, ...]) -> list[int]:
    return [
        sum(c * i for c, i in zip(coefficients, digits, strict=True))
        for digits in product(*map(range, trips))
    ]


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([1, 2, 3, 4, 6]), min_size=1, max_size=4),
    st.lists(st.sampled_from([1, 2, 3, 4, 6]), min_size=1, max_size=4),
    st.lists(st.integers(-3, 12), min_size=4, max_size=4),
)
def test_translated_addresses_are_the_same(
    trips: list[int], target: list[int], coefficients: list[int]
) -> None:
    """Whatever is translated counts the same addresses in the same order."""
    given_ones = tuple(coefficients[: len(trips)])
    missing = prod(trips) / prod(target)
    if missing >= 1 and missing == int(missing):
        target = [int(missing), *target]
    found = translate(given_ones, tuple(trips), tuple(target))
    if found is not None:
        assert _addresses(found, tuple(target)) == _addresses(given_ones, tuple(trips))


def test_translation_splits_and_joins_counters() -> None:
    assert translate((64, 1), (4, 16), (64,)) is None
    assert translate((16, 1), (4, 16), (64,)) == (1,)
    assert translate((3,), (64,), (4, 16)) == (48, 3)
    assert translate((100, 5, 1), (4, 2, 3), (4, 6)) is None
    assert translate((100, 3, 1), (4, 2, 3), (4, 6)) == (100, 1)


def test_code_does_not_grow_with_the_number_of_units(make_cell: Make) -> None:
    small, _, _ = make_cell(hidden=64, copies=2, pieces=2, lanes=16)
    large, _, _ = make_cell(hidden=64, copies=4, pieces=4, lanes=16)
    functions = [make_program(Builder(config_of(m))).functions for m in (small, large)]
    assert functions[0] == functions[1]


@pytest.mark.parametrize(("format", "group"), [("int8", 2), ("mixed8", 1), ("f32", 1)])
def test_weights_are_stored_in_blocks_of_rows(make_cell: Make, format: str, group: int) -> None:
    module, _, _ = make_cell(hidden=64, copies=2, pieces=2, lanes=16, format=format)
    builder = Builder(config_of(module))
    make_program(builder)
    weights = [a for r, a in builder.arrays.all.items() if r[1].startswith("w")]
    assert len(weights) == 4
    assert {array.rows for array in weights} == {(64, 16, group)}


def test_groups_keep_the_order_of_dependences(make_cell: Make) -> None:
    module, _, _ = make_cell()
    (item,) = Builder(config_of(module)).root.items
    assert not isinstance(item, list)
    kernels = all_kernels(item)
    groups = group_by_structure(kernels)
    position = {id(k): n for n, group in enumerate(groups) for k in group}
    assert len(position) == len(kernels)
    for n, first in enumerate(kernels):
        for second in kernels[n + 1 :]:
            if first.writes & (second.reads | second.writes) or first.reads & second.writes:
                assert position[id(first)] < position[id(second)]


@pytest.mark.skipif(bindings.find() is None, reason="needs MLIR's bindings")
def test_nan_in_an_integer_format_is_refused(make_cell: Make) -> None:
    module, inputs, parameters = make_cell(format="int8")
    native = evaluator.prepare(module)
    x = np.array(inputs["x"])
    x[1, 2] = np.nan
    with pytest.raises(SpatialError, match=r"input 'x' has 1 NaN \(the first at \[1, 2\]\)"):
        native.run({"x": x}, parameters)
    w = np.array(parameters["w"])
    w[3, 0, 1] = np.nan
    with pytest.raises(SpatialError, match="parameter 'w' has 1 NaN"):
        native.run(inputs, {"w": w})
    assert np.isfinite(native.run(inputs, parameters)["y"]).all()
