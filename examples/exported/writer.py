"""Writes programs of the pattern dialect the way an exporter does: one kernel per operator."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

Shape = tuple[int, ...]
Read = tuple[str, str]
"""A tensor, and the coordinates of the element that is read, as text."""


class Body:
    """Scalars of a kernel's body."""

    def __init__(self, program: Program, names: Mapping[str, str]) -> None:
        self._program = program
        self._names = names
        self._count = 0

    def __getitem__(self, name: str) -> str:
        """Return the scalar that was read under a name."""
        return self._names[name]

    def add(self, left: str, right: str) -> str:
        """Add two scalars."""
        return self._binary("add", left, right)

    def sub(self, left: str, right: str) -> str:
        """Subtract two scalars."""
        return self._binary("sub", left, right)

    def mul(self, left: str, right: str) -> str:
        """Multiply two scalars."""
        return self._binary("mul", left, right)

    def sigmoid(self, value: str) -> str:
        """Apply a sigmoid; integers are cut off instead, to 0 to 127."""
        return self._activate("sigmoid", value, 0)

    def tanh(self, value: str) -> str:
        """Apply tanh; integers are cut off instead, to -127 to 127."""
        return self._activate("tanh", value, -127)

    def _line(self, text: str, name: str = "v") -> str:
        self._count += 1
        result = f"%{name}_{self._count}"
        self._program.line(f"{result} = {text} : {self._program.element}")
        return result

    def _binary(self, kind: str, left: str, right: str) -> str:
        suffix = "f" if self._program.is_float else "i"
        return self._line(f"arith.{kind}{suffix} {left}, {right}")

    def _activate(self, kind: str, value: str, least: int) -> str:
        if self._program.is_float:
            return self._line(f"pattern.activate {kind} {value}", "a")
        limits = [self._line(f"arith.constant {limit}", "c") for limit in (least, 127)]
        above = self._line(f"arith.maxsi {value}, {limits[0]}")
        return self._line(f"arith.minsi {above}, {limits[1]}", "a")


@dataclass
class Program:
    """A program being written; tensors are known by name."""

    element: str = "f32"
    shapes: dict[str, Shape] = field(default_factory=dict[str, Shape])
    copies: list[str] = field(default_factory=list[str])
    """Names of the kernels that only move elements."""
    _arguments: list[str] = field(default_factory=list[str])
    _lines: list[str] = field(default_factory=list[str])
    _depth: int = 2

    @property
    def is_float(self) -> bool:
        """Return whether elements are floats."""
        return self.element.startswith("f")

    def line(self, text: str) -> None:
        """Write a line of the function's body."""
        self._lines.append("  " * self._depth + text)

    def type(self, shape: Shape) -> str:
        """Return the text of a tensor type."""
        return f"tensor<{'x'.join(map(str, (*shape, self.element)))}>"

    def argument(self, name: str, *shape: int) -> str:
        """Declare a run-time input."""
        self.shapes[name] = shape
        self._arguments.append(f'%{name}: {self.type(shape)} {{pattern.name = "{name}"}}')
        return name

    def parameter(self, name: str, *shape: int) -> str:
        """Declare weights."""
        self.shapes[name] = shape
        self.line(f'%{name} = pattern.parameter "{name}" : {self.type(shape)}')
        return name

    def zeros(self, name: str, *shape: int) -> str:
        """Declare a constant tensor of zeros."""
        self.shapes[name] = shape
        zero = "0.0" if self.is_float else "0"
        self.line(f"%{name} = arith.constant dense<{zero}> : {self.type(shape)}")
        return name

    def kernel(
        self,
        name: str,
        domain: Mapping[str, int],
        reads: Mapping[str, Read],
        compute: Callable[[Body], str],
    ) -> str:
        """Write a map that reads scalars and computes one from them."""
        with self._map(name, domain) as names:
            for variable, (tensor, coordinates) in reads.items():
                self._read(f"{variable}_", tensor, coordinates)
                names[variable] = f"%{variable}_"
            result = compute(Body(self, names))
            self.line(f"pattern.yield {result} : {self.element}")
        return name

    def copy(
        self, name: str, domain: Mapping[str, int], tensor: str, at: str, padded: bool = False
    ) -> str:
        """Write a map that moves the elements of one tensor."""
        self.copies.append(name)
        with self._map(name, domain):
            self._read("v_", tensor, at, padded)
            self.line(f"pattern.yield %v_ : {self.element}")
        return name

    def concat(self, name: str, domain: Mapping[str, int], parts: Sequence[Read]) -> str:
        """Write a map that puts tensors side by side; each reads zero where the others stand."""
        self.copies.append(name)
        add = "addf" if self.is_float else "addi"
        with self._map(name, domain):
            for number, (tensor, at) in enumerate(parts):
                self._read(f"p_{number}", tensor, at, padded=True)
            total = "%p_0"
            for number in range(1, len(parts)):
                line = f"%s_{number} = arith.{add} {total}, %p_{number} : {self.element}"
                self.line(line)
                total = f"%s_{number}"
            self.line(f"pattern.yield {total} : {self.element}")
        return name

    def product(
        self,
        name: str,
        domain: Mapping[str, int],
        over: Mapping[str, int],
        left: Read,
        right: Read,
        *added: Read,
    ) -> str:
        """Write a matrix product, with biases added."""
        (index, bound), *_ = over.items()
        with self._map(name, domain) as names:
            self.line(f"%s_ = pattern.reduce add (%{index} in {bound}) : {self.element} {{")
            self._depth += 1
            self._read("l_", *left)
            self._read("r_", *right)
            multiply = "mulf" if self.is_float else "muli"
            self.line(f"%p_ = arith.{multiply} %l_, %r_ : {self.element}")
            self.line(f"pattern.yield %p_ : {self.element}")
            self._depth -= 1
            self.line("}")
            body, total = Body(self, names), "%s_"
            for number, (tensor, at) in enumerate(added):
                self._read(f"b_{number}", tensor, at)
                total = body.add(total, f"%b_{number}")
            self.line(f"pattern.yield {total} : {self.element}")
        return name

    @contextmanager
    def scan(
        self, steps: int, carried: Mapping[str, str], results: Mapping[str, str], reverse: bool
    ) -> Generator[Callable[[Sequence[str], Sequence[str]], None]]:
        """
        Write a scan over `%t`; call what is handed out with the next and the emitted values.

        `carried` gives the start of each state, `results` what each final state and each stack
        is called; for a stack, the value that it stacks must be given its shape by then.
        """
        self.line("@")
        place = len(self._lines) - 1
        depth = self._depth
        self._depth += 1
        for state, start in carried.items():
            self.shapes[state] = self.shapes[start]

        def end(following: Sequence[str], emitted: Sequence[str]) -> None:
            values = ", ".join(f"%{name}" for name in following)
            emits = ", ".join(f"%{name}" for name in emitted)
            types = ", ".join(self.type(self.shapes[name]) for name in (*following, *emitted))
            self.line(f"pattern.next {values}{f' emit {emits}' if emits else ''} : {types}")
            shapes = [self.shapes[name] for name in following]
            shapes += [(steps, *self.shapes[name]) for name in emitted]
            self.shapes |= dict(zip(results, shapes, strict=True))

        yield end
        self._depth = depth
        self.line("}")
        states = ", ".join(
            f"%{state} = %{start} : {self.type(self.shapes[start])}"
            for state, start in carried.items()
        )
        types = ", ".join(self.type(self.shapes[name]) for name in results)
        names = ", ".join(f"%{name}" for name in results)
        kind = "pattern.scan reverse" if reverse else "pattern.scan"
        self._lines[place] = (
            "  " * depth + f"{names} = {kind} (%t in {steps}) carry ({states}) -> ({types}) {{"
        )

    def text(self, about: str, *returned: str) -> str:
        """Return the whole program."""
        types = ", ".join(
            f'{self.type(self.shapes[name])} {{pattern.name = "{name}"}}' for name in returned
        )
        values = ", ".join(f"%{name}" for name in returned)
        ends = ", ".join(self.type(self.shapes[name]) for name in returned)
        return "\n".join(
            [
                *(f"// {line}" for line in about.strip().splitlines()),
                "builtin.module {",
                f"  func.func @main({', '.join(self._arguments)})",
                f"      -> ({types}) {{",
                *self._lines,
                f"    func.return {values} : {ends}",
                "  }",
                "}",
                "",
            ]
        )

    @contextmanager
    def _map(self, name: str, domain: Mapping[str, int]) -> Generator[dict[str, str]]:
        self.shapes[name] = tuple(domain.values())
        indices = ", ".join(f"%{index} in {bound}" for index, bound in domain.items())
        self.line(f"%{name} = pattern.map ({indices}) -> {self.type(self.shapes[name])} {{")
        self._depth += 1
        yield {}
        self._depth -= 1
        self.line("}")

    def _read(self, name: str, tensor: str, at: str, padded: bool = False) -> None:
        outside = " zero_outside" if padded else ""
        shape = self.type(self.shapes[tensor])
        self.line(f"%{name} = pattern.read %{tensor}[{at}]{outside} : {shape}")
