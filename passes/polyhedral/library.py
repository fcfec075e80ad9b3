"""The integer set library: whether it is there, and one sentence if it is not."""

from importlib.util import find_spec

from spatial_opt.machine.errors import SpatialError


def has_isl() -> bool:
    """Return whether islpy can be imported."""
    return find_spec("islpy") is not None


def require_isl(who: str) -> None:
    """Raise `SpatialError` unless islpy can be imported; `who` needs it."""
    if not has_isl():
        raise SpatialError(
            f"{who} needs the package islpy, which is not installed; it has wheels for Linux and "
            "macOS, elsewhere `pip install islpy` builds it with a C++ compiler"
        )
