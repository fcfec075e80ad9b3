"""
The function of a kernel as MLIR text: loops, loads, the graph of its body, stores.

One counter (the *SIMD counter*) advances by `WIDTH` firings at a time, and every value is a vector
over those firings; a value that does not depend on it stays a scalar. A token of N lanes is N such
values. So a fold over lanes needs no shuffles, and its tree is computed exactly as it is written.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from spatial_opt.runtime.formats import float_format
from spatial_opt.runtime.native import arithmetic
from spatial_opt.runtime.native.access import Access, emit_affine
from spatial_opt.runtime.native.body import Node
from spatial_opt.runtime.native.kernel import Structure
from spatial_opt.runtime.native.products import Products
from spatial_opt.runtime.native.text import Val, Writer, kind_bytes, type_text

WIDTH = 16
"""Firings computed at once: a 512-bit vector of 32-bit elements."""


_UNROLLED = 64
"""Lanes whose tree is written out; wider trees are loops, which compile faster."""


@dataclass(frozen=True)
class Plan:
    """How a structure is computed."""

    simd: int | None
    """The SIMD counter."""
    blocks: int = 1
    """Vectors of firings processed together, which share what does not depend on the counter."""
    products: Products | None = None
    """Set if the fold is an exact sum of integer products."""


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


def emit_kernel(name: str, structure: Structure, plan: Plan) -> str:
    """Give the function `name(arena, row, flag, outer counters...)` of a kernel."""
    if structure.irregular is not None:
        from spatial_opt.runtime.native.irregular import emit_irregular

        return emit_irregular(name, structure)
    return _Function(name, structure, plan).text()


def signature(outer: int) -> tuple[str, list[Val]]:
    """Give the parameter list and the outer counters."""
    counters = [Val(f"%t{i}", "i64") for i in range(outer)]
    parameters = ["%arena: !llvm.ptr", "%row: !llvm.ptr", "%flag: !llvm.ptr"]
    parameters += [f"{c.name}: i64" for c in counters]
    return ", ".join(parameters), counters


def load_slot(w: Writer, slot: int) -> Val:
    """Load a number of the kernel's row of the table."""
    return w.load(w.address_at(Val("%row", "!llvm.ptr"), slot, "i64"), "i64")


class _Function:
    def __init__(self, name: str, structure: Structure, plan: Plan) -> None:
        self.name = name
        self.structure = structure
        self.plan = plan
        self.w = Writer()
        self.nodes = structure.nodes
        self.access = dict(structure.accesses)
        self.parameters, self.outer = signature(structure.outer)
        self.bases: dict[int, Val] = {}
        self.counters: list[Val | None] = [None] * len(structure.trips)
        self.memo: dict[tuple[int, int, int], Val] = {}
        self.pointers: dict[tuple[int, int], Val] = {}
        self.part: tuple[Val, int] | None = None
        self.folded: dict[tuple[int, int], Val] = {}
        self.masks: dict[int, Val] = {}
        self.simd = plan.simd
        self.width = 0 if plan.simd is None else WIDTH
        trip = 1 if plan.simd is None else structure.trips[plan.simd]
        self.ragged = structure.window > 0 or bool(self.width and trip % (WIDTH * plan.blocks))
        self.high: Val | None = None
        self.elements: tuple[Val, Val] | None = None
        self.guarded = self.ragged and (
            structure.window > 0
            or plan.simd != 0
            or any(
                a.memory or a.coefficients[plan.simd] != 1
                for i, a in structure.accesses
                if self.nodes[i].kind == "send"
            )
        )
        self.unsigned_zero = _zero_sign_free(self.nodes)

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
            self._open(counter, structure.trips[counter])
            loops += 1
        if self.simd is not None:
            trip = structure.trips[self.simd]
            step = WIDTH * self.plan.blocks
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
            f"func.func private @{self.name}({self.parameters}) "
            f'attributes {{passthrough = ["noinline"]}} {{\n{w.text()}\nreturn\n}}'
        )

    def _open(self, counter: int, trip: int) -> None:
        w = self.w
        name = w.fresh()
        w.line(
            f"scf.for {name} = {w.integer(0).name} to {w.integer(trip).name} "
            f"step {w.integer(1).name} : i64 {{"
        )
        self.counters[counter] = Val(name, "i64")

    def _forget(self) -> None:
        """Forget values that the new scope computes anew."""
        self.memo.clear()
        self.pointers.clear()

    def _body(self) -> None:
        structure, blocks = self.structure, range(self.plan.blocks)
        folds = [i for i, n in enumerate(self.nodes) if n.accumulates]
        early = [
            i for i, n in enumerate(self.nodes) if n.kind == "send" and i not in structure.late
        ]
        if folds or early:
            self._accumulate(folds, early)
        self._forget()
        for block in blocks:
            for i, node in enumerate(self.nodes):
                if node.kind == "send" and i in structure.late:
                    self._send(i, node, block)

    def _accumulate(self, folds: Sequence[int], early: Sequence[int]) -> None:
        w, blocks = self.w, range(self.plan.blocks)
        inner = range(self.structure.fold_depth, len(self.structure.trips))
        keys = [(fold, block) for fold in folds for block in blocks]
        current: list[Val] = []
        for fold, _ in keys:
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
                for n, (fold, of) in enumerate(keys):
                    if of == block:
                        current[n] = self._fold(fold, block, current[n])
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

    # --- values

    def _value(self, index: int, lane: int, block: int) -> Val:
        key = (index, lane, block)
        found = self.memo.get(key)
        if found is None:
            found = self._compute(index, lane, block)
            self.memo[key] = found
        return found

    def _compute(self, index: int, lane: int, block: int) -> Val:
        w, node = self.w, self.nodes[index]
        match node.kind:
            case "receive":
                return self._load(index, lane, block)
            case "constant":
                if node.op is None:
                    raise RuntimeError("a constant without its op; this is a bug")
                return arithmetic.constant(w, node.op, lane, 0)
            case "counter":
                return self._counter(node, block)
            case "op":
                args = [
                    self._value(a, lane if self.nodes[a].lanes > 1 else 0, block) for a in node.args
                ]
                if node.op is None:
                    raise RuntimeError("an operation without its op; this is a bug")
                if node.op.name == "vector.broadcast":
                    return args[0]
                return arithmetic.apply(w, node.op, args, index not in self.unsigned_zero)
            case "combine":
                a = self._value(node.args[0], 2 * lane, block)
                b = self._value(node.args[0], 2 * lane + 1, block)
                signed = index not in self.unsigned_zero
                return arithmetic.combine(w, node.reduction, a, b, node.type, signed)
            case "fold":
                if (index, block) in self.folded:
                    return self.folded[index, block]
                return self._tree(index, block)
            case "gather":
                return self._gather(index, node, lane, block)
            case "concat":
                return self._value(node.args[lane], 0, block)
            case "send":
                raise RuntimeError("a send has no value; this is a bug")

    def _fold(self, index: int, block: int, accumulator: Val) -> Val:
        node = self.nodes[index]
        kind = node.reduction
        parts = self._parts(index)
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
            node.lanes == 1 or (node.lanes % parts == 0 and node.kind not in ("constant", "fold"))
            for node in self.nodes
        )
        return parts if uniform and parts <= lanes and not parts & (parts - 1) else 1

    def _chunked(self, index: int, block: int, parts: int) -> Val:
        """Compute a wide tree as a loop over subtrees, whose values wait on the stack."""
        w, node = self.w, self.nodes[index]
        kind = node.reduction
        signed = index not in self.unsigned_zero
        value_kind = arithmetic.kind_of(node.type)
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

    def _tree(self, index: int, block: int, parts: int = 1) -> Val:
        """Combine adjacent lanes, depth first so that few values are alive at a time."""
        node = self.nodes[index]
        kind = node.reduction
        source = node.args[0]
        signed = index not in self.unsigned_zero
        lanes = self.nodes[source].lanes // parts
        levels = (lanes - 1).bit_length()

        def subtree(level: int, position: int) -> Val | None:
            if level == 0:
                if position >= lanes:
                    return None
                return self._value(source, position, block)
            a = subtree(level - 1, 2 * position)
            b = subtree(level - 1, 2 * position + 1)
            if a is None or b is None:
                return a
            return arithmetic.combine(self.w, kind, a, b, node.type, signed)

        result = subtree(levels, 0)
        if result is None:
            raise RuntimeError("a fold over no lanes; this is a bug")
        return result

    def _counter(self, node: Node, block: int) -> Val:
        w = self.w
        counter = node.detail if isinstance(node.detail, int) else 0
        value = self.counters[counter]
        if value is None:
            raise RuntimeError("a counter outside its loop; this is a bug")
        if counter != self.simd:
            return value
        steps = w.binary("arith.addi", w.splat(value, WIDTH), w.steps(WIDTH))
        if block:
            steps = w.binary("arith.addi", steps, w.integer(block * WIDTH, "i64", WIDTH))
        return steps

    # --- memory

    def _pointer(self, index: int, block: int) -> Val:
        key = (index, block)
        if key not in self.pointers:
            w, access = self.w, self.access[index]
            kind = memory_kind(access.stored)
            total: Val | None = None
            for coefficient, counter in zip(access.coefficients, self.counters, strict=True):
                if coefficient and counter is not None:
                    term = w.scaled(counter, coefficient)
                    total = term if total is None else w.add(total, term)
            pointer = self.bases[index]
            if total is not None:
                pointer = w.address(pointer, total, kind)
            if block and self.simd is not None:
                step = access.coefficients[self.simd] * WIDTH * block
                pointer = w.address_at(pointer, step, kind)
            if self.part is not None and self.nodes[index].lanes > 1:
                part, parts = self.part
                lanes = self.nodes[index].lanes // parts
                pointer = w.address(pointer, w.scaled(part, lanes * access.lane), kind)
            self.pointers[key] = pointer
        return self.pointers[key]

    def _step(self, access: Access) -> int:
        return 0 if self.simd is None else access.coefficients[self.simd]

    def _load(self, index: int, lane: int, block: int) -> Val:
        w, access = self.w, self.access[index]
        kind = memory_kind(access.stored)
        pointer = w.address_at(self._pointer(index, block), lane * access.lane, kind)
        step = self._step(access)
        if step == 0:
            loaded = w.load(pointer, kind)
        elif step == 1 or access.is_blocked:
            loaded = w.load(pointer, kind, WIDTH)
        else:
            offsets = self._offsets(step)
            loaded = self._masked_gather(pointer, offsets, kind, self._mask(block))
        return held_value(w, loaded, access.stored, arithmetic.kind_of(access.element))

    def _offsets(self, step: int) -> Val:
        w = self.w
        return w.binary("arith.muli", w.steps(WIDTH), w.integer(step, "i64", WIDTH))

    def _addresses(self, pointer: Val, offsets: Val, kind: str) -> str:
        w = self.w
        name = w.fresh()
        w.line(
            f"{name} = llvm.getelementptr {pointer.name}[{offsets.name}] : "
            f"(!llvm.ptr, vector<{WIDTH}xi64>) -> vector<{WIDTH}x!llvm.ptr>, {kind}"
        )
        return name

    def _masked_gather(self, pointer: Val, offsets: Val, kind: str, mask: Val | None) -> Val:
        w = self.w
        pointers = self._addresses(pointer, offsets, kind)
        mask = w.integer(1, "i1", WIDTH) if mask is None else mask
        nothing = w.real(0.0, WIDTH) if kind == "f32" else w.integer(0, kind, WIDTH)
        if kind == "f16":
            nothing = w.cast("arith.truncf", w.real(0.0, WIDTH), "f16")
        return w.op(
            f"llvm.intr.masked.gather {pointers}, {mask.name}, {nothing.name} "
            f"{{alignment = {kind_bytes(kind)} : i32}} : "
            f"(vector<{WIDTH}x!llvm.ptr>, {mask.type}, {nothing.type}) -> {nothing.type}",
            kind,
            WIDTH,
        )

    def _mask(self, block: int) -> Val | None:
        """Give which firings exist; None if all do."""
        if not self.ragged or self.high is None or self.simd is None:
            return None
        if block not in self.masks:
            w = self.w
            counter = self.counters[self.simd]
            if counter is None:
                raise RuntimeError("the SIMD counter has no loop; this is a bug")
            left = w.op(f"arith.subi {self.high.name}, {counter.name} : i64", "i64")
            steps = w.steps(WIDTH)
            if block:
                steps = w.binary("arith.addi", steps, w.integer(block * WIDTH, "i64", WIDTH))
            # Not kept: the value may belong to an inner loop.
            return w.compare("arith.cmpi slt", steps, left)
        return self.masks[block]

    def _gather(self, index: int, node: Node, lane: int, block: int) -> Val:
        w, access = self.w, self.access[index]
        limit = node.detail if isinstance(node.detail, int) else 0
        position = self._value(node.args[0], lane, block)
        kind = memory_kind(access.stored)
        inside = w.compare("arith.cmpi ult", position, w.integer(limit, "i32", position.width))
        self._report(inside, self._mask(block) if position.width else None)
        position = w.select(inside, position, w.integer(0, "i32", position.width))
        position = w.cast("arith.extui", position, "i64")
        step = self._step(access)
        pointer = self._pointer(index, block)
        if not position.width and step == 0:
            loaded = w.load(w.address(pointer, position, kind), kind)
        else:
            if step:
                position = w.binary("arith.addi", position, self._offsets(step))
            loaded = self._masked_gather(pointer, position, kind, self._mask(block))
        return held_value(w, loaded, access.stored, arithmetic.kind_of(access.element))

    def _report(self, inside: Val, mask: Val | None) -> None:
        """Raise the flag if an index is outside its table."""
        w = self.w
        bad = w.binary("arith.xori", inside, w.integer(1, "i1", inside.width))
        if mask is not None:
            bad = w.binary("arith.andi", bad, mask)
        if bad.width:
            bad = w.op(f"vector.reduction <or>, {bad.name} : {bad.type} into i1", "i1")
        flag = Val("%flag", "!llvm.ptr")
        seen = w.binary("arith.ori", w.load(flag, "i32"), w.cast("arith.extui", bad, "i32"))
        w.store(seen, flag)

    def _send(self, index: int, node: Node, block: int) -> None:
        w, access = self.w, self.access[index]
        step = self._step(access)
        if step > 1 and step == node.lanes and access.lane == 1 and not step & (step - 1):
            self._send_interleaved(index, node, block)
            return
        for lane in range(node.lanes):
            value = stored_value(w, self._value(node.args[0], lane, block), access.stored)
            kind = value.kind
            pointer = w.address_at(self._pointer(index, block), lane * access.lane, kind)
            if self.simd is None:
                w.store(value, pointer)
                continue
            value = w.splat(value, WIDTH)
            mask = self._mask(block) if self.guarded else None
            if step == 1:
                self._store_masked(value, pointer, mask)
            else:
                pointers = self._addresses(pointer, self._offsets(step), kind)
                mask = w.integer(1, "i1", WIDTH) if mask is None else mask
                w.line(
                    f"llvm.intr.masked.scatter {value.name}, {pointers}, {mask.name} "
                    f"{{alignment = {kind_bytes(kind)} : i32}} : {value.type}, {mask.type} "
                    f"into vector<{WIDTH}x!llvm.ptr>"
                )

    def _send_interleaved(self, index: int, node: Node, block: int) -> None:
        """Store tokens that follow each other without a gap as one long vector."""
        w, access = self.w, self.access[index]
        values = [
            w.splat(stored_value(w, self._value(node.args[0], lane, block), access.stored), WIDTH)
            for lane in range(node.lanes)
        ]
        kind = values[0].kind
        while len(values) > 1:
            half, width = len(values) // 2, 2 * values[0].width
            values = [
                w.op(
                    f"vector.interleave {a.name}, {b.name} : {a.type} -> {type_text(kind, width)}",
                    kind,
                    width,
                )
                for a, b in zip(values[:half], values[half:], strict=True)
            ]
        pointer = self._pointer(index, block)
        mask = self._element_mask(node.lanes, block) if self.guarded else None
        self._store_masked(values[0], pointer, mask)

    def _element_mask(self, lanes: int, block: int) -> Val:
        w = self.w
        counter = None if self.simd is None else self.counters[self.simd]
        if counter is None or self.high is None:
            raise RuntimeError("the SIMD counter has no loop; this is a bug")
        width = lanes * WIDTH
        first = w.scaled(counter, lanes)
        if block:
            first = w.add(first, w.integer(block * width))
        low, high = self.elements or (None, w.scaled(self.high, lanes))
        left = w.op(f"arith.subi {high.name}, {first.name} : i64", "i64")
        mask = w.compare("arith.cmpi slt", w.steps(width), left)
        if low is not None:
            begin = w.op(f"arith.subi {low.name}, {first.name} : i64", "i64")
            mask = w.binary("arith.andi", mask, w.compare("arith.cmpi sge", w.steps(width), begin))
        return mask

    def _store_masked(self, value: Val, pointer: Val, mask: Val | None) -> None:
        if mask is None:
            self.w.store(value, pointer)
            return
        self.w.line(
            f"llvm.intr.masked.store {value.name}, {pointer.name}, {mask.name} "
            f"{{alignment = {kind_bytes(value.kind)} : i32}} : {value.type}, {mask.type} "
            "into !llvm.ptr"
        )

    # --- exact integer products

    def _multiply_add(self, products: Products, pair: Val, current: list[Val]) -> list[Val]:
        """
        Add the products of two adjacent lanes: LLVM's pattern of a 16-bit multiply-add.

        Integers may be summed in any order, so pairs are added where they are.
        """
        w = self.w
        two = 2 * WIDTH
        uniform = self.access[products.varying]
        pointer = self._pointer(products.varying, 0)
        pointer = w.address(pointer, w.scaled(pair, 2 * uniform.lane), "i16")
        both = w.splat(w.load_pair(pointer), WIDTH)
        spread = w.op(
            f"vector.bitcast {both.name} : {both.type} to {type_text('i16', two)}", "i16", two
        )
        spread = w.cast("arith.extsi", spread, "i32")
        sums: list[Val] = []
        blocked = self.access[products.constant]
        for block in range(self.plan.blocks):
            kind = memory_kind(blocked.stored)
            address = self._pointer(products.constant, block)
            address = w.address(address, w.scaled(pair, 2 * blocked.lane), kind)
            rows = w.cast("arith.extsi", w.load(address, kind, two), "i32")
            product = w.binary("arith.muli", rows, spread)
            even, odd = w.fresh(), w.fresh()
            wide, half = type_text("i32", two), type_text("i32", WIDTH)
            w.line(f"{even}, {odd} = vector.deinterleave {product.name} : {wide} -> {half}")
            pair_sum = w.binary("arith.addi", Val(even, "i32", WIDTH), Val(odd, "i32", WIDTH))
            sums.append(w.binary("arith.addi", current[block], pair_sum))
        return sums


def _zero_sign_free(nodes: Sequence[Node]) -> set[int]:
    """
    List nodes whose zeros may have either sign, since all they do is to be added up.

    A sum that starts at +0 is never -0, and adding either zero to it changes nothing.
    """
    users: dict[int, list[int]] = {}
    for i, node in enumerate(nodes):
        for a in node.args:
            users.setdefault(a, []).append(i)
    free: set[int] = set()
    for i in reversed(range(len(nodes))):
        if float_format(nodes[i].type) is None or not users.get(i):
            continue
        if all(_absorbs(nodes, u, u in free) for u in users[i]):
            free.add(i)
    return free


def _absorbs(nodes: Sequence[Node], user: int, free: bool) -> bool:
    node = nodes[user]
    if node.reduction == "add":
        return node.accumulates or free
    is_float = float_format(node.type) is not None
    return node.op is not None and node.op.name == "pattern.convert" and is_float and free


__all__ = ["WIDTH", "Plan", "emit_affine", "emit_kernel", "held_value", "load_slot", "signature"]
