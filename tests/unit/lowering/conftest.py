"""A recurrence written as one fused nest, lowered and evaluated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser
from xdsl.utils.arg_spec import parse_pipeline

from spatial_opt.runtime import values
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.pattern_evaluator import evaluate
from spatial_opt.tools.compilation import Compilation, compile_module, make_context

KINDS = {
    "mixed8": ("f8E4M3FN", "f8E4M3FN", "[f16, f32]", "f32", "arith.mulf", "arith.addf"),
    "int8": ("i8", "i16", "[i32]", "i32", "arith.muli", "arith.addi"),
    "f32": ("f32", "f32", "[f32]", "f32", "arith.mulf", "arith.addf"),
    "bf16": ("bf16", "f32", "[f32]", "f32", "arith.mulf", "arith.addf"),
}
"""Element, product and tree types, type of the sum, product and sum of two products."""


@dataclass(frozen=True)
class Cell:
    """h' = tanh(W [x, h] + b) and a second row u = (V [x, h]) * c, in one nest over [x, h]."""

    inputs: int
    hidden: int
    kind: str = "mixed8"
    align: int = 1
    copies: int = 1
    rows: int | None = None
    deal: str | None = None
    lanes: int = 1
    pieces: int = 1
    vector: int = 1
    steps: int = 2

    def text(self) -> str:
        """Write the cell in the pattern dialect."""
        element, product, through, total, mul, add = KINDS[self.kind]
        d, h = self.inputs, self.hidden
        first = -(-d // self.align) * self.align

        def products(name: str) -> str:
            """One row of a weight matrix times [x, h]."""
            lines: list[str] = []
            widen = element != product
            for part, weight, offset, other in (
                ("p", f"{name}x", "", "xv"),
                ("q", f"{name}h", f" - {first}", "hv"),
            ):
                size = d if part == "p" else h
                lines.append(
                    f"%{name}{part}w = pattern.read %{weight}[%j, %k{offset}] zero_outside "
                    f": tensor<{h}x{size}x{element}>"
                )
                operands = [f"%{name}{part}w", f"%{other}"]
                if widen:
                    for n, operand in enumerate(operands):
                        wide = f"%{name}{part}{n}"
                        lines.append(f"{wide} = pattern.convert {operand} : {element} to {product}")
                        operands[n] = wide
                lines.append(f"%{name}{part} = {mul} {', '.join(operands)} : {product}")
            lines.append(f"%{name}s = {add} %{name}p, %{name}q : {product}")
            return "\n".join(lines)

        par = f"par {self.copies}" + (f" x {self.lanes}" if self.lanes > 1 else "")
        rows = "" if self.rows is None else f" rows {self.rows}"
        rows += "" if self.deal is None else f" deal {self.deal}"
        scale = "" if total == "f32" else " scale 0.001"
        store = "scale 100.0" if element == "i8" else ""
        return f"""
builtin.module {{
  func.func @main(%x : tensor<{self.steps}x{d}x{element}> {{pattern.name = "x"}})
      -> (tensor<{h}xf32> {{pattern.name = "c"}}, tensor<{self.steps}x{h}x{element}>
          {{pattern.name = "y"}}) {{
    %ax = pattern.parameter "ax" : tensor<{h}x{d}x{element}>
    %ah = pattern.parameter "ah" : tensor<{h}x{h}x{element}>
    %vx = pattern.parameter "vx" : tensor<{h}x{d}x{element}>
    %vh = pattern.parameter "vh" : tensor<{h}x{h}x{element}>
    %b = pattern.parameter "b" : tensor<{h}xf32>
    %tanh = pattern.table tanh entries 1024 from -8.0 to 8.0 : tensor<1024xf32>
    %h0 = arith.constant dense<0{"" if element == "i8" else ".0"}> : tensor<{h}x{element}>
    %c0 = arith.constant dense<0.0> : tensor<{h}xf32>
    %hT, %cT, %y = pattern.scan (%t in {self.steps})
        carry (%h = %h0 : tensor<{h}x{element}>, %c = %c0 : tensor<{h}xf32>)
        -> (tensor<{h}x{element}>, tensor<{h}xf32>, tensor<{self.steps}x{h}x{element}>) {{
      %hn, %cn = pattern.map (%j in {h} {par}){rows} -> (tensor<{h}x{element}>, tensor<{h}xf32>) {{
        %s, %u = pattern.reduce add, add (%k in {first + h} par {self.pieces} x {self.vector})
            through {through} : {total}, {total} {{
          %xv = pattern.read %x[%t, %k] zero_outside : tensor<{self.steps}x{d}x{element}>
          %hv = pattern.read %h[%k - {first}] zero_outside : tensor<{h}x{element}>
          {products("a")}
          {products("v")}
          pattern.yield %as, %vs : {product}, {product}
        }}
        %sf = pattern.convert %s{scale} : {total} to f32
        %uf = pattern.convert %u{scale} : {total} to f32
        %bias = pattern.read %b[%j] : tensor<{h}xf32>
        %pre = arith.addf %sf, %bias : f32
        %eight = arith.constant 8.0 : f32
        %up = arith.addf %pre, %eight : f32
        %at = pattern.convert %up scale 64.0 toward_zero clamp 0, 1023 : f32 to i32
        %g = pattern.gather %tanh[%at] : tensor<1024xf32>, i32
        %old = pattern.read %c[%j] : tensor<{h}xf32>
        %m = arith.mulf %uf, %old : f32
        %new = arith.addf %m, %g : f32
        %q = pattern.convert %g {store} : f32 to {element}
        pattern.yield %q, %new : {element}, f32
      }}
      pattern.next %hn, %cn emit %hn : tensor<{h}x{element}>, tensor<{h}xf32>, tensor<{h}x{element}>
    }}
    func.return %cT, %y : tensor<{h}xf32>, tensor<{self.steps}x{h}x{element}>
  }}
}}
"""

    def arrays(self) -> tuple[dict[str, Array], dict[str, Array]]:
        """Draw inputs and parameters."""
        random = np.random.default_rng(self.inputs * 1000 + self.hidden)
        top = 60.0 if self.kind == "int8" else 1.0
        d, h = self.inputs, self.hidden
        sizes = {"ax": (h, d), "ah": (h, h), "vx": (h, d), "vh": (h, h), "b": (h,)}

        def draw(size: tuple[int, ...], top: float) -> Array:
            return random.uniform(-top, top, size).astype(np.float32)

        parameters = {n: draw(s, 1.0 if n == "b" else top) for n, s in sizes.items()}
        if self.kind == "int8":
            parameters = {n: a if n == "b" else np.rint(a) for n, a in parameters.items()}
        x = draw((self.steps, d), top)
        return {"x": np.rint(x) if self.kind == "int8" else x}, parameters


def lower(cell: Cell, steps: str) -> ModuleOp:
    """Run passes over a cell."""
    context = make_context()
    module = Parser(context, cell.text()).parse_module()
    module.verify()
    compile_module(context, module, list(parse_pipeline(steps)), Compilation())
    return module


CONVERT = "set-target{name=plasticine-rnn},convert-pattern-to-spatial"


def _agree(cell: Cell, convert: str = CONVERT, evaluators: tuple[str, ...] = ("numpy",)) -> None:
    """Compare the configuration's values with the program's, bit for bit."""
    context = make_context()
    module = Parser(context, cell.text()).parse_module()
    inputs, parameters = cell.arrays()
    wanted = evaluate(module, inputs, parameters)
    config = lower(cell, convert + ",spatial-partition,spatial-split-memories")
    for evaluator in evaluators:
        found = values.prepare(config, evaluator).run(inputs, parameters)
        for name, array in wanted.items():
            np.testing.assert_array_equal(found[name], array, f"{name} by {evaluator}")


@pytest.fixture(scope="session")
def agree() -> Callable[..., None]:
    return _agree


@pytest.fixture(scope="session")
def cell() -> type[Cell]:
    return Cell


@pytest.fixture(scope="session")
def lowered() -> Callable[..., Any]:
    return lower


@pytest.fixture(scope="session")
def convert() -> str:
    return CONVERT
