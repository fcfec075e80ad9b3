"""The values a configuration computes, by one of the two evaluators."""

from collections.abc import Mapping
from functools import partial
from importlib import import_module
from typing import Protocol, cast

from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.sequence import is_sequence
from spatial_opt.dialects.spatial import ConfigOp
from spatial_opt.machine.errors import SpatialError, UnsupportedError
from spatial_opt.runtime import bindings
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.order import config_of
from spatial_opt.runtime.races import refuse_races
from spatial_opt.runtime.sequence import Runner, chained

_MODULES: dict[str, str] = {
    "numpy": "spatial_opt.runtime.numpy_evaluator",
    "native": "spatial_opt.runtime.native.evaluator",
}


class _EvaluatorModule(Protocol):
    def prepare(self, module: ModuleOp | ConfigOp) -> Runner: ...


def prepare(module: ModuleOp | ConfigOp, evaluator: str = "numpy", races: bool = False) -> Runner:
    """
    Prepare the configuration of a module for an evaluator: "numpy" (portable) or "native".

    Both give the same results bit for bit; the native one compiles the units with MLIR. Values of
    a configuration whose streams touch the same element in unknown order depend on time, which
    evaluators leave out: such a configuration is refused, unless `races` allows it.
    Of a program in parts, all configurations are prepared.
    """
    if isinstance(module, ModuleOp) and is_sequence(module):
        return chained(module, partial(prepare, evaluator=evaluator, races=races))
    if evaluator not in _MODULES:
        raise SpatialError(f"there is no evaluator {evaluator!r}; use one of {', '.join(_MODULES)}")
    loaded = cast(_EvaluatorModule, import_module(_MODULES[evaluator]))
    prepared = loaded.prepare(module)
    if not races:
        refuse_races(config_of(module))
    return prepared


def prepare_best(module: ModuleOp | ConfigOp) -> tuple[Runner, str, str | None]:
    """
    Prepare with the native evaluator where it can, else with numpy: (prepared, which, why not).
    """
    if bindings.find() is None:
        return prepare(module, "numpy"), "numpy", "MLIR's bindings are not installed"
    try:
        return prepare(module, "native"), "native", None
    except UnsupportedError as reason:
        return prepare(module, "numpy"), "numpy", str(reason)


def evaluate(
    module: ModuleOp | ConfigOp,
    inputs: Mapping[str, object],
    parameters: Mapping[str, object],
    evaluator: str = "numpy",
    races: bool = False,
) -> dict[str, Array]:
    """
    Evaluate the configuration of a module: result name -> values.

    `inputs` and `parameters` are arrays of ordinary numbers by name; they are converted to the
    declared formats at the boundary. Inputs with one extra leading axis are samples. Results hold
    floats as float32 and integers in their own dtype. Raises `SpatialError` for arrays that don't
    fit, for configurations that can't run, and (see `prepare`) for races.
    """
    return prepare(module, evaluator, races).run(inputs, parameters)
