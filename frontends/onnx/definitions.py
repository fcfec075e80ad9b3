"""Operators that ONNX itself defines by others, read as what they are defined by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from spatial_opt.frontends.graph.tensor import Kind, Tensor
from spatial_opt.frontends.onnx import library
from spatial_opt.frontends.onnx.model import NetworkGraph, Node, read_graph

_DTYPES = {Kind.FLOAT: np.float32, Kind.INTEGER: np.int64, Kind.BOOLEAN: np.bool_}


def definition(
    node: Node, operands: Sequence[Tensor | None], versions: Mapping[str, int]
) -> NetworkGraph | None:
    """Return the graph that defines an operator, with its names; None if ONNX gives none."""
    inline: Any = getattr(library.part("inliner"), "inline_selected_functions", None)
    model = _model(node, operands, versions)
    domain = "" if node.domain == "ai.onnx" else node.domain
    try:
        # Packages before 1.18 have no definitions to put in.
        inlined = inline(model, [(domain, node.operator)], inline_schema_functions=True)
    except (TypeError, RuntimeError, ValueError):
        return None
    if any(entry.op_type == node.operator for entry in inlined.graph.node):
        return None
    return read_graph(inlined.graph)


def _model(node: Node, operands: Sequence[Tensor | None], versions: Mapping[str, int]) -> Any:
    helper = library.part("helper")
    inputs = {
        name: helper.make_tensor_value_info(name, _element(helper, operand), operand.shape)
        for name, operand in zip(node.inputs, operands, strict=True)
        if operand is not None
    }
    outputs = [helper.make_empty_tensor_value_info(name) for name in node.outputs if name]
    graph = helper.make_graph([node.proto], "definition", list(inputs.values()), outputs)
    imports = [helper.make_opsetid(domain, version) for domain, version in versions.items()]
    return helper.make_model(graph, opset_imports=imports)


def _element(helper: Any, operand: Tensor) -> int:
    dtype = _DTYPES[operand.kind] if operand.array is None else operand.array.dtype
    return int(helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))
