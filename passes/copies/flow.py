"""
Last writers: who computed the element that a read sees, in which iteration.

Values are assigned once, so the last writer of an element is found by following definitions: a
map result was written by its map, at the point of the element; what a scan stacks, in the step of
its index; what a scan leaves, in its last step. Copies are followed to what they copied. A carried
value is a source of its own in every step; what it starts with and what comes next are sinks, as
are reads and results. Programs whose sinks have equal relations move the same values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import islpy as isl
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Block, Operation, SSAValue

from spatial_opt.dialects import pattern
from spatial_opt.passes.copies.rewrite import Changes
from spatial_opt.passes.copies.views import View, splat_of, view_of
from spatial_opt.passes.polyhedral.accesses import read_function, shape_of
from spatial_opt.passes.polyhedral.loops import loops_around, loops_at, loops_of_block
from spatial_opt.passes.polyhedral.spaces import box, chosen, function, related, results_of

Sink = tuple[str, int, int]
"""What sees elements: its kind, its number, and which of its operands."""

Writers = dict[Sink, isl.UnionMap]
"""From iterations, and elements where a sink takes a whole tensor, to who wrote."""


@dataclass
class Identities:
    """What is the same value, read or operation before and after a rewriting."""

    values: dict[SSAValue, int] = field(default_factory=dict[SSAValue, int])
    copies: set[SSAValue] = field(default_factory=set[SSAValue])
    """Results of maps that are looked through."""
    reads: dict[Operation, int] = field(default_factory=dict[Operation, int])
    moved: dict[SSAValue, isl.Map] = field(default_factory=dict[SSAValue, isl.Map])
    """For a map with another domain than before: from points now to points then."""

    @staticmethod
    def of(function: FuncOp, copies: Iterable[SSAValue]) -> Identities:
        """Number everything in a function."""
        found = Identities(copies=set(copies))
        for value in function.body.block.args:
            found.values[value] = len(found.values)
        for op in function.walk():
            if isinstance(op, pattern.ReadOp | pattern.GatherOp):
                found.reads[op] = len(found.reads)
            for value in op.results:
                found.values[value] = len(found.values)
            if isinstance(op, pattern.ScanOp):
                for value in op.carries:
                    found.values[value] = len(found.values)
        return found

    def follow(self, changes: Changes) -> None:
        """Take note of what was replaced."""
        for old, reads in changes.reads.items():
            for read in reads:
                self.reads[read] = self.reads[old]
        for old, value in changes.values.items():
            self.values[value] = self.values[old]
            if old in self.copies:
                self.copies.add(value)
            if old in self.moved:
                self.moved[value] = self.moved[old]
        for value, points in changes.moved.items():
            earlier = self.moved.get(value)
            self.moved[value] = points if earlier is None else points.apply_range(earlier)


def last_writers(function: FuncOp, identities: Identities) -> Writers:
    """Return the last writers of everything that a function reads, carries and returns."""
    flow = _Flow(identities)
    flow.block(function.body.block)
    return flow.writers


def difference(before: Writers, after: Writers) -> str | None:
    """Return a sink whose last writers are not what they were, and how they differ."""
    for sink in before.keys() | after.keys():
        if sink not in before or (sink not in after and sink[0] != "read"):
            return f"{sink} is only seen {'before' if sink in before else 'after'}"
        if sink in after and not before[sink].is_equal(after[sink]):
            lost = before[sink].subtract(after[sink])
            return f"{sink} lost {lost} and got {after[sink].subtract(before[sink])}"
    return None


class _Flow:
    """Origins of the elements of all values so far, from loops around a value and coordinates."""

    def __init__(self, identities: Identities) -> None:
        self.writers: Writers = {}
        self._identities = identities
        self._origins: dict[SSAValue, isl.UnionMap] = {}
        self._scans = 0

    def block(self, block: Block) -> None:
        for op in block.ops:
            match op:
                case pattern.MapOp():
                    self._map(op)
                case pattern.ScanOp():
                    self._scan(op)
                case pattern.ReadOp() | pattern.GatherOp():
                    self._read(op)
                case pattern.ReduceOp():
                    self.block(op.body.block)
                case ReturnOp():
                    for number, value in enumerate(op.operands):
                        self._see(("result", 0, number), self._origin(value))
                case _:
                    pass

    def _map(self, op: pattern.MapOp) -> None:
        views: Mapping[SSAValue, View] = {
            result: view
            for result in op.results
            if result in self._identities.copies
            and (view := view_of(result, known=True)) is not None
        }
        for result, view in views.items():
            self._origins[result] = self._through(view)
        if len(views) < len(op.results):
            self.block(op.body.block)

    def _through(self, view: View) -> isl.UnionMap:
        found = isl.UnionMap("{ }")
        dims = len(view.around) + len(view.shape)
        for piece in view.pieces:
            outer = chosen(dims, range(len(loops_at(piece.source))))
            access = function([*results_of(outer), *results_of(piece.access)], dims)
            relation = related(access, piece.domain).to_union_map()
            found = found.union(relation.apply_range(self._origin(piece.source)))
        return found

    def _scan(self, op: pattern.ScanOp) -> None:
        number = self._scans
        self._scans += 1
        count = len(op.carries)
        for position, init in enumerate(op.inits):
            self._see(("start", number, position), self._origin(init))
        self.block(op.body.block)
        around, inside = loops_around(op), loops_of_block(op.body.block)
        last = op.steps - 1 if op.reverse is None else 0
        for position, value in enumerate((*op.next.carries, *op.next.emits)):
            origin = self._origin(value)
            shape, depth = shape_of(value), len(loops_at(value))
            dims = len(inside) + len(shape)
            # Drop the loops between the definition of the value and the end of the step.
            kept = chosen(dims, [*range(depth), *range(len(inside), dims)])
            points = box((*inside.bounds, *shape))
            at_step = related(kept, points).to_union_map().apply_range(origin)
            if position < count:
                self._see(("next", number, position), at_step)
                end = points.fix_val(isl.dim_type.set, len(around), last)
                final = chosen(dims, [n for n in range(dims) if n != len(around)])
                from_end = related(final, end).reverse().to_union_map()
                self._origins[op.results[position]] = from_end.apply_range(at_step)
            else:
                self._origins[op.results[position]] = at_step

    def _read(self, op: pattern.ReadOp | pattern.GatherOp) -> None:
        source, loops = op.source, loops_around(op)
        depth = len(loops_at(source))
        seen: isl.MultiAff | None = None
        if isinstance(op, pattern.ReadOp):
            seen = read_function(op.indices, op.map.data, loops, depth)
        if seen is None:
            relation = self._origin(source)
        else:
            here = related(seen, box(loops.bounds)).to_union_map()
            relation = self._moved_back(op, here).apply_range(self._origin(source))
        sink = ("read", self._identities.reads[op], 0)
        self._see(sink, relation.union(self.writers.get(sink, isl.UnionMap("{ }"))))

    def _moved_back(self, op: Operation, relation: isl.UnionMap) -> isl.UnionMap:
        """Let the loops around a read be those of before."""
        parent = op.parent_op()
        inner = 0
        while parent is not None and not isinstance(parent, pattern.MapOp):
            inner += len(parent.domain) if isinstance(parent, pattern.ReduceOp) else 0
            parent = parent.parent_op()
        if parent is None or parent.results[0] not in self._identities.moved:
            return relation
        points = self._identities.moved[parent.results[0]]
        if inner:
            same = chosen(inner, range(inner))
            points = points.flat_product(isl.Map.from_multi_aff(same))
        return relation.apply_domain(points.to_union_map())

    def _see(self, sink: Sink, relation: isl.UnionMap) -> None:
        self.writers[sink] = relation

    def _origin(self, value: SSAValue) -> isl.UnionMap:
        found = self._origins.get(value)
        if found is None:
            found = self._origins[value] = self._own(value)
        return found

    def _own(self, value: SSAValue) -> isl.UnionMap:
        """Return the relation of a value to itself, as the one that is written."""
        loops, shape = loops_at(value), shape_of(value)
        dims = len(loops) + len(shape)
        points = box((*loops.bounds, *shape))
        elements = splat_of(value)
        if elements is not None:
            name = f"constant {next(iter(elements.get_values()))}"
            nowhere = related(function([], dims), points)
            return nowhere.set_tuple_name(isl.dim_type.out, name).to_union_map()
        own = related(chosen(dims, range(dims)), points)
        if value in self._identities.moved:
            own = own.apply_range(self._identities.moved[value])
        name = f"value {self._identities.values[value]}"
        return own.set_tuple_name(isl.dim_type.out, name).to_union_map()
