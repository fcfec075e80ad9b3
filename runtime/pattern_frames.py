"""
Values of many loop iterations at once, for the evaluator of the pattern dialect.

While the body of a map or reduce is evaluated, every index of the surrounding domains is an
axis. A value defined when `depth` axes were open is held in an array whose first `depth` axes
are those, of full extent or of extent 1 where the value doesn't depend on the index, followed by
the axes of its own type: none for a scalar, the shape for a tensor.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import as_strided
from xdsl.ir import SSAValue

from spatial_opt.dialects.affine_bounds import linear_form
from spatial_opt.dialects.affine_values import evaluate_affine
from spatial_opt.dialects.pattern import ReadOp
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.numerics import Array


@dataclass(frozen=True)
class Axis:
    """An open index: the values start, start + 1, … of one axis, or a single value."""

    position: int | None
    """Which axis, or None for an index that has one value at a time."""
    start: int
    length: int


@dataclass(frozen=True)
class Held:
    """A value: its array, and how many of the leading axes are open indices."""

    array: Array
    depth: int

    def at(self, depth: int) -> Array:
        """Return the array with axes of extent 1 for the indices opened since."""
        if depth == self.depth:
            return self.array
        shape = self.array.shape
        missing = (1,) * (depth - self.depth)
        return self.array.reshape(shape[: self.depth] + missing + shape[self.depth :])


def index_values(axis: Axis, depth: int) -> Array:
    """Return the values of an index as an array with `depth` axes."""
    values = np.arange(axis.start, axis.start + axis.length, dtype=np.int64)
    shape = [1] * depth
    if axis.position is not None:
        shape[axis.position] = axis.length
    return values.reshape(shape)


def read(
    op: ReadOp, source: Held, indices: Sequence[Array], axes: Sequence[Axis | None], depth: int
) -> Array:
    """
    Return the elements that `op` reads for all open indices at once.

    `indices` holds the index operands at `depth`; `axes[i]` says which open index operand i is,
    None if it is computed. The result may be a view of the source. Raises `SpatialError` for an
    element outside the tensor, unless the operation reads zeros there.
    """
    tensor = source.at(depth)
    if all(axis is not None for axis in axes):
        view = _view(op, tensor, [axis for axis in axes if axis is not None], depth)
        if view is not None:
            return view
    places = [index.astype(np.int64, copy=False) for index in indices]
    coordinates = [
        np.asarray(evaluate_affine(expr, places), np.int64) for expr in op.map.data.results
    ]
    shape = tensor.shape[depth:]
    outside = np.zeros((), np.bool_)
    for position, (coordinate, extent) in enumerate(zip(coordinates, shape, strict=True)):
        wrong = (coordinate < 0) | (coordinate >= extent)
        if wrong.any():
            if op.zero_outside is None:
                raise SpatialError(
                    f"read of {_name(op.source)} at coordinate {position} = "
                    f"{int(np.broadcast_to(coordinate, wrong.shape)[wrong].flat[0])}, but "
                    f"{op.source.type} has {extent} elements there; clamp the index or use "
                    f"zero_outside"
                )
            coordinates[position] = np.clip(coordinate, 0, extent - 1)
            outside = outside | wrong
    elements = pick(tensor, coordinates, depth)
    return np.where(outside, np.zeros((), elements.dtype), elements) if outside.any() else elements


def _view(op: ReadOp, tensor: Array, axes: Sequence[Axis], depth: int) -> Array | None:
    """Return a strided view, or None if the access divides or leaves the tensor."""
    shape, strides = tensor.shape, tensor.strides
    result_shape = list(shape[:depth])
    result_strides = [0 if extent == 1 else step for extent, step in zip(shape, strides)][:depth]
    offset = [0] * (tensor.ndim - depth)
    for position, expr in enumerate(op.map.data.results):
        linear = linear_form(expr, len(axes))
        if linear is None:
            return None
        coefficients, low = linear
        high = low
        for coefficient, axis in zip(coefficients, axes, strict=True):
            if coefficient == 0:
                continue
            first = coefficient * axis.start
            span = coefficient * (axis.length - 1)
            offset[position] += first
            low, high = low + first + min(span, 0), high + first + max(span, 0)
            if axis.position is not None:
                result_shape[axis.position] = axis.length
                result_strides[axis.position] += coefficient * strides[depth + position]
        offset[position] += linear[1]
        if low < 0 or high >= shape[depth + position]:
            return None
    start = tensor[(slice(None),) * depth + tuple(slice(each, None) for each in offset)]
    return as_strided(start, result_shape, result_strides, writeable=False)


def gather(source: Held, indices: Sequence[Array], depth: int, name: str) -> Array:
    """Return elements at computed coordinates; `SpatialError` if one is outside the tensor."""
    tensor = source.at(depth)
    for position, (index, extent) in enumerate(zip(indices, tensor.shape[depth:], strict=True)):
        if index.size and (index.min() < 0 or index.max() >= extent):
            wrong = index.min() if index.min() < 0 else index.max()
            raise SpatialError(
                f"gather from {name} at coordinate {position} = {wrong}, but it has {extent} "
                f"elements there; clamp the index first"
            )
    return pick(tensor, indices, depth)


def pick(tensor: Array, coordinates: Sequence[Array], depth: int) -> Array:
    """Return tensor[open indices…, coordinates…], broadcasting the coordinates."""
    if not coordinates:
        return tensor
    leading: list[Array] = []
    for axis in range(depth):
        shape = [1] * depth
        shape[axis] = tensor.shape[axis]
        leading.append(np.arange(tensor.shape[axis], dtype=np.int64).reshape(shape))
    spread = [
        coordinate.reshape((1,) * (depth - coordinate.ndim) + coordinate.shape)
        for coordinate in coordinates
    ]
    return np.asarray(tensor[(*leading, *spread)])


def _name(value: SSAValue) -> str:
    return f"%{value.name_hint}" if value.name_hint else "a tensor"
