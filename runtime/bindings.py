"""
Where MLIR's own Python bindings are found.

They come under two names: `mlir` in the wheel of the LLVM project, and inside `torch_mlir` on
PyPI. A package of the right name does not suffice (placeholders exist, and some builds leave parts
out), so a candidate counts only if the IR and the execution engine can be imported.
"""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from types import ModuleType

from spatial_opt.machine.errors import SpatialError

PREFIXES = ("mlir", "torch_mlir")


@dataclass(frozen=True)
class Bindings:
    """MLIR's Python bindings: the modules by their names below the prefix."""

    prefix: str
    ir: ModuleType
    execution_engine: ModuleType

    def module(self, name: str) -> ModuleType:
        """Import a further module, such as `passmanager` or `dialects.arith`."""
        return importlib.import_module(f"{self.prefix}.{name}")

    def need(self, purpose: str, names: Sequence[str]) -> None:
        """Raise SpatialError if `ir` lacks any of the names, as that of old versions does."""
        missing = [name for name in names if not hasattr(self.ir, name)]
        if missing:
            raise SpatialError(
                f"{purpose} needs newer MLIR bindings than {self.prefix} has: there is no "
                f"{' and no '.join(missing)}; upgrade it (pip install --upgrade torch-mlir)"
            )


@cache
def find() -> Bindings | None:
    """Find the bindings; None if there are none."""
    for prefix in PREFIXES:
        try:
            ir = importlib.import_module(f"{prefix}.ir")
            execution_engine = importlib.import_module(f"{prefix}.execution_engine")
        except ImportError:
            continue
        return Bindings(prefix, ir, execution_engine)
    return None


def require(
    purpose: str = "native code", otherwise: str = ", or choose the portable engine"
) -> Bindings:
    """
    Find the bindings; raises SpatialError that says what to install if there are none.

    `purpose` is what needs them, `otherwise` ends the sentence with another way, if there is one.
    """
    bindings = find()
    if bindings is None:
        raise SpatialError(
            f"{purpose} needs MLIR's Python bindings, and none were found under the names "
            f"{' and '.join(PREFIXES)}; install torch-mlir (pip install torch-mlir) or the MLIR "
            f"wheel of the LLVM project{otherwise}"
        )
    return bindings
