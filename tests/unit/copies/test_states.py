"""How many buffers a state needs, against looking at every read and write in turn."""

from itertools import product

import pytest
from copy_cases import parse
from xdsl.ir import BlockArgument

from spatial_opt.dialects.pattern import NextOp, ReadOp, ScanOp
from spatial_opt.passes.polyhedral.accesses import read_function, shape_of
from spatial_opt.passes.polyhedral.loops import loops_around
from spatial_opt.passes.polyhedral.spaces import box, related
from spatial_opt.passes.polyhedral.states import overwritten


def buffers_needed(carry: BlockArgument) -> int:
    """Return how many buffers a carried value needs: 1, or 2 that change places."""
    for use in carry.uses:
        reader = use.operation
        if isinstance(reader, NextOp):
            continue
        if not isinstance(reader, ReadOp):
            return 2
        loops = loops_around(reader)
        function = read_function(reader.indices, reader.map.data, loops)
        if function is None:
            return 2
        relation = related(function, box(loops.bounds)).intersect_range(box(shape_of(carry)))
        if not overwritten(carry, reader, relation).is_empty():
            return 2
    return 1


def scan(*kernels: str, following: str = "new") -> ScanOp:
    """Return a scan with some kernels in its body."""
    text = (
        "func.func @main(%h0: tensor<6xi32>, %m: tensor<6x6xi32>) -> tensor<6xi32> {\n"
        "%last = pattern.scan (%t in 4) carry (%h = %h0 : tensor<6xi32>) -> (tensor<6xi32>) {\n"
        + "".join(kernels)
        + f"pattern.next %{following} : tensor<6xi32>\n}}\nfunc.return %last : tensor<6xi32>\n}}"
    )
    (found,) = [op for op in parse(text).walk() if isinstance(op, ScanOp)]
    return found


def kernel(name: str, at: str, tensor: str = "h") -> str:
    """Return a map that reads one element."""
    return (
        f"%{name} = pattern.map (%{name}_i in 6) -> tensor<6xi32> {{\n"
        f"  %{name}_v = pattern.read %{tensor}[{at.replace('#', f'%{name}_i')}] zero_outside"
        f" : tensor<6xi32>\n"
        f"  %{name}_w = arith.muli %{name}_v, %{name}_v : i32\n"
        f"  pattern.yield %{name}_w : i32\n}}\n"
    )


@pytest.mark.parametrize(
    ("kernels", "buffers"),
    [
        ([kernel("new", "#")], 1),
        ([kernel("new", "# + 6")], 1),
        ([kernel("new", "# + 1")], 2),
        ([kernel("new", "5 - #")], 2),
        ([kernel("first", "5 - #"), kernel("new", "#", "first")], 1),
        ([kernel("new", "#"), kernel("later", "#")], 2),
        ([kernel("new", "#"), kernel("later", "# + 6")], 1),
    ],
)
def test_buffers(kernels: list[str], buffers: int):
    found = scan(*kernels)
    assert buffers_needed(found.carries[0]) == buffers


def test_a_reduction_reads_what_others_write():
    body = (
        "%new = pattern.map (%i in 6) -> tensor<6xi32> {\n"
        "  %s = pattern.reduce add (%k in 6) : i32 {\n"
        "    %a = pattern.read %m[%i, %k] : tensor<6x6xi32>\n"
        "    %b = pattern.read %h[%k] : tensor<6xi32>\n"
        "    %p = arith.muli %a, %b : i32\n    pattern.yield %p : i32\n  }\n"
        "  pattern.yield %s : i32\n}\n"
    )
    assert buffers_needed(scan(body).carries[0]) == 2


def test_a_state_that_nothing_makes_is_written_at_the_end_of_the_step():
    assert buffers_needed(scan(kernel("other", "5 - #"), following="h").carries[0]) == 1


def test_in_place_means_that_every_order_of_points_gives_the_same():
    for shift in range(-6, 7):
        needed = buffers_needed(scan(kernel("new", f"# + {shift}")).carries[0])
        # Element i + shift is written at another point, unless it is outside.
        clash = any(
            0 <= reader + shift < 6 and reader + shift == writer and reader != writer
            for reader, writer in product(range(6), repeat=2)
        )
        assert needed == (2 if clash else 1)
