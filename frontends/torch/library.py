"""
The package torch, found when it is first used.

torch is an extra. Its interface is reached through here alone, as values of unknown type.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from spatial_opt.frontends.graph.tensor import Tensor
from spatial_opt.machine.errors import SpatialError


@cache
def torch() -> Any:
    """Return the package; raises SpatialError that says what to install if it is not there."""
    try:
        found: ModuleType = import_module("torch")
        found.export.export
    except (ImportError, AttributeError):
        raise SpatialError(
            "reading PyTorch programs needs the package torch, which is not installed; "
            "pip install 'spatial-opt[torch]'"
        ) from None
    return found


def reason(error: BaseException) -> str:
    """Return what the package says, on one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__).rstrip(".")


def constant_of(name: str, tensor: Any) -> Tensor:
    """Return a torch tensor as a constant; SpatialError for numbers that we can't hold."""
    held = tensor.detach().cpu()
    if held.is_sparse or held.is_quantized:
        raise SpatialError(f"{name!r} is a sparse or quantised tensor; make it a dense one")
    if held.dtype.is_complex:
        raise SpatialError(
            f"{name!r} holds complex numbers, which are not computed in; hold their two parts"
        )
    if held.dtype.is_floating_point:
        held = held.to(torch().float32)
    return Tensor.constant(name, held.contiguous().numpy())
