"""Operators that move or combine elements, on random shapes, against numpy."""

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from spatial_opt.frontends.graph import scalars
from spatial_opt.frontends.graph.broadcasting import expand
from spatial_opt.frontends.graph.einsum import einsum, parse
from spatial_opt.frontends.graph.elementwise import elementwise
from spatial_opt.frontends.graph.graph import Graph
from spatial_opt.frontends.graph.layout import concatenate, reshape, strided, tile, transpose
from spatial_opt.frontends.graph.padding import Mode, pad, pad_with_own
from spatial_opt.frontends.graph.pooling import average_pool, max_pool
from spatial_opt.frontends.graph.program import identifier
from spatial_opt.frontends.graph.reduction import combine
from spatial_opt.frontends.graph.selection import take
from spatial_opt.frontends.graph.tensor import Kind, Tensor
from spatial_opt.frontends.graph.windows import Window
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.pattern_evaluator import evaluate

Array = npt.NDArray[Any]
SETTINGS = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
SHAPES = st.lists(st.sampled_from([1, 2, 3, 5, 7]), min_size=0, max_size=4).map(tuple)


def numbers(shape: Sequence[int]) -> Array:
    """Elements that all differ."""
    return np.arange(1, prod(shape) + 1, dtype=np.float32).reshape(shape)


def run(arrays: Sequence[Array], make: Callable[[Graph, list[Tensor]], Tensor]) -> Array:
    """Write a program on inputs and evaluate it."""
    graph = Graph()
    inputs = [graph.input(f"x{n}", array.shape, Kind.FLOAT) for n, array in enumerate(arrays)]
    result = make(graph, inputs)
    program = graph.finish([("y", result)])
    program.module.verify()
    given = {f"x{n}": array.reshape(array.shape or (1,)) for n, array in enumerate(arrays)}
    return evaluate(program.module, given, program.parameters)["y"].reshape(result.shape)


def factorings(size: int) -> st.SearchStrategy[tuple[int, ...]]:
    """Shapes that hold so many elements."""

    @st.composite
    def draw_shape(draw: st.DrawFn) -> tuple[int, ...]:
        rest, shape = size, list[int]()
        while rest > 1 and len(shape) < 4:
            divisors = [n for n in range(1, rest + 1) if rest % n == 0]
            shape.append(draw(st.sampled_from(divisors)))
            rest //= shape[-1]
        shape.append(rest)
        return tuple(draw(st.permutations(shape)))

    return draw_shape()


@SETTINGS
@given(st.data())
def test_reshape(data: st.DataObject):
    size = data.draw(st.sampled_from([1, 6, 7, 12, 30, 36, 60]))
    source, target = data.draw(factorings(size)), data.draw(factorings(size))
    x = numbers(source)
    found = run([x], lambda graph, t: reshape(graph, "y", t[0], target))
    np.testing.assert_array_equal(found, x.reshape(target))


@SETTINGS
@given(st.data())
def test_transpose(data: st.DataObject):
    x = numbers(data.draw(SHAPES))
    order = data.draw(st.permutations(range(x.ndim)))
    found = run([x], lambda graph, t: transpose(graph, "y", t[0], order))
    np.testing.assert_array_equal(found, x.transpose(order))


@SETTINGS
@given(st.data())
def test_slices(data: st.DataObject):
    x = numbers(data.draw(SHAPES))
    axes: list[tuple[int, int, int]] = []
    slices: list[Any] = []
    for extent in x.shape:
        step = data.draw(st.sampled_from([-3, -2, -1, 1, 2, 3]))
        first = data.draw(st.integers(0, extent - 1))
        most = (extent - 1 - first) // step + 1 if step > 0 else first // -step + 1
        count = data.draw(st.integers(1, most))
        axes.append((first, step, count))
        slices.append([first + n * step for n in range(count)])
    found = run([x], lambda graph, t: strided(graph, "y", t[0], axes))
    np.testing.assert_array_equal(found, x[np.ix_(*slices)] if x.ndim else x)


@SETTINGS
@given(st.data())
def test_concatenation(data: st.DataObject):
    shape = data.draw(SHAPES.filter(len))
    axis = data.draw(st.integers(0, len(shape) - 1))
    counts = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    arrays = [numbers((*shape[:axis], count, *shape[axis + 1 :])) for count in counts]
    found = run(arrays, lambda graph, parts: concatenate(graph, "y", parts, axis))
    np.testing.assert_array_equal(found, np.concatenate(arrays, axis))


@SETTINGS
@given(st.data())
def test_padding_and_repetition(data: st.DataObject):
    x = numbers(data.draw(SHAPES))
    widths = [
        (data.draw(st.integers(1 - extent, 3)), data.draw(st.integers(0, 3))) for extent in x.shape
    ]
    before, after = [a for a, _ in widths], [b for _, b in widths]
    value = data.draw(st.sampled_from([0.0, -2.5]))
    found = run([x], lambda graph, t: pad(graph, "y", t[0], before, after, value))
    kept = x[tuple(slice(max(0, -a), None) for a in before)]
    around = [(max(0, a), b) for a, b in widths]
    wanted = np.pad(kept, around, constant_values=value) if x.ndim else x
    np.testing.assert_array_equal(found, wanted)
    times = [data.draw(st.integers(1, 3)) for _ in x.shape]
    found = run([x], lambda graph, t: tile(graph, "y", t[0], times))
    np.testing.assert_array_equal(found, np.tile(x, times) if x.ndim else x)


@SETTINGS
@given(st.data(), st.sampled_from(get_args(Mode)))
def test_padding_with_own_elements(data: st.DataObject, mode: Mode):
    x = numbers(data.draw(SHAPES.filter(len)))
    most = {"reflect": min(x.shape) - 1, "wrap": min(x.shape), "edge": 3}[mode]
    widths = [(data.draw(st.integers(0, most)), data.draw(st.integers(0, most))) for _ in x.shape]
    before, after = [a for a, _ in widths], [b for _, b in widths]
    found = run([x], lambda graph, t: pad_with_own(graph, "y", t[0], before, after, mode))
    np.testing.assert_array_equal(found, np.pad(x, widths, mode))


def windows_of(x: Array, window: Window, fill: float) -> Array:
    """Give the elements of the last dimension that each window sees, by numpy."""
    around = [*[(0, 0)] * (x.ndim - 1), (window.before, window.after)]
    filled = np.pad(x, around, constant_values=fill)
    seen = np.lib.stride_tricks.sliding_window_view(filled, window.span, -1)
    return seen[..., :: window.stride, :: window.dilation]


@SETTINGS
@given(st.data())
def test_pools(data: st.DataObject):
    extent = data.draw(st.integers(1, 9))
    size, dilation = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 2))
    stride, before = data.draw(st.integers(1, 4)), data.draw(st.integers(0, size - 1))
    window = Window(size, stride, before, data.draw(st.integers(0, size - 1)), dilation)
    assume(window.count(extent) > 0)
    if data.draw(st.booleans()):
        window = window.rounded_up(extent)
    x = -numbers((2, 3, extent))
    # A window that sees nothing of the input has neither a largest element nor a mean.
    inside = windows_of(np.ones(extent), window, 0).sum(-1)
    assume(inside.min() > 0)
    found = run([x], lambda graph, t: max_pool(graph, "y", t[0], [window]))
    np.testing.assert_array_equal(found, windows_of(x, window, -np.inf).max(-1))
    found = run([x], lambda graph, t: average_pool(graph, "y", t[0], [window], [(0, 0)]))
    np.testing.assert_allclose(found, windows_of(x, window, 0).sum(-1) / inside, rtol=1e-6)


@SETTINGS
@given(st.data())
def test_sums_of_products(data: st.DataObject):
    extents = {label: data.draw(st.sampled_from([1, 2, 3, 5])) for label in "abcd"}
    labels = st.lists(st.sampled_from("abcd"), min_size=1, max_size=3)
    terms = [data.draw(labels) for _ in range(data.draw(st.integers(1, 3)))]
    known = sorted({label for term in terms for label in term})
    kept = data.draw(st.lists(st.sampled_from(known), unique=True))
    arrays = [numbers([extents[label] for label in term]) for term in terms]
    equation = f"{','.join(map(''.join, terms))}->{''.join(kept)}"
    constants = data.draw(st.booleans())

    def make(graph: Graph, tensors: list[Tensor]) -> Tensor:
        given = [
            Tensor.constant("w", a) if constants and n else t
            for n, (a, t) in enumerate(zip(arrays, tensors, strict=True))
        ]
        parsed, result = parse(equation, [each.rank for each in given])
        return einsum(graph, "y", given, parsed, result)

    np.testing.assert_allclose(run(arrays, make), np.einsum(equation, *arrays), rtol=1e-5)


@SETTINGS
@given(st.data())
def test_broadcasting(data: st.DataObject):
    shape = data.draw(SHAPES)
    shapes: list[tuple[int, ...]] = []
    for _ in range(2):
        kept = [1 if data.draw(st.booleans()) else extent for extent in shape]
        shapes.append(tuple(kept[data.draw(st.integers(0, len(shape))) :]))
    a, b = (numbers(each) for each in shapes)
    found = run([a, b], lambda graph, t: elementwise(graph, "y", scalars.add, t))
    np.testing.assert_array_equal(found, a + b)
    found = run([a], lambda graph, t: expand(graph, "y", t[0], shape))
    np.testing.assert_array_equal(found, np.broadcast_to(a, shape))


@SETTINGS
@given(st.data())
def test_reductions(data: st.DataObject):
    x = numbers(data.draw(SHAPES))
    axes = sorted(data.draw(st.sets(st.integers(0, x.ndim - 1)))) if x.ndim else []
    exact: Any
    kind, exact = data.draw(st.sampled_from([("add", np.sum), ("max", np.max), ("min", np.min)]))
    keep = data.draw(st.booleans())
    found = run([x], lambda graph, t: combine(graph, "y", t[0], axes, kind, keep=keep))
    np.testing.assert_array_equal(found, exact(x, tuple(axes), keepdims=keep))


@SETTINGS
@given(st.data())
def test_elements_at_known_and_computed_places(data: st.DataObject):
    x = numbers(data.draw(SHAPES.filter(len)))
    axis = data.draw(st.integers(0, x.ndim - 1))
    extent = x.shape[axis]
    count = data.draw(SHAPES.filter(lambda shape: prod(shape) < 12))
    flat = st.lists(st.integers(-extent, extent - 1), min_size=prod(count), max_size=prod(count))
    places = np.array(data.draw(flat), np.int64).reshape(count)
    known = Tensor.constant("places", places)
    found = run([x], lambda graph, t: take(graph, "y", t[0], known, axis))
    np.testing.assert_array_equal(found, np.take(x, places, axis))
    # The places come as floats here, which is what they are computed in.
    computed = run(
        [x, places.astype(np.float32)], lambda graph, t: take(graph, "y", t[0], t[1], axis)
    )
    np.testing.assert_array_equal(computed, np.take(x, places, axis))


def test_places_outside_give_zero_when_computed():
    places = np.array([5.0, -7.0, 1.0], np.float32)
    found = run([numbers((3, 2)), places], lambda graph, t: take(graph, "y", t[0], t[1], 0))
    np.testing.assert_array_equal(found, [[0, 0], [0, 0], [3, 4]])


def test_what_is_one_number_everywhere_is_written_as_it():
    graph = Graph()
    x = graph.input("x", (3,), Kind.FLOAT)
    for value in (0.5, 0.0, -0.0):
        operand = Tensor.constant("c", np.full((4, 3), value, np.float32))
        x = elementwise(graph, "y", scalars.multiply, [x, operand])
    program = graph.finish([("y", x)])
    assert program.parameters == {}
    assert Tensor.constant("c", np.array([0.0, -0.0], np.float32)).splat is None
    assert Tensor.constant("c", np.array([np.nan, np.nan], np.float32)).splat is not None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x", "x"),
        ("/lstm/Concat_output_0", "lstm_Concat_output_0"),
        ("onnx::LSTM_12", "onnx_LSTM_12"),
        ("12", "v12"),
        ("_7", "v7"),
        ("größe", "gr_e"),
        ("//", None),
        ("", None),
    ],
)
def test_names_in_the_text(name: str, text: str | None):
    assert identifier(name) == text


def test_parameters_of_one_name_are_told_apart():
    graph = Graph()
    x = graph.input("x", (2,), Kind.FLOAT)
    for n in range(2):
        constant = Tensor.constant("w", np.array([n, 2.0], np.float32))
        x = elementwise(graph, "y", scalars.add, [x, constant])
    assert list(graph.finish([("y", x)]).parameters) == ["w", "w.1"]


def test_reshape_refuses_another_number_of_elements():
    with pytest.raises(SpatialError, match=r"6 elements of shape 2x3 do not fill the shape 4; "):
        run([numbers((2, 3))], lambda graph, t: reshape(graph, "y", t[0], (4,)))
