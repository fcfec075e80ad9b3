"""An ONNX graph in Python's own types: nodes, attributes, arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spatial_opt.frontends.graph.tensor import Array
from spatial_opt.frontends.onnx import library
from spatial_opt.machine.errors import SpatialError


@dataclass(frozen=True)
class Port:
    """A declared input or output."""

    name: str
    element: int | None
    """Number of the element type (`TensorProto.DataType`); None for what is no tensor."""
    shape: tuple[int | str | None, ...] | None
    """Extents: numbers, names, or None for one without a name; None if even the rank is open."""


@dataclass(frozen=True)
class Node:
    """One operation."""

    operator: str
    domain: str
    name: str
    """Its own name, or one made of its position."""
    inputs: tuple[str, ...]
    """Names of values, empty where an optional one is left out."""
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    """Numbers, strings, arrays, `NetworkGraph`s, and lists of them."""
    proto: Any

    def __str__(self) -> str:
        """Return how messages call it."""
        domain = f"{self.domain}." if self.domain not in ("", "ai.onnx") else ""
        return f"node {self.name!r} ({domain}{self.operator})"


@dataclass(frozen=True)
class NetworkGraph:
    """A graph: the model's own, or the body of an operator."""

    name: str
    inputs: Sequence[Port]
    outputs: Sequence[Port]
    nodes: Sequence[Node]
    constants: Mapping[str, Array]


def element_name(element: int | None) -> str:
    """Return the name of an element type, such as FLOAT16."""
    if element is None:
        return "no tensor"
    return str(library.onnx().TensorProto.DataType.Name(element))


def read_graph(graph: Any) -> NetworkGraph:
    """Read a `GraphProto`; raises SpatialError for tensors that can't be read."""
    if graph.sparse_initializer:
        name = graph.sparse_initializer[0].values.name
        raise SpatialError(
            f"initializer {name!r} is sparse, which is not supported; store it as a dense tensor"
        )
    return NetworkGraph(
        graph.name,
        [_port(entry) for entry in graph.input],
        [_port(entry) for entry in graph.output],
        [_node(entry, position) for position, entry in enumerate(graph.node)],
        {tensor.name: read_tensor(tensor, tensor.name) for tensor in graph.initializer},
    )


def read_tensor(tensor: Any, name: str) -> Array:
    """Read a `TensorProto`."""
    try:
        return library.part("numpy_helper").to_array(tensor)
    except (ValueError, TypeError, KeyError) as error:
        raise SpatialError(
            f"the elements of tensor {name!r} can't be read: {library.reason(error)}; they do not "
            f"fill its shape {list(tensor.dims)} or have no number type, export the model again"
        ) from None


def _port(entry: Any) -> Port:
    if entry.type.WhichOneof("value") != "tensor_type":
        return Port(entry.name, None, None)
    type = entry.type.tensor_type
    shape = None
    if type.HasField("shape"):
        shape = tuple(_extent(dim) for dim in type.shape.dim)
    return Port(entry.name, int(type.elem_type), shape)


def _extent(dim: Any) -> int | str | None:
    if dim.HasField("dim_value") and dim.dim_value >= 0:
        return int(dim.dim_value)
    return str(dim.dim_param) or None


def _node(entry: Any, position: int) -> Node:
    return Node(
        entry.op_type,
        entry.domain,
        entry.name or f"{entry.op_type}_{position}",
        tuple(entry.input),
        tuple(entry.output),
        {attribute.name: _attribute(attribute) for attribute in entry.attribute},
        entry,
    )


def _attribute(attribute: Any) -> Any:
    value = library.part("helper").get_attribute_value(attribute)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    kinds = library.onnx().AttributeProto
    match attribute.type:
        case kinds.TENSOR:
            return read_tensor(value, attribute.name)
        case kinds.GRAPH:
            return read_graph(value)
        case kinds.STRINGS:
            return [entry.decode("utf-8", "replace") for entry in value]
        case kinds.INTS | kinds.FLOATS:
            return list(value)
        case _:
            return value
