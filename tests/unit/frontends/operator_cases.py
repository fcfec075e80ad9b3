"""One small model per use of an operator that stands around recurrent layers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
from onnx_models import Array, Arrays, helper, model, node

Case = tuple[Any, Arrays]
"""A model and its inputs."""


def floats(*shape: int, seed: int = 0, low: float = -1.0) -> Array:
    """Give random floats."""
    generator = np.random.default_rng([seed, *shape])
    return np.asarray(generator.uniform(low, 1, shape)).astype(np.float32)


def integers(*values: int) -> Array:
    """Give 64-bit integers, as shapes and axes are."""
    return np.array(values, np.int64)


def one(
    operator: str,
    inputs: Arrays,
    constants: Arrays | None = None,
    outputs: str = "y",
    opset: int = 18,
    order: str = "",
    **attributes: Any,
) -> Case:
    """Make a model of one node, whose operands are the inputs, then the constants."""
    names = order or " ".join([*inputs, *(constants or {})])
    made = node(operator, names, outputs, **attributes)
    return model([made], inputs, outputs, constants, opset), inputs


ANY_SIGN = (
    *("Abs", "Neg", "Exp", "Floor", "Ceil", "Round", "Sign", "Sigmoid", "Tanh", "Relu"),
    *("LeakyRelu", "Elu", "Softplus", "Softsign", "Erf", "HardSigmoid", "ThresholdedRelu"),
    *("Selu", "Celu", "HardSwish", "Mish", "Softmax", "LogSoftmax", "Identity", "Dropout"),
)
CONSTANTS: dict[str, dict[str, float]] = {
    "LeakyRelu": {"alpha": 0.3},
    "Elu": {"alpha": 0.7},
    "HardSigmoid": {"alpha": 0.3, "beta": 0.4},
    "ThresholdedRelu": {"alpha": 0.6},
    "Selu": {"alpha": 1.2, "gamma": 0.9},
    "Celu": {"alpha": 0.6},
}
NEGATIVE = {"Elu": -0.5, "Celu": -0.8, "LeakyRelu": -0.4}
"""Values of alpha that nobody expects."""


def unary() -> Iterator[tuple[str, Case]]:
    """Functions of one operand."""
    x = floats(2, 3, 4) * np.float32(3)
    for operator in ANY_SIGN:
        yield operator, one(operator, {"x": x})
    for operator, attributes in CONSTANTS.items():
        made: Any = attributes
        yield f"{operator}-constants", one(operator, {"x": x}, **made)
    for operator, alpha in NEGATIVE.items():
        yield f"{operator}-negative", one(operator, {"x": x}, alpha=alpha)
    for operator in ("Sqrt", "Log", "Reciprocal"):
        yield operator, one(operator, {"x": floats(2, 3, 4, low=0.1)})
    for how in ("none", "tanh"):
        yield f"Gelu-{how}", one("Gelu", {"x": x}, opset=20, approximate=how)
    halves = np.array([*(n / 2 for n in range(-6, 7)), 3e9, -(2.0**23)], np.float32)
    yield "Round-halves", one("Round", {"x": halves})
    yield "Relu-integers", one("Relu", {"x": np.array([[-2, 3]], np.int32)})
    yield "Abs-integers", one("Abs", {"x": np.array([[-2, 3]], np.int32)})


def several() -> Iterator[tuple[str, Case]]:
    """Functions of several operands, which are broadcast."""
    a, b = floats(2, 3, 4), floats(3, 1)
    for operator in ("Add", "Sub", "Mul", "Div", "Max", "Min", "Sum", "Mean", "PRelu"):
        yield operator, one(operator, {"a": a, "b": b})
    for operator in ("Less", "Greater", "Equal", "LessOrEqual", "GreaterOrEqual"):
        yield operator, one(operator, {"a": np.round(a * 2), "b": np.round(b * 2)})
    yield "Add-constant", one("Add", {"a": a}, {"b": floats(4)})
    yield "Mul-number", one("Mul", {"a": a}, {"b": np.array(0.5, np.float32)})
    yield "Add-wider", one("Add", {"a": floats(3)}, {"b": floats(2, 3)})
    yield "Add-single-numbers", one("Add", {"a": floats(), "b": floats(seed=1)})
    yield "Max-of-three", one("Max", {"a": a, "b": b, "c": floats(4)})
    yield "Sum-of-one", one("Sum", {"a": a})
    for operator in ("Add", "Sub", "Mul", "Max", "Min", "Less", "Equal"):
        numbers = np.array([[-2, 3], [5, 3]], np.int32)
        yield (
            f"{operator}-integers",
            one(operator, {"a": numbers, "b": np.array([3, -7], np.int32)}),
        )
    for exponent in (2.0, 3.0, 0.5, -1.0, 0.0, 1.5, -2.0, 7.0):
        base = floats(3, 4, low=0.1)
        constants = {"e": np.array(exponent, np.float32)}
        yield f"Pow-{exponent}", one("Pow", {"x": base}, constants)
    yield "Pow-whole", one("Pow", {"x": floats(3, 4)}, {"e": np.full((2, 1, 1), 3, np.float32)})
    yield "Pow-of-two", one("Pow", {"x": floats(3)}, {"b": np.array(2, np.float32)}, order="b x")
    yield (
        "Clip",
        one(
            "Clip",
            {"x": floats(3, 4)},
            {"l": np.array(-0.5, np.float32), "h": np.array(0.2, np.float32)},
        ),
    )
    yield (
        "Clip-one-side",
        one("Clip", {"x": floats(3)}, {"h": np.array(0.2, np.float32)}, order="x - h"),
    )
    yield "Clip-attributes", one("Clip", {"x": floats(3, 4)}, opset=7, min=-0.5, max=0.2)


def conditions() -> Iterator[tuple[str, Case]]:
    """Comparisons and what they choose."""
    x, z = floats(3, 4), floats(3, 1, seed=1)
    greater = node("Greater", "x z", "c")
    nodes = [greater, node("Where", "c x z", "y")]
    yield "Where", (model(nodes, {"x": x, "z": z}, "y"), {"x": x, "z": z})
    nodes = [greater, node("Where", "c x low", "y")]
    low = {"low": np.array(-1e30, np.float32)}
    yield "Where-constant", (model(nodes, {"x": x, "z": z}, "y", low), {"x": x, "z": z})
    nodes = [
        node("Not", "c", "d"),
        node("Less", "x zero", "n"),
        node("And", "d n", "e"),
        node("Or", "c e", "f"),
        node("Xor", "f n", "g"),
        node("Equal", "g c", "h"),
        node("Cast", "h", "y", to=1),
    ]
    inputs = {"c": np.array([[1, 0, 1, 0]] * 3, np.bool_), "x": x}
    yield "logic", (model(nodes, inputs, "y", {"zero": np.array(0, np.float32)}), inputs)
    nodes = [node("Where", "c x z", "y")]
    inputs = {"c": np.array([[1, 0, 1, 0]] * 3, np.bool_), "x": x, "z": z}
    yield "Where-input", (model(nodes, inputs, "y"), inputs)
    mask = {"c": np.array([1, 0, 0, 1], np.bool_)}
    yield "Where-mask", (model(nodes, {"x": x, "z": z}, "y", mask), {"x": x, "z": z})


def casts() -> Iterator[tuple[str, Case]]:
    """Conversions between kinds of numbers."""
    x = floats(2, 4) * np.float32(9)
    nodes = [node("Cast", "x", "i", to=6), node("Mul", "i i", "s"), node("Cast", "s", "y", to=1)]
    yield "Cast-there-and-back", (model(nodes, {"x": x}, "y"), {"x": x})
    yield "Cast-to-truth", one("Cast", {"x": np.round(x / 9)}, to=9)
    yield "Cast-of-truth", one("Cast", {"x": np.array([[1, 0]], np.bool_)}, to=7)
    yield (
        "CastLike",
        one(
            "CastLike",
            {"x": np.array([[3, -4]], np.int32)},
            {"l": np.array(0, np.float32)},
            opset=15,
        ),
    )


def layouts() -> Iterator[tuple[str, Case]]:
    """Operators that move elements."""
    for n, (source, target) in enumerate(
        (
            ((4, 6, 2), (8, -1, 3)),
            ((4, 6, 2), (0, 2, 3, 2)),
            ((7,), (1, 7, 1)),
            ((2, 3), (-1,)),
            ((5, 1, 7), (7, 5)),
            ((3, 4, 5), (5, 4, 3)),
            ((1,), (1, 1)),
        )
    ):
        yield f"Reshape-{n}", one("Reshape", {"x": floats(*source)}, {"s": integers(*target)})
    for order in product(range(3), repeat=3):
        if len(set(order)) == 3:
            name = "".join(map(str, order))
            yield f"Transpose-{name}", one("Transpose", {"x": floats(4, 1, 3)}, perm=list(order))
    yield "Transpose", one("Transpose", {"x": floats(4, 2, 3)})
    cuts = {"s": integers(-1, 1), "e": integers(-100, 5), "a": integers(0, 1)}
    yield "Slice", one("Slice", {"x": floats(9, 6, 2)}, {**cuts, "t": integers(-3, 2)})
    yield "Slice-old", one("Slice", {"x": floats(9, 6)}, opset=9, starts=[2, 0], ends=[-1, 3])
    yield "Slice-all", one("Slice", {"x": floats(3)}, {"s": integers(0), "e": integers(2**62)})
    yield "Concat", one("Concat", {"x": floats(2, 3, 2), "z": floats(2, 1, 2)}, axis=1)
    yield "Concat-twice", one("Concat", {"x": floats(2, 3)}, order="x x", axis=-1)
    yield "Concat-constant", one("Concat", {"x": floats(2, 3)}, {"c": floats(2, 2)}, axis=1)
    yield "Split", one("Split", {"x": floats(2, 5)}, {"s": integers(2, 3)}, "y z", axis=-1)
    yield "Split-old", one("Split", {"x": floats(5, 2)}, None, "y z", 11, split=[1, 4])
    yield "Split-evenly", one("Split", {"x": floats(5, 2)}, None, "y z w", num_outputs=3)
    yield "Squeeze", one("Squeeze", {"x": floats(1, 4, 1)})
    yield "Squeeze-axis", one("Squeeze", {"x": floats(1, 4, 1)}, {"a": integers(-1)})
    yield "Squeeze-old", one("Squeeze", {"x": floats(1, 4, 1)}, opset=11, axes=[0])
    yield "Unsqueeze", one("Unsqueeze", {"x": floats(3, 4)}, {"a": integers(0, -1)})
    yield "Unsqueeze-old", one("Unsqueeze", {"x": floats(3, 4)}, opset=11, axes=[1])
    for axis in (0, 1, -1, 3):
        yield f"Flatten-{axis}", one("Flatten", {"x": floats(2, 4, 3)}, axis=axis)
    yield "Expand", one("Expand", {"x": floats(3, 1)}, {"s": integers(2, 1, 6)})
    yield "Tile", one("Tile", {"x": floats(3, 2)}, {"s": integers(2, 3)})
    yield "Pad", one("Pad", {"x": floats(3, 4)}, {"s": integers(1, -1, 0, 2)})
    yield (
        "Pad-axes",
        one("Pad", {"x": floats(3, 4)}, {"s": integers(1, 2), "a": integers(1)}, order="x s - a"),
    )
    yield "Pad-old", one("Pad", {"x": floats(3, 4)}, opset=10, pads=[0, 1, 2, 0])
    yield "Pad-old-value", one("Pad", {"x": floats(3, 4)}, opset=10, pads=[0, 1, 2, 0], value=0.5)
    widths = {"s": integers(1, -1, 0, 2)}
    value = {"v": np.array(-2.5, np.float32)}
    yield "Pad-value", one("Pad", {"x": floats(3, 4)}, {**widths, **value})
    yield (
        "Pad-integers",
        one("Pad", {"x": np.array([[4, -1]], np.int32)}, {**widths, "v": np.array(7, np.int32)}),
    )
    infinite = {"v": np.array(-np.inf, np.float32)}
    nodes = [node("Pad", "x s v", "p"), node("Max", "p low", "y")]
    constants = {**widths, **infinite, "low": np.array(-3, np.float32)}
    x = floats(3, 4)
    yield "Pad-infinity", (model(nodes, {"x": x}, "y", constants), {"x": x})
    for mode, opset in (("reflect", 18), ("edge", 18), ("wrap", 19)):
        constants = {"s": integers(2, -1, 1, 0, 2, 0)}
        yield f"Pad-{mode}", one("Pad", {"x": floats(3, 4, 2)}, constants, opset=opset, mode=mode)


def lookups() -> Iterator[tuple[str, Case]]:
    """Elements taken at places, known or computed."""
    x = floats(2, 5, 3)
    for name, places in {
        "one": np.array(3),
        "row": integers(1, 2, 3),
        "backwards": integers(4, 2, 0),
        "same": integers(2, 2, 2),
        "any": integers(4, -1, 0, 2).reshape(2, 2),
    }.items():
        yield f"Gather-{name}", one("Gather", {"x": x}, {"i": places}, axis=1)
    rows = np.random.default_rng(0).integers(-7, 7, (3, 2))
    yield "Gather-rows", one("Gather", {"i": rows}, {"w": floats(7, 4)}, order="w i")
    yield (
        "Gather-rows-32",
        one("Gather", {"i": rows.astype(np.int32)}, {"w": floats(7, 4)}, order="w i"),
    )
    yield "Gather-columns", one("Gather", {"i": rows, "w": floats(2, 7, 4)}, order="w i", axis=1)


def selections() -> Iterator[tuple[str, Case]]:
    """One-hot rows, sequences turned round, and conditions computed in the network."""
    rows = np.random.default_rng(0).integers(-5, 6, (3, 2))
    depth = {"d": np.array(5)}
    for axis, values in ((-1, (0, 1)), (0, (-0.5, 2)), (1, (3, -4))):
        given = {**depth, "v": np.array(values, np.float32)}
        yield f"OneHot-{axis}", one("OneHot", {"i": rows}, given, axis=axis)
    given = {**depth, "v": integers(2, 9)}
    yield "OneHot-integers", one("OneHot", {"i": rows}, given)
    x = floats(5, 3, 2)
    for name, lengths in (("whole", (5, 5, 5)), ("alike", (3, 3, 3)), ("unlike", (5, 1, 4))):
        given = {"n": integers(*lengths)}
        yield f"ReverseSequence-{name}", one("ReverseSequence", {"x": x}, given)
    yield (
        "ReverseSequence-batch",
        one("ReverseSequence", {"x": x}, {"n": integers(2, 3, 1, 3, 3)}, batch_axis=0, time_axis=1),
    )
    condition = {"c": np.array(True), "x": floats(2, 3)}
    yield "If-computed", _branch_of_input(condition)


def _branch_of_input(inputs: Arrays) -> Case:
    """A branch that an input chooses."""
    return model([node("If", "c", "y", **_branches())], inputs, "y"), inputs


def _branches() -> dict[str, Any]:
    """Two functions of x, as the graphs of If."""
    return {
        f"{name}_branch": helper.make_graph(
            [node(operator, "x", f"{name}_y")],
            name,
            [],
            [helper.make_tensor_value_info(f"{name}_y", 1, None)],
        )
        for name, operator in (("then", "Tanh"), ("else", "Exp"))
    }


def definitions() -> Iterator[tuple[str, Case]]:
    """Operators that ONNX defines by others."""
    x = floats(2, 6, 5)
    channels = {"s": floats(6), "b": floats(6, seed=1)}
    yield (
        "GroupNormalization",
        one("GroupNormalization", {"x": x}, channels, opset=21, num_groups=3),
    )
    yield "Shrink", one("Shrink", {"x": 4 * x}, lambd=1.0, bias=0.5)
    heads = {name: floats(1, 2, 3, 4, seed=n) for n, name in enumerate("qkv")}
    yield "Attention", one("Attention", heads, opset=23)


def products() -> Iterator[tuple[str, Case]]:
    """Matrix products and convolutions."""
    for name, left, right in (
        ("matrix", (3, 4), (4, 5)),
        ("batch", (2, 3, 4), (4, 5)),
        ("vector", (4,), (4, 5)),
        ("column", (2, 3, 4), (4,)),
        ("dot", (4,), (4,)),
        ("batches", (2, 1, 3, 4), (5, 4, 3)),
        ("vector-batch", (4,), (2, 4, 3)),
    ):
        a, b = floats(*left), floats(*right, seed=1)
        yield f"MatMul-{name}", one("MatMul", {"x": a, "w": b})
        yield f"MatMul-{name}-weights", one("MatMul", {"x": a}, {"w": b})
    for a, b, c, constant in product((0, 1), (0, 1), (None, (5,), (3, 1), (1, 5), (1,)), (0, 1)):
        x, w = floats(*((4, 3) if a else (3, 4))), floats(*((5, 4) if b else (4, 5)), seed=1)
        weights = {"w": w, **({} if c is None else {"c": floats(*c, seed=2)})}
        none: Arrays = {}
        given = ({"x": x}, weights) if constant else ({"x": x, **weights}, none)
        name = f"Gemm-{a}{b}-{'none' if c is None else 'x'.join(map(str, c))}-{constant}"
        yield name, one("Gemm", *given, transA=a, transB=b, alpha=0.5, beta=2.0)
    windows: tuple[dict[str, Any], ...] = (
        {},
        {"strides": [2], "pads": [1, 2], "dilations": [2]},
        {"auto_pad": "SAME_LOWER", "strides": [2]},
        {"auto_pad": "SAME_UPPER"},
        {"auto_pad": "VALID", "kernel_shape": [3]},
    )
    for n, (groups, attributes) in enumerate(product((1, 2, 4), windows)):
        weights = {"w": floats(8, 4 // groups, 3), "b": floats(8)}
        yield f"Conv-{n}", one("Conv", {"x": floats(2, 4, 11)}, weights, group=groups, **attributes)
    yield from _einsums()
    plane = {"x": floats(1, 2, 7, 5)}
    yield "Conv-plane", one("Conv", plane, {"w": floats(3, 2, 3, 2)}, pads=[1, 0, 1, 2])


def _einsums() -> Iterator[tuple[str, Case]]:
    """Products by labels, with constant weights and without."""
    for name, equation, left, right in (
        ("matrix", "ij,jk->ik", (3, 4), (4, 5)),
        ("turned", "bij, kj -> kbi", (2, 3, 4), (5, 4)),
        ("implicit", "ij,jk", (3, 4), (4, 5)),
        ("heads", "bqhd,bkhd->bhqk", (2, 3, 2, 4), (2, 5, 2, 4)),
        ("ellipsis", "...ij,jk->...ik", (2, 3, 4), (4, 5)),
        ("both-ellipses", "...i,...i", (2, 3), (1, 3)),
        ("two-sums", "ijk,kjl->il", (2, 3, 4), (4, 3, 5)),
        ("outer", "i,j->ji", (3,), (4,)),
        ("summed-alone", "ij,k->ik", (2, 3), (4,)),
    ):
        a, b = floats(*left), floats(*right, seed=1)
        yield f"Einsum-{name}", one("Einsum", {"a": a, "b": b}, equation=equation)
        yield f"Einsum-{name}-weights", one("Einsum", {"a": a}, {"b": b}, equation=equation)
    yield "Einsum-diagonal", one("Einsum", {"a": floats(3, 3)}, equation="ii->i")
    three = {name: floats(3, 4, seed=n) for n, name in enumerate("abc")}
    yield "Einsum-three", one("Einsum", three, equation="ij,ik,ij->i")


def pools() -> Iterator[tuple[str, Case]]:
    """Windows that move, in one dimension and two."""
    line, plane = {"x": floats(2, 3, 11)}, {"x": floats(1, 2, 7, 8)}
    windows: tuple[dict[str, Any], ...] = (
        {"kernel_shape": [2], "strides": [2]},
        {"kernel_shape": [3], "pads": [1, 1]},
        {"kernel_shape": [3], "strides": [2], "pads": [2, 1], "ceil_mode": 1},
        {"kernel_shape": [4], "strides": [3], "ceil_mode": 1},
        {"kernel_shape": [3], "strides": [2], "auto_pad": "SAME_UPPER"},
        {"kernel_shape": [4], "strides": [3], "auto_pad": "SAME_LOWER"},
        {"kernel_shape": [3], "dilations": [2], "pads": [2, 0]},
    )
    for n, attributes in enumerate(windows):
        yield f"MaxPool-{n}", one("MaxPool", line, opset=19, **attributes)
        for counted in (0, 1):
            more: dict[str, Any] = {**attributes, "count_include_pad": counted}
            yield f"AveragePool-{n}-{counted}", one("AveragePool", line, opset=19, **more)
    square: dict[str, Any] = {"kernel_shape": [3, 2], "strides": [2, 1], "pads": [1, 0, 1, 1]}
    yield "MaxPool-plane", one("MaxPool", plane, **square)
    yield "AveragePool-plane", one("AveragePool", plane, **square)


def reductions() -> Iterator[tuple[str, Case]]:
    """Sums along axes and what is made of them."""
    x = floats(3, 4, 5, low=0.1)
    for operator in ("Sum", "Mean", "Max", "Min", "Prod", "L1", "L2", "SumSquare", "LogSumExp"):
        name = f"Reduce{operator}"
        axes = {"a": integers(0, -1)}
        yield name, one(name, {"x": x}, axes, keepdims=0)
        yield f"{name}-all", one(name, {"x": x})
    yield "ReduceLogSum", one("ReduceLogSum", {"x": x}, {"a": integers(1)})
    yield "ReduceMean-old", one("ReduceMean", {"x": x}, opset=13, axes=[1], keepdims=0)
    yield "ReduceSum-old", one("ReduceSum", {"x": x}, opset=11, axes=[1])
    yield "ReduceSum-integers", one("ReduceSum", {"x": np.array([[2, -5], [1, 7]], np.int32)})
    for operator in ("Sum", "Mean", "Max", "L1", "L2", "SumSquare", "LogSum", "LogSumExp"):
        name = f"Reduce{operator}"
        yield (
            f"{name}-none",
            one(name, {"x": x - 0.5 * ("Log" not in name)}, noop_with_empty_axes=1),
        )
    for axis, opset in product((0, 1, -1), (11, 13)):
        yield f"Softmax-{axis}-{opset}", one("Softmax", {"x": x}, opset=opset, axis=axis)
    yield "LogSoftmax-1", one("LogSoftmax", {"x": x}, axis=1)
    norm = {"s": floats(4, 5), "b": floats(5)}
    yield "LayerNormalization", one("LayerNormalization", {"x": x}, norm, "y m i", axis=-2)
    yield "LayerNormalization-last", one("LayerNormalization", {"x": x}, {"s": floats(5)})
    statistics = {name: floats(4, seed=n) for n, name in enumerate("sbm")}
    statistics["v"] = floats(4, low=0.1)
    yield "BatchNormalization", one("BatchNormalization", {"x": x}, statistics)
    statistics = {"s": floats(4), "b": floats(4, seed=1)}
    yield "InstanceNormalization", one("InstanceNormalization", {"x": x}, statistics, epsilon=1e-3)
    yield "GlobalAveragePool", one("GlobalAveragePool", {"x": x})
    yield "GlobalMaxPool", one("GlobalMaxPool", {"x": x})


def _branch(x: Array) -> Case:
    """A branch that depends on a shape, as exporters guard a Squeeze."""
    nodes = [
        node("Shape", "x", "s", start=0, end=1),
        node("Equal", "s one", "c"),
        node("If", "c", "y", **_branches()),
    ]
    return model(nodes, {"x": x}, "y", {"one": integers(1)}), {"x": x}


def _chain() -> Iterator[tuple[str, Case]]:
    """Shapes that are computed as exporters do, of what is known."""
    x = floats(3, 4, 2)
    nodes = [
        node("Shape", "x", "s"),
        node("Gather", "s zero", "b"),
        node("Unsqueeze", "b first", "bb"),
        node("Concat", "bb rest", "t", axis=0),
        node("Reshape", "x t", "y"),
    ]
    constants = {"zero": np.array(0), "first": integers(0), "rest": integers(-1)}
    yield "shape-arithmetic", (model(nodes, {"x": x}, "y", constants), {"x": x})
    nodes = [
        node("Shape", "x", "s", start=1),
        node("ConstantOfShape", "s", "z"),
        node("Add", "x z", "w"),
        node("Size", "x", "n"),
        node("Cast", "n", "f", to=1),
        node("Div", "w f", "y"),
    ]
    yield "zeros-of-a-shape", (model(nodes, {"x": x}, "y"), {"x": x})
    yield "branch", _branch(x)
    nodes = [node("ReduceSum", "x", "t", keepdims=0), node("Mul", "x t", "y")]
    yield "number-as-value", (model(nodes, {"x": x}, "y"), {"x": x})
    nodes = [node("Identity", "x", "y"), node("Identity", "c", "w")]
    yield "nothing-computed", (model(nodes, {"x": x}, "y w", {"c": floats(3)}), {"x": x})
    nodes = [node("Tanh", "x", "y"), node("Identity", "y", "z")]
    yield "one-result-twice", (model(nodes, {"x": x}, "y z"), {"x": x})
    inputs = {"x": x, "unused": floats(2)}
    yield "unused-input", (model([node("Tanh", "x", "y")], inputs, "y"), inputs)


CASES: dict[str, Case] = {
    **dict(unary()),
    **dict(several()),
    **dict(conditions()),
    **dict(casts()),
    **dict(layouts()),
    **dict(lookups()),
    **dict(selections()),
    **dict(products()),
    **dict(pools()),
    **dict(reductions()),
    **dict(definitions()),
    **dict(_chain()),
}
