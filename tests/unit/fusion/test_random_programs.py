"""Random programs of maps, reductions and odd accesses: same values, and nothing left to do."""

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

Parse = Callable[[str], Any]
Same = Callable[..., None]

Tensor = tuple[str, tuple[int, ...]]
"""Name and shape."""


class Writer:
    """Writes a program in which each map reads what came before it."""

    def __init__(self, seed: int):
        self._random = random.Random(seed)
        self._size = self._random.choice([1, 2, 3, 5])
        size = self._size
        self._tensors: list[Tensor] = [("x", (size,)), ("y", (size,)), ("w", (size, size))]
        self._arguments = list(self._tensors)

    def program(self) -> str:
        maps = [self._map(number) for number in range(self._random.randint(2, 9))]
        made = self._tensors[len(self._arguments) :]
        returned = [made[-1], *(one for one in made[:-1] if self._random.random() < 0.25)]
        arguments = ", ".join(f"%{name} : {_type(shape)}" for name, shape in self._arguments)
        types = ", ".join(_type(shape) for _, shape in returned)
        names = ", ".join(f"%{name}" for name, _ in returned)
        body = "\n".join(maps)
        end = f"func.return {names} : {types}"
        return f"func.func @main({arguments}) -> ({types}) {{\n{body}\n{end}\n}}"

    def _map(self, number: int) -> str:
        shape = self._random.choice([(self._size,), (self._size,), (1, self._size)])
        lines: list[str] = []
        scalars = [
            name for part in range(self._random.randint(1, 3)) for name in self._part(part, lines)
        ]
        total = scalars[0]
        for place, scalar in enumerate(scalars[1:]):
            kind = self._random.choice(["addf", "addf", "mulf", "maximumf"])
            lines.append(f"%t{place} = arith.{kind} {total}, {scalar} : f32")
            total = f"%t{place}"
        yielded = [total, scalars[0]][: self._random.choice([1, 1, 1, 2])]
        names = [f"m{number}_{place}x" for place in range(len(yielded))]
        domain = ", ".join(
            f"{index} in {bound}"
            for index, bound in zip(["%b", "%i"][-len(shape) :], shape, strict=True)
        )
        self._tensors += [(name, shape) for name in names]
        results, types = (
            ", ".join(f"%{name}" for name in names),
            ", ".join([_type(shape)] * len(names)),
        )
        lines.append(f"pattern.yield {', '.join(yielded)} : {', '.join(['f32'] * len(yielded))}")
        body = "\n".join(lines)
        return f"{results} = pattern.map ({domain}) -> ({types}) {{\n{body}\n}}"

    def _part(self, part: int, lines: list[str]) -> Iterator[str]:
        """Write one scalar: an element, a reduction over elements, or an index."""
        choice = self._random.random()
        if choice < 0.1:
            lines.append(f"%n{part} = arith.index_cast %i : index to i32")
            lines.append(f"%s{part} = pattern.convert %n{part} : i32 to f32")
        elif choice < 0.65:
            lines.append(f"%s{part} = {self._read('%i', ['%i'])}")
        else:
            kind = self._random.choice(["add", "add", "max"])
            square = self._random.random() < 0.5
            lines.append(f"%s{part} = pattern.reduce {kind} (%k in {self._size}) : f32 {{")
            lines.append(f"%e = {self._read('%k', ['%k', '%k', '%i'])}")
            lines.append("%f = arith.mulf %e, %e : f32" if square else "")
            lines.append(f"pattern.yield {'%f' if square else '%e'} : f32\n}}")
        yield f"%s{part}"

    def _read(self, index: str, indices: list[str]) -> str:
        recent = self._random.random() < 0.7
        name, shape = self._random.choice(self._tensors[-5:] if recent else self._tensors)
        outside = self._random.random() < 0.1
        last = self._size - 1
        texts = [*indices, f"{last} - {index}", "0"]
        coordinates = [
            "0" if bound == 1 else f"{index} - 1" if outside else self._random.choice(texts)
            for bound in shape
        ]
        flag = " zero_outside" if outside else ""
        return f"pattern.read %{name}[{', '.join(coordinates)}]{flag} : {_type(shape)}"


def _type(shape: tuple[int, ...]) -> str:
    return f"tensor<{'x'.join(map(str, shape))}xf32>"


@pytest.mark.parametrize("seed", range(25))
def test_random_programs(program: Parse, same: Same, seed: int):
    before = program(Writer(seed).program())
    for policy in ("cost", "all"):
        same(before, before.fused(f"policy={policy} concatenate=false"))
        same(before, before.fused(f"policy={policy} align=2"), 1e-3)
