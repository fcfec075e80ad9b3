"""Read the graph of an exported program node by node."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import numpy as np
from xdsl.utils.exceptions import VerifyException

from spatial_opt.frontends.errors import sentence_of
from spatial_opt.frontends.graph.graph import Graph
from spatial_opt.frontends.graph.tensor import Array, Kind, Tensor
from spatial_opt.frontends.torch.call import Call, number
from spatial_opt.frontends.torch.library import constant_of, reason, torch
from spatial_opt.frontends.torch.operators.control import scan
from spatial_opt.frontends.torch.table import HANDLERS, OF_SHAPES, RANDOM, base_of, known_remedy
from spatial_opt.machine.errors import SpatialError


class Reader:
    """Writes the nodes of graphs into one program."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def run(self, module: Any, given: Sequence[Any]) -> list[Tensor]:
        """Write a graph module whose inputs have values in order; give its outputs."""
        values: dict[Any, Any] = {}
        inputs = iter(given)
        outputs: list[Tensor] = []
        for node in module.graph.nodes:
            if node.op == "placeholder":
                values[node] = next(inputs)
            elif node.op == "output":
                found = flattened(_resolved(node.args[0], values))
                outputs = [_output(each) for each in found if each is not None]
            elif node.op == "get_attr":
                values[node] = _attribute(module, node.target)
            else:
                with self.graph.at(node.name):
                    values[node] = self._named(node, values)
        return outputs

    def _named(self, node: Any, values: Mapping[Any, Any]) -> Any:
        """Write a node; errors name it."""
        try:
            return self._node(node, values)
        except _NodeError:
            raise
        except (SpatialError, VerifyException, MemoryError) as error:
            sentence = sentence_of(error)
            raise _NodeError(f"node {node.name!r} ({_operator(node)}): {sentence}") from None

    def _node(self, node: Any, values: Mapping[Any, Any]) -> Any:
        operator = _operator(node)
        args = [_resolved(arg, values) for arg in node.args]
        kwargs = {key: _resolved(arg, values) for key, arg in node.kwargs.items()}
        if operator == "getitem":
            found, place = args
            if place >= len(found):
                raise SpatialError(
                    f"result {place} of the operation in front is not computed; use its result 0 "
                    "alone"
                )
            return found[place]
        if operator == "scan":
            body, starts, scanned, *others = args
            return scan(self.graph, node.name, body, starts, scanned, list(*others), self.run)
        base = base_of(operator)
        if base.startswith("_assert"):
            return None
        if base in RANDOM:
            raise SpatialError(
                "it makes random numbers, and a configuration gives the same ones in every run; "
                "make them an input of the module"
            )
        schema = getattr(node.target, "_schema", None)
        if schema is None:
            raise SpatialError(known_remedy(operator))
        if base in OF_SHAPES or _all_known([*args, *kwargs.values()]):
            return _folded(node, args, kwargs)
        handler = HANDLERS.get(base)
        if handler is None:
            raise SpatialError(known_remedy(operator))
        names = [argument.name for argument in schema.arguments]
        arguments = {**dict(zip(names, args, strict=False)), **kwargs}
        defaults = {argument.name: argument.default_value for argument in schema.arguments}
        call = Call(node.name, arguments, defaults, self.graph)
        found = handler(call)
        call.check_all_used()
        return found


class _NodeError(SpatialError):
    """An error that names its node already."""


def _operator(node: Any) -> str:
    """Return the name of what a node does, with its overload: aten.add.Tensor."""
    target = node.target
    if hasattr(target, "_schema") or not callable(target):
        return str(target)
    return str(getattr(target, "__name__", target))


def _listed(value: Any) -> Sequence[Any] | None:
    """Return the elements of a list, None for anything else."""
    return cast(Sequence[Any], value) if isinstance(value, list | tuple) else None


def _mapped(value: Any, function: Callable[[Any], Any]) -> Any:
    """Apply a function to whatever stands in lists."""
    elements = _listed(value)
    return function(value) if elements is None else [_mapped(e, function) for e in elements]


def _resolved(value: Any, values: Mapping[Any, Any]) -> Any:
    """Replace nodes in arguments by what they gave."""
    node_type = torch().fx.Node
    return _mapped(value, lambda each: values[each] if isinstance(each, node_type) else each)


def flattened(value: Any) -> list[Any]:
    """Return what stands in lists inside each other, in order."""
    elements = _listed(value)
    if elements is None:
        return [value]
    return [each for element in elements for each in flattened(element)]


def _output(value: Any) -> Tensor:
    if isinstance(value, Tensor):
        return value
    if isinstance(value, bool | int | float):
        return number("output", value)
    raise SpatialError(
        f"the program gives a {type(value).__name__} beside tensors; return tensors only"
    )


def _attribute(module: Any, target: str) -> Any:
    """Return a part of a module: the body of a loop, or a constant."""
    found = module
    for part in target.split("."):
        found = getattr(found, part)
    return found if hasattr(found, "graph") else constant_of(target, found)


def _all_known(values: Sequence[Any]) -> bool:
    found = [each for each in flattened(values) if isinstance(each, Tensor)]
    return all(each.array is not None for each in found)


def _zeros_like(tensor: Tensor) -> Array:
    """Return zeros in the place of a tensor that is computed, of its shape and kind."""
    dtype = {Kind.FLOAT: np.float32, Kind.INTEGER: np.int64, Kind.BOOLEAN: np.bool_}[tensor.kind]
    return np.zeros(tensor.shape, dtype)


def _folded(node: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Let PyTorch compute what is known before the run."""
    library = torch()

    def given(value: Any) -> Any:
        if not isinstance(value, Tensor):
            return value
        array = _zeros_like(value) if value.array is None else value.array
        return library.from_numpy(array.copy())

    def taken(value: Any) -> Any:
        return constant_of(node.name, value) if hasattr(value, "dtype") else value

    with library.no_grad():
        try:
            made = node.target(
                *(_mapped(value, given) for value in args),
                **{key: _mapped(value, given) for key, value in kwargs.items()},
            )
        except (RuntimeError, IndexError, TypeError, ValueError) as error:
            raise SpatialError(
                f"torch can't compute it from constants: {reason(error)}; export the module again"
            ) from error
    return _mapped(made, taken)
