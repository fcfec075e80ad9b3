"""Padding read off programs, against closed forms and against counting one by one."""

from itertools import product
from math import ceil, prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from spatial_opt.bench.fragmentation import loop_factors, loop_work, product_work
from spatial_opt.bench.nests import Nest, nests
from spatial_opt.bench.problems import generate
from spatial_opt.bench.published import Tile
from spatial_opt.tools.compilation import Compilation, compile_module, make_context, steps_for

sizes = st.integers(1, 9)


def program(cell: str, hidden: int, steps: int, **options: int) -> ModuleOp:
    """Give a layer in the pattern dialect, one kernel at a time, with these factors."""
    module = generate(cell, hidden, steps)
    passes = steps_for(module, "unfused", {name: (value,) for name, value in options.items()})
    names = [step.name for step in passes]
    wanted = passes[
        : names.index("pattern-parallelize" if options else "pattern-expand-activations") + 1
    ]
    compile_module(make_context(), module, wanted, Compilation())
    return module


@pytest.mark.parametrize(
    ("hidden", "padding"),
    [
        (256, 2.93),
        (512, 2.20),
        (1024, 1.37),
        (1536, 1.14),
        (2048, 1.24),
        (2560, 1.13),
        (2816, 1.16),
    ],
)
@pytest.mark.parametrize(("cell", "gates"), [("lstm", 4), ("gru", 3)])
def test_tiled_products(cell: str, gates: int, hidden: int, padding: float):
    work = product_work(program(cell, hidden, 3))
    assert work.useful == 3 * gates * 2 * hidden * hidden
    assert work.padding == pytest.approx(
        ceil(hidden / 400) * ceil(hidden / 240) * 96000 / hidden**2
    )
    assert work.padding == pytest.approx(padding, abs=0.005)


def test_loops_pad_one_dimension_and_the_rows():
    module = program("lstm", 100, 2, hu=6, ru=2, rv=16)
    # 17 times 6 rows of 4 times 32 elements, W and R, four gates, two steps
    assert loop_work(module) == 102 * 128 * 2 * 4 * 2
    assert loop_factors(module) == [{"hu": 6, "hv": 1, "rows": 6, "ru": 2, "rv": 16}]


def test_published_loops_pad_nothing_on_whole_multiples():
    module = program("lstm", 512, 1, hu=4, ru=8, rv=64)
    assert loop_work(module) == product_work(module).useful


def test_rows_in_the_lanes():
    text = """
    func.func @main(%m: tensor<40x12xi8>) -> tensor<40xi32> {
      %y = pattern.map (%j in 40 par 2 x 4) rows 1 -> tensor<40xi32> {
        %s, %u = pattern.reduce add, max (%k in 12 par 2 x 4) : i32, i32 {
          %v = pattern.read %m[%j, %k] : tensor<40x12xi8>
          pattern.yield %v, %v : i8, i8
        }
        pattern.yield %s : i32
      }
      func.return %y : tensor<40xi32>
    }
    """
    module = Parser(make_context(), text).parse_module()
    assert loop_factors(module) == [{"hu": 2, "hv": 4, "rows": 1, "ru": 2, "rv": 4}]
    assert loop_work(module) == 40 * 16 * 2
    assert product_work(module, Tile(16, 1, 8)).tiled == 48 * 16 * 2


@settings(deadline=None, max_examples=200)
@given(
    repeats=sizes,
    rows=st.lists(st.tuples(sizes, sizes), max_size=2),
    row_lanes=sizes,
    domain=st.lists(sizes, min_size=1, max_size=2),
    pieces=sizes,
    lanes=sizes,
    sums=sizes,
)
def test_issued_work_is_that_of_counting(
    repeats: int,
    rows: list[tuple[int, int]],
    row_lanes: int,
    domain: list[int],
    pieces: int,
    lanes: int,
    sums: int,
):
    extents, copies = [e for e, _ in rows], [c for _, c in rows]
    nest = Nest(
        repeats, tuple(extents), tuple(copies), row_lanes, 1, tuple(domain), pieces, lanes, sums
    )
    units = [*copies[:-1], copies[-1] * row_lanes] if copies else []
    turns = [
        *(range(0, extent, unit) for extent, unit in zip(extents, units, strict=True)),
        *(range(extent) for extent in domain[:-1]),
        range(0, domain[-1], pieces * lanes),
    ]
    at_once = prod(units) * pieces * lanes * sums
    assert nest.issued == repeats * at_once * sum(1 for _ in product(*turns))
    assert nest.issued >= nest.elements == repeats * prod(extents) * prod(domain) * sums
    assert nest.tiled(1, 1) == nest.elements


def test_nests_see_scans_and_enclosing_loops():
    module = program("gru", 7, 5)
    found = list(nests(module))
    assert [nest.repeats for nest in found] == [5] * len(found)
    assert sum(nest.elements for nest in found) == 5 * 3 * 2 * 7 * 7
    assert all(nest.rows[-1] == 7 and nest.domain == (7,) for nest in found)
