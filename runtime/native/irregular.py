"""Functions that move tokens one by one, for addresses of any affine form."""

from spatial_opt.runtime.native.access import emit_affine
from spatial_opt.runtime.native.conversion import kind_of
from spatial_opt.runtime.native.kernel import Irregular, Structure
from spatial_opt.runtime.native.storage import (
    held_value,
    load_slot,
    memory_kind,
    signature,
    stored_value,
)
from spatial_opt.runtime.native.text import Val, Writer


def emit_irregular(name: str, structure: Structure) -> str:
    """Give the function: loops over firings and ports; what is outside is skipped or 0."""
    irregular = structure.irregular
    if irregular is None:
        raise RuntimeError("a regular kernel; this is a bug")
    parameters, outer = signature(structure.outer)
    emitter = _Emitter(structure, irregular, outer)
    emitter.firings()
    # For size: copies of these loops for every outcome of their tests would take longer to compile
    # than they save.
    return (
        f"llvm.func internal @{name}({parameters}) "
        f'attributes {{passthrough = ["noinline", "optsize"]}} '
        f"{{\n{emitter.w.text()}\nllvm.return\n}}"
    )


class _Emitter:
    def __init__(self, structure: Structure, irregular: Irregular, outer: list[Val]) -> None:
        self.w = Writer()
        self.trips = structure.trips
        self.irregular = irregular
        self.outer = outer
        self.array_access = structure.accesses[0][1]
        self.buffer_accesses = [access for _, access in structure.accesses[1:]]
        self.stored = memory_kind(self.array_access.stored)
        self.held = self.buffer_accesses[0].stored
        self.width = 0 if irregular.lanes == 1 else irregular.lanes

    def firings(self) -> None:
        """Emit everything."""
        w, irregular = self.w, self.irregular
        arena = Val("%arena", "!llvm.ptr")
        array = w.address(arena, load_slot(w, 0), "i8")
        buffers: list[Val] = []
        for port, access in enumerate(self.buffer_accesses):
            buffer = w.address(arena, load_slot(w, 1 + port), "i8")
            for factor, expr in access.outer:
                term = w.scaled(emit_affine(w, expr, self.outer), factor)
                buffer = w.address(buffer, term, self.held)
            buffers.append(buffer)
        first = 1 + irregular.ports
        constants = [load_slot(w, first + d) for d in range(len(irregular.exprs))]
        counters = [self._loop(trip) for trip in self.trips]
        firing = w.integer(0)
        for counter, trip in zip(counters, self.trips, strict=True):
            firing = w.add(w.scaled(firing, trip), counter)
        token = w.scaled(firing, irregular.lanes)
        indices = [
            w.add(emit_affine(w, expr, [*self.outer, *counters]), constant)
            for expr, constant in zip(irregular.exprs, constants, strict=True)
        ]
        for port, buffer in enumerate(buffers):
            along = [*indices[:-1], w.add(indices[-1], w.integer(port * irregular.port_step))]
            self._token(array, along, w.address(buffer, token, self.held))
        for _ in self.trips:
            w.line("}")

    def _loop(self, trip: int) -> Val:
        w = self.w
        index = w.fresh()
        w.line(
            f"scf.for {index} = {w.integer(0).name} to {w.integer(trip).name} "
            f"step {w.integer(1).name} : i64 {{"
        )
        return Val(index, "i64")

    def _token(self, array: Val, indices: list[Val], there: Val) -> None:
        """Move a token between its buffer and the elements that begin at some indices."""
        w, irregular, width = self.w, self.irregular, self.width
        inside, offset = w.integer(1, "i1", width), w.integer(0)
        for dim, (index, size) in enumerate(zip(indices, irregular.sizes, strict=True)):
            tested = index
            if width and dim == len(indices) - 1:
                tested = w.binary("arith.addi", index, w.steps(width))
            within = w.compare("arith.cmpi ult", tested, w.integer(size))
            inside = w.binary("arith.andi", inside, within)
            offset = w.add(offset, w.scaled(index, irregular.strides[dim]))
        if irregular.checked:
            self._report(inside)
        here = w.address(array, offset, self.stored)
        if irregular.stores:
            self._store(w.load(there, self.held, width), here, inside)
            return
        raw = self._load(here, inside)
        access = self.array_access
        value = held_value(w, raw, access.stored, kind_of(access.element))
        w.store(stored_value(w, value, self.held), there)

    def _report(self, inside: Val) -> None:
        w = self.w
        outside = w.binary("arith.xori", inside, w.integer(1, "i1", inside.width))
        if outside.width:
            outside = w.op(f"vector.reduction <or>, {outside.name} : {outside.type} into i1", "i1")
        flag = Val("%flag", "!llvm.ptr")
        found = w.cast("arith.extui", outside, "i32")
        w.store(w.binary("arith.ori", w.load(flag, "i32"), found), flag)

    def _store(self, value: Val, here: Val, inside: Val) -> None:
        w = self.w
        if not value.width:
            w.line(f"scf.if {inside.name} {{")
            w.store(value, here)
            w.line("}")
            return
        w.masked_store(value, here, inside)

    def _load(self, here: Val, inside: Val) -> Val:
        """Load what is inside; the rest is zero."""
        w, kind = self.w, self.stored
        if self.width:
            return w.masked_load(here, inside, kind)
        zero = w.zero(kind)
        found = Val(w.fresh(), kind)
        w.line(f"{found.name} = scf.if {inside.name} -> ({kind}) {{")
        loaded = w.load(here, kind)
        w.line(f"scf.yield {loaded.name} : {kind}")
        w.line("} else {")
        w.line(f"scf.yield {zero.name} : {kind}")
        w.line("}")
        return found
