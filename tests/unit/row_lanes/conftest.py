"""A hand-written layer whose lanes carry rows, with sizes, formats and turns as parameters."""
# ruff: noqa: E501

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pytest
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.runtime.formats import Array

ELEMENT = {"f32": "f32", "bf16": "bf16", "int8": "i8", "mixed8": "f8E4M3FN"}
WORD = {"f32": 1, "bf16": 2, "int8": 4, "mixed8": 4}
"""Elements in a word of 32 bits."""


@dataclass(frozen=True)
class Layer:
    """
    y[t] = clamp(W x[t] + U h[t] + b), h[t + 1] = y[t] rounded.

    Lane l of turn c in group g has row (turns * lanes) * g + lanes * c + l.
    """

    rows: int = 32
    inputs: int = 32
    steps: int = 3
    turns: int = 1
    """Units that take turns to give the sums."""
    format: str = "mixed8"
    lanes: int = 16

    @property
    def element(self) -> str:
        """Element type of weights, x and h."""
        return ELEMENT[self.format]

    @property
    def word(self) -> int:
        """Elements in a word."""
        return WORD[self.format]

    @property
    def token(self) -> str:
        """Type of a word of x or h."""
        return self.element if self.word == 1 else f"vector<{self.word}x{self.element}>"

    @property
    def groups(self) -> int:
        """Groups of rows that one unit computes."""
        return -(-self.rows // (self.lanes * self.turns))

    @property
    def words(self) -> tuple[int, int]:
        """Words of x and of h."""
        return -(-self.inputs // self.word), -(-self.rows // self.word)


def _sum(layer: Layer) -> str:
    """Give the reduction of one firing's products %p, and what %d they add up to."""
    lanes, width, f = layer.lanes, layer.lanes * layer.word, layer.element
    match layer.format:
        case "mixed8":
            return f"""%p = arith.mulf %w, %v : vector<{width}x{f}>
%p16 = pattern.convert %p : vector<{width}x{f}> to vector<{width}xf16>
%c0 = spatial.combine add %p16 : vector<{width}xf16> to vector<{width // 2}xf16>
%c32 = pattern.convert %c0 : vector<{width // 2}xf16> to vector<{width // 2}xf32>
%c1 = spatial.combine add %c32 : vector<{width // 2}xf32> to vector<{lanes}xf32>
%d = spatial.fold add %c1 per %g : vector<{lanes}xf32> to vector<{lanes}xf32>"""
        case "int8":
            return f"""%w16 = pattern.convert %w : vector<{width}xi8> to vector<{width}xi16>
%v16 = pattern.convert %v : vector<{width}xi8> to vector<{width}xi16>
%p = arith.muli %w16, %v16 : vector<{width}xi16>
%p32 = pattern.convert %p : vector<{width}xi16> to vector<{width}xi32>
%c0 = spatial.combine add %p32 : vector<{width}xi32> to vector<{width // 2}xi32>
%c1 = spatial.combine add %c0 : vector<{width // 2}xi32> to vector<{lanes}xi32>
%d = spatial.fold add %c1 per %g : vector<{lanes}xi32> to vector<{lanes}xi32>"""
        case "bf16":
            return f"""%p = arith.mulf %w, %v : vector<{width}xbf16>
%p32 = pattern.convert %p : vector<{width}xbf16> to vector<{width}xf32>
%c0 = spatial.combine add %p32 : vector<{width}xf32> to vector<{lanes}xf32>
%d = spatial.fold add %c0 per %g : vector<{lanes}xf32> to vector<{lanes}xf32>"""
        case _:
            return f"""%p = arith.mulf %w, %v : vector<{lanes}xf32>
%d = spatial.fold add %p per %g : vector<{lanes}xf32> to vector<{lanes}xf32>"""


def layer_text(layer: Layer) -> str:
    """Give the configuration as text."""
    f, word, lanes, groups, turns = (
        layer.element,
        layer.word,
        layer.lanes,
        layer.groups,
        layer.turns,
    )
    width = lanes * word
    (x_words, h_words), token = layer.words, layer.token
    words = x_words + h_words
    total = "i32" if layer.format == "int8" else "f32"
    scale = " scale 100.0" if layer.format == "int8" else ""
    units = [
        f"spatial.ag @x_load loads @x counters (%k = 0 to {x_words}) address [%t, {word} * %k] : {token}",
        f"""spatial.pmu @xm holds tensor<{layer.inputs}x{f}> banked ({lanes}, 1) init zero {{
spatial.write @in ports ["in"] port 0 counters (%k = 0 to {x_words}) address [{word} * %k] clip waits ["free"] signals ["full"] : {token}
spatial.read @out port 0 counters (%g = 0 to {groups}, %k = 0 to {x_words}) address [{word} * %k] padded waits ["start"] signals ["done"] : {token}
}}""",
        f"""spatial.pmu @hm holds tensor<2x{layer.rows}x{f}> banked ({lanes}, 1) init zero {{
spatial.write @in ports ["in"] port 0 counters (%g = 0 to {groups}, %c = 0 to {turns}) address [(%t + 1) mod 2, {lanes * turns} * %g + {lanes} * %c] clip signals ["full"] : vector<{lanes}x{f}>
spatial.read @out port 0 counters (%g = 0 to {groups}, %k = 0 to {h_words}) address [%t mod 2, {word} * %k] padded waits ["start"] : {token}
}}""",
        f"""spatial.pmu @bm holds tensor<{layer.rows}xf32> banked ({lanes}, 1) init parameter "b" [{layer.rows}] {{
spatial.read @out port 0 counters (%g = 0 to {groups}, %c = 0 to {turns}) address [{lanes * turns} * %g + {lanes} * %c] padded : vector<{lanes}xf32>
}}""",
        f"""spatial.pcu @row counters (%g = 0 to {groups}, %c = 0 to {turns}) {{
%s = spatial.receive "s" : vector<{lanes}x{total}>
%b = spatial.receive "b" : vector<{lanes}xf32>
%one = arith.constant dense<1.0> : vector<{lanes}xf32>
%less = arith.constant dense<-1.0> : vector<{lanes}xf32>
{f"%f = pattern.convert %s scale 0.0001 : vector<{lanes}xi32> to vector<{lanes}xf32>" if total == "i32" else ""}
%a = arith.addf {"%f" if total == "i32" else "%s"}, %b : vector<{lanes}xf32>
%m = arith.minimumf %a, %one : vector<{lanes}xf32>
%y = arith.maximumf %m, %less : vector<{lanes}xf32>
{f"%h = pattern.convert %y{scale} : vector<{lanes}xf32> to vector<{lanes}x{f}>" if f != "f32" else ""}
spatial.send "h" {"%h" if f != "f32" else "%y"} : vector<{lanes}x{f}>
spatial.send "y" %y : vector<{lanes}xf32>
}}""",
        f"spatial.ag @y_store stores @y counters (%g = 0 to {groups}, %c = 0 to {turns}) address [%t, {lanes * turns} * %g + {lanes} * %c] : vector<{lanes}xf32>",
    ]
    links = [
        "spatial.link @x_load::@data to @xm::@in : scalar depth 16",
        "spatial.link @xm::@full to @xm::@start : token depth 2",
        "spatial.link @xm::@done to @xm::@free : token depth 2 init 1",
        "spatial.link @hm::@full to @hm::@start : token depth 2 init 1",
        "spatial.link @row::@h to @hm::@in : vector depth 4",
        "spatial.link @row::@y to @y_store::@data : vector depth 4",
        "spatial.link @bm::@out to @row::@b : vector depth 4",
    ]
    for c in range(turns):
        for name, source, count, columns in (
            ("w", "W", x_words, layer.inputs),
            ("u", "U", h_words, layer.rows),
        ):
            units.append(
                f"""spatial.pmu @{name}{c} holds tensor<{groups}x{count}x{width}x{f}> banked ({lanes}, 1) init parameter "{source}" [{layer.rows}, {columns}]{scale} map affine_map<(d0, d1, d2) -> (d0 * {lanes * turns} + {lanes * c} + d2 floordiv {word}, d1 * {word} + d2 mod {word})> {{
spatial.read @out port 0 counters (%g = 0 to {groups}, %k = 0 to {count}) address [%g, %k, 0] : vector<{width}x{f}>
}}"""
            )
        units.append(
            f"""spatial.pcu @dot{c} counters (%g = 0 to {groups}, %k = 0 to {words}) {{
%w = spatial.receive "w" : vector<{width}x{f}>
%x = spatial.receive "x" : {token}
%v = spatial.repeat %x : {token} to vector<{width}x{f}>
{_sum(layer)}
spatial.send "out" %d per %g : vector<{lanes}x{total}>
}}"""
        )
        links += [
            f"spatial.link @w{c}::@out to @dot{c}::@w : vector depth 4 window (0, {x_words}) of {words}",
            f"spatial.link @u{c}::@out to @dot{c}::@w : vector depth 4 window ({x_words}, {words}) of {words}",
            f"spatial.link @xm::@out to @dot{c}::@x : scalar depth 4 window (0, {x_words}) of {words}",
            f"spatial.link @hm::@out to @dot{c}::@x : scalar depth 4 window ({x_words}, {words}) of {words}",
            f"spatial.link @dot{c}::@out to @row::@s : vector depth 4"
            + (f" window ({c}, {c + 1}) of {turns}" if turns > 1 else ""),
        ]
    body = "\n".join(units)
    joined = "\n".join(links)
    return f"""builtin.module {{ spatial.config @main {{
spatial.input @x : tensor<{layer.steps}x{layer.inputs}x{f}>{scale}
spatial.output @y : tensor<{layer.steps}x{layer.rows}xf32>
spatial.controller @t counters (%t = 0 to {layer.steps}) {{
{body}
}}
{joined}
}} }}"""


Parse = Callable[[str], ModuleOp]
Arrays = Mapping[str, Array]
Make = Callable[[Layer], tuple[ModuleOp, Arrays, Arrays]]


@pytest.fixture
def parse(parse_checked: Parse) -> Parse:
    """Parse and verify a module."""
    return parse_checked


@pytest.fixture
def layer() -> type[Layer]:
    """The sizes of a layer."""
    return Layer


@pytest.fixture
def make_layer(parse: Parse) -> Make:
    """Give the module of a layer, its inputs and its parameters."""

    def make(layer: Layer) -> tuple[ModuleOp, Arrays, Arrays]:
        generator = np.random.default_rng(layer.rows * 31 + layer.inputs)

        def numbers(*shape: int) -> Array:
            return generator.standard_normal(shape).astype(np.float32)

        spread = np.float32(1.0 / np.sqrt(layer.inputs + layer.rows))
        parameters = {
            "W": numbers(layer.rows, layer.inputs) * spread,
            "U": numbers(layer.rows, layer.rows) * spread,
            "b": numbers(layer.rows) * np.float32(0.1),
        }
        return parse(layer_text(layer)), {"x": numbers(layer.steps, layer.inputs)}, parameters

    return make
