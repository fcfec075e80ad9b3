"""Parts of a memory that feed one port in turn, native against numpy, bit for bit."""
# ruff: noqa: E501

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pytest
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir.affine import AffineExpr, AffineMap

from spatial_opt.dialects.spatial import ParameterInitAttr, PmuOp
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime import bindings, numpy_evaluator
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.native import evaluator
from spatial_opt.runtime.native.build import Builder
from spatial_opt.runtime.native.program import make_program
from spatial_opt.runtime.order import config_of

pytestmark = pytest.mark.skipif(bindings.find() is None, reason="needs MLIR's bindings")

Arrays = Mapping[str, Array]
Parse = Callable[[str], ModuleOp]
Dot = Callable[[str, int], tuple[str, str, str]]

STEPS = 2


@dataclass
class Split:
    """A matrix-vector product whose matrix is cut into parts at some of its tokens."""

    rows: int
    trips: int
    lanes: int
    cuts: list[int]
    order: list[int] = field(default_factory=list[int])
    """Of the parts in the text; none: as the windows."""
    format: str = "f32"
    parts: dict[int, str] = field(default_factory=dict[int, str])
    """Part -> how it differs: "zero", "other" parameter, "scaled", "padded", "moving", "outside"."""

    def text(self, make_dot: Dot) -> str:
        """Give the configuration."""
        body, result, element = make_dot(self.format, self.lanes)
        v, columns = self.lanes, self.lanes * self.trips
        token = f"vector<{v}x{element}>"
        ends = [0, *self.cuts, self.rows * self.trips]
        windows = list(pairwise(ends))
        units: list[str] = []
        links: list[str] = []
        before: list[str] = []
        for n in self.order or range(len(windows)):
            low, high = windows[n]
            how = self.parts.get(n, "")
            (before if how == "outside" else units).append(self._part(n, low, high, how, element))
            links.append(
                f"spatial.link @w{n}::@out to @dot::@w : vector depth 4 window ({low}, {high})"
            )
        scale = " scale 100.0" if element == "i8" else ""
        counters = f"(%j = 0 to {self.rows}, %k = 0 to {self.trips})"
        return f"""builtin.module {{ spatial.config @main {{
spatial.input @x : tensor<{STEPS}x{columns}x{element}>{scale}
spatial.output @y : tensor<{STEPS}x{self.rows}x{result}>
{"".join(before)}
spatial.controller @steps counters (%t = 0 to {STEPS}) {{
spatial.ag @load loads @x counters {counters} address [%t, {v} * %k] : {token}
{"".join(units)}
spatial.pcu @dot counters {counters} {{
%w = spatial.receive "w" : {token}
%v = spatial.receive "v" : {token}
{body}
spatial.send "out" %d per %j : {result}
}}
spatial.ag @store stores @y counters (%j = 0 to {self.rows}) address [%t, %j] : {result}
}}
spatial.link @load::@data to @dot::@v : vector depth 4
{chr(10).join(links)}
spatial.link @dot::@out to @store::@data : {"vector" if "vector" in result else "scalar"} depth 4
}} }}"""

    def _part(self, n: int, low: int, high: int, how: str, element: str) -> str:
        v, trips, tokens = self.lanes, self.trips, high - low
        whole = low % trips == 0 and high % trips == 0
        if whole:
            shape, counters = (
                (tokens // trips, trips * v),
                f"%j = 0 to {tokens // trips}, %k = 0 to {trips}",
            )
            map_, address = f"(d0 + {low // trips}, d1)", f"[%j, {v} * %k"
        else:
            shape, counters = (tokens, v), f"%m = 0 to {tokens}"
            map_ = f"((d0 + {low}) floordiv {trips}, {v} * ((d0 + {low}) mod {trips}) + d1)"
            address = "[%m, 0"
        address, padded = address + "]", ""
        if how == "padded":
            address, padded = address[:-1] + " + 1]", " padded"
        if how == "moving":
            address, padded = address.replace("[", "[%t + "), " padded"
        if how == "outside":
            counters = f"%t = 0 to {STEPS}, {counters}"
        name = "q" if how == "other" else "p"
        scale = " scale 100.0" if element == "i8" else " scale 0.5" if how == "scaled" else ""
        scale = " scale 70.0" if element == "i8" and how == "scaled" else scale
        init = f'parameter "{name}"{scale} map affine_map<(d0, d1) -> {map_}>'
        init = "zero" if how == "zero" else init
        return f"""spatial.pmu @w{n} holds tensor<{shape[0]}x{shape[1]}x{element}> banked (4, 1) init {init} {{
spatial.read @out port 0 counters ({counters}) address {address}{padded} : vector<{v}x{element}>
}}
"""

    def arrays(self) -> tuple[dict[str, Array], dict[str, Array]]:
        """Give inputs and parameters, both matrices whatever is used."""
        generator = np.random.default_rng(self.rows)
        columns = self.lanes * self.trips
        shape = (self.rows, columns)
        names = ["q"] if "other" in self.parts.values() else []
        if any(how != "other" for how in self.parts.values()) or len(self.parts) <= len(self.cuts):
            names.append("p")
        matrices = {n: generator.uniform(-1, 1, shape).astype(np.float32) for n in names}
        return {"x": generator.uniform(-1, 1, (STEPS, columns)).astype(np.float32)}, matrices


def agree(module: ModuleOp, arrays: tuple[Arrays, Arrays]) -> Array:
    """Evaluate both ways, the native one again with new arrays, and compare every bit."""
    inputs, parameters = arrays
    native = evaluator.prepare(module)
    found = np.zeros(0)
    for given in (parameters, {n: -a for n, a in parameters.items()}, parameters):
        wanted = numpy_evaluator.prepare(module).run(inputs, given)["y"]
        found = native.run(inputs, given)["y"]
        assert found.tobytes() == wanted.tobytes(), f"{found} {wanted}"
    assert np.asarray(found, np.float64).std() > 0
    return found


def stored(module: ModuleOp) -> dict[str, tuple[int, int, int] | None]:
    """Give kind of array and layout of what is read besides the input."""
    builder = Builder(config_of(module))
    make_program(builder)
    return {r[0]: a.rows for r, a in builder.arrays.all.items() if r[0] != "dram"}


@pytest.mark.parametrize(("format", "group"), [("int8", 2), ("mixed8", 1), ("f32", 1), ("bf16", 1)])
@pytest.mark.parametrize("cuts", [[16, 64], [14, 20, 46], [1, 39, 40, 77]])
def test_parts_are_stored_like_one_memory(
    parse: Parse, make_dot: Dot, format: str, group: int, cuts: list[int]
) -> None:
    """Whatever the sizes of the windows, and even if they end within a row."""
    split = Split(40, 2, 8, cuts, list(range(len(cuts), -1, -1)), format)
    module = parse(split.text(make_dot))
    assert stored(module) == {"tokens": (16, 16, group)}
    agree(module, split.arrays())


@pytest.mark.parametrize("format", ["int8", "mixed8", "f32"])
@pytest.mark.parametrize("seed", range(8))
def test_random_windows(parse: Parse, make_dot: Dot, seed: int, format: str) -> None:
    generator = np.random.default_rng(seed)
    rows, trips = int(generator.integers(2, 50)), int(generator.integers(1, 4))
    inner = np.arange(1, rows * trips)
    if seed % 2:
        inner = inner[inner % trips == 0]
    count = int(generator.integers(1, min(6, inner.size) + 1))
    cuts = sorted(int(cut) for cut in generator.choice(inner, count, replace=False))
    order = [int(n) for n in generator.permutation(count + 1)]
    kinds = ["", "", "zero", "other", "scaled", "padded", "moving", "outside"]
    chosen = [str(generator.choice(kinds)) for _ in range(count + 1)]
    # Some parts of the plain kind, so that not everything is 0.
    parts = {n: how for n, how in enumerate(chosen) if how and n != seed % (count + 1)}
    split = Split(rows, trips, int(generator.choice([2, 4, 8])), cuts, order, format, parts)
    agree(parse(split.text(make_dot)), split.arrays())


@pytest.mark.parametrize("how", ["zero", "other", "scaled", "padded"])
def test_parts_may_differ(parse: Parse, make_dot: Dot, how: str) -> None:
    split = Split(40, 2, 8, [22], format="int8", parts={1: how})
    module = parse(split.text(make_dot))
    assert stored(module) == {"tokens": (16, 16, 2)}
    agree(module, split.arrays())


@pytest.mark.parametrize("how", ["moving", "outside"])
def test_tokens_that_change_are_copied(parse: Parse, make_dot: Dot, how: str) -> None:
    split = Split(40, 2, 8, [22], parts={1: how})
    module = parse(split.text(make_dot))
    assert stored(module) == {"memory": None}
    agree(module, split.arrays())


def test_an_edited_part_shows(parse: Parse, make_dot: Dot) -> None:
    split = Split(40, 2, 8, [16, 40], format="int8")
    module = parse(split.text(make_dot))
    before = agree(module, split.arrays())
    part = next(op for op in module.walk() if isinstance(op, PmuOp) and op.sym_name.data == "w1")
    rows, columns = AffineExpr.dimension(0), AffineExpr.dimension(1)
    reversed_rows = AffineMap(2, 0, (rows * -1 + 19, columns))
    part.init = ParameterInitAttr.get("p", 100.0, reversed_rows)
    after = agree(module, split.arrays())
    assert (after[:, 8:20] == before[:, 19:7:-1]).all()
    assert (after[:, 20:] == before[:, 20:]).all()


def test_units_share_joined_parts(parse: Parse, make_dot: Dot) -> None:
    split = Split(40, 2, 8, [22], format="int8")
    text = split.text(make_dot)
    begin = text.index("spatial.pcu @dot")
    unit = text[begin : text.index("spatial.ag @store")]
    second = unit.replace("@dot", "@dot2") + (
        "spatial.ag @store2 stores @z counters (%j = 0 to 40) address [%t, %j] : i32\n"
    )
    text = text.replace("spatial.ag @store ", second + "spatial.ag @store ")
    links = [line for line in text.splitlines() if line.startswith("spatial.link")]
    more = "\n".join(line.replace("@dot", "@dot2").replace("@store", "@store2") for line in links)
    text = text.replace(links[0], f"{more}\n{links[0]}")
    text = text.replace(
        "spatial.output @y", f"spatial.output @z : tensor<{STEPS}x40xi32>\nspatial.output @y"
    )
    module = parse(text)
    builder = Builder(config_of(module))
    assert [r for r in builder.arrays.all if r[0] != "dram"] == [("tokens", "w0::out", "w1::out")]
    y = agree(module, split.arrays())
    assert (evaluator.prepare(module).run(*split.arrays())["z"] == y).all()


def test_nan_in_a_part_is_refused(parse: Parse, make_dot: Dot) -> None:
    split = Split(40, 2, 8, [22], format="int8")
    native = evaluator.prepare(parse(split.text(make_dot)))
    inputs, parameters = split.arrays()
    parameters["p"][30, 3] = np.nan
    with pytest.raises(SpatialError, match=r"parameter 'p' has 1 NaN \(the first at \[30, 3\]\)"):
        native.run(inputs, parameters)
