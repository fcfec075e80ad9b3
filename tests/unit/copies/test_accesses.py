"""Access relations of programs, their text, and numbers of points."""

import islpy as isl
import pytest
from copy_cases import exported, parse
from xdsl.ir import BlockArgument

from spatial_opt.dialects.pattern import ScanOp
from spatial_opt.passes.polyhedral.accesses import Access, Kind, accesses, shape_of
from spatial_opt.passes.polyhedral.counting import count_points
from spatial_opt.passes.polyhedral.loops import distinct_names
from spatial_opt.passes.polyhedral.spaces import box
from spatial_opt.passes.polyhedral.text import access_line, access_lines

PROGRAM = """
func.func @main(%x: tensor<6x4xi32>, %n: tensor<3xi32>) -> (tensor<4xi32>, tensor<3x4xi32>) {
  %zero = arith.constant dense<0> : tensor<4xi32>
  %last, %all = pattern.scan reverse (%t in 3) carry (%h = %zero : tensor<4xi32>)
      -> (tensor<4xi32>, tensor<3x4xi32>) {
    %new = pattern.map (%j in 4) -> tensor<4xi32> {
      %s = pattern.reduce add (%k in 5) : i32 {
        %a = pattern.read %x[2 * %t + 1, %k - 1] zero_outside : tensor<6x4xi32>
        %b = pattern.read %h[(%j + 1) mod 4] : tensor<4xi32>
        %p = arith.muli %a, %b : i32
        pattern.yield %p : i32
      }
      %i = pattern.read %n[%t] : tensor<3xi32>
      %g = pattern.gather %h[%i] : tensor<4xi32>, i32
      %sum = arith.addi %s, %g : i32
      pattern.yield %sum : i32
    }
    pattern.next %new emit %new : tensor<4xi32>, tensor<4xi32>
  }
  func.return %last, %all : tensor<4xi32>, tensor<3x4xi32>
}
"""


def find(statement: str, kind: Kind, tensor: str) -> Access:
    """Return the only access of a kind."""
    (found,) = (
        access
        for access in accesses(parse(PROGRAM))
        if (access.statement, access.kind, access.tensor.name_hint) == (statement, kind, tensor)
    )
    return found


@pytest.mark.parametrize(
    ("statement", "kind", "tensor", "relation"),
    [
        (
            "new",
            Kind.READ,
            "x",
            "[t, j, k] -> [2t + 1, k - 1] : 0 <= t < 3 and 0 <= j < 4 and 1 <= k < 5",
        ),
        ("new", Kind.READ, "h", "[t, j, k] -> [(j + 1) mod 4] : 0<=t<3 and 0<=j<4 and 0<=k<5"),
        ("new", Kind.READ, "n", "[t, j] -> [t] : 0 <= t < 3 and 0 <= j < 4"),
        ("new", Kind.GATHER, "h", "[t, j] -> [e] : 0 <= t < 3 and 0 <= j < 4 and 0 <= e < 4"),
        ("new", Kind.WRITE, "new", "[t, j] -> [j] : 0 <= t < 3 and 0 <= j < 4"),
        ("h start", Kind.READ, "zero", "[e] -> [e] : 0 <= e < 4"),
        ("h start", Kind.WRITE, "h", "[e] -> [e] : 0 <= e < 4"),
        ("h next", Kind.READ, "new", "[t, e] -> [e] : 0 <= t < 3 and 0 <= e < 4"),
        ("h next", Kind.WRITE, "h", "[t, e] -> [e] : 0 <= t < 3 and 0 <= e < 4"),
        ("all emit", Kind.WRITE, "all", "[t, e] -> [t, e] : 0 <= t < 3 and 0 <= e < 4"),
        ("last last", Kind.READ, "h", "[e] -> [e] : 0 <= e < 4"),
        ("return", Kind.READ, "all", "[d, e] -> [d, e] : 0 <= d < 3 and 0 <= e < 4"),
    ],
)
def test_relations(statement: str, kind: Kind, tensor: str, relation: str):
    assert find(statement, kind, tensor).relation.is_equal(isl.Map(f"{{ {relation} }}"))


def test_the_schedule_is_the_order_of_the_program():
    # A reversed scan takes its greatest index first.
    earlier = find("new", Kind.WRITE, "new").schedule
    assert earlier.is_equal(
        isl.Map("{ [t, j] -> [1, 2 - t, 0, j, 5] : 0 <= t < 3 and 0 <= j < 4 }")
    )
    later = find("h next", Kind.WRITE, "h").schedule
    assert later.is_equal(isl.Map("{ [t, e] -> [1, 2 - t, 3, 0, e] : 0 <= t < 3 and 0 <= e < 4 }"))
    start = find("h start", Kind.WRITE, "h").schedule
    assert start.is_equal(isl.Map("{ [e] -> [1, -1, 0, e] : 0 <= e < 4 }"))


def test_every_element_is_written_once_in_a_step():
    module, _ = exported("bidirectional")
    for access in accesses(module):
        if access.kind is Kind.WRITE:
            relation, over_steps = access.relation, "emit" not in access.statement
            if over_steps and any(isinstance(i.block.parent_op(), ScanOp) for i in _loops(access)):
                assert not relation.is_injective()
                relation = relation.fix_val(isl.dim_type.in_, 0, 3)
            assert relation.is_injective()
            assert access.relation.range().is_equal(box(shape_of(access.tensor)))


def _loops(access: Access) -> tuple[BlockArgument, ...]:
    return access.loops.indices


def test_lines():
    lines = access_lines(parse(PROGRAM))
    assert lines[2] == (
        "new: read { [t, j, k] -> x[(1 + 2t), (-1 + k)] : 0 <= t <= 2 and 0 <= j <= 3 and "
        "0 < k <= 4 } at [1, 2 - t, 0, j, 0, k, 0]"
    )
    assert "h start: write { [e0] -> h[(e0)] : 0 <= e0 <= 3 } at [1, -1, 0, e0]" in lines
    assert len(lines) == len(accesses(parse(PROGRAM)))


def test_what_is_printed_is_the_relation():
    for access in accesses(exported("gru")[0]):
        text = access_line(access)
        again = isl.Map(text[text.index("{") : text.rindex("}") + 1])
        again = again.reset_tuple_id(isl.dim_type.out)
        assert again.is_equal(access.relation)


def test_names_are_identifiers_of_their_own():
    names = distinct_names(["k", None, "k", "mod", "7.x", None, "a.b"], "i")
    assert names == ("k", "i", "k_1", "mod_", "i7_x", "i_1", "a_b")


@pytest.mark.parametrize(
    ("points", "count"),
    [
        ("{ [i, j] : 0 <= i < 5 and 0 <= j <= i }", 15),
        ("{ [i] : 0 <= i < 100 and i mod 7 = 3 }", 14),
        ("{ [i] : 3 <= i < 3 }", 0),
        ("{ [] }", 1),
    ],
)
def test_counts(points: str, count: int):
    assert count_points(isl.Set(points)) == count


def test_pairs_are_counted():
    assert count_points(isl.Map("{ [i] -> [j] : 0 <= i < 4 and i <= j < 4 }")) == 10


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ("[n] -> { [i] : 0 <= i < n }", "without parameters"),
        ("[n] -> { [i] : 0 <= i < 4 }", "without parameters"),
        ("{ [i] : i >= 0 }", "only bounded sets"),
    ],
)
def test_what_isl_counts_as_nothing_is_refused(points: str, message: str):
    with pytest.raises(ValueError, match=message):
        count_points(isl.Set(points))
