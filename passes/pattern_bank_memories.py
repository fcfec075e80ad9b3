"""Choose the banks of every memory that is declared on chip."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, UnitAttr
from xdsl.dialects.func import FuncOp
from xdsl.passes import ModulePass

from spatial_opt.dialects import pattern
from spatial_opt.dialects.pattern_syntax import integers
from spatial_opt.dialects.target import target_of
from spatial_opt.machine.banks import WORD_BITS
from spatial_opt.machine.description import Machine
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.memory_assignment.assignment import assign
from spatial_opt.passes.memory_assignment.declared import read_declared
from spatial_opt.passes.memory_banking.streams import problem_of
from spatial_opt.passes.memory_banking.texts import clash_text, loss_text, scheme_text
from spatial_opt.passes.polyhedral.library import require_isl
from spatial_opt.passes.remarks import name_of, remark
from spatial_opt.passes.solvers.bank_problem import NoBankingError, Problem, Solution, fits
from spatial_opt.passes.solvers.banking import measure, solve, verify


@dataclass(frozen=True)
class PatternBankMemoriesPass(ModulePass):
    """
    Choose the banking of each declared memory such that what a cycle needs is on different banks.

    What a cycle needs follows from the factors of the maps: the lanes of a unit, and the row units
    that read or write side by side. Schemes are flat, a vector over all coordinates, or
    hierarchical, each dimension with banks of its own. Tables have a copy in every bank.

    ```mlir
    // before
    func.func @main(%x: tensor<32xf32>) -> tensor<32xf32> {
      %y = pattern.map (%i in 32 par 4) deal blocked -> tensor<32xf32> {
        %a = pattern.read %x[%i] : tensor<32xf32>
        %b = arith.addf %a, %a : f32
        pattern.yield %b : f32
      }
      pattern.memory sram %y bytes 128 live (0, 1) : tensor<32xf32>
      func.return %y : tensor<32xf32>
    }
    // after, on 4 banks: units write 0, 8, 16 and 24 at once, a store takes four neighbours
    ...
      pattern.memory sram %y bytes 128 live (0, 1) banked (4, 8, [9]) : tensor<32xf32>
    ...
    ```

    Where nothing conflicts, that is `banked (N, 1)` with all banks of a unit, which
    `spatial-bank-memories` is free to change.

    Requires: a target, factors (`pattern-parallelize`) and memories (`pattern-assign-memories`).
    Leaves: DRAM, queues, accumulators, and schemes set by hand; one that conflicts runs with its
    stalls, and a remark tells what is better.
    Fails: a scheme set by hand needs more banks or room than a unit has; nothing is declared;
    islpy is not installed.
    """

    name = "pattern-bank-memories"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Bank the memories of all functions."""
        require_isl(self.name)
        machine = target_of(op)
        functions = [f for f in op.ops if isinstance(f, FuncOp) and f.body.blocks]
        if not any(isinstance(o, pattern.MemoryOp) for f in functions for o in f.walk()):
            raise SpatialError(
                "there is no pattern.memory to bank; run pattern-assign-memories first"
            )
        for function in functions:
            assignment = assign(function, machine)
            for assigned, memory in read_declared(assignment).tensors.items():
                if memory.kind.data == "dram":
                    continue
                problem = problem_of(assigned.place, memory.buffers, machine)
                if WORD_BITS % problem.bits == 0:
                    _bank(memory, problem, machine)


def _bank(memory: pattern.MemoryOp, problem: Problem, machine: Machine) -> None:
    if memory.banking is not None:
        _check_given(memory, problem, machine)
        return
    try:
        solution = _table(problem) if memory.kind.data == "lut" else solve(problem)
    except NoBankingError as reason:
        remark(_NAME, memory, f"{name_of(memory.value)} stays without banks: {reason}")
        return
    verify(problem, solution)
    banking = solution.banking
    memory.banks = integers((banking.banks, banking.block))
    memory.projection = None if banking.projection is None else integers(banking.projection)
    memory.duplicated = UnitAttr() if solution.duplicated else None
    if solution.total or banking != problem.default:
        text = scheme_text(banking, solution.duplicated)
        loss = loss_text(problem, solution.stalls)
        if solution.total and solution.total == solution.least:
            loss += f", whose tokens have more words than a unit has banks ({problem.banks})"
        remark(_NAME, memory, f"{name_of(memory.value)} is {text}, {loss}")


def _table(problem: Problem) -> Solution:
    """Copy a table into every bank, where it fits: its unit serves nothing else."""
    default = problem.default
    if not fits(problem, default, duplicated=True):
        return solve(problem)
    return Solution(default, True, measure(problem, default, True), 0)


def _check_given(memory: pattern.MemoryOp, problem: Problem, machine: Machine) -> None:
    """Refuse a scheme set by hand that no unit can have, and tell of one that conflicts."""
    banking, duplicated = memory.banking, memory.duplicated is not None
    assert banking is not None
    name, text = name_of(memory.value), scheme_text(banking, duplicated)
    if banking.banks > machine.pmu.banks and machine.enforces("pmu.banks"):
        raise SpatialError(
            f"{name} is {text}, a memory unit of {machine.name} has {machine.pmu.banks} banks "
            "(pmu.banks); use fewer banks, or relax pmu.banks"
        )
    try:
        lost = measure(problem, banking, duplicated)
    except NoBankingError as reason:
        raise SpatialError(f"{name} is {text}, but {reason}; write it duplicated") from reason
    if not any(lost):
        return
    loss = f"{text} given loses cycles: {loss_text(problem, lost)}"
    if not duplicated:
        loss += clash_text(problem, banking, lost)
    best = solve(problem)
    better = "no other banking loses less"
    if best.total < sum(lost):
        better = (
            f"with {scheme_text(best.banking, best.duplicated)}, {loss_text(problem, best.stalls)}"
        )
    remark(_NAME, memory, f"{name}: {loss}; {better}")


_NAME = PatternBankMemoriesPass.name
