"""How loops are cut into vectors and blocks; only shapes and strides decide."""

from collections.abc import Callable

import pytest
from native_checks import Checker
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.linalg.ops import GenericOp

from spatial_opt.interop.jit_schedule import Schedule, schedule_of
from spatial_opt.interop.jit_strides import loop_strides
from spatial_opt.interop.jit_transform import transform_script
from spatial_opt.lowering.convert_pattern_to_linalg import ConvertPatternToLinalgPass
from spatial_opt.runtime.program_inputs import random_inputs

Program = Callable[[str], ModuleOp]


def sums(rows: str, length: int, factors: str, element: str = "f32", cut: str = "") -> str:
    """Write a map of sums of products; `rows` is its domain, `factors` two tensors and reads."""
    (w, at), (x, there) = (part.split("@") for part in factors.split(";"))
    extents = [word.split(" in ")[1] for word in rows.split(", ")]
    result = f"tensor<{'x'.join([*extents, element])}>"
    multiply = "mulf" if element[0] == "f" else "muli"
    return f"""
    func.func @main(%w: tensor<{w}x{element}>, %x: tensor<{x}x{element}>) -> {result} {{
      %y = pattern.map ({rows}) -> {result} {{
        %s = pattern.reduce add (%k in {length} {cut}) : {element} {{
          %a = pattern.read %w[{at}] : tensor<{w}x{element}>
          %b = pattern.read %x[{there}] : tensor<{x}x{element}>
          %p = arith.{multiply} %a, %b : {element}
          pattern.yield %p : {element}
        }}
        pattern.yield %s : {element}
      }}
      func.return %y : {result}
    }}"""


MATVEC = sums("%i in 40", 64, "40x64@%i, %k;64@%k")
MATMUL = sums("%t in 25, %i in 42", 64, "42x64@%i, %k;25x64@%t, %k")
COLUMNS = sums("%i in 200", 9, "9x200@%k, %i;9@%k")
PRIMES = sums("%t in 7, %i in 53", 67, "53x67@%i, %k;7x67@%t, %k")
REST = sums("%i in 8", 77, "8x77@%i, %k;77@%k")
STRIDED = sums("%i in 40", 32, "40x64@%i, 2 * %k;32@%k")
SHORT = sums("%i in 40", 15, "40x15@%i, %k;15@%k")
BYTES = sums("%i in 40", 100, "40x100@%i, %k;100@%k", "i8")
GATES = sums("%g in 4, %i in 16", 32, "64x32@16 * %g + %i, %k;32@%k")


def schedules(module: ModuleOp, exact: bool = False) -> list[Schedule | None]:
    """Return how each reduction of a program is cut."""
    ConvertPatternToLinalgPass(exact).apply(Context(), module)
    operations = [op for op in module.walk() if isinstance(op, GenericOp)]
    return [schedule_of(op) for op in operations]


def test_rows_share_what_they_read(program: Program):
    (found,) = schedules(program(MATVEC))
    assert found is not None
    assert (found.lane, found.lanes, found.reduces_lanes) == (1, 16, True)
    assert found.blocks == {0: 8}


def test_repeated_weights_are_read_once_per_block(program: Program):
    (found,) = schedules(program(MATMUL))
    assert found is not None
    # Blocks that divide 25 steps and 42 rows; the weights are in the outer loop.
    assert found.blocks == {0: 5, 1: 3}
    assert found.order == (1, 0)


def test_contiguous_results_are_vectors(program: Program):
    (found,) = schedules(program(COLUMNS))
    assert found is not None
    assert (found.lane, found.reduces_lanes) == (0, False)
    assert found.blocks == {0: 64}


def test_narrow_numbers_give_longer_vectors(program: Program):
    (found,) = schedules(program(BYTES))
    assert found is not None
    assert found.lanes == 64


def test_loops_that_count_through_a_dimension_together(program: Program):
    (found,) = schedules(program(GATES))
    assert found is not None
    assert found.blocks == {1: 8}


@pytest.mark.parametrize("text", [STRIDED, SHORT], ids=["strided", "short"])
def test_the_rest_is_left_to_llvm(program: Program, text: str):
    assert schedules(program(text)) == [None]


def test_an_order_is_kept(program: Program):
    assert schedules(program(MATVEC), exact=True) == [None]
    assert transform_script(program("func.func @main() { func.return }")) is None


def test_strides_of_slices(program: Program):
    module = program(sums("%i in 5", 6, "20x30@3 * %i + 1, 2 * %k + 3;6@%k"))
    ConvertPatternToLinalgPass().apply(Context(), module)
    (op,) = [inner for inner in module.walk() if isinstance(inner, GenericOp)]
    assert loop_strides(op) == [[90, 2], [0, 1], [1, 0]]


@pytest.mark.parametrize(
    "text",
    [MATVEC, MATMUL, COLUMNS, PRIMES, REST, STRIDED, BYTES, GATES],
    ids=["matvec", "matmul", "columns", "primes", "rest", "strided", "bytes", "gates"],
)
def test_vectors_change_no_value_but_in_the_last_bits(same: Checker, program: Program, text: str):
    module = program(text)
    same.nearly(module, random_inputs(module, 0))


def test_the_script_splits_off_what_fills_no_vector(program: Program):
    module = program(PRIMES)
    ConvertPatternToLinalgPass().apply(Context(), module)
    script = transform_script(module)
    assert script is not None
    # 7 steps are blocks of 4 and 3, 53 rows leave a block of one, 67 elements leave three.
    assert script.count("after 52 {dimension = 1}") == 1
    assert script.count("after 4 {dimension = 0}") == 2
    assert script.count("after 64 {dimension = 2}") == 4
    assert script.count("transform.structured.split ") == 7
    assert script.count("tile_reduction_using_for") == 4


def test_a_rest_is_a_shorter_vector(program: Program):
    module = program(REST)
    ConvertPatternToLinalgPass().apply(Context(), module)
    script = transform_script(module)
    assert script is not None
    assert "tile_sizes = [0, 16]" in script
    assert "tile_sizes = [0, 13]" in script
