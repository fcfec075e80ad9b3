"""Which memories of weights give their tokens so that DRAM can give some of them instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from xdsl.dialects.builtin import AffineMapAttr
from xdsl.ir.affine import AffineExpr, AffineMap

from spatial_opt.dialects.affine_bounds import exact_range, interval
from spatial_opt.dialects.spatial import (
    LinkOp,
    PmuOp,
    Port,
    ReadOp,
    Unit,
    enclosing,
    parameter_parts,
    ports,
    token_elements,
)
from spatial_opt.passes.link_ends import LinkEnds
from spatial_opt.passes.solvers.resources import held_bytes
from spatial_opt.passes.weight_tokens import WeightStream, activations


def stream_of(pmu: PmuOp, ends: LinkEnds, found: dict[str, Unit]) -> WeightStream | str:
    """Give the stream of a memory that may be streamed from DRAM, or the reason why it may not."""
    if not parameter_parts(pmu.init):
        return "it does not hold parameters"
    if len(pmu.streams) != 1:
        return f"it has {len(pmu.streams)} streams, and only one may be there, which reads it"
    if not isinstance(pmu.streams[0], ReadOp):
        return "elements are looked up in it"
    if pmu.duplicated is not None or pmu.projection is not None:
        return "its banks are chosen by hand"
    read = pmu.streams[0]
    stream = _in_order(pmu, read)
    if isinstance(stream, str):
        return stream
    out = next(port for port in ports(read) if port.kind == "data")
    links = ends.out_of.get((pmu.sym_name.data, out.name), [])
    if not links:
        return "nobody reads it"
    for link in links:
        reason = _why_not_once(pmu, out, link, found)
        if reason is not None:
            return reason
    repeated, width = stream
    return WeightStream(pmu, read, repeated, width, tuple(links))


def left_out(possible: Mapping[PmuOp, WeightStream | str], sizes: Mapping[PmuOp, int]) -> str:
    """
    Say which memory of weights, of those that take most units, cannot be streamed, and why.

    `possible` has what `stream_of` gives for each memory; the text is empty if all can be.
    """
    refused = [
        (pmu, reason)
        for pmu, reason in possible.items()
        if isinstance(reason, str) and parameter_parts(pmu.init) and pmu in sizes
    ]
    if not refused:
        return ""
    pmu, reason = max(refused, key=lambda each: (sizes[each[0]], held_bytes(each[0])))
    return f"; @{pmu.sym_name.data} cannot be, for {reason}"


def _in_order(pmu: PmuOp, read: ReadOp) -> tuple[int, int] | str:
    """Give the outermost counters that choose no token and a token's elements, or why neither."""
    if len(read.port_names) > 1 or read.when is not None:
        return f"its stream @{read.sym_name.data} gives no single token in each iteration"
    if read.waits.data or read.signals.data:
        return "its stream waits for tokens, or gives some"
    bounds = read.bounds.get_values()
    around = [b for control in enclosing(pmu) for b in control.bounds.get_values()]
    used = {dim for expr in read.map.data.results for dim in expr.used_dims()}
    if any(dim < len(around) and around[dim] > 1 for dim in used):
        return "the counters of a controller choose what it reads"
    chooses = [len(around) + number in used for number in range(len(bounds))]
    repeated = next((n for n, chosen in enumerate(chooses) if chosen), len(bounds))
    if any(
        bound > 1 and not chosen
        for bound, chosen in zip(bounds[repeated:], chooses[repeated:], strict=True)
    ):
        return "an inner counter reads the same elements again"
    width = token_elements(read.type_)
    trips = [*around, *bounds]
    reach = [exact_range(expr, trips) or interval(expr, trips) for expr in read.map.data.results]
    reach[-1] = reach[-1][0], reach[-1][1] + width - 1
    if not _zero_beyond(pmu, reach):
        return "its stream reads beyond it, where its parameters may have elements"
    if prod(bounds[repeated:]) * width > prod(high + 1 for _, high in reach):
        return "its tokens have elements in common"
    return repeated, width


def _why_not_once(pmu: PmuOp, out: Port, link: LinkOp, found: dict[str, Unit]) -> str | None:
    """Say why a reader does not take each token of a memory once in an activation."""
    unit, name = link.target
    taker = found[unit]
    into = next(port for port in ports(taker) if port.name == name)
    if link.span is not None:
        return f"it takes turns with others at @{unit}::@{name}"
    if (link.every.value.data, link.hold.value.data) != (1, 1) or (
        into.tokens_per_activation != out.tokens_per_activation
        or activations(pmu) != activations(taker)
    ):
        return f"@{unit} does not take each of its tokens once in an activation"
    return None


def _zero_beyond(pmu: PmuOp, reach: Sequence[tuple[int, int]]) -> bool:
    """Whether what a stream reads beyond a memory is zero in its parameters, too."""
    sizes = pmu.held.get_shape()
    if any(low < 0 for low, _ in reach):
        return False
    for dim, ((_, high), size) in enumerate(zip(reach, sizes, strict=True)):
        if high < size:
            continue
        for part in parameter_parts(pmu.init):
            if part.source_shape is None:
                return False
            # Coordinates from the memory's end on, along this dimension.
            moved = [AffineExpr.dimension(n) + size * (n == dim) for n in range(len(sizes))]
            trips = [last + 1 - size * (n == dim) for n, (_, last) in enumerate(reach)]
            whole = AffineMap.identity(len(sizes))
            into = part.map.data if isinstance(part.map, AffineMapAttr) else whole
            ranges = [
                interval(expr.replace_dims_and_symbols(moved, []), trips) for expr in into.results
            ]
            outside = [
                last < 0 or first >= extent
                for (first, last), extent in zip(ranges, part.source_shape, strict=True)
            ]
            if not any(outside):
                return False
    return True
