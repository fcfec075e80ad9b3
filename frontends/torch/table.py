"""Which operators are read, and what to do about those that are not."""

from __future__ import annotations

from collections.abc import Mapping

from spatial_opt.frontends.torch.call import Handler
from spatial_opt.frontends.torch.operators.activations import ACTIVATIONS
from spatial_opt.frontends.torch.operators.elementwise import ELEMENTWISE
from spatial_opt.frontends.torch.operators.layout import LAYOUT
from spatial_opt.frontends.torch.operators.matrix import MATRIX
from spatial_opt.frontends.torch.operators.pieces import PIECES
from spatial_opt.frontends.torch.operators.pooling import POOLING
from spatial_opt.frontends.torch.operators.recurrent import RECURRENT
from spatial_opt.frontends.torch.operators.reduction import REDUCTION

HANDLERS: Mapping[str, Handler] = {
    **RECURRENT,
    **MATRIX,
    **ELEMENTWISE,
    **ACTIVATIONS,
    **LAYOUT,
    **PIECES,
    **POOLING,
    **REDUCTION,
}
"""Handlers by operator of aten, without the name of the overload."""

OF_SHAPES = frozenset(
    {
        "zeros_like",
        "ones_like",
        "full_like",
        "new_zeros",
        "new_ones",
        "new_full",
    }
)
"""Operators that make constants of the shape and kind of a tensor."""

RANDOM = frozenset(
    {
        "bernoulli",
        "native_dropout",
        "multinomial",
        "normal",
        "rand",
        "rand_like",
        "randint",
        "randint_like",
        "randn",
        "randn_like",
        "randperm",
    }
)
"""Operators whose results differ from run to run."""

_REMEDIES: Mapping[str, str] = {
    "argmax": "end the module in front of it, and take the largest score from the result",
    "argmin": "end the module in front of it, and take the least score from the result",
    "topk": "end the module in front of it, and sort the result",
    "sort": "end the module in front of it, and sort the result",
    "nonzero": "the size of its result is known only when it runs; use where with zeros instead",
    "_native_batch_norm_legit": "keep running statistics (track_running_stats), or use layer_norm",
    "_native_batch_norm_legit_functional": "it is in training mode; call module.eval()",
    "_pack_padded_sequence": "give the layer padded sequences",
    "_pad_packed_sequence": "give the layer padded sequences",
    "floor_divide": "divide, then take the floor",
    "index_put": "use where or cat",
    "cumsum": "use torch's scan operator, or a product with a triangle of ones",
    "gather": "use index_select along one dimension",
    "scatter": "use where or cat",
    "sin": "make it an input of the module, or a constant",
    "cos": "make it an input of the module, or a constant",
    "remainder": "make the remainders an input of the module",
    "conv_transpose1d": "convolve an input with zeros between its elements",
    "conv_transpose2d": "convolve an input with zeros between its elements",
}


def base_of(operator: str) -> str:
    """Return the name of an operator of aten alone, nothing for other operators."""
    space, *rest = operator.split(".")
    return rest[0] if space == "aten" and rest else ""


def is_handled(operator: str) -> bool:
    """Tell whether an operator is read or refused as it is, and not by what it consists of."""
    base = base_of(operator)
    return base in HANDLERS or base in OF_SHAPES or base in RANDOM or base in _REMEDIES


def known_remedy(operator: str) -> str:
    """Return why an operator is not read, and what would make it work."""
    base = base_of(operator)
    if base in _REMEDIES:
        return f"this operator is not read; {_REMEDIES[base]}"
    if operator in ("while_loop", "cond", "map_impl"):
        return (
            "this operator is not read; write loops with torch's scan operator, and choices with "
            "where"
        )
    return (
        "this operator is not read; write it with those that are (docs/frontends.md lists them), "
        "or compute it outside of the module"
    )
