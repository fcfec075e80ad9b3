"""
Write what torch-mlir makes of recurrent layers in ONNX: linalg on tensors, with a loop over time.

    python tests/unit/linalg/torch_mlir/generate.py

writes the files beside it. They are committed, so that the tests need neither onnx nor this
script; the layers are small, and their weights are arguments.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class Layer:
    """A layer in ONNX."""

    operator: str
    attributes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    states: bool = False
    """Whether it is given its initial states."""
    generic: bool = False
    """Whether it is printed in the generic form, not in the custom syntax of upstream."""
    steps: int = 5
    batch: int = 2
    inputs: int = 6
    hidden: int = 4

    @property
    def ways(self) -> int:
        """Return the number of directions."""
        return 2 if self.attributes.get("direction") == "bidirectional" else 1

    @property
    def batch_first(self) -> bool:
        """Return whether samples are the outermost dimension."""
        return self.attributes.get("layout", 0) == 1

    def given(self) -> Shapes:
        """Return the shapes of the inputs, in their order."""
        rows = GATES[self.operator] * self.hidden
        shapes: Shapes = {
            "x": self._first(self.steps, self.batch, self.inputs),
            "W": (self.ways, rows, self.inputs),
            "R": (self.ways, rows, self.hidden),
            "B": (self.ways, 2 * rows),
        }
        names = ["h0", "c0"] if self.operator == "LSTM" else ["h0"]
        return shapes | dict.fromkeys(names if self.states else [], self._state())

    def results(self) -> Shapes:
        """Return the shapes of the results."""
        names = ["y_h", "y_c"] if self.operator == "LSTM" else ["y_h"]
        sequence = (self.steps, self.ways, self.batch, self.hidden)
        if self.batch_first:
            sequence = (self.batch, self.steps, self.ways, self.hidden)
        return {"y": sequence} | dict.fromkeys(names, self._state())

    def _state(self) -> tuple[int, ...]:
        return self._first(self.ways, self.batch, self.hidden)

    def _first(self, outer: int, batch: int, inner: int) -> tuple[int, ...]:
        return (batch, outer, inner) if self.batch_first else (outer, batch, inner)


LAYERS = {
    "lstm": Layer("LSTM", generic=True),
    "lstm_bidirectional": Layer("LSTM", {"direction": "bidirectional"}),
    "lstm_batch_first": Layer("LSTM", {"layout": 1}, states=True),
    "gru": Layer("GRU", {"linear_before_reset": 1}),
    "gru_reset_before": Layer("GRU"),
    "rnn_relu": Layer("RNN", {"activations": ["Relu"]}, states=True, generic=True),
}
"""By the names of their files."""

PIPELINES = (
    "torch-onnx-to-torch-backend-pipeline{backend-legal-ops=aten.flatten.using_ints,"
    "aten.unflatten.int}",
    "torch-backend-to-linalg-on-tensors-backend-pipeline",
)


def model(layer: Layer) -> Any:
    """Make the model in ONNX."""
    onnx: Any = import_module("onnx")
    helper, floats = onnx.helper, onnx.TensorProto.FLOAT
    given, results = layer.given(), layer.results()
    # The lengths of sequences would come in front of the states.
    inputs = [key for name in given for key in (["", name] if name == "h0" else [name])]
    node = helper.make_node(
        layer.operator, inputs, list(results), hidden_size=layer.hidden, **layer.attributes
    )
    graph = helper.make_graph(
        [node],
        layer.operator.lower(),
        [helper.make_tensor_value_info(key, floats, shape) for key, shape in given.items()],
        [helper.make_tensor_value_info(key, floats, shape) for key, shape in results.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    onnx.checker.check_model(made)
    return made


def lowered(layer: Layer) -> str:
    """Give the text that torch-mlir makes of a layer."""
    return lowered_model(model(layer), layer.generic)


def lowered_model(model: Any, generic: bool = False) -> str:
    """Give the text that torch-mlir makes of a model; raises its errors."""
    inference: Any = import_module("onnx.shape_inference")
    ir: Any = import_module("torch_mlir.ir")
    passmanager: Any = import_module("torch_mlir.passmanager")
    dialect: Any = import_module("torch_mlir.dialects.torch")
    importer: Any = import_module("torch_mlir.extras.onnx_importer")
    context = ir.Context()
    dialect.register_dialect(context)
    with context:
        info = importer.ModelInfo(inference.infer_shapes(model, data_prop=True))
        module = info.create_module(context=context).operation
        importer.NodeImporter.define_function(info.main_graph, module).import_all()
        for pipeline in PIPELINES:
            passmanager.PassManager.parse(f"builtin.module({pipeline})").run(module)
        # So inputs keep the names that they have in the model.
        return module.get_asm(print_generic_op_form=generic, use_name_loc_as_prefix=True)


def main() -> None:
    """Write all files."""
    for name, layer in LAYERS.items():
        (FOLDER / f"{name}.mlir").write_text(lowered(layer))


if __name__ == "__main__":
    main()
