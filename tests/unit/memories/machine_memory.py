"""
What is in the memories of a configuration, cycle by cycle: an oracle for depths.

Every read is told twice who wrote the elements it takes: by the order of whole activations, which
is what the program means, and by the times of all firings as the cycle-by-cycle engine counts them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.affine_values import evaluate_affine
from spatial_opt.dialects.spatial import PmuOp, ReadOp, WriteOp
from spatial_opt.dialects.spatial_ports import Process
from spatial_opt.dialects.target import target_of
from spatial_opt.passes.bank_accesses import problem_of
from spatial_opt.passes.solvers.bank_problem import Access
from spatial_opt.runtime.configuration import build_network
from spatial_opt.runtime.cycle_engine import run_cycles
from spatial_opt.runtime.order import Loop, config_of, order_activations, structure_of

Writer = tuple[str, int] | None
"""Stream and activation that wrote an element; None before any did."""


@dataclass(frozen=True)
class Wrong:
    """A read that finds something else than it should, or too early."""

    memory: str
    stream: str
    activation: int
    element: int
    wanted: Writer
    found: Writer


def wrong_reads(module: ModuleOp) -> list[Wrong]:
    """List the elements that some read takes from a wrong writer, one per activation and stream."""
    machine = target_of(module)
    structure = structure_of(config_of(module))
    network = build_network(module)
    run = run_cycles(network)
    assert run.finished
    times = {p.name: found for p, found in zip(network.processes, run.times, strict=True)}
    sequence = list(_activations(order_activations(structure)))
    wrong: list[Wrong] = []
    units: dict[PmuOp, list[Process]] = {}
    for process in structure.processes:
        if isinstance(process.unit, PmuOp) and isinstance(process.op, ReadOp | WriteOp):
            units.setdefault(process.unit, []).append(process)
    for pmu, streams in units.items():
        if not any(isinstance(process.op, WriteOp) for process in streams):
            continue
        problem = problem_of(pmu, machine)
        by_name = {access.name: access for access in problem.accesses}
        accesses = {p.name: by_name[p.op.sym_name.data] for p in streams}
        touched = {name: _elements(access, problem.shape) for name, access in accesses.items()}
        wanted = _meant(sequence, streams, accesses, touched)
        latency = machine.pmu.write_latency_cycles
        wrong += _timed(pmu, streams, accesses, touched, times, wanted, latency)
    return wrong


def _activations(loop: Loop) -> Iterator[str]:
    """Give the names of processes in the order in which their activations run."""
    for _ in product(*(range(bound) for bound in loop.bounds)):
        for node in loop.nodes:
            if isinstance(node, Process):
                yield node.name
            else:
                yield from _activations(node)


def _elements(access: Access, shape: tuple[int, ...]) -> list[list[int]]:
    """List the elements of each firing, over all activations."""
    counters = np.indices(access.bounds).reshape(len(access.bounds), -1)
    number = counters.shape[1] if access.bounds else 1
    values = [*(counter[:, None] for counter in counters), np.arange(access.lanes)[None, :]]
    coordinates = [
        np.broadcast_to(np.asarray(evaluate_affine(expr, values)), (number, access.lanes))
        for expr in access.address.results
    ]
    flat = np.zeros((number, access.lanes), np.int64)
    inside = np.ones((number, access.lanes), bool)
    for extent, coordinate in zip(shape, coordinates, strict=True):
        inside &= (coordinate >= 0) & (coordinate < extent)
        flat = flat * extent + coordinate
    return [row[keep].tolist() for row, keep in zip(flat, inside, strict=True)]


def _meant(
    sequence: list[str],
    streams: list[Process],
    accesses: dict[str, Access],
    touched: dict[str, list[list[int]]],
) -> dict[tuple[str, int], dict[int, Writer]]:
    """Give who should have written each element that an activation reads."""
    mine = {process.name: process for process in streams}
    held: dict[int, Writer] = {}
    counts = dict.fromkeys(mine, 0)
    found: dict[tuple[str, int], dict[int, Writer]] = {}
    for name in sequence:
        if name not in mine:
            continue
        activation = counts[name]
        counts[name] += 1
        each = len(touched[name]) // accesses[name].activations
        elements = [
            e for f in touched[name][activation * each : (activation + 1) * each] for e in f
        ]
        if isinstance(mine[name].op, WriteOp):
            held |= dict.fromkeys(elements, (name, activation))
        else:
            found[name, activation] = {e: held.get(e) for e in elements}
    return found


def _timed(
    pmu: PmuOp,
    streams: list[Process],
    accesses: dict[str, Access],
    touched: dict[str, list[list[int]]],
    times: dict[str, list[int]],
    wanted: dict[tuple[str, int], dict[int, Writer]],
    latency: int,
) -> Iterator[Wrong]:
    """Compare with who wrote them last when they are read; a write needs its latency to be seen."""
    events: list[tuple[int, int, str, int]] = []
    for process in streams:
        writes = isinstance(process.op, WriteOp)
        for firing, time in enumerate(times[process.name]):
            events.append((time, 0 if writes else 1, process.name, firing))
    held: dict[int, Writer] = {}
    since: dict[int, int] = {}
    reported: set[tuple[str, int]] = set()
    for time, reads, name, firing in sorted(events):
        activation = firing // (len(touched[name]) // accesses[name].activations)
        for element in touched[name][firing]:
            if not reads:
                held[element] = (name, activation)
                since[element] = time
                continue
            meant = wanted[name, activation][element]
            early = held.get(element) is not None and since[element] + latency > time
            if (held.get(element) != meant or early) and (name, activation) not in reported:
                reported.add((name, activation))
                yield Wrong(pmu.sym_name.data, name, activation, element, meant, held.get(element))
