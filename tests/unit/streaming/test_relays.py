"""Units that pass tokens on: built where many parts feed a reader, and seen through by values."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from streaming_cases import EVALUATORS, Recipe, arrays, compile_recipe, config

from spatial_opt.dialects.spatial import PmuOp, links, port_table, units
from spatial_opt.passes import spatial_split_memories, weight_parts
from spatial_opt.runtime.order import config_of, structure_of
from spatial_opt.runtime.relays import direct_links, without_relays
from spatial_opt.runtime.values import evaluate

Shown = tuple[str, str, tuple[int, int] | None, int | None]
"""Source, destination, window and its period."""


def memory(name: str, bounds: str) -> str:
    """Give a memory that sends vectors of its parameter."""
    return f"""
    spatial.pmu @{name} holds tensor<4xf32> banked (4, 1) init parameter "{name}" [4] {{
      spatial.read @out port 0 counters ({bounds}) address [0] : vector<4xf32>
    }}"""


def passing(name: str, bounds: str, body: str = "", per: str = "") -> str:
    """Give a unit that sends what it receives, or what `body` makes of it."""
    sent = "%w" if body else "%v"
    return f"""
    spatial.pcu @{name} counters ({bounds}) {{
      %v = spatial.receive "in"{per} : vector<4xf32>
      spatial.stage 0
      {body}
      spatial.send "out" {sent}{per} : vector<4xf32>
    }}"""


def store(name: str, bounds: str) -> str:
    """Give the end of a stream."""
    return f"""
    spatial.ag @{name} stores @y counters ({bounds}) address [0] : vector<4xf32>"""


def link(source: str, target: str, window: str = "") -> str:
    """Join two units."""
    port = "data" if target.startswith("y") else "in"
    return f"\nspatial.link @{source}::@out to @{target}::@{port} : vector depth 2 {window}"


def direct(body: str) -> tuple[set[Shown], set[str]]:
    """Give the links past relays, and the relays."""
    found = config_of(config(f"spatial.output @y : tensor<4xf32> {body}"))
    seen = direct_links(found, port_table(found))
    shown = {
        (
            each.source[0],
            each.target[0],
            each.span,
            None if each.window_of is None else each.window_of.value.data,
        )
        for each in seen.links
    }
    return shown, seen.relays


def test_turns_within_turns() -> None:
    """Two parts share a relay, which takes turns with a third one, five times."""
    three, two, five = ("%r = 0 to 5, %t = 0 to 3", "%r = 0 to 5, %t = 0 to 2", "%t = 0 to 30")
    body = memory("a", two) + memory("b", "%r = 0 to 5, %t = 0 to 1") + memory("c", three)
    body += passing("relay", three) + store("y0", five)
    body += link("a", "relay", "window (0, 2) of 3") + link("b", "relay", "window (2, 3) of 3")
    body += link("relay", "y0", "window (0, 3) of 6") + link("c", "y0", "window (3, 6) of 6")
    assert direct(body) == (
        {
            ("a", "y0", (0, 2), 6),
            ("b", "y0", (2, 3), 6),
            ("c", "y0", (3, 6), 6),
        },
        {"relay"},
    )


def test_turns_of_a_whole_activation() -> None:
    body = memory("a", "%t = 0 to 2") + memory("b", "%t = 0 to 3") + passing("r", "%t = 0 to 5")
    body += store("y0", "%t = 0 to 5")
    body += link("a", "r", "window (0, 2)") + link("b", "r", "window (2, 5)") + link("r", "y0")
    assert direct(body) == ({("a", "y0", (0, 2), None), ("b", "y0", (2, 5), None)}, {"r"})


def test_all_that_a_relay_takes_comes_round() -> None:
    body = memory("a", "%t = 0 to 4") + memory("b", "%t = 0 to 6") + passing("r", "%t = 0 to 10")
    body += store("y0", "%t = 0 to 10") + link("r", "y0")
    body += link("a", "r", "window (0, 2) of 5") + link("b", "r", "window (2, 5) of 5")
    assert direct(body) == ({("a", "y0", (0, 2), 5), ("b", "y0", (2, 5), 5)}, {"r"})


def test_one_source_and_several_readers() -> None:
    """A single source takes the turns of what is passed on, whatever they are."""
    body = memory("a", "%t = 0 to 4") + memory("b", "%t = 0 to 4") + passing("r", "%t = 0 to 4")
    body += store("y0", "%t = 0 to 4") + store("y1", "%t = 0 to 8")
    body += link("a", "r") + link("r", "y0")
    body += link("r", "y1", "window (0, 2) of 4") + link("b", "y1", "window (2, 4) of 4")
    assert direct(body) == (
        {("a", "y0", None, None), ("a", "y1", (0, 2), 4), ("b", "y1", (2, 4), 4)},
        {"r"},
    )


def test_relays_one_after_another() -> None:
    body = memory("a", "%t = 0 to 2") + memory("b", "%t = 0 to 2") + memory("c", "%t = 0 to 4")
    body += passing("r", "%t = 0 to 4") + passing("s", "%t = 0 to 8") + store("y0", "%t = 0 to 8")
    body += link("a", "r", "window (0, 1) of 2") + link("b", "r", "window (1, 2) of 2")
    body += link("r", "s", "window (0, 2) of 4") + link("c", "s", "window (2, 4) of 4")
    body += link("s", "y0")
    assert direct(body) == (
        {("a", "y0", (0, 1), 4), ("b", "y0", (1, 2), 4), ("c", "y0", (2, 4), 4)},
        {"r", "s"},
    )


LONE = memory("a", "%t = 0 to 4") + store("y0", "%t = 0 to 4") + link("a", "r") + link("r", "y0")
STAY = {
    "arithmetic": LONE + passing("r", "%t = 0 to 4", "%w = arith.addf %v, %v : vector<4xf32>"),
    "tokens that are held": memory("a", "%t = 0 to 2")
    + passing("r", "%t = 0 to 2, %u = 0 to 3", per=" per %t")
    + store("y0", "%t = 0 to 2")
    + link("a", "r")
    + link("r", "y0"),
    "another rate": memory("a", "%t = 0 to 4")
    + passing("r", "%t = 0 to 4")
    + store("y0", "%t = 0 to 2")
    + link("a", "r")
    + link("r", "y0", "every 2"),
    "turns that do not fit": memory("a", "%t = 0 to 2")
    + memory("b", "%t = 0 to 2")
    + memory("c", "%t = 0 to 4")
    + passing("r", "%t = 0 to 4")
    + store("y0", "%t = 0 to 8")
    + link("a", "r", "window (0, 2)")
    + link("b", "r", "window (2, 4)")
    + link("r", "y0", "window (0, 2) of 4")
    + link("c", "y0", "window (2, 4) of 4"),
}


@pytest.mark.parametrize("case", STAY)
def test_what_stays(case: str) -> None:
    shown, relays = direct(STAY[case])
    assert not relays
    assert any(source == "r" for source, *_ in shown)


def test_other_controllers_see_other_activations() -> None:
    around = "spatial.controller @t counters (%t = 0 to 4) {"
    body = (
        memory("a", "%i = 0 to 4") + store("y0", "%i = 0 to 4") + link("a", "r") + link("r", "y0")
    )
    body += f"{around} {passing('r', '%i = 0 to 1')} }}"
    shown, relays = direct(body)
    assert not relays
    assert len(shown) == 2


def test_a_unit_that_feeds_itself_stays() -> None:
    body = passing("r", "%t = 0 to 4") + store("y0", "%t = 0 to 4") + link("r", "r")
    body += link("r", "y0")
    assert direct(body)[1] == set()


def test_structures_without_relays_are_whole() -> None:
    body = LONE + passing("r", "%t = 0 to 4")
    whole = structure_of(config_of(config(f"spatial.output @y : tensor<4xf32> {body}")))
    seen = without_relays(whole)
    assert {process.name for process in seen.processes} == {"a::out", "y0"}
    assert {(edge.source.name, edge.target.name) for edge in seen.edges} == {("a::out", "y0")}
    assert set(seen.ports) == {("a", "out"), ("y0", "data")}
    plain = structure_of(config_of(config("spatial.output @y : tensor<4xf32>")))
    assert without_relays(plain) is plain


def unrelayed(parts: int, direct: int = 4) -> int:
    """Count no relays, whatever the parts."""
    return 0


RELAYED: dict[str, tuple[Recipe, Any]] = {
    "streamed": (
        Recipe("lstm", 72, side=12, capacity=1024, format="f32", factors={"hu": 1, "ru": 1}),
        weight_parts,
    ),
    "resident": (
        Recipe("rnn", 101, side=14, capacity=1024, format="f32", factors={"hu": 1, "ru": 1}),
        spatial_split_memories,
    ),
}


@pytest.mark.parametrize("case", RELAYED)
def test_relays_change_no_value(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight parts at most feed a port with relays; without, they feed it one by one."""
    recipe, module = RELAYED[case]
    with_relays = compile_recipe(recipe)
    config = config_of(with_relays.module)
    assert with_relays.relays
    assert most_sources(with_relays.module, lambda name: "relay" not in name) <= 8
    for relay in with_relays.relays:
        fed = [each for each in links(config) if each.target[0] == relay.sym_name.data]
        assert 2 <= len(fed) <= 4
    monkeypatch.setattr(module, "relays", unrelayed)
    without = compile_recipe(recipe, until="spatial-split-memories")
    assert not without.relays
    assert most_sources(without.module, lambda name: True) > 8
    inputs, parameters = arrays(with_relays.kernels)
    expected = evaluate(without.module, inputs, parameters, "numpy")
    for evaluator in EVALUATORS:
        found = evaluate(with_relays.module, inputs, parameters, evaluator)
        assert {name: array.tobytes() for name, array in found.items()} == {
            name: array.tobytes() for name, array in expected.items()
        }


def most_sources(module: Any, counts: Callable[[str], bool]) -> int:
    """Give the largest number of links into one port, of units whose name counts."""
    found: dict[tuple[str, str], int] = {}
    for each in links(config_of(module)):
        if counts(each.target[0]):
            found[each.target] = found.get(each.target, 0) + 1
    return max(found.values())


def test_parts_are_named_alike() -> None:
    """Streamed and resident parts, and their relays, go by the memory they are of."""
    case = compile_recipe(RELAYED["resident"][0])
    names = [unit.sym_name.data for unit in units(config_of(case.module))]
    parts = {name for name in names if re.search(r"\.s\d+$", name)}
    kinds = {type(unit) for unit in units(config_of(case.module)) if unit.sym_name.data in parts}
    assert kinds == {PmuOp}
    owners = {name.rsplit(".", 1)[0] for name in parts}
    assert {relay.sym_name.data.rsplit(".", 1)[0] for relay in case.relays} <= owners
