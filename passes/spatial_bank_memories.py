"""Choose which bank of its memory unit each word lies on."""

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, UnitAttr
from xdsl.passes import ModulePass

from spatial_opt.dialects.spatial import ConfigOp, PmuOp, units
from spatial_opt.dialects.spatial_syntax import ints
from spatial_opt.dialects.target import target_of
from spatial_opt.machine.banks import WORD_BITS, Banking
from spatial_opt.machine.description import Machine
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.bank_accesses import firing_text, problem_of
from spatial_opt.passes.remarks import remark, warn
from spatial_opt.passes.solvers.bank_problem import (
    Access,
    NoBankingError,
    Problem,
    Solution,
    depth,
    fits,
    room,
)
from spatial_opt.passes.solvers.bank_stalls import worst_clash
from spatial_opt.passes.solvers.banking import measure, solve, verify


@dataclass(frozen=True)
class SpatialBankMemoriesPass(ModulePass):
    """
    Choose the banking of each memory such that its streams don't wait for a bank.

    ```mlir
    // before
    spatial.config @main {
      spatial.input @x : tensor<32xi32>
      spatial.ag @x.load loads @x counters (%i = 0 to 8) address [4 * %i] : vector<4xi32>
      spatial.pmu @table holds tensor<64xf32> banked (4, 1) init table tanh from -4.0 to 4.0 {
        spatial.gather @out index "idx" port 0 counters (%i = 0 to 8) address [] : vector<4xf32>
      }
      spatial.pmu @W holds tensor<8x4xf32> banked (4, 1) init parameter "W" {
        spatial.read @out port 0 counters (%i = 0 to 8) address [%i, 0] : vector<4xf32>
      }
      spatial.link @x.load::@data to @table::@idx : vector depth 2
    }
    // after
    ...
      spatial.pmu @table holds tensor<64xf32> banked (4, 1) duplicated init ... {
        spatial.gather ...
      }
      spatial.pmu @W holds tensor<8x4xf32> banked (4, 1) init parameter "W" {
        spatial.read ...
      }
    ...
    ```

    `banked (N, 1)`, with N the banks of the machine, is what nobody has decided about. It stays
    where nothing conflicts; docs/banking.md says what else there is.

    Requires: a target and a configuration (convert-pattern-to-spatial) whose memories fit
    (spatial-split-memories).
    Leaves: memories with any other banking, which was set by hand, and duplicated ones; if they
    conflict they run with their stalls, and there is a warning.
    Fails: a scheme set by hand needs more banks or room than a unit has; elements chosen at run
    time are looked up several at once in a memory that can't be duplicated.
    """

    name = "spatial-bank-memories"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        machine = target_of(op)
        configs = [config for config in op.ops if isinstance(config, ConfigOp)]
        if not configs:
            raise SpatialError(
                "there is no spatial.config with memories to bank; "
                "run convert-pattern-to-spatial first"
            )
        for config in configs:
            for unit in units(config):
                if isinstance(unit, PmuOp):
                    _bank(unit, machine)


def _bank(pmu: PmuOp, machine: Machine) -> None:
    problem = problem_of(pmu, machine)
    if WORD_BITS % problem.bits:
        remark(_NAME, pmu, f"{pmu.banking} stays, elements of {problem.bits} bits share words")
        return
    given = pmu.banking
    if given != problem.default or pmu.duplicated is not None:
        _check_given(pmu, problem, machine)
        return
    solution = _solved(pmu, problem)
    if solution.banking == given and not solution.duplicated:
        if solution.total:
            why = (
                f"; some tokens have more words than a unit has banks ({problem.banks}, pmu.banks)"
                if solution.total == solution.least
                else ""
            )
            remark(_NAME, pmu, f"{given} stays, {_loss(problem, solution.stalls)}{why}")
        return
    verify(problem, solution)
    banking = solution.banking
    pmu.banks = ints((banking.banks, banking.block))
    pmu.projection = None if banking.projection is None else ints(banking.projection)
    pmu.duplicated = UnitAttr() if solution.duplicated else None
    remark(_NAME, pmu, f"{_text(solution)} instead of {given}, {_loss(problem, solution.stalls)}")


def _solved(pmu: PmuOp, problem: Problem) -> Solution:
    try:
        return solve(problem)
    except NoBankingError as reason:
        raise SpatialError(
            f"@{pmu.sym_name.data}: {reason} (pmu.banks, pmu.capacity_bytes); gather scalars, or "
            "use a smaller memory that is only read"
        ) from reason


def _check_given(pmu: PmuOp, problem: Problem, machine: Machine) -> None:
    """Refuse a scheme set by hand that a unit can't have, and warn of one that conflicts."""
    banking, duplicated = pmu.banking, pmu.duplicated is not None
    name = pmu.sym_name.data
    if banking.banks > machine.pmu.banks and machine.enforces("pmu.banks"):
        raise SpatialError(
            f"@{name} is banked {banking}, a memory unit of {machine.name} has "
            f"{machine.pmu.banks} banks (pmu.banks); use fewer banks, or relax pmu.banks"
        )
    if not fits(problem, banking, duplicated):
        raise SpatialError(
            f"@{name} banked {banking}{' duplicated' * duplicated} takes "
            f"{depth(problem, banking, duplicated)} words in each bank, a memory unit of "
            f"{machine.name} has {room(problem, banking)} for it (pmu.capacity_bytes); use a "
            f"banking without padding, as {problem.default}, or relax pmu.capacity_bytes"
        )
    try:
        lost = measure(problem, banking, duplicated)
    except NoBankingError as reason:
        raise SpatialError(
            f"@{name} is banked {banking}, but {reason}; mark the memory duplicated or gather "
            "scalars"
        ) from reason
    if not any(lost):
        return
    loss = _loss(problem, lost)
    best = _solved(pmu, problem)
    if best.total >= sum(lost):
        remark(_NAME, pmu, f"{banking} stays, {loss}, and no other banking loses less")
        return
    where = "" if duplicated else _clash_text(pmu, problem, banking, lost)
    warn(
        _NAME,
        pmu,
        f"the banking {banking} given conflicts: {loss}{where}; with {_text(best)}, "
        f"{_loss(problem, best.stalls)}",
    )


def _clash_text(pmu: PmuOp, problem: Problem, banking: Banking, lost: tuple[int, ...]) -> str:
    """Name a firing of the access that loses most, and two elements that clash in it."""
    worst = max(range(len(lost)), key=lost.__getitem__)
    clash = worst_clash(problem, problem.accesses[worst], banking)
    if clash is None:
        raise RuntimeError(f"@{pmu.sym_name.data} loses cycles without a clash; this is a bug")
    one, other = (list(element) for element in clash.elements)
    stream = pmu.streams[worst]
    return (
        f"; @{stream.sym_name.data} at {firing_text(stream, clash.firing)} takes {clash.cycles} "
        f"cycles, as elements {one} and {other} both lie on bank {clash.bank}"
    )


def _text(solution: Solution) -> str:
    return f"banked {solution.banking}{' duplicated' * solution.duplicated}"


def _loss(problem: Problem, lost: tuple[int, ...]) -> str:
    """Say which accesses lose how many cycles."""
    parts = [_cycles(access, n) for access, n in zip(problem.accesses, lost, strict=True) if n]
    return " and ".join(parts) if parts else "no access waits for a bank"


def _cycles(access: Access, lost: int) -> str:
    each, rest = divmod(lost, access.activations)
    if rest:
        return f"@{access.name} stalls {lost} cycles in {access.activations} activations"
    return f"@{access.name} stalls {each} cycles per activation"


_NAME = SpatialBankMemoriesPass.name
