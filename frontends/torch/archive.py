"""The archive that a `.pt2` file is: whether it is whole, and what it says of itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any, cast
from zipfile import ZipFile

from spatial_opt.machine.errors import SpatialError

AGAIN = "export the module again with torch.export.save"
"""The remedy for most of what can be wrong."""
_CONFIGS = ("data/weights/model_weights_config.json", "data/constants/model_constants_config.json")


def check_archive(path: Path) -> dict[str, Any]:
    """
    Return what an archive says of its program.

    torch itself takes records of other lengths and contents than were written. Raises SpatialError
    for a file that is no archive, that is damaged, or that holds no program.
    """
    try:
        with ZipFile(path) as archive:
            broken = archive.testzip()
            described = _description(archive)
            short = next(_records_of_other_size(archive), None)
    except Exception as error:  # zipfile raises a dozen kinds for damaged headers
        if isinstance(error, SpatialError | MemoryError):
            raise
        raise SpatialError(
            f"it is no file of torch.export.save, or was cut short or damaged; {AGAIN}"
        ) from None
    if broken is not None:
        raise SpatialError(f"its part {broken} is damaged; copy the file again, or {AGAIN}")
    if described is None:
        raise SpatialError(
            "it is an archive without an exported program, as torch.save writes; save the program "
            "with torch.export.save"
        )
    if short is not None:
        raise SpatialError(f"{short}; copy the file again, or {AGAIN}")
    return described


def format_version(described: dict[str, Any]) -> str:
    """Return the version of the format that a program says it has."""
    version: Any = described["schema_version"]
    try:
        return f"{version['major']}.{version['minor']}"
    except (KeyError, TypeError):
        return "?"


def _description(archive: ZipFile) -> dict[str, Any] | None:
    """Return what an archive says of its program, None if it holds none."""
    for name in archive.namelist():
        found = _json(archive, name) if name.endswith(".json") else None
        if found is not None and "schema_version" in found:
            return found
    return None


def _json(archive: ZipFile, name: str) -> dict[str, Any] | None:
    try:
        found: Any = json.loads(archive.read(name))
    except ValueError:
        return None
    return cast(dict[str, Any], found) if isinstance(found, dict) else None


def _records_of_other_size(archive: ZipFile) -> Iterator[str]:
    """Tell of tensors whose elements do not fill their records."""
    for name in archive.namelist():
        if not name.endswith(_CONFIGS):
            continue
        folder = name.rpartition("/")[0]
        config: Any = (_json(archive, name) or {}).get("config", {})
        for tensor, entry in config.items():
            needed, record = _bytes_of(entry), f"{folder}/{entry['path_name']}"
            there = record in archive.namelist()
            held = archive.getinfo(record).file_size if there else 0
            if needed is not None and (needed > held or not there):
                yield f"its tensor {tensor!r} takes {needed} bytes, of which {held} are there"


_WIDTHS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 2, 7: 4, 8: 8, 12: 1, 13: 2}
"""Bytes of an element by its type's number in the format."""


def _bytes_of(entry: Any) -> int | None:
    """Return the bytes that a record must hold for a tensor, None where that is not told."""
    if entry.get("use_pickle") or not entry.get("tensor_meta"):
        return None
    meta = entry["tensor_meta"]
    width = _WIDTHS.get(meta["dtype"])
    sizes, strides = ([each.get("as_int") for each in meta[key]] for key in ("sizes", "strides"))
    start = meta["storage_offset"].get("as_int")
    if width is None or None in (*sizes, *strides, start):
        return None
    if not prod(sizes):
        return 0
    last = start + sum((n - 1) * stride for n, stride in zip(sizes, strides, strict=True))
    return (last + 1) * width
