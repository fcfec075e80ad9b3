"""Loops with counters, as exporters of TensorFlow and of PyTorch's scripts leave them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from onnx_models import Array, Arrays, helper, model, node

STEPS, BATCH, WIDTH, HIDDEN = 4, 2, 3, 5


@dataclass
class Loop:
    """A model of one Loop; `i` is the number of the step and `go` the condition in the body."""

    nodes: Sequence[Any]
    """The body; it makes `going`, and each state as `<state>_next`."""
    states: Mapping[str, Array]
    emitted: Sequence[str] = ()
    inputs: Arrays = field(default_factory=dict[str, Array])
    """Of the model; states whose names are here start as inputs."""
    around: Arrays = field(default_factory=dict[str, Array])
    """Constants of the model."""
    trips: int | None = STEPS
    before: Sequence[Any] = ()
    """Nodes in front of the loop."""
    start: bool = True
    ends: Mapping[str, str] = field(default_factory=dict[str, str])
    """Names of states at the end of a step that are others."""
    opset: int = 18

    def build(self) -> tuple[Any, Arrays]:
        """Return the model, and its inputs."""
        value = helper.make_tensor_value_info
        ports = [value("i", 7, []), value("go", 9, [])]
        results = [value("going", 9, [])]
        for name, array in self.states.items():
            element = helper.np_dtype_to_tensor_dtype(array.dtype)
            ports.append(value(name, element, list(array.shape)))
            results.append(value(self.ends.get(name, f"{name}_next"), element, None))
        results += [value(name, 1, None) for name in self.emitted]
        body = helper.make_graph(list(self.nodes), "body", ports, results)
        starts = {f"{name}_start": array for name, array in self.states.items()}
        inputs = {f"{name}_start" if name in self.states else name for name in self.inputs}
        given = {"trips": np.array(self.trips or 0), "start": np.array(self.start)}
        constants = {**self.around, **given, **starts}
        read = {name: constants.pop(name, self.inputs.get(name)) for name in sorted(inputs)}
        made = [f"{name}_last" for name in self.states] + [f"{name}_all" for name in self.emitted]
        loop = node(
            "Loop",
            " ".join(["-" if self.trips is None else "trips", "start", *starts]),
            " ".join(made),
            name="loop",
            body=body,
        )
        changed = [
            n for n, a in self.states.items() if a.dtype == np.float32 and n not in self.ends
        ]
        outputs = [*(f"{n}_last" for n in changed), *(f"{n}_all" for n in self.emitted)]
        arrays: Arrays = {name: np.asarray(array) for name, array in read.items()}
        proto = model([*self.before, loop], arrays, " ".join(outputs), constants, self.opset)
        return proto, arrays


def numbers(*shape: int, seed: int = 0) -> Array:
    """Return random floats."""
    generator = np.random.default_rng([seed, *shape])
    return generator.uniform(-1, 1, shape).astype(np.float32)


COUNT = (node("Add", "n one", "n_next"), node("Less", "n_next end", "going"))
"""A counter that ends the loop."""
CELL = (
    node("MatMul", "x w", "xw"),
    node("MatMul", "h r", "hr"),
    node("Add", "xw hr", "sum"),
    node("Tanh", "sum", "h_next"),
)
"""A cell whose weights are states that the loop hands to itself."""
READ = node("Gather", "xs n", "x")
COUNTING = {"one": np.array(1), "end": np.array(STEPS)}
STATES = {"n": np.array(0), "h": numbers(BATCH, HIDDEN)}
WEIGHTS = {"w": numbers(WIDTH, HIDDEN), "r": numbers(HIDDEN, HIDDEN)}
SAME = {"w": "w", "r": "r"}
XS = {"xs": numbers(STEPS, BATCH, WIDTH)}


def keras(**more: Any) -> Loop:
    """A layer as TensorFlow's while loops end up: counters, weights as states, look-ups."""
    given: dict[str, Any] = {
        "nodes": [*COUNT, READ, *CELL, node("Identity", "h_next", "y")],
        "states": {**STATES, **WEIGHTS},
        "emitted": ["y"],
        "inputs": {**XS, "h": STATES["h"]},
        "around": COUNTING,
        "ends": SAME,
    }
    return Loop(**{**given, **more})


def script(**more: Any) -> Loop:
    """A layer as a script of PyTorch: a condition that stays, the number of the step."""
    given: dict[str, Any] = {
        "nodes": [
            node("Identity", "go", "going"),
            node("Gather", "xs i", "x"),
            *CELL,
            node("Identity", "h_next", "y"),
        ],
        "states": {"h": STATES["h"]},
        "emitted": ["y"],
        "inputs": XS,
        "around": WEIGHTS,
    }
    return Loop(**{**given, **more})


def _slices() -> Loop:
    """Two steps at a time, from the end, cut out along the second axis by a slice."""
    nodes = [
        *COUNT,
        node("Mul", "n minus_two", "from"),
        node("Add", "from start_at", "first"),
        node("Add", "first two", "behind"),
        node("Unsqueeze", "first zero", "starts"),
        node("Unsqueeze", "behind zero", "ends"),
        node("Slice", "xs starts ends axes", "pair"),
        node("ReduceSum", "pair axes", "total", keepdims=0),
        node("Add", "h total", "h_next"),
    ]
    constants = {
        **COUNTING,
        "end": np.array(3),
        "minus_two": np.array(-2),
        "start_at": np.array(4),
        "two": np.array(2),
        "zero": np.array([0]),
        "axes": np.array([1]),
    }
    states = {"n": np.array(0), "h": numbers(BATCH, WIDTH)}
    inputs = {"xs": numbers(BATCH, 6, WIDTH)}
    return Loop(nodes, states, [], inputs, constants, trips=None)


def _numbers_of_steps() -> Loop:
    """Counters in arithmetic, one that doubles, and places that are not even."""
    nodes = [
        node("Add", "k k", "k_next"),
        node("Less", "k_next end", "going"),
        node("Cast", "k", "weight", to=1),
        node("Gather", "xs k", "x"),
        node("Mul", "x weight", "scaled"),
        node("Add", "h scaled", "h_next"),
        node("Cast", "i", "y", to=1),
    ]
    states = {"k": np.array(1), "h": numbers(BATCH)}
    inputs = {"xs": numbers(9, BATCH)}
    return Loop(nodes, states, ["y"], inputs, {"end": np.array(16)}, trips=None)


def _only_counters() -> Loop:
    """Nothing is left to do in the steps but to emit what is known."""
    nodes = [*COUNT, node("Cast", "n", "y", to=1)]
    inputs = {"xs": numbers(2)}
    before = [node("Identity", "xs", "copy")]
    return Loop(nodes, {"n": np.array(0)}, ["y"], inputs, COUNTING, before=before)


CASES: Mapping[str, Loop] = {
    "keras": keras(),
    "keras-7": keras(opset=11),
    "fewer-trips": keras(trips=2),
    "no-trips": keras(trips=None),
    "script": script(),
    "one-step": script(trips=1),
    "slices": _slices(),
    "numbers-of-steps": _numbers_of_steps(),
    "only-counters": _only_counters(),
}

REFUSED: Mapping[str, tuple[Loop, str]] = {
    "end that depends on what is computed": (
        keras(
            nodes=[
                node("Add", "n one", "n_next"),
                READ,
                *CELL,
                node("Identity", "h_next", "y"),
                node("ReduceSum", "h_next", "all", keepdims=0),
                node("Less", "all three", "going"),
            ],
            around={**COUNTING, "three": np.array(3, np.float32)},
        ),
        "its number of steps depends on what it computes; write it as Scan, or let it end at a "
        "constant number of steps",
    ),
    "no end": (
        keras(
            nodes=[
                node("Sub", "n one", "n_next"),
                node("Less", "n_next end", "going"),
                *CELL,
                node("Identity", "h_next", "y"),
            ],
            inputs={"x": numbers(BATCH, WIDTH)},
            trips=None,
        ),
        "it does not end within 65536 steps; give it a number of steps or a counter that ends",
    ),
    "no step": (keras(trips=0), "it makes no step; take it out of the network"),
    "false from the start": (
        keras(start=False),
        "its condition is false, so it makes no step; take it out of the network",
    ),
    "state that grows": (
        script(
            nodes=[
                node("Identity", "go", "going"),
                node("Gather", "xs i", "x"),
                node("Concat", "h x", "h_next", axis=1),
                node("Identity", "x", "y"),
            ]
        ),
        "state 'h_start' begins as 2x5 numbers and goes on as 2x8 numbers; a state keeps shape and "
        "type",
    ),
}
