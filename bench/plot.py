"""A picture of a benchmark run; needs matplotlib, which the extra `plot` installs."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from spatial_opt.machine.errors import SpatialError

SUFFIXES = (".png", ".svg", ".pdf")
_WIDTH = 0.8
"""Of all bars of one problem, whose distance is 1."""
_COLOURS = {
    "published": "C0",
    "Plasticine (published)": "C0",
    "paper": "C1",
    "auto": "C2",
    "unfused": "C3",
    "Xeon (published)": "0.8",
    "V100 (published)": "0.6",
    "Brainwave (published)": "0.4",
}


def check_plot(path: Path) -> None:
    """Raise `SpatialError` where no plot can be drawn, before the work whose figures it shows."""
    if path.suffix.lower() not in SUFFIXES:
        raise SpatialError(
            f"--plot writes {', '.join(SUFFIXES)}, got {str(path)!r}; choose one of these suffixes"
        )
    if find_spec("matplotlib") is None:
        raise SpatialError(
            "--plot needs matplotlib, which is not installed; pip install 'spatial-opt[plot]'"
        )


def draw(document: dict[str, Any], path: Path) -> None:
    """Draw cycles per step, and latencies beside the published ones, both on log scales."""
    matplotlib: Any = import_module("matplotlib")
    matplotlib.use("Agg")
    # Text stays text, and the same figures give the same file.
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "spatial-bench"})
    pyplot: Any = import_module("matplotlib.pyplot")
    figure, (above, below) = pyplot.subplots(2, 1, figsize=(11, 8), layout="constrained")
    names = [f"{entry['cell']}-{entry['H']}" for entry in document["published"]]
    _bars(above, names, cycle_series(document), "cycles per step")
    _bars(below, names, latency_series(document), "latency of a sequence, ms")
    figure.suptitle(f"DeepBench, batch 1, {document['target']}, {document['format']}")
    timeless = {"Date": None} if path.suffix.lower() == ".svg" else {}
    figure.savefig(path, metadata=timeless)
    pyplot.close(figure)


Series = dict[str, list[float | None]]
"""Legend, and one number per problem."""


def cycle_series(document: dict[str, Any]) -> Series:
    """Give the cycles per step: published, ours, and unfused where it was run."""
    series: Series = {"published": _column(document, None, "published_cycles_per_step")}
    for name in document["geomean_by_parameters"]:
        series[name] = _column(document, name, "cycles_per_step")
    if "geomean_speedup_vs_unfused" in document:
        series["unfused"] = _column(document, None, "unfused_cycles_per_step")
    return series


def latency_series(document: dict[str, Any]) -> Series:
    """Give the latencies in ms: the published ones, and ours."""
    series: Series = {
        f"{platform} (published)": [entry[f"{platform.lower()}_ms"] for entry in _all(document)]
        for platform in ("Xeon", "V100", "Brainwave", "Plasticine")
    }
    for name in document["geomean_by_parameters"]:
        series[name] = [
            None if latency is None else latency / 1e3
            for latency in _column(document, name, "latency_us")
        ]
    return series


def _all(document: dict[str, Any]) -> list[dict[str, Any]]:
    return document["published"]


def _column(document: dict[str, Any], parameters: str | None, key: str) -> list[float | None]:
    """Take a figure of each problem, from the first row with these parameters."""
    return [
        next(
            (
                row[key]
                for row in document["rows"]
                if (row["cell"], row["H"]) == (entry["cell"], entry["H"])
                and parameters in (None, row["parameters"])
            ),
            None,
        )
        for entry in _all(document)
    ]


def _bars(axes: Any, names: Sequence[str], series: Series, label: str) -> None:
    width = _WIDTH / len(series)
    for number, (legend, numbers) in enumerate(series.items()):
        shift = (number - (len(series) - 1) / 2) * width
        places = [place + shift for place, value in enumerate(numbers) if value is not None]
        heights = [value for value in numbers if value is not None]
        axes.bar(places, heights, width, label=legend, color=_COLOURS[legend])
    drawn = [value for numbers in series.values() for value in numbers if value is not None]
    axes.set_yscale("log")
    # Room for the legend above, and for the smallest bar to be seen.
    axes.set_ylim(min(drawn) / 2, max(drawn) * 4)
    axes.set_xticks(range(len(names)), names)
    axes.set_ylabel(label)
    axes.legend(ncols=len(series), fontsize="small")
