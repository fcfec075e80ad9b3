"""Small units that share a physical one: the same values, no waiting in a circle."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.spatial import ConfigOp, PcuOp, StageOp, links, units
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.partition_order import Order
from spatial_opt.passes.remarks import collect_remarks
from spatial_opt.passes.spatial_partition import SpatialPartitionPass

Compile = Callable[..., ModuleOp]
RunTokens = Callable[[ModuleOp, Any], dict[str, list[Any]]]


def config_of(module: ModuleOp) -> ConfigOp:
    """The only configuration of a module."""
    return next(op for op in module.ops if isinstance(op, ConfigOp))


def computing(module: ModuleOp) -> list[str]:
    """Names of the compute units."""
    return [u.sym_name.data for u in units(config_of(module)) if isinstance(u, PcuOp)]


def unit(name: str, reads: list[str], body: str, count: int = 4) -> str:
    """A compute unit that receives scalars and sends `%r`."""
    ports = "\n".join(f'%{port} = spatial.receive "{port}" : f32' for port in reads)
    return f"""
    spatial.pcu @{name} counters (%i = 0 to {count}) {{
      {ports}
      {body}
      spatial.send "out" %r : f32
    }}"""


def load(name: str, count: int = 4) -> str:
    """An address generator that sends scalars."""
    return f"spatial.ag @{name} loads @x counters (%n = 0 to {count}) address [%n] : f32"


def store(name: str, count: int = 4) -> str:
    """An address generator that stores scalars, and its tensor."""
    return f"""
    spatial.output @{name} : tensor<{count}xf32>
    spatial.ag @{name}.store stores @{name} counters (%n = 0 to {count}) address [%n] : f32"""


def link(source: str, target: str, more: str = "") -> str:
    """A scalar link between ports."""
    return f"spatial.link @{source} to @{target} : scalar depth 2{more}"


TWO = "\n".join(
    [
        "spatial.input @x : tensor<4xf32>",
        load("load"),
        unit("a", ["v"], "%r = arith.addf %v, %v : f32"),
        unit("b", ["v"], "%r = arith.mulf %v, %v : f32"),
        store("p"),
        store("q"),
        link("load::@data", "a::@v"),
        link("load::@data", "b::@v"),
        link("a::@out", "p.store::@data"),
        link("b::@out", "q.store::@data"),
    ]
)


def test_two_become_one(compile_config: Compile, run_tokens: RunTokens) -> None:
    x = np.arange(4, dtype=np.float32)
    before = run_tokens(compile_config(TWO), x)
    with collect_remarks() as remarks:
        module = compile_config(TWO, SpatialPartitionPass(merge="always"))
    assert computing(module) == ["a"]
    assert run_tokens(module, x) == before
    ends = {(one.source, one.target) for one in links(config_of(module))}
    assert (("load", "data"), ("a", "v_1")) in ends
    assert (("a", "out_1"), ("q.store", "data")) in ends
    assert [str(remark) for remark in remarks] == [
        "remark: spatial-partition: @a: shares its unit with @b: both now take 2 stages"
    ]


@pytest.mark.parametrize("merge", ["auto", "never"])
def test_units_stay_apart_where_there_are_enough(compile_config: Compile, merge: str) -> None:
    assert computing(compile_config(TWO, SpatialPartitionPass(merge=merge))) == ["a", "b"]


def test_units_staged_by_hand_stay_apart(compile_config: Compile) -> None:
    both = SpatialPartitionPass(), SpatialPartitionPass(merge="always")
    assert computing(compile_config(TWO, *both)) == ["a", "b"]


def test_auto_merges_no_more_than_it_must(compile_config: Compile) -> None:
    """The tiny machine has eight compute units; those of one stage go first, near ones together."""
    parts = ["spatial.input @x : tensor<4xf32>", load("load"), load("other")]
    for number in range(10):
        name, long = f"u{number}", number < 3
        more = "%s = arith.addf %v, %v : f32\n" if long else ""
        parts += [
            unit(name, ["v"], f"{more}%r = arith.mulf %{'s' if long else 'v'}, %v : f32"),
            store(f"y{number}"),
            link("other::@data" if number in (4, 8) else "load::@data", f"{name}::@v"),
            link(f"{name}::@out", f"y{number}.store::@data"),
        ]
    module = compile_config("\n".join(parts), SpatialPartitionPass())
    names = computing(module)
    assert len(names) == 8
    assert names[:3] == ["u0", "u1", "u2"]


def test_options_are_checked() -> None:
    with pytest.raises(SpatialError, match="merge must be one of auto, always, never, got no"):
        SpatialPartitionPass(merge="no")


@st.composite
def graphs(draw: st.DrawFn) -> str:
    """Units of one or two operations that read loads and each other."""
    parts = ["spatial.input @x : tensor<4xf32>", load("l0"), load("l1")]
    sources = ["l0::@data", "l1::@data"]
    ends: list[str] = []
    for number in range(draw(st.integers(2, 7))):
        reads = draw(st.lists(st.sampled_from(sources), min_size=1, max_size=2))
        op = draw(st.sampled_from(["addf", "subf", "mulf"]))
        ports = [f"v{n}" for n in range(len(reads))]
        body = f"%r = arith.{op} %v0, %{ports[-1]} : f32"
        if draw(st.booleans()):
            body = f"%s = arith.addf %v0, %v0 : f32\n%r = arith.{op} %s, %{ports[-1]} : f32"
        parts.append(unit(f"u{number}", ports, body))
        ends += [
            link(source, f"u{number}::@{port}") for source, port in zip(reads, ports, strict=True)
        ]
        sources.append(f"u{number}::@out")
        parts.append(store(f"y{number}"))
        ends.append(link(f"u{number}::@out", f"y{number}.store::@data"))
    return "\n".join([*parts, *ends])


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(graphs())
def test_values_stay(compile_config: Compile, run_tokens: RunTokens, text: str) -> None:
    """Any graph: nothing waits in a circle, and every value is the same."""
    x = np.arange(4, dtype=np.float32) - 1
    before = run_tokens(compile_config(text), x)
    module = compile_config(text, SpatialPartitionPass(merge="always"))
    assert run_tokens(module, x) == before
    for op in module.walk():
        if isinstance(op, PcuOp):
            stages = [o.index.value.data for o in op.body.block.ops if isinstance(o, StageOp)]
            assert stages == list(range(len(stages)))
            assert len(stages) <= 3


TABLE = """
spatial.pmu @table holds tensor<16xf32> banked (4, 1) init table tanh from -1.0 to 1.0 {
  spatial.gather @out index "index" port 0 counters (%i = 0 to 4) address [] : f32
}
"""
"""A look-up table between two units."""
MEMORY = """
spatial.pmu @keep holds tensor<4xf32> banked (4, 1) init zero {
  spatial.write @in ports ["in"] port 0 counters (%i = 0 to 4) address [%i] signals ["full"] : f32
  spatial.read @out port 0 counters (%i = 0 to 4) address [%i] waits ["start"] : f32
}
spatial.link @keep::@full to @keep::@start : token depth 2
"""
"""A memory that is read once it is full."""


def refused(compile_config: Compile, text: str, one: str, other: str) -> str | None:
    """Why two units of a configuration must not be one; the pass keeps to it."""
    found = Order(config_of(compile_config(text)))
    reason = found.conflict(found.index[one], found.index[other])
    names = computing(compile_config(text, SpatialPartitionPass(merge="always")))
    assert (one in names and other in names) == (reason is not None)
    assert (found.conflict(found.index[other], found.index[one]) is None) == (reason is None)
    return reason


def test_a_table_between(compile_config: Compile) -> None:
    text = "\n".join(
        [
            "spatial.input @x : tensor<4xf32>",
            load("load"),
            TABLE,
            unit(
                "a",
                ["v"],
                "%f = arith.addf %v, %v : f32\n%r = pattern.convert %f toward_zero : f32 to i32",
            ).replace('"out" %r : f32', '"out" %r : i32'),
            unit("b", ["v"], "%r = arith.mulf %v, %v : f32"),
            store("y"),
            link("load::@data", "a::@v"),
            link("a::@out", "table::@index"),
            link("table::@out", "b::@v"),
            link("b::@out", "y.store::@data"),
        ]
    )
    assert refused(compile_config, text, "a", "b") == "one of @a and @b needs results of the other"


def test_tokens_that_wait_upstream(compile_config: Compile) -> None:
    """@b starts when the memory is full; @a's queue would be full long before."""
    text = "\n".join(
        [
            "spatial.input @x : tensor<4xf32>",
            load("load"),
            MEMORY,
            unit("a", ["v"], "%r = arith.addf %v, %v : f32"),
            unit("b", ["v"], "%r = arith.mulf %v, %v : f32"),
            store("p"),
            store("q"),
            link("load::@data", "a::@v"),
            link("load::@data", "keep::@in"),
            link("keep::@out", "b::@v"),
            link("a::@out", "p.store::@data"),
            link("b::@out", "q.store::@data"),
        ]
    )
    reason = refused(compile_config, text, "a", "b")
    assert reason == "one of @a and @b takes what @load sends, the other waits"


def test_tokens_that_wait_downstream(compile_config: Compile) -> None:
    """@sum needs @b's tokens only when all of @a's are in the memory."""
    text = "\n".join(
        [
            "spatial.input @x : tensor<4xf32>",
            load("l0"),
            load("l1"),
            MEMORY,
            unit("a", ["v"], "%r = arith.addf %v, %v : f32"),
            unit("b", ["v"], "%r = arith.mulf %v, %v : f32"),
            unit("sum", ["v", "w"], "%r = arith.subf %v, %w : f32"),
            store("y"),
            link("l0::@data", "a::@v"),
            link("l1::@data", "b::@v"),
            link("a::@out", "keep::@in"),
            link("keep::@out", "sum::@v"),
            link("b::@out", "sum::@w"),
            link("sum::@out", "y.store::@data"),
        ]
    )
    reason = refused(compile_config, text, "a", "b")
    assert reason == "@sum waits for one of @a and @b, and takes of the other"


def turns(windows: dict[str, tuple[str, str]]) -> str:
    """Two loads that take turns at the ports of units, by the windows given."""
    parts = ["spatial.input @x : tensor<4xf32>", load("l0", 2), load("l1", 2)]
    for name, (first, second) in windows.items():
        parts += [
            unit(name, ["v"], "%r = arith.addf %v, %v : f32"),
            store(f"y.{name}"),
            link("l0::@data", f"{name}::@v", f" window {first}"),
            link("l1::@data", f"{name}::@v", f" window {second}"),
            link(f"{name}::@out", f"y.{name}.store::@data"),
        ]
    return "\n".join(parts)


def test_turns_at_a_port(compile_config: Compile) -> None:
    same = turns({"a": ("(0, 2)", "(2, 4)"), "b": ("(0, 2)", "(2, 4)")})
    assert refused(compile_config, same, "a", "b") is None
    other = turns({"a": ("(0, 2)", "(2, 4)"), "b": ("(0, 1) of 2", "(1, 2) of 2")})
    reason = refused(compile_config, other, "a", "b")
    assert reason == "@a and @b take tokens in different turns"


@pytest.mark.parametrize(("count", "long"), [(2, False), (4, True)])
def test_turns_longer_than_a_queue(compile_config: Compile, count: int, long: bool) -> None:
    """All of @a's tokens come before @b's, which have a queue for two only."""
    text = "\n".join(
        [
            "spatial.input @x : tensor<4xf32>",
            load("load", count),
            unit("a", ["v"], "%r = arith.addf %v, %v : f32", count),
            unit("b", ["v"], "%r = arith.mulf %v, %v : f32", count),
            unit("both", ["v"], "%r = arith.mulf %v, %v : f32", 2 * count),
            store("y", 2 * count),
            link("load::@data", "a::@v"),
            link("load::@data", "b::@v"),
            link("a::@out", "both::@v", f" window (0, {count})"),
            link("b::@out", "both::@v", f" window ({count}, {2 * count})"),
            link("both::@out", "y.store::@data"),
        ]
    )
    reason = refused(compile_config, text, "a", "b")
    assert reason == ("@a and @b feed @both in turns longer than its queue" if long else None)


def test_two_merges_may_not_close_a_circle(compile_config: Compile) -> None:
    """@a feeds @c and @d feeds @b: either pair may be merged, but not both."""
    parts = ["spatial.input @x : tensor<4xf32>", load("l0"), load("l1")]
    for name, source in (
        ("a", "l0::@data"),
        ("b", "d::@out"),
        ("c", "a::@out"),
        ("d", "l1::@data"),
    ):
        parts += [
            unit(name, ["v"], "%r = arith.addf %v, %v : f32"),
            store(f"y.{name}"),
            link(source, f"{name}::@v"),
            link(f"{name}::@out", f"y.{name}.store::@data"),
        ]
    order = Order(config_of(compile_config("\n".join(parts))))
    a, b, c, d = (order.index[name] for name in "abcd")
    assert order.conflict(a, b) is None
    assert order.conflict(c, d) is None
    order.merge(a, b)
    assert order.conflict(c, d) == "one of @c and @d needs results of the other"
    names = computing(compile_config("\n".join(parts), SpatialPartitionPass(merge="always")))
    assert names == ["a", "c", "d"]
