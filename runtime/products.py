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
from spatial_opt.runtime.useful_elements import EVERYTHING, Mask, UsefulElements, token_depth


def multiply_accumulates(
    config: spatial.ConfigOp, found: Sequence[Process]
) -> tuple[int, int, int]:
    """
    Count the products of a run that are data and wanted, and all of them.

    Then the width in bits of the widest factor, 32 without products.
    """
    received = _received_from(config)
    at: dict[int, UsefulElements] = {}

    def useful_at(activation: int) -> UsefulElements:
        if activation not in at:
            at[activation] = UsefulElements(config, activation)
        return at[activation]

    def of_a_run(op: Operation, unit: spatial.PcuOp, activations: int) -> int:
        first = _products(op, unit, useful_at(0))
        if activations == 1 or not useful_at(0).varies:
            return first * activations
        # As for bank conflicts: all between the first and the last are like the second.
        second, last = (_products(op, unit, useful_at(n)) for n in (1, activations - 1))
        return first + second * (activations - 2) + last

    useful = issued = 0
    bits = 0
    for process in found:
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
            useful += of_a_run(op, unit, process.activations)
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


def _products(op: Operation, unit: PcuOp, useful: UsefulElements) -> int:
    """
    Count the products of one activation of a unit whose factors are data and which are wanted.

    Factors that are not read straight from a memory count as data.
    """
    bounds = tuple(unit.bounds.get_values())
    width = token_elements(op.results[0].type)
    found = useful.wanted(unit).get(op.results[0], ~EVERYTHING)
    if found.ndim == 0:
        found = np.broadcast_to(found, (1,) * (len(bounds) + 1))
    for operand in op.operands:
        found = found & _data_of(operand, unit, bounds, useful)
    return int(np.broadcast_to(found, (*bounds, width)).sum())


def _data_of(value: SSAValue, unit: PcuOp, bounds: tuple[int, ...], useful: UsefulElements) -> Mask:
    """Data of a factor, [counters..., lanes]: what is received, widened and repeated or neither."""
    owner = value.owner
    if isinstance(owner, ReceiveOp):
        tokens = useful.data((unit.sym_name.data, owner.port.data))
        if tokens is None:
            return EVERYTHING
        depth = token_depth(owner, bounds)
        return tokens.reshape(*bounds[:depth], *(1,) * (len(bounds) - depth), tokens.shape[-1])
    if isinstance(owner, RepeatOp):
        mask = _data_of(owner.input, unit, bounds, useful)
        times = token_elements(owner.result.type) // token_elements(owner.input.type)
        return np.tile(mask, times) if mask.ndim else mask
    if isinstance(owner, Operation) and owner.name == "pattern.convert":
        return _data_of(owner.operands[0], unit, bounds, useful)
    return EVERYTHING
