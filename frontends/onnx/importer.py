"""Read an ONNX model into a program of the rnn and pattern dialects."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xdsl.utils.exceptions import VerifyException

from spatial_opt.frontends.dims import fixed_shapes
from spatial_opt.frontends.errors import sentence_of
from spatial_opt.frontends.graph.graph import Graph
from spatial_opt.frontends.graph.program import Program
from spatial_opt.frontends.graph.tensor import Array, Kind, Tensor, kind_of
from spatial_opt.frontends.onnx.call import Call
from spatial_opt.frontends.onnx.definitions import definition
from spatial_opt.frontends.onnx.folding import RANDOM, fold
from spatial_opt.frontends.onnx.inference import check_shapes
from spatial_opt.frontends.onnx.load import load_model, opsets_of
from spatial_opt.frontends.onnx.model import NetworkGraph, Node, Port, element_name, read_graph
from spatial_opt.frontends.onnx.table import HANDLERS, has_remedy, known_remedy
from spatial_opt.machine.errors import SpatialError

Values = Mapping[str, Tensor]

_FLOATS, _BOOLEAN = {1: "FLOAT", 10: "FLOAT16", 11: "DOUBLE", 16: "BFLOAT16"}, 9
_INTEGERS = frozenset({2, 3, 4, 5, 6, 7, 12, 13})
"""Numbers of the element types in `TensorProto.DataType`."""


def import_model(path: Path, dims: Mapping[str, int] | None = None) -> Program:
    """
    Read a file; `dims` fixes open dimensions of the inputs by name.

    Raises SpatialError, with the node where there is one, for whatever can't be read.
    """
    model = load_model(path)
    try:
        return import_proto(model, dims)
    except SpatialError as error:
        raise SpatialError(f"{path}: {error}") from None


def import_proto(model: Any, dims: Mapping[str, int] | None = None) -> Program:
    """Read a `ModelProto` that `load_model` would return."""
    program, shapes = import_graph(read_graph(model.graph), opsets_of(model), dims or {})
    check_shapes(model, shapes)
    return program


def import_graph(
    network: NetworkGraph, versions: Mapping[str, int], dims: Mapping[str, int]
) -> tuple[Program, dict[str, tuple[int, ...]]]:
    """Write a graph as a program; gives the shapes of its values beside it, by name."""
    graph = Graph()
    inputs = [port for port in network.inputs if port.name not in network.constants]
    shapes = fixed_shapes({port.name: port.shape for port in inputs}, dims)
    given = {port.name: _input(graph, port, shapes[port.name]) for port in inputs}
    reader = _Reader(graph, versions)
    values = reader.run(network, given, {})
    outputs = [(port.name, values[port.name]) for port in network.outputs]
    if not outputs:
        raise SpatialError("the graph has no output, so there is nothing to run; give it one")
    program = graph.finish(outputs)
    program.module.verify()
    return program, {name: value.shape for name, value in values.items()}


def _input(graph: Graph, port: Port, shape: tuple[int, ...]) -> Tensor:
    if port.element in _FLOATS:
        _tell_of_precision(graph, _FLOATS[port.element])
        return graph.input(port.name, shape, Kind.FLOAT)
    if port.element in _INTEGERS:
        return graph.input(port.name, shape, Kind.INTEGER)
    if port.element == _BOOLEAN:
        return graph.input(port.name, shape, Kind.BOOLEAN)
    raise SpatialError(
        f"input {port.name!r} holds {element_name(port.element)}; inputs are tensors of floats, "
        "integers or truth values, export the model with such"
    )


def _tell_of_precision(graph: Graph, element: str) -> None:
    if element != "FLOAT":
        graph.note(f"{element} is computed in 32-bit floats")


@dataclass
class _Reader:
    """Reads graphs node by node."""

    graph: Graph
    versions: Mapping[str, int]

    def run(self, network: NetworkGraph, given: Values, outer: Values) -> dict[str, Tensor]:
        """Write the nodes of a graph that sees `outer` values; gives its own by name."""
        own = dict(given)
        visible = ChainMap(own, dict(outer) if not isinstance(outer, ChainMap) else outer)
        for name, array in network.constants.items():
            own.setdefault(name, self._constant(name, array))
        for node in network.nodes:
            with self.graph.at(node.name):
                try:
                    results = self._node(node, visible)
                except _NodeError:
                    raise
                except (SpatialError, VerifyException, MemoryError) as error:
                    raise _NodeError(f"{node}: {sentence_of(error)}") from None
            own |= {tensor.name: tensor for tensor in results}
        for port in network.outputs:
            if port.name not in own and port.name in outer:
                own[port.name] = outer[port.name]
            if port.name not in own:
                raise SpatialError(
                    f"output {port.name!r} is computed by no node; export the model again"
                )
        return own

    def _constant(self, name: str, array: Array) -> Tensor:
        if kind_of(array) is None:
            what = "strings" if array.dtype.kind in "OUS" else str(array.dtype)
            raise SpatialError(
                f"constant {name!r} holds {what}; constants are floats, integers or truth values, "
                "export the model with such"
            )
        if array.dtype.kind not in "iub":
            _tell_of_precision(self.graph, _float_name(array))
        return Tensor.constant(name, array)

    def _node(self, node: Node, values: Values) -> list[Tensor]:
        operands = [_operand(node, name, values) for name in node.inputs]
        if node.operator in RANDOM:
            raise SpatialError(
                "it makes random numbers, and a configuration gives the same ones in every run; "
                "make them an input of the network"
            )
        handler = HANDLERS.get(node.operator) if node.domain in ("", "ai.onnx") else None
        has_body = any(isinstance(value, NetworkGraph) for value in node.attributes.values())
        arrays = {each.name: each.array for each in operands if each is not None}
        known = {name: array for name, array in arrays.items() if array is not None}
        if len(known) == len(arrays) and not has_body:
            try:
                named = [name for name in node.outputs if name]
                by_name = dict(zip(node.inputs, operands, strict=True))
                inputs = {n: t.array for n, t in by_name.items() if t is not None}
                made = fold(node, {n: a for n, a in inputs.items() if a is not None}, self.versions)
                return [self._constant(n, array) for n, array in zip(named, made, strict=True)]
            except SpatialError:
                if handler is None:
                    raise
        if handler is None:
            return self._defined(node, operands)

        def run(body: NetworkGraph, given: Values) -> list[Tensor]:
            inside = self.run(body, given, values)
            return [inside[port.name] for port in body.outputs]

        call = Call(node, operands, self.graph, self.versions, run, values)
        made = list(handler(call))
        call.check_all_used(len(made))
        return [
            Tensor(name, tensor.shape, tensor.kind, tensor.value, tensor.array)
            for name, tensor in zip(node.outputs, made, strict=False)
            if name
        ]

    def _defined(self, node: Node, operands: list[Tensor | None]) -> list[Tensor]:
        """Write what ONNX defines an operator by, if it does so and we have no remedy for it."""
        body = None
        if not has_remedy(node):
            body = definition(node, operands, self.versions)
        if body is None:
            raise SpatialError(known_remedy(node))
        given = {name: x for name, x in zip(node.inputs, operands, strict=True) if x is not None}
        try:
            inside = self.run(body, given, {})
        except _NodeError as error:
            raise SpatialError(f"in what defines it, {error}") from None
        return [inside[name] for name in node.outputs if name]


class _NodeError(SpatialError):
    """An error that names its node already."""


def _operand(node: Node, name: str, values: Values) -> Tensor | None:
    if not name:
        return None
    if name not in values:
        raise SpatialError(
            f"its input {name!r} is computed by no node before it; export the model again"
        )
    return values[name]


def _float_name(array: Array) -> str:
    names = {"float32": "FLOAT", "float64": "DOUBLE"}
    return names.get(array.dtype.name, array.dtype.name.upper())
