"""The shapes that ONNX itself infers, as a second opinion on those that were made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spatial_opt.frontends.onnx import library
from spatial_opt.machine.errors import SpatialError

_LARGEST_MESSAGE = (1 << 31) - 1


def check_shapes(model: Any, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """
    Compare shapes by name with those that ONNX infers for a model, once its inputs are fixed.

    Raises SpatialError where the model contradicts itself.
    """
    if model.ByteSize() >= _LARGEST_MESSAGE:
        return
    fixed = library.onnx().ModelProto()
    fixed.CopyFrom(model)
    for entry in fixed.graph.input:
        if entry.name in shapes and entry.type.WhichOneof("value") == "tensor_type":
            dims = entry.type.tensor_type.shape.dim
            for dim, extent in zip(dims, shapes[entry.name], strict=True):
                dim.dim_value = extent
    # What the file says of other shapes may still have the open dimensions in it.
    del fixed.graph.value_info[:]
    for entry in fixed.graph.output:
        entry.type.tensor_type.ClearField("shape")
    inference = library.part("shape_inference")
    try:
        inferred = inference.infer_shapes(fixed, check_type=True, strict_mode=True, data_prop=True)
    except Exception as error:  # InferenceError, which is no class of its own in all versions
        raise SpatialError(
            f"ONNX's shape inference finds a fault: {library.reason(error)}; export the model again"
        ) from None
    declared = {entry.name: entry for entry in model.graph.output}
    for entry in [*inferred.graph.value_info, *inferred.graph.output]:
        _compare(entry, shapes, "ONNX infers")
    for entry in declared.values():
        _compare(entry, shapes, "the file declares")


def _compare(entry: Any, shapes: Mapping[str, tuple[int, ...]], who: str) -> None:
    if entry.name not in shapes or entry.type.WhichOneof("value") != "tensor_type":
        return
    type = entry.type.tensor_type
    if not type.HasField("shape"):
        return
    extents = [int(d.dim_value) if d.HasField("dim_value") else None for d in type.shape.dim]
    made = shapes[entry.name]
    fits = len(extents) == len(made) and all(
        extent in (None, size) for extent, size in zip(extents, made, strict=True)
    )
    if not fits:
        listed = [("?" if extent is None else extent) for extent in extents]
        raise SpatialError(
            f"value {entry.name!r} has the shape {list(made)}, but {who} {listed}; the model "
            "contradicts itself, export it again"
        )
