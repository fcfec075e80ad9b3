"""The values of a kernel's body: loads, operations, trees, gathers, as MLIR text."""

from collections.abc import Sequence
from dataclasses import dataclass

from spatial_opt.runtime.formats import float_format
from spatial_opt.runtime.native import arithmetic
from spatial_opt.runtime.native.access import Access
from spatial_opt.runtime.native.body import Node
from spatial_opt.runtime.native.conversion import kind_of
from spatial_opt.runtime.native.kernel import Structure
from spatial_opt.runtime.native.products import Products
from spatial_opt.runtime.native.storage import WIDTH, held_value, memory_kind
from spatial_opt.runtime.native.text import Val, Writer


@dataclass(frozen=True)
class Plan:
    """How a structure is computed."""

    simd: int | None
    """The SIMD counter."""
    blocks: int = 1
    """Vectors of firings processed together, which share what they have in common."""
    across: int | None = None
    """The counter from one of these vectors to the next; None for the SIMD counter."""
    products: Products | None = None
    """Set if the fold is an exact sum of integer products."""

    @property
    def step(self) -> int:
        """Firings by which the SIMD counter advances at a time."""
        return WIDTH if self.across is not None else WIDTH * self.blocks


class Values:
    """
    Computes the values of one kernel where they are needed, each once per scope.

    A value is asked for by node, lane, and block (which of the vectors of firings).
    """

    def __init__(self, structure: Structure, plan: Plan) -> None:
        self.structure = structure
        self.plan = plan
        self.w = Writer()
        self.nodes = structure.nodes
        self.access = dict(structure.accesses)
        self.bases: dict[int, Val] = {}
        self.counters: list[Val | None] = [None] * len(structure.trips)
        self.memo: dict[tuple[int, int, int], Val] = {}
        self.pointers: dict[tuple[int, int], Val] = {}
        self.part: tuple[Val, int] | None = None
        self.folded: dict[tuple[int, int, int], Val] = {}
        self.outer: list[Val] = []
        self.simd = plan.simd
        self.width = 0 if plan.simd is None else WIDTH
        trip = 1 if plan.simd is None else structure.trips[plan.simd]
        self.ragged = structure.window > 0 or bool(self.width and trip % plan.step)
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

    def _forget(self) -> None:
        """Forget values that the new scope computes anew."""
        self.memo.clear()
        self.pointers.clear()

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
                if (index, lane, block) in self.folded:
                    return self.folded[index, lane, block]
                return self._tree(index, block)
            case "repeat":
                return self._value(node.args[0], lane % self.nodes[node.args[0]].lanes, block)
            case "gather":
                return self._gather(index, node, lane, block)
            case "concat":
                return self._value(node.args[lane], 0, block)
            case "send":
                raise RuntimeError("a send has no value; this is a bug")

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
        if counter == self.plan.across and block:
            value = w.add(value, w.integer(block))
        if counter != self.simd:
            return value
        steps = w.binary("arith.addi", w.splat(value, WIDTH), w.steps(WIDTH))
        if block and self.plan.across is None:
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
                across = self.plan.across
                counter = self.simd if across is None else across
                step = access.coefficients[counter] * block * (WIDTH if across is None else 1)
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
        return held_value(w, loaded, access.stored, kind_of(access.element))

    def _offsets(self, step: int) -> Val:
        w = self.w
        return w.binary("arith.muli", w.steps(WIDTH), w.integer(step, "i64", WIDTH))

    def _masked_gather(self, pointer: Val, offsets: Val, kind: str, mask: Val | None) -> Val:
        mask = self.w.integer(1, "i1", WIDTH) if mask is None else mask
        return self.w.masked_gather(pointer, offsets, mask, kind)

    def _mask(self, block: int) -> Val | None:
        """Give which firings exist; None if all do."""
        if not self.ragged or self.high is None or self.simd is None:
            return None
        w, counter = self.w, self.counters[self.simd]
        if counter is None:
            raise RuntimeError("the SIMD counter has no loop; this is a bug")
        left = w.op(f"arith.subi {self.high.name}, {counter.name} : i64", "i64")
        steps = w.steps(WIDTH)
        if block and self.plan.across is None:
            steps = w.binary("arith.addi", steps, w.integer(block * WIDTH, "i64", WIDTH))
        return w.compare("arith.cmpi slt", steps, left)

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
        return held_value(w, loaded, access.stored, kind_of(access.element))

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
    if node.kind == "repeat":
        return free
    return node.op is not None and node.op.name == "pattern.convert" and is_float and free
