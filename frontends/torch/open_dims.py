"""Open dimensions of an exported program, fixed by exporting it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spatial_opt.frontends.dims import OpenShape, fixed_shapes
from spatial_opt.frontends.torch.library import reason, torch
from spatial_opt.frontends.torch.load import quiet
from spatial_opt.machine.errors import SpatialError


def with_fixed_dims(exported: Any, dims: Mapping[str, int]) -> Any:
    """
    Return a program whose inputs have static shapes, the open ones fixed by name or place.

    Raises SpatialError for dimensions that stay open, for names that no dimension has, and for
    numbers that the program was not made for.
    """
    nodes = {node.name: node for node in exported.graph.nodes if node.op == "placeholder"}
    specs = [
        spec for spec in exported.graph_signature.input_specs if spec.kind.name == "USER_INPUT"
    ]
    values = {spec.arg.name: nodes[spec.arg.name].meta.get("val") for spec in specs}
    tensors = {name: value for name, value in values.items() if hasattr(value, "dtype")}
    shapes = fixed_shapes(
        {name: _extents(value) for name, value in tensors.items()}, dims, numbers_stay=True
    )
    if all(isinstance(size, int) for value in tensors.values() for size in value.shape):
        return exported
    zeros = torch().zeros
    given = [
        zeros(shapes[name], dtype=tensors[name].dtype) if name in tensors else spec.arg.value
        for name, spec in zip(values, specs, strict=True)
    ]
    listed = ", ".join(f"{name} of {list(shape)}" for name, shape in shapes.items())
    with quiet():
        try:
            args, kwargs = torch().utils._pytree.tree_unflatten(given, exported.call_spec.in_spec)
            return torch().export.export(exported.module(), args, kwargs, strict=False)
        except Exception as error:  # whatever the program checks of its inputs
            raise SpatialError(
                f"torch can't export the program for {listed}: {reason(error)}; choose other "
                "numbers, or export the module for these"
            ) from error


def _extents(value: Any) -> OpenShape:
    return [size if isinstance(size, int) else str(size) for size in value.shape]
