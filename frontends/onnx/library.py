"""
The parts of the package onnx that the front end uses, found when they are first used.

onnx is an extra. Its interface is reached through here alone, as values of unknown type.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from spatial_opt.machine.errors import SpatialError

OLDEST_OPSET = 7
"""Older opsets broadcast otherwise and lack most of what is read here."""


@cache
def onnx() -> Any:
    """Return the package; raises SpatialError that says what to install if it is not there."""
    try:
        found: ModuleType = import_module("onnx")
        found.numpy_helper
    except (ImportError, AttributeError):
        raise SpatialError(
            "reading ONNX models needs the package onnx, which is not installed; "
            "pip install 'spatial-opt[onnx]'"
        ) from None
    return found


def part(name: str) -> Any:
    """Return a module of the package, such as `checker`."""
    onnx()
    return import_module(f"onnx.{name}")


def newest_opset() -> int:
    """Return the newest opset that the installed package knows."""
    return int(onnx().defs.onnx_opset_version())


def reason(error: BaseException) -> str:
    """Return what the package says of a model, on one line and without where it says it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    kept = [line for line in lines if not line.startswith("==>")]
    return " ".join(kept or lines or [type(error).__name__]).rstrip(".")
