"""Strip-mine and interchange the dimensions of maps and reductions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from spatial_opt.dialects.pattern import DomainOp, MapOp, ReduceOp
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.remarks import name_of, remark
from spatial_opt.passes.tiling import legality
from spatial_opt.passes.tiling.rewriting import tile_map, tile_reduce
from spatial_opt.passes.tiling.tiled_domain import TiledDomain


@dataclass(frozen=True)
class PatternTilePass(ModulePass):
    """
    Cut dimensions of maps and reductions into tiles, and change their order.

    A dimension i in N with tile size s becomes io in ceil(N / s) and ii in s, in its place; the
    result of a map changes its shape likewise and its readers follow. Where s does not divide N
    the last tile reads zeros outside: nobody reads what a map computes there, and to a sum of
    products it adds zero. Then `interchange` orders the dimensions.

    ```mlir
    // before
    func.func @main(%m: tensor<6x10xf32>) -> tensor<6xf32> {
      %y = pattern.map (%i in 6) -> tensor<6xf32> {
        %s = pattern.reduce add (%k in 10) : f32 {
          %a = pattern.read %m[%i, %k] : tensor<6x10xf32>
          %p = arith.mulf %a, %a : f32
          pattern.yield %p : f32
        }
        pattern.yield %s : f32
      }
      %z = pattern.map (%j in 6) -> tensor<6xf32> {
        %v = pattern.read %y[%j] : tensor<6xf32>
        %n = arith.negf %v : f32
        pattern.yield %n : f32
      }
      func.return %z : tensor<6xf32>
    }
    // after, kernel=y sizes=2 reduce-sizes=4
    func.func @main(%m: tensor<6x10xf32>) -> tensor<6xf32> {
      %y = pattern.map (%io in 3, %ii in 2) -> tensor<3x2xf32> {
        %s = pattern.reduce add (%ko in 3, %ki in 4) : f32 {
          %a = pattern.read %m[2 * %io + %ii, 4 * %ko + %ki] zero_outside : tensor<6x10xf32>
          %p = arith.mulf %a, %a : f32
          pattern.yield %p : f32
        }
        pattern.yield %s : f32
      }
      %z = pattern.map (%j in 6) -> tensor<6xf32> {
        %v = pattern.read %y[%j floordiv 2, %j mod 2] : tensor<3x2xf32>
        %n = arith.negf %v : f32
        pattern.yield %n : f32
      }
      func.return %z : tensor<6xf32>
    }
    ```

    No value changes, unless `reassociate` allows it: tiles keep the order of a sum. That a
    product with a zero from outside is zero holds for numbers, not for infinities and NaNs.

    Requires: no parallel factors on what is tiled, they come later. Leaves, with a remark, what
    cannot be tiled, when no kernel is named; values whose shape others fix are never tiled.
    Fails: for a named kernel, with the reason; unknown kernels; sizes below 1 or above the
    extent, as many as there are not dimensions; an interchange that is no permutation.
    """

    name = "pattern-tile"

    kernel: tuple[str, ...] | None = None
    """Maps to tile, by the name of a result; all by default."""
    sizes: tuple[int | str, ...] | None = None
    """Tile size per dimension of a map; `keep` leaves one whole. By default all stay whole."""
    interchange: tuple[int, ...] | None = None
    """New order of a map's dimensions, each by its number after the cutting."""
    reduce_sizes: tuple[int | str, ...] | None = None
    """Tile size per dimension of the reductions in a map."""
    reduce_interchange: tuple[int, ...] | None = None
    """New order of the dimensions of those reductions."""
    reassociate: bool = False
    """Allow an order of a float sum or product that changes its rounding."""

    def __post_init__(self) -> None:
        for option, sizes in (("sizes", self.sizes), ("reduce-sizes", self.reduce_sizes)):
            for size in sizes or ():
                if size != legality.KEEP and (isinstance(size, str) or size < 1):
                    raise SpatialError(
                        f"{self.name}: {option} are at least 1, got {size}; write "
                        f"{legality.KEEP} to leave a dimension whole"
                    )
        orders = (
            ("interchange", self.interchange),
            ("reduce-interchange", self.reduce_interchange),
        )
        for option, order in orders:
            if order is not None and sorted(order) != list(range(len(order))):
                raise SpatialError(
                    f"{self.name}: {option} names each dimension once, 0 to {len(order) - 1}, got "
                    f"{', '.join(map(str, order))}"
                )

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Tile the kernels, the reductions inside first."""
        for kernel in self._kernels(op):
            for reduce in [inner for inner in kernel.walk() if isinstance(inner, ReduceOp)]:
                self._tile(kernel, reduce, self.reduce_sizes, self.reduce_interchange)
            self._tile(kernel, kernel, self.sizes, self.interchange)

    def _kernels(self, module: ModuleOp) -> list[MapOp]:
        found = [
            op
            for op in module.walk()
            if isinstance(op, MapOp) and not isinstance(op.parent_op(), DomainOp)
        ]
        if self.kernel is None:
            return found
        chosen: list[MapOp] = []
        for name in (given.strip().lstrip("%") for given in self.kernel):
            named = [k for k in found if any(r.name_hint == name for r in k.results)]
            if not named:
                hints = [r.name_hint for k in found for r in k.results if r.name_hint]
                close = get_close_matches(name, hints, 1)
                raise SpatialError(
                    f"{self.name}: there is no map with a result %{name}"
                    + (f", did you mean %{close[0]}?" if close else "")
                    + f"; there are {', '.join(f'%{hint}' for hint in hints) or 'none'}"
                )
            chosen += [kernel for kernel in named if kernel not in chosen]
        return chosen

    def _tile(
        self,
        kernel: MapOp,
        op: MapOp | ReduceOp,
        sizes: Sequence[int | str] | None,
        interchange: Sequence[int] | None,
    ) -> None:
        if sizes is None and interchange is None:
            return
        option = "sizes" if isinstance(op, MapOp) else "reduce-sizes"
        reason = None if sizes is None else legality.bad_sizes(op, sizes, option)
        if reason is None:
            cut = None if sizes is None else [s if isinstance(s, int) else None for s in sizes]
            tiled = TiledDomain.of(op.domain, cut, interchange)
            reason = (
                legality.bad_order(op, tiled, option.replace("sizes", "interchange"))
                or legality.spread(op)
                or (
                    legality.map_reason(op, tiled)
                    if isinstance(op, MapOp)
                    else legality.reduce_reason(op, tiled, self.reassociate)
                )
            )
            if reason is None:
                remark(self.name, kernel, f"({legality.dimensions_of(op)}) is tiled")
                if isinstance(op, MapOp):
                    tile_map(op, tiled)
                else:
                    tile_reduce(op, tiled)
                return
        if self.kernel is not None:
            raise SpatialError(f"{self.name}: kernel {name_of(kernel.results[0])}: {reason}")
        remark(self.name, kernel, reason)
