"""Who wrote what is read is the same before and after, by an oracle that knows no copies."""

import islpy as isl
import pytest
from copy_cases import DEFAULTS, exported, parse
from memory_flow import NOTHING, memory_flow, tag_reads
from random_programs import random_program
from xdsl.dialects.builtin import ModuleOp, StringAttr
from xdsl.ir.affine import AffineMap

from spatial_opt.dialects.pattern import ReadOp
from spatial_opt.dialects.pattern_interface import main_function
from spatial_opt.passes.copies import eliminate as driver
from spatial_opt.passes.copies.compose import Composition, Rules, compose
from spatial_opt.passes.copies.eliminate import copies_of, eliminate
from spatial_opt.passes.copies.flow import Identities, difference, last_writers
from spatial_opt.passes.copies.views import View

SMALL = {
    name: {size: min(value, 3) for size, value in sizes.items()}
    for name, (_, sizes) in DEFAULTS.items()
}


def _no_absorption(view: View, rules: Rules) -> None:
    """Let no map compute in another order."""


def check(module: ModuleOp, monkeypatch: pytest.MonkeyPatch) -> int:
    """Compare all reads before and after; returns how many there are."""
    # A map that computes in another order has other instances, which the oracle would have to
    # be told.
    monkeypatch.setattr(driver, "plan_absorption", _no_absorption)
    copies = {copy.value for copy in copies_of(main_function(module))}
    tag_reads(module, copies)
    before = memory_flow(module)
    eliminate(main_function(module), Rules())
    after = memory_flow(module)
    assert before.keys() >= after.keys()
    for tag, writers in before.items():
        # A read that only sees zeros is not there any more.
        now = after.get(tag, NOTHING)
        assert writers.is_equal(now), f"{tag}: {writers} became {now}"
    return len(before)


@pytest.mark.parametrize("network", DEFAULTS)
def test_of_networks(network: str, monkeypatch: pytest.MonkeyPatch):
    module, _ = exported(network, "i32", **SMALL[network])
    assert check(module, monkeypatch) > 5


@pytest.mark.parametrize("seed", range(12))
def test_of_random_programs(seed: int, monkeypatch: pytest.MonkeyPatch):
    assert check(parse(random_program(seed, "i32")), monkeypatch) > 2


def test_the_check_in_the_pass_agrees_with_the_oracle():
    module, _ = exported("lstm", "i32", **SMALL["lstm"])
    function = main_function(module)
    identities = Identities.of(function, [copy.value for copy in copies_of(function)])
    found = last_writers(function, identities)
    reads = [op for op in module.walk() if isinstance(op, ReadOp)]
    tag_reads(module, identities.copies)
    oracle = memory_flow(module)
    compared = 0
    for read in reads:
        tag, sink = read.attributes.get("tag"), ("read", identities.reads[read], 0)
        if tag is not None:
            assert isinstance(tag, StringAttr)
            # States hide who wrote them in one of the two, but the same iterations see something.
            assert oracle[tag.data].domain().is_equal(found[sink].domain())
            compared += 1
    assert compared == 10


def test_a_wrong_access_is_noticed(monkeypatch: pytest.MonkeyPatch):
    def wrong(read: ReadOp, view: View, rules: Rules) -> Composition:
        found = compose(read, view, rules)
        assert isinstance(found, Composition)
        part = found.parts[0]
        turned = AffineMap(part.map.num_dims, 0, part.map.results[::-1])
        changed = type(part)(part.piece, turned, part.zero_outside)
        return Composition(found.read, found.loops, (changed,), found.adds_zero)

    monkeypatch.setattr("spatial_opt.passes.copies.plan.compose", wrong)
    module = parse(
        "func.func @main(%x: tensor<4x4xi32>) -> tensor<4x4xi32> {\n"
        "%c = pattern.map (%i in 4, %j in 4) -> tensor<4x4xi32> {\n"
        "  %v = pattern.read %x[%i, %j] : tensor<4x4xi32>\n  pattern.yield %v : i32\n}\n"
        "%y = pattern.map (%i in 4, %j in 4) -> tensor<4x4xi32> {\n"
        "  %v = pattern.read %c[%i, %j] : tensor<4x4xi32>\n"
        "  %w = arith.addi %v, %v : i32\n  pattern.yield %w : i32\n}\n"
        "func.return %y : tensor<4x4xi32>\n}"
    )
    with pytest.raises(RuntimeError, match=r"changed what is read: .* this is a bug"):
        eliminate(main_function(module), Rules())


def test_differences_are_of_any_kind():
    one, other = isl.UnionMap("{ [i] -> a[i] }"), isl.UnionMap("{ [i] -> b[i] }")
    assert difference({("read", 0, 0): one}, {("read", 0, 0): one}) is None
    assert difference({("read", 0, 0): one}, {}) is None
    assert difference({("next", 0, 0): one}, {}) == "('next', 0, 0) is only seen before"
    assert difference({}, {("read", 0, 0): one}) == "('read', 0, 0) is only seen after"
    assert "lost" in str(difference({("read", 0, 0): one}, {("read", 0, 0): other}))
