"""
Addresses of streams on numpy: which elements of a memory one activation touches.

An address map is split into a part that depends on the enclosing counters (scalars, new for every
activation) and a part that depends on the stream's own counters (arrays, computed once). Where
the own part is linear and stays inside the memory, an activation is a strided view.
"""

from collections.abc import Sequence
from math import prod

import numpy as np
from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineExpr,
    AffineMap,
)

from spatial_opt.dialects.affine_bounds import linear_form
from spatial_opt.dialects.affine_values import evaluate_affine
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.formats import Array

_REMEMBERED = 8
"""Index arrays kept per access, one per value of the enclosing counters."""


def open_grid(bounds: Sequence[int]) -> list[Array]:
    """Give one array per counter, shaped to broadcast over all of them."""
    return [
        np.arange(bound, dtype=np.int64).reshape(
            [bound if other == dim else 1 for other in range(len(bounds))]
        )
        for dim, bound in enumerate(bounds)
    ]


def _terms(expr: AffineExpr) -> list[AffineExpr]:
    if isinstance(expr, AffineBinaryOpExpr) and expr.kind == AffineBinaryOpKind.Add:
        return _terms(expr.lhs) + _terms(expr.rhs)
    return [expr]


class Access:
    """
    The accesses of a stream to an array of `shape`: `width` consecutive elements per firing.

    `map` is over `outer` enclosing counters, then own counters with `bounds`. Width 0 stands for
    a single element without an axis of its own. `offsets` are the places of the elements from the
    first one on, where they are not consecutive.
    """

    def __init__(
        self,
        name: str,
        map: AffineMap,
        outer: int,
        bounds: Sequence[int],
        shape: Sequence[int],
        width: int,
        offsets: Array | None = None,
    ) -> None:
        self.name = name
        self.map = map
        self.outer = outer
        self.bounds = tuple(bounds)
        self.shape = tuple(shape)
        self.width = width
        self._along = np.arange(width, dtype=np.int64) if offsets is None else offsets
        self.token_shape = (*self.bounds, *((width,) if width else ()))
        self._strides = [prod(self.shape[dim + 1 :]) for dim in range(len(self.shape))]
        self._known: dict[tuple[int, ...], tuple[Array, Array]] = {}
        self._split()

    def _split(self) -> None:
        own_dims = set(range(self.outer, self.map.num_dims))
        grid = open_grid(self.bounds)
        zeros: list[Array | int] = [0] * self.outer
        self._outer_part: list[AffineExpr] = []
        self._own: list[Array] = []
        self._separable = True
        linear: list[list[int]] | None = []
        for expr in self.map.results:
            form = linear_form(expr, self.map.num_dims)
            if form is None:
                terms = _terms(expr)
                linear = None
            else:
                terms = [AffineExpr.dimension(d) * c for d, c in enumerate(form[0]) if c]
                terms.append(AffineExpr.constant(form[1]))
                if linear is not None:
                    linear.append(form[0][self.outer :])
            parts: list[AffineExpr] = [AffineExpr.constant(0), AffineExpr.constant(0)]
            for term in terms:
                dims = term.used_dims()
                mine = bool(dims & own_dims)
                if mine and min(dims) < self.outer:
                    self._separable = False
                    return
                parts[mine] = parts[mine] + term
            self._outer_part.append(parts[0])
            self._own.append(np.asarray(evaluate_affine(parts[1], [*zeros, *grid]), np.int64))
        self._lows = [int(own.min()) for own in self._own]
        self._highs = [int(own.max()) for own in self._own]
        if self.width:
            self._highs[-1] += int(self._along[-1])
        self._steps: tuple[int, ...] | None = None
        self._flat: Array | None = None
        consecutive = not self.width or self._along[-1] == self.width - 1
        if linear is not None and consecutive:
            steps = [
                sum(form[k] * stride for form, stride in zip(linear, self._strides, strict=True))
                for k in range(len(self.bounds))
            ]
            self._steps = (*steps, *((1,) if self.width else ()))
        self._injective = self._steps is not None and _injective(self._steps, self.token_shape)

    def _base(self, point: Sequence[int]) -> list[int]:
        dims = [*point, *([0] * len(self.bounds))]
        return [int(evaluate_affine(part, dims)) for part in self._outer_part]

    def read(self, memory: Array, point: Sequence[int], padded: bool, copy: bool) -> Array:
        """
        Read one activation: an array of the counters' bounds, then `width`.

        `point` are the enclosing counters. Elements outside are 0 with `padded`, else a
        `SpatialError` names the stream, the counters and the memory. Without `copy` the result
        may be a view of `memory`.
        """
        if self._separable:
            base = self._base(point)
            if self._inside(base):
                if self._steps is not None:
                    view = self._view(memory, base)
                    return view.copy() if copy else view
                return memory.reshape(-1)[self._flat_own() + self._offset(base)]
        index, inside = self._index(point)
        if inside.all():
            return memory.reshape(-1)[index]
        if not padded:
            self._refuse(point, inside, "reads")
        return np.where(inside, memory.reshape(-1)[index], memory.dtype.type(0))

    def write(self, memory: Array, point: Sequence[int], values: Array, clip: bool) -> None:
        """Write one activation in place; outside elements are dropped with `clip`."""
        if self._separable:
            base = self._base(point)
            if self._inside(base):
                if self._steps is not None and self._injective:
                    self._view(memory, base)[...] = values
                else:
                    # Repeated indices: the last firing wins, as on the machine.
                    memory.reshape(-1)[self._flat_own() + self._offset(base)] = values
                return
        index, inside = self._index(point)
        if inside.all():
            memory.reshape(-1)[index] = values
            return
        if not clip:
            self._refuse(point, inside, "writes")
        memory.reshape(-1)[index[inside]] = np.broadcast_to(values, index.shape)[inside]

    def elements(self, point: Sequence[int]) -> Array:
        """Give the flat positions inside the memory that one activation touches, sorted."""
        index, inside = self._index(point)
        return np.unique(index[inside])

    def flat(self, point: Sequence[int]) -> Array:
        """Give the flat position of every element of an activation; all must be inside."""
        index, inside = self._index(point)
        if not inside.all():
            self._refuse(point, inside, "reads")
        return index

    def _inside(self, base: Sequence[int]) -> bool:
        return all(
            0 <= b + low and b + high < size
            for b, low, high, size in zip(base, self._lows, self._highs, self.shape, strict=True)
        )

    def _offset(self, base: Sequence[int]) -> int:
        return sum(b * stride for b, stride in zip(base, self._strides, strict=True))

    def _view(self, memory: Array, base: Sequence[int]) -> Array:
        size = memory.dtype.itemsize
        steps = self._steps or ()
        # Own parts are linear without a constant, so the first firing is at the base.
        return np.ndarray(
            self.token_shape,
            memory.dtype,
            memory,
            self._offset(base) * size,
            tuple(step * size for step in steps),
        )

    def _flat_own(self) -> Array:
        if self._flat is None:
            flat = np.zeros(self.bounds, np.int64)
            for own, stride in zip(self._own, self._strides, strict=True):
                flat = flat + own * stride
            if self.width:
                flat = flat[..., None] + self._along
            self._flat = flat
        return self._flat

    def coordinates(self, point: Sequence[int]) -> list[Array]:
        """Give the coordinates of each firing's first element, broadcast over the counters."""
        dims: list[Array | int] = [*point, *open_grid(self.bounds)]
        return [
            np.broadcast_to(np.asarray(evaluate_affine(expr, dims), np.int64), self.bounds)
            for expr in self.map.results
        ]

    def _index(self, point: Sequence[int]) -> tuple[Array, Array]:
        """Give the flat position of every element and whether it is inside (0 if not)."""
        key = tuple(point)
        if key in self._known:
            return self._known[key]
        flat = np.zeros(self.token_shape, np.int64)
        inside = np.ones(self.token_shape, np.bool_)
        coordinates = self.coordinates(point)
        for dim, coordinate in enumerate(coordinates):
            if self.width:
                coordinate = coordinate[..., None]
                if dim == len(coordinates) - 1:
                    coordinate = coordinate + self._along
            inside &= (coordinate >= 0) & (coordinate < self.shape[dim])
            flat += coordinate * self._strides[dim]
        flat[~inside] = 0
        if len(self._known) >= _REMEMBERED:
            self._known.pop(next(iter(self._known)))
        self._known[key] = flat, inside
        return flat, inside

    def _refuse(self, point: Sequence[int], inside: Array, verb: str) -> None:
        first = [int(i) for i in np.argwhere(~inside)[0]]
        lane = first.pop() if self.width else 0
        where = [int(c[tuple(first)]) for c in self.coordinates(point)]
        if where:
            where[-1] += int(self._along[lane]) if self.width else 0
        remedy = "add padded" if verb == "reads" else "add clip"
        raise SpatialError(
            f"{self.name} {verb} element {where} outside its memory of shape "
            f"{list(self.shape)}, at enclosing counters {list(point)} and own counters {first}; "
            f"correct the address or {remedy}"
        )


def _injective(steps: Sequence[int], bounds: Sequence[int]) -> bool:
    """Whether no two points of the box have the same address (sufficient condition)."""
    reach = 0
    for step, bound in sorted(
        (abs(step), bound) for step, bound in zip(steps, bounds, strict=True) if bound > 1
    ):
        if step <= reach:
            return False
        reach += step * (bound - 1)
    return True
