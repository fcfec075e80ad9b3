"""Functions that move tokens element by element, for addresses of any affine form."""

from spatial_opt.runtime.native.access import emit_affine
from spatial_opt.runtime.native.conversion import kind_of
from spatial_opt.runtime.native.kernel import Structure
from spatial_opt.runtime.native.storage import (
    held_value,
    load_slot,
    memory_kind,
    signature,
    stored_value,
)
from spatial_opt.runtime.native.text import Val, Writer


def emit_irregular(name: str, structure: Structure) -> str:
    """Give the function: loops over firings, ports and lanes; what is outside is skipped or 0."""
    w = Writer()
    irregular = structure.irregular
    if irregular is None:
        raise RuntimeError("a regular kernel; this is a bug")
    parameters, outer = signature(structure.outer)
    arena = Val("%arena", "!llvm.ptr")
    stored = memory_kind(structure.accesses[0][1].stored)
    held = structure.accesses[1][1].stored  # of the stream buffers
    array = w.address(arena, load_slot(w, 0), "i8")
    buffers: list[Val] = []
    first = 1 + irregular.ports
    for port in range(irregular.ports):
        buffer = w.address(arena, load_slot(w, 1 + port), "i8")
        for factor, expr in structure.accesses[1 + port][1].outer:
            term = w.scaled(emit_affine(w, expr, outer), factor)
            buffer = w.address(buffer, term, held)
        buffers.append(buffer)
    constants = [load_slot(w, first + d) for d in range(len(irregular.exprs))]

    def loop(trip: int) -> Val:
        index = w.fresh()
        w.line(
            f"scf.for {index} = {w.integer(0).name} to {w.integer(trip).name} "
            f"step {w.integer(1).name} : i64 {{"
        )
        return Val(index, "i64")

    counters = [loop(trip) for trip in structure.trips]
    firing = w.integer(0)
    for counter, trip in zip(counters, structure.trips, strict=True):
        firing = w.add(w.scaled(firing, trip), counter)
    for port, buffer in enumerate(buffers):
        lane = loop(irregular.lanes)
        token = w.add(w.scaled(firing, irregular.lanes), lane)
        along = w.add(lane, w.integer(port * irregular.lanes))
        inside = w.integer(1, "i1")
        offset = w.integer(0)
        last = len(irregular.exprs) - 1
        for dim, expr in enumerate(irregular.exprs):
            index = w.add(emit_affine(w, expr, [*outer, *counters]), constants[dim])
            if dim == last:
                index = w.add(index, along)
            within = w.compare("arith.cmpi ult", index, w.integer(irregular.sizes[dim]))
            inside = w.binary("arith.andi", inside, within)
            offset = w.add(offset, w.scaled(index, irregular.strides[dim]))
        if irregular.checked:
            flag = Val("%flag", "!llvm.ptr")
            outside = w.binary("arith.xori", inside, w.integer(1, "i1"))
            found = w.cast("arith.extui", outside, "i32")
            w.store(w.binary("arith.ori", w.load(flag, "i32"), found), flag)
        w.line(f"scf.if {inside.name} {{")
        here = w.address(array, offset, stored)
        there = w.address(buffer, token, held)
        if irregular.stores:
            w.store(w.load(there, held), here)
            w.line("}")
        else:
            raw = w.load(here, stored)
            access = structure.accesses[0][1]
            value = held_value(w, raw, access.stored, kind_of(access.element))
            w.store(stored_value(w, value, held), there)
            w.line("} else {")
            zero = w.real(0.0) if held == "f32" else w.integer(0, held)
            w.store(zero, w.address(buffer, token, held))
            w.line("}")
        w.line("}")
    for _ in structure.trips:
        w.line("}")
    # For size: copies of these loops for every outcome of their tests would take longer to compile
    # than they save.
    return (
        f"llvm.func internal @{name}({parameters}) "
        f'attributes {{passthrough = ["noinline", "optsize"]}} {{\n{w.text()}\nllvm.return\n}}'
    )
