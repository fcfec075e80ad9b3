"""
Loops whose number of steps is known: what counters are at every step.

The body of a Loop computes whether it goes on, usually from a counter. What depends on the number
of the step alone, counters and the condition, is computed here, step by step, by ONNX's reference
implementation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spatial_opt.frontends.graph.tensor import Array
from spatial_opt.frontends.onnx.folding import RANDOM, evaluator
from spatial_opt.frontends.onnx.model import NetworkGraph, Node
from spatial_opt.frontends.onnx.slicing import depending, has_graphs, needed, reads
from spatial_opt.machine.errors import SpatialError

Values = Mapping[str, Array]

MOST_STEPS = 1 << 16
"""Steps after which a loop without a number of them counts as endless."""


@dataclass(frozen=True)
class Body:
    """The body of a loop, and what is known in front of it."""

    graph: NetworkGraph
    states: Sequence[tuple[str, str]]
    """Names at the start of a step and at its end, without the states that never change."""
    starts: Mapping[str, Array]
    """First values of the states that are known."""
    constants: Mapping[str, Array]
    """Values that never change."""
    versions: Mapping[str, int]

    @property
    def number(self) -> str:
        """Name the number of the step."""
        return self.graph.inputs[0].name

    @property
    def going(self) -> tuple[str, str]:
        """Name the condition at the start of a step and at its end."""
        return self.graph.inputs[1].name, self.graph.outputs[0].name

    @property
    def nodes(self) -> Sequence[Node]:
        """Return the operations."""
        return self.graph.nodes


@dataclass(frozen=True)
class Count:
    """How often a loop runs, and what depends on the number of the step alone."""

    steps: int
    values: Mapping[str, Array]
    """By name, of all steps."""
    last: Mapping[str, Array]
    """Counted states behind the last step, by their name at its start."""


def counted_states(body: Body) -> dict[str, str]:
    """Return the states that depend on nothing but the number of the step, start to end."""
    states = {start: end for start, end in body.states if start in body.starts}
    while True:
        known = computable(body, states)
        left = {start: end for start, end in states.items() if end in known}
        if len(left) == len(states):
            return left
        states = left


def computable(body: Body, states: Mapping[str, str]) -> set[str]:
    """Return what can be computed from the number of the step, counted states and constants."""
    known = {body.number, body.going[0], *states, *body.constants}
    for node in body.nodes:
        plain = not has_graphs(node) and node.operator not in RANDOM
        if plain and node.domain in ("", "ai.onnx") and known.issuperset(reads(node)):
            known |= {name for name in node.outputs if name}
    return known


def changing(body: Body, states: Mapping[str, str]) -> set[str]:
    """Return what depends on the number of the step and can be computed from it."""
    moved = depending(body.nodes, {body.number, body.going[0], *states})
    return moved & computable(body, states)


def count(body: Body, trips: int | None, states: Mapping[str, str], wanted: Sequence[str]) -> Count:
    """
    Run what is counted until the loop ends; gives the wanted values of all steps.

    Raises SpatialError where the end depends on anything else, or does not come.
    """
    start, end = body.going
    known = computable(body, states)
    if end not in known:
        raise SpatialError(
            "its number of steps depends on what it computes; write it as Scan, or let it end at a "
            "constant number of steps"
        )
    names = list(dict.fromkeys([end, *states.values(), *wanted]))
    step = _stepper(body, names)
    values = {start: np.array(True), **{name: body.starts[name] for name in states}}
    rows: dict[str, list[Array]] = {name: [] for name in wanted}
    number, most = 0, MOST_STEPS if trips is None else trips
    while number < most and bool(np.all(values[start])):
        values[body.number] = np.array(number, np.int64)
        made = step(values)
        for name in wanted:
            rows[name].append(made[name])
        values = {start: made[end], **{name: made[states[name]] for name in states}}
        number += 1
    if trips is None and number == most:
        raise SpatialError(
            f"it does not end within {most} steps; give it a number of steps or a counter that ends"
        )
    if not number:
        raise SpatialError("it makes no step; take it out of the network")
    stacked = {name: _stacked(name, row) for name, row in rows.items()}
    return Count(number, stacked, {name: values[name] for name in states})


def _stacked(name: str, row: Sequence[Array]) -> Array:
    if len({array.shape for array in row}) > 1:
        raise SpatialError(
            f"{name!r} has another shape at each step; a configuration has one, keep it fixed"
        )
    return np.stack(row)


def _stepper(body: Body, names: Sequence[str]) -> Callable[[Values], dict[str, Array]]:
    """Return a function from values at the start of a step to the named ones behind it."""
    nodes = needed(body.nodes, names)
    made = {name for node in nodes for name in node.outputs}
    computed = [name for name in names if name in made]
    read = {name for node in nodes for name in reads(node)}
    constants = {name: array for name, array in body.constants.items() if name in read}

    def inputs(values: Values) -> dict[str, Array]:
        return {**{name: array for name, array in values.items() if name in read}, **constants}

    start: Values = {
        body.number: np.array(0, np.int64),
        body.going[0]: np.array(True),
        **body.starts,
    }
    run = evaluator(nodes, inputs(start), computed, body.versions)

    def step(values: Values) -> dict[str, Array]:
        found = dict(zip(computed, run(inputs(values)), strict=True)) if nodes else {}
        everything = {**body.constants, **values, **found}
        return {name: np.asarray(everything[name]) for name in names}

    return step
