"""What a part of a memory holds at the start."""

from xdsl.dialects.builtin import AffineMapAttr, NoneAttr
from xdsl.ir import Attribute
from xdsl.ir.affine import AffineMap

from spatial_opt.dialects.spatial import InitAttr, InputInitAttr, ParameterInitAttr, SumInitAttr


def init_of_part(init: InitAttr, origin: AffineMap) -> InitAttr:
    """The initial contents of a part, whose coordinates `origin` takes to those of the whole."""
    if isinstance(init, SumInitAttr):
        parts = [init_of_part(part, origin) for part in init.parts]
        return SumInitAttr.get([part for part in parts if isinstance(part, ParameterInitAttr)])
    if not isinstance(init, ParameterInitAttr | InputInitAttr):
        return init
    whole: Attribute = init.map
    map_ = whole.data.compose(origin) if isinstance(whole, AffineMapAttr) else origin
    scale = None if isinstance(init.scale, NoneAttr) else init.scale.value.data
    if isinstance(init, ParameterInitAttr):
        return ParameterInitAttr.get(init.parameter.data, scale, map_, init.source_shape)
    return InputInitAttr.get(init.input.data, scale, map_, init.source_shape)
