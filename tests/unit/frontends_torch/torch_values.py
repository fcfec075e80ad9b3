"""What PyTorch makes of a module, and what our program does."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from xdsl.context import Context

from spatial_opt.dialects.pattern_interface import main_function
from spatial_opt.dialects.signature import argument_name
from spatial_opt.frontends.graph.program import Program
from spatial_opt.frontends.torch import import_module
from spatial_opt.frontends.torch.library import torch as library
from spatial_opt.lowering.convert_rnn_to_pattern import ConvertRnnToPatternPass
from spatial_opt.runtime import values
from spatial_opt.runtime.pattern_evaluator import evaluate
from spatial_opt.tools.compilation import Compilation, compile_module, make_context, steps_for
from spatial_opt.tools.dominance import check_dominance

Array = npt.NDArray[Any]

torch: Any = library()
nn: Any = torch.nn
TOLERANCE = 1e-5
"""Relative to the largest magnitude of an output."""


class Function(nn.Module):
    """A module that calls a function, with its parts as parameters or modules of its own."""

    def __init__(self, function: Callable[..., Any], **parts: Any) -> None:
        nn.Module.__init__(self)
        self.function = function
        self.names = list(parts)
        for name, value in parts.items():
            setattr(self, name, value)

    def forward(self, *inputs: Any) -> Any:
        """Call the function with the inputs, then the parts."""
        return self.function(*inputs, *(getattr(self, name) for name in self.names))


def of_one(function: Callable[[Any], Any]) -> Any:
    """Return a function of one tensor as a module."""
    return Function(function).eval()


def of_two(function: Callable[[Any, Any], Any], **parts: Any) -> Any:
    """Return a function of two tensors, of which a part may be one, as a module."""
    return Function(function, **parts).eval()


def numbers(*shape: int, seed: int = 0) -> Any:
    """Return normally distributed numbers."""
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape).astype(np.float32))


def flat(value: Any) -> list[Array]:
    """Return the tensors of nested outputs in order."""
    leaves, _ = torch.utils._pytree.tree_flatten(value)
    return [torch.as_tensor(each).detach().numpy() for each in leaves if each is not None]


def expected(module: Any, args: Sequence[Any]) -> list[Array]:
    """Run a module by PyTorch."""
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return flat(module(*args))


def inputs_of(program: Program, args: Sequence[Any]) -> dict[str, Array]:
    """Name arguments as the program does."""
    names = [argument_name(argument) for argument in main_function(program.module).body.block.args]
    return {
        name: arg.numpy().reshape(arg.shape or (1,)) for name, arg in zip(names, args, strict=True)
    }


def run_program(program: Program, args: Sequence[Any]) -> list[Array]:
    """Run a program as patterns, in f32."""
    module = program.module.clone()
    ConvertRnnToPatternPass().apply(Context(), module)
    check_dominance(module)
    return list(evaluate(module, inputs_of(program, args), program.parameters).values())


def run_machine(program: Program, args: Sequence[Any], evaluator: str) -> list[Array]:
    """Compile a program with the pipeline fused and run the configuration."""
    module = program.module.clone()
    steps = steps_for(module, "fused", {"format": ("f32",)})
    compile_module(make_context(), module, steps, Compilation())
    prepared = values.prepare(module, evaluator)
    return list(prepared.run(inputs_of(program, args), program.parameters).values())


def assert_close(found: Sequence[Array], wanted: Sequence[Array]) -> None:
    """Compare all outputs, relative to the largest magnitude of each."""
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        assert one.size == other.size
        assert one.shape == (other.shape or (1,))
        scale = float(np.abs(other.astype(np.float64)).max()) or 1.0
        error = float(np.abs(one.astype(np.float64) - other.astype(np.float64)).max()) / scale
        assert error <= TOLERANCE, f"off by {error:.2g}"


def check(module: Any, *args: Any) -> Program:
    """Compare the program of a module with PyTorch, and return it."""
    module.eval()
    program = import_module(module, args)
    program.module.verify()
    assert_close(run_program(program, args), expected(module, args))
    return program
