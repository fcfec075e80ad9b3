"""Schedules as a script of upstream's transform dialect."""

from __future__ import annotations

from xdsl.dialects.builtin import ModuleOp, UnitAttr
from xdsl.dialects.linalg.ops import GenericOp

from spatial_opt.interop.jit_schedule import SHORTEST, Schedule, schedule_of

_ANY = "!transform.any_op"


def transform_script(module: ModuleOp) -> str | None:
    """
    Give the script that vectorises the reductions of a module; None if there are none.

    Operations are marked in the module by attributes that the script looks for.
    """
    writer = _Writer()
    operations = [op for op in module.walk() if isinstance(op, GenericOp)]
    for number, op in enumerate(operations):
        schedule = schedule_of(op)
        if schedule is None:
            continue
        mark = f"schedule_{number}"
        op.attributes[mark] = UnitAttr()
        writer.operation(mark, schedule)
    return writer.text() if writer.lines else None


class _Writer:
    """Lines of a script."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._count = 0

    def text(self) -> str:
        """Give the whole script."""
        body = "\n    ".join(
            [
                *self.lines,
                '%f = transform.structured.match ops{["func.func"]} in %root '
                f": ({_ANY}) -> {_ANY}",
                "transform.apply_patterns to %f "
                f"{{ transform.apply_patterns.canonicalization }} : {_ANY}",
                f"transform.apply_cse to %f : {_ANY}",
                "transform.yield",
            ]
        )
        return (
            "module attributes {transform.with_named_sequence} {\n"
            f"  transform.named_sequence @__transform_main(%root: {_ANY}) {{\n"
            f"    {body}\n  }}\n}}\n"
        )

    def _name(self) -> str:
        self._count += 1
        return f"%v{self._count}"

    def _line(self, results: list[str], text: str, operands: int) -> None:
        types = ", ".join([_ANY] * operands)
        ends = ", ".join([_ANY] * len(results))
        self.lines.append(f"{', '.join(results)} = {text} : ({types}) -> ({ends})")

    def operation(self, mark: str, schedule: Schedule) -> None:
        """Cut the operation with a mark."""
        handle = self._name()
        self._line([handle], f"transform.structured.match attributes{{{mark}}} in %root", 1)
        for part, cut in self._parts(handle, schedule):
            if cut.reduces_lanes:
                self._partial_sums(part, cut)
            else:
                self._rows(part, cut)

    def _parts(self, handle: str, schedule: Schedule) -> list[tuple[str, Schedule]]:
        """Split an operation where blocks and vectors end; gives the parts that fill vectors."""
        pending = [(handle, schedule)]
        for loop in [*schedule.blocks, schedule.lane]:
            parts: list[tuple[str, Schedule]] = []
            for part, cut in pending:
                parts += self._parts_along(part, cut, loop)
            pending = parts
        return pending

    def _parts_along(self, part: str, cut: Schedule, loop: int) -> list[tuple[str, Schedule]]:
        """Split along one loop: whole blocks, a smaller block, and what fills no vector."""
        extent = cut.extents[loop]
        unit = cut.blocks.get(loop, cut.lanes if loop == cut.lane else 1)
        least = cut.lanes if loop == cut.lane else 1
        after = extent // unit * unit
        if after == extent:
            return [(part, cut)]
        if after == 0:
            return [(part, cut.with_block(loop, extent))] if extent % least == 0 else []
        main, rest = self._split(part, loop, after)
        found = [(main, cut.with_extent(loop, after))]
        if loop == cut.lane and cut.reduces_lanes:
            left = cut.with_extent(loop, extent - after)
            enough = extent - after >= SHORTEST
            return [*found, (rest, left.with_lanes(extent - after))] if enough else found
        block = (extent - after) // least * least
        if block == 0:
            return found
        if block < extent - after:
            rest, _ = self._split(rest, loop, block)
        return [*found, (rest, cut.with_extent(loop, block).with_block(loop, block))]

    def _split(self, handle: str, loop: int, after: int) -> tuple[str, str]:
        parts, main, rest = self._name(), self._name(), self._name()
        self.lines.append(
            f"{parts} = transform.structured.split {handle} after {after} "
            f"{{dimension = {loop}}} : {_ANY}"
        )
        self._line([main, rest], f"transform.split_handle {parts}", 1)
        return main, rest

    def _tile(self, handle: str, sizes: dict[int, int], order: list[int], count: int) -> list[str]:
        """Cut loops into blocks; returns the inner operation and the loops, outermost first."""
        tiled, loops = self._name(), [self._name() for _ in order]
        listed = [sizes.get(loop, 0) for loop in range(count)]
        numbers = sorted(sizes)
        turn = [numbers.index(loop) for loop in order]
        self._line(
            [tiled, *loops],
            f"transform.structured.tile_using_for {handle} tile_sizes {listed} "
            f"interchange = {turn}",
            1,
        )
        return [tiled, *loops]

    def _partial_sums(self, part: str, schedule: Schedule) -> None:
        """Sum lane by lane in vectors, for a block of rows at once, then over the lanes."""
        count = len(schedule.extents)
        rows = {loop: schedule.blocks.get(loop, 1) for loop in schedule.order}
        outer = [loop for loop in schedule.reductions if loop != schedule.lane]
        sizes = rows | dict.fromkeys(outer, 1)
        if sizes:
            part = self._tile(part, sizes, [*schedule.order, *outer], count)[0]
        fills = [self._name() for _ in range(schedule.results)]
        ends = [self._name() for _ in range(schedule.results)]
        inner, loop = self._name(), self._name()
        lanes = [schedule.lanes if n == schedule.lane else 0 for n in range(count)]
        self._line(
            [*fills, inner, *ends, loop],
            f"transform.structured.tile_reduction_using_for {part} by tile_sizes = {lanes}",
            1,
        )
        self._vectors([inner, *fills, *ends], loop)

    def _rows(self, part: str, schedule: Schedule) -> None:
        """Take neighbouring results as a vector, and run over what each combines."""
        count = len(schedule.extents)
        sizes = {loop: 1 for loop in (*schedule.order, *schedule.reductions)}
        sizes[schedule.lane] = schedule.blocks[schedule.lane]
        inner, *loops = self._tile(part, sizes, [*schedule.order, *schedule.reductions], count)
        self._vectors([inner], loops[-1])

    def _vectors(self, handles: list[str], loop: str) -> None:
        for handle in handles:
            self.lines.append(f"transform.structured.vectorize {handle} : {_ANY}")
        self.lines.append(f"transform.apply_licm to {loop} : {_ANY}")
        self.lines.append(f"transform.loop.hoist_loop_invariant_subsets {loop} : {_ANY}")
