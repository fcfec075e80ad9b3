"""How values lie in memory, and what every kernel's function has in common."""

from spatial_opt.runtime.native.text import Val, Writer

WIDTH = 16
"""Firings computed at once: a 512-bit vector of 32-bit elements."""


def memory_kind(stored: str) -> str:
    """Give the MLIR element type of stored elements."""
    return "i16" if stored == "bf16" else stored


def held_value(w: Writer, v: Val, stored: str, kind: str) -> Val:
    """Bring a loaded element to the kind that values have in registers."""
    if stored == "f16":
        return w.cast("arith.extf", v, "f32")
    if stored == "bf16":
        wide = w.cast("arith.extui", v, "i32")
        shifted = w.binary("arith.shli", wide, w.integer(16, "i32", v.width))
        return w.cast("arith.bitcast", shifted, "f32")
    if kind == "i1":
        return w.compare("arith.cmpi ne", v, w.integer(0, v.kind, v.width))
    if v.kind != kind:
        return w.cast("arith.trunci", v, kind)
    return v


def stored_value(w: Writer, v: Val, stored: str) -> Val:
    """Bring a value to the kind it has in memories that change."""
    if v.kind == stored:
        return v
    return w.cast("arith.extui" if v.kind == "i1" else "arith.extsi", v, stored)


def signature(outer: int) -> tuple[str, list[Val]]:
    """Give the parameter list and the outer counters."""
    counters = [Val(f"%t{i}", "i64") for i in range(outer)]
    parameters = ["%arena: !llvm.ptr", "%row: !llvm.ptr", "%flag: !llvm.ptr"]
    parameters += [f"{c.name}: i64" for c in counters]
    return ", ".join(parameters), counters


def load_slot(w: Writer, slot: int) -> Val:
    """Load a number of the kernel's row of the table."""
    return w.load(w.address_at(Val("%row", "!llvm.ptr"), slot, "i64"), "i64")
