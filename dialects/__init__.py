"""The dialects of spatial-opt by name; a dialect is imported when its factory is called."""

from collections.abc import Callable

from xdsl.ir import Dialect


def _rnn() -> Dialect:
    from spatial_opt.dialects.rnn import Rnn

    return Rnn


def _pattern() -> Dialect:
    from spatial_opt.dialects.pattern import Pattern

    return Pattern


def _spatial() -> Dialect:
    from spatial_opt.dialects.spatial import Spatial

    return Spatial


DIALECTS: dict[str, Callable[[], Dialect]] = {
    "rnn": _rnn,
    "pattern": _pattern,
    "spatial": _spatial,
}
"""Factories of all dialects, by the name before the first dot of their operations."""
