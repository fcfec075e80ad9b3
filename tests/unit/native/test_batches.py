"""Sequences at once, and tokens stored one by one: native against numpy, bit for bit."""
# ruff: noqa: E501

from collections.abc import Callable, Mapping

import numpy as np
import pytest
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.runtime import bindings, numpy_evaluator
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.native import evaluator
from spatial_opt.runtime.native.build import Builder
from spatial_opt.runtime.native.layout import choose_layouts, choose_plan
from spatial_opt.runtime.native.program import all_kernels
from spatial_opt.runtime.order import config_of

pytestmark = pytest.mark.skipif(bindings.find() is None, reason="needs MLIR's bindings")

Parse = Callable[[str], ModuleOp]
Dot = Callable[[str, int], tuple[str, str, str]]


def agree(module: ModuleOp, inputs: Mapping[str, Array], parameters: Mapping[str, Array]) -> Array:
    """Evaluate both ways and compare every bit; gives the result."""
    wanted = numpy_evaluator.prepare(module).run(inputs, parameters)["y"]
    found = evaluator.prepare(module).run(inputs, parameters)["y"]
    assert found.tobytes() == wanted.tobytes(), f"{found} {wanted}"
    return found


def product(make_dot: Dot, format: str, batch: int, rows: int, order: str) -> str:
    """Give the product of a matrix and several vectors; `order` is "nj" or "jn", outermost first."""
    body, result, element = make_dot(format, 8)
    body = body.replace("per %j", f"per %{order[1]}")
    token, scale = f"vector<8x{element}>", " scale 100.0" if element == "i8" else ""
    sizes = {"n": batch, "j": rows}
    around = ", ".join(f"%{c} = 0 to {sizes[c]}" for c in order)
    counters = f"counters ({around}, %k = 0 to 3)"
    return f"""builtin.module {{ spatial.config @main {{
spatial.input @x : tensor<{batch}x24x{element}>{scale}
spatial.output @y : tensor<{batch}x{rows}x{result}>
spatial.ag @load loads @x {counters} address [%n, 8 * %k] : {token}
spatial.pmu @m holds tensor<{rows}x24x{element}> banked (4, 1) init parameter "w"{scale} {{
spatial.read @out port 0 {counters} address [%j, 8 * %k] : {token}
}}
spatial.pcu @dot {counters} {{
%w = spatial.receive "w" : {token}
%v = spatial.receive "v" : {token}
{body}
spatial.send "out" %d per %{order[1]} : {result}
}}
spatial.ag @store stores @y counters ({around}) address [%n, %j] : {result}
spatial.link @load::@data to @dot::@v : vector depth 4
spatial.link @m::@out to @dot::@w : vector depth 4
spatial.link @dot::@out to @store::@data : scalar depth 4
}} }}"""


@pytest.mark.parametrize("format", ["int8", "mixed8", "bf16", "f32"])
@pytest.mark.parametrize(
    ("batch", "rows", "order"), [(2, 16, "nj"), (3, 19, "nj"), (4, 37, "jn"), (8, 5, "nj")]
)
def test_every_sequence_has_its_own_vector(
    parse: Parse, make_dot: Dot, format: str, batch: int, rows: int, order: str
) -> None:
    generator = np.random.default_rng(rows)
    x = generator.uniform(-1, 1, (batch, 24)).astype(np.float32)
    w = generator.uniform(-1, 1, (rows, 24)).astype(np.float32)
    y = agree(parse(product(make_dot, format, batch, rows, order)), {"x": x}, {"w": w})
    assert len(np.unique(y, axis=0)) == batch


def test_sequences_share_vectors_of_rows(parse: Parse, make_dot: Dot) -> None:
    """Else the test above would not see the products of several sequences side by side."""
    builder = Builder(config_of(parse(product(make_dot, "int8", 3, 19, "nj"))))
    kernels = all_kernels(builder.root)
    choose_layouts(kernels, builder.arrays.all)
    (plan,) = [p for p in (choose_plan(k.structure) for k in kernels) if p.products is not None]
    assert plan.across is not None
    assert plan.blocks == 3


@pytest.mark.parametrize("element", ["f32", "bf16", "i8", "f8E4M3FN"])
@pytest.mark.parametrize(("ports", "lanes", "size"), [(2, 16, 70), (3, 4, 45), (2, 2, 13)])
@pytest.mark.parametrize("shift", [0, -5])
def test_clipped_writes_of_several_ports(
    parse: Parse, element: str, ports: int, lanes: int, size: int, shift: int
) -> None:
    """Tokens of several units lie side by side, and some of them end, or begin, outside."""
    token, firings = f"vector<{lanes}x{element}>", -(-size // (ports * lanes))
    width = firings * lanes
    scale = " scale 100.0" if element == "i8" else ""
    counters = f"counters (%i = 0 to {firings})"
    units = "\n".join(
        f"""spatial.ag @load{p} loads @x {counters} address [{p}, {lanes} * %i] : {token}
spatial.link @load{p}::@data to @m::@p{p} : vector depth 4"""
        for p in range(ports)
    )
    names = ", ".join(f'"p{p}"' for p in range(ports))
    text = f"""builtin.module {{ spatial.config @main {{
spatial.input @x : tensor<{ports}x{width}x{element}>{scale}
spatial.output @y : tensor<{size}x{element}>
{units}
spatial.pmu @m holds tensor<{size}x{element}> banked (4, 1) init zero {{
spatial.write @in ports [{names}] port 0 {counters} address [{ports * lanes} * %i + {shift}] clip signals ["full"] : {token}
spatial.read @out port 0 counters (%i = 0 to {size}) address [%i] waits ["start"] : {element}
}}
spatial.link @m::@full to @m::@start : token depth 2
spatial.ag @store stores @y counters (%i = 0 to {size}) address [%i] : {element}
spatial.link @m::@out to @store::@data : scalar depth 4
}} }}"""
    x = np.random.default_rng(size).uniform(-1, 1, (ports, width)).astype(np.float32)
    y = agree(parse(text), {"x": x}, {})
    assert (np.asarray(y, np.float32) != 0).mean() > 0.8


@pytest.mark.parametrize("element", ["f32", "bf16", "i8", "f8E4M3FN"])
def test_padded_reads_far_outside(parse: Parse, element: str) -> None:
    """Vectors whose elements are partly, or not at all, in the memory; rows are not neighbours."""
    token, counters = f"vector<8x{element}>", "counters (%i = 0 to 7, %k = 0 to 9)"
    scale = " scale 100.0" if element == "i8" else ""
    text = f"""builtin.module {{ spatial.config @main {{
spatial.output @y : tensor<7x72x{element}>
spatial.pmu @m holds tensor<5x21x{element}> banked (4, 1) init parameter "w"{scale} {{
spatial.read @out port 0 {counters} address [(2 * %i) mod 7 - 1, 8 * %k - 27] padded : {token}
}}
spatial.ag @store stores @y {counters} address [%i, 8 * %k] : {token}
spatial.link @m::@out to @store::@data : vector depth 4
}} }}"""
    w = np.random.default_rng(1).uniform(-1, 1, (5, 21)).astype(np.float32)
    y = agree(parse(text), {}, {"w": w})
    assert (np.asarray(y, np.float32) != 0).sum() > 80
