"""Loop with a number of steps that is known, against onnxruntime."""

import numpy as np
import pytest
from loop_cases import CASES, REFUSED, XS, keras, script
from onnx_models import assert_close, run_machine, run_onnxruntime, run_program
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.pattern import ReadOp, ScanOp
from spatial_opt.frontends.graph.program import Program
from spatial_opt.frontends.onnx.importer import import_proto
from spatial_opt.machine.errors import SpatialError

FEW = ("keras", "slices")


@pytest.mark.parametrize("case", CASES)
def test_patterns_have_the_values_of_onnxruntime(case: str):
    proto, inputs = CASES[case].build()
    assert_close(run_program(import_proto(proto), inputs), run_onnxruntime(proto, inputs))


@pytest.mark.parametrize(
    "case", [pytest.param(c, marks=() if c in FEW else pytest.mark.long) for c in CASES]
)
def test_the_machine_has_the_values_of_onnxruntime(case: str):
    proto, inputs = CASES[case].build()
    assert_close(run_machine(import_proto(proto), inputs), run_onnxruntime(proto, inputs))


def _scans(module: ModuleOp) -> list[ScanOp]:
    return [op for op in module.walk() if isinstance(op, ScanOp)]


def _program(steps: int) -> Program:
    inputs = {"xs": np.resize(XS["xs"], (steps, 2, 3))}
    return import_proto(script(inputs=inputs, trips=steps).build()[0])


def test_counters_and_weights_are_not_carried():
    (scan,) = _scans(import_proto(keras().build()[0]).module)
    assert [value.name_hint for value in scan.body.block.args] == ["t", "h_start"]


def test_what_is_read_at_a_counter_is_no_product_with_one_hot_rows():
    program = import_proto(keras().build()[0])
    (scan,) = _scans(program.module)
    index = scan.body.block.args[0]
    reads = [op for op in program.module.walk() if isinstance(op, ReadOp) and index in op.operands]
    assert len(reads) == 1
    assert set(program.parameters) == {"w_start", "r_start"}


def test_the_text_does_not_grow_with_the_steps():
    assert len({len(str(_program(steps).module).splitlines()) for steps in (2, 50)}) == 1


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str):
    loop, sentence = REFUSED[case]
    with pytest.raises(SpatialError) as caught:
        import_proto(loop.build()[0])
    assert str(caught.value) == f"node 'loop' (Loop): {sentence}"
