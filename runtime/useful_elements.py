"""
Which elements of a configuration's tokens are of any use.

An element that a stream reads is *data* unless it is padding: outside the memory or, where a
memory keeps its initial contents, outside the tensor that they come from. An element that a unit
makes is *wanted* unless nothing but a store that drops it, or lanes and firings of that kind, ever
sees it. Both are arrays of truth values, [..., lanes], with an axis of length 1 where they do not
depend on a counter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

import numpy as np
from numpy.typing import NDArray
from xdsl.dialects.builtin import AffineMapAttr
from xdsl.ir import BlockArgument, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap

from spatial_opt.dialects.affine_bounds import interval
from spatial_opt.dialects.spatial import (
    AgOp,
    CombineOp,
    ConfigOp,
    FoldOp,
    GatherOp,
    InputInitAttr,
    LinkOp,
    OutputOp,
    PcuOp,
    PmuOp,
    ReadOp,
    ReceiveOp,
    RepeatOp,
    SendOp,
    WriteOp,
    parameter_parts,
    token_elements,
)
from spatial_opt.dialects.spatial_ports import Process, links, port_table
from spatial_opt.runtime.numpy_access import evaluate_affine, open_grid

Mask = NDArray[np.bool_]
End = tuple[str, str]
"""Unit and port."""

EVERYTHING = np.ones((), np.bool_)
"""A mask that depends on nothing."""


class UsefulElements:
    """Answers for one activation of every process, the first unless another one is chosen."""

    def __init__(self, config: ConfigOp, activation: int = 0) -> None:
        self.activation = activation
        self.varies = False
        """Whether an answer was found to depend on the activation."""
        self.table = port_table(config)
        self.into: dict[End, list[LinkOp]] = {}
        self.out_of: dict[End, list[LinkOp]] = {}
        for link in links(config):
            self.into.setdefault(link.target, []).append(link)
            self.out_of.setdefault(link.source, []).append(link)
        self.outputs = {
            op.sym_name.data: list(op.tensor.get_shape())
            for op in config.body.block.ops
            if isinstance(op, OutputOp)
        }
        self._units: dict[str, dict[SSAValue, Mask]] = {}

    # --- what is data

    def data(self, end: End) -> Mask | None:
        """Data of the tokens of an input port, [tokens, lanes]; None if it is not just read."""
        process, port = self.table[end]
        taken = port.tokens_per_activation
        feeding = self.into.get(end, [])
        pieces: list[tuple[int, Mask]] = []
        for link in feeding:
            source, _ = self.table[link.source]
            same = source.activations == process.activations
            if not isinstance(source.op, ReadOp) or not same or not _is_plain(link):
                return None
            found = self._read(source, source.op)
            if found.shape[0] != link.tokens_brought(taken):
                return None
            low = 0 if link.span is None else link.span[0]
            pieces.append((low, found.reshape(taken // link.period(taken), -1, found.shape[-1])))
        if not pieces:
            return None
        pieces.sort(key=lambda piece: piece[0])
        return np.concatenate([piece for _, piece in pieces], axis=1).reshape(taken, -1)

    def _read(self, process: Process, stream: ReadOp) -> Mask:
        unit = process.unit
        assert isinstance(unit, PmuOp)
        lanes = token_elements(stream.type_)
        address = _with_lane(stream.map.data)
        limits = list(zip(address, unit.held.get_shape(), strict=True))
        found = self._inside(process, self.activation, limits, lanes)
        sources = [
            self._inside(process, self.activation, source, lanes)
            for source in _sources(unit, address)
        ]
        return found & np.logical_or.reduce(sources) if sources else found

    def _inside(
        self,
        process: Process,
        activation: int,
        limits: Sequence[tuple[AffineExpr, int]],
        lanes: int,
    ) -> Mask:
        """Where all coordinates lie inside, [firings, lanes]; the lane is the last dimension."""
        outer = [bound for c in process.controllers for bound in c.bounds.get_values()]
        trips = [*outer, *process.bounds, lanes]
        at = np.unravel_index(activation, outer) if outer else ()
        found = EVERYTHING
        for expr, size in limits:
            low, high = interval(expr, trips)
            if low >= 0 and high < size:
                continue
            used = expr.used_dims()
            self.varies |= any(dim < len(outer) for dim in used)
            own = [trip if dim in used else 1 for dim, trip in enumerate(trips)][len(outer) :]
            values = [*(int(n) for n in at), *open_grid(own)]
            place = np.asarray(evaluate_affine(expr, values), np.int64)
            found = found & (place >= 0) & (place < size)
        return np.broadcast_to(found, trips[len(outer) :]).reshape(process.firings, lanes)

    # --- what is wanted

    def wanted(self, unit: PcuOp) -> dict[SSAValue, Mask]:
        """Wanted elements of all values of a unit, [counters..., lanes]."""
        name = unit.sym_name.data
        if name not in self._units:
            # While a unit waits for its own answer, everything it makes is wanted.
            self._units[name] = {}
            self._units[name] = self._backwards(unit)
        return self._units[name]

    def _backwards(self, unit: PcuOp) -> dict[SSAValue, Mask]:
        bounds = unit.bounds.get_values()
        found: dict[SSAValue, Mask] = {}

        def want(value: SSAValue, mask: Mask) -> None:
            lanes = token_elements(value.type)
            if lanes == 1 and mask.shape[-1:] != (1,) and mask.ndim:
                mask = _any(mask, [-1], keep=True)
            found[value] = found[value] | mask if value in found else mask

        for op in reversed(list(unit.body.block.ops)):
            if isinstance(op, SendOp):
                tokens = self._leaving((unit.sym_name.data, op.port.data))
                want(op.value, _over_counters(op, bounds, tokens))
                continue
            results = [found[result] for result in op.results if result in found]
            if not results:
                continue
            mask = results[0]
            match op:
                case FoldOp():
                    lanes = token_elements(op.input.type)
                    if op.accumulates:
                        mask = _any(mask, range(token_depth(op, bounds), len(bounds)), keep=True)
                    want(op.input, mask if op.lanewise or lanes == 1 else _spread(mask, lanes))
                case CombineOp():
                    want(op.input, np.repeat(mask, 2, axis=-1) if mask.ndim else mask)
                case RepeatOp():
                    given = token_elements(op.input.type)
                    if mask.ndim and mask.shape[-1] > 1:
                        mask = _any(mask.reshape(*mask.shape[:-1], -1, given), [-2])
                    want(op.input, mask)
                case _:
                    for operand in op.operands:
                        want(operand, mask)
        return found

    def _leaving(self, end: End) -> Mask:
        """Wanted elements of the tokens of an output port, [tokens, lanes]."""
        source, port = self.table[end]
        sent = port.tokens_per_activation
        found = np.zeros((), np.bool_)
        for link in self.out_of.get(end, ()):
            taker, into = self.table[link.target]
            taken = into.tokens_per_activation
            start, same = 0, source.activations == taker.activations
            if not same:
                # All of a run's tokens may be those of fewer, longer activations.
                total = source.activations * sent
                if link.span is not None or taken % sent or taker.activations * taken != total:
                    return EVERYTHING
                start = self.activation * sent
            elif link.tokens_brought(taken) != sent:
                return EVERYTHING
            if not _is_plain(link):
                return EVERYTHING
            activation = self.activation if same else start // taken
            mask = self._arriving(link.target, taker, activation)
            if mask.ndim and link.span is not None:
                rounds = mask.reshape(-1, link.period(taken), mask.shape[-1])
                mask = rounds[:, link.span[0] : link.span[1]].reshape(sent, -1)
            elif mask.ndim and not same:
                self.varies |= not mask.all()
                mask = mask[start % taken : start % taken + sent]
            found = found | mask
        return found

    def _arriving(self, end: End, process: Process, activation: int) -> Mask:
        """Wanted elements of the tokens of an input port, [tokens, lanes]."""
        match process.op:
            case WriteOp() as op if isinstance(process.unit, PmuOp):
                lanes, ports = token_elements(op.type_), [p.data for p in op.ports]
                shape = process.unit.held.get_shape()
                limits = list(zip(_with_lane(op.map.data), shape, strict=True))
                inside = self._inside(process, activation, limits, lanes * len(ports))
                first = ports.index(end[1]) * lanes
                return inside[:, first : first + lanes]
            case AgOp() as op:
                shape = self.outputs.get(op.buffer.root_reference.data)
                if shape is None:
                    return EVERYTHING
                limits = list(zip(_with_lane(op.map.data), shape, strict=True))
                return self._inside(process, activation, limits, token_elements(op.type_))
            case GatherOp() as op if end[1] == op.index_port.data and activation == self.activation:
                return self._leaving((end[0], op.sym_name.data))
            case PcuOp() as op if activation == self.activation:
                bounds = op.bounds.get_values()
                for each in op.body.block.ops:
                    if isinstance(each, ReceiveOp) and each.port.data == end[1]:
                        masks = self.wanted(op)
                        mask = masks.get(each.result, EVERYTHING if not masks else ~EVERYTHING)
                        return _tokens(each, bounds, mask)
                return EVERYTHING
            case _:
                return EVERYTHING


def _is_plain(link: LinkOp) -> bool:
    """Whether each token sent is taken, once."""
    numbers = link.init.value.data, link.every.value.data, link.hold.value.data
    return numbers == (0, 1, 1)


def _with_lane(map_: AffineMap) -> list[AffineExpr]:
    """An address whose last dimension runs over the lanes of a token, one dimension more."""
    address = list(map_.results)
    if address:
        address[-1] = address[-1] + AffineExpr.dimension(map_.num_dims)
    return address


def _sources(unit: PmuOp, address: Sequence[AffineExpr]) -> Iterator[list[tuple[AffineExpr, int]]]:
    """Where an element comes from in each tensor that fills a memory, with the tensor's sizes."""
    init = unit.init
    if any(isinstance(stream, WriteOp) for stream in unit.streams):
        return
    parts = (init,) if isinstance(init, InputInitAttr) else parameter_parts(init)
    if any(part.source_shape is None for part in parts):
        return
    for part in parts:
        places = list(address)
        if isinstance(part.map, AffineMapAttr):
            places = [expr.replace_dims_and_symbols(address, []) for expr in part.map.data.results]
        yield list(zip(places, part.source_shape or (), strict=True))


def token_depth(op: ReceiveOp | SendOp | FoldOp, bounds: Sequence[int]) -> int:
    """Outer counters that tell the tokens (or accumulators) of an op apart."""
    if op.once is not None:
        return 0
    return op.per.index + 1 if isinstance(op.per, BlockArgument) else len(bounds)


def _over_counters(op: SendOp, bounds: Sequence[int], tokens: Mask) -> Mask:
    """[tokens, lanes] as [counters..., lanes]."""
    if not tokens.ndim:
        return tokens
    depth = token_depth(op, bounds)
    return tokens.reshape(*bounds[:depth], *(1,) * (len(bounds) - depth), tokens.shape[-1])


def _tokens(op: ReceiveOp, bounds: Sequence[int], mask: Mask) -> Mask:
    """[counters..., lanes] as [tokens, lanes]: a held token is wanted if it ever is."""
    if not mask.ndim:
        return mask
    depth = token_depth(op, bounds)
    mask = _any(mask, range(depth, len(bounds)))
    lanes = token_elements(op.result.type)
    return np.broadcast_to(mask, (*bounds[:depth], lanes)).reshape(prod(bounds[:depth]), lanes)


def _any(mask: Mask, axes: Sequence[int], keep: bool = False) -> Mask:
    return np.asarray(mask.any(axis=tuple(axes), keepdims=keep)) if mask.ndim else mask


def _spread(mask: Mask, lanes: int) -> Mask:
    """All lanes of a tree are wanted where its result is."""
    return np.repeat(mask, lanes, axis=-1) if mask.ndim else mask
