"""The largest magnitudes that values of a program take on examples of its inputs, in f32."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from xdsl.dialects import func
from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, FunctionType, ModuleOp, StringAttr
from xdsl.ir import Operation, OpResult

from spatial_opt.dialects.pattern_interface import main_function
from spatial_opt.dialects.signature import NAME
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.sample_evaluation import evaluate_on_samples, without_formats


def largest_magnitudes(
    module: ModuleOp,
    values: Sequence[OpResult],
    inputs: Mapping[str, Array],
    parameters: Mapping[str, Array],
) -> list[float]:
    """
    Return the largest magnitude of each value over all samples; NaN and infinity don't count.

    The values are results of operations that stand in @main itself. The module isn't changed.
    """
    if not values:
        return []
    places = {op: position for position, op in enumerate(module.walk())}
    copy = without_formats(module)
    twins = list(copy.walk())
    _return_only(copy, [_twin(twins[places[value.op]], value) for value in values])
    found = evaluate_on_samples(copy, inputs, parameters)
    return [_largest(array) for array in found.values()]


def _twin(op: Operation, value: OpResult) -> OpResult:
    return op.results[value.index]


def _return_only(module: ModuleOp, values: Sequence[OpResult]) -> None:
    function = main_function(module)
    end = function.body.block.last_op
    assert isinstance(end, func.ReturnOp)
    end.operands = values
    types = [value.type for value in values]
    function.function_type = FunctionType.from_lists(list(function.function_type.inputs), types)
    function.res_attrs = ArrayAttr(
        DictionaryAttr({NAME: StringAttr(str(position))}) for position in range(len(values))
    )


def _largest(array: Array) -> float:
    magnitudes = np.abs(array.astype(np.float64))
    finite = magnitudes[np.isfinite(magnitudes)]
    return float(finite.max()) if finite.size else 0.0
