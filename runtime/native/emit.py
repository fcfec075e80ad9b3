"""
The function of a kernel as MLIR text: loops, loads, the graph of its body, stores.

One counter (the *SIMD counter*) advances by `WIDTH` firings at a time, and every value is a vector
over those firings; a value that does not depend on it stays a scalar. A token of N lanes is N such
values. So a fold over lanes needs no shuffles, and its tree is computed exactly as it is written.
"""

from collections.abc import Sequence

from spatial_opt.runtime.native import arithmetic
from spatial_opt.runtime.native.access import emit_affine
from spatial_opt.runtime.native.conversion import kind_of
from spatial_opt.runtime.native.irregular import emit_irregular
from spatial_opt.runtime.native.kernel import Structure
from spatial_opt.runtime.native.products import Products
from spatial_opt.runtime.native.storage import WIDTH, load_slot, memory_kind, signature
from spatial_opt.runtime.native.stores import Stores
from spatial_opt.runtime.native.text import Val, type_text
from spatial_opt.runtime.native.values import Plan

_UNROLLED = 64
"""Lanes whose tree is written out; wider trees are loops, which compile faster."""


def emit_kernel(name: str, structure: Structure, plan: Plan) -> str:
    """Give the function `name(arena, row, flag, outer counters...)` of a kernel."""
    if structure.irregular is not None:
        return emit_irregular(name, structure)
    return _Function(name, structure, plan).text()


class _Function(Stores):
    def __init__(self, name: str, structure: Structure, plan: Plan) -> None:
        super().__init__(structure, plan)
        self.name = name
        self.parameters, self.outer = signature(structure.outer)

    # --- frame

    def text(self) -> str:
        """Give the whole function."""
        w, structure = self.w, self.structure
        arena = Val("%arena", "!llvm.ptr")
        for slot, (node, access) in enumerate(structure.accesses):
            offset = load_slot(w, slot)
            self.bases[node] = w.address(arena, offset, "i8")
        slot = len(structure.accesses)
        for node, access in structure.accesses:
            for expr in access.terms:
                # The same for the whole activation.
                term = w.binary("arith.muli", emit_affine(w, expr, self.outer), load_slot(w, slot))
                kind = memory_kind(access.stored)
                self.bases[node] = w.address(self.bases[node], term, kind)
                slot += 1
        low = None
        if structure.window:
            low = load_slot(w, slot)
            self.high = load_slot(w, slot + 1)
            if structure.window > 1:
                self.elements = load_slot(w, slot + 2), load_slot(w, slot + 3)
        loops = 0
        for counter in range(structure.fold_depth):
            if counter == self.simd:
                continue
            across = counter == self.plan.across
            self._open(counter, structure.trips[counter], self.plan.blocks if across else 1)
            loops += 1
        if self.simd is not None:
            trip = structure.trips[self.simd]
            step = self.plan.step
            begin = w.integer(0) if low is None else low
            end = w.integer(trip) if self.high is None else self.high
            self.high = end
            name = w.fresh()
            w.line(
                f"scf.for {name} = {begin.name} to {end.name} step {w.integer(step).name} : i64 {{"
            )
            self.counters[self.simd] = Val(name, "i64")
            loops += 1
        self._body()
        for _ in range(loops):
            w.line("}")
        return (
            f"llvm.func internal @{self.name}({self.parameters}) "
            f'attributes {{passthrough = ["noinline"]}} {{\n{w.text()}\nllvm.return\n}}'
        )

    def _open(self, counter: int, trip: int, step: int) -> None:
        w = self.w
        name = w.fresh()
        w.line(
            f"scf.for {name} = {w.integer(0).name} to {w.integer(trip).name} "
            f"step {w.integer(step).name} : i64 {{"
        )
        self.counters[counter] = Val(name, "i64")

    def _body(self) -> None:
        structure, blocks = self.structure, range(self.plan.blocks)
        folds = [i for i, n in enumerate(self.nodes) if n.accumulates]
        early = [
            i for i, n in enumerate(self.nodes) if n.kind == "send" and i not in structure.late
        ]
        if folds or early:
            self._accumulate(folds, early)
        self._forget()
        late = [i for i in sorted(structure.late) if self.nodes[i].kind == "send"]
        needed = self._operations(late)
        for block in blocks:
            for i in needed:
                # In order, so that a long chain of operations is no deep recursion.
                self._value(i, 0, block)
            for i in late:
                self._send(i, self.nodes[i], block)

    def _operations(self, sends: Sequence[int]) -> list[int]:
        """List the scalar operations that sends need, the first to be computed first."""
        seen: set[int] = set()
        pending = [a for send in sends for a in self.nodes[send].args]
        while pending:
            index = pending.pop()
            if index not in seen and not self.nodes[index].accumulates:
                seen.add(index)
                pending += self.nodes[index].args
        return [i for i in sorted(seen) if self.nodes[i].kind == "op" and self.nodes[i].lanes == 1]

    def _accumulate(self, folds: Sequence[int], early: Sequence[int]) -> None:
        w, blocks = self.w, range(self.plan.blocks)
        inner = range(self.structure.fold_depth, len(self.structure.trips))
        keys = [
            (fold, lane, block)
            for fold in folds
            for lane in range(self.nodes[fold].lanes)
            for block in blocks
        ]
        current: list[Val] = []
        for fold, _, _ in keys:
            kind = self.nodes[fold].reduction
            current.append(arithmetic.identity(w, kind, self.nodes[fold].type, self.width))
        results: list[list[Val]] = []
        trips = [self.structure.trips[i] for i in inner]
        if self.plan.products is not None:
            # The lanes, two at a time, are one more loop.
            trips.append(self.nodes[self.plan.products.constant].lanes // 2)
        indices: list[Val] = []
        for trip in trips:
            name = w.fresh()
            indices.append(Val(name, "i64"))
            head = (
                f"scf.for {name} = {w.integer(0).name} to {w.integer(trip).name} "
                f"step {w.integer(1).name}"
            )
            types = ", ".join(v.type for v in current)
            made = [Val(w.fresh(), v.kind, v.width) for v in current]
            carried = [Val(w.fresh(), v.kind, v.width) for v in current]
            pairs = ", ".join(f"{c.name} = {v.name}" for c, v in zip(carried, current, strict=True))
            if current:
                names = ", ".join(v.name for v in made)
                w.line(f"{names} = {head} iter_args({pairs}) -> ({types}) : i64 {{")
            else:
                w.line(f"{head} : i64 {{")
            results.append(made)
            current = carried
        for counter, index in zip(inner, indices, strict=False):
            self.counters[counter] = index
        self._forget()
        if self.plan.products is not None:
            current = self._multiply_add(self.plan.products, indices[-1], current)
        else:
            for block in blocks:
                for send in early:
                    self._send(send, self.nodes[send], block)
                for n, (fold, lane, of) in enumerate(keys):
                    if of == block:
                        current[n] = self._fold(fold, lane, block, current[n])
                        if not trips:
                            # Final at once: what further folds accumulate may be made of it.
                            self.folded[fold, lane, block] = current[n]
        for made in reversed(results):
            if made:
                names = ", ".join(v.name for v in current)
                types = ", ".join(v.type for v in current)
                w.line(f"scf.yield {names} : {types}")
            w.line("}")
            current = made if made else current
        for counter in inner:
            self.counters[counter] = None
        self.folded = dict(zip(keys, current, strict=True))

    def _fold(self, index: int, lane: int, block: int, accumulator: Val) -> Val:
        node = self.nodes[index]
        kind = node.reduction
        parts = self._parts(index)
        if node.lanes == self.nodes[node.args[0]].lanes:
            value = self._value(node.args[0], lane, block)
        else:
            value = self._tree(index, block) if parts == 1 else self._chunked(index, block, parts)
        total = arithmetic.combine(self.w, kind, accumulator, value, node.type)
        return self.w.splat(total, self.width)

    def _parts(self, index: int) -> int:
        """Give the number of equal subtrees of a fold that are computed by one loop."""
        lanes = self.nodes[self.nodes[index].args[0]].lanes
        longest = max(node.lanes for node in self.nodes)
        if longest <= _UNROLLED or lanes & (lanes - 1) or longest % _UNROLLED:
            return 1
        parts = longest // _UNROLLED
        uniform = all(
            node.lanes == 1
            or (node.lanes % parts == 0 and node.kind not in ("constant", "fold", "repeat"))
            for node in self.nodes
        )
        return parts if uniform and parts <= lanes and not parts & (parts - 1) else 1

    def _chunked(self, index: int, block: int, parts: int) -> Val:
        """Compute a wide tree as a loop over subtrees, whose values wait on the stack."""
        w, node = self.w, self.nodes[index]
        kind = node.reduction
        signed = index not in self.unsigned_zero
        value_kind = kind_of(node.type)
        stack = w.stack(parts, value_kind, self.width)
        part = Val(w.fresh(), "i64")
        w.line(
            f"scf.for {part.name} = {w.integer(0).name} to {w.integer(parts).name} "
            f"step {w.integer(1).name} : i64 {{"
        )
        self._forget()
        self.part = part, parts
        value = w.splat(self._tree(index, block, parts), self.width)
        size = max(self.width, 1)
        w.store(value, w.address(stack, w.scaled(part, size), value_kind))
        w.line("}")
        self.part = None
        self._forget()
        values = [
            w.load(w.address_at(stack, n * size, value_kind), value_kind, self.width)
            for n in range(parts)
        ]
        while len(values) > 1:
            pairs = zip(values[::2], values[1::2], strict=True)
            values = [arithmetic.combine(w, kind, a, b, node.type, signed) for a, b in pairs]
        return values[0]

    # --- exact integer products

    def _multiply_add(self, products: Products, pair: Val, current: list[Val]) -> list[Val]:
        """
        Add the products of two adjacent lanes: LLVM's pattern of a 16-bit multiply-add.

        Integers may be summed in any order, so pairs are added where they are.
        """
        rows: dict[int, Val] = {}
        shared: dict[int, Val] = {}
        sums: list[Val] = []
        for block in range(self.plan.blocks):
            # Blocks that are apart along another counter may have either factor in common.
            mine = block if self._differs(products.varying) else 0
            if mine not in shared:
                shared[mine] = self._spread_pair(products.varying, pair, mine)
            own = block if self._differs(products.constant) else 0
            if own not in rows:
                rows[own] = self._pair_of_rows(products.constant, pair, own)
            sums.append(self._add_pairs(current[block], rows[own], shared[mine]))
        return sums

    def _differs(self, index: int) -> bool:
        """Whether a load is not the same for all blocks."""
        across = self.plan.across
        counter = self.simd if across is None else across
        return counter is not None and self.access[index].coefficients[counter] != 0

    def _spread_pair(self, index: int, pair: Val, block: int) -> Val:
        """Load two adjacent lanes that all firings share, in turn over a vector of 32 bits."""
        w, two = self.w, 2 * WIDTH
        pointer = self._pointer(index, block)
        pointer = w.address(pointer, w.scaled(pair, 2 * self.access[index].lane), "i16")
        both = w.splat(w.load_pair(pointer), WIDTH)
        spread = w.op(
            f"vector.bitcast {both.name} : {both.type} to {type_text('i16', two)}", "i16", two
        )
        return w.cast("arith.extsi", spread, "i32")

    def _pair_of_rows(self, index: int, pair: Val, block: int) -> Val:
        """Load two adjacent lanes of every firing."""
        w, access = self.w, self.access[index]
        kind = memory_kind(access.stored)
        address = self._pointer(index, block)
        address = w.address(address, w.scaled(pair, 2 * access.lane), kind)
        return w.cast("arith.extsi", w.load(address, kind, 2 * WIDTH), "i32")

    def _add_pairs(self, total: Val, rows: Val, spread: Val) -> Val:
        w = self.w
        product = w.binary("arith.muli", rows, spread)
        even, odd = w.fresh(), w.fresh()
        wide, half = type_text("i32", 2 * WIDTH), type_text("i32", WIDTH)
        w.line(f"{even}, {odd} = vector.deinterleave {product.name} : {wide} -> {half}")
        pair_sum = w.binary("arith.addi", Val(even, "i32", WIDTH), Val(odd, "i32", WIDTH))
        return w.binary("arith.addi", total, pair_sum)
