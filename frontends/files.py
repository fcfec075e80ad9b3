"""Which files hold networks of other tools, and how one is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from spatial_opt.frontends.graph.program import Program
from spatial_opt.machine.errors import SpatialError


def _onnx(path: Path, dims: Mapping[str, int]) -> Program:
    from spatial_opt.frontends.onnx.importer import import_model

    return import_model(path, dims)


def _torch(path: Path, dims: Mapping[str, int]) -> Program:
    from spatial_opt.frontends.torch.importer import import_file

    return import_file(path, dims)


_READERS: Mapping[str, Callable[[Path, Mapping[str, int]], Program]] = {
    ".onnx": _onnx,
    ".pt2": _torch,
}


def is_network(path: Path) -> bool:
    """Tell whether a file is one that `read_network` reads, going by its suffix."""
    return path.suffix.lower() in _READERS


def read_network(path: Path, dims: Mapping[str, int]) -> Program:
    """
    Read a network; `dims` fixes open dimensions of its inputs by name.

    Raises SpatialError for a suffix that no front end has and for whatever can't be read.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise SpatialError(
            f"{path} is no network of another tool, going by its suffix; they end in "
            f"{', '.join(_READERS)}"
        )
    return reader(path, dims)
