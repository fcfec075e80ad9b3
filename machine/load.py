"""Read machine descriptions from TOML and convert them to and from flat dictionaries."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from math import isfinite
from pathlib import Path
from typing import Any, cast, get_args, get_origin, get_type_hints

from spatial_opt.machine.description import DEFAULT_OP, Machine
from spatial_opt.machine.errors import SpatialError
from spatial_opt.machine.vocabulary import FORMATS, OPERATIONS

Figure = int | float | str | bool | list[str]
"""One entry of a flat machine dictionary."""

_OP_LATENCY = "op_latency_cycles."
_ADD = "add it, every figure must be given"
_OPTIONAL = ("relaxed", "ag.columns")
_TYPE_NAMES = {int: "an integer", float: "a number", bool: "true or false", str: "a string"}

_PORTS = tuple(f"{kind}_{way}puts" for kind in ("vector", "scalar") for way in ("in", "out"))
LIMITS = (
    *(f"pcu.{name}" for name in ("lanes", "stages", "registers_per_stage", *_PORTS)),
    *(f"pmu.{name}" for name in ("capacity_bytes", "banks", "read_ports", "write_ports", *_PORTS)),
    *(f"pmu.control_{way}puts" for way in ("in", "out")),
    *(f"network.{kind}_links" for kind in ("vector", "scalar", "control")),
    "ag.count",
    "controller.per_switch",
)
"""Figures that something is checked against and that may be relaxed; the others describe."""


def known_machines() -> list[str]:
    """List the names of the descriptions that come with spatial-opt."""
    folder = files("spatial_opt.machine") / "descriptions"
    return sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if _is_toml(f.name))


def load_machine(name_or_path: str | Path) -> Machine:
    """
    Load a machine by the name of a shipped description or the path of a TOML file.

    Raises `SpatialError` naming the file, the key and the nearest valid key.
    """
    text = str(name_or_path)
    if _is_toml(text):
        try:
            content = Path(text).read_text(encoding="utf-8")
        except OSError as e:
            raise SpatialError(
                f"cannot read machine file {text}: {e.strerror}; give the path of a .toml file or "
                f"one of {', '.join(known_machines())}"
            ) from e
        except UnicodeDecodeError as e:
            raise SpatialError(
                f"machine file {text} is not UTF-8 text ({e.reason} at byte {e.start}); save it "
                "as UTF-8"
            ) from e
        return _parse(content, text, need_sources=False)
    if text not in known_machines():
        raise SpatialError(
            f"unknown machine '{text}'{_nearest(text, known_machines())}; "
            f"known machines are {', '.join(known_machines())}, or give the path of a .toml file"
        )
    shipped = files("spatial_opt.machine") / "descriptions" / f"{text}.toml"
    return _parse(shipped.read_text(encoding="utf-8"), f"{text}.toml", need_sources=True)


def machine_to_dict(machine: Machine) -> dict[str, Figure]:
    """Flatten a machine to dotted keys; `relaxed` is left out when empty."""
    figures: dict[str, Figure] = {}
    _flatten(machine, "", figures)
    if not machine.relaxed:
        del figures["relaxed"]
    return figures


def machine_from_dict(figures: Mapping[str, Any], origin: str = "machine description") -> Machine:
    """
    Rebuild and check a machine from dotted keys.

    `origin` names the file in messages. Raises `SpatialError` for unknown or missing keys,
    wrong types and figures out of range.
    """
    types = machine_keys()
    for key in figures:
        if key not in types and not key.startswith(_OP_LATENCY):
            raise SpatialError(f"{origin}: unknown key '{key}'{_nearest(key, types)}")
    values: dict[str, Any] = {}
    for key, kind in types.items():
        if key in figures:
            values[key] = _convert(figures[key], kind, key, origin)
        elif key not in _OPTIONAL:
            raise SpatialError(f"{origin}: key '{key}' is missing; {_ADD}")
    latency = {
        key.removeprefix(_OP_LATENCY): _convert(value, int, key, origin)
        for key, value in figures.items()
        if key.startswith(_OP_LATENCY)
    }
    if DEFAULT_OP not in latency:
        raise SpatialError(f"{origin}: key '{_OP_LATENCY}{DEFAULT_OP}' is missing; {_ADD}")
    machine = cast(Machine, _build(Machine, "", values, {"op_latency_cycles": latency}, origin))
    _check(machine, origin)
    return machine


@cache
def machine_keys() -> Mapping[str, Any]:
    """Map every dotted key except the operation latencies to its Python type."""
    return dict(_leaves(Machine, ""))


def _is_toml(name: str) -> bool:
    return name.endswith(".toml")


def _nearest(word: str, known: Iterable[str]) -> str:
    close = get_close_matches(word, list(known), 1, 0.5)
    return f", did you mean '{close[0]}'?" if close else ""


def _parse(content: str, origin: str, need_sources: bool) -> Machine:
    try:
        tables = tomllib.loads(content)
    except tomllib.TOMLDecodeError as e:
        raise SpatialError(f"{origin} is not valid TOML: {e}") from e
    sources: object = tables.pop("sources", {})
    if not isinstance(sources, dict):
        raise SpatialError(f"{origin}: 'sources' must be a table of strings")
    figures = dict(_dotted(tables, ""))
    cited = dict(_dotted(cast(dict[str, Any], sources), ""))
    for key, source in cited.items():
        if key not in figures:
            raise SpatialError(f"{origin}: sources.{key} names no figure{_nearest(key, figures)}")
        if not isinstance(source, str):
            raise SpatialError(f"{origin}: sources.{key} must be a string, got {source!r}")
    if need_sources:
        for key in figures:
            if key != "name" and not str(cited.get(key, "")).strip():
                raise SpatialError(f"{origin}: figure '{key}' has no entry in [sources]")
    return machine_from_dict(figures, origin)


def _dotted(table: Mapping[str, Any], prefix: str) -> Iterable[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _dotted(cast(dict[str, Any], value), f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _leaves(part: type, prefix: str) -> Iterable[tuple[str, Any]]:
    for name, kind in get_type_hints(part).items():
        if is_dataclass(kind):
            yield from _leaves(cast(type, kind), f"{prefix}{name}.")
        elif name != "op_latency_cycles":
            yield prefix + name, kind


def _flatten(part: Any, prefix: str, figures: dict[str, Figure]) -> None:
    for f in fields(part):
        value = getattr(part, f.name)
        if is_dataclass(value):
            _flatten(value, f"{prefix}{f.name}.", figures)
        elif isinstance(value, Mapping):
            latencies = cast(Mapping[str, int], value)
            figures.update({f"{prefix}{f.name}.{op}": n for op, n in sorted(latencies.items())})
        else:
            figures[prefix + f.name] = (
                list(cast(tuple[str, ...], value)) if isinstance(value, tuple) else value
            )


def _convert(value: Any, kind: Any, key: str, origin: str) -> Any:
    """Check a figure's type; an integer may stand for a float."""
    if get_origin(kind) is tuple:
        if isinstance(value, list | tuple):
            items = tuple(cast(Iterable[Any], value))
            if all(isinstance(item, str) for item in items):
                return items
        wanted = "a list of strings"
    elif choices := get_args(kind):
        if value in choices:
            return value
        wanted = " or ".join(repr(choice) for choice in choices)
    else:
        if kind is float and type(value) is int:
            return float(value)
        if type(value) is kind:
            return value
        wanted = _TYPE_NAMES[kind]
    raise SpatialError(f"{origin}: '{key}' must be {wanted}, got {value!r}")


def _build(
    part: type, prefix: str, values: Mapping[str, Any], extra: dict[str, Any], origin: str
) -> object:
    """Make one dataclass of the description out of dotted keys, checking lower limits."""
    arguments: dict[str, Any] = dict(extra)
    hints = get_type_hints(part)
    for f in fields(part):
        key = prefix + f.name
        kind = hints[f.name]
        if is_dataclass(kind):
            arguments[f.name] = _build(cast(type, kind), f"{key}.", values, {}, origin)
        elif key in values:
            value = values[key]
            if "low" in f.metadata and not value >= f.metadata["low"]:
                raise SpatialError(
                    f"{origin}: '{key}' must be at least {f.metadata['low']}, got {value}"
                )
            if isinstance(value, float) and not isfinite(value):
                raise SpatialError(f"{origin}: '{key}' must be finite, got {value}")
            arguments[f.name] = value
    return part(**arguments)


def _check(machine: Machine, origin: str) -> None:
    """Check what relates several figures."""
    pattern = machine.grid.pattern
    rows = [row.split() for row in pattern]
    if not rows or any(not row or set(row) - {"pcu", "pmu"} for row in rows):
        raise SpatialError(
            f"{origin}: each string of 'grid.pattern' must list pcu or pmu separated by blanks, "
            f"got {list(pattern)}"
        )
    if len({len(row) for row in rows}) > 1:
        raise SpatialError(
            f"{origin}: the rows of 'grid.pattern' must be equally long, got {list(pattern)}"
        )
    if machine.pcu.word_bits % 8:
        raise SpatialError(
            f"{origin}: 'pcu.word_bits' must be a multiple of 8, got {machine.pcu.word_bits}"
        )
    for name in machine.formats:
        if name not in FORMATS:
            raise SpatialError(
                f"{origin}: 'formats' lists '{name}', which is no format{_nearest(name, FORMATS)}; "
                f"formats are {', '.join(FORMATS)}"
            )
    for op, cycles in machine.op_latency_cycles.items():
        if op != DEFAULT_OP and op not in OPERATIONS:
            hint = _nearest(op, (DEFAULT_OP, *OPERATIONS))
            raise SpatialError(
                f"{origin}: key '{_OP_LATENCY}{op}' names no operation of a compute unit"
                f"{hint or '; operations are ' + ', '.join(OPERATIONS)}"
            )
        if cycles < 1:
            raise SpatialError(f"{origin}: '{_OP_LATENCY}{op}' must be at least 1, got {cycles}")
    for limit in machine.relaxed:
        if limit not in LIMITS:
            hint = _nearest(limit, LIMITS) or f"; limits are {', '.join(LIMITS)}"
            raise SpatialError(f"{origin}: cannot relax '{limit}', which names no limit{hint}")
