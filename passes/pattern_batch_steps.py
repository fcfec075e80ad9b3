"""Compute sums that need no earlier step for all steps of a scan at once, in front of it."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import IndexType, ModuleOp, TensorType
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.ir.affine import AffineExpr, AffineMap
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter
from xdsl.utils.hints import isa

from spatial_opt.dialects.pattern import GatherOp, MapOp, NextOp, ReadOp, ReduceOp, ScanOp
from spatial_opt.dialects.pattern_syntax import integers
from spatial_opt.passes.remarks import remark


@dataclass(frozen=True)
class PatternBatchStepsPass(ModulePass):
    """
    Move maps with reductions that need no earlier step in front of their scan, for all its steps.

    The product of the weights with the inputs of all steps then is one product of matrices, which
    reads the weights once. The results of all steps take memory instead.

    ```mlir
    // before
    func.func @main(%x: tensor<3x8xf32>, %h0: tensor<4xf32>) -> tensor<4xf32> {
      %w = pattern.parameter "W" : tensor<4x8xf32>
      %h = pattern.scan (%t in 3) carry (%p = %h0 : tensor<4xf32>) -> tensor<4xf32> {
        %s = pattern.map (%i in 4) -> tensor<4xf32> {
          %d = pattern.reduce add (%k in 8) : f32 {
            %a = pattern.read %w[%i, %k] : tensor<4x8xf32>
            %b = pattern.read %x[%t, %k] : tensor<3x8xf32>
            %m = arith.mulf %a, %b : f32
            pattern.yield %m : f32
          }
          pattern.yield %d : f32
        }
        %n = pattern.map (%i in 4) -> tensor<4xf32> {
          %a = pattern.read %s[%i] : tensor<4xf32>
          %b = pattern.read %p[%i] : tensor<4xf32>
          %v = arith.addf %a, %b : f32
          pattern.yield %v : f32
        }
        pattern.next %n : tensor<4xf32>
      }
      func.return %h : tensor<4xf32>
    }
    // after
    func.func @main(%x: tensor<3x8xf32>, %h0: tensor<4xf32>) -> tensor<4xf32> {
      %w = pattern.parameter "W" : tensor<4x8xf32>
      %s = pattern.map (%t in 3, %i in 4) -> tensor<3x4xf32> {
        %d = pattern.reduce add (%k in 8) : f32 {
          %a = pattern.read %w[%i, %k] : tensor<4x8xf32>
          %b = pattern.read %x[%t, %k] : tensor<3x8xf32>
          %m = arith.mulf %a, %b : f32
          pattern.yield %m : f32
        }
        pattern.yield %d : f32
      }
      %h = pattern.scan (%u in 3) carry (%p = %h0 : tensor<4xf32>) -> tensor<4xf32> {
        %n = pattern.map (%j in 4) -> tensor<4xf32> {
          %e = pattern.read %s[%u, %j] : tensor<3x4xf32>
          %f = pattern.read %p[%j] : tensor<4xf32>
          %v = arith.addf %e, %f : f32
          pattern.yield %v : f32
        }
        pattern.next %n : tensor<4xf32>
      }
      func.return %h : tensor<4xf32>
    }
    ```

    Requires: nothing; before `pattern-fuse`, which joins such sums with those of the state.
    Leaves: maps without a reduction, unless one that moves reads them; with a remark, maps that
    read what a step before computed, or whose result the scan hands on. Fails: never.
    """

    name = "pattern-batch-steps"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Empty the scans, inner ones first."""
        for scan in [inner for inner in op.walk(reverse=True) if isinstance(inner, ScanOp)]:
            for kernel in _chosen(scan, self.name):
                _move(kernel, scan)
                remark(
                    self.name,
                    scan,
                    f"a map over {'x'.join(map(str, kernel.domain))} moved in front, for all "
                    f"{scan.steps} steps at once",
                )


def _chosen(scan: ScanOp, name: str) -> list[MapOp]:
    """List the maps of a scan's body that move, in program order."""
    movable: dict[SSAValue, MapOp] = {}
    wanted: dict[MapOp, None] = {}
    for op in scan.body.block.ops:
        if not isinstance(op, MapOp):
            continue
        sums = any(isinstance(inner, ReduceOp) for inner in op.walk())
        obstacle = _obstacle(op, scan, movable)
        if obstacle is None:
            movable |= dict.fromkeys(op.results, op)
            if sums:
                wanted |= dict.fromkeys([*_read_by(op, movable), op])
        elif sums:
            remark(name, op, f"stays in its scan: {obstacle}")
    return [op for op in scan.body.block.ops if isinstance(op, MapOp) and op in wanted]


def _obstacle(op: MapOp, scan: ScanOp, movable: dict[SSAValue, MapOp]) -> str | None:
    """Return why a map can't be computed for all steps at once, or None."""
    for inner in op.walk():
        for value in inner.operands:
            owner = value.owner
            outside = not scan.is_ancestor(owner) or op.is_ancestor(owner)
            if not outside and value is not scan.index and value not in movable:
                return f"it needs {_name(value)}, which a step computes"
    for result in op.results:
        for use in result.uses:
            user = use.operation
            if isinstance(user, NextOp):
                return "the scan hands its result on"
            if not isinstance(user, ReadOp | GatherOp) or user.source is not result:
                return f"{user.name} takes its result as a whole"
    return None


def _name(value: SSAValue) -> str:
    return "a value" if value.name_hint is None else f"%{value.name_hint}"


def _read_by(op: MapOp, movable: dict[SSAValue, MapOp]) -> list[MapOp]:
    """List the maps of a scan that a map needs, directly or not."""
    found: dict[MapOp, None] = {}
    queue = [op]
    while queue:
        for inner in queue.pop().walk():
            for value in inner.operands:
                source = movable.get(value)
                if source is not None and source is not op and source not in found:
                    found[source] = None
                    queue.append(source)
    return list(found)


def _move(op: MapOp, scan: ScanOp) -> None:
    """Put a map in front of its scan, with the step as its first dimension."""
    body = op.detach_region(op.body)
    step = body.block.insert_arg(IndexType(), 0)
    step.name_hint = scan.index.name_hint
    for use in list(scan.index.uses):
        if body.is_ancestor(use.operation):
            use.operation.operands[use.index] = step
    types: list[Attribute] = [_for_all_steps(result.type, scan.steps) for result in op.results]
    new = MapOp.create(
        properties=op.properties
        | {
            "bounds": integers((scan.steps, *op.domain)),
            "par": integers((1, *op.par_factors)),
        },
        attributes=op.attributes,
        result_types=types,
        regions=[body],
    )
    new.location = op.location
    Rewriter.insert_op(new, InsertPoint.before(scan))
    for old, result in zip(op.results, new.results, strict=True):
        result.name_hint = old.name_hint
        for use in list(old.uses):
            _read_at_step(use.operation, result, scan)
    Rewriter.erase_op(op)


def _for_all_steps(type: Attribute, steps: int) -> TensorType:
    assert isa(type, TensorType)
    return TensorType(type.element_type, (steps, *type.get_shape()))


def _read_at_step(reader: Operation, source: SSAValue, scan: ScanOp) -> None:
    """Let a reader of one step's result read it among those of all steps."""
    match reader:
        case ReadOp():
            map = reader.map.data
            shifted = [AffineExpr.dimension(n + 1) for n in range(map.num_dims)]
            results = tuple(expr.replace_dims_and_symbols(shifted, []) for expr in map.results)
            new = ReadOp(
                source,
                [scan.index, *reader.indices],
                AffineMap(map.num_dims + 1, 0, (AffineExpr.dimension(0), *results)),
                zero_outside=reader.zero_outside is not None,
            )
        case GatherOp():
            new = GatherOp(source, [scan.index, *reader.indices])
        case _:
            raise RuntimeError(f"{reader.name} reads a map that moved, this is a bug")
    new.attributes |= reader.attributes
    new.location = reader.location
    Rewriter.replace_op(reader, new)
