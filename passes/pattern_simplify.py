"""Remove superfluous work from patterns and their bodies."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects import arith
from xdsl.dialects.builtin import AnyFloat, FloatAttr, IntegerAttr, ModuleOp
from xdsl.ir import Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.pattern_rewriter import PatternRewriter
from xdsl.traits import HasCanonicalizationPatternsTrait

from spatial_opt.passes.remarks import remark
from spatial_opt.passes.simplification.dead_code import erase_dead
from spatial_opt.passes.simplification.identities import simplified
from spatial_opt.passes.simplification.merging import merge_equal
from spatial_opt.passes.simplification.powers import scaling_of
from spatial_opt.passes.simplification.rescale import rescale


@dataclass(frozen=True)
class PatternSimplifyPass(ModulePass):
    """
    Remove superfluous work from patterns and their bodies; no value changes in any bit.

    Multiplications by powers of two move into f32 parameters, constants and the scales of
    conversions. Identities and constants are folded; equal operations, and maps with equal
    bodies, become one; maps that copy, results that nobody uses, and carried values that only
    compute themselves vanish.

    ```mlir
    // before
    func.func @main(%x: tensor<8xf32>) -> tensor<8xi8> {
      %b = pattern.parameter "b" : tensor<8xf32>
      %y = pattern.map (%i in 8) -> tensor<8xi8> {
        %v = pattern.read %x[%i] : tensor<8xf32>
        %w = pattern.read %b[%i] : tensor<8xf32>
        %down = arith.constant 0.25 : f32
        %up = arith.constant 64.0 : f32
        %middle = arith.constant 32.0 : f32
        %a = arith.mulf %v, %down : f32
        %s = arith.addf %a, %w : f32
        %l = arith.mulf %s, %up : f32
        %m = arith.addf %l, %middle : f32
        %q = pattern.convert %m : f32 to i8
        pattern.yield %q : i8
      }
      func.return %y : tensor<8xi8>
    }
    // after
    func.func @main(%x: tensor<8xf32>) -> tensor<8xi8> {
      %b = pattern.parameter "b" scale 4.0 : tensor<8xf32>
      %y = pattern.map (%i in 8) -> tensor<8xi8> {
        %v = pattern.read %x[%i] : tensor<8xf32>
        %w = pattern.read %b[%i] : tensor<8xf32>
        %s = arith.addf %v, %w : f32
        %middle = arith.constant 2.000000e+00 : f32
        %m = arith.addf %s, %middle : f32
        %q = pattern.convert %m scale 16.0 : f32 to i8
        pattern.yield %q : i8
      }
      func.return %y : tensor<8xi8>
    }
    ```

    Factors move exactly as long as every f32 number is zero or between 2^-100 and 2^100 in
    magnitude. No parameter with two or more long dimensions is stored twice, scaled and not.

    Requires: nothing. Leaves: constants of 8- and 16-bit floats, which other parts define; a
    factor that one of the users of its value cannot take; factors beyond 2^24.
    Fails: never.
    """

    name = "pattern-simplify"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Simplify until nothing changes."""
        before = sum(1 for _ in op.walk())
        _clean(op)
        moved = rescale(op)
        if moved:
            _clean(op)
        after = sum(1 for _ in op.walk())
        if moved:
            remark(self.name, None, f"{moved} multiplications by powers of two absorbed")
        if before - after > moved:
            remark(self.name, None, f"{before - after - moved} other operations removed")
        for inner in op.walk():
            exponent = scaling_of(inner)
            if exponent is not None:
                remark(
                    self.name,
                    inner,
                    f"the multiplication by 2^{exponent} stays: its operand is not rescaled, and "
                    "some user of the result cannot take the factor",
                )


def _clean(module: ModuleOp) -> None:
    changed = True
    while changed:
        changed = any(
            [_rewrite(module), merge_equal(module.body.block), erase_dead(module.body.block)]
        )


def _rewrite(module: ModuleOp) -> bool:
    """Apply identities and canonicalisation patterns once to every operation, in order."""
    changed = False
    for op in list(module.walk()):
        if op.parent is None:
            continue
        found = simplified(op)
        if found is not None:
            _replace(op, found)
            changed = True
            continue
        if op.name.startswith("pattern."):
            changed |= _canonicalize(op)
    return changed


def _canonicalize(op: Operation) -> bool:
    changed = False
    for trait in op.get_traits_of_type(HasCanonicalizationPatternsTrait):
        for pattern in trait.get_patterns(type(op)):
            if op.parent is None:
                break
            rewriter = PatternRewriter(op)
            pattern.match_and_rewrite(op, rewriter)
            changed |= rewriter.has_done_action
    return changed


def _replace(op: Operation, found: SSAValue | FloatAttr[AnyFloat] | IntegerAttr) -> None:
    rewriter = PatternRewriter(op)
    if isinstance(found, SSAValue):
        rewriter.replace(op, [], [found])
        return
    constant = arith.ConstantOp(found)
    constant.location = op.location
    rewriter.replace(op, constant)
