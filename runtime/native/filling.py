"""Native code that fills arrays from the user's: in their order, or from places in tables."""

from collections.abc import Callable

from spatial_opt.runtime.formats import float_format
from spatial_opt.runtime.native.filled_values import FilledValues, Filling
from spatial_opt.runtime.native.storage import WIDTH, memory_kind
from spatial_opt.runtime.native.text import Val, Writer

SLOTS = (
    "scale", "count", "low", "high", "vector_low", "vector_high", "step", "vector_step",
    "places", "tests", "next_tests", "vector_places", "vector_tests", "next_vector_tests", "limit",
    "all_low", "all_high", "all_vector_low", "all_vector_high",
)  # fmt: skip
"""
Numbers of the table of a function, in this order; for elements in order only the first two.

Elements are stored in vectors of 16 *members*, which are rows of blocks, or columns of flat arrays;
the others are *lines*. `scale` are the bits of the scale. `count` elements, or members, exist.
Lines `low` to `high` and vectors `vector_low` to `vector_high` are filled; one is `step`, or
`vector_step`, elements behind the one before it. The others are addresses of i32 numbers: where
a line begins in the user's array, and which number is added for a test; the same of members. The
sum of both tests must be from 0 to below `limit`, or the element is zero. From one test to the next
are `next_tests` numbers, and from one vector of tests to the next, `next_vector_tests`. The last
four are lines and vectors to which all later parts of a sum will be added.
"""


def emit_filling(name: str, filling: Filling) -> str:
    """
    Give the function `name(source, target, table, flag)` that fills an array from f32 numbers.

    The flag is raised for NaN in an integer format.
    """
    emitter = _Emitter(filling)
    if filling.order == "same":
        emitter.copy()
    elif filling.group == 0:
        emitter.gather_flat()
    else:
        emitter.gather_blocks()
    parameters = ", ".join(f"%{n}: !llvm.ptr" for n in ("source", "target", "table", "flag"))
    return (
        f"func.func @{name}({parameters}) attributes {{llvm.emit_c_interface}} "
        f"{{\n{emitter.w.text()}\nreturn\n}}"
    )


class _Emitter:
    def __init__(self, filling: Filling) -> None:
        self.filling = filling
        self.w = Writer()
        self.source, self.target, self.table = (
            Val(n, "!llvm.ptr") for n in ("%source", "%target", "%table")
        )
        scale = self.w.load(self.table, "f32") if filling.scaled else None
        self.values = FilledValues(self.w, filling, scale)
        self.kind = memory_kind(filling.stored)

    # --- the three orders

    def copy(self) -> None:
        """Fill an array with all numbers, in order."""
        w = self.w
        count = self._slot("count")
        index = self._loop(w.integer(0), count, WIDTH)
        mask = self._mask(count, index)
        address = w.address(self.source, index, "f32")
        value = self.values.kept(self.values.held(w.masked_load(address, mask, "f32")))
        w.masked_store(value, w.address(self.target, index, self.kind), mask)
        w.line("}")

    def gather_flat(self) -> None:
        """Fill rows with what stands at places, sixteen columns at once."""
        w = self.w
        count, step, vector_step = (self._slot(n) for n in ("count", "step", "vector_step"))
        members, limit = self._members(), self._limit()
        vectors = self._slot("vector_low"), self._slot("vector_high")
        line = self._loop(self._slot("low"), self._slot("high"), 1)
        begin = self._begin(line)
        test = self._entry("tests", line, self._slot("next_tests"))
        row = w.address(self.target, self._times(line, step), self.kind)
        vector = self._loop(*vectors, 1)
        places, tests = members(vector)
        value = self._found(begin, places, tests, test, limit, self._zero(line, vector))
        here = w.address(row, self._times(vector, vector_step), self.kind)
        mask = self._mask(count, w.scaled(vector, WIDTH))
        if self.filling.part == "later":
            value = self.values.added(value, w.masked_load(here, mask, self.kind))
        w.masked_store(self.values.kept(value), here, mask)
        w.line("}")
        w.line("}")

    def gather_blocks(self) -> None:
        """Fill blocks of sixteen rows with what stands at places."""
        w, group = self.w, self.filling.group
        step, vector_step = self._slot("step"), self._slot("vector_step")
        lines = self._slot("low"), self._slot("high")
        members, limit = self._members(), self._limit()
        vector = self._loop(self._slot("vector_low"), self._slot("vector_high"), 1)
        places, tests = members(vector)
        block = w.address(self.target, self._times(vector, vector_step), self.kind)
        line = self._loop(*lines, group)
        found: list[Val] = []
        for number in range(group):
            at = w.add(line, w.integer(number)) if number else line
            begin = self._begin(at)
            test = self._entry("tests", at, self._slot("next_tests"))
            zero = self._zero(at, vector)
            found.append(self._found(begin, places, tests, test, limit, zero))
        here = w.address(block, self._times(line, step), self.kind)
        if self.filling.part == "later":
            there = self.values.split(w.load(here, self.kind, group * WIDTH))
            found = [self.values.added(a, b) for a, b in zip(found, there, strict=True)]
        w.store(self.values.together([self.values.kept(value) for value in found]), here)
        w.line("}")
        w.line("}")

    # --- the table

    def _slot(self, name: str) -> Val:
        return self.w.load(self.w.address_at(self.table, SLOTS.index(name), "i64"), "i64")

    def _pointer(self, name: str) -> Val:
        address = self._slot(name)
        return self.w.op(f"llvm.inttoptr {address.name} : i64 to !llvm.ptr", "!llvm.ptr")

    def _limit(self) -> Val:
        return self.w.splat(self.w.cast("arith.trunci", self._slot("limit"), "i32"), WIDTH)

    def _begin(self, line: Val) -> Val:
        """Give the address in the user's array where a line begins."""
        place = self._entry("places", line, self.w.integer(1))
        return self.w.address(self.source, self.w.cast("arith.extsi", place, "i64"), "f32")

    def _entry(self, name: str, line: Val, step: Val) -> Val:
        """Load a number of a line."""
        w = self.w
        return w.load(w.address(self._pointer(name), self._times(line, step), "i32"), "i32")

    def _members(self) -> Callable[[Val], tuple[Val, Val]]:
        """Give what loads the places and tests of a vector of members."""
        w, step = self.w, self._slot("next_vector_tests")
        places, tests = self._pointer("vector_places"), self._pointer("vector_tests")

        def load(vector: Val) -> tuple[Val, Val]:
            first = w.address(places, w.scaled(vector, WIDTH), "i32")
            test = w.address(tests, self._times(vector, step), "i32")
            return w.load(first, "i32", WIDTH), w.load(test, "i32", WIDTH)

        return load

    # --- values

    def _zero(self, line: Val, vector: Val) -> Val | None:
        """
        Give what to add to values of the first part of a sum, so that zeros get their sign.

        What no part of a sum reaches counts as +0, and -0 + 0 is +0.
        """
        if self.filling.part != "first" or float_format(self.filling.element) is None:
            return None
        w = self.w
        everywhere = w.integer(1, "i1")
        for index, name in ((line, "all"), (vector, "all_vector")):
            above = w.compare("arith.cmpi sge", index, self._slot(f"{name}_low"))
            below = w.compare("arith.cmpi slt", index, self._slot(f"{name}_high"))
            everywhere = w.binary("arith.andi", everywhere, w.binary("arith.andi", above, below))
        return w.select(everywhere, w.real(-0.0), w.real(0.0))

    def _found(
        self, begin: Val, places: Val, tests: Val, test: Val, limit: Val, zero: Val | None
    ) -> Val:
        """Gather numbers at places from where a line begins, and convert them."""
        w = self.w
        mask = w.compare("arith.cmpi ult", w.binary("arith.addi", tests, test), limit)
        value = w.masked_gather(begin, places, mask, "f32")
        held = self.values.held(value)
        return held if zero is None else w.binary("arith.addf", held, zero)

    # --- loops

    def _mask(self, count: Val, first: Val) -> Val:
        """Tell which of sixteen elements exist."""
        w = self.w
        left = w.op(f"arith.subi {count.name}, {first.name} : i64", "i64")
        return w.compare("arith.cmpi slt", w.steps(WIDTH), left)

    def _times(self, a: Val, b: Val) -> Val:
        return self.w.op(f"arith.muli {a.name}, {b.name} : i64", "i64")

    def _loop(self, low: Val, high: Val, step: int) -> Val:
        w = self.w
        index = w.fresh()
        w.line(f"scf.for {index} = {low.name} to {high.name} step {w.integer(step).name} : i64 {{")
        return Val(index, "i64")
