"""Numbers of points."""

from __future__ import annotations

import islpy as isl


def count_points(points: isl.Set | isl.Map) -> int:
    """
    Count the points of a set, or the pairs of a relation.

    Raises `ValueError` for one that is unbounded or has parameters: isl counts 0 there, silently.
    """
    found = points.wrap() if isinstance(points, isl.Map) else points
    parameters = found.dim(isl.dim_type.param)
    if parameters:
        raise ValueError(
            f"only sets without parameters can be counted, got {parameters} in {found}"
        )
    if not found.is_bounded():
        raise ValueError(f"only bounded sets can be counted, got {found}")
    count = found.count_val().to_python()
    if (count == 0) != found.is_empty():
        raise RuntimeError(f"isl counts {count} points in {found}, this is a bug")
    return count
