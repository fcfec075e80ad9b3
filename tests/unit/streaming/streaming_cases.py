"""Small machines, layers compiled for them, and what the tests compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from xdsl.context import Context
from xdsl.dialects.builtin import (
    ArrayAttr,
    DictionaryAttr,
    ModuleOp,
    StringAttr,
    TensorType,
    f32,
)
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Block, Region, SSAValue
from xdsl.parser import Parser

from spatial_opt.bench.problems import CELLS, generate, weight_shapes
from spatial_opt.dialects.pattern import ParameterOp
from spatial_opt.dialects.spatial import PcuOp, Unit, units
from spatial_opt.dialects.spatial_dram import DramOp
from spatial_opt.dialects.target import set_target
from spatial_opt.machine.description import Machine
from spatial_opt.machine.load import load_machine
from spatial_opt.passes.remarks import collect_remarks
from spatial_opt.passes.spatial_place import SpatialPlacePass
from spatial_opt.passes.spatial_route import SpatialRoutePass
from spatial_opt.passes.spatial_stream_weights import SpatialStreamWeightsPass
from spatial_opt.runtime import bindings
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.order import config_of
from spatial_opt.runtime.pattern_evaluator import evaluate
from spatial_opt.runtime.program_inputs import input_specs, parameter_specs
from spatial_opt.runtime.values import prepare
from spatial_opt.tools.compilation import Compilation, compile_module, make_context, steps_for
from spatial_opt.tools.hex_floats import decimal_floats

EVALUATORS = ("numpy", "native") if bindings.find() is not None else ("numpy",)
TINY = load_machine("tiny")


def machine(side: int, capacity: int, generators: int = 48) -> Machine:
    """Give a smaller plasticine-rnn; tables of the 8-bit formats need units of 65536 bytes."""
    large = load_machine("plasticine-rnn")
    return replace(
        large,
        grid=replace(large.grid, rows=side, columns=side),
        pmu=replace(large.pmu, capacity_bytes=capacity),
        ag=replace(large.ag, count=generators),
    )


@dataclass(frozen=True)
class Recipe:
    """A layer and the machine that it is compiled for."""

    cell: str
    hidden: int
    inputs: int | None = None
    steps: int = 2
    batch: int = 1
    format: str = "mixed8"
    weights: str = "auto"
    direction: str = "forward"
    side: int = 6
    capacity: int = 65536
    generators: int = 48
    pipeline: str = "fused"
    exact: bool = False
    """Whether activations are relu and bounded, so that small integers stay exact in f32."""
    factors: dict[str, Any] = field(default_factory=dict[str, Any], hash=False)


@dataclass
class Compiled:
    """A configuration, the program that it was made of, and what was said on the way."""

    kernels: ModuleOp
    module: ModuleOp
    remarks: list[str]

    @property
    def streamed(self) -> int:
        """How many memories keep a part in DRAM."""
        return sum(isinstance(op, DramOp) for op in config_of(self.module).body.block.ops)

    @property
    def relays(self) -> list[PcuOp]:
        """Compute units that pass tokens on."""
        found = [unit for unit in units(config_of(self.module)) if isinstance(unit, PcuOp)]
        return [unit for unit in found if ".relay" in unit.sym_name.data]


def network(recipe: Recipe) -> ModuleOp:
    """Give a layer as rnn IR."""
    inputs = recipe.hidden if recipe.inputs is None else recipe.inputs
    if recipe.direction == "forward" and not recipe.exact:
        return generate(recipe.cell, recipe.hidden, recipe.steps, batch=recipe.batch, inputs=inputs)
    count = 2 if recipe.direction == "bidirectional" else 1
    block = Block(arg_types=[TensorType(f32, [recipe.steps, recipe.batch, inputs])])
    values: list[SSAValue] = []
    for name, (_, *shape) in weight_shapes(recipe.cell, recipe.hidden, inputs).items():
        parameter = ParameterOp(name, TensorType(f32, [count, *shape]))
        block.add_op(parameter)
        values.append(parameter.result)
    w, r, bias = values
    cell = CELLS[recipe.cell]
    exact: dict[str, Any] = {}
    if recipe.exact:
        exact = {"activations": ["relu"] * (len(cell.DEFAULT_ACTIVATIONS) * count), "clip": 3.0}
    layer = cell(block.args[0], w, r, recipe.hidden, bias=bias, direction=recipe.direction, **exact)
    block.add_ops([layer, ReturnOp(*layer.results)])
    types = [block.args[0].type], list(layer.result_types)
    names = [
        ArrayAttr(DictionaryAttr({"pattern.name": StringAttr(name)}) for name in each)
        for each in (["x"], ["y", "y_h", "y_c"][: len(layer.results)])
    ]
    function = FuncOp("main", types, Region(block), arg_attrs=names[0], res_attrs=names[1])
    module = ModuleOp([function])
    module.verify()
    return module


def compile_recipe(recipe: Recipe, until: str | None = None) -> Compiled:
    """Compile a layer up to the routed configuration, or up to a pass."""
    module = network(recipe)
    given: dict[str, Any] = {"format": (recipe.format,), "weights": (recipe.weights,)}
    given["configurations"] = ("one",)
    given |= {name: (factor,) for name, factor in recipe.factors.items()}
    kernels: list[ModuleOp] = []

    def look(program: ModuleOp, name: str) -> None:
        if name == "set-target":
            set_target(program, machine(recipe.side, recipe.capacity, recipe.generators))
        elif name == "pattern-parallelize":
            kernels.append(program.clone())

    with collect_remarks() as remarks:
        steps = steps_for(module, recipe.pipeline, given)
        names = [step.name for step in steps]
        steps = steps[: len(steps) if until is None else names.index(until) + 1]
        compile_module(make_context(), module, steps, Compilation(), look)
    said = [str(each) for each in remarks if each.pass_name == SpatialStreamWeightsPass.name]
    return Compiled(kernels[0], module, said)


def read_again(module: ModuleOp) -> ModuleOp:
    """Print a module and read that, as the tools do."""
    text = decimal_floats(str(module), "printed")
    again = Parser(make_context(), text).parse_module()
    again.verify()
    return again


def arrays(
    program: ModuleOp, seed: int = 0, integers: bool = False
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Draw inputs and parameters."""
    random = np.random.default_rng(seed)

    def drawn(shape: Sequence[int]) -> Array:
        if integers:
            return random.integers(-2, 3, shape).astype(np.float32)
        return random.uniform(-0.5, 0.5, shape).astype(np.float32)

    inputs = {spec.name: drawn(spec.shape) for spec in input_specs(program)}
    return inputs, {spec.name: drawn(spec.shape) for spec in parameter_specs(program)}


def check_values(kernels: ModuleOp, module: ModuleOp) -> None:
    """Compare a configuration with the program before, bit for bit, with all evaluators."""
    inputs, parameters = arrays(kernels)
    expected = evaluate(kernels, inputs, parameters)
    for evaluator in EVALUATORS:
        found = prepare(module, evaluator).run(inputs, parameters)
        assert found.keys() == expected.keys()
        for name, array in expected.items():
            assert found[name].tobytes() == array.tobytes(), (evaluator, name)


def config(body: str, target: Machine = TINY) -> ModuleOp:
    """Parse a configuration for a machine."""
    text = f"spatial.config @main {{\n{body}\n}}"
    module = Parser(make_context(), text).parse_module()
    set_target(module, target)
    module.verify()
    return module


def streamed(module: ModuleOp, weights: Any = "auto") -> list[str]:
    """Run the pass on a module; gives its remarks."""
    with collect_remarks() as remarks:
        SpatialStreamWeightsPass(weights=weights).apply(Context(), module)
    module.verify()
    return [str(each) for each in remarks]


def placed(module: ModuleOp) -> ModuleOp:
    """Place and route a module."""
    SpatialPlacePass().apply(Context(), module)
    SpatialRoutePass().apply(Context(), module)
    module.verify()
    return module


def unit(module: ModuleOp, name: str) -> Unit:
    """Find a unit by its name."""
    return next(each for each in units(config_of(module)) if each.sym_name.data == name)
