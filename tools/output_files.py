"""Output files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from types import TracebackType
from typing import Self


def check_output(path: Path) -> None:
    """
    Raise OSError if `path` can't be written, before the work whose result goes there.

    That is when it is a folder, when its folder does not exist, or is not one, or is protected.
    """
    folder = path.parent
    if path.is_dir():
        _refuse(errno.EISDIR, path)
    if not folder.is_dir():
        ancestor = next((p for p in folder.parents if p.exists()), folder)
        is_file = folder.exists() or not ancestor.is_dir()
        _refuse(errno.ENOTDIR if is_file else errno.ENOENT, path)
    if not os.access(path if path.exists() else folder, os.W_OK):
        _refuse(errno.EACCES, path)


def check_dump_folder(folder: Path) -> None:
    """Raise OSError if `folder`, which may not exist yet, is a file or lies below one."""
    first = next((p for p in (folder, *folder.parents) if p.exists()), None)
    if first is not None and not first.is_dir():
        _refuse(errno.ENOTDIR, folder)


def _refuse(number: int, path: Path) -> None:
    raise OSError(number, os.strerror(number), str(path))


class OutputFiles:
    """
    Files that are written under temporary names and moved into place together.

    Used as a context: what `commit` has not moved when it ends is removed.
    """

    def __init__(self) -> None:
        self._pending: list[tuple[Path, Path]] = []

    def __enter__(self) -> Self:
        """Start with no files."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Remove the temporary files that are left."""
        for temporary, _ in self._pending:
            temporary.unlink(missing_ok=True)

    def temporary(self, path: Path) -> Path:
        """
        Give the name to write in place of `path`: beside it, with the same suffix.

        A device or a pipe is written directly, and a link stays one. Raises OSError where
        `check_output` does.
        """
        check_output(path)
        if path.exists() and not path.is_file():
            return path
        path = path.resolve()
        temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
        try:
            temporary.touch()
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(path)) from None
        self._pending.append((temporary, path))
        return temporary

    def commit(self) -> None:
        """Move all files into place, keeping the permissions of those they replace."""
        for temporary, path in self._pending:
            if path.exists():
                temporary.chmod(path.stat().st_mode & 0o7777)
        while self._pending:
            temporary, path = self._pending[0]
            temporary.replace(path)
            del self._pending[0]
