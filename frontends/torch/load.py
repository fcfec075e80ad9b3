"""Load `.pt2` files, with one sentence for everything that can be wrong with one."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from spatial_opt.frontends.torch.archive import AGAIN, check_archive, format_version
from spatial_opt.frontends.torch.library import reason, torch
from spatial_opt.machine.errors import SpatialError


@contextmanager
def quiet() -> Generator[None]:
    """Keep torch from telling on standard error what we say in a sentence, or what is no matter."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def load_program(path: Path) -> Any:
    """
    Return the `torch.export.ExportedProgram` of a file.

    Raises SpatialError for a file that is damaged or that torch can't load; it doesn't name the
    file.
    """
    library = torch()
    if path.is_dir():
        raise SpatialError("it is a folder; name a .pt2 file in it")
    try:
        size = path.stat().st_size
    except OSError as error:
        raise SpatialError(
            f"it can't be read: {error.strerror}; name a file that torch.export.save wrote"
        ) from error
    if not size:
        raise SpatialError(f"it is empty; {AGAIN}")
    described = check_archive(path)
    try:
        with quiet():
            program = library.export.load(str(path))
    except Exception as error:
        raise SpatialError(_why_not(described, library, error)) from error
    _check_weights(program)
    return program


def _check_weights(program: Any) -> None:
    """Compare the weights with what the program says of them."""
    nodes = {node.name: node for node in program.graph.nodes if node.op == "placeholder"}
    stored = {**program.state_dict, **program.constants}
    for spec in program.graph_signature.input_specs:
        name = getattr(spec.arg, "name", None)
        told = getattr(nodes[name].meta.get("val"), "shape", None) if name in nodes else None
        held = getattr(stored.get(spec.target), "shape", None)
        if told is not None and held is not None and tuple(told) != tuple(held):
            raise SpatialError(
                f"its weights {spec.target!r} have the shape {list(held)}, and the program takes "
                f"{list(told)}; {AGAIN}"
            )


def _why_not(described: dict[str, Any], library: Any, error: Exception) -> str:
    unknown = _unknown_operator(described, library)
    if unknown is not None:
        return (
            f"torch {library.__version__} has no operator {unknown}; import what brings it and "
            "call spatial_opt.frontends.torch.import_file, or export the module without it"
        )
    written, why = described.get("torch_version", "another version"), reason(error)
    # Of what it only logs, torch says no more than that.
    told = "" if why.startswith(_UNTOLD) else f" ({why})"
    return (
        f"it was written by torch {written} in version {format_version(described)} of the format, "
        f"and torch {library.__version__} can't load it{told}; {AGAIN} of this torch"
    )


_UNTOLD = "We ran into an error when deserializing the saved file"


def _unknown_operator(described: dict[str, Any], library: Any) -> str | None:
    """Return the first operator of a program that torch does not have."""
    try:
        nodes: Any = described["graph_module"]["graph"]["nodes"]
        names = [str(node["target"]) for node in nodes]
    except (KeyError, TypeError):
        return None
    for name in names:
        start, *path = name.split(".")
        if start != "torch" or not path or path[0] != "ops":
            continue
        found = library
        try:
            for part in path:
                found = getattr(found, part)
        except (AttributeError, RuntimeError):
            return ".".join(path[1:])
    return None
