"""
Depths on the machine: enough for every read, and not one too many.

With the declared depths every read finds what the program means it to find, firing by firing as the
cycle-by-cycle engine counts them, and another buffer saves no cycle. With one less, the conversion
refuses what would read wrong values, and it is shown that it would; or the run takes longer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from machine_memory import wrong_reads
from memory_cases import (
    assigned,
    cycles,
    deepened,
    depths,
    elementwise,
    finished,
    loaded_alone,
    recurrent,
    two_maps,
    two_results,
)
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.machine.errors import SpatialError

RELAXED: dict[str, Any] = {"target": "plasticine-rnn", "relax": "pmu.capacity_bytes"}


def compiled(module: ModuleOp, **wanted: int) -> ModuleOp:
    """Compile with depths set by hand, even those that are refused."""
    with patch("spatial_opt.lowering.spatial.declarations.refusal", return_value=None):
        return finished(module, edit=deepened(wanted), **RELAXED)


CASES: dict[str, tuple[Callable[[], str], dict[str, Any], dict[str, int]]] = {
    "read by other points": (
        lambda: recurrent(96, 8, 3),
        {"hu": 1, "ru": 1},
        {"x": 2, "h": 2, "n": 1},
    ),
    "backwards": (
        lambda: recurrent(48, 8, 3, reverse=True),
        {"hu": 1, "ru": 1},
        {"x": 2, "h": 2, "n": 1},
    ),
    "read by an earlier map": (lambda: two_maps(24, 4), {"hu": 2, "ru": 1}, {"h": 1, "a": 1}),
    "loaded between maps": (
        lambda: loaded_alone(24, 16, 6),
        {"hu": 2, "ru": 1},
        {"x": 1, "h": 1, "a": 1},
    ),
    "read by the same point": (lambda: two_results(16, 4), {}, {"h": 1, "y": 1}),
    "stored for long": (lambda: two_results(512, 6), {}, {"h": 1, "y": 2}),
    "loaded for long": (
        lambda: elementwise(1024, 5, stored=False),
        {},
        {"x": 2, "h": 1},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_declared_depths_are_enough_and_no_more(name: str) -> None:
    text, factors, expected = CASES[name]
    module = assigned(text(), **RELAXED, **factors)
    assert depths(module) == expected
    config = compiled(module)
    assert wrong_reads(config) == []
    deeper = compiled(module, **{value: depth + 1 for value, depth in expected.items()})
    assert wrong_reads(deeper) == []
    assert cycles(deeper) == cycles(config)


@pytest.mark.parametrize("name", ["read by other points", "backwards"])
def test_one_buffer_less_reads_wrong_values(name: str) -> None:
    text, factors, _ = CASES[name]
    module = assigned(text(), **RELAXED, **factors)
    with pytest.raises(SpatialError, match="%h has depth 1 and needs 2: %n at %t = "):
        finished(module, edit=deepened({"h": 1}), **RELAXED)
    wrong = wrong_reads(compiled(module, h=1))
    assert {each.memory.split(".")[0] for each in wrong} == {"h"}
    assert any(each.found == ("h::in", each.activation) for each in wrong)


@pytest.mark.parametrize(("name", "value"), [("stored for long", "y"), ("loaded for long", "x")])
def test_one_buffer_less_takes_longer(name: str, value: str) -> None:
    text, factors, _ = CASES[name]
    module = assigned(text(), **RELAXED, **factors)
    fewer = compiled(module, **{value: 1})
    assert wrong_reads(fewer) == []
    assert cycles(fewer) > cycles(compiled(module))


def test_a_shift_overtakes_only_what_lags_behind() -> None:
    """A state is read far ahead of what is written: one buffer is refused, and rightly."""
    text = two_maps(512, 3, late=True).replace("%h[%j - 1]", "%h[%j - 300]")
    module = assigned(text, hu=4, ru=1, **RELAXED)
    assert depths(module)["h"] == 2
    assert wrong_reads(compiled(module)) == []
    assert wrong_reads(compiled(module, h=1)) != []


@pytest.mark.long
@pytest.mark.parametrize("hidden", [7, 16, 40, 64, 100, 256, 512, 1024])
@pytest.mark.parametrize("form", [two_results, elementwise])
@pytest.mark.parametrize("target", ["plasticine-rnn", "plasticine-isca17"])
def test_a_further_buffer_never_saves_a_cycle(
    hidden: int, form: Callable[[int, int], str], target: str
) -> None:
    options: dict[str, Any] = {"target": target, "relax": "pmu.capacity_bytes"}
    module = assigned(form(hidden, 12), **options)
    taken = cycles(finished(module, **options))
    for value, depth in depths(module).items():
        more = finished(module, edit=deepened({value: depth + 1}), **options)
        assert cycles(more) == taken, (value, depth)


@pytest.mark.long
@pytest.mark.parametrize("hidden", [5, 24, 64, 96])
@pytest.mark.parametrize("inputs", [3, 200, 900])
@pytest.mark.parametrize("hu", [1, 4])
def test_a_further_buffer_never_saves_a_cycle_with_products(
    hidden: int, inputs: int, hu: int
) -> None:
    module = assigned(recurrent(hidden, inputs, 10), hu=hu, ru=1, **RELAXED)
    taken = cycles(finished(module, **RELAXED))
    for value, depth in depths(module).items():
        more = finished(module, edit=deepened({value: depth + 1}), **RELAXED)
        assert cycles(more) == taken, (value, depth)
