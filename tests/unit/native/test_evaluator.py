"""Whole configurations, native against numpy, bit for bit."""
# ruff: noqa: E501

from collections.abc import Callable, Mapping

import numpy as np
import pytest
from xdsl.dialects.builtin import AffineMapAttr, ModuleOp

from spatial_opt.dialects.spatial import ParameterInitAttr, PmuOp
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime import bindings, numpy_evaluator
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.native import evaluator

pytestmark = pytest.mark.skipif(bindings.find() is None, reason="needs MLIR's bindings")

Arrays = Mapping[str, Array]
Make = Callable[..., tuple[ModuleOp, Arrays, Arrays]]
Parse = Callable[[str], ModuleOp]


def agree(module: ModuleOp, inputs: Arrays, parameters: Arrays | None = None) -> dict[str, Array]:
    """Evaluate both ways, the native one twice, and compare every bit; gives the results."""
    parameters = {} if parameters is None else parameters
    wanted = numpy_evaluator.prepare(module).run(inputs, parameters)
    native = evaluator.prepare(module)
    for _ in range(2):
        found = native.run(inputs, parameters)
        assert found.keys() == wanted.keys()
        for name, array in wanted.items():
            assert found[name].dtype == array.dtype
            assert found[name].shape == array.shape
            assert found[name].tobytes() == array.tobytes(), f"{name}: {found[name]} {array}"
    return wanted


@pytest.mark.parametrize("format", ["f32", "bf16", "f16", "int8", "mixed8"])
@pytest.mark.parametrize(
    "sizes",
    [
        {},
        {"hidden": 24, "copies": 3, "pieces": 4, "lanes": 4, "steps": 4},
        {"hidden": 40, "copies": 1, "pieces": 2, "lanes": 8},
        {"hidden": 64, "copies": 2, "pieces": 2, "lanes": 64, "steps": 2},
        {"hidden": 36, "copies": 2, "pieces": 4, "lanes": 8},
    ],
    ids=["plain", "ragged", "single", "wide", "padded"],
)
def test_recurrence(make_cell: Make, format: str, sizes: dict[str, int]) -> None:
    module, inputs, parameters = make_cell(format=format, **sizes)
    results = agree(module, inputs, parameters)
    assert results["y"].std() > 0.05


def test_samples_and_new_parameters(make_cell: Make) -> None:
    module, inputs, parameters = make_cell(format="mixed8")
    x = np.stack([inputs["x"], -inputs["x"], inputs["x"] * np.float32(0.5)])
    agree(module, {"x": x}, parameters)
    native = evaluator.prepare(module)
    first = native.run(inputs, parameters)["y"]
    other = native.run(inputs, {"w": parameters["w"] * np.float32(0.5)})["y"]
    assert (first != other).any()
    assert (native.run(inputs, dict(parameters))["y"] == first).all()


def _module(body: str, size: int = 16, out: str = "16xf32", element: str = "f32") -> str:
    return f"""builtin.module {{ spatial.config @main {{
spatial.input @x : tensor<{size}x{element}>
spatial.output @y : tensor<{out}>
{body}
}} }}"""


def _numbers(count: int) -> Arrays:
    generator = np.random.default_rng(count)
    return {"x": generator.standard_normal(count).astype(np.float32)}


def test_padded_vectors_and_clipped_stores(parse: Parse) -> None:
    text = _module(
        """
spatial.ag @load loads @x counters (%i = 0 to 3) address [4 * %i] : vector<4xf32>
spatial.pmu @m holds tensor<10xf32> banked (4, 1) init zero {
  spatial.write @in ports ["in"] port 0 counters (%i = 0 to 3) address [4 * %i] clip signals ["full"] : vector<4xf32>
  spatial.read @out port 0 counters (%i = 0 to 2) address [8 * %i] padded waits ["go"] : vector<8xf32>
  spatial.read @early port 1 counters (%i = 0 to 2) address [8 * %i - 3] padded waits ["go2"] : vector<8xf32>
}
spatial.pcu @add counters (%i = 0 to 2) {
  %a = spatial.receive "a" : vector<8xf32>
  %b = spatial.receive "b" : vector<8xf32>
  %c = arith.addf %a, %b : vector<8xf32>
  spatial.send "out" %c : vector<8xf32>
}
spatial.ag @store stores @y counters (%i = 0 to 2) address [8 * %i + 1] : vector<8xf32>
spatial.link @load::@data to @m::@in : vector depth 4
spatial.link @m::@full to @m::@go : token depth 4
spatial.link @m::@full to @m::@go2 : token depth 4
spatial.link @m::@out to @add::@a : vector depth 4
spatial.link @m::@early to @add::@b : vector depth 4
spatial.link @add::@out to @store::@data : vector depth 4
""",
        10,
        "13xf32",
    )
    agree(parse(text), _numbers(10))


def test_windows_feed_one_port(parse: Parse) -> None:
    text = _module(
        """
spatial.ag @first loads @x counters (%i = 0 to 3) address [2 * %i] : vector<2xf32>
spatial.ag @second loads @x counters (%i = 0 to 5) address [2 * %i + 6] : vector<2xf32>
spatial.pcu @fold counters (%i = 0 to 2, %k = 0 to 4) {
  %v = spatial.receive "v" : vector<2xf32>
  %s = spatial.fold max %v per %i : vector<2xf32> to f32
  spatial.send "out" %s per %i : f32
}
spatial.ag @store stores @y counters (%i = 0 to 2) address [%i] : f32
spatial.link @first::@data to @fold::@v : vector depth 4 window (0, 3)
spatial.link @second::@data to @fold::@v : vector depth 4 window (3, 8)
spatial.link @fold::@out to @store::@data : scalar depth 4
""",
        16,
        "2xf32",
    )
    agree(parse(text), _numbers(16))


@pytest.mark.parametrize("kind", ["add", "mul", "max", "min"])
def test_folds_at_several_depths(parse: Parse, kind: str) -> None:
    text = _module(
        f"""
spatial.ag @load loads @x counters (%i = 0 to 24) address [%i] : f32
spatial.ag @held loads @x counters (%i = 0 to 6) address [%i] : f32
spatial.ag @once loads @x counters (%i = 0 to 1) address [5] : f32
spatial.pcu @fold counters (%i = 0 to 2, %j = 0 to 3, %k = 0 to 4) {{
  %v = spatial.receive "v" : f32
  %h = spatial.receive "h" per %j : f32
  %o = spatial.receive "o" once : f32
  %p = arith.mulf %v, %h : f32
  %s = spatial.fold {kind} %p per %j : f32 to f32
  %r = arith.addf %s, %h : f32
  %q = arith.subf %r, %o : f32
  spatial.send "out" %q per %j : f32
  spatial.send "all" %p : f32
}}
spatial.pcu @total counters (%i = 0 to 2, %j = 0 to 3) {{
  %v = spatial.receive "v" : f32
  %s = spatial.fold {kind} %v once : f32 to f32
  spatial.send "out" %s once : f32
}}
spatial.ag @store stores @y counters (%i = 0 to 6) address [%i] : f32
spatial.ag @store2 stores @y counters (%i = 0 to 1) address [6] : f32
spatial.ag @store3 stores @y counters (%i = 0 to 24) address [%i + 7] : f32
spatial.link @load::@data to @fold::@v : scalar depth 4
spatial.link @held::@data to @fold::@h : scalar depth 4
spatial.link @once::@data to @fold::@o : scalar depth 4
spatial.link @fold::@out to @store::@data : scalar depth 4
spatial.link @fold::@out to @total::@v : scalar depth 4
spatial.link @fold::@all to @store3::@data : scalar depth 4
spatial.link @total::@out to @store2::@data : scalar depth 4
""",
        24,
        "31xf32",
    )
    agree(parse(text), _numbers(24))


def test_counters_as_values_and_odd_addresses(parse: Parse) -> None:
    text = _module(
        """
spatial.ag @load loads @x counters (%i = 0 to 5, %j = 0 to 4) address [(4 * %i + 3 * %j) mod 20] : f32
spatial.pcu @index counters (%i = 0 to 5, %j = 0 to 4) {
  %v = spatial.receive "v" : f32
  %n = arith.index_cast %j : index to i32
  %f = arith.sitofp %n : i32 to f32
  %m = arith.index_cast %i : index to i32
  %g = arith.sitofp %m : i32 to f32
  %p = arith.mulf %v, %f : f32
  %s = arith.addf %p, %g : f32
  spatial.send "out" %s : f32
}
spatial.pmu @m holds tensor<4x5xf32> banked (4, 1) init zero {
  spatial.write @in ports ["in"] port 0 counters (%i = 0 to 5, %j = 0 to 4) address [%j, %i] signals ["full"] : f32
  spatial.read @out port 0 counters (%i = 0 to 4) address [(%i + 2) mod 4, 0] waits ["go"] : vector<5xf32>
}
spatial.ag @store stores @y counters (%i = 0 to 4) address [5 * %i] : vector<5xf32>
spatial.link @load::@data to @index::@v : scalar depth 4
spatial.link @index::@out to @m::@in : scalar depth 4
spatial.link @m::@full to @m::@go : token depth 4
spatial.link @m::@out to @store::@data : vector depth 4
""",
        20,
        "20xf32",
    )
    agree(parse(text), _numbers(20))


def _gather(low: int) -> str:
    return _module(
        f"""
spatial.ag @load loads @x counters (%i = 0 to 2, %j = 0 to 3) address [12 * %i + 4 * %j] : vector<4xf32>
spatial.pcu @index counters (%i = 0 to 2, %j = 0 to 3) {{
  %v = spatial.receive "v" : vector<4xf32>
  %n = pattern.convert %v scale 3.0 clamp {low}, 6 : vector<4xf32> to vector<4xi32>
  spatial.send "out" %n : vector<4xi32>
}}
spatial.pmu @t holds tensor<2x7xbf16> banked (4, 1) duplicated init parameter "p" {{
  spatial.gather @out index "idx" port 0 counters (%i = 0 to 2, %j = 0 to 3) address [%i] : vector<4xbf16>
}}
spatial.ag @store stores @y counters (%i = 0 to 6) address [4 * %i] : vector<4xbf16>
spatial.link @load::@data to @index::@v : vector depth 4
spatial.link @index::@out to @t::@idx : vector depth 4
spatial.link @t::@out to @store::@data : vector depth 4
""",
        24,
        "24xbf16",
    )


def test_gather_from_rows(parse: Parse) -> None:
    table = {"p": np.arange(14, dtype=np.float32).reshape(2, 7) / 3}
    agree(parse(_gather(0)), _numbers(24), table)


def test_gather_outside_is_an_error(parse: Parse) -> None:
    table = {"p": np.ones((2, 7), np.float32)}
    native = evaluator.prepare(parse(_gather(-1)))
    with pytest.raises(SpatialError, match="outside its memory"):
        native.run(_numbers(24), table)


def test_ports_of_vectors_and_integers(parse: Parse) -> None:
    text = _module(
        """
spatial.ag @load loads @x counters (%i = 0 to 3) address [4 * %i] : vector<4xi8>
spatial.pcu @split counters (%i = 0 to 3) {
  %v = spatial.receive "v" : vector<4xi8>
  %n = arith.addi %v, %v : vector<4xi8>
  spatial.send "a" %v : vector<4xi8>
  spatial.send "b" %n : vector<4xi8>
}
spatial.pmu @m holds tensor<24xi8> banked (4, 1) init zero {
  spatial.write @in ports ["a", "b"] port 0 counters (%i = 0 to 3) address [8 * %i] signals ["full"] : vector<4xi8>
  spatial.read @out port 0 counters (%i = 0 to 6, %k = 0 to 2) address [4 * %i + 2 * %k] waits ["go"] : vector<2xi8>
}
spatial.pcu @dot counters (%i = 0 to 6, %k = 0 to 2) {
  %v = spatial.receive "v" : vector<2xi8>
  %a = pattern.convert %v : vector<2xi8> to vector<2xi16>
  %p = arith.muli %a, %a : vector<2xi16>
  %q = spatial.combine add %p : vector<2xi16> to vector<1xi16>
  %w = pattern.convert %q : vector<1xi16> to vector<1xi32>
  %s = spatial.fold add %w per %i : vector<1xi32> to i32
  spatial.send "out" %s per %i : i32
}
spatial.ag @store stores @y counters (%i = 0 to 6) address [%i] : i32
spatial.link @load::@data to @split::@v : vector depth 4
spatial.link @split::@a to @m::@a : vector depth 4
spatial.link @split::@b to @m::@b : vector depth 4
spatial.link @m::@full to @m::@go : token depth 4
spatial.link @m::@out to @dot::@v : vector depth 4
spatial.link @dot::@out to @store::@data : scalar depth 4
""",
        12,
        "6xi32",
        "i8",
    )
    x = np.array([-128, 127, 5, -7, 100, -100, 64, -64, 1, 0, -1, 99], np.int32)
    agree(parse(text), {"x": x})


def test_units_cut_in_several_and_broadcasts(parse: Parse) -> None:
    text = _module(
        """
spatial.ag @load loads @x counters (%i = 0 to 5, %k = 0 to 2) address [8 * %k] : vector<8xf32>
spatial.ag @scales loads @x counters (%i = 0 to 5, %k = 0 to 2) address [%i] : f32
spatial.pcu @first counters (%i = 0 to 5, %k = 0 to 2) {
  %v = spatial.receive "v" : vector<8xf32>
  %s = spatial.receive "s" : f32
  %w = vector.broadcast %s : f32 to vector<8xf32>
  %p = arith.mulf %v, %w : vector<8xf32>
  %q = pattern.convert %p : vector<8xf32> to vector<8xbf16>
  spatial.send "out" %q : vector<8xbf16>
  spatial.send "also" %p : vector<8xf32>
}
spatial.pcu @second counters (%i = 0 to 5, %k = 0 to 2) {
  %v = spatial.receive "v" : vector<8xbf16>
  %c = spatial.combine add %v : vector<8xbf16> to vector<4xbf16>
  %d = pattern.convert %c : vector<4xbf16> to vector<4xf32>
  spatial.send "out" %d : vector<4xf32>
}
spatial.pcu @third counters (%i = 0 to 5, %k = 0 to 2) {
  %v = spatial.receive "v" : vector<4xf32>
  %s = spatial.fold add %v per %i : vector<4xf32> to f32
  spatial.send "out" %s per %i : f32
}
spatial.pcu @last counters (%i = 0 to 5, %k = 0 to 2) {
  %v = spatial.receive "v" : vector<8xf32>
  %s = spatial.receive "s" : f32
  %w = vector.broadcast %s : f32 to vector<8xf32>
  %p = arith.subf %v, %w : vector<8xf32>
  spatial.send "out" %p : vector<8xf32>
}
spatial.ag @store stores @y counters (%i = 0 to 5) address [%i] : f32
spatial.ag @rest stores @y counters (%i = 0 to 5, %k = 0 to 2) address [16 * %i + 8 * %k + 5] : vector<8xf32>
spatial.link @load::@data to @first::@v : vector depth 4
spatial.link @scales::@data to @first::@s : scalar depth 4
spatial.link @scales::@data to @last::@s : scalar depth 4
spatial.link @first::@out to @second::@v : vector depth 4
spatial.link @first::@also to @last::@v : vector depth 4
spatial.link @second::@out to @third::@v : vector depth 4
spatial.link @third::@out to @store::@data : scalar depth 4
spatial.link @last::@out to @rest::@data : vector depth 4
""",
        16,
        "85xf32",
    )
    agree(parse(text), _numbers(16))


def test_tokens_cross_loops(parse: Parse) -> None:
    text = """builtin.module { spatial.config @main {
spatial.input @x : tensor<6x20xf32>
spatial.output @y : tensor<6x20xf32>
spatial.output @z : tensor<6x20xf32>
spatial.ag @load loads @x counters (%t = 0 to 6, %i = 0 to 5) address [%t, 4 * %i] : vector<4xf32>
spatial.pmu @m holds tensor<6x20xf32> banked (4, 1) init zero {
  spatial.write @in ports ["in"] port 0 counters (%t = 0 to 6, %i = 0 to 5) address [%t, 4 * %i] signals ["full"] : vector<4xf32>
  spatial.read @out port 0 counters (%t = 0 to 6, %j = 0 to 20) address [5 - %t, %j] waits ["go"] : f32
}
spatial.pmu @n holds tensor<6x20xf32> banked (4, 1) init zero {
  spatial.write @in ports ["in"] port 0 counters (%t = 0 to 6, %j = 0 to 20) address [%t, %j] signals ["full"] : f32
  spatial.read @out port 0 counters (%t = 0 to 6, %i = 0 to 5) address [%t, 4 * %i] waits ["go"] : vector<4xf32>
}
spatial.controller @steps counters (%t = 0 to 6) {
  spatial.pcu @double counters (%j = 0 to 20) {
    %v = spatial.receive "v" : f32
    %w = arith.addf %v, %v : f32
    spatial.send "out" %w : f32
  }
  spatial.ag @inner stores @z counters (%j = 0 to 20) address [%t, %j] : f32
}
spatial.ag @store stores @y counters (%t = 0 to 6, %i = 0 to 5) address [%t, 4 * %i] : vector<4xf32>
spatial.link @load::@data to @m::@in : vector depth 4
spatial.link @m::@full to @m::@go : token depth 4
spatial.link @m::@out to @double::@v : scalar depth 4
spatial.link @double::@out to @n::@in : scalar depth 4
spatial.link @double::@out to @inner::@data : scalar depth 4
spatial.link @n::@full to @n::@go : token depth 4
spatial.link @n::@out to @store::@data : vector depth 4
} }"""
    agree(parse(text), {"x": _numbers(120)["x"].reshape(6, 20)})


def test_long_chain_of_operations(parse: Parse) -> None:
    chain = "\n".join(
        f"%v{n + 1} = arith.{'addf' if n % 2 else 'mulf'} %v{n}, %v0 : f32" for n in range(1500)
    )
    text = _module(
        f"""
spatial.ag @load loads @x counters (%i = 0 to 16) address [%i] : f32
spatial.pcu @chain counters (%i = 0 to 16) {{
  %v0 = spatial.receive "v" : f32
  {chain}
  spatial.send "out" %v1500 : f32
}}
spatial.ag @store stores @y counters (%i = 0 to 16) address [%i] : f32
spatial.link @load::@data to @chain::@v : scalar depth 4
spatial.link @chain::@out to @store::@data : scalar depth 4
"""
    )
    agree(parse(text), {"x": np.linspace(-0.9, 0.9, 16, dtype=np.float32)})


def test_whole_shapes_are_checked(make_cell: Make) -> None:
    """Memories that tell the shape of their parameter refuse any other, in both evaluators."""
    module, inputs, parameters = make_cell()
    shape = parameters["w"].shape
    for op in module.walk():
        if isinstance(op, PmuOp) and isinstance(op.init, ParameterInitAttr):
            init = op.init
            taken = init.map.data if isinstance(init.map, AffineMapAttr) else None
            op.init = ParameterInitAttr.get("w", None, taken, shape)
    module.verify()
    agree(module, inputs, parameters)
    for prepare in (numpy_evaluator.prepare, evaluator.prepare):
        for dtype in (np.float32, np.int32):
            wrong = np.zeros((shape[0], shape[2], shape[1]), dtype)
            with pytest.raises(SpatialError, match=r"parameter 'w' has shape .* the program decl"):
                prepare(module).run(inputs, {"w": wrong})
