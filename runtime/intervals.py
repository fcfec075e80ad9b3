"""Cycles between two firings of a unit: bank conflicts of a memory stream, shares of DRAM."""

from __future__ import annotations

from math import ceil, prod

import numpy as np
from numpy.typing import NDArray

from spatial_opt.dialects import spatial
from spatial_opt.dialects.spatial import Stream, element_bits, element_type, token_elements
from spatial_opt.dialects.spatial_ports import Process
from spatial_opt.machine.description import Machine
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.numpy_access import evaluate_affine

WORD_BITS = 32


def dram_interval(unit: spatial.AgOp, machine: Machine, generators: int) -> int:
    """
    Cycles between two bursts of one address generator.

    The bandwidth is divided evenly and statically over all generators of the configuration;
    each token takes whole bursts.
    """
    token = ceil(token_elements(unit.type_) * element_bits(element_type(unit.type_)) / 8)
    moved = ceil(token / machine.ag.burst_bytes) * machine.ag.burst_bytes
    share = machine.dram.bandwidth_bytes_per_cycle / generators
    return max(1, ceil(moved / share))


def stream_interval(process: Process, machine: Machine) -> int | tuple[int, ...]:
    """
    Cycles per firing of a memory stream: the most words that one bank must give or take.

    A bank moves one word a cycle; elements of the same word move together, elements that are
    clipped or lie outside do not move. Rows start at a word. A tuple is the pattern over all
    firings of one activation (of the whole run where activations differ).
    """
    unit, stream = process.unit, process.op
    assert isinstance(unit, spatial.PmuOp)
    if isinstance(stream, spatial.GatherOp):
        if unit.duplicated is None and token_elements(stream.type_) > 1:
            raise SpatialError(
                f"memory unit @{unit.sym_name.data}: gather @{stream.sym_name.data} looks up "
                f"{token_elements(stream.type_)} elements at once, which may fall on one bank, so "
                "its time is unknown; mark the memory duplicated or gather scalars"
            )
        return 1
    if unit.duplicated is not None:
        return 1
    assert isinstance(stream, spatial.ReadOp | spatial.WriteOp)
    outer = tuple(b for c in process.controllers for b in c.bounds.get_values())
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


def elements_inside(process: Process) -> int:
    """Count the elements of a stream's first activation that lie inside its memory."""
    stream = process.op
    assert isinstance(stream, spatial.ReadOp | spatial.WriteOp)
    depth = sum(len(c.bounds.get_values()) for c in process.controllers)
    _, first, last, inside = _spans(process, stream, (np.intp(0),) * depth)
    return int(np.where(inside, last - first, 0).sum())


def _pattern(
    unit: spatial.PmuOp, stream: Stream, process: Process, at: tuple[np.intp, ...]
) -> NDArray[np.int64]:
    """Cycles of every firing of one activation, [firings]."""
    bits = element_bits(unit.held.element_type)
    row_words = ceil(unit.held.get_shape()[-1] * bits / WORD_BITS)
    row, first, last, inside = _spans(process, stream, at)
    first_word = row * row_words + first * bits // WORD_BITS
    last_word = row * row_words + ((last * bits) - 1) // WORD_BITS
    banks, block = unit.banks.get_values()
    span = np.where(inside, last_word - first_word + 1, 0)
    return np.maximum(1, _words_on_one_bank(first_word, span, banks, block))


def _spans(
    process: Process, stream: Stream, at: tuple[np.intp, ...]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Row, first and one past the last element in it, and whether any is inside, per firing."""
    unit = process.unit
    assert isinstance(unit, spatial.PmuOp)
    shape = unit.held.get_shape()
    counters = np.indices(process.bounds).reshape(len(process.bounds), process.firings)
    depth = sum(len(c.bounds.get_values()) for c in process.controllers)
    values: list[NDArray[np.int64] | int] = [*(int(n) for n in at[:depth]), *counters]
    index = [
        np.broadcast_to(np.asarray(evaluate_affine(expr, values)), (process.firings,))
        for expr in stream.map.data.results
    ]
    row = np.zeros(process.firings, dtype=np.int64)
    for extent, position in zip(shape[:-1], index[:-1], strict=True):
        row = row * extent + position
    ports = len(stream.ports) if isinstance(stream, spatial.WriteOp) else 1
    count = token_elements(stream.type_) * ports
    first = np.maximum(index[-1], 0)
    last = np.minimum(index[-1] + count, shape[-1])
    inside = last > first
    for extent, position in zip(shape[:-1], index[:-1], strict=True):
        inside &= (position >= 0) & (position < extent)
    return row, first, last, inside


def _words_on_one_bank(
    first: NDArray[np.int64], span: NDArray[np.int64], banks: int, block: int
) -> NDArray[np.int64]:
    """
    Count the words of a run of neighbouring words that fall on the fullest bank.

    Word w lies on bank floor(w / block) mod banks.
    """
    if block == 1:
        return -(-span // banks)
    period = banks * block
    whole, rest = np.divmod(span, period)
    worst = np.zeros_like(span)
    start = first % period
    for bank in range(banks):
        low, high = bank * block, (bank + 1) * block
        here = np.zeros_like(span)
        for shift in (0, period):
            begin = np.maximum(start, low + shift)
            end = np.minimum(start + rest, high + shift)
            here += np.maximum(0, end - begin)
        worst = np.maximum(worst, here)
    return whole * block + worst
