"""Cells that nobody has built in, as bodies of ONNX's Scan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from onnx_models import Array, Arrays, helper, model, node, onnx

H, D, B = 5, 3, 2


@dataclass
class Scan:
    """A model of one Scan."""

    nodes: Sequence[Any]
    """The body."""
    states: Mapping[str, Array]
    """Initial states by the name of the value that the body goes on with."""
    scanned: Mapping[str, Array]
    """Scanned inputs by the name that they have in the body, the steps on their axis."""
    emitted: Sequence[str] = ()
    constants: Arrays = field(default_factory=dict[str, Array])
    """Of the body; those that begin with an underscore stand in the model around it."""
    attributes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    computed: bool = True
    """Whether initial states are inputs of the model; constants otherwise."""

    def build(self) -> tuple[Any, Arrays]:
        """Return the model, and its inputs."""
        axes = self.attributes.get("scan_input_axes", [0] * len(self.scanned))
        ports = [_port(f"{name}_in", array.shape) for name, array in self.states.items()]
        for (name, array), axis in zip(self.scanned.items(), axes, strict=True):
            shape = list(array.shape)
            del shape[axis]
            ports.append(_port(name, shape))
        inner = {n: a for n, a in self.constants.items() if not n.startswith("_")}
        outer = {n: a for n, a in self.constants.items() if n.startswith("_")}
        results = [*self.states, *self.emitted]
        body = helper.make_graph(
            list(self.nodes),
            "body",
            ports,
            [helper.make_tensor_value_info(name, 1, None) for name in results],
            [onnx.numpy_helper.from_array(array, name) for name, array in inner.items()],
        )
        starts = {f"{name}_start": array for name, array in self.states.items()}
        scanned = {f"{name}_all": array for name, array in self.scanned.items()}
        scan = node(
            "Scan",
            " ".join([*starts, *scanned]),
            " ".join(f"{name}_out" for name in results),
            body=body,
            num_scan_inputs=len(scanned),
            **self.attributes,
        )
        inputs = scanned | (starts if self.computed else {})
        if not self.computed:
            outer |= starts
        outputs = " ".join(f"{name}_out" for name in results)
        return model([scan], inputs, outputs, outer, 18), inputs


def _port(name: str, shape: Sequence[int]) -> Any:
    return helper.make_tensor_value_info(name, 1, list(shape))


def _random(*shape: int, seed: int = 0) -> Array:
    generator = np.random.default_rng([seed, *shape])
    return generator.uniform(-1, 1, shape).astype(np.float32)


def _weights() -> Arrays:
    return {
        "W": _random(D, H),
        "R": _random(H, H, seed=1),
        "Wf": _random(D, H, seed=2),
        "b": _random(H, seed=3),
        "one": np.array(1.0, np.float32),
    }


_MINIMAL_GATED = (
    node("MatMul", "x Wf", "xf"),
    node("MatMul", "h_in R", "hr"),
    node("Add", "xf hr", "pf"),
    node("Sigmoid", "pf", "f"),
    node("MatMul", "x W", "xw"),
    node("Mul", "f h_in", "fh"),
    node("Add", "xw fh", "pc"),
    node("Tanh", "pc", "c"),
    node("Sub", "one f", "g"),
    node("Mul", "g h_in", "kept"),
    node("Mul", "f c", "new"),
    node("Add", "kept new", "h"),
)


def minimal_gated(steps: int = 4, batch: int = B, **more: Any) -> Scan:
    """A minimal gated unit."""
    return Scan(
        [*_MINIMAL_GATED, node("Identity", "h", "y")],
        {"h": _random(batch, H)},
        {"x": _random(steps, batch, D)},
        ["y"],
        _weights(),
        **more,
    )


def _two_states() -> Scan:
    """A leaky integrator and a fast weight that looks at it; the second emits before it moves."""
    nodes = [
        node("MatMul", "x W", "u"),
        node("Sub", "u a_in", "d"),
        node("Mul", "d _rate", "s"),
        node("Add", "a_in s", "a"),
        node("Sigmoid", "a", "gate"),
        node("Mul", "gate m_in", "left"),
        node("Add", "left u", "m"),
        node("Mul", "m a_in", "seen"),
    ]
    constants = {"W": _random(D, H), "_rate": np.array(0.25, np.float32)}
    states = {"a": _random(B, H, seed=4), "m": _random(B, H, seed=5)}
    return Scan(nodes, states, {"x": _random(5, B, D)}, ["seen", "gate"], constants)


def _layer_norm_cell() -> Scan:
    nodes = [
        node("Concat", "x h_in", "xh", axis=-1),
        node("Gemm", "xh V c", "pre"),
        node("LayerNormalization", "pre scale", "n"),
        node("Split", "n", "p q", axis=1, num_outputs=2),
        node("Sigmoid", "p", "z"),
        node("Tanh", "q", "t"),
        node("Mul", "z t", "zt"),
        node("Add", "zt h_in", "sum"),
        node("Clip", "sum low high", "h"),
    ]
    constants = {
        "V": _random(D + H, 2 * H),
        "c": _random(2 * H),
        "scale": _random(2 * H, seed=1),
        "low": np.array(-1.5, np.float32),
        "high": np.array(1.5, np.float32),
    }
    return Scan(nodes, {"h": _random(B, H)}, {"x": _random(3, B, D)}, ["t"], constants)


def _shift_register() -> Scan:
    """States that only move, one that stays, and one that counts."""
    nodes = [
        node("Identity", "x", "a"),
        node("Identity", "a_in", "b"),
        node("Identity", "k_in", "k"),
        node("Add", "n_in _one", "n"),
        node("Mul", "b_in k_in", "y"),
    ]
    states = {
        "a": _random(B, D),
        "b": _random(B, D, seed=1),
        "k": _random(B, D, seed=2),
        "n": np.zeros(1, np.float32),
    }
    return Scan(nodes, states, {"x": _random(4, B, D)}, ["y"], {"_one": np.ones(1, np.float32)})


def _no_state() -> Scan:
    return Scan(
        [node("MatMul", "x W", "y")], {}, {"x": _random(4, B, D)}, ["y"], {"W": _random(D, H)}
    )


def _axes_and_directions(inputs: Sequence[int], outputs: Sequence[int]) -> Scan:
    """Two scanned inputs on different axes, two outputs on different axes, in given directions."""
    nodes = [
        node("MatMul", "x W", "u"),
        node("Add", "u z", "v"),
        node("Mul", "h_in _half", "old"),
        node("Add", "v old", "h"),
        node("Tanh", "h", "y"),
        node("Relu", "h", "q"),
    ]
    attributes = {
        "scan_input_axes": [1, -1],
        "scan_output_axes": [0, 2],
        "scan_input_directions": list(inputs),
        "scan_output_directions": list(outputs),
    }
    scanned = {"x": _random(B, 4, D), "z": _random(B, H, 4)}
    constants = {"W": _random(D, H), "_half": np.array(0.5, np.float32)}
    return Scan(nodes, {"h": _random(B, H)}, scanned, ["y", "q"], constants, attributes)


def _vectors() -> Scan:
    """States and inputs without a batch."""
    nodes = [
        node("MatMul", "R h_in", "r"),
        node("Mul", "x v", "u"),
        node("Add", "r u", "p"),
        node("Softsign", "p", "h"),
        node("ReduceMean", "h", "y", keepdims=0),
    ]
    constants = {"R": _random(H, H), "v": _random(H)}
    return Scan(nodes, {"h": _random(H)}, {"x": _random(4, 1)}, ["y"], constants)


def _loop_in_loop() -> Scan:
    """A layer of its own in every step."""
    nodes = [
        node("Unsqueeze", "x _axis", "xs"),
        node("LSTM", "xs W R", "- hn", hidden_size=2),
        node("ReduceSum", "hn", "total", keepdims=0),
        node("Add", "s_in total", "s"),
    ]
    constants = {
        "_axis": np.array([1]),
        "W": _random(1, 8, D),
        "R": _random(1, 8, 2),
    }
    return Scan(nodes, {"s": np.zeros(1, np.float32)}, {"x": _random(3, 4, D)}, [], constants)


CASES: Mapping[str, Scan] = {
    "minimal-gated": minimal_gated(),
    "constant-start": minimal_gated(computed=False),
    "one-step": minimal_gated(steps=1),
    "batch-1": minimal_gated(batch=1),
    "reverse": minimal_gated(
        attributes={"scan_input_directions": [1], "scan_output_directions": [1]}
    ),
    "two-states": _two_states(),
    "layer-norm": _layer_norm_cell(),
    "shift-register": _shift_register(),
    "no-state": _no_state(),
    "vectors": _vectors(),
    "directions-00-01": _axes_and_directions((0, 0), (0, 1)),
    "directions-10-10": _axes_and_directions((1, 0), (1, 0)),
    "directions-11-11": _axes_and_directions((1, 1), (1, 1)),
    "layer-in-loop": _loop_in_loop(),
}
