"""spatial-place takes the first placement that can be routed."""

from collections.abc import Iterator

import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.spatial import ConfigOp, units
from spatial_opt.machine.description import Machine
from spatial_opt.passes import spatial_place
from spatial_opt.passes.placement_problem import position_of
from spatial_opt.passes.solvers.grid import Position
from spatial_opt.passes.spatial_place import SEEDS, SpatialPlacePass
from spatial_opt.passes.spatial_route import SpatialRoutePass

Places = dict[str, Position | None]


def places(module: ModuleOp, seed: int | None = None) -> Places:
    """Place a copy of a module; gives where its units are."""
    copy = module.clone()
    SpatialPlacePass(seed=seed).apply(Context(), copy)
    (config,) = (op for op in copy.walk() if isinstance(op, ConfigOp))
    return {unit.sym_name.data: position_of(unit) for unit in units(config)}


class Routes:
    """Lets some placements have routes, and counts the questions."""

    def __init__(self, answers: Iterator[bool]) -> None:
        self.answers = answers
        self.asked: list[Places] = []

    def ask(self, config: ConfigOp, machine: Machine) -> bool:
        self.asked.append({unit.sym_name.data: position_of(unit) for unit in units(config)})
        return next(self.answers)


def let(monkeypatch: pytest.MonkeyPatch, *answers: bool) -> Routes:
    """Answer whether placements can be routed, one after another."""
    routes = Routes(iter(answers))
    monkeypatch.setattr(spatial_place, "_can_be_routed", routes.ask)
    return routes


def test_the_first_one_is_taken_if_it_can_be_routed(
    rung: ModuleOp, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = places(rung, 0)
    routes = let(monkeypatch, True)
    assert places(rung) == wanted
    assert routes.asked == [wanted]


def test_others_are_tried_in_order(rung: ModuleOp, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [places(rung, 0), places(rung, 0), places(rung, 1)]  # few units have no room to seek
    routes = let(monkeypatch, False, False, True)
    assert places(rung) == wanted[2]
    assert routes.asked == wanted


def test_if_none_can_be_routed_the_first_is_taken(
    rung: ModuleOp, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = places(rung, 0)
    routes = let(monkeypatch, *([False] * (SEEDS + 1)))
    assert places(rung) == wanted
    assert len(routes.asked) == SEEDS + 1


def test_a_seed_that_is_given_is_kept(rung: ModuleOp, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = places(rung, 3)
    routes = let(monkeypatch, False, False)
    assert places(rung, 3) == wanted
    assert routes.asked == [wanted] * 2


def test_what_is_found_can_be_routed(rung: ModuleOp) -> None:
    SpatialPlacePass().apply(Context(), rung)
    SpatialRoutePass().apply(Context(), rung)
    rung.verify()
