"""Cells of examples/cells, their numpy twins, and what the tests compare them by."""

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser
from xdsl.utils.arg_spec import ArgSpec, ParameterListType

from spatial_opt.passes.pipelines import PIPELINES
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.pattern_evaluator import evaluate
from spatial_opt.runtime.program_inputs import random_inputs
from spatial_opt.tools.compilation import (
    CONVERSION,
    Compilation,
    compile_module,
    make_context,
    steps_for,
)

FOLDER = Path(__file__).parents[3] / "examples" / "cells"


def _load(name: str) -> Any:
    """Load a module of examples/cells, which belongs to no package."""
    spec = importlib.util.spec_from_file_location(f"cells_{name}", FOLDER / f"{name}.py")
    if spec is None or spec.loader is None:
        raise RuntimeError(f"{name}.py can't be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATE: Any = _load("generate")
SIZES: Mapping[str, Mapping[str, int]] = GENERATE.SIZES
TWINS: Mapping[str, Callable[..., dict[str, Array]]] = _load("twins").TWINS
WANTED_PIPELINES = ("unfused", "fused")
RUNS = [pipeline for pipeline in WANTED_PIPELINES if pipeline in PIPELINES]
"""The pipelines that every cell goes through."""


@dataclass
class Case:
    """A cell at a size, with inputs and weights, and what its twin makes of them."""

    cell: str
    sizes: Mapping[str, int] = field(default_factory=dict[str, int])
    seed: int = 0

    def __post_init__(self) -> None:
        text = GENERATE.program(self.cell, **self.sizes)
        self.module: ModuleOp = Parser(make_context(), text).parse_module()
        self.module.verify()
        self.inputs = random_inputs(self.module, self.seed)
        self.parameters: dict[str, Array] = GENERATE.weights(text, self.seed)
        self.twin = TWINS[self.cell](self.inputs, self.parameters)

    def values(self) -> dict[str, Array]:
        """Evaluate the program at the pattern level, as it is now."""
        return evaluate(self.module, self.inputs, self.parameters)

    def compile(
        self, pipeline: str, options: Mapping[str, ParameterListType], placed: bool
    ) -> dict[str, Array]:
        """
        Compile to a configuration; give the values just before the conversion to units.

        Without `placed` units get no places and links no routes, which no value depends on.
        """
        known = {name: value for name, value in options.items() if name in _options(pipeline)}
        steps = [
            step
            for step in steps_for(self.module, pipeline, known)
            if placed or step.name not in ("spatial-place", "spatial-route")
        ]
        conversion = [step.name for step in steps].index(CONVERSION)
        self.run(steps[:conversion])
        values = self.values()
        self.run(steps[conversion:])
        return values

    def run(self, steps: Sequence[ArgSpec]) -> None:
        """Run passes on the program."""
        compile_module(make_context(), self.module, list(steps), Compilation())

    def check(self, values: Mapping[str, Array], tolerance: float) -> None:
        """Compare with the twin: a tolerance is relative to the largest number of an output."""
        assert values.keys() == self.twin.keys()
        for name, wanted in self.twin.items():
            assert values[name].shape == wanted.shape
            worst = np.abs(values[name].astype(np.float64) - wanted).max()
            assert worst <= tolerance * np.abs(wanted).max(), (name, worst)


def _options(pipeline: str) -> Mapping[str, object]:
    return PIPELINES[pipeline].options
