"""Which operators are read, and what to do about those that are not."""

from __future__ import annotations

from collections.abc import Mapping

from spatial_opt.frontends.onnx.call import Handler
from spatial_opt.frontends.onnx.model import Node
from spatial_opt.frontends.onnx.operators.control import CONTROL
from spatial_opt.frontends.onnx.operators.conversion import CONVERSION
from spatial_opt.frontends.onnx.operators.elementwise import ELEMENTWISE
from spatial_opt.frontends.onnx.operators.layout import LAYOUT
from spatial_opt.frontends.onnx.operators.loop import LOOP
from spatial_opt.frontends.onnx.operators.matrix import MATRIX
from spatial_opt.frontends.onnx.operators.normalization import NORMALIZATION
from spatial_opt.frontends.onnx.operators.pooling import POOLING
from spatial_opt.frontends.onnx.operators.recurrent import RECURRENT
from spatial_opt.frontends.onnx.operators.reduction import REDUCTION
from spatial_opt.frontends.onnx.operators.scan import SCAN
from spatial_opt.frontends.onnx.operators.selection import SELECTION

HANDLERS: Mapping[str, Handler] = {
    **RECURRENT,
    **MATRIX,
    **ELEMENTWISE,
    **CONVERSION,
    **LAYOUT,
    **SELECTION,
    **REDUCTION,
    **NORMALIZATION,
    **POOLING,
    **CONTROL,
    **SCAN,
    **LOOP,
}
"""Handlers by operator of the default domain."""

_REMEDIES: Mapping[str, str] = {
    "Mod": "remainders are not computed when the network runs; make them an input of the network",
    "ArgMax": "end the network in front of it, and take the largest score from the result",
    "ArgMin": "end the network in front of it, and take the least score from the result",
    "TopK": "end the network in front of it, and sort the result",
    "NonZero": "the size of its result is known only when it runs; use Where with zeros instead",
    "Compress": "the size of its result is known only when it runs; use Where with zeros instead",
    "Unique": "the size of its result is known only when it runs; take it out of the network",
    "GatherND": "use Gather along one axis at a time",
    "GatherElements": "use Gather along one axis",
    "ScatterND": "use Where or Concat",
    "ScatterElements": "use Where or Concat",
    "ConvTranspose": "use Conv on an input with zeros between its elements",
    "Sin": "make it an input of the network, or a constant",
    "Cos": "make it an input of the network, or a constant",
    "CumSum": "write it as Scan, or as a product with a triangle of ones",
    "QuantizeLinear": "give the network in floats, and choose --format int8 or mixed8 here",
    "DequantizeLinear": "give the network in floats, and choose --format int8 or mixed8 here",
    "DynamicQuantizeLinear": "give the network in floats, and choose --format int8 or mixed8 here",
    "MatMulInteger": "give the network in floats, and choose --format int8 or mixed8 here",
    "QLinearMatMul": "give the network in floats, and choose --format int8 or mixed8 here",
    "QLinearConv": "give the network in floats, and choose --format int8 or mixed8 here",
    "ConvInteger": "give the network in floats, and choose --format int8 or mixed8 here",
}


def has_remedy(node: Node) -> bool:
    """Return whether a node is refused with a remedy of its own."""
    return node.domain not in ("", "ai.onnx") or node.operator in _REMEDIES


def known_remedy(node: Node) -> str:
    """Return why a node is not read, and what would make it work."""
    if node.domain not in ("", "ai.onnx"):
        return (
            f"operators of the domain {node.domain} are not read; export the model without them, "
            "for the opset of ONNX alone"
        )
    remedy = _REMEDIES.get(node.operator)
    if remedy is not None:
        return f"this operator is not read; {remedy}"
    return (
        "this operator is not read; write it with those that are (docs/frontends.md lists them), "
        "or compute it outside of the network"
    )
