"""
Native code that stores the user's arrays: converted to a format, and in blocks of rows.

Numbers are converted as by `spatial_opt.runtime.numerics.quantise`, sixteen at a time.
"""

from dataclasses import dataclass

from xdsl.dialects.builtin import f32
from xdsl.ir import Attribute

from spatial_opt.runtime.formats import float_format
from spatial_opt.runtime.native.conversion import convert
from spatial_opt.runtime.native.storage import WIDTH, memory_kind, stored_value
from spatial_opt.runtime.native.text import Val, Writer, type_text


@dataclass(frozen=True)
class Filling:
    """One way to store numbers, and so one function."""

    element: Attribute
    scaled: bool
    """Whether numbers are multiplied by a number of the table before they are converted."""
    stored: str
    group: int = 0
    """Adjacent elements of a row that stay together in a block of rows; 0 for a flat array."""


def emit_filling(name: str, filling: Filling) -> str:
    """
    Give the function `name(source, target, table, flag)` that fills an array from f32 numbers.

    The table begins with the bits of the scale. Flat: then the number of elements. In blocks: the
    number of blocks, the length of a row, the step from one element of a row to the next, then the
    offset of each row. The flag is raised for NaN in an integer format.
    """
    w = Writer()
    source, target, table = (Val(n, "!llvm.ptr") for n in ("%source", "%target", "%table"))

    def slot(index: int) -> Val:
        return w.load(w.address_at(table, index, "i64"), "i64")

    scale = w.load(table, "f32") if filling.scaled else None
    if filling.group == 0:
        count = slot(1)
        index = _loop(w, count, WIDTH)
        left = w.op(f"arith.subi {count.name}, {index.name} : i64", "i64")
        mask = w.compare("arith.cmpi slt", w.steps(WIDTH), left)
        address = w.address(source, index, "f32")
        zero = w.real(0.0, WIDTH)
        value = w.op(
            f"llvm.intr.masked.load {address.name}, {mask.name}, {zero.name} "
            f"{{alignment = 4 : i32}} : (!llvm.ptr, {mask.type}, {zero.type}) -> {zero.type}",
            "f32",
            WIDTH,
        )
        stored = _converted(w, value, scale, filling)
        here = w.address(target, index, stored.kind)
        w.line(
            f"llvm.intr.masked.store {stored.name}, {here.name}, {mask.name} "
            f"{{alignment = 1 : i32}} : {stored.type}, {mask.type} into !llvm.ptr"
        )
        w.line("}")
    else:
        blocks, length, step = slot(1), slot(2), slot(3)
        block = _loop(w, blocks, 1)
        row = w.add(w.scaled(block, WIDTH), w.integer(4))
        offsets = w.load(w.address(table, row, "i64"), "i64", WIDTH)
        start = w.op(f"arith.muli {w.scaled(block, WIDTH).name}, {length.name} : i64", "i64")
        column = _loop(w, length, filling.group)
        values: list[Val] = []
        for member in range(filling.group):
            along = w.add(column, w.integer(member)) if member else column
            moved = w.op(f"arith.muli {along.name}, {step.name} : i64", "i64")
            positions = w.binary("arith.addi", offsets, moved)
            value = _gathered(w, source, positions)
            values.append(_converted(w, value, scale, filling))
        whole = values[0]
        if filling.group == 2:
            kind, width = whole.kind, 2 * WIDTH
            whole = w.op(
                f"vector.interleave {whole.name}, {values[1].name} : {whole.type} -> "
                f"{type_text(kind, width)}",
                kind,
                width,
            )
        place = w.add(start, w.scaled(column, WIDTH))
        w.store(whole, w.address(target, place, whole.kind))
        w.line("}")
        w.line("}")
    parameters = ", ".join(f"%{n}: !llvm.ptr" for n in ("source", "target", "table", "flag"))
    return (
        f"func.func @{name}({parameters}) attributes {{llvm.emit_c_interface}} "
        f"{{\n{w.text()}\nreturn\n}}"
    )


def _loop(w: Writer, count: Val, step: int) -> Val:
    index = w.fresh()
    w.line(
        f"scf.for {index} = {w.integer(0).name} to {count.name} "
        f"step {w.integer(step).name} : i64 {{"
    )
    return Val(index, "i64")


def _gathered(w: Writer, source: Val, positions: Val) -> Val:
    pointers = w.fresh()
    w.line(
        f"{pointers} = llvm.getelementptr {source.name}[{positions.name}] : "
        f"(!llvm.ptr, {positions.type}) -> vector<{WIDTH}x!llvm.ptr>, f32"
    )
    everyone, zero = w.integer(1, "i1", WIDTH), w.real(0.0, WIDTH)
    return w.op(
        f"llvm.intr.masked.gather {pointers}, {everyone.name}, {zero.name} "
        f"{{alignment = 4 : i32}} : (vector<{WIDTH}x!llvm.ptr>, {everyone.type}, {zero.type}) "
        f"-> {zero.type}",
        "f32",
        WIDTH,
    )


def _converted(w: Writer, value: Val, scale: Val | None, filling: Filling) -> Val:
    if float_format(filling.element) is None:
        missing = w.compare("arith.cmpf uno", value, value)
        found = w.op(f"vector.reduction <or>, {missing.name} : {missing.type} into i1", "i1")
        flag = Val("%flag", "!llvm.ptr")
        seen = w.binary("arith.ori", w.load(flag, "i32"), w.cast("arith.extui", found, "i32"))
        w.store(seen, flag)
    if scale is not None:
        value = w.binary("arith.mulf", value, scale)
    held = convert(w, value, f32, filling.element)
    if filling.stored == "bf16":
        bits = w.cast("arith.bitcast", held, "i32")
        bits = w.binary("arith.shrui", bits, w.integer(16, "i32", WIDTH))
        return w.cast("arith.trunci", bits, "i16")
    if filling.stored == "f16":
        return w.cast("arith.truncf", held, "f16")
    return stored_value(w, held, memory_kind(filling.stored))
