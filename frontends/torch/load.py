"""Load `.pt2` files, with one sentence for everything that can be wrong with one."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from zipfile import BadZipFile, ZipFile

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

    Raises SpatialError for a file that torch can't load; it doesn't name the file.
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
        raise SpatialError("it is empty; export the module again with torch.export.save")
    try:
        with quiet():
            return library.export.load(str(path))
    except Exception as error:
        raise SpatialError(_why_not(path, library, error)) from error


def _why_not(path: Path, library: Any, error: Exception) -> str:
    again = "export the module again with torch.export.save"
    try:
        with ZipFile(path) as archive:
            described = _description(archive)
    except (BadZipFile, OSError):
        return f"it is no file of torch.export.save, or was cut short or damaged; {again}"
    if described is None:
        return (
            "it is an archive without an exported program, as torch.save writes; save the program "
            "with torch.export.save"
        )
    written = described.get("torch_version", "another version")
    return (
        f"it was written by torch {written} in version {_version(described)} of the format, and "
        f"torch {library.__version__} can't load it ({reason(error)}); {again} of this torch"
    )


def _description(archive: ZipFile) -> dict[str, Any] | None:
    """Return what an archive says of its program, None if it holds none."""
    for name in archive.namelist():
        if not name.endswith(".json"):
            continue
        try:
            found: Any = json.loads(archive.read(name))
        except (ValueError, BadZipFile):
            continue
        if isinstance(found, dict) and "schema_version" in found:
            return cast(dict[str, Any], found)
    return None


def _version(described: dict[str, Any]) -> str:
    version: Any = described["schema_version"]
    try:
        return f"{version['major']}.{version['minor']}"
    except (KeyError, TypeError):
        return "?"
