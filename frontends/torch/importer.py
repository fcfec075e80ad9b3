"""Read a module of PyTorch, or what `torch.export` made of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from xdsl.utils.exceptions import VerifyException

from spatial_opt.frontends.errors import sentence_of
from spatial_opt.frontends.graph.graph import Graph
from spatial_opt.frontends.graph.program import Program
from spatial_opt.frontends.graph.tensor import Kind, Tensor
from spatial_opt.frontends.torch.library import constant_of, reason, torch
from spatial_opt.frontends.torch.load import load_program, quiet
from spatial_opt.frontends.torch.open_dims import with_fixed_dims
from spatial_opt.frontends.torch.reader import Reader
from spatial_opt.frontends.torch.table import is_handled
from spatial_opt.machine.errors import SpatialError


def import_module(
    module: Any, args: Sequence[Any], kwargs: Mapping[str, Any] | None = None
) -> Program:
    """
    Read a `torch.nn.Module`, exported with example arguments whose shapes hold from then on.

    Raises SpatialError, with the node where there is one, for whatever can't be read.
    """
    with quiet():
        try:
            exported = torch().export.export(module, tuple(args), dict(kwargs or {}), strict=False)
        except Exception as error:
            raise SpatialError(
                f"torch.export does not take the module: {reason(error)}; see that "
                "torch.export.export(module, args, strict=False) works"
            ) from error
    return import_exported(exported)


def import_file(path: Path, dims: Mapping[str, int] | None = None) -> Program:
    """Read a `.pt2` file; `dims` fixes dimensions that the export left open, by name or place."""
    try:
        return import_exported(load_program(path), dims)
    except SpatialError as error:
        raise SpatialError(f"{path}: {error}") from None


def import_exported(exported: Any, dims: Mapping[str, int] | None = None) -> Program:
    """Read a `torch.export.ExportedProgram`; `dims` fixes dimensions that it leaves open."""
    exported = _functional(with_fixed_dims(exported, dims or {}))
    signature, graph = exported.graph_signature, Graph()
    changed = [*signature.buffers_to_mutate.values(), *signature.user_inputs_to_mutate.values()]
    if changed:
        raise SpatialError(
            f"the program changes {', '.join(map(repr, changed))}, and a configuration keeps "
            "nothing from run to run; call module.eval(), or hand states in and out as tensors"
        )
    stored = {**exported.state_dict, **exported.constants}
    placeholders = [node for node in exported.graph.nodes if node.op == "placeholder"]
    given = [
        _given(graph, spec, node, stored)
        for spec, node in zip(signature.input_specs, placeholders, strict=True)
    ]
    outputs = Reader(graph).run(exported.graph_module, given)
    names = _output_names(signature, outputs)
    if not names:
        raise SpatialError("the program gives no tensor, so there is nothing to run; return one")
    try:
        program = graph.finish(list(zip(names, outputs, strict=True)))
        program.module.verify()
    except VerifyException as error:
        raise SpatialError(sentence_of(error)) from error
    return program


def _functional(exported: Any) -> Any:
    """Return the program without operations in place; layers stay whole."""
    with quiet():
        try:
            return exported.run_decompositions(_decompositions())
        except Exception as error:
            raise SpatialError(
                f"torch can't write the program without operations in place: {reason(error)}; "
                "avoid them in the module"
            ) from error


def _decompositions() -> Any:
    """Return what torch writes by others: the operators that have no handler here."""
    found = torch().export.default_decompositions()
    for operator in list(found):
        if is_handled(str(operator)):
            del found[operator]
    return found


def _given(graph: Graph, spec: Any, node: Any, stored: Mapping[str, Any]) -> Any:
    """Return what a program is given: a parameter, an input, or a value of the export."""
    kind = spec.kind.name
    if kind in ("PARAMETER", "BUFFER", "CONSTANT_TENSOR"):
        _tell_of_precision(graph, stored[spec.target])
        return constant_of(spec.target, stored[spec.target])
    if kind == "USER_INPUT" and type(spec.arg).__name__ == "ConstantArgument":
        return spec.arg.value
    if kind == "USER_INPUT" and hasattr(node.meta.get("val"), "dtype"):
        return _input(graph, node.name, node.meta["val"])
    raise SpatialError(
        f"input {node.name!r} is no tensor (a {kind.lower().replace('_', ' ')}); hand tensors to "
        "the module"
    )


def _output_names(signature: Any, outputs: Sequence[Tensor]) -> list[str]:
    """Return names of the outputs, each once: those of the nodes that compute them."""
    specs = [spec for spec in signature.output_specs if getattr(spec.arg, "value", 0) is not None]
    names: list[str] = []
    for spec, tensor in zip(specs, outputs, strict=True):
        # A node that takes one of several results has no telling name.
        given = spec.arg.name or "output"
        base = tensor.name if given.startswith("getitem") else given
        name, number = base, 0
        while name in names:
            number += 1
            name = f"{base}.{number}"
        names.append(name)
    return names


def _input(graph: Graph, name: str, value: Any) -> Tensor:
    dtype = str(value.dtype).removeprefix("torch.")
    if value.dtype.is_complex:
        raise SpatialError(
            f"input {name!r} holds complex numbers, which are not computed in; hand in their two "
            "parts"
        )
    shape = tuple(int(size) for size in value.shape)
    if value.dtype.is_floating_point:
        _tell_of_precision(graph, value)
        return graph.input(name, shape, Kind.FLOAT)
    return graph.input(name, shape, Kind.BOOLEAN if dtype == "bool" else Kind.INTEGER)


def _tell_of_precision(graph: Graph, tensor: Any) -> None:
    dtype = str(tensor.dtype).removeprefix("torch.")
    if tensor.dtype.is_floating_point and dtype != "float32":
        graph.note(f"{dtype} is computed in 32-bit floats")
