"""Random programs about numbers: reductions, conversions and arithmetic in every format."""

import random
from collections.abc import Mapping

import numpy as np
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.program_inputs import input_specs

FLOATS = ["f32", "f16", "bf16", "f8E4M3FN", "f8E5M2"]
INTEGERS = ["i8", "i16", "i32"]


def reduction(seed: int) -> str:
    """Write a reduction with any cut, and any types of its tree."""
    r = random.Random(seed)
    pool = FLOATS if r.random() < 0.6 else INTEGERS
    given, result = r.choice(pool), r.choice(pool)
    levels = [r.choice(pool) for _ in range(r.randint(0, 3))]
    extents = [r.randint(1, 4) for _ in range(r.randint(0, 2))] + [r.randint(1, 40)]
    rows, kind = r.randint(1, 5), r.choice(["add", "add", "mul", "max", "min"])
    cut = f"par {r.randint(1, min(4, extents[-1]))} x {r.choice([1, 2, 3, 4, 5, 6, 8, 16, 24])}"
    domain = ", ".join(f"%k{n} in {extent}" for n, extent in enumerate(extents))
    through = f" through [{', '.join(levels)}]" if levels else ""
    indices = ", ".join(f"%k{n}" for n in range(len(extents)))
    tensor = f"tensor<{'x'.join(map(str, (rows, *extents)))}x{given}>"
    return f"""
    func.func @main(%x: {tensor}) -> tensor<{rows}x{result}> {{
      %y = pattern.map (%i in {rows}) -> tensor<{rows}x{result}> {{
        %s = pattern.reduce {kind} ({domain} {cut}){through} : {result} {{
          %a = pattern.read %x[%i, {indices}] : {tensor}
          pattern.yield %a : {given}
        }}
        pattern.yield %s : {result}
      }}
      func.return %y : tensor<{rows}x{result}>
    }}"""


def conversion(seed: int) -> str:
    """Write a conversion between any formats, scaled, rounded and clamped in any way."""
    r = random.Random(seed)
    source, target = r.choice(FLOATS + INTEGERS), r.choice(FLOATS + INTEGERS)
    words = f" scale {r.choice([0.25, 3.0, 127.0, 1e-3, 1e5])}" if r.random() < 0.6 else ""
    words += " toward_zero" if r.random() < 0.4 else ""
    if target in INTEGERS and r.random() < 0.5:
        top = 1 << (int(target[1:]) - 1)
        low = r.randint(-top, top - 1)
        words += f" clamp {low}, {r.randint(low, top - 1)}"
    return f"""
    func.func @main(%x: tensor<64x{source}>) -> tensor<64x{target}> {{
      %y = pattern.map (%i in 64) -> tensor<64x{target}> {{
        %v = pattern.read %x[%i] : tensor<64x{source}>
        %c = pattern.convert %v{words} : {source} to {target}
        pattern.yield %c : {target}
      }}
      func.return %y : tensor<64x{target}>
    }}"""


def arithmetic(seed: int) -> str:
    """Write a chain of operations on floats or on integers."""
    r = random.Random(seed)
    floating = r.random() < 0.6
    type = r.choice(FLOATS if floating else INTEGERS)
    lines: list[str] = []
    values = ["%a", "%b"]
    for number in range(r.randint(2, 8)):
        new = f"%v{number}"
        write = _float_operation if floating else _integer_operation
        lines += write(r, new, r.choice(values), r.choice(values), type)
        values.append(new)
    body = "\n        ".join(lines)
    return f"""
    func.func @main(%x: tensor<64x{type}>, %y: tensor<64x{type}>) -> tensor<64x{type}> {{
      %z = pattern.map (%i in 64) -> tensor<64x{type}> {{
        %a = pattern.read %x[%i] : tensor<64x{type}>
        %b = pattern.read %y[%i] : tensor<64x{type}>
        {body}
        pattern.yield {values[-1]} : {type}
      }}
      func.return %z : tensor<64x{type}>
    }}"""


def _float_operation(r: random.Random, new: str, a: str, b: str, type: str) -> list[str]:
    binary = ["addf", "subf", "mulf", "divf", "maximumf", "minimumf", "maxnumf", "minnumf"]
    predicates = ["oeq", "ogt", "oge", "olt", "ole", "one", "ord"]
    predicates += ["ueq", "ugt", "uge", "ult", "ule", "une", "uno"]
    match r.choice(["binary"] * 5 + ["unary", "sign", "select", "format", "whole", "number"]):
        case "binary":
            return [f"{new} = arith.{r.choice(binary)} {a}, {b} : {type}"]
        case "unary":
            name = r.choice(["math.absf", "math.floor", "math.ceil", "math.sqrt", "arith.negf"])
            return [f"{new} = {name} {a} : {type}"]
        case "sign":
            return [f"{new} = math.copysign {a}, {b} : {type}"]
        case "select":
            return [
                f"{new}c = arith.cmpf {r.choice(predicates)}, {a}, {b} : {type}",
                f"{new} = arith.select {new}c, {a}, {b} : {type}",
            ]
        case "format":
            other = r.choice(FLOATS)
            return [
                f"{new}c = pattern.convert {a} : {type} to {other}",
                f"{new} = pattern.convert {new}c : {other} to {type}",
            ]
        case "whole":
            return [
                f"{new}c = arith.fptosi {a} : {type} to i8",
                f"{new} = arith.sitofp {new}c : i8 to {type}",
            ]
        case _:
            number = r.choice(["0.3", "-1.5", "100.0", "0.001"])
            return [f"{new} = arith.constant {number} : {type}"]


def _integer_operation(r: random.Random, new: str, a: str, b: str, type: str) -> list[str]:
    binary = ["addi", "subi", "muli", "maxsi", "minsi", "andi", "ori", "xori"]
    binary += ["shli", "shrsi", "shrui"]
    predicates = ["eq", "ne", "slt", "sle", "sgt", "sge", "ult", "ule", "ugt", "uge"]
    match r.choice(["binary"] * 4 + ["select", "float"]):
        case "binary":
            return [f"{new} = arith.{r.choice(binary)} {a}, {b} : {type}"]
        case "select":
            return [
                f"{new}c = arith.cmpi {r.choice(predicates)}, {a}, {b} : {type}",
                f"{new} = arith.select {new}c, {a}, {b} : {type}",
            ]
        case _:
            return [
                f"{new}c = arith.sitofp {a} : {type} to f32",
                f"{new} = arith.fptosi {new}c : f32 to {type}",
            ]


def numbers(module: ModuleOp, seed: int, special: bool = False) -> dict[str, Array]:
    """Give inputs of any magnitude; `special` puts NaN, infinities and zeros among floats."""
    generator = np.random.default_rng(seed)
    found: Mapping[str, Array] = {
        spec.name: _numbers(spec.shape, str(spec.element_type) in INTEGERS, generator)
        for spec in input_specs(module)
    }
    for array in found.values():
        flat = array.reshape(-1)
        if special and flat.dtype.kind == "f" and flat.size > 8:
            flat[:6] = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-30]
    return dict(found)


def _numbers(shape: tuple[int, ...], whole: bool, generator: np.random.Generator) -> Array:
    if not whole:
        size = 10.0 ** generator.uniform(-3, 4)
        return (generator.standard_normal(shape) * size).astype(np.float32)
    top = 1 << 31 if generator.random() < 0.5 else 100
    return generator.integers(-top, top, shape)
