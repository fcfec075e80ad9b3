"""Load an ONNX file and check it, with one sentence for everything that can be wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from spatial_opt.frontends.onnx import library
from spatial_opt.machine.errors import SpatialError

_LARGEST_MESSAGE = (1 << 31) - 1
"""Bytes of a serialised model, above which protobuf and the checker refuse."""


def load_model(path: Path) -> Any:
    """
    Return the `ModelProto` of a file, with its external data, local functions inlined.

    Raises SpatialError for a file that is no ONNX model, is damaged, lacks external data, or is of
    an opset that is not supported.
    """
    library.onnx()
    if path.is_dir():
        raise SpatialError(f"{path} is a folder; name an .onnx file in it")
    data = path.read_bytes()
    model = _parsed(path, data)
    _check_opsets(path, model)
    _load_external_data(path, model)
    _check(path, model)
    return _inlined(path, model)


def opsets_of(model: Any) -> dict[str, int]:
    """Return the version of each domain of operators that a model uses."""
    return {entry.domain or "": int(entry.version) for entry in model.opset_import}


def _parsed(path: Path, data: bytes) -> Any:
    again = "export or copy it again"
    if not data:
        raise SpatialError(f"{path} is empty, so it is no ONNX model; {again}")
    model = library.onnx().ModelProto()
    try:
        model.ParseFromString(data)
    except Exception as error:  # protobuf's DecodeError, which moves between its versions
        if type(error).__name__ != "DecodeError":
            raise
        raise SpatialError(
            f"{path} is no ONNX model, or was cut short or damaged; {again}"
        ) from None
    if not model.ir_version and not model.graph.node:
        raise SpatialError(f"{path} holds no ONNX graph; {again}")
    return model


def _check_opsets(path: Path, model: Any) -> None:
    versions = opsets_of(model)
    if "" not in versions:
        if "ai.onnx" not in versions:
            raise SpatialError(
                f"{path} does not say which opset of ONNX it uses (opset_import); export it again"
            )
        versions[""] = versions["ai.onnx"]
    version, newest = versions[""], library.newest_opset()
    if version < library.OLDEST_OPSET:
        raise SpatialError(
            f"{path} uses opset {version}, and the oldest one that is read is "
            f"{library.OLDEST_OPSET}; convert it with onnx.version_converter.convert_version"
        )
    if version > newest:
        raise SpatialError(
            f"{path} uses opset {version}, and the installed onnx package knows opsets up to "
            f"{newest}; install a newer one (pip install -U onnx) or export for opset {newest}"
        )


def _load_external_data(path: Path, model: Any) -> None:
    helper = library.part("external_data_helper")
    folder = path.resolve().parent
    for tensor in _tensors(model.graph):
        if not helper.uses_external_data(tensor):
            continue
        info = {entry.key: entry.value for entry in tensor.external_data}
        file = folder / info.get("location", "")
        if not file.is_file():
            raise SpatialError(
                f"{path}: the elements of tensor {tensor.name!r} lie in the file {file}, which "
                "does not exist; put it beside the model"
            )
        _check_extent(path, tensor, file, info)
        try:
            helper.load_external_data_for_tensor(tensor, str(folder))
        except Exception as error:  # ValidationError for links and paths that lead elsewhere
            raise SpatialError(
                f"{path}: the elements of tensor {tensor.name!r} can't be read from {file}: "
                f"{library.reason(error)}; put the file beside the model"
            ) from None
        tensor.data_location = library.onnx().TensorProto.DEFAULT
        del tensor.external_data[:]


def _check_extent(path: Path, tensor: Any, file: Path, info: dict[str, str]) -> None:
    """Check that a file of external data holds the bytes that a tensor says it has there."""
    try:
        start, length = int(info.get("offset", "0")), int(info.get("length", "0"))
    except ValueError:
        raise SpatialError(
            f"{path}: tensor {tensor.name!r} gives no numbers as its place in {file}; export the "
            "model again"
        ) from None
    held = file.stat().st_size
    if start < 0 or length < 0 or start + length > held:
        raise SpatialError(
            f"{path}: tensor {tensor.name!r} lies in bytes {start} to {start + length} of {file}, "
            f"which has {held}; copy that file again, or export the model again"
        )


def _tensors(graph: Any) -> list[Any]:
    """List the tensors of a graph and of those inside."""
    found = list(graph.initializer)
    for node in graph.node:
        for attribute in node.attribute:
            found += [attribute.t] if attribute.HasField("t") else []
            found += list(attribute.tensors)
            for inner in [*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs]:
                found += _tensors(inner)
    return found


def _check(path: Path, model: Any) -> None:
    """Let the package's checker judge the model, unless it is too large for that."""
    try:
        shaped = _with_shapes(model)
    except SpatialError as error:
        raise SpatialError(f"{path}: {error}") from None
    if model.ByteSize() >= _LARGEST_MESSAGE:
        return
    checker = library.part("checker")
    try:
        checker.check_model(shaped)
    except (checker.ValidationError, ValueError, TypeError) as error:
        raise SpatialError(
            f"{path} is no valid ONNX model: {library.reason(error)}; export it again"
        ) from None


def _with_shapes(model: Any) -> Any:
    """
    Return the model without outputs of no shape, which the checker refuses and we can do without.

    Raises SpatialError for inputs of no shape.
    """
    constants = {tensor.name for tensor in model.graph.initializer}
    for entry in model.graph.input:
        if _is_shapeless(entry) and entry.name not in constants:
            raise SpatialError(
                f"input {entry.name!r} has no shape, not even a number of dimensions; export the "
                "model with shapes of its inputs"
            )
    if not any(map(_is_shapeless, model.graph.output)):
        return model
    copy = type(model)()
    copy.CopyFrom(model)
    kept = [entry for entry in model.graph.output if not _is_shapeless(entry)]
    del copy.graph.output[:]
    copy.graph.output.extend(kept)
    return copy


def _is_shapeless(entry: Any) -> bool:
    type = entry.type
    return type.WhichOneof("value") == "tensor_type" and not type.tensor_type.HasField("shape")


def _inlined(path: Path, model: Any) -> Any:
    """Put the bodies of a model's own functions where they are called."""
    if not model.functions:
        return model
    try:
        return library.part("inliner").inline_local_functions(model)
    except (RuntimeError, ValueError) as error:
        raise SpatialError(
            f"{path}: its functions can't be put where they are called: {library.reason(error)}; "
            "export the model without functions"
        ) from None
