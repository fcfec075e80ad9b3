"""ONNX models for the tests, what onnxruntime makes of them, and what our program does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt
from xdsl.context import Context

from spatial_opt.frontends.graph.program import Program
from spatial_opt.frontends.onnx.importer import import_proto
from spatial_opt.lowering.convert_rnn_to_pattern import ConvertRnnToPatternPass
from spatial_opt.runtime import values
from spatial_opt.runtime.pattern_evaluator import evaluate
from spatial_opt.tools.compilation import Compilation, compile_module, make_context, steps_for
from spatial_opt.tools.dominance import check_dominance

Array = npt.NDArray[Any]
Arrays = dict[str, Array]

onnx: Any = import_module("onnx")
helper: Any = onnx.helper
TOLERANCE = 1e-5
"""Relative to the largest magnitude of an output."""


def node(operator: str, inputs: str, outputs: str, **attributes: Any) -> Any:
    """Make a node; names are separated by blanks, `-` is an input or output left out."""
    names = [["" if n == "-" else n for n in text.split()] for text in (inputs, outputs)]
    return helper.make_node(operator, *names, **attributes)


def model(
    nodes: Sequence[Any],
    inputs: Mapping[str, Array],
    outputs: str,
    constants: Mapping[str, Array] | None = None,
    opset: int = 18,
) -> Any:
    """Make a model with inputs of the shapes and types of arrays."""
    graph = helper.make_graph(
        list(nodes),
        "network",
        [port(name, array) for name, array in inputs.items()],
        [helper.make_empty_tensor_value_info(name) for name in outputs.split()],
        [onnx.numpy_helper.from_array(np.asarray(a), n) for n, a in (constants or {}).items()],
    )
    imports = [helper.make_opsetid("", opset)]
    made = helper.make_model(graph, opset_imports=imports, ir_version=8 if opset < 19 else 10)
    inferred = onnx.shape_inference.infer_shapes(made)
    # The types of outputs, which a valid model tells, and of nothing else.
    del inferred.graph.value_info[:]
    for entry in inferred.graph.output:
        if not entry.type.tensor_type.elem_type:
            entry.type.tensor_type.elem_type = 1
    return inferred


def port(name: str, array: Array) -> Any:
    """Declare an input or output like an array."""
    element = helper.np_dtype_to_tensor_dtype(array.dtype)
    return helper.make_tensor_value_info(name, element, list(array.shape))


def run_onnxruntime(proto: Any, inputs: Mapping[str, Array]) -> Arrays:
    """Run a model by onnxruntime."""
    runtime: Any = import_module("onnxruntime")
    inferred = onnx.shape_inference.infer_shapes(proto)
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    session = runtime.InferenceSession(
        inferred.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, dict(inputs)), strict=True))


def run_program(program: Program, inputs: Mapping[str, Array]) -> Arrays:
    """Evaluate a program at the pattern level."""
    module = program.module.clone()
    ConvertRnnToPatternPass().apply(Context(), module)
    module.verify()
    check_dominance(module)
    return evaluate(module, _given(inputs), program.parameters)


def run_machine(program: Program, inputs: Mapping[str, Array], **options: Any) -> Arrays:
    """Compile a program by the pipeline `fused`, without places and routes, and run that."""
    module = program.module.clone()
    given = {"format": ("f32",), **{name: (value,) for name, value in options.items()}}
    steps = [
        step
        for step in steps_for(module, "fused", given)
        if step.name not in ("spatial-place", "spatial-route")
    ]
    compile_module(make_context(), module, steps, Compilation())
    return values.evaluate(module, _given(inputs), dict(program.parameters), "numpy")


def _given(inputs: Mapping[str, Array]) -> Arrays:
    return {name: array.reshape(array.shape or (1,)) for name, array in inputs.items()}


def assert_close(found: Mapping[str, Array], wanted: Mapping[str, Array]) -> None:
    """Compare outputs, relative to the largest magnitude of each."""
    assert found.keys() == wanted.keys()
    for name, exact in wanted.items():
        mine = found[name].reshape(exact.shape) if exact.ndim == 0 else found[name]
        assert mine.shape == exact.shape, name
        assert np.isfinite(exact.astype(np.float64)).all(), "the case proves nothing"
        error = np.abs(mine.astype(np.float64) - exact.astype(np.float64))
        largest = np.abs(exact.astype(np.float64)).max(initial=1e-30)
        assert error.max(initial=0) <= TOLERANCE * largest, (name, error.max(), largest)


def check(
    proto: Any,
    inputs: Mapping[str, Array],
    *,
    machine: bool = False,
    dims: Mapping[str, int] | None = None,
) -> Program:
    """Compare a model at the pattern level, and on the machine, with onnxruntime."""
    wanted = run_onnxruntime(proto, inputs)
    program = import_proto(proto, dims)
    assert_close(run_program(program, inputs), wanted)
    if machine:
        assert_close(run_machine(program, inputs), wanted)
    return program
