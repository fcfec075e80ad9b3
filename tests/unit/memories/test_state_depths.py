"""Depths of states in random programs, against a twin that enumerates their points."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import memory_cases
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects.func import FuncOp

from spatial_opt.machine.load import load_machine
from spatial_opt.passes.memory_assignment.assignment import assign


@dataclass(frozen=True)
class Body:
    """One map of a step: the elements of the state that a point adds up."""

    reads: tuple[tuple[int, int], ...]
    """(a, c) for the element a i + c."""
    apart: tuple[tuple[int, int], ...] = ()
    """Those of a second result, which the first one does not come from."""


@dataclass(frozen=True)
class Program:
    """Maps of one step; map `maker` makes the next state, or a state that nobody else reads."""

    size: int
    steps: int
    maps: tuple[Body, ...]
    maker: int
    reverse: bool = False

    def text(self) -> str:
        """Write the program."""
        t = f"tensor<{self.size}xf32>"
        lines: list[str] = []
        for number, body in enumerate(self.maps):
            results = [f"%m{number}"] + [f"%o{number}"] * bool(body.apart)
            types = f"({', '.join([t] * len(results))})" if len(results) > 1 else t
            lines.append(f"{', '.join(results)} = pattern.map (%i in {self.size}) -> {types} {{")
            sums = [_sum(body.reads, t, "a")] + [_sum(body.apart, t, "b")] * bool(body.apart)
            lines += [line for part in sums for line in part]
            values = ["%a"] + ["%b"] * bool(body.apart)
            lines.append(f"pattern.yield {', '.join(values)} : {', '.join(['f32'] * len(values))}")
            lines.append("}")
        # Every result goes on in some state, so that all of them are needed.
        others = [f"%m{n}" for n in range(len(self.maps)) if n != self.maker]
        others += [f"%o{n}" for n, body in enumerate(self.maps) if body.apart]
        carried = [f"%m{self.maker}", *others]
        carry = ", ".join(f"%c{n} = %x : {t}" for n in range(1, len(carried)))
        types = ", ".join([t] * len(carried))
        names = ", ".join(f"%r{n}" for n in range(len(carried)))
        body = "\n".join(lines)
        return f"""
        func.func @main(%x: {t}) -> ({types}) {{
          {names} = pattern.scan {"reverse " * self.reverse}(%t in {self.steps})
              carry (%h = %x : {t}{", " * bool(carry)}{carry}) -> ({types}) {{
            {body}
            pattern.next {", ".join(carried)} : {types}
          }}
          func.return {names} : {types}
        }}"""

    def depth(self) -> int:
        """Find the depth of the state point by point: two if a write may come before a read."""
        for number, body in enumerate(self.maps):
            for (a, c), same_result in [(r, True) for r in body.reads] + [
                (r, False) for r in body.apart
            ]:
                followed = same_result or (a, c) in body.reads
                for i in range(self.size):
                    element = a * i + c
                    if not 0 <= element < self.size:
                        continue
                    # The point that writes this element is the element itself.
                    if number < self.maker:
                        continue
                    if number == self.maker and followed and element == i:
                        continue
                    return 2
        return 1


def _sum(reads: tuple[tuple[int, int], ...], t: str, name: str) -> list[str]:
    lines = [f"%{name}z = arith.constant 1.0 : f32"]
    total = f"%{name}z"
    for number, (a, c) in enumerate(reads):
        last = number == len(reads) - 1
        result = f"%{name}" if last else f"%{name}s{number}"
        lines.append(f"%{name}{number} = pattern.read %h[{a} * %i + {c}] zero_outside : {t}")
        lines.append(f"{result} = arith.addf {total}, %{name}{number} : f32")
        total = result
    if not reads:
        lines.append(f"%{name} = arith.addf {total}, {total} : f32")
    return lines


ACCESS = st.tuples(st.sampled_from([1, 1, -1, 0, 2]), st.integers(-2, 5))
BODY = st.builds(
    Body,
    st.lists(ACCESS, min_size=1, max_size=2).map(tuple),
    st.lists(ACCESS, max_size=1).map(tuple),
)


@st.composite
def programs(draw: st.DrawFn) -> Program:
    maps = draw(st.lists(BODY, min_size=1, max_size=3))
    maker = draw(st.integers(0, len(maps) - 1))
    return Program(draw(st.integers(1, 5)), 4, tuple(maps), maker, draw(st.booleans()))


def depth_of(text: str) -> int:
    """Give the depth of the state %h; 1 if nothing reads it."""
    function = next(op for op in memory_cases.parse(text).ops if isinstance(op, FuncOp))
    assignment = assign(function, load_machine("plasticine-rnn"))
    found = [a for a in assignment.tensors if a.place.value.name_hint == "h"]
    return found[0].least if found else 1


@given(programs())
@settings(max_examples=40, deadline=None)
def test_depth_of_a_state_is_that_of_the_twin(program: Program) -> None:
    assert depth_of(program.text()) == program.depth()


OWN, SHIFTED = (1, 0), (1, -1)


@pytest.mark.parametrize(
    ("maps", "maker", "depth"),
    [
        ((Body((OWN,)),), 0, 1),
        ((Body((SHIFTED,)),), 0, 2),
        ((Body(((-1, 3),)), Body((OWN,))), 1, 1),
        ((Body((OWN,)), Body((SHIFTED,))), 0, 2),
        ((Body((OWN,), apart=(SHIFTED,)),), 0, 2),
        ((Body((OWN,), apart=(OWN,)),), 0, 1),
        # Nothing says that the other result is computed before this one is written.
        ((Body(((1, 4),), apart=(OWN,)),), 0, 2),
        # What is read outside the state alone is not read.
        ((Body((OWN, (1, 4))),), 0, 1),
    ],
)
def test_known_states(maps: tuple[Body, ...], maker: int, depth: int) -> None:
    for reverse, steps in product((False, True), (2, 5)):
        program = Program(4, steps, maps, maker, reverse)
        assert depth_of(program.text()) == program.depth() == depth


def test_a_read_that_nothing_waits_for_may_come_late() -> None:
    text = """
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %r = pattern.scan (%t in 4) carry (%h = %x : tensor<4xf32>) -> tensor<4xf32> {
        %a = pattern.map (%i in 4) -> tensor<4xf32> {
          %p = pattern.read %h[%i] : tensor<4xf32>
          DEAD
          pattern.yield %p : f32
        }
        %n = pattern.map (%i in 4) -> tensor<4xf32> {
          %p = pattern.read %a[%i] : tensor<4xf32>
          pattern.yield %p : f32
        }
        pattern.next %n : tensor<4xf32>
      }
      func.return %r : tensor<4xf32>
    }"""
    assert depth_of(text.replace("DEAD", "")) == 1
    assert depth_of(text.replace("DEAD", "%q = pattern.read %h[3 - %i] : tensor<4xf32>")) == 2
