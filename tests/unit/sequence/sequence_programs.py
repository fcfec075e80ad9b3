"""Programs of several kernels, and what they give."""

from pathlib import Path

import numpy as np
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from spatial_opt.dialects.target import set_target
from spatial_opt.machine.load import load_machine
from spatial_opt.runtime.array_files import load_arrays
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.program_inputs import random_inputs
from spatial_opt.tools.compilation import make_context

CELLS = Path(__file__).parents[3] / "examples" / "cells"


def parse(text: str, machine: str | None = "tiny") -> ModuleOp:
    """Parse a program for a machine."""
    module = Parser(make_context(), text).parse_module()
    if machine is not None:
        set_target(module, load_machine(machine))
    module.verify()
    return module


def cell(name: str) -> tuple[ModuleOp, dict[str, Array], dict[str, Array]]:
    """Read an example: its module, random inputs and its parameters."""
    module = parse((CELLS / f"{name}.mlir").read_text(), None)
    weights = CELLS / f"{name}.safetensors"
    return module, random_inputs(module), load_arrays(weights) if weights.exists() else {}


def chain(count: int, rows: int = 8, width: int = 8) -> str:
    """Write a program of matrix-vector products, each of what the one before gives."""
    lines = [f"func.func @main(%v0 : tensor<{width}xf32>) -> tensor<{rows}xf32> {{"]
    for n in range(count):
        inside = width if n == 0 else rows
        lines += [
            f'  %w{n} = pattern.parameter "W{n}" : tensor<{rows}x{inside}xf32>',
            f"  %v{n + 1} = pattern.map (%i in {rows}) -> tensor<{rows}xf32> {{",
            f"    %s = pattern.reduce add (%k in {inside}) : f32 {{",
            f"      %a = pattern.read %w{n}[%i, %k] : tensor<{rows}x{inside}xf32>",
            f"      %b = pattern.read %v{n}[%k] : tensor<{inside}xf32>",
            "      %p = arith.mulf %a, %b : f32",
            "      pattern.yield %p : f32",
            "    }",
            "    pattern.yield %s : f32",
            "  }",
        ]
    lines += [f"  func.return %v{count} : tensor<{rows}xf32>", "}"]
    return "\n".join(lines)


def chain_arrays(
    count: int, rows: int = 8, width: int = 8
) -> tuple[dict[str, Array], dict[str, Array], Array]:
    """Give the input, the parameters and the result of `chain`."""
    random = np.random.default_rng(count)
    value: Array = random.integers(-2, 3, width).astype(np.float32)
    inputs, parameters = {"v0": value}, dict[str, Array]()
    for n in range(count):
        matrix = random.integers(-2, 3, (rows, len(value))).astype(np.float32)
        parameters[f"W{n}"] = matrix
        value = matrix @ value
    return inputs, parameters, value
