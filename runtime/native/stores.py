"""What a kernel sends, as MLIR text: stores of vectors, masked where firings don't exist."""

from spatial_opt.runtime.native.body import Node
from spatial_opt.runtime.native.storage import WIDTH, stored_value
from spatial_opt.runtime.native.text import Val, kind_bytes, type_text
from spatial_opt.runtime.native.values import Values


class Stores(Values):
    """Stores the values of one kernel."""

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
                pointers = w.addresses(pointer, self._offsets(step), kind)
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
        if block and self.plan.across is None:
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
        self.w.masked_store(value, pointer, mask)
