"""A program with layers of the rnn dialect, evaluated in floating point on every sample."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp, ReturnOp

from spatial_opt.dialects.pattern import ParameterOp
from spatial_opt.dialects.rnn import LinearOp, RecurrentOp
from spatial_opt.runtime.boundary import sample_count
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.program_inputs import input_specs
from spatial_opt.runtime.rnn_reference import evaluate_rnn
from spatial_opt.runtime.sample_evaluation import evaluate_on_samples, without_formats


def evaluate_samples(
    module: ModuleOp, inputs: Mapping[str, Array], parameters: Mapping[str, Array]
) -> dict[str, Array]:
    """
    Evaluate @main for inputs that may have a leading axis of samples; results have it then.

    The result is that of the layers' definition in floating point, whatever format they state;
    where patterns stand around them, of all patterns in f32.
    """
    layers = RecurrentOp | LinearOp | ParameterOp | FuncOp | ReturnOp | ModuleOp
    if not all(isinstance(op, layers) for op in module.walk()):
        return evaluate_on_samples(without_formats(module), inputs, parameters)
    ranks = {spec.name: len(spec.shape) for spec in input_specs(module)}
    count = sample_count(inputs, ranks)
    if count is None:
        return dict(evaluate_rnn(module, inputs, parameters))
    runs = [
        evaluate_rnn(
            module,
            {
                name: array[n] if array.ndim > ranks.get(name, array.ndim) else array
                for name, array in inputs.items()
            },
            parameters,
        )
        for n in range(count)
    ]
    return {name: np.stack([run[name] for run in runs]) for name in runs[0]}
