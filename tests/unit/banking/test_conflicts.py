"""Stall cycles: integer sets, numpy, the time engine, the closed form and the twin agree."""

from collections.abc import Callable
from itertools import product
from math import ceil, gcd

import banking_twin as twin
import conflict_counts
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir.affine import AffineExpr, AffineMap

from spatial_opt.dialects.spatial import PmuOp
from spatial_opt.dialects.spatial_ports import processes
from spatial_opt.machine.banks import Banking
from spatial_opt.machine.load import load_machine
from spatial_opt.passes.bank_accesses import problem_of
from spatial_opt.passes.polyhedral import bank_conflicts
from spatial_opt.passes.solvers.bank_problem import Access, Problem
from spatial_opt.passes.solvers.bank_stalls import free, stalls, worst_clash
from spatial_opt.runtime.intervals import stream_interval
from spatial_opt.runtime.order import config_of

ParseChecked = Callable[[str], ModuleOp]
MACHINE = load_machine("plasticine-rnn")

# 64 x 64 words, 16 lanes, a word at ld * row + column: the cycles of 256 accesses and the pairs of
# lanes that want one bank, counted by hand.
ROWS = [
    ("row", 64, 16, 1, 256, 0),
    ("column", 64, 16, 1, 4096, 30720),
    ("column", 65, 16, 1, 256, 0),
    ("column", 68, 16, 1, 1024, 6144),
    ("column", 72, 16, 1, 2048, 14336),
    ("row", 64, 16, 4, 1024, 6144),
    ("column", 64, 16, 4, 4096, 30720),
    ("column", 96, 12, 1, 4096, 30720),
    ("column", 64, 17, 1, 256, 0),
]


def problem(access: Access, shape: tuple[int, ...] = (64, 64), bits: int = 32) -> Problem:
    return Problem(shape, bits, (access,), 16, None)


def engine_stalls(
    parse: ParseChecked, banking: Banking, lanes: int, *, shape: str = "64x64xf32", trips: int = 64
) -> int:
    """The stall cycles that the time engine sees; lanes are neighbours in the last dimension."""
    element = shape.rsplit("x", 1)[1]
    module = parse(
        f"""
        spatial.config @main {{
          spatial.output @y : tensor<64x64x{element}>
          spatial.pmu @m holds tensor<{shape}> banked {banking} init zero {{
            spatial.read @out port 0 counters (%i = 0 to {trips}, %k = 0 to {trips // lanes})
                address [%i, {lanes} * %k] : vector<{lanes}x{element}>
          }}
          spatial.ag @y.store stores @y counters (%i = 0 to {trips}, %k = 0 to {trips // lanes})
              address [%i, {lanes} * %k] : vector<{lanes}x{element}>
          spatial.link @m::@out to @y.store::@data : vector depth 2
        }}
        """
    )
    read = next(process for process in processes(config_of(module)) if process.kind == "read")
    interval = stream_interval(read, MACHINE)
    pattern = (interval,) * read.firings if isinstance(interval, int) else interval
    return sum(pattern) - read.firings


@pytest.mark.parametrize(("kind", "ld", "banks", "block", "cycles", "pairs"), ROWS)
def test_rows_counted_by_hand(
    kind: str,
    ld: int,
    banks: int,
    block: int,
    cycles: int,
    pairs: int,
    parse_checked: ParseChecked,
):
    access = twin.row_access() if kind == "row" else twin.column_access()
    case, scheme = problem(access), Banking(banks, block, (ld, 1))
    assert stalls(case, access, scheme) == cycles - 256
    assert conflict_counts.stall_cycles(case, access, scheme) == cycles - 256
    assert conflict_counts.conflicting_pairs(case, access, scheme) == pairs
    assert bank_conflicts.conflict_free(case, access, scheme) == (pairs == 0)
    # Streams run along the last dimension: a column is a row of the memory held transposed.
    vector = (ld, 1) if kind == "row" else (1, ld)
    assert engine_stalls(parse_checked, Banking(banks, block, vector), 16) == cycles - 256


GRID = list(product((60, 64, 65, 68, 72, 96), (12, 16), (1, 2, 8), (4, 16)))


@pytest.mark.parametrize(("ld", "banks", "block", "lanes"), GRID)
def test_columns_on_a_grid(
    ld: int, banks: int, block: int, lanes: int, parse_checked: ParseChecked
):
    access = twin.column_access(lanes)
    case, scheme = problem(access), Banking(banks, block, (ld, 1))
    expected = stalls(case, access, scheme)
    if block == 1:
        assert expected == 64 * (64 // lanes) * (ceil(lanes * gcd(ld, banks) / banks) - 1)
    assert conflict_counts.stall_cycles(case, access, scheme) == expected
    assert bank_conflicts.conflict_free(case, access, scheme) == (expected == 0)
    assert engine_stalls(parse_checked, Banking(banks, block, (1, ld)), lanes) == expected


@pytest.mark.parametrize(
    ("element", "width", "banking"),
    list(
        product(
            ("i8", "bf16", "f32"),
            (30, 64),
            (Banking(16), Banking(4, 2), Banking(3, 1, (5, 2)), Banking(5, 4, (0, 3))),
        )
    ),
)
def test_elements_narrower_than_words(
    element: str, width: int, banking: Banking, parse_checked: ParseChecked
):
    bits = {"i8": 8, "bf16": 16, "f32": 32}[element]
    access = twin.row_access(16)
    case = problem(access, (60, width), bits)
    expected = twin.stalls(case, access, banking)
    assert stalls(case, access, banking) == expected
    assert conflict_counts.stall_cycles(case, access, banking) == expected
    shape = f"60x{width}x{element}"
    # What reaches over the edge of the memory takes no bank.
    assert engine_stalls(parse_checked, banking, 16, shape=shape) == expected


@st.composite
def cases(draw: st.DrawFn) -> tuple[Problem, Banking]:
    rank = draw(st.integers(1, 2))
    shape = tuple(draw(st.integers(1, 12)) for _ in range(rank))
    bounds = tuple(draw(st.integers(1, 10)) for _ in range(draw(st.integers(0, 2))))
    dims = [AffineExpr.dimension(n) for n in range(len(bounds) + 1)]
    results: list[AffineExpr] = []
    for _ in range(rank):
        total: AffineExpr = AffineExpr.constant(draw(st.integers(-2, 3)))
        for dim in dims:
            total = total + dim * draw(st.integers(0, 4))
        divisor = draw(st.sampled_from([0, 0, 2, 3]))
        total = total % 4 + total if draw(st.booleans()) and not divisor else total
        results.append(total if not divisor else total // divisor + total % divisor)
    lanes = draw(st.integers(1, 8))
    access = Access("out", bounds, AffineMap(len(dims), 0, tuple(results)), lanes)
    vector = draw(st.none() | st.tuples(*(st.integers(0, 9) for _ in shape)))
    scheme = Banking(draw(st.integers(1, 6)), draw(st.sampled_from([1, 2, 4])), vector)
    return Problem(shape, draw(st.sampled_from([8, 16, 32])), (access,), 6, None), scheme


@settings(max_examples=120, deadline=None)
@given(cases())
def test_any_access(case: tuple[Problem, Banking]):
    some, scheme = case
    access = some.accesses[0]
    expected = twin.stalls(some, access, scheme)
    assert stalls(some, access, scheme) == expected
    assert conflict_counts.stall_cycles(some, access, scheme) == expected
    assert bank_conflicts.conflict_free(some, access, scheme) == (expected == 0)
    assert conflict_counts.conflicting_pairs(some, access, scheme) == twin.pairs(
        some, access, scheme
    )
    if free(some, access, scheme):
        assert expected == 0
    clash = worst_clash(some, access, scheme)
    assert (clash is None) == (expected == 0)
    if clash is not None:
        one, other = ((*element[:-1], element[-1] * some.bits // 32) for element in clash.elements)
        assert one != other
        assert scheme.bank(one, some.words) == scheme.bank(other, some.words) == clash.bank
        reached = [access.address.eval([*clash.firing, lane], []) for lane in range(access.lanes)]
        assert all(tuple(element) in map(tuple, reached) for element in clash.elements)


def test_periods_make_long_runs_cheap():
    """A run of 10^12 firings is counted, not walked through."""
    long = 10**6
    access = twin.access_of((long, long), [((64, 0, 0), 0), ((0, 16, 1), 8)], 16)
    some = problem(access, (64 * long, 16 * long + 16), 8)
    assert stalls(some, access, Banking(2)) == long * long
    # Words 4 k + 2 to 4 k + 5 in blocks of 8: all in one, or two in each of two.
    assert stalls(some, access, Banking(8, 8)) == (3 + 1) * long * long // 2


def test_problem_of_a_memory(parse_checked: ParseChecked):
    module = parse_checked(
        """
        spatial.config @main {
          spatial.input @x : tensor<5x64xi8>
          spatial.controller @t counters (%t = 0 to 5) {
            spatial.ag @x.load loads @x counters (%i = 0 to 4) address [%t, 16 * %i] : vector<8xi8>
            spatial.ag @z.load loads @x counters (%i = 0 to 4)
                address [%t, 16 * %i + 8] : vector<8xi8>
            spatial.pmu @m holds tensor<2x64xi8> banked (16, 1) init zero {
              spatial.write @in ports ["a", "b"] port 0 counters (%i = 0 to 4)
                  address [%t mod 2, 16 * %i] : vector<8xi8>
            }
          }
          spatial.link @x.load::@data to @m::@a : vector depth 2
          spatial.link @z.load::@data to @m::@b : vector depth 2
        }
        """
    )
    memory = next(op for op in module.walk() if isinstance(op, PmuOp))
    some = problem_of(memory, MACHINE)
    access = some.accesses[0]
    assert (some.shape, some.words, some.bits) == ((2, 64), (2, 16), 8)
    assert some.bank_words == MACHINE.pmu.capacity_bytes // 4 // MACHINE.pmu.banks
    assert (access.bounds, access.lanes, access.outer, access.writes) == ((5, 4), 16, 1, True)
    assert access.address.eval([3, 2, 5], []) == (1, 37)
