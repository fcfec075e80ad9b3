"""The arrays of a configuration, memories and DRAM buffers, and the addresses streams use."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import prod

from xdsl.dialects.builtin import (
    BFloat16Type,
    Float8E4M3FNType,
    Float8E5M2Type,
    Float16Type,
    TensorType,
)
from xdsl.ir import Attribute
from xdsl.ir.affine import AffineExpr, AffineMap

from spatial_opt.dialects.affine_bounds import exact_range, interval
from spatial_opt.dialects.spatial import (
    AgOp,
    ControllerOp,
    DramOp,
    GatherOp,
    Holder,
    InputInitAttr,
    InputOp,
    OutputOp,
    PmuOp,
    ReadOp,
    WriteOp,
    token_elements,
)
from spatial_opt.dialects.spatial_ports import Process
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.native.access import Linear, linear
from spatial_opt.runtime.native.conversion import kind_of
from spatial_opt.runtime.native.kernel import Resource
from spatial_opt.runtime.order import Structure

_COMPACT: dict[type[Attribute], str] = {
    Float16Type: "f16",
    BFloat16Type: "bf16",
    Float8E4M3FNType: "f16",
    Float8E5M2Type: "f16",
}


def held_storage(element: Attribute) -> str:
    """
    Give the kind that holds an element in memories that change and in streams.

    i8 is widened to i16, so that a pair of them is one operand of a 16-bit multiply-add.
    """
    kind = kind_of(element)
    return {"i1": "i8", "i8": "i16"}.get(kind, kind)


def constant_storage(element: Attribute) -> str:
    """Give the smallest kind that represents an element, for memories nobody writes."""
    kind = kind_of(element)
    return _COMPACT.get(type(element), "i8" if kind == "i1" else kind)


def unit_name(process: Process) -> str:
    """Give the name of the unit of a process."""
    return process.unit.sym_name.data


def outer_bounds(process: Process) -> list[int]:
    """Give the trip counts of the controllers around a process, outermost first."""
    return [b for loop in process.controllers for b in loop.bounds.get_values()]


@dataclass(eq=False)
class Array:
    """A memory or DRAM buffer: its shape in the arena and how its elements are stored."""

    resource: Resource
    element: Attribute
    shape: list[int]
    """Shape of the data."""
    pitch: int
    """Elements from one row (of the last dimension) to the next, at least the row's length."""
    stored: str
    op: PmuOp | DramOp | InputOp | OutputOp
    written: bool
    """Whether a stream writes it."""
    rows: tuple[int, int, int] | None = None
    """(row length, rows per block, lanes per group) when stored in blocks of rows."""
    parts: tuple[Process, ...] = ()
    """If not empty, the streams whose tokens it holds, as many of each in turn as `turns` says."""
    held_by: tuple[Holder, ...] = ()
    """What each of these streams reads."""
    turns: tuple[int, ...] = ()

    @property
    def memories(self) -> list[Holder]:
        """The memories (or DRAM tensors of weights) whose contents it holds."""
        found = self.held_by if self.parts else (self.op,)
        return [holder for holder in found if isinstance(holder, PmuOp | DramOp)]

    @property
    def strides(self) -> list[int]:
        """Elements per step of each dimension."""
        sizes = [*self.shape[1:-1], self.pitch] if len(self.shape) > 1 else []
        return [prod(sizes[i:]) for i in range(len(sizes))] + [1]

    @property
    def elements(self) -> int:
        """Elements in the arena, padding included."""
        count = prod(self.shape[:-1]) * self.pitch
        if self.rows is not None:
            length, block, _ = self.rows
            return -(-(count // length) // block) * block * length
        return count


class Arrays:
    """All arrays that streams use, who writes them, and the linear addresses of streams."""

    def __init__(self, structure: Structure, sequence: Sequence[Process]) -> None:
        self.all: dict[Resource, Array] = {}
        self.writers: dict[Resource, list[Process]] = {}
        self._forms: dict[str, Linear | None] = {}
        for op in structure.config.body.block.ops:
            if isinstance(op, InputOp | OutputOp | DramOp):
                written = not isinstance(op, DramOp)
                self._add(("dram", op.sym_name.data), op.tensor, op, written)
        for process in sequence:
            op = process.op
            if isinstance(op, ReadOp | GatherOp | WriteOp) and isinstance(process.unit, PmuOp):
                resource = ("memory", unit_name(process))
                if resource not in self.all:
                    written = any(isinstance(s, WriteOp) for s in process.unit.streams)
                    self._add(resource, process.unit.held, process.unit, written)
                if isinstance(op, WriteOp):
                    self.writers.setdefault(resource, []).append(process)
                if isinstance(op, ReadOp) and op.padded is not None:
                    self._widen(self.all[resource], process, op)
            elif isinstance(op, AgOp):
                resource = ("dram", op.buffer.root_reference.data)
                if resource not in self.all:
                    raise SpatialError(
                        f"@{unit_name(process)} moves @{resource[1]}, which is no DRAM buffer"
                    )
                if op.direction.data == "loads":
                    self._widen(self.all[resource], process, op)

    def _add(
        self,
        resource: Resource,
        held: TensorType,
        op: PmuOp | DramOp | InputOp | OutputOp,
        written: bool,
    ) -> None:
        shape = [int(n) for n in held.get_shape()] or [1]
        element = held.element_type
        stored = held_storage(element) if written else constant_storage(element)
        self.all[resource] = Array(resource, element, shape, shape[-1], stored, op, written)

    @staticmethod
    def _widen(array: Array, process: Process, op: ReadOp | AgOp) -> None:
        """Make room for the zeros that a padded stream reads behind each row."""
        if op.map.data.results:
            bounds = [*outer_bounds(process), *process.bounds]
            _, high = interval(op.map.data.results[-1], bounds)
            high += firing_reach(op) - 1
            # Far more than a row of zeros is cheaper to check for.
            if high < 4 * array.shape[-1] + 64:
                array.pitch = max(array.pitch, high + 1)

    def join(self, parts: Sequence[Process], lanes: int, turns: Sequence[int]) -> Array | None:
        """
        Give an array with the tokens of streams, `turns` tokens of each in turn.

        None unless they are the same in every activation, and known before the first.
        """
        holders = [self._constant(part, lanes) for part in parts]
        held_by = tuple(holder for holder in holders if holder is not None)
        if len(held_by) < len(parts):
            return None
        first = held_by[0]
        resource = ("tokens", *(part.name for part in parts))
        if parts[0].firings != turns[0]:
            resource = (*resource, *map(str, turns))
        if resource not in self.all:
            size = sum(part.firings for part in parts) * lanes
            element = first.held.element_type
            stored = constant_storage(element)
            self.all[resource] = Array(
                resource,
                element,
                [size],
                size,
                stored,
                first,
                False,
                parts=tuple(parts),
                held_by=held_by,
                turns=tuple(turns),
            )
        return self.all[resource]

    def _constant(self, process: Process, lanes: int) -> Holder | None:
        """Give what a stream reads, if its tokens are known before the run and never change."""
        op = process.op
        if not isinstance(op, ReadOp | AgOp):
            return None
        array = self.of(process)
        holder = array.op
        if not isinstance(holder, PmuOp | DramOp) or array.written:
            return None
        outer = outer_bounds(process)
        if isinstance(holder.init, InputInitAttr):
            return None
        if any(dim < len(outer) for expr in op.map.data.results for dim in expr.used_dims()):
            return None
        sizes = list(holder.held.get_shape())
        sizes[-1:] = [size - lanes + 1 for size in sizes[-1:]]
        padded = isinstance(op, AgOp) or op.padded is not None
        safe = padded or all(
            inside(expr, [*outer, *process.bounds], size)
            for expr, size in zip(op.map.data.results, sizes, strict=True)
        )
        return holder if safe else None

    def keep(self, used: Collection[Resource]) -> None:
        """Drop memories of which only the joined tokens are used."""
        joined = {self.of(p).resource for array in self.all.values() for p in array.parts}
        for resource in joined.difference(used):
            del self.all[resource]

    def of(self, process: Process) -> Array:
        """Give the array of a stream or address generator."""
        if isinstance(process.op, AgOp):
            return self.all["dram", process.op.buffer.root_reference.data]
        return self.all["memory", unit_name(process)]

    def form(
        self, process: Process, map_: AffineMap, lanes: int, stores: bool = False
    ) -> Linear | None:
        """
        Give the linear address of a stream, in elements of its array.

        None if it is not linear or may leave the array (or the padding, for padded reads).
        """
        if process.name not in self._forms:
            self._forms[process.name] = self._linearise(process, map_, lanes, stores)
        return self._forms[process.name]

    def _linearise(
        self, process: Process, map_: AffineMap, lanes: int, stores: bool
    ) -> Linear | None:
        op = process.op
        if isinstance(op, ControllerOp):
            return None
        array = self.of(process)
        outer = outer_bounds(process)
        own = process.bounds
        padded = isinstance(op, AgOp) or (isinstance(op, ReadOp) and op.padded is not None)
        total = Linear((0,) * len(own), 0)
        for dim, (expr, stride) in enumerate(zip(map_.results, array.strides, strict=False)):
            form = linear(expr, len(outer), len(own))
            last = dim == len(array.shape) - 1
            size = array.pitch if last and padded and not stores else array.shape[dim]
            if form is None or not inside(expr, [*outer, *own], size - (lanes - 1) * last):
                return None
            total = total + form.times(stride)
        return total


def firing_reach(op: ReadOp | AgOp) -> int:
    """Give the elements from the first one of a firing to the one behind its last."""
    return op.reach if isinstance(op, ReadOp) else token_elements(op.type_)


def port_offset(op: ReadOp | AgOp, port: str) -> int:
    """Give the elements from the first one of a firing to the first one of a port's token."""
    return op.port_names.index(port) * op.port_step if isinstance(op, ReadOp) else 0


def inside(expr: AffineExpr, bounds: Sequence[int], size: int) -> bool:
    """Whether an address stays in 0..size-1, as far as can be told."""
    low, high = exact_range(expr, bounds) or interval(expr, bounds)
    return low >= 0 and high < size
