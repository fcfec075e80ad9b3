"""The arrays of a run: read from files, and checked before anything is compiled."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.pattern_interface import WEIGHTS, weights_file
from spatial_opt.dialects.spatial import ConfigOp, InputInitAttr, ParameterInitAttr
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.array_files import load_arrays
from spatial_opt.runtime.boundary import (
    TensorSpec,
    check_array,
    check_names,
    check_shape,
    random_arrays,
    sample_count,
)
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.memory_contents import declared_inputs, told_shapes
from spatial_opt.runtime.program_inputs import input_specs, parameter_specs
from spatial_opt.tools.compilation import Compilation

LABELS = "labels"
"""Name in the input file under which the right classes may stand."""


@dataclass(frozen=True)
class Given:
    """What a run is given: arrays by name, and what to say of them in its report."""

    parameters: dict[str, Array]
    inputs: dict[str, Array]
    labels: Array | None = None
    notes: list[str] = field(default_factory=list[str])


def read_arrays(
    module: ModuleOp,
    options: Namespace,
    compilation: Compilation,
    parameters: Mapping[str, Array] | None = None,
) -> Given:
    """
    Load the arrays that a program at any level takes, or make random inputs.

    `parameters` are those that a network brought along; a file of weights has the others.
    Names, types of numbers and shapes are checked; of a hand-written configuration only the shapes
    that its buffers and memories tell. Raises SpatialError.
    """
    known = dict(parameters or {})
    parameters = known | _parameters(module, options, compilation, known)
    wanted = input_specs(module)
    if options.inputs is None:
        note = f"no --inputs: random ones from seed {options.seed}"
        return Given(dict(parameters), random_arrays(wanted, options.seed), None, [note])
    inputs = load_arrays(options.inputs)
    names = {spec.name for spec in wanted}
    labels = inputs.pop(LABELS) if LABELS in inputs and LABELS not in names else None
    compilation.stage = str(options.inputs)
    config = _config(module)
    exact = names
    if config is not None:
        exact = {spec.name for spec in declared_inputs(config)} | set(
            told_shapes(config, InputInitAttr)
        )
    _check(inputs, wanted, "input", exact)
    count = sample_count(inputs, {spec.name: len(spec.shape) for spec in wanted})
    if labels is not None:
        check_labels(labels, count)
    compilation.stage = ""
    return Given(dict(parameters), inputs, labels)


def accuracy(results: Mapping[str, Array], labels: Array) -> float:
    """Give the part of the samples whose largest score is at the label."""
    scores = next(iter(results.values())).reshape(len(labels), -1)
    numbers: list[int] = labels.tolist()
    wrong = [n for n in numbers if not 0 <= n < scores.shape[1]]
    if wrong:
        raise SpatialError(
            f"{len(wrong)} of the labels, such as {wrong[0]}, are none of the "
            f"{scores.shape[1]} classes that the first result scores; labels count "
            f"from 0 to {scores.shape[1] - 1}"
        )
    return float((scores.argmax(axis=1) == labels).mean())


def _parameters(
    module: ModuleOp, options: Namespace, compilation: Compilation, known: Collection[str]
) -> dict[str, Array]:
    wanted = [spec for spec in parameter_specs(module) if spec.name not in known]
    if not wanted:
        return {}
    path = _named_weights(module, wanted, options) if options.weights is None else options.weights
    parameters = load_arrays(path)
    compilation.stage = str(path)
    config = _config(module)
    exact = list(parameters) if config is None else told_shapes(config, ParameterInitAttr)
    _check(parameters, wanted, "parameter", exact)
    compilation.stage = ""
    return parameters


def _config(module: ModuleOp) -> ConfigOp | None:
    return next((op for op in module.ops if isinstance(op, ConfigOp)), None)


def _named_weights(module: ModuleOp, wanted: Sequence[TensorSpec], options: Namespace) -> Path:
    """Give the weights file that the module names."""
    model: Path = options.model
    name = weights_file(module)
    if name is None and WEIGHTS in module.attributes:
        raise SpatialError(
            f"{WEIGHTS} of {model} is {module.attributes[WEIGHTS]}, not the name of a file; write "
            f'{WEIGHTS} = "file.safetensors"'
        )
    if name is None:
        listed = ", ".join(repr(spec.name) for spec in wanted[:3])
        raise SpatialError(
            f"{model} has parameters ({listed}{', ...' * (len(wanted) > 3)}) but names no weights "
            f"file; give --weights or the module attribute {WEIGHTS}"
        )
    path = model.parent / name
    if not path.is_file():
        raise SpatialError(
            f"there is no file {path}, which {model} names in {WEIGHTS}; correct it there or give "
            "--weights"
        )
    return path


def _check(
    given: Mapping[str, Array], wanted: Sequence[TensorSpec], kind: str, exact: Collection[str]
) -> None:
    """Check names and numbers, and the shapes of those tensors of which the whole is known."""
    check_names(given, [spec.name for spec in wanted], kind)
    for spec in wanted:
        array = check_array(spec.name, given[spec.name], kind)
        if spec.name in exact:
            check_shape(spec, array, kind, samples=kind == "input")


def check_labels(labels: Array, count: int | None) -> None:
    """Check that there is one label per sample."""
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise SpatialError(
            f"'{LABELS}' has shape {labels.shape} and holds {labels.dtype}; give one whole number "
            "per sample"
        )
    if count is None:
        raise SpatialError(
            f"there are {len(labels)} labels, but no input has a leading axis of samples; give "
            f"one sample of inputs per label, or leave '{LABELS}' out"
        )
    if len(labels) != count:
        raise SpatialError(
            f"there are {len(labels)} labels for {count} samples of inputs; give one label per "
            "sample"
        )
