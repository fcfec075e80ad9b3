"""A program at the rnn or pattern level, evaluated on many samples at once."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.rnn import LinearOp, RecurrentOp
from spatial_opt.lowering.convert_rnn_to_pattern import ConvertRnnToPatternPass
from spatial_opt.runtime.boundary import sample_count
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.pattern_evaluator import evaluate
from spatial_opt.runtime.program_inputs import input_specs

SAMPLES_AT_ONCE = 256
"""Samples that are held in memory together; never changes a value."""


def without_formats(module: ModuleOp) -> ModuleOp:
    """Return a copy whose layers state no number format, and so compute in f32."""
    copy = module.clone()
    for op in copy.walk():
        if isinstance(op, RecurrentOp | LinearOp):
            op.format = None
    return copy


def evaluate_on_samples(
    module: ModuleOp, inputs: Mapping[str, Array], parameters: Mapping[str, Array]
) -> dict[str, Array]:
    """
    Evaluate @main by its patterns, layers in the formats they state.

    Inputs may have a leading axis of samples, and the results then have it. The module isn't
    changed. Raises SpatialError for inputs that disagree on the number of samples.
    """
    program = module.clone()
    ConvertRnnToPatternPass().apply(Context(), program)
    ranks = {spec.name: len(spec.shape) for spec in input_specs(program)}
    count = sample_count(inputs, ranks)
    if count is None:
        return evaluate(program, inputs, parameters)
    parts: list[dict[str, Array]] = []
    for start in range(0, count, SAMPLES_AT_ONCE):
        size = min(SAMPLES_AT_ONCE, count - start)
        given: dict[str, Array] = {}
        for name, array in inputs.items():
            if array.ndim > ranks.get(name, array.ndim):
                given[name] = array[start : start + size]
            else:
                given[name] = np.broadcast_to(array, (size, *array.shape))
        parts.append(evaluate(program, given, parameters, samples=size))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
