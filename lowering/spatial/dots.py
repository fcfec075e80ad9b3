"""
Compute units of a reduction: one for each result, copy and piece.

Every result has units of its own, since each takes all lanes; what they read in common reaches
them all from one memory. Where a vector of lanes carries the reduction, one scalar per row leaves
a unit; where the lanes carry rows, each lane sums its own row and a vector leaves.
"""

from __future__ import annotations

from xdsl.dialects import arith
from xdsl.ir import Operation, SSAValue

from spatial_opt.dialects import pattern, spatial
from spatial_opt.dialects.pattern_remainder import adds_nothing_beyond
from spatial_opt.dialects.spatial import element_bits
from spatial_opt.lowering.spatial.kernel_units import KernelUnits
from spatial_opt.lowering.spatial.layouts import Source
from spatial_opt.lowering.spatial.memories import is_constant
from spatial_opt.lowering.spatial.plan import Feed, Port
from spatial_opt.lowering.spatial.program import TOOL
from spatial_opt.lowering.spatial.runs import Operand, Reading, reading
from spatial_opt.lowering.spatial.space import ReduceSpace, Run, UnitSpace
from spatial_opt.lowering.spatial.trees import reduce_vector
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
        row = units.kernel.indices[-1] if self.rows > 1 else None
        if self.domain.has_remainder and not adds_nothing_beyond(reduce, row):
            raise SpatialError(
                f"{TOOL}: the reduction %{reduce.results[0].name_hint} runs over "
                f"{self.domain.bounds[-1]} elements by {self.domain.lanes} lanes, and a lane that "
                "is left over would not add zero; choose lanes (rv) that divide, or make it a sum "
                "of products with a factor that is read along it and is zero behind its end"
            )
        self.forms: dict[tuple[int, int, tuple[int, ...]], UnitBody] = {}
        self.common: dict[tuple[pattern.ReadOp, int, int, int], Source] = {}
        self._check_width()
        self.readings = [
            [
                reading(self.domain, piece, self.accesses, position)
                for piece in range(self.domain.pieces)
            ]
            for position in range(len(reduce.results))
        ]

    def _check_width(self) -> None:
        """Refuse rows and elements that are more than a vector holds."""
        units, lanes = self.units, self.domain.lanes
        bits = max((element_bits(a.read.result.type) for a in self.accesses.values()), default=32)
        holds = units.word_lanes * units.word_bits // bits
        if self.rows > 1 and self.rows * lanes > holds:
            raise SpatialError(
                f"{TOOL}: map %{units.kernel.name} takes {self.rows} rows in its lanes by {lanes} "
                f"elements of its reduction, {self.rows * lanes} of {bits} bits, but a vector "
                f"holds {holds}; use lanes for {max(1, holds // self.rows)} elements (rv), or for "
                "one row"
            )

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
        copies = [copy] if self.units.kernel.copies > 1 else []
        pieces = [piece] if self.domain.pieces > 1 else []
        what = "dot" + "_".join([*which, *results])
        return self.units.label(what, *copies, *pieces)

    def _unit(self, found: Reading, position: int, copy: int, piece: int) -> Port:
        feeds: list[Feed] = []
        widths: list[int | None] = []
        for operand in found.operands:
            joined = self._joined(operand, copy)
            if joined is not None:
                feeds.append(((joined.port, None),))
                widths.append(joined.width)
                continue
            sources = [self._source(read, run, copy, position) for run, read in operand.reads]
            several = len(sources) > 1
            feeds.append(
                tuple(
                    (source.port, (run.first, run.last, found.period) if several else None)
                    for source, (run, _) in zip(sources, operand.reads, strict=True)
                )
            )
            widths.append(sources[0].width)
        same = tuple(feeds.index(feed) for feed in feeds)
        # Units of equal form differ only in what feeds their ports.
        form = self.forms.get((position, piece, same))
        if form is None:
            form = self._form(found, position, piece, same, widths)
            self.forms[position, piece, same] = form
        name = self._name(position, copy, piece)
        queue = self.units.memories.values.declarations.queue(self.reduce.results[position])
        self.units.place(name, form.twin([feeds[n] for n in sorted(set(same))]), queue)
        return (name, "out")

    def _form(
        self,
        found: Reading,
        position: int,
        piece: int,
        same: tuple[int, ...],
        widths: list[int | None],
    ) -> UnitBody:
        """Write the body of the units of one result and piece; `same` says which ports are one."""
        domain, units = self.domain, self.units
        space = units.space.dot(0, Run(domain, piece, 0, domain.vectors(piece)))
        width = self.rows * domain.lanes
        body = UnitBody(space.bounds, space.names, width if width > 1 else None)
        for number, operand in enumerate(found.operands):
            first = same[number]
            body.values[operand.value] = (
                self._receive(body, operand, widths[number], space)
                if first == number
                else body.values[found.operands[first].value]
            )
        for op in found.ops:
            self._check(op)
            body.copy(op, found.aliases)
        row = body.block.args[len(units.space.groups) - 1]
        result = self.reduce.results[position]
        folded = reduce_vector(
            body.block,
            body.spread(found.value),
            self.reduce.kind_names[position],
            self.reduce.through_types,
            result.type,
            row,
            units.word_lanes,
            self.rows,
        )
        folded.name_hint = result.name_hint
        body.send(folded, "out", row)
        return body

    def _joined(self, operand: Operand, copy: int) -> Source | None:
        """
        Put parameters that take turns side by side into one memory.

        Each is zero where the others are read, so their sum holds them all.
        """
        accesses = [self.accesses[read] for _, read in operand.reads]
        if len(accesses) == 1 or not all(is_constant(access) for access in accesses):
            return None
        first, last = operand.reads[0][0], operand.reads[-1][0]
        whole = Run(first.domain, first.piece, first.first, last.last)
        return self.units.serve_sum(accesses, self.units.space.dot(copy, whole))

    def _source(self, read: pattern.ReadOp, run: Run, copy: int, position: int) -> Source:
        access = self.accesses[read]
        row = self.units.kernel.indices[-1]
        if self.units.memories.values.private or access.dims_of(row):
            return self.units.serve(access, self.units.space.dot(copy, run), position)
        # All copies read the same, from the same memory.
        key = (read, run.first, run.last, run.piece)
        if key in self.common:
            self.units.note(read, self.common[key], position)
        else:
            space = self.units.space.dot(copy, run)
            self.common[key] = self.units.serve(access, space, position)
        return self.common[key]

    def _receive(
        self, body: UnitBody, operand: Operand, width: int | None, space: UnitSpace
    ) -> SSAValue:
        """Take an operand's tokens; one that is the same for all rows is repeated for each."""
        access = self.accesses[operand.reads[0][1]]
        element = operand.value.type
        hint = operand.value.name_hint or access.source.name_hint
        if width is None or width == body.width:
            return body.receive((), element, width, hint)
        if space.lanes_of(access)[0][0] is not self.reduce.indices[-1]:
            raise SpatialError(
                f"{TOOL}: kernel %{self.units.kernel.name} reads %{access.source.name_hint}, which "
                f"differs from row to row but not along the reduction, with {self.domain.lanes} "
                "elements per word; multiply by it outside the reduction, or use rv=1"
            )
        packed = width * element_bits(element) <= self.units.word_bits
        token = body.receive((), element, width, hint, packed)
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
