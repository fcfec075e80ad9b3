"""Access relations as text, one per line; the part in braces is isl's syntax."""

from __future__ import annotations

from collections.abc import Sequence

import islpy as isl
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.polyhedral.accesses import Access, Kind, accesses
from spatial_opt.passes.polyhedral.loops import distinct_names

_LONGEST = 240


def access_lines(module: ModuleOp) -> list[str]:
    """
    Write all accesses: `kernel: kind { [indices] -> tensor[coordinates] : … } at [time]`.

    Raises `SpatialError` if there are none but of results.
    """
    found = accesses(module)
    if all(access.statement == "return" for access in found):
        raise SpatialError(
            "the module has no accesses of the pattern dialect to print; run "
            "convert-rnn-to-pattern first, and convert-pattern-to-spatial after"
        )
    return [access_line(access) for access in found]


def access_line(access: Access) -> str:
    """Write one access."""
    names = access.loops.names
    elements = access.relation.dim(isl.dim_type.in_) - len(names)
    inputs = (*names, *(f"e{n}" for n in range(elements)))
    tensor = distinct_names([access.tensor.name_hint], "value")[0]
    relation = _named(access.relation, inputs).set_tuple_name(isl.dim_type.out, tensor)
    if access.kind is Kind.GATHER:
        text = str(relation)
    else:
        text = str(relation.as_pw_multi_aff())
    return f"{access.statement}: {access.kind.value} {text} at [{', '.join(map(str, access.when))}]"


def _named(relation: isl.Map, names: Sequence[str]) -> isl.Map:
    for position, name in enumerate(names):
        relation = relation.set_dim_name(isl.dim_type.in_, position, name)
    return relation


def points_text(points: isl.Set, names: Sequence[str]) -> str:
    """Write the first point of a set that is not empty, and the set, shortened if it is long."""
    first = points.lexmin().sample_point()
    values = [
        f"{name} = {first.get_coordinate_val(isl.dim_type.set, position).to_python()}"
        for position, name in enumerate(names)
    ]
    named = points.coalesce()
    for position, name in enumerate(names):
        named = named.set_dim_name(isl.dim_type.set, position, name)
    text = str(named)
    text = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return f"{', '.join(values)} of {text}"
