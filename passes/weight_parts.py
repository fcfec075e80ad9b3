"""Write the parts of a memory of weights: memory units, a DRAM tensor, and who loads from it."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import TensorType
from xdsl.ir.affine import AffineExpr, AffineMap

from spatial_opt.dialects.pattern_syntax import element_type
from spatial_opt.dialects.spatial import (
    AgOp,
    ConfigOp,
    DramOp,
    InputOp,
    OutputOp,
    PcuOp,
    PmuOp,
    ReadOp,
)
from spatial_opt.passes.init_parts import init_of_part
from spatial_opt.passes.link_ends import LinkEnds
from spatial_opt.passes.relays import Turn, pass_on
from spatial_opt.passes.solvers.relay_counts import relays
from spatial_opt.passes.solvers.stream_shares import Share
from spatial_opt.passes.weight_tokens import WeightStream


def build(ends: LinkEnds, stream: WeightStream, share: Share) -> DramOp:
    """
    Replace a memory by memory units that take turns with an address generator.

    Gives what that loads from, which is to be declared.

    Where they are many, compute units pass on what some of them give, so that few links end at the
    reader.
    """
    pmu, read = stream.pmu, stream.read
    name = pmu.sym_name.data
    parts = _parts(stream, share)
    turns = [
        Turn((part.sym_name.data, read.sym_name.data), (n * share.each, (n + 1) * share.each))
        for n, part in enumerate(parts)
    ]
    rounds = stream.tokens // share.period * stream.repeats
    passing: list[PcuOp] = []
    if relays(len(parts)):
        turns, passing = pass_on(pmu, read, ends, turns, rounds)
    dram, load = _loaded(stream, share.period, share.resident)
    turns.append(Turn((load.sym_name.data, "data"), (share.resident, share.period)))
    out = (name, read.sym_name.data)
    if len(turns) > 1:
        windows = [turn.window for turn in turns]
        of = share.period if rounds > 1 else None
        ends.split_source(out, [turn.source for turn in turns], windows, of)
    else:
        ends.move_source(out, *turns[0].source)
    block = pmu.parent
    if block is None:
        raise RuntimeError(f"@{name} is outside a configuration; this is a bug")
    block.insert_ops_before([*parts, *passing, load], pmu)
    pmu.detach()
    pmu.erase()
    return dram


def declare(config: ConfigOp, tensors: Sequence[DramOp]) -> None:
    """Put DRAM tensors behind those that are there."""
    block = config.body.block
    declared = [op for op in block.ops if isinstance(op, InputOp | OutputOp | DramOp)]
    if declared:
        block.insert_ops_after(tensors, declared[-1])
    elif block.first_op is not None:
        block.insert_ops_before(tensors, block.first_op)


def _held(stream: WeightStream, period: int, count: int) -> TensorType:
    rows = stream.tokens // period
    shape = [count * stream.width] if rows == 1 else [rows, count * stream.width]
    return TensorType(element_type(stream.pmu.held), shape)


def _counters(
    stream: WeightStream, period: int, count: int
) -> tuple[list[int], AffineMap, list[str]]:
    """Give the counters of a part's stream, its address and the counters' names."""
    rows = stream.tokens // period
    outer = stream.read.map.data.num_dims - len(stream.read.bounds)
    given = [] if stream.read.names is None else [n.data for n in stream.read.names]
    names = given[: stream.repeated] or [f"again{n}" for n in range(stream.repeated)]

    def name(wished: str) -> str:
        return wished if wished not in names else name(f"{wished}_")

    bounds = list(stream.read.bounds.get_values()[: stream.repeated])
    address: list[AffineExpr] = []
    if rows > 1:
        address.append(AffineExpr.dimension(outer + len(bounds)))
        bounds.append(rows)
        names.append(name("round"))
    place = AffineExpr.dimension(outer + len(bounds))
    address.append(place * stream.width if stream.width > 1 else place)
    bounds.append(count)
    names.append(name("token"))
    return bounds, AffineMap(outer + len(bounds), 0, tuple(address)), names


def _parts(stream: WeightStream, share: Share) -> list[PmuOp]:
    """Give the memory units that hold the tokens of one part of every period each."""
    old, read = stream.pmu, stream.read
    bounds, address, names = _counters(stream, share.period, share.each)
    held = _held(stream, share.period, share.each)
    banks, block = old.banks.get_values()
    parts: list[PmuOp] = []
    for number in range(share.parts):
        new = ReadOp(
            read.sym_name.data, bounds, address, read.type_, read.port.value.data, names=names
        )
        new.location = read.location
        origin = stream.origin(share.period, number * share.each, share.each)
        init = init_of_part(old.init, origin)
        part = PmuOp(f"{old.sym_name.data}.s{number}", held, (banks, block), init, [new])
        part.attributes.update(old.attributes)
        part.location = old.location
        parts.append(part)
    return parts


def _loaded(stream: WeightStream, period: int, low: int) -> tuple[DramOp, AgOp]:
    """Give the DRAM tensor that holds the other tokens, and what loads them."""
    old = stream.pmu
    name = old.sym_name.data
    bounds, address, names = _counters(stream, period, period - low)
    dram = DramOp(
        f"{name}.dram",
        _held(stream, period, period - low),
        init_of_part(old.init, stream.origin(period, low, period - low)),
    )
    load = AgOp(
        f"{name}.load", "loads", f"{name}.dram", bounds, address, stream.read.type_, names=names
    )
    dram.location = load.location = old.location
    return dram, load
