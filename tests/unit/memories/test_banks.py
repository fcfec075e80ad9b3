"""
Banks of declared memories: streams and stalls against a twin and against the time engine.

The twin knows how rows are dealt to units and how a reduction is cut, and lists word by word what a
cycle needs. The time engine gets what the conversion makes of the declaration.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_cases import declared, memory_of, parse
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp

from spatial_opt.dialects import pattern
from spatial_opt.dialects.pattern_syntax import integers
from spatial_opt.dialects.spatial import PmuOp
from spatial_opt.dialects.spatial_ports import Process, processes
from spatial_opt.dialects.target import set_target, target_of
from spatial_opt.lowering.convert_pattern_to_spatial import ConvertPatternToSpatialPass
from spatial_opt.machine.banks import Banking
from spatial_opt.machine.load import load_machine
from spatial_opt.passes.memory_assignment.assignment import assign
from spatial_opt.passes.memory_banking.streams import problem_of
from spatial_opt.passes.pattern_assign_memories import PatternAssignMemoriesPass
from spatial_opt.passes.pattern_bank_memories import PatternBankMemoriesPass
from spatial_opt.passes.remarks import collect_remarks
from spatial_opt.passes.solvers.bank_problem import Problem
from spatial_opt.passes.solvers.banking import measure
from spatial_opt.passes.spatial_bank_memories import SpatialBankMemoriesPass
from spatial_opt.runtime.intervals import stream_interval
from spatial_opt.runtime.order import config_of


def rows_text(rows: int, size: int, copies: int, lanes: int, deal: str, row: int = 0) -> str:
    """A map that reads one of the `rows` rows of x and writes y, which another map reads."""
    par = f"par {copies} x {lanes}" if lanes > 1 else f"par {copies}"
    return f"""
    func.func @main(%x: tensor<{rows}x{size}xf32>) -> tensor<{size}xf32> {{
      %y = pattern.map (%i in {size} {par}) {deal} -> tensor<{size}xf32> {{
        %a = pattern.read %x[{row}, %i] : tensor<{rows}x{size}xf32>
        %b = arith.addf %a, %a : f32
        pattern.yield %b : f32
      }}
      func.return %y : tensor<{size}xf32>
    }}"""


def sums_text(rows: int, length: int, pieces: int, lanes: int, bits: int) -> str:
    """A matrix product with a vector of another width in pieces."""
    element = {8: "i8", 16: "i16", 32: "i32"}[bits]
    return f"""
    func.func @main(%x: tensor<{length}x{element}>) -> tensor<{rows}xi32> {{
      %w = pattern.parameter "w" : tensor<{rows}x{length}x{element}>
      %y = pattern.map (%i in {rows}) -> tensor<{rows}xi32> {{
        %s = pattern.reduce add (%k in {length} par {pieces} x {lanes}) : i32 {{
          %a = pattern.read %w[%i, %k] : tensor<{rows}x{length}x{element}>
          %b = pattern.read %x[%k] : tensor<{length}x{element}>
          %p = arith.muli %a, %b : {element}
          pattern.yield %p : {element}
        }}
        pattern.yield %s : i32
      }}
      func.return %y : tensor<{rows}xi32>
    }}"""


def prepared(text: str, target: str = "plasticine-rnn") -> ModuleOp:
    """Give a program its target and its memories."""
    module = parse(text)
    set_target(module, load_machine(target))
    PatternAssignMemoriesPass().apply(Context(), module)
    return module


def problem(module: ModuleOp, name: str) -> Problem:
    """Give the memory of a value as the pass sees it."""
    function = next(op for op in module.ops if isinstance(op, FuncOp))
    machine = target_of(module)
    (found,) = [
        a
        for a in assign(function, machine).tensors
        if a.place.value.name_hint == name and a.place.kind == "sram"
    ]
    return problem_of(found.place, found.depth, machine)


def stalls(
    firings: Iterator[set[tuple[int, ...]]], banking: Banking, words: tuple[int, ...]
) -> int:
    """Count lost cycles: of each firing the words on its fullest bank, less one."""
    lost = 0
    for firing in firings:
        banks = Counter(banking.bank(word, words) for word in firing)
        lost += max(0, max(banks.values(), default=1) - 1)
    return lost


def unit_rows(op: pattern.MapOp) -> Iterator[set[int]]:
    """List the rows that all units take at once, as docs/dialects/pattern.md says."""
    (size,), copies, lanes = op.domain, op.par_factors[-1], op.lane_count
    units, turns = op.row_copies, copies // op.row_copies
    groups = ceil(size / (copies * lanes))
    blocked = op.deal is not None and op.deal.data == "blocked"
    for group in range(groups):
        for turn in range(turns):
            found: set[int] = set()
            for unit in range(units):
                number = group * turns + turn
                first = (
                    unit * groups * turns * lanes + number * lanes
                    if blocked
                    else group * copies * lanes + (turn * units + unit) * lanes
                )
                found |= {row for row in range(first, first + lanes) if row < size}
            yield found


@given(
    st.integers(1, 50),
    st.sampled_from([1, 2, 3, 4]),
    st.sampled_from([1, 4, 16]),
    st.sampled_from(["", "deal blocked", "rows 1", "rows 1 deal blocked"]),
    st.sampled_from([(16, 1), (4, 1), (5, 1), (4, 2), (3, 4), (2, 1), (16, 3)]),
    st.integers(1, 3),
)
@settings(max_examples=30, deadline=None)
def test_rows_of_units_side_by_side(
    size: int, copies: int, lanes: int, deal: str, scheme: tuple[int, int], rows: int
) -> None:
    copies = min(copies, size)
    if "rows" in deal and copies == 1:
        deal = deal.removeprefix("rows 1").strip()
    text = rows_text(rows, size, copies, lanes, deal.replace("rows 1", ""), rows - 1)
    module = prepared(text)
    op = next(op for op in module.walk() if isinstance(op, pattern.MapOp))
    banking = Banking(*scheme)
    written = problem(module, "y")
    (lost,) = [
        n
        for access, n in zip(written.accesses, measure(written, banking), strict=True)
        if access.name == "the write of %y"
    ]
    assert lost == stalls(({(row,) for row in f} for f in unit_rows(op)), banking, (size,))
    read = problem(module, "x")
    (lost,) = [
        n
        for access, n in zip(read.accesses, measure(read, banking), strict=True)
        if access.name == "the read of %y"
    ]
    firings = ({(rows - 1, row) for row in f} for f in unit_rows(op))
    assert lost == stalls(firings, banking, (rows, size))


@given(
    st.integers(1, 70),
    st.integers(1, 3),
    st.sampled_from([1, 2, 4, 16]),
    st.sampled_from([8, 16, 32]),
    st.sampled_from([(16, 1), (3, 1), (4, 2), (2, 4)]),
)
@settings(max_examples=25, deadline=None)
def test_vectors_of_the_pieces_of_a_reduction(
    length: int, pieces: int, lanes: int, bits: int, scheme: tuple[int, int]
) -> None:
    pieces = min(pieces, length)
    module = prepared(sums_text(3, length, pieces, lanes, bits))
    found = problem(module, "x")
    banking = Banking(*scheme)
    per_word = 32 // bits
    words = (ceil(length / per_word),)
    piece = ceil(ceil(length / pieces) / lanes) * lanes
    expected = Counter[int]()
    for number in range(ceil(length / piece)):
        vectors = range(number * piece, (number + 1) * piece, lanes)
        firings = [{(k // per_word,) for k in range(v, v + lanes) if k < length} for v in vectors]
        expected[stalls(iter(firings * 3), banking, words)] += 1
    lost = [
        n
        for access, n in zip(found.accesses, measure(found, banking), strict=True)
        if access.name == "the read of %y"
    ]
    # Equal streams are listed once.
    assert set(lost) == set(expected)
    assert len(lost) <= expected.total()


def engine_stalls(module: ModuleOp, name: str) -> dict[str, int]:
    """Give the cycles that the engine loses on each stream of a value's only memory."""
    machine = target_of(module)
    found: dict[str, int] = {}
    for process in processes(config_of(module)):
        if isinstance(process.unit, PmuOp) and process.unit.sym_name.data == name:
            found[process.op.sym_name.data] = _lost(process, stream_interval(process, machine))
    return found


def _lost(process: Process, interval: int | tuple[int, ...]) -> int:
    total = process.activations * process.firings
    pattern_of = (interval,) if isinstance(interval, int) else interval
    return sum(n - 1 for n in pattern_of) * (total // len(pattern_of))


@pytest.mark.parametrize("scheme", [(16, 1), (5, 1), (4, 2), (3, 4)])
@pytest.mark.parametrize("size", [7, 45])
@pytest.mark.parametrize(("copies", "lanes"), [(1, 1), (1, 16), (3, 1), (2, 4)])
@pytest.mark.parametrize("deal", ["", "deal blocked"])
def test_the_engine_loses_what_was_predicted(
    scheme: tuple[int, int], size: int, copies: int, lanes: int, deal: str
) -> None:
    module = prepared(rows_text(1, size, copies, lanes, deal))
    memory_of(module, "y", in_loop=False).banks = integers(scheme)
    found = problem(module, "y")
    lost = measure(found, Banking(*scheme))
    predicted = dict(zip((a.name for a in found.accesses), lost, strict=True))
    ConvertPatternToSpatialPass().apply(Context(), module)
    pmus = [op for op in module.walk() if isinstance(op, PmuOp)]
    (pmu,) = [pmu for pmu in pmus if pmu.sym_name.data in ("y", "y_1")]
    assert pmu.banking == Banking(*scheme)
    measured = engine_stalls(module, pmu.sym_name.data)
    assert measured["in"] == predicted["the write of %y"]
    assert measured["to.store"] == predicted["the store"]


@pytest.mark.parametrize("copies", [2, 3, 6])
@pytest.mark.parametrize("size", [24, 37, 96])
def test_the_chosen_scheme_loses_nothing_on_the_engine(copies: int, size: int) -> None:
    module = prepared(rows_text(1, size, copies, 1, "deal blocked"))
    PatternBankMemoriesPass().apply(Context(), module)
    chosen = {op.value.name_hint: op.banking for op in declared(module) if op.kind.data == "sram"}
    ConvertPatternToSpatialPass().apply(Context(), module)
    pmus = {op.sym_name.data: op for op in module.walk() if isinstance(op, PmuOp)}
    before = {name: pmu.banking for name, pmu in pmus.items()}
    assert before["x_1"] == chosen["x"]
    assert before["y"] == chosen["y"]
    SpatialBankMemoriesPass().apply(Context(), module)
    assert {name: pmu.banking for name, pmu in pmus.items()} == before
    for name in pmus:
        assert set(engine_stalls(module, name).values()) == {0}


def test_a_scheme_by_hand_that_conflicts_runs_and_both_passes_tell() -> None:
    module = prepared(rows_text(1, 32, 4, 1, "deal blocked"))
    memory_of(module, "y", in_loop=False).banks = integers((2, 1))
    with collect_remarks() as remarks:
        PatternBankMemoriesPass().apply(Context(), module)
        ConvertPatternToSpatialPass().apply(Context(), module)
        SpatialBankMemoriesPass().apply(Context(), module)
    texts = [str(remark) for remark in remarks]
    assert any(
        "pattern-bank-memories: pattern.memory: %y: banked (2, 1) given loses cycles: the write of "
        "%y stalls 24 cycles per run and the store stalls 14 cycles per run; the write of %y takes "
        "elements [0] and [8] at once, which both lie on bank 0; with banked (16, 2, [17]), no "
        "stream waits for a bank" in text
        for text in texts
    )
    assert any(
        text.startswith("warning: spatial-bank-memories: @y: the banking (2, 1) given conflicts")
        for text in texts
    )


def test_several_buffers_share_their_banks() -> None:
    text = """
    func.func @main(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
      %y = pattern.scan (%t in 4) -> tensor<4x8xf32> {
        pattern.memory sram %x[%t, *] depth 3 bytes 32 live (-1, 0) banked (8, 1, [3])
            : tensor<4x8xf32>
        %n = pattern.map (%i in 8 par 1 x 8) -> tensor<8xf32> {
          %a = pattern.read %x[%t, %i] : tensor<4x8xf32>
          %b = arith.addf %a, %a : f32
          pattern.yield %b : f32
        }
        pattern.next emit %n : tensor<8xf32>
      }
      func.return %y : tensor<4x8xf32>
    }"""
    module = prepared(text)
    ConvertPatternToSpatialPass().apply(Context(), module)
    (pmu,) = [op for op in module.walk() if isinstance(op, PmuOp) and op.sym_name.data == "x_1"]
    assert pmu.held.get_shape() == (3, 8)
    assert pmu.banking == Banking(8, 1, (0, 3))
    assert set(engine_stalls(module, "x_1").values()) == {0}
