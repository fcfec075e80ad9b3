"""
A kernel: what one activation of one process does, as a loop nest over a small graph.

Kernels of the same *structure* differ only in their bases (where their arrays begin) and share one
compiled function. `simplify` brings them to a form with few counters before they are compared.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TypeAlias

from xdsl.ir.affine import AffineExpr

from spatial_opt.machine.errors import UnsupportedError
from spatial_opt.runtime.native.access import Access
from spatial_opt.runtime.native.body import Node, body_key
from spatial_opt.runtime.native.lanes import in_groups, lane_groups

Resource: TypeAlias = tuple[str, ...]
"""
An array: ("memory", unit), ("dram", name), ("port", unit, port), ("input", unit, port),
("copy", unit, port), or ("tokens", streams...).
"""


@dataclass(frozen=True)
class Irregular:
    """Moves tokens one element at a time between a stream buffer and any affine address."""

    exprs: tuple[AffineExpr, ...]
    """Address without its constants, which are in the table."""
    strides: tuple[int, ...]
    sizes: tuple[int, ...]
    lanes: int
    ports: int
    stores: bool
    """From the buffers (one per port) to the array, dropping what is outside; or back."""
    checked: bool
    """Whether an address outside is an error."""
    port_step: int
    """Elements from one port's token to the next one's."""


@dataclass(frozen=True)
class Structure:
    """All that decides the code of a kernel."""

    trips: tuple[int, ...]
    outer: int
    """Counters of the controllers around it."""
    fold_depth: int
    """Counters outside the accumulation; all of them if there is none."""
    nodes: tuple[Node, ...]
    accesses: tuple[tuple[int, Access], ...]
    """(node, access) of receives, gathers and sends."""
    late: frozenset[int]
    """Nodes computed after the accumulation."""
    window: int = 0
    """
    If not 0, the range of counter 0 comes from the table; it is then the number of elements each
    firing stores, and if that is more than 1, their range comes from the table too.
    """
    irregular: Irregular | None = None

    def key(self) -> Hashable:
        """Give a key that equal code shares."""
        return (
            self.trips,
            self.outer,
            self.fold_depth,
            body_key(self.nodes),
            self.accesses,
            self.late,
            self.window,
            self.irregular,
        )


@dataclass
class Kernel:
    """One activation of one process."""

    name: str
    structure: Structure
    bases: list[tuple[Resource, int]]
    """Array and constant offset, in the order of the accesses."""
    range: tuple[int, ...] = ()
    """With a window, first and one past the last value of counter 0 (then of the elements)."""
    factors: list[int] = field(default_factory=list[int])
    """Factors of the terms of all accesses, in order."""
    constants: list[int] = field(default_factory=list[int])
    """Further numbers of the table, for irregular addresses."""

    @property
    def reads(self) -> set[Resource]:
        """Arrays read."""
        return self._resources(stores=False)

    @property
    def writes(self) -> set[Resource]:
        """Arrays written."""
        return self._resources(stores=True)

    def _resources(self, stores: bool) -> set[Resource]:
        irregular = self.structure.irregular
        if irregular is not None:
            array, buffers = {self.bases[0][0]}, {resource for resource, _ in self.bases[1:]}
            return array if irregular.stores == stores else buffers
        found: set[Resource] = set()
        for (node, _), (resource, _) in zip(self.structure.accesses, self.bases, strict=True):
            if (self.structure.nodes[node].kind == "send") == stores:
                found.add(resource)
        return found


def make_structure(
    trips: tuple[int, ...],
    outer: int,
    nodes: list[Node],
    accesses: dict[int, Access],
    window: int = 0,
) -> Structure:
    """Give the simplified structure of a loop nest over a graph."""
    depth, late = _phases(nodes, len(trips))
    structure = Structure(
        trips,
        outer,
        depth,
        tuple(nodes),
        tuple(sorted(accesses.items())),
        late,
        window,
    )
    return _simplified(structure)


def _phases(nodes: list[Node], counters: int) -> tuple[int, frozenset[int]]:
    folds = [i for i, n in enumerate(nodes) if n.accumulates]
    if not folds:
        return counters, frozenset(range(len(nodes)))
    depths = {nodes[i].depth for i in folds}
    if len(depths) > 1:
        raise UnsupportedError(
            "a compute unit that accumulates at two levels is not supported by the native "
            "evaluator; split it or use the numpy evaluator"
        )
    (depth,) = depths
    after: set[int] = set()
    for i, node in enumerate(nodes):
        if i in folds:
            # A fold of folds would need a nest of accumulations.
            if any(a in after for a in node.args) and depth < counters:
                raise UnsupportedError(
                    "a compute unit that accumulates an accumulated value is not supported by "
                    "the native evaluator; split it or use the numpy evaluator"
                )
            after.add(i)
        elif any(a in after for a in node.args):
            if node.depth > depth:
                raise UnsupportedError(
                    "a compute unit that uses an accumulated value before it is final is not "
                    "supported by the native evaluator; use the numpy evaluator"
                )
            after.add(i)
    late = after - set(folds)
    for i, node in enumerate(nodes):
        if node.kind == "send" and max(node.depth, nodes[node.args[0]].depth) <= depth:
            late.add(i)
    return depth, frozenset(late)


@lru_cache(maxsize=4096)
def _simplified(structure: Structure) -> Structure:
    return _merge(_split_lanes(structure))


def _split_lanes(structure: Structure) -> Structure:
    """Turn the lanes of a unit that treats them alike into one more counter outside its folds."""
    groups = 1 if structure.window else lane_groups(structure.nodes)
    if groups == 1:
        return structure
    at = structure.fold_depth
    nodes, sizes = in_groups(structure.nodes, groups, at)
    trips = structure.trips
    accesses = tuple(
        (
            i,
            replace(
                a,
                coefficients=(
                    *a.coefficients[:at],
                    sizes[i] * a.lane,
                    *a.coefficients[at:],
                ),
            ),
        )
        for i, a in structure.accesses
    )
    return replace(
        structure,
        trips=(*trips[:at], groups, *trips[at:]),
        fold_depth=at + 1,
        nodes=nodes,
        accesses=accesses,
    )


def _merge(structure: Structure) -> Structure:
    """Drop counters that run once, and join neighbours that every address treats as one."""
    used = {n.detail for n in structure.nodes if n.kind == "counter"}
    kept = [
        i
        for i, t in enumerate(structure.trips)
        if t > 1 or i in used or (structure.window and i == 0)
    ]
    groups: list[list[int]] = []
    for i in kept:
        last = groups[-1][-1] if groups else None
        joins = (
            last is not None
            and not {last, i} & used
            and not structure.window
            and not last < structure.fold_depth <= i
            and all(
                a.coefficients[last] == a.coefficients[i] * structure.trips[i]
                for _, a in structure.accesses
            )
        )
        if joins:
            groups[-1].append(i)
        else:
            groups.append([i])
    position = {i: g for g, group in enumerate(groups) for i in group}
    trips: list[int] = []
    for group in groups:
        trip = 1
        for i in group:
            trip *= structure.trips[i]
        trips.append(trip)
    return replace(
        structure,
        trips=tuple(trips),
        fold_depth=sum(1 for group in groups if group[0] < structure.fold_depth),
        nodes=tuple(
            replace(n, depth=0, detail=position[n.detail])
            if n.kind == "counter" and isinstance(n.detail, int)
            else replace(n, depth=0)
            for n in structure.nodes
        ),
        accesses=tuple(
            (i, a.with_counters([a.coefficients[group[-1]] for group in groups]))
            for i, a in structure.accesses
        ),
    )


def share_outer_terms(kernels: Sequence[Kernel]) -> None:
    """
    Let kernels share code that differ only in how the controllers' counters move their arrays.

    The terms become those of all of them, with factors (0 for most) in the table.
    """
    groups: dict[Hashable, list[Kernel]] = {}
    for kernel in kernels:
        if kernel.structure.irregular is None:
            bare = tuple((i, replace(a, outer=())) for i, a in kernel.structure.accesses)
            key = replace(kernel.structure, accesses=bare).key()
            groups.setdefault(key, []).append(kernel)
    for members in groups.values():
        count = len(members[0].structure.accesses)
        terms: list[list[AffineExpr]] = [[] for _ in range(count)]
        distinct = dict.fromkeys(kernel.structure for kernel in members)
        for structure in distinct:
            for slot, (_, access) in enumerate(structure.accesses):
                for _, expr in access.outer:
                    if expr not in terms[slot]:
                        terms[slot].append(expr)
        common: dict[Structure, tuple[Structure, list[int]]] = {}
        for structure in distinct:
            common[structure] = _with_terms(structure, terms)
        for kernel in members:
            kernel.structure, kernel.factors = common[kernel.structure]


def _with_terms(
    structure: Structure, terms: Sequence[Sequence[AffineExpr]]
) -> tuple[Structure, list[int]]:
    factors: list[int] = []
    accesses: list[tuple[int, Access]] = []
    for slot, (node, access) in enumerate(structure.accesses):
        accesses.append((node, replace(access, outer=(), terms=tuple(terms[slot]))))
        factors += [sum(f for f, e in access.outer if e == expr) for expr in terms[slot]]
    return replace(structure, accesses=tuple(accesses)), factors
