"""Which parts of a memory its streams and links allow: legality and the choice among them."""

from __future__ import annotations

from dataclasses import replace

from spatial_opt.dialects.spatial import (
    LinkOp,
    PmuOp,
    Port,
    Unit,
    enclosing,
    ports,
    trip_count,
)
from spatial_opt.passes.link_ends import LinkEnds
from spatial_opt.passes.solvers.split import NoSplitError, Solution, solve
from spatial_opt.passes.split_problem import Cut, cut_of


def choose_split(
    pmu: PmuOp, capacity: int, ends: LinkEnds, found: dict[str, Unit]
) -> tuple[Cut, Solution]:
    """
    Choose the parts of a memory that its streams and links allow.

    Cutting the outermost counter comes first; where that reads the same elements again, or the
    memory takes turns with others already, the parts take turns within each round of the inner
    counters. Raises `NoSplitError` with the reason if there are none.
    """
    if pmu.duplicated is not None:
        raise NoSplitError("each bank holds all of it")
    cut = cut_of(pmu, capacity)
    trips = cut.problem.trips
    reason: NoSplitError | None = None
    for around in range(max(1, len(trips))):
        if around and trips[around - 1] == 1:
            continue
        try:
            _check_turns(cut, trip_count(trips[around:]), ends, found)
            problem = replace(cut.problem, around=around)
            solution = solve(problem)
        except NoSplitError as error:
            # What keeps the outermost counters from being cut says most.
            reason = reason or error
            continue
        return replace(cut, problem=problem), solution
    raise reason or NoSplitError("a single iteration reads all of it")


def _check_turns(cut: Cut, each: int, ends: LinkEnds, found: dict[str, Unit]) -> None:
    """Parts may take turns within every `each` tokens. Raises `NoSplitError`."""
    pmu = cut.pmu
    name = pmu.sym_name.data
    out = next(port for port in ports(cut.read) if port.direction == "out")
    for link in ends.out_of.get((name, out.name), ()):
        _check_window(pmu, out, link, found, each)


def _check_window(pmu: PmuOp, out: Port, link: LinkOp, found: dict[str, Unit], each: int) -> None:
    """
    Parts of a link can take turns if both its ends count activations alike, or come round in each.

    They do so within `each` tokens; a window that comes round must carry just as many at a time.
    """
    unit, name = link.target
    taker = found[unit]
    into = next(port for port in ports(taker) if port.name == name)
    taken = link.tokens_brought(into.tokens_per_activation)
    sent = out.tokens_per_activation
    alike = taken == sent and _activations(pmu) == _activations(taker)
    # A loop of the memory's stream may be a controller around the taker.
    within = each < sent and taken % each == 0
    within = within and taken * _activations(taker) == sent * _activations(pmu)
    if (link.every.value.data, link.hold.value.data) != (1, 1) or not (alike or within):
        raise NoSplitError(f"@{unit} takes {taken} tokens per activation of the {sent} sent")
    if link.span is not None and each != link.span[1] - link.span[0]:
        raise NoSplitError(
            f"its link to @{unit}::@{name} carries {link.span[1] - link.span[0]} tokens at a time, "
            f"and parts would take turns within {each}"
        )


def _activations(unit: Unit) -> int:
    return trip_count([b for control in enclosing(unit) for b in control.bounds.get_values()])
