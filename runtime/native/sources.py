"""Where the tokens of a port come from: straight from a memory, or from a stream buffer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import prod

from xdsl.ir import Attribute
from xdsl.ir.affine import AffineExpr

from spatial_opt.dialects.spatial import AgOp, ReadOp, token_elements
from spatial_opt.dialects.spatial_ports import Process
from spatial_opt.machine.errors import SpatialError, UnsupportedError
from spatial_opt.runtime.native.access import Access, translate
from spatial_opt.runtime.native.arrays import (
    Arrays,
    firing_reach,
    held_storage,
    outer_bounds,
    port_offset,
    unit_name,
)
from spatial_opt.runtime.native.body import Node
from spatial_opt.runtime.native.kernel import Kernel, Resource, make_structure
from spatial_opt.runtime.native.turns import Turns, in_order
from spatial_opt.runtime.order import Edge, Structure, is_plain

Place = tuple[Resource, int]
"""An array and a constant offset in it."""


def copy_kernel(
    name: str,
    process: Process,
    trips: Sequence[int],
    lanes: int,
    source: tuple[Access, Place],
    target: tuple[Access, Place],
    window: tuple[int, int] | None = None,
) -> Kernel:
    """Give the kernel that moves tokens from one place to another."""
    element, depth = source[0].element, len(trips)
    nodes = [Node("receive", element, lanes, (), depth), Node("send", element, lanes, (0,), depth)]
    structure = make_structure(
        tuple(trips),
        len(outer_bounds(process)),
        nodes,
        {0: source[0], 1: target[0]},
        0 if window is None else 1,
    )
    return Kernel(name, structure, [source[1], target[1]], () if window is None else window)


def token_steps(trips: Sequence[int], lanes: int) -> tuple[int, ...]:
    """Give the elements per step of each counter in a buffer of tokens."""
    return tuple(lanes * prod(trips[i + 1 :]) for i in range(len(trips)))


class Sources:
    """Finds sources; asks `copy_out` for the kernel of a stream whose tokens need a buffer."""

    def __init__(
        self,
        structure: Structure,
        arrays: Arrays,
        position: dict[str, int],
        copy_out: Callable[[Process, Resource, Access], Kernel],
    ) -> None:
        self.structure = structure
        self.arrays = arrays
        self.position = position
        self.buffers: dict[Resource, tuple[int, str]] = {}
        """Stream buffers: elements and kind."""
        self.kernels: dict[str, list[Kernel]] = {}
        """Copies that precede a process, or stand for it."""
        self.into: dict[tuple[str, str], list[Edge]] = {}
        self.out_of: dict[tuple[str, str], list[Edge]] = {}
        self._copy_out = copy_out
        self._copied: set[Resource] = set()
        for edge in structure.edges:
            if edge.link is not None and edge.link.kind.data != "token":
                self.into.setdefault(edge.link.target, []).append(edge)
                self.out_of.setdefault(edge.link.source, []).append(edge)

    # --- iterations

    def _shared(self, resource: Resource) -> int:
        """Give how many controllers a source has in common with all who take its tokens."""
        edges = self.out_of.get((resource[1], resource[2]), [])
        return min((_common(edge.source, edge.target) for edge in edges), default=0)

    def _terms(
        self, process: Process, shared: int, elements: int
    ) -> tuple[tuple[int, AffineExpr], ...]:
        """Move a buffer on by `elements` in each iteration of the controllers not shared."""
        first = sum(len(c.bounds) for c in process.controllers[:shared])
        own = [b for c in process.controllers[shared:] for b in c.bounds.get_values()]
        return tuple(
            (elements * prod(own[i + 1 :]), AffineExpr.dimension(first + i))
            for i in range(len(own))
        )

    def target(
        self, process: Process, port: str, element: Attribute, lanes: int, trips: Sequence[int]
    ) -> tuple[Access, Place]:
        """Give the stream buffer of an output port, over counters with `trips`."""
        resource = ("port", unit_name(process), port)
        shared = self._shared(resource) if resource[1:] in self.out_of else len(process.controllers)
        elements = prod(trips) * lanes
        runs = prod(b for c in process.controllers[shared:] for b in c.bounds.get_values())
        self.buffers[resource] = (elements * runs, held_storage(element))
        terms = self._terms(process, shared, elements)
        access = Access(element, held_storage(element), token_steps(trips, lanes), terms)
        return access, (resource, 0)

    # --- sources

    def find(
        self,
        process: Process,
        port: str,
        element: Attribute,
        lanes: int,
        trips: Sequence[int],
        at: Process | None = None,
    ) -> tuple[Access, Place]:
        """
        Give the access of an input port over counters with `trips`, and its base.

        `at` is the process in whose kernel it happens, if it is another.
        """
        at = process if at is None else at
        edges = self.into.get((unit_name(process), port), [])
        if not edges:
            raise SpatialError(f"no link feeds port @{unit_name(process)}::@{port}; add one")
        if len(edges) == 1:
            link = edges[0].link
            if link is None or link.span in (None, (0, link.period(prod(trips)))):
                return self._single(edges[0], process, at, element, lanes, tuple(trips))
        ordered = in_order(edges, f"@{unit_name(process)}::@{port}", prod(trips))
        joined = self._joined(ordered, process, element, lanes, trips)
        if joined is not None:
            return joined
        return self._assembled(ordered, process, at, port, element, lanes, trips)

    def _single(
        self,
        edge: Edge,
        process: Process,
        at: Process,
        element: Attribute,
        lanes: int,
        trips: tuple[int, ...],
    ) -> tuple[Access, Place]:
        self._check(edge, prod(trips))
        fused = self._fused(edge, process, at, element, lanes, trips)
        if fused is not None:
            return fused
        source = edge.source
        if edge.link is None:
            raise RuntimeError("a turn is no link; this is a bug")
        resource = ("port", *edge.link.source)
        if isinstance(source.op, ReadOp | AgOp) and resource not in self._copied:
            self._copied.add(resource)
            made, _ = self.target(source, resource[2], element, lanes, source.bounds)
            kernel = self._copy_out(source, resource, made)
            self.kernels.setdefault(source.name, []).append(kernel)
        terms = self._terms(process, self._shared(resource), prod(trips) * lanes)
        access = Access(element, held_storage(element), token_steps(trips, lanes), terms)
        return access, (resource, 0)

    def _check(self, edge: Edge, taken: int) -> None:
        link = edge.link
        if link is None:
            raise RuntimeError("a turn is no link; this is a bug")
        if not is_plain(link):
            raise UnsupportedError(
                f"link {edge.name} has initial, dropped or repeated data tokens, which the native "
                "evaluator does not support; use the numpy evaluator"
            )
        shared = _common(edge.source, edge.target)
        sent = self.structure.ports[link.source][1].tokens_per_activation
        sent *= prod(b for c in edge.source.controllers[shared:] for b in c.bounds.get_values())
        taken *= prod(b for c in edge.target.controllers[shared:] for b in c.bounds.get_values())
        if sent != taken:
            raise SpatialError(
                f"link {edge.name}: {sent} tokens are sent but {taken} are taken; correct the "
                "counters at one end"
            )

    def _fused(
        self,
        edge: Edge,
        process: Process,
        at: Process,
        element: Attribute,
        lanes: int,
        trips: tuple[int, ...],
    ) -> tuple[Access, Place] | None:
        """Give the memory itself as the source, if its reading may wait for its consumer."""
        source, op = edge.source, edge.source.op
        if not isinstance(op, ReadOp | AgOp) or token_elements(op.type_) != lanes:
            return None
        shared = _common(source, process)
        if shared < len(source.controllers):
            return None
        array = self.arrays.of(source)
        extra = process.controllers[shared:]
        between = range(self.position[source.name], self.position[at.name])
        for writer in self.arrays.writers.get(array.resource, []):
            if self.position[writer.name] in between:
                return None
            if (
                extra
                and len(writer.controllers) > shared
                and writer.controllers[shared] is extra[0]
            ):
                return None
        form = self.arrays.form(source, op.map.data, firing_reach(op))
        if form is None or edge.link is None:
            return None
        outside = [b for c in extra for b in c.bounds.get_values()]
        coefficients = translate(form.coefficients, source.bounds, (*outside, *trips))
        if coefficients is None:
            return None
        first = sum(len(c.bounds) for c in process.controllers[:shared])
        terms = tuple(
            (coefficient, AffineExpr.dimension(first + i))
            for i, coefficient in enumerate(coefficients[: len(outside)])
            if coefficient
        )
        own = coefficients[len(outside) :]
        access = Access(element, array.stored, own, (*form.outer, *terms), memory=True)
        return access, (array.resource, form.constant + port_offset(op, edge.link.source[1]))

    def _joined(
        self,
        turns: Turns,
        process: Process,
        element: Attribute,
        lanes: int,
        trips: Sequence[int],
    ) -> tuple[Access, Place] | None:
        """Give an array of all tokens if they never change, else None."""
        for (edge, _, _), size in zip(turns.links, turns.sizes, strict=True):
            op = edge.source.op
            self._check(edge, size * turns.rounds)
            if not isinstance(op, ReadOp | AgOp) or token_elements(op.type_) != lanes:
                return None
            if edge.source.controllers != process.controllers:
                return None
            if isinstance(op, ReadOp) and op.ports is not None:
                return None
        sources = [edge.source for edge, _, _ in turns.links]
        array = self.arrays.join(sources, lanes, turns.sizes)
        if array is None:
            return None
        access = Access(element, array.stored, token_steps(trips, lanes), memory=True)
        return access, (array.resource, 0)

    def _assembled(
        self,
        turns: Turns,
        process: Process,
        at: Process,
        port: str,
        element: Attribute,
        lanes: int,
        trips: Sequence[int],
    ) -> tuple[Access, Place]:
        """
        Give a buffer into which the links with windows are copied, one after another.

        If every round brings the same tokens, it holds those of one round.
        """
        resource: Resource = ("input", unit_name(process), port)
        rounds, period = turns.rounds, turns.period
        sources = [
            self._single(edge, process, at, element, lanes, (rounds, high - low))
            for edge, low, high in turns.links
        ]
        inner = next((i for i in range(len(trips) + 1) if prod(trips[i:]) == period), None)
        alike = all(access.memory and access.coefficients[0] == 0 for access, _ in sources)
        steps = token_steps(trips, lanes)
        if inner is not None and alike:
            sources = [(a.with_counters((0, *a.coefficients[1:])), place) for a, place in sources]
            steps = (*(0 for _ in trips[:inner]), *steps[inner:])
            rounds = 1
        stored = held_storage(element)
        self.buffers[resource] = (rounds * period * lanes, stored)
        for (edge, low, high), source in zip(turns.links, sources, strict=True):
            out = Access(element, stored, (period * lanes, lanes)), (resource, low * lanes)
            kernel = copy_kernel(edge.name, process, (rounds, high - low), lanes, source, out)
            self.kernels.setdefault(at.name, []).append(kernel)
        return Access(element, stored, steps), (resource, 0)

    def buffer_of(
        self, process: Process, port: str, element: Attribute, lanes: int
    ) -> tuple[Access, Place]:
        """Give a contiguous buffer with the tokens of a port, copying them if they have none."""
        source = self.find(process, port, element, lanes, process.bounds)
        access = source[0]
        if not access.memory and access.coefficients == token_steps(process.bounds, lanes):
            return source
        return self.copied(process, port, lanes, source)

    def copied(
        self, process: Process, port: str, lanes: int, source: tuple[Access, Place]
    ) -> tuple[Access, Place]:
        """Give a contiguous buffer into which the tokens of a port are copied."""
        trips, element = process.bounds, source[0].element
        resource: Resource = ("copy", unit_name(process), port)
        self.buffers[resource] = (prod(trips) * lanes, held_storage(element))
        out = Access(element, held_storage(element), token_steps(trips, lanes))
        name = f"{process.name}::{port}"
        kernel = copy_kernel(name, process, trips, lanes, source, (out, (resource, 0)))
        self.kernels.setdefault(process.name, []).append(kernel)
        return replace(out), (resource, 0)


def _common(a: Process, b: Process) -> int:
    count = 0
    for first, second in zip(a.controllers, b.controllers, strict=False):
        if first is not second:
            break
        count += 1
    return count
