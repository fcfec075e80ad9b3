"""
Write what torch-mlir makes of recurrent layers in ONNX: linalg on tensors, with a loop over time.

    python tests/unit/linalg/torch_mlir/generate.py

writes the files beside it. They are committed, so that the tests need neither onnx nor this
script; the layers are small, and their weights are arguments.
"""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
STEPS, BATCH, INPUTS, HIDDEN = 5, 2, 6, 4
GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}

LAYERS: dict[str, tuple[str, dict[str, Any]]] = {
    "lstm": ("LSTM", {}),
    "lstm_bidirectional": ("LSTM", {"direction": "bidirectional"}),
    "gru": ("GRU", {"linear_before_reset": 1}),
    "gru_reset_before": ("GRU", {}),
    "rnn_relu": ("RNN", {"activations": ["Relu"]}),
}
"""Name of the file, operator of ONNX, and its attributes."""

GENERIC = ("lstm", "rnn_relu")
"""Those that are printed in the generic form; the others in the custom syntax of upstream."""

PIPELINES = (
    "torch-onnx-to-torch-backend-pipeline{backend-legal-ops=aten.flatten.using_ints,"
    "aten.unflatten.int}",
    "torch-backend-to-linalg-on-tensors-backend-pipeline",
)


def shapes(name: str) -> dict[str, tuple[int, ...]]:
    """Give the shapes of the inputs of a layer, in their order."""
    operator, attributes = LAYERS[name]
    ways = 2 if attributes.get("direction") == "bidirectional" else 1
    rows = GATES[operator] * HIDDEN
    return {
        "x": (STEPS, BATCH, INPUTS),
        "W": (ways, rows, INPUTS),
        "R": (ways, rows, HIDDEN),
        "B": (ways, 2 * rows),
    }


def model(name: str) -> Any:
    """Make the model in ONNX."""
    onnx: Any = import_module("onnx")
    helper, floats = onnx.helper, onnx.TensorProto.FLOAT
    operator, attributes = LAYERS[name]
    given = shapes(name)
    ways = given["W"][0]
    results: Mapping[str, tuple[int, ...]] = {
        "y": (STEPS, ways, BATCH, HIDDEN),
        "y_h": (ways, BATCH, HIDDEN),
        "y_c": (ways, BATCH, HIDDEN),
    }
    outputs = ["y", "y_h", "y_c"] if operator == "LSTM" else ["y", "y_h"]
    node = helper.make_node(operator, list(given), outputs, hidden_size=HIDDEN, **attributes)
    graph = helper.make_graph(
        [node],
        name,
        [helper.make_tensor_value_info(key, floats, shape) for key, shape in given.items()],
        [helper.make_tensor_value_info(key, floats, results[key]) for key in outputs],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    onnx.checker.check_model(made)
    return onnx.shape_inference.infer_shapes(made, data_prop=True)


def lowered(name: str) -> str:
    """Give the text that torch-mlir makes of a layer."""
    ir: Any = import_module("torch_mlir.ir")
    passmanager: Any = import_module("torch_mlir.passmanager")
    dialect: Any = import_module("torch_mlir.dialects.torch")
    importer: Any = import_module("torch_mlir.extras.onnx_importer")
    context = ir.Context()
    dialect.register_dialect(context)
    with context:
        info = importer.ModelInfo(model(name))
        module = info.create_module(context=context).operation
        importer.NodeImporter.define_function(info.main_graph, module).import_all()
        for pipeline in PIPELINES:
            passmanager.PassManager.parse(f"builtin.module({pipeline})").run(module)
        return str(module.get_asm(print_generic_op_form=name in GENERIC))


def main() -> None:
    """Write all files."""
    for name in LAYERS:
        (FOLDER / f"{name}.mlir").write_text(lowered(name))


if __name__ == "__main__":
    main()
