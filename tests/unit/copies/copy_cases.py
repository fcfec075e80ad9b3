"""Programs with copies, run before and after the pass."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from spatial_opt.dialects.pattern import MapOp, ParameterOp
from spatial_opt.dialects.pattern_interface import inputs_of, main_function
from spatial_opt.passes.pattern_eliminate_copies import PatternEliminateCopiesPass
from spatial_opt.passes.remarks import Remark, collect_remarks
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.pattern_evaluator import evaluate
from spatial_opt.tools.compilation import make_context
from spatial_opt.tools.dominance import check_dominance

NETWORKS: Any = import_module("networks")
DEFAULTS: Mapping[str, tuple[Any, Mapping[str, int]]] = NETWORKS.NETWORKS
CONTEXT = make_context()


def exported(network: str, element: str = "i32", **sizes: int) -> tuple[ModuleOp, list[str]]:
    """Return a network and the names of its copies."""
    text, copies = NETWORKS.program(network, element, **sizes)
    return parse(text), copies


def parse(text: str) -> ModuleOp:
    """Parse and check a program."""
    module = Parser(CONTEXT, text).parse_module()
    module.verify()
    check_dominance(module)
    return module


def body_of(text: str) -> ModuleOp:
    """Parse the operations of a function `@main` with its signature in front."""
    return parse(f"func.func @main{text}")


def arrays(module: ModuleOp, seed: int = 0) -> tuple[dict[str, Array], dict[str, Array]]:
    """Return random whole numbers for the inputs and parameters of a program."""
    generator = np.random.default_rng(seed)

    def numbers(shape: tuple[int, ...]) -> Array:
        # Negative zeros too, which sums of floats must not lose.
        values = generator.integers(-9, 10, shape).astype(np.float32)
        return np.where(values == 0, generator.choice([0.0, -0.0], shape), values).astype(
            np.float32
        )

    ports = inputs_of(main_function(module))
    inputs = {port.name: numbers(port.type.get_shape()) for port in ports}
    parameters = {
        op.name_.data: numbers(op.result.type.get_shape())
        for op in module.walk()
        if isinstance(op, ParameterOp)
    }
    return inputs, parameters


def bits(array: Array) -> Array:
    """Return the bits of numbers."""
    return array.view(np.uint32) if array.dtype == np.float32 else array


def eliminated(
    module: ModuleOp, step: PatternEliminateCopiesPass | None = None, seed: int = 0
) -> tuple[ModuleOp, list[Remark]]:
    """Return the program after the pass, and remarks; no bit of a result may change."""
    changed = module.clone()
    with collect_remarks() as remarks:
        (step or PatternEliminateCopiesPass()).apply(Context(), changed)
    changed.verify()
    check_dominance(changed)
    inputs, parameters = arrays(module, seed)
    expected = evaluate(module, inputs, parameters)
    found = evaluate(changed, inputs, parameters)
    assert expected.keys() == found.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(bits(found[name]), bits(array), name)
    return changed, remarks


def map_names(module: ModuleOp) -> list[str]:
    """Return the names of the results of all maps."""
    return [
        result.name_hint or ""
        for op in module.walk()
        if isinstance(op, MapOp)
        for result in op.results
    ]
