"""The configuration is what runs: an edit of its text changes values or cycles, or is refused."""

import re
from typing import Any

import numpy as np


def test_saved_configuration_runs_as_the_network_does(bench: Any) -> None:
    options = ("--format=f32", "--pipeline=unfused", "--map=hu=2,ru=1")
    network = bench.run((bench.folder / "net.mlir").read_text(), *options)
    saved = bench.run(bench.config)
    np.testing.assert_array_equal(network.y, saved.y)
    for key in ("cycles", "cycles_per_step", "causes", "bounds", "resources", "macs"):
        assert network.report[key] == saved.report[key]


def test_contents_of_a_weight_memory(bench: Any) -> None:
    """The first row memory of R, taken one row further, changes what depends on the state."""
    base = bench.run(bench.config)
    shifted = bench.edit(
        r'(init parameter "R" \[1, 6, 6\] map affine_map<\(d0, d1\)) -> \(0, \(d0 \* 2\), d1\)>',
        r"\1 -> (0, ((d0 * 2) + 2), d1)>",
    )
    changed = bench.run(shifted)
    assert changed.code == 0, changed.error
    np.testing.assert_array_equal(changed.y[0], base.y[0])
    assert (changed.y[1:] != base.y[1:]).any()
    assert changed.report["cycles"] == base.report["cycles"]


def test_two_links_swapped(bench: Any) -> None:
    """Swapping what two rows send swaps neighbouring elements of what they make."""
    base = bench.run(bench.config)
    into = re.findall(r"spatial.link (@wx[.\w]*::@\w+) to (@wx::@in[01]) : scalar", bench.config)
    assert len(into) == 2
    (first, port0), (second, port1) = into
    text = bench.config
    for source, old, new in ((first, port0, port1), (second, port1, port0)):
        text = re.sub(
            rf"({re.escape(source)}) to {old} : scalar depth (\d+) via .*",
            rf"\1 to {new} : scalar depth \2",
            text,
        )
    changed = bench.run(text)
    assert changed.code == 0, changed.error
    assert (changed.y != base.y).any()


def test_a_stage_dropped(bench: Any) -> None:
    """Without its marker a stage's operation shares the stage before, which one unit cannot do."""
    unit = re.search(r"spatial.pcu @pre .*?\n    (?:  )?}\n", bench.config, re.DOTALL)
    assert unit is not None
    markers = re.findall(r" *spatial.stage \d+\n", unit.group())
    if len(markers) < 2:
        unit = re.search(r"spatial.pcu @wx.dot.0 .*?\n    (?:  )?}\n", bench.config, re.DOTALL)
        assert unit is not None
        markers = re.findall(r" *spatial.stage \d+\n", unit.group())
    assert len(markers) >= 2
    dropped = unit.group().replace(markers[-1], "")
    changed = bench.run(bench.config.replace(unit.group(), dropped))
    assert changed.code == 1
    assert "stage" in changed.error
    assert "Traceback" not in changed.error


def test_a_queue_shortened(bench: Any) -> None:
    """A queue of one place makes its sender wait for every credit."""
    base = bench.run(bench.config)
    text = re.sub(
        r"(spatial.link @wx.W[.\w]*::@\S+ to \S+ : vector depth) \d+", r"\1 1", bench.config
    )
    text = re.sub(r"network.switch_buffer_tokens = 2", "network.switch_buffer_tokens = 0", text)
    assert text != bench.config
    changed = bench.run(text)
    assert changed.code == 0, changed.error
    np.testing.assert_array_equal(changed.y, base.y)
    assert changed.report["cycles"] > base.report["cycles"]


def test_a_unit_moved(bench: Any) -> None:
    """A moved unit needs new routes; with them the values stay and the cycles change."""
    base = bench.run(bench.config)
    place = re.search(r"spatial.pcu @pre at \((\d+), (\d+)\)", bench.config)
    assert place is not None
    taken = set(re.findall(r"spatial.pcu \S+ at (\(\d+, \d+\))", bench.config))
    free = next(f"(23, {c})" for c in range(22, 0, -3) if f"(23, {c})" not in taken)
    moved = bench.config.replace(place.group(), f"spatial.pcu @pre at {free}")
    refused = bench.run(moved)
    assert refused.code == 1
    assert "@pre" in refused.error
    assert "Traceback" not in refused.error
    rerouted = re.sub(r"(spatial.link .*@pre::.*?) via .*", r"\1", moved)
    changed = bench.run(rerouted)
    assert changed.code == 0, changed.error
    np.testing.assert_array_equal(changed.y, base.y)
    assert changed.report["cycles"] > base.report["cycles"]


def test_a_link_removed(bench: Any) -> None:
    """A port that nothing feeds is named."""
    removed = bench.edit(r" *spatial.link @x.load::@data to .*\n", "")
    refused = bench.run(removed)
    assert refused.code == 1
    assert "data" in refused.error
    assert "Traceback" not in refused.error


def test_a_token_that_never_comes(bench: Any) -> None:
    """Without its initial token the first step never starts; the report says who waits."""
    stuck = bench.edit(r"( to @scan::@again\w* : token depth \d+) init 1", r"\1")
    refused = bench.run(stuck)
    assert refused.code == 1
    assert "@scan" in refused.error
    assert "wait" in refused.error
