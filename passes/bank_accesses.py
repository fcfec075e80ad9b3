"""Memory units as problems of the banking solver."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir.affine import AffineExpr, AffineMap

from spatial_opt.dialects.spatial import (
    GatherOp,
    PmuOp,
    ReadOp,
    Stream,
    WriteOp,
    element_bits,
    repeating,
    token_elements,
)
from spatial_opt.dialects.spatial_access import counter_names
from spatial_opt.machine.banks import WORD_BITS
from spatial_opt.machine.description import Machine
from spatial_opt.passes.solvers.bank_problem import Access, Problem


def problem_of(pmu: PmuOp, machine: Machine) -> Problem:
    """Return a memory and its streams as a problem."""
    words = machine.pmu.capacity_bytes // (WORD_BITS // 8) // machine.pmu.banks
    return Problem(
        pmu.held.get_shape(),
        element_bits(pmu.held),
        tuple(_access(stream) for stream in pmu.streams),
        machine.pmu.banks,
        words if machine.enforces("pmu.capacity_bytes") else None,
    )


def _access(stream: Stream) -> Access:
    outer = tuple(b for control in repeating(stream) for b in control.bounds.get_values())
    bounds = (*outer, *stream.bounds.get_values())
    old = stream.map.data
    results = old.results
    if not isinstance(stream, GatherOp):
        results = (*results[:-1], results[-1] + _offset(stream, len(bounds)))
    lanes = token_elements(stream.type_)
    writes = isinstance(stream, WriteOp)
    return Access(
        stream.sym_name.data,
        bounds,
        AffineMap(len(bounds) + 1, 0, results),
        lanes if isinstance(stream, GatherOp) else lanes * len(stream.port_names),
        len(outer),
        writes,
        isinstance(stream, GatherOp),
    )


def _offset(stream: ReadOp | WriteOp, lane: int) -> AffineExpr:
    """Return the place of a firing's element from the first one on, by its number."""
    number, width = AffineExpr.dimension(lane), token_elements(stream.type_)
    if stream.port_step == width or len(stream.port_names) == 1:
        return number
    if width == 1:
        return number * stream.port_step
    return number // width * stream.port_step + number % width


def firing_text(stream: Stream, values: Sequence[int]) -> str:
    """Write the counters of a firing: `%t = 0, %j = 3`."""
    names = counter_names(stream, stream.bounds, stream.map.data).dims
    shown = [name if isinstance(name, str) else name.name_hint or "" for name in names]
    pairs = [f"%{name} = {value}" for name, value in zip(shown, values, strict=True)]
    return ", ".join(pairs) or "its only firing"
