"""A hand-written configuration of a gated recurrence, with all sizes and formats as parameters."""
# ruff: noqa: E501

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pytest
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.runtime.formats import Array

Parse = Callable[[str], ModuleOp]


@dataclass(frozen=True)
class Cell:
    """Sizes: hidden units, steps, copies of the datapath, pieces of a row, lanes."""

    hidden: int = 32
    steps: int = 3
    copies: int = 2
    pieces: int = 4
    lanes: int = 8
    format: str = "f32"

    @property
    def rows(self) -> int:
        """Hidden units of one copy."""
        return self.hidden // self.copies

    @property
    def columns(self) -> int:
        """Columns of one piece."""
        return 2 * self.hidden // self.pieces


ELEMENT = {"f32": "f32", "bf16": "bf16", "f16": "f16", "int8": "i8", "mixed8": "f8E4M3FN"}


def _dot(cell: Cell) -> tuple[str, str]:
    """Give the body between the receives and the send, and the type of the result."""
    v, f = cell.lanes, ELEMENT[cell.format]
    if cell.format == "mixed8":
        return (
            f"""%p = arith.mulf %w, %v : vector<{v}x{f}>
%q = pattern.convert %p : vector<{v}x{f}> to vector<{v}xf16>
%r = spatial.combine add %q : vector<{v}xf16> to vector<{v // 2}xf16>
%s = pattern.convert %r : vector<{v // 2}xf16> to vector<{v // 2}xf32>
%d = spatial.fold add %s per %j : vector<{v // 2}xf32> to f32""",
            "f32",
        )
    if cell.format == "int8":
        return (
            f"""%a = pattern.convert %w : vector<{v}xi8> to vector<{v}xi16>
%b = pattern.convert %v : vector<{v}xi8> to vector<{v}xi16>
%p = arith.muli %a, %b : vector<{v}xi16>
%q = pattern.convert %p : vector<{v}xi16> to vector<{v}xi32>
%r = spatial.combine add %q : vector<{v}xi32> to vector<{v // 2}xi32>
%d = spatial.fold add %r per %j : vector<{v // 2}xi32> to i32""",
            "i32",
        )
    widen = f"%q = pattern.convert %p : vector<{v}x{f}> to vector<{v}xf32>" if f != "f32" else ""
    folded = "%q" if widen else "%p"
    return (
        f"""%p = arith.mulf %w, %v : vector<{v}x{f}>
{widen}
%d = spatial.fold add {folded} per %j : vector<{v}xf32> to f32""",
        "f32",
    )


def _sum(cell: Cell, type_: str) -> str:
    add = "arith.addi" if type_ == "i32" else "arith.addf"
    lines = [f'%r{p} = spatial.receive "i{p}" : {type_}' for p in range(cell.pieces)]
    values = [f"%r{p}" for p in range(cell.pieces)]
    count = 0
    while len(values) > 1:
        made: list[str] = []
        for a, b in zip(values[::2], values[1::2], strict=True):
            lines.append(f"%a{count} = {add} {a}, {b} : {type_}")
            made.append(f"%a{count}")
            count += 1
        values = made
    if type_ == "i32":
        lines.append(f"%f = pattern.convert {values[0]} scale 0.0001 : i32 to f32")
        return "\n".join([*lines, 'spatial.send "out" %f : f32'])
    return "\n".join([*lines, f'spatial.send "out" {values[0]} : f32'])


def _gate(name: str, source: str) -> str:
    """A clamped line as activation."""
    return f"""%{name}a = arith.mulf {source}, %quarter : f32
%{name}b = arith.addf %{name}a, %half : f32
%{name}c = arith.maximumf %{name}b, %zero : f32
%{name} = arith.minimumf %{name}c, %one : f32"""


def cell_text(cell: Cell) -> str:
    """Give the configuration as text."""
    f, v, rows, columns = ELEMENT[cell.format], cell.lanes, cell.rows, cell.columns
    h, t, u_count = cell.hidden, cell.steps, cell.copies
    half = cell.pieces // 2
    trips = -(-columns // v)
    padded = " padded" if columns % v else ""
    dot, dot_type = _dot(cell)
    scale = " scale 100.0" if cell.format == "int8" else ""
    back = " scale 100.0" if cell.format == "int8" else ""
    units: list[str] = []
    links: list[str] = []
    units.append(
        f"spatial.ag @x_load loads @x counters (%i = 0 to {-(-h // v)}) address [%t, {v} * %i] "
        f": vector<{v}x{f}>"
    )
    for p in range(cell.pieces):
        if p < half:
            write = (
                f'spatial.write @in ports ["in"] port 0 counters (%i = 0 to {-(-h // v)}) address '
                f'[{v} * %i - {columns * p}] clip waits ["free"] signals ["full"] : vector<{v}x{f}>'
            )
            read_at, held = f"[{v} * %k]", f"{columns}x{f}"
            links += [
                f"spatial.link @x_load::@data to @v{p}::@in : vector depth 4",
                f"spatial.link @v{p}::@full to @v{p}::@start : token depth 2",
                f"spatial.link @v{p}::@done to @v{p}::@free : token depth 2 init 1",
            ]
        else:
            ports = ", ".join(f'"h{u}"' for u in range(u_count))
            write = (
                f"spatial.write @in ports [{ports}] port 0 counters (%i = 0 to {rows}) address "
                f"[(%t + 1) mod 2, {u_count} * %i - {columns * (p - half)}] clip signals "
                f'["full"] : {f}'
            )
            read_at, held = f"[%t mod 2, {v} * %k]", f"2x{columns}x{f}"
            links += [
                f"spatial.link @cell{u}::@h to @v{p}::@h{u} : scalar depth 4"
                for u in range(u_count)
            ]
            links.append(f"spatial.link @v{p}::@full to @v{p}::@start : token depth 2 init 1")
        units.append(
            f"""spatial.pmu @v{p} holds tensor<{held}> banked (16, 1) init zero {{
{write}
spatial.read @out port 0 counters (%g = 0 to 4, %j = 0 to {rows}, %k = 0 to {trips}) address {read_at}{padded} waits ["start"] signals ["done"] : vector<{v}x{f}>
}}"""
        )
        for u in range(u_count):
            units.append(
                f"""spatial.pmu @w{u}_{p} holds tensor<4x{rows}x{columns}x{f}> banked (16, 1)
init parameter "w"{scale} map affine_map<(d0, d1, d2) -> (d0, {u_count} * d1 + {u}, d2 + {columns * p})> {{
spatial.read @out port 0 counters (%g = 0 to 4, %j = 0 to {rows}, %k = 0 to {trips}) address [%g, %j, {v} * %k]{padded} : vector<{v}x{f}>
}}
spatial.pcu @dot{u}_{p} counters (%g = 0 to 4, %j = 0 to {rows}, %k = 0 to {trips}) {{
%w = spatial.receive "w" : vector<{v}x{f}>
%v = spatial.receive "v" : vector<{v}x{f}>
{dot}
spatial.send "out" %d per %j : {dot_type}
}}"""
            )
            links += [
                f"spatial.link @w{u}_{p}::@out to @dot{u}_{p}::@w : vector depth 4",
                f"spatial.link @v{p}::@out to @dot{u}_{p}::@v : vector depth 4",
                f"spatial.link @dot{u}_{p}::@out to @sum{u}::@i{p} : scalar depth 4",
            ]
    for u in range(u_count):
        reads = "\n".join(
            f'spatial.read @g{g} port {g} counters (%j = 0 to {rows}) address [{g}, %j] waits ["s{g}"] : f32'
            for g in range(4)
        )
        units.append(
            f"""spatial.pcu @sum{u} counters (%g = 0 to 4, %j = 0 to {rows}) {{
{_sum(cell, dot_type)}
}}
spatial.pmu @pre{u} holds tensor<4x{rows}xf32> banked (16, 1) init zero {{
spatial.write @in ports ["in"] port 0 counters (%g = 0 to 4, %j = 0 to {rows}) address [%g, %j] signals ["full"] : f32
{reads}
}}
spatial.pmu @c{u} holds tensor<{rows}xf32> banked (16, 1) init zero {{
spatial.read @old port 0 counters (%j = 0 to {rows}) address [%j] waits ["go"] : f32
spatial.write @in ports ["new"] port 0 counters (%j = 0 to {rows}) address [%j] signals ["done"] : f32
}}
spatial.pmu @table{u} holds tensor<256xf32> banked (16, 1) duplicated init table tanh from -4.0 to 4.0 {{
spatial.gather @out index "idx" port 0 counters (%j = 0 to {rows}) address [] : f32
}}
spatial.pcu @state{u} counters (%j = 0 to {rows}) {{
%half = arith.constant 0.5 : f32
%quarter = arith.constant 0.25 : f32
%zero = arith.constant 0.0 : f32
%one = arith.constant 1.0 : f32
%four = arith.constant 4.0 : f32
%a = spatial.receive "g0" : f32
%b = spatial.receive "g1" : f32
%d = spatial.receive "g2" : f32
%old = spatial.receive "old" : f32
{_gate("in", "%a")}
{_gate("forget", "%b")}
%x0 = arith.mulf %in, %d : f32
%x1 = arith.mulf %forget, %old : f32
%new = arith.addf %x0, %x1 : f32
%shift = arith.addf %new, %four : f32
%idx = pattern.convert %shift scale 32.0 toward_zero clamp 0, 255 : f32 to i32
spatial.send "c" %new : f32
spatial.send "idx" %idx : i32
}}
spatial.pcu @cell{u} counters (%j = 0 to {rows}) {{
%half = arith.constant 0.5 : f32
%quarter = arith.constant 0.25 : f32
%zero = arith.constant 0.0 : f32
%one = arith.constant 1.0 : f32
%d = spatial.receive "g3" : f32
%tanh = spatial.receive "tanh" : f32
{_gate("out", "%d")}
%y = arith.mulf %out, %tanh : f32
{f"%h = pattern.convert %y{back} : f32 to {f}" if f != "f32" else ""}
spatial.send "h" {"%h" if f != "f32" else "%y"} : {f}
spatial.send "y" %y : f32
}}
spatial.ag @y_store{u} stores @y counters (%j = 0 to {rows}) address [%t, {u_count} * %j + {u}] : f32"""
        )
        links += [
            f"spatial.link @sum{u}::@out to @pre{u}::@in : scalar depth 4",
            *(f"spatial.link @pre{u}::@full to @pre{u}::@s{g} : token depth 2" for g in range(4)),
            *(
                f"spatial.link @pre{u}::@g{g} to @{'cell' if g == 3 else 'state'}{u}::@g{g} : scalar depth 4"
                for g in range(4)
            ),
            f"spatial.link @c{u}::@done to @c{u}::@go : token depth 2 init 1",
            f"spatial.link @c{u}::@old to @state{u}::@old : scalar depth 4",
            f"spatial.link @state{u}::@c to @c{u}::@new : scalar depth 4",
            f"spatial.link @state{u}::@idx to @table{u}::@idx : scalar depth 4",
            f"spatial.link @table{u}::@out to @cell{u}::@tanh : scalar depth 4",
            f"spatial.link @cell{u}::@y to @y_store{u}::@data : scalar depth 4",
        ]
    body = "\n".join(units)
    tail = "\n".join(links)
    return f"""builtin.module {{
spatial.config @main {{
spatial.input @x : tensor<{t}x{h}x{f}>{scale}
spatial.output @y : tensor<{t}x{h}xf32>
spatial.controller @steps counters (%t = 0 to {t}) {{
{body}
}}
{tail}
}}
}}
"""


def cell_arrays(cell: Cell, seed: int = 0) -> tuple[dict[str, Array], dict[str, Array]]:
    """Give inputs and parameters."""
    generator = np.random.default_rng(seed)
    x = generator.uniform(-1, 1, (cell.steps, cell.hidden)).astype(np.float32)
    w = generator.uniform(-1, 1, (4, cell.hidden, 2 * cell.hidden)).astype(np.float32)
    return {"x": x}, {"w": w * np.float32(4 / np.sqrt(cell.hidden))}


@pytest.fixture
def make_cell(
    parse: Parse,
) -> Callable[..., tuple[ModuleOp, Mapping[str, Array], Mapping[str, Array]]]:
    """Give module, inputs and parameters of a cell; keywords are the fields of `Cell`."""

    def make(
        format: str = "f32", **sizes: int
    ) -> tuple[ModuleOp, Mapping[str, Array], Mapping[str, Array]]:
        cell = Cell(format=format, **sizes)
        return parse(cell_text(cell)), *cell_arrays(cell)

    return make


@pytest.fixture
def make_dot() -> Callable[[str, int], tuple[str, str, str]]:
    """
    Give the body of a dot product in a format, over so many lanes.

    It goes from tokens %w and %v to %d, once per %j; then the type of a result, and of elements.
    """

    def make(format: str, lanes: int) -> tuple[str, str, str]:
        return *_dot(Cell(format=format, lanes=lanes)), ELEMENT[format]

    return make


@pytest.fixture
def parse(parse_checked: Parse) -> Parse:
    """Give the parser of modules."""
    return parse_checked
