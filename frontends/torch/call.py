"""One operation of a PyTorch graph while it is read: its arguments by the names of its schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Never, cast

import numpy as np

from spatial_opt.frontends.graph.elementwise import convert
from spatial_opt.frontends.graph.graph import Graph
from spatial_opt.frontends.graph.tensor import Array, Kind, Tensor
from spatial_opt.machine.errors import SpatialError

_ORDER = (Kind.BOOLEAN, Kind.INTEGER, Kind.FLOAT)
"""An operation on several kinds of numbers is done in the last of them."""


_KINDS = {
    "float": Kind.FLOAT,
    "bfloat": Kind.FLOAT,
    "int": Kind.INTEGER,
    "bool": Kind.BOOLEAN,
}


@dataclass
class Call:
    """
    A node with the values of its arguments.

    What a handler asks for counts as handled; `check_all_used` refuses the rest, unless it says
    what holds anyway.
    """

    name: str
    arguments: Mapping[str, Any]
    """Tensors, lists of them, and plain values, by name."""
    defaults: Mapping[str, Any]
    graph: Graph
    _used: set[str] = field(default_factory=set[str])

    def refuse(self, sentence: str) -> Never:
        """Raise SpatialError; the sentence says what is the matter and what would make it work."""
        raise SpatialError(sentence)

    def value(self, name: str) -> Any:
        """Return an argument as it is, or what holds when it is not given."""
        self._used.add(name)
        return self.arguments.get(name, self.defaults.get(name))

    def has(self, name: str) -> bool:
        """Tell whether an operation has an argument of a name."""
        return name in self.arguments or name in self.defaults

    def optional(self, name: str) -> Tensor | None:
        """Return an argument that is a tensor, a number as one, None if it is left out."""
        found = self.value(name)
        if found is None or isinstance(found, Tensor):
            return found
        if isinstance(found, bool | int | float):
            return number(self.name, found)
        self.refuse(f"its argument {name} is {type(found).__name__}; give it a tensor")

    def tensor(self, name: str) -> Tensor:
        """Return an argument that must be a tensor or a number."""
        found = self.optional(name)
        if found is None:
            self.refuse(f"its argument {name} is missing; give it")
        return found

    def floats(self, name: str) -> Tensor:
        """Return an argument as floats."""
        return convert(self.graph, f"{self.name}.{name}", self.tensor(name), Kind.FLOAT)

    def optional_floats(self, name: str) -> Tensor | None:
        """Return an argument as floats, None if it is left out."""
        return None if self.optional(name) is None else self.floats(name)

    def known(self, tensor: Tensor) -> Array:
        """Return the numbers of weights, which must be constants."""
        if tensor.array is None:
            self.refuse(
                f"its weights {tensor.name!r} are computed when the program runs; they must be "
                "parameters of the module"
            )
        return tensor.array.astype(np.float32)

    def tensors(self, name: str) -> list[Tensor]:
        """Return an argument that is a list of tensors."""
        found = [each for each in listed(self.value(name)) if isinstance(each, Tensor)]
        if len(found) != len(listed(self.value(name))):
            self.refuse(f"its argument {name} is no list of tensors; export the module again")
        return found

    def promoted(self, *operands: Tensor) -> list[Tensor]:
        """Convert operands to the kind that an operation on all of them is done in."""
        kind = max((operand.kind for operand in operands), key=_ORDER.index)
        return [self.as_kind(operand, kind) for operand in operands]

    def as_kind(self, operand: Tensor, kind: Kind) -> Tensor:
        """Convert an operand; constants without a trace in the program."""
        if operand.kind is kind:
            return operand
        if operand.array is not None:
            dtype = {Kind.FLOAT: np.float32, Kind.INTEGER: np.int64, Kind.BOOLEAN: np.bool_}[kind]
            return Tensor.constant(operand.name, operand.array.astype(dtype))
        return convert(self.graph, f"{operand.name}.as_{kind.name.lower()}", operand, kind)

    def to_dtype(self, operand: Tensor) -> Tensor:
        """Convert an operand to the argument dtype, if that is given."""
        dtype = str(self.value("dtype") or "").removeprefix("torch.")
        if not dtype:
            return operand
        start = dtype.rstrip("0123456789")
        kind = _KINDS.get(start)
        if kind is None or dtype in ("int8", "int16"):
            self.refuse(
                f"it converts to {dtype}, which is not computed in; use float32, int64 or bool"
            )
        if kind is Kind.FLOAT and dtype != "float32":
            self.graph.note(f"{dtype} is computed in 32-bit floats")
        return self.as_kind(operand, kind)

    def integer(self, name: str) -> int:
        """Return an argument that is a number known when the program was exported."""
        found = self.value(name)
        if not isinstance(found, int):
            self.refuse(
                f"its argument {name} is computed when the program runs; export with fixed shapes"
            )
        return found

    def number(self, name: str, default: float = 0.0) -> float:
        """Return an argument that is a number."""
        found = self.value(name)
        if found is None:
            return default
        if not isinstance(found, bool | int | float):
            self.refuse(f"its argument {name} is computed when the program runs; make it a number")
        return float(found)

    def integers(self, name: str) -> list[int] | None:
        """Return an argument that is a list of integers; one integer is a list of it."""
        found = self.value(name)
        if found is None:
            return None
        numbers = listed(found)
        if not all(isinstance(each, int) for each in numbers):
            self.refuse(
                f"its argument {name} is computed when the program runs; export with fixed shapes"
            )
        return numbers

    def axis(self, value: int, rank: int) -> int:
        """Return an axis counted from the start."""
        if not -rank <= value < max(rank, 1):
            self.refuse(
                f"dimension {value} is outside of {rank} dimensions; it runs from {-rank} to "
                f"{rank - 1}"
            )
        return value % rank if rank else 0

    def axes(self, name: str, rank: int) -> list[int]:
        """Return the dimensions that an argument lists; all of them if it lists none."""
        values = self.integers(name)
        if not values:
            return list(range(rank))
        return [self.axis(value, rank) for value in values]

    def ignore(self, *names: str) -> None:
        """Say that arguments make no difference here."""
        self._used.update(names)

    def check_all_used(self) -> None:
        """Refuse arguments that the handler knows nothing of."""
        for name, value in self.arguments.items():
            default = self.defaults.get(name)
            if name not in self._used and value is not None and value is not default:
                if isinstance(value, Tensor) or value != default:
                    self.refuse(
                        f"its argument {name} is not supported; export the module without it"
                    )


def listed(value: Any) -> list[Any]:
    """Return a list as it is, anything else as a list of it."""
    if isinstance(value, list | tuple):
        return [*cast(Sequence[Any], value)]
    return [value]


def number(name: str, value: float | bool) -> Tensor:
    """Return a number as a tensor without dimensions."""
    if isinstance(value, bool):
        return Tensor.constant(name, np.array(value))
    dtype = np.int64 if isinstance(value, int) else np.float32
    return Tensor.constant(name, np.array(value, dtype))


Handler = Callable[[Call], Tensor | Sequence[Tensor]]
"""From a node to its result, or its results in order."""
