"""What the initial contents of a memory must keep to."""

from __future__ import annotations

from xdsl.dialects.builtin import AffineMapAttr, TensorType
from xdsl.utils.exceptions import VerifyException

from spatial_opt.dialects.spatial_attributes import (
    InitAttr,
    InputInitAttr,
    ParameterInitAttr,
    TableInitAttr,
    ZeroInitAttr,
    parameter_parts,
)


def verify_contents(init: InitAttr, held: TensorType) -> None:
    """A table has rank 1; maps and shapes of sources fit what is held."""
    rank = held.get_num_dims()
    if isinstance(init, ZeroInitAttr):
        return
    if isinstance(init, TableInitAttr):
        if rank != 1:
            raise VerifyException(f"a table has rank 1, got {held}")
        if init.low.value.data >= init.high.value.data:
            raise VerifyException(
                f"a table goes from low to high, got from {init.low.value.data} to "
                f"{init.high.value.data}"
            )
        return
    for part in parameter_parts(init) or (init,):
        if isinstance(part, ParameterInitAttr | InputInitAttr):
            _verify_source(part, rank)


def _verify_source(init: ParameterInitAttr | InputInitAttr, rank: int) -> None:
    if isinstance(init.map, AffineMapAttr) and init.map.data.num_dims != rank:
        raise VerifyException(
            f"the map of the initial contents is over {init.map.data.num_dims} dimensions, "
            f"but the memory holds rank {rank}"
        )
    sizes = init.source_shape
    if sizes is None:
        return
    if any(size < 1 for size in sizes):
        raise VerifyException(f"the sizes of a source are 1 or more, got {list(sizes)}")
    taken = len(init.map.data.results) if isinstance(init.map, AffineMapAttr) else rank
    if len(sizes) != taken:
        raise VerifyException(
            f"the source of the initial contents has the shape {list(sizes)} of rank "
            f"{len(sizes)}, but the memory takes a tensor of rank {taken}"
        )
