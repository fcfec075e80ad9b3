"""Schemes and lost cycles as parts of sentences."""

from __future__ import annotations

from collections.abc import Sequence

from spatial_opt.machine.banks import Banking
from spatial_opt.passes.solvers.bank_problem import Access, Problem
from spatial_opt.passes.solvers.bank_stalls import worst_clash


def scheme_text(banking: Banking, duplicated: bool) -> str:
    """Write a scheme as in a declaration."""
    return f"banked {banking}{' duplicated' * duplicated}"


def loss_text(problem: Problem, lost: Sequence[int]) -> str:
    """Say which streams lose how many cycles."""
    parts = [_cycles(access, n) for access, n in zip(problem.accesses, lost, strict=True) if n]
    return " and ".join(parts) or "no stream waits for a bank"


def _cycles(access: Access, lost: int) -> str:
    each, rest = divmod(lost, access.activations)
    if rest:
        return f"{access.name} stalls {lost} cycles in {access.activations} runs"
    return f"{access.name} stalls {each} cycles per run"


def clash_text(problem: Problem, banking: Banking, lost: Sequence[int]) -> str:
    """Name two elements that the worst firing of the stream that loses most wants of one bank."""
    worst = max(range(len(lost)), key=lost.__getitem__)
    clash = worst_clash(problem, problem.accesses[worst], banking)
    if clash is None:
        return ""
    one, other = (list(element) for element in clash.elements)
    return (
        f"; {problem.accesses[worst].name} takes elements {one} and {other} at once, which both "
        f"lie on bank {clash.bank}"
    )
