"""One operation while it is read: its operands and attributes, of which none may be overlooked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Never

import numpy as np

from spatial_opt.frontends.graph.graph import Graph
from spatial_opt.frontends.graph.tensor import Array, Kind, Tensor
from spatial_opt.frontends.onnx.model import NetworkGraph, Node
from spatial_opt.machine.errors import SpatialError

RunGraph = Callable[[NetworkGraph, Mapping[str, Tensor]], list[Tensor]]
"""From the body of an operator and values by name to its outputs; it sees the values around it."""


@dataclass
class Call:
    """
    A node with the values of its inputs.

    What a handler asks for counts as handled; `check_all_used` refuses the rest.
    """

    node: Node
    operands: Sequence[Tensor | None]
    graph: Graph
    versions: Mapping[str, int]
    """Of the operators, by domain."""
    run: RunGraph
    around: Mapping[str, Tensor]
    """The values that the body of an operator sees, by name."""
    _used_operands: set[int] = field(default_factory=set[int])
    _used_attributes: set[str] = field(default_factory=set[str])

    @property
    def opset(self) -> int:
        """Return the version of ONNX's own operators."""
        return self.versions[""]

    @property
    def name(self) -> str:
        """Return the name of the first output, for what is made."""
        return next((name for name in self.node.outputs if name), self.node.name)

    def output(self, position: int) -> str:
        """Return the name of an output, empty if it is left out."""
        return self.node.outputs[position] if position < len(self.node.outputs) else ""

    def refuse(self, sentence: str) -> Never:
        """Raise SpatialError; the sentence says what is the matter and what would make it work."""
        raise SpatialError(sentence)

    def optional(self, position: int) -> Tensor | None:
        """Return an operand, None if it is left out."""
        self._used_operands.add(position)
        return self.operands[position] if position < len(self.operands) else None

    def operand(self, position: int, what: str = "") -> Tensor:
        """Return an operand that must be there."""
        found = self.optional(position)
        if found is None:
            self.refuse(f"input {position}{f' ({what})' if what else ''} is missing; give it")
        return found

    def all_operands(self) -> list[Tensor]:
        """Return the operands of an operator that takes any number of them."""
        return [self.operand(position) for position in range(max(1, len(self.operands)))]

    def floats(self, position: int) -> Tensor:
        """Return an operand that must hold floats."""
        found = self.operand(position)
        if found.kind is not Kind.FLOAT:
            self.refuse(
                f"input {position} holds {found.kind.value}, for which it is not supported; cast "
                "it to FLOAT first"
            )
        return found

    def optional_floats(self, position: int) -> Tensor | None:
        """Return an operand that must hold floats if it is there."""
        return None if self.optional(position) is None else self.floats(position)

    def same_kind(self, operands: Sequence[Tensor]) -> Sequence[Tensor]:
        """Return operands that must all hold the same kind of elements."""
        kinds = list(dict.fromkeys(operand.kind.value for operand in operands))
        if len(kinds) > 1:
            self.refuse(f"its operands hold {' and '.join(kinds)}; cast them to one type")
        return operands

    def constant(self, position: int, what: str) -> Array | None:
        """Return an operand that must be a constant if it is there."""
        found = self.optional(position)
        if found is None:
            return None
        if found.array is None:
            self.refuse(
                f"its {what} (input {position}, {found.name!r}) are computed when the network "
                "runs; they must be constants, export the model with fixed shapes"
            )
        return found.array

    def integers(self, position: int, what: str) -> list[int] | None:
        """Return a constant operand as a list of integers."""
        found = self.constant(position, what)
        return None if found is None else [int(value) for value in np.reshape(found, -1)]

    def number(self, name: str, default: float) -> float:
        """Return an attribute that is a float."""
        return float(self.attribute(name, default))

    def integer(self, name: str, default: int) -> int:
        """Return an attribute that is an integer."""
        return int(self.attribute(name, default))

    def text(self, name: str, default: str) -> str:
        """Return an attribute that is a string."""
        return str(self.attribute(name, default))

    def integer_list(self, name: str) -> list[int] | None:
        """Return an attribute that is a list of integers, None if it is not there."""
        found = self.attribute(name, None)
        return None if found is None else [int(value) for value in found]

    def subgraph(self, name: str) -> NetworkGraph:
        """Return an attribute that is a graph."""
        found = self.attribute(name, None)
        if not isinstance(found, NetworkGraph):
            self.refuse(f"attribute {name} is no graph; export the model again")
        return found

    def attribute(self, name: str, default: Any) -> Any:
        """Return an attribute, or what holds when it is not there."""
        self._used_attributes.add(name)
        return self.node.attributes.get(name, default)

    def axis(self, value: int, rank: int) -> int:
        """Return an axis counted from the start."""
        if not -rank <= value < rank:
            self.refuse(
                f"axis {value} is outside of {rank} dimensions; it runs from {-rank} to {rank - 1}"
            )
        return value % rank

    def axes(self, values: Sequence[int], rank: int) -> list[int]:
        """Return axes counted from the start, each once."""
        found = [self.axis(value, rank) for value in values]
        if len(set(found)) != len(found):
            self.refuse(f"axes {list(values)} name a dimension twice; name each once")
        return found

    def check_all_used(self, made: int) -> None:
        """Refuse operands, attributes and outputs that the handler knows nothing of."""
        for position, operand in enumerate(self.operands):
            if operand is not None and position not in self._used_operands:
                self.refuse(
                    f"input {position} ({operand.name!r}) is not supported; export the model "
                    "without it"
                )
        for name in self.node.attributes:
            if name not in self._used_attributes:
                self.refuse(f"attribute {name} is not supported; export the model without it")
        for position, name in enumerate(self.node.outputs):
            if name and position >= made:
                self.refuse(
                    f"output {position} ({name!r}) is not supported; export the model without it"
                )


Handler = Callable[[Call], Sequence[Tensor]]
"""From a node to its outputs in order."""
