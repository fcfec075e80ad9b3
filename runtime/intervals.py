"""Cycles between two firings of a unit: bank conflicts of a memory stream, shares of DRAM."""

from __future__ import annotations

from math import ceil, prod

import numpy as np
from numpy.typing import NDArray

from spatial_opt.dialects import spatial
from spatial_opt.dialects.affine_values import evaluate_affine
from spatial_opt.dialects.spatial import Stream, element_bits, token_elements
from spatial_opt.dialects.spatial_ports import Process
from spatial_opt.machine.banks import WORD_BITS, most_of_scattered, most_on_one_bank
from spatial_opt.machine.description import Machine
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.stream_places import firing_elements, firing_offsets, outer_trips


def dram_interval(unit: spatial.AgOp, machine: Machine, generators: int) -> int:
    """
    Cycles between two tokens of one of the address generators of a configuration.

    They share the bandwidth evenly (`Machine.dram_interval`).
    """
    return machine.dram_interval(unit.token_bytes, generators)


def stream_interval(process: Process, machine: Machine) -> int | tuple[int, ...]:
    """
    Cycles per firing of a memory stream: the most words that one bank must give or take.

    A bank moves one word a cycle; elements of the same word move together, elements that are
    clipped or lie outside do not move. Rows start at a word. Each bank of a duplicated memory can
    give any word, and all of them take what is written. A tuple is the pattern over all firings of
    one activation (of the whole run where activations differ).
    """
    unit, stream = process.unit, process.op
    assert isinstance(unit, spatial.PmuOp)
    if isinstance(stream, spatial.GatherOp):
        looked_up = token_elements(stream.type_)
        if unit.duplicated is None and looked_up > 1:
            raise SpatialError(
                f"memory unit @{unit.sym_name.data}: gather @{stream.sym_name.data} looks up "
                f"{looked_up} elements at once, which may fall on one bank, so its time is "
                "unknown; mark the memory duplicated or gather scalars"
            )
        return ceil(looked_up / unit.banking.banks)
    assert isinstance(stream, spatial.ReadOp | spatial.WriteOp)
    outer = outer_trips(process)
    trips = prod(outer)
    probes = sorted({0, 1 % trips, trips - 1})
    patterns = [_pattern(unit, stream, process, np.unravel_index(p, outer or (1,))) for p in probes]
    if all((p == patterns[0][0]).all() for p in patterns):
        return int(patterns[0][0])
    if all((p == patterns[0]).all() for p in patterns):
        return tuple(int(n) for n in patterns[0])
    whole = [
        _pattern(unit, stream, process, np.unravel_index(p, outer or (1,))) for p in range(trips)
    ]
    return tuple(int(n) for p in whole for n in p)


def _pattern(
    unit: spatial.PmuOp, stream: Stream, process: Process, at: tuple[np.intp, ...]
) -> NDArray[np.int64]:
    """Cycles of every firing of one activation, [firings]."""
    bits = element_bits(unit.held)
    if not isinstance(stream, spatial.GatherOp) and stream.reach > firing_elements(stream):
        return np.maximum(1, _scattered(unit, stream, process, at))
    rows, first, last, inside = _spans(process, stream, at)
    first_word = first * bits // WORD_BITS
    last_word = (last * bits - 1) // WORD_BITS
    span = np.where(inside, last_word - first_word + 1, 0)
    banking = unit.banking
    if unit.duplicated is not None:
        shared = 1 if isinstance(stream, spatial.WriteOp) else banking.banks
        return np.maximum(1, -(-span // shared))
    *weights, step = banking.weights(unit.words)
    number = first_word * step
    for weight, row in zip(weights, rows, strict=True):
        number = number + weight * row
    return np.maximum(1, most_on_one_bank(number, span, step, banking.banks, banking.block))


def _scattered(
    unit: spatial.PmuOp,
    stream: spatial.ReadOp | spatial.WriteOp,
    process: Process,
    at: tuple[np.intp, ...],
) -> NDArray[np.int64]:
    """Cycles of every firing of a stream whose tokens are apart, [firings]."""
    shape, banking = unit.held.get_shape(), unit.banking
    *rows, first = _first_elements(process, stream, at)
    elements = first[:, None] + firing_offsets(stream)
    inside = (elements >= 0) & (elements < shape[-1])
    *weights, step = banking.weights(unit.words)
    number = np.zeros((process.firings, 1), np.int64)
    for extent, weight, row in zip(shape[:-1], weights, rows, strict=True):
        inside &= ((row >= 0) & (row < extent))[:, None]
        number = number + weight * row[:, None]
    words = elements * element_bits(unit.held) // WORD_BITS
    if unit.duplicated is None:
        return most_of_scattered(number, words, inside, step, banking.banks, banking.block)
    # Each bank takes every word that is written, and may give any that is read.
    shared = 1 if isinstance(stream, spatial.WriteOp) else banking.banks
    return -(-most_of_scattered(number, words, inside, step, None, banking.block) // shared)


def _first_elements(
    process: Process, stream: Stream, at: tuple[np.intp, ...]
) -> list[NDArray[np.int64]]:
    """Coordinates of the first element of each firing, per dimension [firings]."""
    counters = np.indices(process.bounds).reshape(len(process.bounds), process.firings)
    depth = len(outer_trips(process))
    values: list[NDArray[np.int64] | int] = [*(int(n) for n in at[:depth]), *counters]
    return [
        np.broadcast_to(np.asarray(evaluate_affine(expr, values)), (process.firings,))
        for expr in stream.map.data.results
    ]


def _spans(
    process: Process, stream: Stream, at: tuple[np.intp, ...]
) -> tuple[list[NDArray[np.int64]], NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """
    Position of the elements of each firing, [firings].

    All coordinates but the last, the first element and one past the last in that dimension, and
    whether any is inside.
    """
    unit = process.unit
    assert isinstance(unit, spatial.PmuOp)
    shape = unit.held.get_shape()
    index = _first_elements(process, stream, at)
    first = np.maximum(index[-1], 0)
    last = np.minimum(index[-1] + firing_elements(stream), shape[-1])
    inside = last > first
    for extent, position in zip(shape[:-1], index[:-1], strict=True):
        inside &= (position >= 0) & (position < extent)
    return index[:-1], first, last, inside
