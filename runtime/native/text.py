"""
Text of MLIR functions: fresh value names, shared constants, and typed values.

Everything is emitted as text: parsing it takes less time than building ops one by one through the
bindings. A value is either a scalar or a vector of `width` elements that belong to consecutive
firings of a unit.
"""

import struct
from dataclasses import dataclass

_BYTES = {"i1": 1, "i8": 1, "i16": 2, "i32": 4, "i64": 8, "f16": 2, "f32": 4}

PREDICATES = ("eq", "ne", "slt", "sle", "sgt", "sge", "ult", "ule", "ugt", "uge")


def kind_bytes(kind: str) -> int:
    """Give the size in bytes of one element in memory."""
    return _BYTES[kind]


def type_text(kind: str, width: int) -> str:
    """Give the MLIR type: a scalar for width 0, else a vector."""
    return f"vector<{width}x{kind}>" if width else kind


@dataclass(frozen=True, slots=True)
class Val:
    """An SSA value: `kind` is the MLIR element type, `width` 0 for a scalar."""

    name: str
    kind: str
    width: int = 0

    @property
    def type(self) -> str:
        """MLIR type."""
        return type_text(self.kind, self.width)


def float_bits(value: float) -> int:
    """Give the bits of a number in single precision."""
    return int(struct.unpack("<I", struct.pack("<f", value))[0])


class Writer:
    """Collects the body of one function; constants stand at its top, each once."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._constants: dict[tuple[object, ...], Val] = {}
        self._constant_lines: list[str] = []
        self._count = 0

    def fresh(self) -> str:
        """Give a name no other value has."""
        self._count += 1
        return f"%v{self._count}"

    def line(self, text: str) -> None:
        """Append a line as it is."""
        self.lines.append(text)

    def op(self, text: str, kind: str, width: int = 0) -> Val:
        """Append an op with one result."""
        name = self.fresh()
        self.lines.append(f"{name} = {text}")
        return Val(name, kind, width)

    def text(self) -> str:
        """Give constants and body."""
        return "\n".join([*self._constant_lines, *self.lines])

    # --- constants

    def integer(self, value: int, kind: str = "i64", width: int = 0) -> Val:
        """Give an integer constant, splat over a vector."""
        return self._constant(value, str(value), kind, width)

    def real(self, value: float, width: int = 0) -> Val:
        """Give an f32 constant, splat over a vector."""
        bits = float_bits(value)
        return self._constant(bits, f"0x{bits:08X}", "f32", width)

    def zero(self, kind: str, width: int = 0) -> Val:
        """Give zero of any kind, splat over a vector."""
        if kind[0] == "i":
            return self.integer(0, kind, width)
        return self.cast("arith.truncf", self.real(0.0, width), kind)

    def steps(self, width: int, kind: str = "i64") -> Val:
        """Give the vector 0, 1, 2, ..."""
        values = ", ".join(map(str, range(width)))
        return self._constant("steps", f"[{values}]", kind, width)

    def _constant(self, key: object, text: str, kind: str, width: int) -> Val:
        found = self._constants.get((key, kind, width))
        if found is None:
            found = Val(f"%c{len(self._constants)}", kind, width)
            if kind == "i1" and not width:
                text = "true" if text in ("1", "-1") else "false"
            if width:
                text = f"dense<{'true' if kind == 'i1' and text != '0' else text}>"
                text = "dense<false>" if kind == "i1" and key == 0 else text
            suffix = "" if kind == "i1" and not width else f" : {found.type}"
            self._constant_lines.append(f"{found.name} = arith.constant {text}{suffix}")
            self._constants[key, kind, width] = found
        return found

    # --- plain ops

    def binary(self, name: str, a: Val, b: Val) -> Val:
        """Append `name a, b` on operands of one type, which the result has too."""
        a, b = self.level(a, b)
        return self.op(f"{name} {a.name}, {b.name} : {a.type}", a.kind, a.width)

    def unary(self, name: str, a: Val) -> Val:
        """Append `name a`, the result of the operand's type."""
        return self.op(f"{name} {a.name} : {a.type}", a.kind, a.width)

    def cast(self, name: str, a: Val, kind: str) -> Val:
        """Append `name a : type to type`."""
        if a.kind == kind:
            return a
        return self.op(f"{name} {a.name} : {a.type} to {type_text(kind, a.width)}", kind, a.width)

    def compare(self, name: str, a: Val, b: Val) -> Val:
        """Append a comparison, `arith.cmpf olt` for instance."""
        a, b = self.level(a, b)
        return self.op(f"{name}, {a.name}, {b.name} : {a.type}", "i1", a.width)

    def select(self, condition: Val, a: Val, b: Val) -> Val:
        """Append a choice, element by element."""
        condition, a, b = self.level(condition, a, b)
        types = f"{condition.type}, {a.type}" if a.width else a.type
        return self.op(
            f"arith.select {condition.name}, {a.name}, {b.name} : {types}", a.kind, a.width
        )

    def fused(self, a: Val, b: Val, c: Val) -> Val:
        """Append a * b + c, rounded once."""
        return self.op(f"math.fma {a.name}, {b.name}, {c.name} : {a.type}", a.kind, a.width)

    def splat(self, a: Val, width: int) -> Val:
        """Give the scalar in every element of a vector (a vector as it is)."""
        if a.width or not width:
            return a
        return self.op(
            f"vector.broadcast {a.name} : {a.kind} to vector<{width}x{a.kind}>", a.kind, width
        )

    def level(self, *values: Val) -> list[Val]:
        """Bring scalars to vectors where any operand is a vector."""
        width = max(value.width for value in values)
        return [self.splat(value, width) for value in values]

    def stack(self, count: int, kind: str, width: int = 0) -> Val:
        """Give room for `count` values on the stack of the function."""
        size = self.integer(count)
        name = self.fresh()
        self._constant_lines.append(
            f"{name} = llvm.alloca {size.name} x {type_text(kind, width)} : (i64) -> !llvm.ptr"
        )
        return Val(name, "!llvm.ptr")

    # --- 64-bit index arithmetic on scalars

    def add(self, a: Val, b: Val) -> Val:
        """Add two i64 scalars."""
        return self.op(f"arith.addi {a.name}, {b.name} : i64", "i64")

    def scaled(self, a: Val, factor: int) -> Val:
        """Multiply an i64 scalar by a constant."""
        return (
            a
            if factor == 1
            else self.op(f"arith.muli {a.name}, {self.integer(factor).name} : i64", "i64")
        )

    # --- memory: a pointer and an offset in elements

    def address(self, base: Val, offset: Val, kind: str) -> Val:
        """Give the address of element `offset` of an array of `kind` at `base`."""
        return self.op(
            f"llvm.getelementptr {base.name}[{offset.name}] : "
            f"(!llvm.ptr, i64) -> !llvm.ptr, {kind}",
            "!llvm.ptr",
        )

    def address_at(self, base: Val, offset: int, kind: str) -> Val:
        """Give the address of an element at a constant offset."""
        if offset == 0:
            return base
        return self.op(
            f"llvm.getelementptr {base.name}[{offset}] : (!llvm.ptr) -> !llvm.ptr, {kind}",
            "!llvm.ptr",
        )

    def load(self, address: Val, kind: str, width: int = 0) -> Val:
        """Load one or `width` consecutive elements."""
        align = kind_bytes(kind)
        return self.op(
            f"llvm.load {address.name} {{alignment = {align} : i64}} : "
            f"!llvm.ptr -> {type_text(kind, width)}",
            kind,
            width,
        )

    def load_pair(self, address: Val) -> Val:
        """Load two adjacent i16 as one i32."""
        return self.op(
            f"llvm.load {address.name} {{alignment = 2 : i64}} : !llvm.ptr -> i32", "i32"
        )

    def store(self, value: Val, address: Val) -> None:
        """Store an element or consecutive elements."""
        align = kind_bytes(value.kind)
        self.line(
            f"llvm.store {value.name}, {address.name} {{alignment = {align} : i64}} : "
            f"{value.type}, !llvm.ptr"
        )

    def masked_load(self, address: Val, mask: Val, kind: str) -> Val:
        """Load the consecutive elements that a mask chooses; the others are zero."""
        zero = self.zero(kind, mask.width)
        return self.op(
            f"llvm.intr.masked.load {address.name}, {mask.name}, {zero.name} "
            f"{{alignment = {kind_bytes(kind)} : i32}} : (!llvm.ptr, {mask.type}, {zero.type}) "
            f"-> {zero.type}",
            kind,
            mask.width,
        )

    def masked_store(self, value: Val, address: Val, mask: Val) -> None:
        """Store the consecutive elements that a mask chooses."""
        self.line(
            f"llvm.intr.masked.store {value.name}, {address.name}, {mask.name} "
            f"{{alignment = {kind_bytes(value.kind)} : i32}} : {value.type}, {mask.type} "
            "into !llvm.ptr"
        )

    def masked_gather(self, base: Val, offsets: Val, mask: Val, kind: str) -> Val:
        """Load the elements at chosen offsets; the others are zero."""
        zero = self.zero(kind, mask.width)
        pointers = self.addresses(base, offsets, kind)
        return self.op(
            f"llvm.intr.masked.gather {pointers}, {mask.name}, {zero.name} "
            f"{{alignment = {kind_bytes(kind)} : i32}} : "
            f"(vector<{mask.width}x!llvm.ptr>, {mask.type}, {zero.type}) -> {zero.type}",
            kind,
            mask.width,
        )

    def addresses(self, base: Val, offsets: Val, kind: str) -> str:
        """Give the name of the addresses of many elements."""
        name = self.fresh()
        self.line(
            f"{name} = llvm.getelementptr {base.name}[{offsets.name}] : "
            f"(!llvm.ptr, {offsets.type}) -> vector<{offsets.width}x!llvm.ptr>, {kind}"
        )
        return name
