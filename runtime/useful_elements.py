"""
Which elements of a configuration's tokens are of any use.

An element that a stream reads is *data* unless it is padding: outside the memory or, where a
memory keeps its initial contents, outside the tensor that they come from. An element that a unit
makes is *wanted* unless nothing but a store that drops it, or lanes and firings of that kind, ever
sees it. Both are masks (`runtime/masks.py`) over the counters of a whole run.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
from xdsl.ir import BlockArgument, SSAValue

from spatial_opt.dialects.spatial import (
    AgOp,
    CombineOp,
    ConfigOp,
    DramOp,
    FoldOp,
    GatherOp,
    InputOp,
    LinkOp,
    OutputOp,
    PcuOp,
    PmuOp,
    ReadOp,
    ReceiveOp,
    RepeatOp,
    SendOp,
    WriteOp,
    token_elements,
)
from spatial_opt.dialects.spatial_ports import Port, Process, processes
from spatial_opt.runtime.masks import (
    EVERYTHING,
    Mask,
    all_of,
    any_over,
    flat_tokens,
    regrid,
    squeezed,
)
from spatial_opt.runtime.order import is_plain
from spatial_opt.runtime.relays import direct_links
from spatial_opt.runtime.stream_places import StreamPlaces, full_trips, outer_trips, stream_places

End = tuple[str, str]
"""Unit and port."""


class UsefulElements:
    """Answers for all tokens of a run, [counters of controllers..., own counters..., lanes]."""

    def __init__(self, config: ConfigOp, found: Sequence[Process] | None = None) -> None:
        self.processes = processes(config) if found is None else list(found)
        self.table: dict[End, tuple[Process, Port]] = {
            (process.unit.sym_name.data, port.name): (process, port)
            for process in self.processes
            for port in process.ports
        }
        self.into: dict[End, list[LinkOp]] = {}
        self.out_of: dict[End, list[LinkOp]] = {}
        for link in direct_links(config, self.table).links:
            self.into.setdefault(link.target, []).append(link)
            self.out_of.setdefault(link.source, []).append(link)
        self.buffers = {
            op.sym_name.data: op
            for op in config.body.block.ops
            if isinstance(op, InputOp | DramOp | OutputOp)
        }
        self._by_unit = {process.unit.sym_name.data: process for process in self.processes}
        self._units: dict[str, dict[SSAValue, Mask]] = {}
        self._left: dict[End, Mask] = {}
        self._places: dict[str, StreamPlaces | None] = {}

    def places(self, process: Process) -> StreamPlaces | None:
        """Give the elements a stream touches; None for gathers and what has no addresses."""
        if process.name not in self._places:
            op, found = process.op, None
            if isinstance(op, ReadOp | WriteOp) and isinstance(process.unit, PmuOp):
                found = stream_places(process)
            elif isinstance(op, AgOp):
                buffer = self.buffers.get(op.buffer.root_reference.data)
                if buffer is not None:
                    found = stream_places(process, buffer)
            self._places[process.name] = found
        return self._places[process.name]

    # --- what is data

    def data(self, end: End) -> Mask | None:
        """Data of the tokens of an input port, over its counters; None if it is not just read."""
        process, port = self.table[end]
        taken = port.tokens_per_activation
        counters = self._counters(process, port)
        outer = len(outer_trips(process))
        pieces: list[tuple[int, Mask]] = []
        for link in self.into.get(end, []):
            source, _ = self.table[link.source]
            same = outer_trips(source) == outer_trips(process)
            if not self._is_read(source) or not same or not is_plain(link):
                return None
            if source.firings != link.tokens_brought(taken):
                return None
            places = self.places(source)
            found = _of_port(all_of(places.data if places is not None else ()), source, link)
            if link.span is None:
                return regrid(found, full_trips(source), counters)
            if not found.ndim:
                found = np.broadcast_to(found, (1,) * (len(full_trips(source)) + 1))
            flat = flat_tokens(found, full_trips(source), outer)
            low, high = link.span
            rounds = (*flat.shape[:outer], taken // link.period(taken), high - low)
            whole = np.broadcast_to(flat, (*flat.shape[:outer], source.firings, flat.shape[-1]))
            pieces.append((low, whole.reshape(*rounds, flat.shape[-1])))
        if not pieces:
            return None
        pieces.sort(key=lambda piece: piece[0])
        shape = np.broadcast_shapes(*(p.shape[:outer] + p.shape[-1:] for _, p in pieces))
        parts = [
            np.broadcast_to(p, (*shape[:-1], *p.shape[outer:-1], shape[-1])) for _, p in pieces
        ]
        tokens = np.concatenate(parts, axis=outer + 1).reshape(*shape[:-1], taken, shape[-1])
        own = counters[outer:]
        return squeezed(tokens.reshape(*shape[:-1], *own, shape[-1]), outer)

    def _is_read(self, process: Process) -> bool:
        """Whether a process gives what a memory, or a DRAM tensor of weights, holds."""
        match process.op:
            case ReadOp():
                return True
            case AgOp() as op:
                return isinstance(self.buffers.get(op.buffer.root_reference.data), DramOp)
            case _:
                return False

    def _counters(self, process: Process, port: Port) -> tuple[int, ...]:
        """Trip counts that tell the tokens of a port apart, over the run."""
        own, period = list(process.bounds), port.period
        while period > 1 and own:
            period //= own.pop()
        return (*outer_trips(process), *own)

    # --- what is wanted

    def wanted(self, unit: PcuOp) -> dict[SSAValue, Mask]:
        """Wanted elements of all values of a unit, over all its counters."""
        name = unit.sym_name.data
        if name not in self._units:
            # While a unit waits for its own answer, everything it makes is wanted.
            self._units[name] = {}
            self._units[name] = self._backwards(unit)
        return self._units[name]

    def _backwards(self, unit: PcuOp) -> dict[SSAValue, Mask]:
        name = unit.sym_name.data
        process = self._by_unit[name]
        outer, rank = len(outer_trips(process)), len(full_trips(process))
        bounds = unit.bounds.get_values()
        found: dict[SSAValue, Mask] = {}

        def want(value: SSAValue, mask: Mask) -> None:
            lanes = token_elements(value.type)
            if lanes == 1 and mask.ndim and mask.shape[-1] != 1:
                mask = any_over(mask, [-1], keep=True)
            found[value] = found[value] | mask if value in found else mask

        for op in reversed(list(unit.body.block.ops)):
            if isinstance(op, SendOp):
                want(op.value, over_counters(self.leaving((name, op.port.data)), rank))
                continue
            results = [found[result] for result in op.results if result in found]
            if not results:
                continue
            mask = results[0]
            match op:
                case FoldOp():
                    if op.accumulates:
                        inner = range(outer + token_depth(op, bounds), rank)
                        mask = any_over(mask, inner, keep=True)
                    # All lanes of a tree are wanted where its result is: one lane says it all.
                    want(op.input, mask)
                case CombineOp():
                    lanewise = mask.ndim and mask.shape[-1] > 1
                    want(op.input, np.repeat(mask, 2, axis=-1) if lanewise else mask)
                case RepeatOp():
                    given = token_elements(op.input.type)
                    if mask.ndim and mask.shape[-1] > 1:
                        mask = any_over(mask.reshape(*mask.shape[:-1], -1, given), [-2])
                    want(op.input, mask)
                case _:
                    for operand in op.operands:
                        want(operand, mask)
        return found

    def given(self, process: Process) -> Mask:
        """Wanted elements of all that a stream reads, over its counters and a firing's elements."""
        op, unit = process.op, process.unit.sym_name.data
        assert isinstance(op, ReadOp | GatherOp)
        names = op.port_names if isinstance(op, ReadOp) else (op.sym_name.data,)
        masks = [self.leaving((unit, name)) for name in names]
        if len(masks) == 1:
            return masks[0]
        rank, width = len(full_trips(process)) + 1, token_elements(op.type_)
        whole = [m if m.ndim else m.reshape((1,) * rank) for m in masks]
        shape = np.broadcast_shapes(*(m.shape[:-1] for m in whole))
        return np.concatenate([np.broadcast_to(m, (*shape, width)) for m in whole], axis=-1)

    def leaving(self, end: End) -> Mask:
        """Wanted elements of the tokens of an output port, over its counters."""
        if end not in self._left:
            self._left[end] = self._leaving(end)
        return self._left[end]

    def _leaving(self, end: End) -> Mask:
        source, port = self.table[end]
        sent, trips = port.tokens_per_activation, self._counters(source, port)
        outer = len(outer_trips(source))
        found = np.zeros((), np.bool_)
        for link in self.out_of.get(end, ()):
            taker, into = self.table[link.target]
            taken, theirs = into.tokens_per_activation, self._counters(taker, into)
            if not is_plain(link):
                return EVERYTHING
            mask = self._arriving(link.target, taker, into)
            if link.span is None:
                if prod(trips) != prod(theirs):
                    return EVERYTHING
                mask = regrid(mask, theirs, trips)
            elif mask.ndim:
                if trips[:outer] != outer_trips(taker) or link.tokens_brought(taken) != sent:
                    return EVERYTHING
                flat = flat_tokens(mask, theirs, outer)
                (*head, _, lanes), (low, high) = flat.shape, link.span
                whole = np.broadcast_to(flat, (*head, taken, lanes))
                turns = whole.reshape(*head, -1, link.period(taken), lanes)[..., low:high, :]
                mask = squeezed(turns.reshape(*head, *trips[outer:], lanes), outer)
            found = found | mask
        return found

    def _arriving(self, end: End, process: Process, port: Port) -> Mask:
        """Wanted elements of the tokens of an input port, over its counters."""
        match process.op:
            case WriteOp() | AgOp() as op:
                places = self.places(process)
                mask = all_of(places.masks if places is not None else ())
                if isinstance(op, WriteOp) and mask.ndim and mask.shape[-1] > 1:
                    width = token_elements(op.type_)
                    first = op.port_names.index(end[1]) * width
                    mask = mask[..., first : first + width]
                return mask
            case GatherOp() as op if end[1] == op.index_port.data:
                return self.leaving((end[0], op.sym_name.data))
            case PcuOp() as op:
                for each in op.body.block.ops:
                    if isinstance(each, ReceiveOp) and each.port.data == end[1]:
                        masks = self.wanted(op)
                        mask = masks.get(each.result, EVERYTHING if not masks else ~EVERYTHING)
                        return self._tokens(mask, process, port)
                return EVERYTHING
            case _:
                return EVERYTHING

    def _tokens(self, mask: Mask, process: Process, port: Port) -> Mask:
        """A token that is held over several firings is wanted if it ever is."""
        depth, rank = len(self._counters(process, port)), len(full_trips(process))
        return any_over(mask, range(depth, rank))


def _of_port(mask: Mask, process: Process, link: LinkOp) -> Mask:
    """Take the part of a mask over a firing's elements that is about one port's token."""
    op = process.op
    if not isinstance(op, ReadOp) or not mask.ndim or mask.shape[-1] == 1:
        return mask
    width, number = token_elements(op.type_), op.port_names.index(link.source[1])
    return mask[..., number * width : (number + 1) * width]


def token_depth(op: ReceiveOp | SendOp | FoldOp, bounds: Sequence[int]) -> int:
    """Outer counters that tell the tokens (or accumulators) of an op apart."""
    if op.once is not None:
        return 0
    return op.per.index + 1 if isinstance(op.per, BlockArgument) else len(bounds)


def over_counters(mask: Mask, rank: int) -> Mask:
    """Give a mask of tokens over all `rank` counters of its unit, of which it lacks the inner."""
    if not mask.ndim or mask.ndim == rank + 1:
        return mask
    return mask.reshape(*mask.shape[:-1], *(1,) * (rank + 1 - mask.ndim), mask.shape[-1])
