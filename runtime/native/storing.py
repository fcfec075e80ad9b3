"""Writes and stores: from the tokens of ports to a memory or DRAM buffer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

from xdsl.ir import Attribute
from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineConstantExpr,
    AffineExpr,
    AffineMap,
)

from spatial_opt.dialects.spatial import element_type, token_elements
from spatial_opt.dialects.spatial_ports import Process
from spatial_opt.runtime.native.access import Access, Linear, linear, translate
from spatial_opt.runtime.native.arrays import Array, Arrays, held_storage, inside, outer_bounds
from spatial_opt.runtime.native.body import Node
from spatial_opt.runtime.native.kernel import Irregular, Kernel, Structure, make_structure
from spatial_opt.runtime.native.sources import Place, Sources, copy_kernel


@dataclass(frozen=True)
class _Cut:
    """A store along the last dimension, cut to the elements inside."""

    form: Linear
    step: int
    """Elements per firing."""
    first: int
    size: int
    port_step: int
    """Elements from one port's token to the next one's."""


class Storing:
    """Builds the kernels of streams that write."""

    def __init__(self, arrays: Arrays, sources: Sources) -> None:
        self.arrays = arrays
        self.sources = sources

    def store(
        self,
        process: Process,
        map_: AffineMap,
        type_: Attribute,
        ports: list[str],
        checked: bool,
        apart: int | None = None,
    ) -> list[Kernel]:
        """
        Give the kernels that write the tokens of all ports, next to each other or `apart`.

        With `checked` an address outside is an error, else it is dropped.
        """
        element, lanes = element_type(type_), token_elements(type_)
        trips, array = process.bounds, self.arrays.of(process)
        port_step = lanes if apart is None else apart
        form = self.arrays.form(process, map_, (len(ports) - 1) * port_step + lanes, stores=True)
        cut = None
        if form is None and not checked:
            cut = self._cut(process, map_, array, lanes, len(ports), port_step)
            form, trips = (None, trips) if cut is None else (cut.form, (prod(trips),))
        if form is None or not _disjoint(
            (*form.coefficients, port_step), (*trips, len(ports)), lanes
        ):
            buffers = [self.sources.buffer_of(process, p, element, lanes) for p in ports]
            return [
                irregular_kernel(
                    self.arrays, process, map_, lanes, buffers, True, checked, port_step
                )
            ]
        found = [self.sources.find(process, p, element, lanes, process.bounds) for p in ports]
        out = Access(element, array.stored, form.coefficients, form.outer, memory=True)
        place = (array.resource, form.constant)
        if cut is not None:
            found = [
                self._in_a_row(process, port, lanes, source)
                for port, source in zip(ports, found, strict=True)
            ]
            return self._cut_store(process, lanes, found, out, place, cut)
        if port_step == lanes == 1 and _interleaves(form.coefficients, len(ports)):
            return [self._interleaved(process, trips, found, out, place, None)]
        return [
            copy_kernel(
                f"{process.name}.{port}",
                process,
                trips,
                lanes,
                source,
                (out, (place[0], place[1] + n * port_step)),
            )
            for n, (port, source) in enumerate(zip(ports, found, strict=True))
        ]

    def _in_a_row(
        self, process: Process, port: str, lanes: int, source: tuple[Access, Place]
    ) -> tuple[Access, Place]:
        """Give the tokens of a port over one counter, vectors without gaps between them."""
        trips = process.bounds
        steps = translate(source[0].coefficients, trips, (prod(trips),))
        if steps is None or (lanes > 1 and steps[0] != lanes):
            source = self.sources.copied(process, port, lanes, source)
            steps = (lanes,)
        return source[0].with_counters(steps), source[1]

    def _cut_store(
        self,
        process: Process,
        lanes: int,
        found: list[tuple[Access, Place]],
        out: Access,
        place: Place,
        cut: _Cut,
    ) -> list[Kernel]:
        """Give the kernels of a store that may leave its array."""
        trips = (prod(process.bounds),)
        together = cut.port_step == lanes == 1 and len(found) > 1
        if together and _interleaves((cut.step,), len(found)):
            low = max(0, -cut.first)
            high = min(trips[0] * cut.step, cut.size - cut.first)
            extent = (low // cut.step, -(-high // cut.step), low, high)
            if low >= high:
                return []
            return [self._interleaved(process, trips, found, out, place, extent)]
        kernels: list[Kernel] = []
        for number, (access, base) in enumerate(found):
            step, own = cut.step, trips
            if lanes > 1:
                # One counter over all elements.
                step, own = 1, (trips[0] * lanes,)
                access, out = access.with_counters((1,)), out.with_counters((1,))
            begin = cut.first + number * cut.port_step
            low = max(0, -(begin // step))
            high = min(own[0], -((begin - cut.size) // step))
            if low < high:
                target = out, (place[0], place[1] + number * cut.port_step)
                name = f"{process.name}.{number}"
                kernels.append(
                    copy_kernel(name, process, own, 1, (access, base), target, (low, high))
                )
        return kernels

    def _interleaved(
        self,
        process: Process,
        trips: tuple[int, ...],
        found: list[tuple[Access, Place]],
        out: Access,
        place: Place,
        extent: tuple[int, int, int, int] | None,
    ) -> Kernel:
        """Give the kernel that writes a token of every port side by side."""
        count, depth = len(found), len(trips)
        element = out.element
        nodes = [Node("receive", element, 1, (), depth) for _ in found]
        nodes.append(Node("concat", element, count, tuple(range(count)), depth))
        nodes.append(Node("send", element, count, (count,), depth))
        accesses = {n: access for n, (access, _) in enumerate(found)}
        accesses[count + 1] = out
        structure = make_structure(
            trips,
            len(outer_bounds(process)),
            nodes,
            accesses,
            0 if extent is None else count,
        )
        bases = [*(base for _, base in found), place]
        return Kernel(process.name, structure, bases, () if extent is None else extent)

    def _cut(
        self,
        process: Process,
        map_: AffineMap,
        array: Array,
        lanes: int,
        ports: int,
        port_step: int,
    ) -> _Cut | None:
        """Describe a store that leaves its array only along its counters, taken as one."""
        own, outer = process.bounds, outer_bounds(process)
        if not own or not map_.results:
            return None
        total = Linear((0,), 0)
        last = Linear((0,), 0)
        for dim, (expr, stride) in enumerate(zip(map_.results, array.strides, strict=True)):
            form = linear(expr, len(outer), len(own))
            steps = None if form is None else translate(form.coefficients, own, (prod(own),))
            if form is None or steps is None:
                return None
            form = replace(form, coefficients=steps)
            is_last = dim == len(array.shape) - 1
            if not is_last and not inside(expr, [*outer, *own], array.shape[dim]):
                return None
            if is_last and (form.outer or form.coefficients[0] < 1):
                return None
            total, last = total + form.times(stride), form
        step = last.coefficients[0]
        if total.coefficients[0] != step or (lanes > 1 and (step != lanes or ports > 1)):
            return None
        return _Cut(total, step, last.constant, array.shape[-1], port_step)


def irregular_kernel(
    arrays: Arrays,
    process: Process,
    map_: AffineMap,
    lanes: int,
    buffers: Sequence[tuple[Access, Place]],
    stores: bool,
    checked: bool,
    port_step: int | None = None,
) -> Kernel:
    """Give the kernel that moves elements one by one."""
    array = arrays.of(process)
    split = [_split_constant(expr) for expr in map_.results]
    irregular = Irregular(
        tuple(expr for expr, _ in split),
        tuple(array.strides),
        tuple(array.shape),
        lanes,
        len(buffers),
        stores,
        checked,
        lanes if port_step is None else port_step,
    )
    accesses = [(0, Access(array.element, array.stored, (), memory=True))]
    accesses += [
        (n + 1, Access(array.element, held_storage(array.element), (), access.outer))
        for n, (access, _) in enumerate(buffers)
    ]
    structure = Structure(
        process.bounds,
        len(outer_bounds(process)),
        len(process.bounds),
        (),
        tuple(accesses),
        frozenset(),
        irregular=irregular,
    )
    bases: list[Place] = [(array.resource, 0), *(place for _, place in buffers)]
    return Kernel(process.name, structure, bases, constants=[c for _, c in split])


def _split_constant(expr: AffineExpr) -> tuple[AffineExpr, int]:
    if isinstance(expr, AffineConstantExpr):
        return AffineExpr.constant(0), expr.value
    if isinstance(expr, AffineBinaryOpExpr) and expr.kind == AffineBinaryOpKind.Add:
        left, a = _split_constant(expr.lhs)
        right, b = _split_constant(expr.rhs)
        if isinstance(left, AffineConstantExpr):
            return right, a + b
        if isinstance(right, AffineConstantExpr):
            return left, a + b
        return left + right, a + b
    return expr, 0


def _disjoint(coefficients: Sequence[int], trips: Sequence[int], width: int) -> bool:
    """Whether no two firings write the same element."""
    reach = width
    for step, trip in sorted((abs(c), t) for c, t in zip(coefficients, trips, strict=True)):
        if trip > 1:
            if step < reach:
                return False
            reach += step * (trip - 1)
    return True


def _interleaves(coefficients: Sequence[int], ports: int) -> bool:
    """Whether the ports' elements of consecutive firings lie side by side."""
    power = ports > 1 and ports & (ports - 1) == 0
    return power and bool(coefficients) and coefficients[-1] == ports
