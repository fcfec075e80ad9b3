"""A recurrent layer in onnxruntime, in f32 on one thread: what the benchmark compares with."""

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
MODULES = ("onnx", "onnxruntime")
PARAMETERS = ("W", "R", "B")
"""In the order of onnx's operands."""


def missing_modules() -> list[str]:
    """List what is not installed of what this module needs."""
    return [name for name in MODULES if find_spec(name) is None]


def version() -> str:
    """Give the version of onnxruntime."""
    return str(import_module("onnxruntime").__version__)


def prepare_onnx(
    cell: str, hidden: int, inputs: Mapping[str, Array], parameters: Mapping[str, Array]
) -> Callable[[], dict[str, Array]]:
    """
    Make a session for a layer of `generate.py`; calling the result runs one sequence.

    The weights are initialisers, so onnxruntime may rearrange them before the first run, as we do.
    """
    onnx: Any = import_module("onnx")
    runtime: Any = import_module("onnxruntime")
    x = inputs["x"]
    names = ["y", "y_h", "y_c"] if cell == "lstm" else ["y", "y_h"]
    attributes: dict[str, int] = {"hidden_size": hidden}
    if cell == "gru":
        attributes["linear_before_reset"] = 1
    helper, floats = onnx.helper, onnx.TensorProto.FLOAT
    node = helper.make_node(cell.upper(), ["x", *PARAMETERS], names, **attributes)
    graph = helper.make_graph(
        [node],
        "layer",
        [helper.make_tensor_value_info("x", floats, list(x.shape))],
        [helper.make_tensor_value_info(name, floats, None) for name in names],
        [onnx.numpy_helper.from_array(parameters[name], name) for name in PARAMETERS],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = runtime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    given = {"x": np.ascontiguousarray(x, np.float32)}

    def run() -> dict[str, Array]:
        return dict(zip(names, session.run(names, given), strict=True))

    return run
