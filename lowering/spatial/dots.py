"""
Compute units of a reduction: one for each result, copy and piece.

Every result has units of its own, since each takes all lanes; what they read in common reaches
them all from one memory. Where a vector of lanes carries the reduction, one scalar per row leaves
a unit; where the lanes carry rows, each lane sums its own row and a vector leaves.
"""

from __future__ import annotations

from xdsl.dialects import arith
from xdsl.ir import Attribute, Operation, SSAValue

from spatial_opt.dialects import pattern, spatial
from spatial_opt.dialects.spatial import element_bits
from spatial_opt.lowering.spatial.kernel_units import KernelUnits
from spatial_opt.lowering.spatial.layouts import Source
from spatial_opt.lowering.spatial.plan import Feed, Port
from spatial_opt.lowering.spatial.program import TOOL
from spatial_opt.lowering.spatial.runs import Operand, Reading, reading
from spatial_opt.lowering.spatial.space import ReduceSpace, Run, UnitSpace
from spatial_opt.lowering.spatial.trees import reduce_vector, zero_preserving
from spatial_opt.lowering.spatial.unit_body import UnitBody
from spatial_opt.machine.errors import SpatialError


class Dots:
    """Builds the units of one reduction of a kernel, copy by copy."""

    def __init__(self, units: KernelUnits, reduce: pattern.ReduceOp) -> None:
        self.units = units
        self.reduce = reduce
        self.domain = ReduceSpace(reduce)
        self.rows = units.kernel.lanes
        self.accesses = {a.read: a for a in units.kernel.accesses if a.reduce is reduce}
        if self.domain.has_remainder and not zero_preserving(reduce):
            raise SpatialError(
                f"{TOOL}: the reduction %{reduce.results[0].name_hint} runs over "
                f"{self.domain.bounds[-1]} elements by {self.domain.lanes} lanes, and a lane that "
                "is left over would not add zero; choose lanes (rv) that divide, or make it a sum "
                "of products"
            )
        self.readings = [
            [
                reading(self.domain, piece, self.accesses, position)
                for piece in range(self.domain.pieces)
            ]
            for position in range(len(reduce.results))
        ]

    def copy(self, copy: int) -> list[list[Port]]:
        """Build the units of one copy; give, for every result, the port of each piece."""
        return [
            [
                self._unit(found, position, copy, piece)
                for piece, found in enumerate(self.readings[position])
            ]
            for position in range(len(self.reduce.results))
        ]

    def _name(self, position: int, copy: int, piece: int) -> str:
        """Name a unit: the reduction among the kernel's, its result, and what it works on."""
        reduces = self.units.kernel.reduces
        which = [str(reduces.index(self.reduce))] if len(reduces) > 1 else []
        results = [str(position)] if len(self.reduce.results) > 1 else []
        copies = [copy] if self.units.space.copies > 1 else []
        pieces = [piece] if self.domain.pieces > 1 else []
        what = "dot" + "_".join([*which, *results])
        return self.units.label(what, *copies, *pieces)

    def _unit(self, found: Reading, position: int, copy: int, piece: int) -> Port:
        domain, units = self.domain, self.units
        whole = units.space.dot(copy, Run(domain, piece, 0, domain.vectors(piece)))
        width = self.rows * domain.lanes
        body = UnitBody(whole.bounds, whole.names, width if width > 1 else None)
        received: dict[tuple[Feed, Attribute], SSAValue] = {}
        for operand in found.operands:
            sources = [self._source(read, run, copy) for run, read in operand.reads]
            feed = tuple(
                (source.port, (run.first, run.last, found.period) if len(sources) > 1 else None)
                for source, (run, _) in zip(sources, operand.reads, strict=True)
            )
            key = (feed, operand.value.type)
            if key not in received:
                received[key] = self._receive(body, operand, feed, sources[0].width, whole)
            body.values[operand.value] = received[key]
        for op in found.ops:
            self._check(op)
            body.copy(op, found.aliases)
        row = body.block.args[len(units.space.groups) - 1]
        result = self.reduce.results[position]
        body.values[result] = body.spread(found.value)
        folded = reduce_vector(
            body.block,
            body.values[result],
            self.reduce.kind_names[position],
            self.reduce.through_types,
            result.type,
            row,
            units.word_lanes,
            self.rows,
        )
        folded.name_hint = result.name_hint
        name = self._name(position, copy, piece)
        port = body.send(folded, "out", row)
        units.place(name, body)
        return (name, port)

    def _source(self, read: pattern.ReadOp, run: Run, copy: int) -> Source:
        return self.units.serve(self.accesses[read], self.units.space.dot(copy, run))

    def _receive(
        self, body: UnitBody, operand: Operand, feed: Feed, width: int | None, space: UnitSpace
    ) -> SSAValue:
        """Take an operand's tokens; one that is the same for all rows is repeated for each."""
        access = self.accesses[operand.reads[0][1]]
        element = operand.value.type
        hint = operand.value.name_hint or access.source.name_hint
        if width is None or width == body.width:
            return body.receive(feed, element, width, hint)
        if space.lanes_of(access)[0][0] is not self.reduce.indices[-1]:
            raise SpatialError(
                f"{TOOL}: kernel %{self.units.kernel.name} reads %{access.source.name_hint}, which "
                f"differs from row to row but not along the reduction, with {self.domain.lanes} "
                "elements per word; multiply by it outside the reduction, or use rv=1"
            )
        packed = width * element_bits(element) <= 32
        token = body.receive(feed, element, width, hint, packed)
        assert body.width is not None
        repeated = body.add(spatial.RepeatOp(token, body.width))
        repeated.name_hint = hint
        return repeated

    def _check(self, op: Operation) -> None:
        kernel = self.units.kernel.name
        if isinstance(op, pattern.GatherOp):
            raise SpatialError(
                f"{TOOL}: kernel %{kernel} looks up a table inside a reduction; "
                "look it up in a map of its own"
            )
        for operand in op.operands:
            owner = operand.owner
            inside = isinstance(owner, Operation) and owner.parent is self.reduce.body.block
            if not inside and not isinstance(owner, arith.ConstantOp):
                raise SpatialError(
                    f"{TOOL}: the reduction of kernel %{kernel} uses %{operand.name_hint}, which "
                    "is computed outside it; move it into the reduction or apply it to the result"
                )
