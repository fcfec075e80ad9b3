"""Which memories may be streamed, why others may not, and what the parts of one hold."""

from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streaming_cases import config, unit
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.spatial import ConfigOp, PmuOp, units
from spatial_opt.passes.kernel_numbers import kernel_numbers
from spatial_opt.passes.link_ends import LinkEnds
from spatial_opt.passes.weight_streams import stream_of
from spatial_opt.passes.weight_tokens import WeightStream
from spatial_opt.runtime.order import config_of

READ = "spatial.read @out port 0 counters (%j = 0 to 8, %k = 0 to 2) address [%j, 4 * %k]"
STORE = (
    "spatial.ag @y.store stores @y counters (%j = 0 to 8, %k = 0 to 2) address [%j, 4 * %k] "
    ": vector<4xf32>"
)
LINK = "spatial.link @W::@out to @y.store::@data : vector depth 2"
INIT = 'parameter "W" [8, 8]'


def text(
    read: str = f"{READ} : vector<4xf32>",
    init: str = INIT,
    store: str = STORE,
    links: str = LINK,
    banks: str = "(4, 1)",
    held: str = "8x8",
    more: str = "",
) -> str:
    """Give a memory of weights that is stored, with parts of it replaced."""
    return f"""
    spatial.input @x : tensor<8x8xf32>
    spatial.output @y : tensor<8x8xf32>
    spatial.pmu @W holds tensor<{held}xf32> banked {banks} init {init} {{
      {read}
    }}
    {store}
    {more}
    {links}
    """


def found(module: ModuleOp, name: str = "W") -> WeightStream | str:
    """Ask about the memory of that name."""
    config: ConfigOp = config_of(module)
    memory = unit(module, name)
    assert isinstance(memory, PmuOp)
    every = {each.sym_name.data: each for each in units(config)}
    return stream_of(memory, LinkEnds(config), every)


def test_a_stream() -> None:
    stream = found(config(text()))
    assert isinstance(stream, WeightStream)
    assert (stream.trips, stream.tokens, stream.repeats, stream.activations) == ((8, 2), 16, 1, 1)
    assert (stream.token_bytes, stream.queue, stream.name) == (16, 2, "W::out")


def test_repeats_activations_and_the_shortest_queue() -> None:
    counters = "counters (%b = 0 to 3, %j = 0 to 8, %k = 0 to 2)"
    body = text(
        read=f"spatial.read @out port 0 {counters} address [%j, 4 * %k] : vector<4xf32>",
        store=f"spatial.ag @y.store stores @y {counters} address [%j, 4 * %k] : vector<4xf32>",
        more=f"spatial.ag @z.store stores @y {counters} address [%j, 4 * %k] : vector<4xf32>",
        links="",
    )
    links = """
    spatial.link @W::@out to @y.store::@data : vector depth 5
    spatial.link @W::@out to @z.store::@data : vector depth 3"""
    start = body.index("spatial.pmu")
    loop = "spatial.controller @t counters (%t = 0 to 7) {"
    stream = found(config(f"{body[:start]} {loop} {body[start:]} }} {links}"))
    assert isinstance(stream, WeightStream)
    assert (stream.repeats, stream.activations, stream.queue) == (3, 7, 3)
    assert len(stream.links) == 2


SHORT = "counters (%j = 0 to 8) address"
REASONS: dict[str, tuple[str, str]] = {
    "zeros": (text(init="zero"), "it does not hold parameters"),
    "an input": (text(init='input "x" [8, 8]'), "it does not hold parameters"),
    "two streams": (
        text(
            read=f"{READ} : vector<4xf32> "
            f"spatial.read @again port 0 {SHORT} [%j, 0] : vector<4xf32>",
            more=f"spatial.ag @z stores @y {SHORT} [%j, 0] : vector<4xf32>",
            links=f"{LINK} spatial.link @W::@again to @z::@data : vector depth 2",
        ),
        "it has 2 streams, and only one may be there, which reads it",
    ),
    "a look-up": (
        text(
            read='spatial.gather @out index "idx" port 0 counters (%j = 0 to 8, %k = 0 to 2) '
            "address [%j] : f32",
            store="spatial.ag @y.store stores @y counters (%j = 0 to 8, %k = 0 to 2) "
            "address [%j, %k] : f32",
            more='spatial.pmu @i holds tensor<16xi32> banked (4, 1) init parameter "i" [16] { '
            "spatial.read @n port 0 counters (%j = 0 to 16) address [%j] : i32 }",
            links="spatial.link @W::@out to @y.store::@data : scalar depth 2 "
            "spatial.link @i::@n to @W::@idx : scalar depth 2",
        ),
        "elements are looked up in it",
    ),
    "banks by hand": (text(banks="(4, 1, [1, 1])"), "its banks are chosen by hand"),
    "duplicated": (text(banks="(4, 1) duplicated"), "its banks are chosen by hand"),
    "several ports": (
        text(
            read='spatial.read @out ports ["a", "b"] port 0 counters (%j = 0 to 8) '
            "address [%j, 0] : vector<4xf32>",
            store=f"spatial.ag @y.store stores @y {SHORT} [%j, 0] : vector<4xf32>",
            more=f"spatial.ag @z.store stores @y {SHORT} [%j, 4] : vector<4xf32>",
            links="spatial.link @W::@a to @y.store::@data : vector depth 2 "
            "spatial.link @W::@b to @z.store::@data : vector depth 2",
        ),
        "its stream @out gives no single token in each iteration",
    ),
    "tokens": (
        text(
            read=f'{READ} waits ["go"] : vector<4xf32>',
            store=STORE.replace(" : vector", ' signals ["done"] : vector'),
            links=f"{LINK} spatial.link @y.store::@done to @W::@go : token depth 1 init 1",
        ),
        "its stream waits for tokens, or gives some",
    ),
    "elements again": (
        text(
            read="spatial.read @out port 0 counters (%j = 0 to 8, %k = 0 to 2) address [%j, 0]"
            " : vector<4xf32>"
        ),
        "an inner counter reads the same elements again",
    ),
    "overlapping tokens": (
        text(
            read="spatial.read @out port 0 counters (%j = 0 to 8, %k = 0 to 2) "
            "address [0, %j floordiv 2 + 2 * %k] padded : vector<4xf32>"
        ),
        "its tokens have elements in common",
    ),
    "beyond the memory": (
        text(
            read="spatial.read @out port 0 counters (%j = 0 to 8, %k = 0 to 2) "
            "address [%j, 4 * %k] padded : vector<4xf32>",
            held="8x6",
        ),
        "its stream reads beyond it, where its parameters may have elements",
    ),
    "in front of the memory": (
        text(
            read="spatial.read @out port 0 counters (%j = 0 to 8, %k = 0 to 2) "
            "address [%j - 1, 4 * %k] padded : vector<4xf32>"
        ),
        "its stream reads beyond it, where its parameters may have elements",
    ),
    "a window": (
        text(
            read="spatial.read @out port 0 counters (%j = 0 to 4, %k = 0 to 2) "
            "address [%j, 4 * %k] : vector<4xf32>",
            more='spatial.pmu @R holds tensor<8x8xf32> banked (4, 1) init parameter "R" [8, 8] { '
            "spatial.read @out port 0 counters (%j = 0 to 4, %k = 0 to 2) address [%j, 4 * %k] "
            ": vector<4xf32> }",
            links=f"{LINK} window (0, 8) "
            "spatial.link @R::@out to @y.store::@data : vector depth 2 window (8, 16)",
        ),
        "it takes turns with others at @y.store::@data",
    ),
}


@pytest.mark.parametrize("case", REASONS)
def test_reasons(case: str) -> None:
    body, reason = REASONS[case]
    assert found(config(body)) == reason


def test_nobody_reads_it() -> None:
    assert found(config(text(links="", store=""))) == "nobody reads it"


def in_loop(body: str, outside: str) -> str:
    """Put the units of a configuration into a time loop of 4 steps, except for one line."""
    start, end = body.index("spatial.pmu"), body.rindex("spatial.link")
    inside = body[start:end].replace(outside, "")
    return (
        f"{body[:start]} spatial.controller @t counters (%t = 0 to 4) {{ {inside} }} "
        f"{outside} {body[end:]}"
    )


def test_a_step_chooses() -> None:
    read = "spatial.read @out port 0 counters (%k = 0 to 2) address [%t, 4 * %k] : vector<4xf32>"
    store = "spatial.ag @y.store stores @y counters (%k = 0 to 2) address [%t, 4 * %k]"
    body = in_loop(text(read=read, store=f"{store} : vector<4xf32>"), "")
    assert found(config(body)) == "the counters of a controller choose what it reads"


@pytest.mark.parametrize("link", ["every 4", "hold 4"])
def test_a_reader_that_runs_at_another_rate(link: str) -> None:
    """What is sent 4 times is taken once, or the other way round."""
    store = "spatial.ag @y.store stores @y counters (%k = 0 to 1) address [0, 0] : vector<4xf32>"
    read = "spatial.read @out port 0 counters (%k = 0 to 1) address [0, 4 * %k] : vector<4xf32>"
    body = text(read=read, store=store, links=f"{LINK} {link}")
    if link.startswith("every"):
        body = in_loop(body, store)
    else:
        memory = body[body.index("spatial.pmu") : body.index("spatial.ag")]
        body = in_loop(body, memory)
    reason = "@y.store does not take each of its tokens once in an activation"
    assert found(config(body)) == reason


@st.composite
def streams(draw: st.DrawFn) -> tuple[ModuleOp, int, int]:
    """Draw a memory and its stream, and a part: tokens from some number on of every few."""
    trips = draw(st.lists(st.sampled_from([1, 2, 3, 4, 5, 6]), min_size=1, max_size=3))
    width = draw(st.sampled_from([1, 2, 4]))
    names = ["a", "b", "c"][: len(trips)]
    # Each counter moves along a dimension of its own, or all along the last one.
    if draw(st.booleans()):
        shape = [*trips[:-1], trips[-1] * width]
        address = [*(f"%{n}" for n in names[:-1]), f"{width} * %{names[-1]}"]
    else:
        order = draw(st.permutations(range(len(trips))))
        step, steps = width, [0] * len(trips)
        for number in reversed(order):
            steps[number], step = step, step * trips[number]
        shape = [step]
        address = [" + ".join(f"{s} * %{n}" for s, n in zip(steps, names, strict=True))]
    repeats = draw(st.integers(1, 2))
    counters = ", ".join(f"%{n} = 0 to {t}" for n, t in zip(names, trips, strict=True))
    token = f"vector<{width}xf32>" if width > 1 else "f32"
    kind = "vector" if width > 1 else "scalar"
    sizes = "x".join(map(str, shape))
    count = prod(trips) * repeats
    body = f"""
    spatial.output @y : tensor<{count}x{width}xf32>
    spatial.pmu @W holds tensor<{sizes}xf32> banked (4, 1) init parameter "W" {shape} {{
      spatial.read @out port 0 counters (%again = 0 to {repeats}, {counters})
          address [{", ".join(address)}] : {token}
    }}
    spatial.ag @y.store stores @y counters (%i = 0 to {count}) address [%i, 0] : {token}
    spatial.link @W::@out to @y.store::@data : {kind} depth 2
    """
    tokens = prod(trips)
    period = draw(st.sampled_from([n for n in range(1, tokens + 1) if tokens % n == 0]))
    first = draw(st.integers(0, period - 1))
    return config(body), period, first


@settings(max_examples=150, deadline=None)
@given(drawn=streams(), data=st.data())
def test_a_part_holds_its_tokens_in_order(
    drawn: tuple[ModuleOp, int, int], data: st.DataObject
) -> None:
    module, period, first = drawn
    stream = found(module)
    assert isinstance(stream, WeightStream)
    count = data.draw(st.integers(1, period - first))
    shape = stream.pmu.held.get_shape()
    memory = np.arange(prod(shape)).reshape(shape)
    map_, around = stream.read.map.data, len(stream.read.bounds) - len(stream.trips)
    given = [
        memory[(*at[:-1], slice(at[-1], at[-1] + stream.width))]
        for point in product(*map(range, stream.trips))
        for at in [map_.eval([0] * around + list(point), [])]
    ]
    rounds = stream.tokens // period
    origin = stream.origin(period, first, count)
    assert origin.num_dims == (1 if rounds == 1 else 2)
    for row in range(rounds):
        held = [
            memory[tuple(origin.eval([row, element] if rounds > 1 else [element], []))]
            for element in range(count * stream.width)
        ]
        start = row * period + first
        assert held == np.concatenate(given[start : start + count]).tolist()


def test_parts_that_follow_counters_are_simple() -> None:
    stream = found(config(text()))
    assert isinstance(stream, WeightStream)
    assert str(stream.origin(16, 0, 16)) == "(d0) -> ((d0 floordiv 8), (d0 mod 8))"
    assert str(stream.origin(2, 1, 1)) == "(d0, d1) -> (d0, (d1 + 4))"
    assert str(stream.origin(4, 0, 3)) == "(d0, d1) -> (((d0 * 2) + (d1 floordiv 8)), (d1 mod 8))"


KERNELS = """
    spatial.output @y : tensor<8xf32>
    spatial.output @z : tensor<8xf32>
    spatial.pmu @a holds tensor<8xf32> banked (4, 1) init parameter "a" [8] {
      spatial.read @out port 0 counters (%i = 0 to 8) address [%i] : f32
    }
    spatial.pmu @b holds tensor<8xf32> banked (4, 1) init parameter "b" [8] {
      spatial.read @out port 0 counters (%i = 0 to 8) address [%i] : f32
    }
    spatial.pmu @c holds tensor<8xf32> banked (4, 1) init parameter "c" [8] {
      spatial.read @out port 0 counters (%i = 0 to 8) address [%i] : f32
    }
    spatial.pcu @first counters (%i = 0 to 8) {
      %a = spatial.receive "a" : f32
      %b = spatial.receive "b" : f32
      spatial.stage 0
      %s = arith.addf %a, %b : f32
      spatial.send "out" %s : f32
    }
    spatial.pmu @between holds tensor<8xf32> banked (4, 1) init zero {
      spatial.write @in ports ["data"] port 0 counters (%i = 0 to 8) address [%i]
          signals ["full"] : f32
      spatial.read @out port 0 counters (%i = 0 to 8) address [%i] waits ["go"] : f32
    }
    spatial.pcu @second counters (%i = 0 to 8) {
      %m = spatial.receive "m" : f32
      %c = spatial.receive "c" : f32
      spatial.stage 0
      %p = arith.mulf %m, %c : f32
      spatial.send "out" %p : f32
    }
    spatial.ag @y.store stores @y counters (%i = 0 to 8) address [%i] : f32
    spatial.link @a::@out to @first::@a : scalar depth 2
    spatial.link @b::@out to @first::@b : scalar depth 2
    spatial.link @c::@out to @second::@c : scalar depth 2
    spatial.link @first::@out to @between::@data : scalar depth 2
    spatial.link @between::@full to @between::@go : token depth 1
    spatial.link @between::@out to @second::@m : scalar depth 2
    spatial.link @second::@out to @y.store::@data : scalar depth 2
"""


def test_a_memory_separates_kernels() -> None:
    numbers = kernel_numbers(config_of(config(KERNELS)))
    first = {numbers[name] for name in ("a::out", "b::out", "first", "between::in")}
    second = {numbers[name] for name in ("between::out", "c::out", "second", "y.store")}
    assert len(first) == len(second) == 1
    assert first != second
