"""Scan with arbitrary bodies, against onnxruntime."""

import pytest
from onnx_models import assert_close, run_machine, run_onnxruntime, run_program
from scan_cases import CASES, minimal_gated
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.pattern import ScanOp
from spatial_opt.frontends.onnx.importer import import_proto
from spatial_opt.machine.errors import SpatialError

NOT_ON_THE_MACHINE = {
    "layer-in-loop": "a pattern.scan inside a pattern.scan is not supported",
}
"""Cases that the conversion to units refuses, with its reason."""
FEW = ("minimal-gated", "two-states")


@pytest.mark.parametrize("case", CASES)
def test_patterns_have_the_values_of_onnxruntime(case: str):
    proto, inputs = CASES[case].build()
    assert_close(run_program(import_proto(proto), inputs), run_onnxruntime(proto, inputs))


@pytest.mark.parametrize(
    "case", [pytest.param(c, marks=() if c in FEW else pytest.mark.long) for c in CASES]
)
def test_the_machine_has_the_values_of_onnxruntime(case: str):
    proto, inputs = CASES[case].build()
    program = import_proto(proto)
    if case in NOT_ON_THE_MACHINE:
        with pytest.raises(SpatialError, match=NOT_ON_THE_MACHINE[case]):
            run_machine(program, inputs)
        return
    assert_close(run_machine(program, inputs), run_onnxruntime(proto, inputs))


def _text(module: ModuleOp) -> int:
    return len(str(module).splitlines())


def test_text_does_not_grow_with_the_steps():
    lengths = {
        _text(import_proto(minimal_gated(steps=steps).build()[0]).module) for steps in (1, 4, 50)
    }
    assert len(lengths) == 1
    module = import_proto(minimal_gated(steps=50).build()[0]).module
    assert sum(isinstance(op, ScanOp) for op in module.walk()) == 1
