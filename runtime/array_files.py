"""Arrays by name from `.npz` and `.safetensors` files, and to them."""

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import safetensors.numpy
from safetensors import SafetensorError, safe_open

from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.formats import Array

_AGAIN = "if it was cut short or damaged, save or copy it again"
_EXTENDED: dict[str, Any] = {
    "BF16": ml_dtypes.bfloat16,
    "F8_E4M3": ml_dtypes.float8_e4m3fn,
    "F8_E5M2": ml_dtypes.float8_e5m2,
}


def load_arrays(path: str | Path) -> dict[str, Array]:
    """
    Load the arrays of a `.npz` or `.safetensors` file by name.

    Raises `SpatialError` with one sentence when the file is missing, of another kind, corrupt, or
    holds Python objects (which would run code on loading).
    """
    path = Path(path)
    if path.is_dir():
        raise SpatialError(f"{path} is a folder; name a .npz or .safetensors file in it")
    if not path.is_file():
        near = sorted(other.name for other in path.parent.glob(f"*{path.suffix}"))
        hint = f"; that folder has {', '.join(near[:5])}" if near else ""
        raise SpatialError(f"there is no file {path}{hint}")
    match path.suffix:
        case ".npz":
            return _load_npz(path)
        case ".safetensors":
            return _load_safetensors(path)
        case _:
            raise SpatialError(
                f"{path} is neither .npz nor .safetensors; save the arrays as one of them"
            )


def _load_npz(path: Path) -> dict[str, Array]:
    _check_zip(path)
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except ValueError as error:
        if "pickle" in str(error).lower():
            raise SpatialError(
                f"{path} holds Python objects, which are not loaded; "
                "save arrays of numbers with numpy.savez"
            ) from None
        raise SpatialError(
            f"{path} can't be read as .npz: {_first_line(error)}; {_AGAIN}"
        ) from None
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, KeyError, AttributeError) as error:
        raise SpatialError(
            f"{path} can't be read as .npz: {_first_line(error)}; {_AGAIN}"
        ) from None


def _check_zip(path: Path) -> None:
    """Refuse what isn't a zip archive, which a `.npz` file is, by its first bytes."""
    try:
        with path.open("rb") as file:
            start = file.read(6)
    except OSError as error:
        raise SpatialError(
            f"{path} can't be read: {error.strerror}; check its permissions"
        ) from None
    if start == b"\x93NUMPY":
        raise SpatialError(
            f"{path} is a single array without a name (.npy); save it with numpy.savez(file, x=...)"
        )
    if not start.startswith(b"PK"):
        what = f"starts with {start!r}" if start else "is empty"
        raise SpatialError(
            f"{path} {what}, so it is no .npz file; save the arrays with numpy.savez"
        )


def _load_safetensors(path: Path) -> dict[str, Array]:
    opened: Any = safe_open
    try:
        with opened(str(path), framework="np") as archive:
            return {name: _tensor(path, archive, name) for name in archive.keys()}
    except (SafetensorError, OSError, ValueError) as error:
        if isinstance(error, SpatialError):
            raise
        raise SpatialError(
            f"{path} can't be read as .safetensors: {_first_line(error)}; {_AGAIN}"
        ) from None


def _tensor(path: Path, archive: Any, name: str) -> Array:
    try:
        return archive.get_tensor(name)
    except (TypeError, AttributeError, KeyError):
        return _extended_tensor(path, archive, name)


def _extended_tensor(path: Path, archive: Any, name: str) -> Array:
    """Read a tensor whose dtype the library's numpy side doesn't know, from the file's bytes."""
    import json

    described = archive.get_slice(name)
    dtype = _EXTENDED.get(str(described.get_dtype()))
    if dtype is None:
        raise SpatialError(
            f"tensor {name!r} of {path} holds {described.get_dtype()}, which is not supported; "
            "store it as F32"
        )
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        start, end = json.loads(file.read(length))[name]["data_offsets"]
        file.seek(8 + length + start)
        data = file.read(end - start)
    return np.frombuffer(data, dtype).reshape(described.get_shape()).astype(np.float32)


def check_suffix(path: str | Path) -> None:
    """Raise SpatialError if `save_arrays` knows no format for the path's suffix."""
    if Path(path).suffix not in (".npz", ".safetensors"):
        raise SpatialError(f"{path} is neither .npz nor .safetensors; use one of these suffixes")


def save_arrays(path: str | Path, arrays: Mapping[str, Array]) -> None:
    """Save arrays by name as `.npz` or `.safetensors`, going by the suffix."""
    path = Path(path)
    check_suffix(path)
    if path.suffix == ".npz":
        plain: dict[str, Any] = dict(arrays)
        with path.open("wb") as file:
            np.savez(file, **plain)
    else:
        save: Any = getattr(safetensors.numpy, "save_file")
        save({name: np.ascontiguousarray(value) for name, value in arrays.items()}, str(path))


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
