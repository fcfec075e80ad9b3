"""ONNX's recurrent operators with any attributes and inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from onnx_models import Array, Arrays, helper, model, node, run_onnxruntime

GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
FUNCTIONS = {"LSTM": 3, "GRU": 2, "RNN": 1}
ALPHA = {"Affine", "LeakyRelu", "ThresholdedRelu", "ScaledTanh", "HardSigmoid", "Elu"}
BETA = {"Affine", "ScaledTanh", "HardSigmoid"}
ACTIVATIONS = (
    *("Relu", "Tanh", "Sigmoid", "Affine", "LeakyRelu", "ThresholdedRelu", "ScaledTanh"),
    *("HardSigmoid", "Elu", "Softsign", "Softplus"),
)
MACHINE_SIZES = (3, 2, 4, 5)
_SIZES = ((1, 1, 1, 1), (3, 2, 5, 4), (4, 1, 7, 3), (2, 3, 1, 6), (5, 2, 3, 1))
"""Steps, batch, inputs, hidden units."""

FACTORS: Mapping[str, Mapping[str, Sequence[Any]]] = {
    operator: {
        "sizes": _SIZES,
        "direction": ("forward", "reverse", "bidirectional"),
        "B": (False, True),
        "sequence_lens": (None, "constant", "input"),
        "initial_h": (None, "constant", "input"),
        "activations": ("default", *ACTIVATIONS),
        "constants": ("none", "one", "all"),
        "clip": (None, 0.75),
        "opset": (7, 14, 22),
        "layout": (0, 1),
        "outputs": ("all", "Y", "last"),
        "weights": ("constant", "input"),
        **more,
    }
    for operator, more in {
        "LSTM": {
            "initial_c": (None, "constant", "input"),
            "P": (False, True),
            "input_forget": (0, 1),
        },
        "GRU": {"linear_before_reset": (0, 1)},
        "RNN": {},
    }.items()
}


class Layer:
    """A model of one layer for a case of `FACTORS`, with its inputs."""

    def __init__(self, operator: str, case: Mapping[str, Any], seed: int) -> None:
        self.operator, self.case = operator, case
        self.generator = np.random.default_rng(seed)
        self.steps, self.batch, self.width, self.hidden = case["sizes"]
        self.ways = 2 if case["direction"] == "bidirectional" else 1
        # Only opset 14 on has the attribute.
        self.layout = case["layout"] if case["opset"] >= 14 else 0
        self.inputs: Arrays = {}
        self.constants: Arrays = {}
        self.arrays: Arrays = {}
        self.attributes = self._attributes()

    def _attributes(self) -> dict[str, Any]:
        case, found = self.case, dict[str, Any](hidden_size=self.hidden)
        found["direction"] = case["direction"]
        if case["clip"] is not None:
            found["clip"] = case["clip"]
        for flag in ("input_forget", "linear_before_reset"):
            if case.get(flag):
                found[flag] = 1
        if self.case["opset"] >= 14:
            found["layout"] = self.layout
        if case["activations"] == "default":
            return found
        first = ACTIVATIONS.index(case["activations"])
        count = FUNCTIONS[self.operator] * self.ways
        names = [ACTIVATIONS[(first + 4 * n) % len(ACTIVATIONS)] for n in range(count)]
        found["activations"] = names
        for key, takers in (("activation_alpha", ALPHA), ("activation_beta", BETA)):
            needed = sum(name in takers for name in names)
            given = {"none": 0, "one": min(1, needed), "all": needed}[case["constants"]]
            # onnxruntime takes 0 where these have none, the operators' own defaults are others.
            if {"Affine", "ScaledTanh", "ThresholdedRelu"} & set(names):
                given = needed
            if given:
                values = self.generator.uniform(0.2, 0.9, given)
                found[key] = [float(np.float32(value)) for value in values]
        return found

    def add(self, name: str, place: str | bool | None, *shape: int) -> str:
        """Make an operand, constant or input; gives its name, `-` if it is left out."""
        if not place:
            return "-"
        if name == "sequence_lens":
            array: Array = self.generator.integers(1, self.steps + 1, shape).astype(np.int32)
        else:
            array = self.generator.uniform(-1, 1, shape).astype(np.float32)
        (self.inputs if place == "input" else self.constants)[name] = array
        self.arrays[name] = array
        return name

    def build(self) -> Any:
        """Return the model."""
        case, gates, h = self.case, GATES[self.operator], self.hidden
        lead = (self.batch, self.steps) if self.layout else (self.steps, self.batch)
        state = (self.batch, self.ways, h) if self.layout else (self.ways, self.batch, h)
        names = [
            self.add("X", "input", *lead, self.width),
            self.add("W", case["weights"], self.ways, gates * h, self.width),
            self.add("R", case["weights"], self.ways, gates * h, h),
            self.add("B", case["B"], self.ways, 2 * gates * h),
            self.add("sequence_lens", case["sequence_lens"], self.batch),
            self.add("initial_h", case["initial_h"], *state),
        ]
        outputs = ["Y", "Y_h"]
        if self.operator == "LSTM":
            outputs.append("Y_c")
            names.append(self.add("initial_c", case["initial_c"], *state))
            names.append(self.add("P", case["P"], self.ways, 3 * h))
        while names[-1] == "-":
            names.pop()
        used = {"all": outputs, "Y": outputs[:1], "last": outputs[1:]}[case["outputs"]]
        made = " ".join(name if name in used else "-" for name in outputs)
        op = node(self.operator, " ".join(names), made, **self.attributes)
        return model([op], self.inputs, " ".join(used), self.constants, case["opset"])

    def expected(self, proto: Any) -> Arrays:
        """Run onnxruntime, which knows layout 0 only, and put its results in our layout."""
        if not self.layout:
            return run_onnxruntime(proto, self.inputs)
        first = type(proto)()
        first.CopyFrom(proto)
        kept = [a for a in first.graph.node[0].attribute if a.name != "layout"]
        del first.graph.node[0].attribute[:]
        first.graph.node[0].attribute.extend(kept)
        turned = {
            name: np.ascontiguousarray(np.swapaxes(array, 0, 1))
            for name, array in self.arrays.items()
            if name in ("X", "initial_h", "initial_c")
        }
        for tensor in first.graph.initializer:
            if tensor.name in turned:
                array = turned[tensor.name]
                tensor.raw_data = array.tobytes()
                tensor.dims[:] = array.shape
        for entry in first.graph.input:
            if entry.name in turned:
                entry.CopyFrom(
                    helper.make_tensor_value_info(entry.name, 1, turned[entry.name].shape)
                )
        found = run_onnxruntime(
            first, self.inputs | {n: a for n, a in turned.items() if n in self.inputs}
        )
        return {
            name: np.moveaxis(array, 2, 0) if name == "Y" else np.swapaxes(array, 0, 1)
            for name, array in found.items()
        }
