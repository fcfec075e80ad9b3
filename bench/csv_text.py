"""The rows of a benchmark run as CSV."""

import csv
from io import StringIO
from typing import Any


def csv_text(document: dict[str, Any]) -> str:
    """
    Write one line per row, with a header; what a refused row has not is empty.

    `bounds`, `causes` and `bytes_by_cause` become a column for each of their parts; of `resources`
    the units in use stay.
    """
    rows = [_flat(row) for row in document["rows"]]
    names = list(dict.fromkeys(name for row in rows for name in row))
    stream = StringIO()
    writer = csv.DictWriter(stream, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if name in ("bounds", "causes", "resources", "bytes_by_cause"):
            nested: dict[str, Any] = value or {}
            flat |= {_column(name, part): _amount(found) for part, found in nested.items()}
        elif name in ("factors", "strict_factors"):
            flat[name] = " + ".join(map(_factors, value or ()))
        elif name == "relaxed":
            flat[name] = " ".join(value)
        else:
            flat[name] = value
    return flat


def _column(name: str, part: str) -> str:
    if name == "bytes_by_cause":
        return f"bytes_{part}"
    return f"{part}_used" if name == "resources" else f"{name.removesuffix('s')}_{part}"


def _amount(found: float | dict[str, int]) -> float:
    return found["used"] if isinstance(found, dict) else found


def _factors(factors: dict[str, int]) -> str:
    return " ".join(f"{name}={factor}" for name, factor in factors.items())
