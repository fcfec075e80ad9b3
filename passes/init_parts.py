"""What a part of a memory holds at the start."""

from functools import lru_cache

from xdsl.dialects.builtin import AffineMapAttr, NoneAttr
from xdsl.ir import Attribute
from xdsl.ir.affine import AffineExpr, AffineMap

from spatial_opt.dialects.spatial import InitAttr, InputInitAttr, ParameterInitAttr, SumInitAttr


def init_of_part(init: InitAttr, origin: AffineMap) -> InitAttr:
    """The initial contents of a part, whose coordinates `origin` takes to those of the whole."""
    if isinstance(init, SumInitAttr):
        parts = [init_of_part(part, origin) for part in init.parts]
        return SumInitAttr.get([part for part in parts if isinstance(part, ParameterInitAttr)])
    if not isinstance(init, ParameterInitAttr | InputInitAttr):
        return init
    whole: Attribute = init.map
    map_ = _composed(whole.data, origin) if isinstance(whole, AffineMapAttr) else origin
    scale = None if isinstance(init.scale, NoneAttr) else init.scale.value.data
    if isinstance(init, ParameterInitAttr):
        return ParameterInitAttr.get(init.parameter.data, scale, map_, init.source_shape)
    return InputInitAttr.get(init.input.data, scale, map_, init.source_shape)


def _composed(whole: AffineMap, origin: AffineMap) -> AffineMap:
    return AffineMap(origin.num_dims, 0, tuple(_within(expr, origin) for expr in whole.results))


@lru_cache(maxsize=4096)
def _within(expr: AffineExpr, origin: AffineMap) -> AffineExpr:
    """Give an expression over the coordinates of a part; those of many memories are the same."""
    return expr.replace_dims_and_symbols(origin.results, [])
