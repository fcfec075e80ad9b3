"""Networks without their copies go through the rest of the compiler, and keep their values."""

import numpy as np
import pytest
from copy_cases import CONTEXT, arrays, exported
from xdsl.dialects.builtin import ModuleOp
from xdsl.utils.arg_spec import parse_pipeline

from spatial_opt.dialects.spatial import PmuOp
from spatial_opt.runtime import values
from spatial_opt.runtime.pattern_evaluator import evaluate
from spatial_opt.tools.compilation import Compilation, compile_module

BEFORE = "set-target{name=tiny},pattern-expand-activations,"
AFTER = "pattern-parallelize,convert-pattern-to-spatial"
FUSED = f"pattern-fuse,pattern-simplify,{AFTER}"


def compiled(module: ModuleOp, passes: str) -> ModuleOp:
    """Return a configuration of a program."""
    made = module.clone()
    compile_module(CONTEXT, made, list(parse_pipeline(passes)), Compilation())
    return made


@pytest.mark.parametrize("after", [AFTER, FUSED], ids=["unfused", "fused"])
@pytest.mark.parametrize(
    ("network", "sizes"),
    [
        ("gru", {}),
        ("stacked", {"T": 3}),
        ("bidirectional", {"T": 3, "H": 5}),
        ("peephole", {"B": 1}),
        ("projection", {"D": 3}),
        ("wavenet", {"L": 2, "T": 9, "C": 3}),
    ],
)
def test_the_configuration_has_the_values_of_the_network(
    network: str, sizes: dict[str, int], after: str
):
    module, _ = exported(network, "i32", **sizes)
    inputs, parameters = arrays(module)
    expected = evaluate(module, inputs, parameters)
    made = compiled(module, f"{BEFORE}pattern-eliminate-copies,{after}")
    found = values.evaluate(made, inputs, parameters, "numpy")
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, name)


def test_a_copy_that_is_gone_takes_no_memory():
    module, _ = exported("peephole", "i32")
    with_copies = compiled(module, BEFORE + AFTER)
    without = compiled(module, f"{BEFORE}pattern-eliminate-copies,{AFTER}")
    counts = [sum(isinstance(op, PmuOp) for op in made.walk()) for made in (with_copies, without)]
    assert counts[1] < counts[0] - 10
