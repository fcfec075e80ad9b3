"""The multiply-accumulates of a configuration: how many there are, and how many are of any use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from xdsl.dialects import arith
from xdsl.ir import Operation, SSAValue

from spatial_opt.dialects import pattern, spatial
from spatial_opt.dialects.spatial import (
    PcuOp,
    ReceiveOp,
    RepeatOp,
    element_bits,
    element_type,
    token_elements,
)
from spatial_opt.dialects.spatial_ports import Process, links, units
from spatial_opt.runtime.masks import EVERYTHING, Mask, count
from spatial_opt.runtime.stream_places import full_trips
from spatial_opt.runtime.useful_elements import UsefulElements, over_counters


def multiply_accumulates(
    config: spatial.ConfigOp, elements: UsefulElements
) -> tuple[int, int, int]:
    """
    Count the products of a run that are data and wanted, and all of them.

    Then the width in bits of the widest factor, 32 without products.
    """
    received = _received_from(config)
    useful = issued = 0
    bits = 0
    for process in elements.processes:
        unit = process.unit
        if not isinstance(unit, spatial.PcuOp):
            continue
        for op in unit.body.block.ops:
            if not isinstance(op, arith.MulfOp | arith.MuliOp) or not _feeds_fold(op, received):
                continue
            width = token_elements(op.results[0].type)
            issued += width * process.firings * process.activations
            for factor in _factors(op):
                bits = max(bits, element_bits(element_type(factor.result.type)))
            useful += _products(op, process, elements)
    return useful, issued, bits or 32


def _received_from(config: spatial.ConfigOp) -> dict[tuple[str, str], list[spatial.ReceiveOp]]:
    """What compute units receive from each port, straight from there."""
    receives = {
        (unit.sym_name.data, op.port.data): op
        for unit in units(config)
        if isinstance(unit, spatial.PcuOp)
        for op in unit.body.block.ops
        if isinstance(op, spatial.ReceiveOp)
    }
    found: dict[tuple[str, str], list[spatial.ReceiveOp]] = {}
    for link in links(config):
        if link.target in receives:
            found.setdefault(link.source, []).append(receives[link.target])
    return found


def _feeds_fold(
    op: Operation, received: Mapping[tuple[str, str], Sequence[spatial.ReceiveOp]]
) -> bool:
    """Whether a product goes into a reduction, through widening, sums and other units only."""
    pending = list(op.results[0].uses)
    while pending:
        user = pending.pop().operation
        match user:
            case spatial.FoldOp():
                return True
            case spatial.CombineOp() | pattern.ConvertOp() | arith.AddfOp() | arith.AddiOp():
                pending += user.results[0].uses
            case spatial.SendOp():
                # Units are cut where they are full.
                unit = user.parent_op()
                assert isinstance(unit, spatial.PcuOp)
                for other in received.get((unit.sym_name.data, user.port.data), ()):
                    pending += other.result.uses
            case _:
                pass
    return False


def _factors(op: Operation) -> list[spatial.ReceiveOp]:
    """Tokens that are multiplied."""
    found: list[spatial.ReceiveOp] = []
    pending: list[SSAValue] = list(op.operands)
    while pending:
        owner = pending.pop().owner
        if isinstance(owner, spatial.ReceiveOp):
            found.append(owner)
        elif isinstance(owner, pattern.ConvertOp | spatial.RepeatOp):
            pending += owner.operands
    return found


def _products(op: Operation, process: Process, useful: UsefulElements) -> int:
    """
    Count the products of a unit in a run whose factors are data and which are wanted.

    Factors that are not read straight from a memory count as data.
    """
    unit = process.unit
    assert isinstance(unit, PcuOp)
    trips = full_trips(process)
    masks = [useful.wanted(unit).get(op.results[0], ~EVERYTHING)]
    masks += [_data_of(operand, unit, len(trips), useful) for operand in op.operands]
    return count(masks, (*trips, token_elements(op.results[0].type)))


def _data_of(value: SSAValue, unit: PcuOp, rank: int, useful: UsefulElements) -> Mask:
    """Data of a factor, [counters..., lanes]: what is received, widened and repeated or neither."""
    owner = value.owner
    if isinstance(owner, ReceiveOp):
        tokens = useful.data((unit.sym_name.data, owner.port.data))
        return EVERYTHING if tokens is None else over_counters(tokens, rank)
    if isinstance(owner, RepeatOp):
        mask = _data_of(owner.input, unit, rank, useful)
        times = token_elements(owner.result.type) // token_elements(owner.input.type)
        return np.tile(mask, times) if mask.ndim and mask.shape[-1] > 1 else mask
    if isinstance(owner, pattern.ConvertOp):
        return _data_of(owner.operands[0], unit, rank, useful)
    return EVERYTHING
