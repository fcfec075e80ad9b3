"""Cut compute units that are too large for one physical unit."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from spatial_opt.dialects.spatial import ConfigOp, PcuOp, StageOp, units
from spatial_opt.dialects.target import target_of
from spatial_opt.machine.description import Machine
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.link_ends import LinkEnds
from spatial_opt.passes.partition_build import Cutter
from spatial_opt.passes.partition_merge import merge_units
from spatial_opt.passes.partition_problem import Body, problem_of
from spatial_opt.passes.partition_shapes import Shapes, mark_stages
from spatial_opt.passes.solvers.partition import exceeded, misfit, usage, verify
from spatial_opt.passes.solvers.partition_search import solve

MERGE = ("auto", "always", "never")
REMEDIES = {
    "stages": "use a machine with more stages",
    "registers_per_stage": "pass fewer values through the unit",
    "vector_inputs": "read fewer vectors",
    "scalar_inputs": "read fewer scalars",
    "vector_outputs": "send fewer vectors",
    "scalar_outputs": "send fewer scalars",
    "vector_links": "take fewer turns at a port (pattern-parallelize{rows=...})",
    "scalar_links": "take fewer turns at a port (pattern-parallelize{rows=...})",
}


@dataclass(frozen=True)
class SpatialPartitionPass(ModulePass):
    """
    Cut each compute unit into parts that fit a physical unit, and mark their stages.

    ```mlir
    // before
    spatial.config @main {
      spatial.output @y : tensor<4xf32>
      spatial.pmu @W holds tensor<8x4xf32> banked (4, 1) init parameter "W" {
        spatial.read @out port 0 counters (%i = 0 to 8) address [%i, 0] : vector<4xf32>
      }
      spatial.pmu @b holds tensor<4xf32> banked (4, 1) init parameter "b" {
        spatial.read @out port 0 counters (%j = 0 to 4) address [%j] : f32
      }
      spatial.pcu @dot counters (%j = 0 to 4, %k = 0 to 2) {
        %w = spatial.receive "w" : vector<4xf32>
        %b = spatial.receive "b" per %j : f32
        %p = arith.mulf %w, %w : vector<4xf32>
        %s = spatial.fold add %p per %j : vector<4xf32> to f32
        %o = arith.addf %s, %b : f32
        spatial.send "out" %o per %j : f32
      }
      spatial.ag @y.store stores @y counters (%i = 0 to 4) address [%i] : f32
      spatial.link @W::@out to @dot::@w : vector depth 2
      spatial.link @b::@out to @dot::@b : scalar depth 2
      spatial.link @dot::@out to @y.store::@data : scalar depth 2
    }
    // after
    spatial.pcu @dot.p0 counters (%j = 0 to 4, %k = 0 to 2) {
      %w = spatial.receive "w" : vector<4xf32>
      spatial.stage 0
      %p = arith.mulf %w, %w : vector<4xf32>
      spatial.stage 1
      %s = spatial.fold add %p per %j : vector<4xf32> to f32
      spatial.send "s" %s per %j : f32
    }
    spatial.pcu @dot.p1 counters (%jj = 0 to 4) {
      %b = spatial.receive "b" : f32
      %t = spatial.receive "s" : f32
      spatial.stage 0
      %o = arith.addf %t, %b : f32
      spatial.send "out" %o : f32
    }
    ...
    spatial.link @dot.p0::@s to @dot.p1::@s : scalar depth 2
    ```

    Each operation takes a stage; widenings, constants and ports take none. With folded reduction
    a fold takes one stage as the last thing its unit does, else one per level and one to add up.
    A part behind a fold runs once per result.

    Requires: a target and a configuration (convert-pattern-to-spatial).
    Leaves: units that have stage marks, after checking them; a unit that fits keeps its name.
    Fails: an operation needs more lanes, ports or stages than a unit has, or computes on an
    element type that the machine does not list in `formats`.
    """

    name = "spatial-partition"

    merge: str = "auto"
    """Units share a physical one: `auto` where there are too few, `always`, `never`."""

    def __post_init__(self) -> None:
        if self.merge not in MERGE:
            raise SpatialError(f"merge must be one of {', '.join(MERGE)}, got {self.merge}")

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        machine = target_of(op)
        configs = [config for config in op.ops if isinstance(config, ConfigOp)]
        if not configs:
            raise SpatialError(
                "there is no spatial.config with units to cut; run convert-pattern-to-spatial first"
            )
        for config in configs:
            _partition(config, machine, self.merge)


def _partition(config: ConfigOp, machine: Machine, merge: str) -> None:
    ends = LinkEnds(config)
    shapes = Shapes(machine, ends)
    cut: list[PcuOp] = []
    given = 0
    for pcu in [unit for unit in units(config) if isinstance(unit, PcuOp)]:
        if any(isinstance(op, StageOp) for op in pcu.body.block.ops):
            _check_staged(problem_of(pcu, machine, ends), machine)
            given += 1
            continue
        body = shapes.body_of(pcu)
        try:
            solution = solve(body.problem)
        except ValueError as error:
            raise _refusal(body, machine) from error
        verify(body.problem, solution)
        if mark_stages(body, solution):
            cut.append(pcu)
        else:
            cut += Cutter(body, solution, ends, machine).cut()
    surplus = len(cut) + given - len(machine.grid.positions("pcu"))
    if merge == "always":
        merge_units(config, cut, None, ends, machine, SpatialPartitionPass.name)
    elif merge == "auto" and surplus > 0:
        merge_units(config, cut, surplus, ends, machine, SpatialPartitionPass.name)


def _refusal(body: Body, machine: Machine) -> Exception:
    """Say which operation fits no unit."""
    found = misfit(body.problem)
    if found is None and any(value.inner for value in body.problem.values):
        return SpatialError(
            f"@{body.pcu.sym_name.data} sums up vectors of more bits than a link of {machine.name} "
            f"carries ({machine.vector_bits}) in more stages than a unit has "
            f"({machine.pcu.stages}, pcu.stages), and cannot be cut there; take fewer elements per "
            "vector (rv), or relax pcu.stages"
        )
    if found is None:
        return RuntimeError(f"@{body.pcu.sym_name.data} can't be cut; this is a bug")
    step, over = found
    limit, needed, available = over[0]
    op = body.ops[step]
    return SpatialError(
        f"@{body.pcu.sym_name.data}: {'a value passed on' if op is None else op.name} alone takes "
        f"{needed} {limit.replace('_', ' ')}, a unit of {machine.name} has {available} "
        f"({_key(limit)}); {REMEDIES[limit]}, or relax {_key(limit)}"
    )


def _key(limit: str) -> str:
    """The machine's figure behind a limit."""
    return f"network.{limit}" if limit.endswith("_links") else f"pcu.{limit}"


def _check_staged(body: Body, machine: Machine) -> None:
    """Refuse a unit whose marked stages do not fit."""
    unit = f"@{body.pcu.sym_name.data}"
    stage, busy = -1, False
    for op in body.pcu.body.block.ops:
        if isinstance(op, StageOp):
            stage, busy = op.index.value.data, False
        elif op in body.ops:
            if busy or stage < 0:
                where = f"stage {stage} does already" if busy else "no stage is marked before it"
                raise SpatialError(
                    f"{unit}: {op.name} needs a stage of its own, but {where}; one operation "
                    "runs per stage"
                )
            busy = True
    over = exceeded(body.problem, usage(body.problem, range(len(body.problem.steps))))
    if stage >= body.problem.limits.stages:
        over = [("stages", stage + 1, body.problem.limits.stages)]
    if over:
        limit, needed, available = over[0]
        raise SpatialError(
            f"{unit} has marked stages but takes {needed} {limit.replace('_', ' ')}, a unit of "
            f"{machine.name} has {available} ({_key(limit)}); remove its spatial.stage marks to "
            "have it cut"
        )
