"""Values that do not depend on the inputs, computed by ONNX's own reference implementation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from spatial_opt.frontends.graph.tensor import Array, kind_of
from spatial_opt.frontends.onnx import library
from spatial_opt.frontends.onnx.model import Node
from spatial_opt.machine.errors import SpatialError

RANDOM = frozenset(
    {"RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"}
    | {"Multinomial", "Bernoulli"}
)
"""Operators whose results differ from run to run."""


def fold(node: Node, inputs: Mapping[str, Array], versions: Mapping[str, int]) -> list[Array]:
    """
    Evaluate a node whose inputs are all known; gives an array per output.

    Raises SpatialError where the reference implementation can't, or gives no numbers.
    """
    results = [name for name in node.outputs if name]
    try:
        found = evaluator([node], inputs, results, versions)(inputs)
    except SpatialError as error:
        raise SpatialError(f"its inputs are constants, but {error}") from None
    return found


def evaluator(
    nodes: Sequence[Node],
    inputs: Mapping[str, Array],
    results: Sequence[str],
    versions: Mapping[str, int],
) -> Callable[[Mapping[str, Array]], list[Array]]:
    """
    Return a function that evaluates nodes for inputs of the types and shapes of these.

    It raises SpatialError where the reference implementation can't, or gives no numbers.
    """
    made: Any = None

    def run(given: Mapping[str, Array]) -> list[Array]:
        nonlocal made
        try:
            if made is None:
                model = _model(nodes, inputs, results, versions)
                made = library.part("reference").ReferenceEvaluator(model)
            with np.errstate(all="ignore"):
                found = made.run(None, dict(given))
        except Exception as error:  # whatever an operator's implementation raises
            raise SpatialError(
                f"ONNX's reference implementation can't compute it: {library.reason(error)}; "
                "replace the node by its result in the model"
            ) from None
        return [_numbers(value) for value in found]

    return run


def _numbers(value: Any) -> Array:
    array = np.asarray(value)
    if kind_of(array) is None:
        raise SpatialError(
            f"it makes a constant of {array.dtype}, not of numbers; replace the node by its "
            "result in the model"
        )
    return array


def _model(
    nodes: Sequence[Node],
    inputs: Mapping[str, Array],
    results: Sequence[str],
    versions: Mapping[str, int],
) -> Any:
    helper = library.part("helper")
    element = helper.np_dtype_to_tensor_dtype
    given = [
        helper.make_tensor_value_info(name, element(array.dtype), array.shape)
        for name, array in inputs.items()
    ]
    outputs = [helper.make_empty_tensor_value_info(name) for name in results]
    graph = helper.make_graph([node.proto for node in nodes], "constant", given, outputs)
    imports = [helper.make_opsetid(domain, version) for domain, version in versions.items()]
    return helper.make_model(graph, opset_imports=imports)
