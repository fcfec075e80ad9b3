"""Values that do not depend on the inputs, computed by ONNX's own reference implementation."""

from __future__ import annotations

from collections.abc import Mapping
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
    helper = library.part("helper")
    try:
        evaluator: Any = library.part("reference").ReferenceEvaluator(
            _model(helper, node, inputs, versions)
        )
        with np.errstate(all="ignore"):
            found = evaluator.run(None, dict(inputs))
    except Exception as error:  # whatever an operator's implementation raises
        raise SpatialError(
            f"its inputs are constants, but ONNX's reference implementation can't compute it: "
            f"{library.reason(error)}; replace the node by its result in the model"
        ) from None
    arrays: list[Array] = []
    for value in found:
        array = np.asarray(value)
        if kind_of(array) is None:
            raise SpatialError(
                f"it makes a constant of {array.dtype}, not of numbers; replace the node by its "
                "result in the model"
            )
        arrays.append(array)
    return arrays


def _model(
    helper: Any, node: Node, inputs: Mapping[str, Array], versions: Mapping[str, int]
) -> Any:
    element = helper.np_dtype_to_tensor_dtype
    given = [
        helper.make_tensor_value_info(name, element(array.dtype), array.shape)
        for name, array in inputs.items()
    ]
    results = [helper.make_empty_tensor_value_info(name) for name in node.outputs if name]
    graph = helper.make_graph([node.proto], "constant", given, results)
    imports = [helper.make_opsetid(domain, version) for domain, version in versions.items()]
    return helper.make_model(graph, opset_imports=imports)
