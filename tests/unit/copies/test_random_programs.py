"""Random programs: same values, the same accesses in any order, nothing left to a second run."""

import random
import re
from itertools import product

import islpy as isl
import pytest
from copy_cases import eliminated, parse
from hypothesis import given, settings
from hypothesis import strategies as st
from random_programs import random_program
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import OpResult, SSAValue

from spatial_opt.dialects.pattern import MapOp, ReadOp
from spatial_opt.dialects.pattern_interface import main_function
from spatial_opt.passes.copies.compose import Composition, Rules, compose
from spatial_opt.passes.copies.eliminate import Copy, copies_of, eliminate
from spatial_opt.passes.copies.views import View, view_of
from spatial_opt.passes.polyhedral.accesses import shape_of
from spatial_opt.passes.polyhedral.loops import Loops, loops_around, loops_of_block

Element = tuple[SSAValue, tuple[int, ...]]


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.integers(0, 1 << 30), st.sampled_from(["i32", "f32"]))
def test_values_stay_and_a_second_run_changes_nothing(seed: int, element: str):
    once, _ = eliminated(parse(random_program(seed, element)), seed=seed % 1000)
    twice, _ = eliminated(once)
    assert str(twice) == str(once)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(st.integers(0, 1 << 30), st.integers(0, 99))
def test_any_order_gives_the_same_accesses(seed: int, shuffle: int):
    module = parse(random_program(seed, "i32"))
    other, generator = module.clone(), random.Random(shuffle)

    def order(copies: list[Copy]) -> list[Copy]:
        return generator.sample(copies, len(copies))

    eliminate(main_function(module), Rules())
    eliminate(main_function(other), Rules(), order=order)
    other.verify()
    assert _reads(module) == _reads(other)


def _reads(module: ModuleOp) -> list[str]:
    return sorted(re.findall(r"pattern\.read .*", str(module)))


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.integers(0, 1 << 30))
def test_a_composed_access_is_a_look_up_through_the_copy(seed: int):
    module = parse(random_program(seed, "i32"))
    for copy in copies_of(main_function(module)):
        view = _view(copy)
        for use in copy.value.uses:
            if isinstance(use.operation, ReadOp):
                found = compose(use.operation, view, Rules())
                if isinstance(found, Composition):
                    _check_points(use.operation, view, found)


def _view(copy: Copy) -> View:
    assert isinstance(copy.value, OpResult)
    view = view_of(copy.value)
    assert view is not None
    return view


def _check_points(read: ReadOp, view: View, found: Composition) -> None:
    loops = loops_around(read)
    for point in product(*(range(bound) for bound in loops.bounds)):
        expected = _through(read, view, loops, point)
        seen: list[Element] = []
        for part in found.parts:
            at = part.map.eval(point, [])
            if _is_inside(part.piece.source, at):
                seen.append((part.piece.source, at))
            else:
                assert part.zero_outside
        assert seen == expected


def _through(read: ReadOp, view: View, loops: Loops, point: tuple[int, ...]) -> list[Element]:
    """Return the element that a read sees, by evaluating the body of the copy; [] for a zero."""
    at = _coordinates(read, loops, point)
    if not _is_inside(view.value, at):
        return []
    copy = view.value.owner
    assert isinstance(copy, MapOp)
    inner = loops_of_block(copy.body.block)
    outer = point[: len(inner) - len(at)]
    where = (*outer, *at)
    wanted = isl.Set(f"{{ [{', '.join(map(str, where))}] }}")
    pieces = [piece for piece in view.pieces if wanted.is_subset(piece.domain)]
    elements: list[Element] = []
    for piece in pieces:
        element = _coordinates(piece.read, inner, where)
        assert _is_inside(piece.source, element)
        elements.append((piece.source, element))
    return elements


def _coordinates(read: ReadOp, loops: Loops, point: tuple[int, ...]) -> tuple[int, ...]:
    values = [point[loops.position(index) or 0] for index in read.indices]
    return read.map.data.eval(values, [])


def _is_inside(tensor: SSAValue, at: tuple[int, ...]) -> bool:
    return all(0 <= n < extent for n, extent in zip(at, shape_of(tensor), strict=True))


def test_the_programs_have_copies_of_every_kind():
    text = "".join(random_program(seed, "i32") for seed in range(30))
    for kind in ("turn", "flat", "split", "slice", "pad", "spread", "same", "join", "kept"):
        assert re.search(rf"%{kind}\d+ = pattern.map", text)
    with pytest.raises(AssertionError):
        _check_points(*_wrong())


def _wrong() -> tuple[ReadOp, View, Composition]:
    """Return a composition that reads an element too far to the left."""
    module = parse(
        "func.func @main(%x: tensor<6xi32>) -> tensor<4xi32> {\n"
        "%c = pattern.map (%i in 4) -> tensor<4xi32> {\n"
        "  %v = pattern.read %x[%i + 1] : tensor<6xi32>\n  pattern.yield %v : i32\n}\n"
        "%y = pattern.map (%i in 4) -> tensor<4xi32> {\n"
        "  %v = pattern.read %c[%i] : tensor<4xi32>\n"
        "  %w = arith.addi %v, %v : i32\n  pattern.yield %w : i32\n}\n"
        "func.return %y : tensor<4xi32>\n}"
    )
    copy = copies_of(main_function(module))[0]
    (use,) = copy.value.uses
    assert isinstance(use.operation, ReadOp)
    found = compose(use.operation, _view(copy), Rules())
    assert isinstance(found, Composition)
    part = found.parts[0]
    moved = type(part)(part.piece, use.operation.map.data, part.zero_outside)
    return use.operation, _view(copy), Composition(found.read, found.loops, (moved,), False)
