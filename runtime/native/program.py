"""A whole configuration as one MLIR module: functions of kernels, tables, and the time loop."""

from collections.abc import Hashable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from spatial_opt.runtime.native.build import Builder, LoopItem
from spatial_opt.runtime.native.emit import emit_kernel
from spatial_opt.runtime.native.kernel import Kernel, Resource, share_outer_terms
from spatial_opt.runtime.native.layout import choose_layouts, choose_plan
from spatial_opt.runtime.native.schedule import group_by_structure
from spatial_opt.runtime.native.storage import WIDTH, memory_kind
from spatial_opt.runtime.native.text import kind_bytes

_ALIGN = 64
_SLACK = 4 * 64 * WIDTH
"""Bytes behind each array that may be read, and behind each stream buffer that may be written."""


@dataclass
class Program:
    """MLIR text, the arena's layout, and the table that the functions read."""

    text: str
    offsets: dict[Resource, int]
    """Byte offset of every array and stream buffer."""
    table: npt.NDArray[np.int64]
    size: int
    """Bytes of the arena."""
    functions: int


@dataclass
class _Emitter:
    builder: Builder
    offsets: dict[Resource, int] = field(default_factory=dict[Resource, int])
    functions: dict[Hashable, str] = field(default_factory=dict[Hashable, str])
    texts: list[str] = field(default_factory=list[str])
    table: list[int] = field(default_factory=list[int])
    lines: list[str] = field(default_factory=list[str])
    names: int = 0

    def fresh(self) -> str:
        """Give a name no other value of the main function has."""
        self.names += 1
        return f"%m{self.names}"

    def constant(self, value: int) -> str:
        """Append an i64 constant."""
        name = self.fresh()
        self.lines.append(f"{name} = arith.constant {value} : i64")
        return name

    def function(self, kernel: Kernel) -> str:
        """Give the name of a kernel's function, emitting it the first time."""
        key = kernel.structure.key()
        if key not in self.functions:
            name = f"kernel{len(self.functions)}"
            self.functions[key] = name
            self.texts.append(emit_kernel(name, kernel.structure, choose_plan(kernel.structure)))
        return self.functions[key]

    def row(self, kernel: Kernel) -> list[int]:
        """Give a kernel's row of the table: byte offsets of its arrays, then other numbers."""
        structure = kernel.structure
        stored = [access.stored for _, access in structure.accesses]
        row = [
            self.offsets[resource] + constant * kind_bytes(memory_kind(kind))
            for (resource, constant), kind in zip(kernel.bases, stored, strict=True)
        ]
        return [*row, *kernel.factors, *kernel.range, *kernel.constants]

    def loop(self, item: LoopItem, outer: list[str]) -> None:
        """Emit a controller's loops around its items."""
        counters = list(outer)
        for bound in item.bounds:
            low, high, step = (self.constant(v) for v in (0, bound, 1))
            name = self.fresh()
            self.lines.append(f"scf.for {name} = {low} to {high} step {step} : i64 {{")
            counters.append(name)
        for inner in item.items:
            if isinstance(inner, LoopItem):
                self.loop(inner, counters)
                continue
            for group in group_by_structure(inner):
                self.group(group, counters)
        self.lines += ["}"] * len(item.bounds)

    def group(self, group: list[Kernel], counters: list[str]) -> None:
        """Emit the calls of kernels that share a function."""
        name = self.function(group[0])
        rows = [self.row(kernel) for kernel in group]
        begin, width = len(self.table), len(rows[0])
        for row in rows:
            self.table += row
        index = begin_name = self.constant(begin)
        if len(rows) > 1:
            low, high, step = (self.constant(v) for v in (0, len(rows), 1))
            number = self.fresh()
            self.lines.append(f"scf.for {number} = {low} to {high} step {step} : i64 {{")
            scale = self.constant(width)
            product, index = self.fresh(), self.fresh()
            self.lines.append(f"{product} = arith.muli {number}, {scale} : i64")
            self.lines.append(f"{index} = arith.addi {product}, {begin_name} : i64")
        pointer = self.fresh()
        self.lines.append(
            f"{pointer} = llvm.getelementptr %table[{index}] : (!llvm.ptr, i64) -> !llvm.ptr, i64"
        )
        arguments = ", ".join(["%arena", pointer, "%flag", *counters])
        types = ", ".join([*["!llvm.ptr"] * 3, *["i64"] * len(counters)])
        self.lines.append(f"llvm.call @{name}({arguments}) : ({types}) -> ()")
        if len(rows) > 1:
            self.lines.append("}")


def all_kernels(item: LoopItem) -> list[Kernel]:
    """List all kernels in order."""
    found: list[Kernel] = []
    for inner in item.items:
        found += all_kernels(inner) if isinstance(inner, LoopItem) else inner
    return found


def make_program(builder: Builder) -> Program:
    """Lay out the arena and emit everything."""
    kernels = all_kernels(builder.root)
    choose_layouts(kernels, builder.arrays.all)
    share_outer_terms(kernels)
    emitter = _Emitter(builder)
    size = _ALIGN  # the flag stands at 0
    sizes: list[tuple[Resource, int]] = []
    for resource, (elements, kind) in builder.sources.buffers.items():
        sizes.append((resource, elements * kind_bytes(kind)))
    for resource, array in builder.arrays.all.items():
        sizes.append((resource, array.elements * kind_bytes(memory_kind(array.stored))))
    for resource, count in sizes:
        emitter.offsets[resource] = size
        size += -(-(count + _SLACK) // _ALIGN) * _ALIGN
    emitter.loop(builder.root, [])
    table = np.array(emitter.table, np.int64)
    body = "\n".join(emitter.lines)
    main = (
        "func.func @run(%arena: !llvm.ptr, %table: !llvm.ptr, %flag: !llvm.ptr) "
        f"attributes {{llvm.emit_c_interface}} {{\n{body}\nreturn\n}}"
    )
    text = "\n".join([*emitter.texts, main])
    return Program(text, emitter.offsets, table, size, len(emitter.functions))
