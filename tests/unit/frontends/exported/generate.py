"""
Writes the models of this folder: networks as both of PyTorch's exporters leave them.

    pip install -e '.[train]' onnx onnxscript
    python tests/unit/frontends/exported/generate.py

Beside each model, `<name>.npz` holds inputs by name, and as `torch.<output>` what PyTorch computes.
"""

from __future__ import annotations

import io
import sys
import warnings
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent
torch: Any = import_module("torch")
nn: Any = torch.nn
Module: Any = nn.Module
onnx: Any = import_module("onnx")


class Embedded(Module):
    """Words, two bidirectional layers, scores of the last step."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.words = nn.Embedding(11, 6)
        self.lstm = nn.LSTM(6, 5, num_layers=2, bidirectional=True, batch_first=True)
        self.scores = nn.Linear(10, 3)

    def forward(self, x: Any) -> Any:
        y, _ = self.lstm(self.words(x))
        return torch.log_softmax(self.scores(y[:, -1]), -1)


class Convolved(Module):
    """A convolution with a normalisation, a bidirectional layer, probabilities."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.filters = nn.Conv1d(4, 6, 3, padding=1, stride=2)
        self.norm = nn.BatchNorm1d(6)
        self.gru = nn.GRU(6, 5, batch_first=True, bidirectional=True)
        self.scores = nn.Linear(10, 4)

    def forward(self, x: Any) -> Any:
        seen = torch.relu(self.norm(self.filters(x))).transpose(1, 2)
        _, h = self.gru(seen)
        return torch.softmax(self.scores(torch.cat([h[0], h[1]], -1)), -1)


class Vanilla(Module):
    """A layer with a given first state, normalised; it returns its last state as well."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.rnn = nn.RNN(4, 5, nonlinearity="relu")
        self.norm = nn.LayerNorm(5)
        self.scores = nn.Linear(5, 2)

    def forward(self, x: Any, h: Any) -> Any:
        y, last = self.rnn(x, h)
        return self.scores(self.norm(y)), last


class Stateful(Module):
    """An LSTM with its states outside."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.lstm = nn.LSTM(4, 5, batch_first=True)

    def forward(self, x: Any, h: Any, c: Any) -> Any:
        y, (last_h, last_c) = self.lstm(x, (h, c))
        return y, last_h, last_c


class Residual(Module):
    """A normalised two-layer perceptron around which x is added, then a GRU, averaged."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.norm = nn.LayerNorm(4)
        self.wide = nn.Linear(4, 8)
        self.narrow = nn.Linear(8, 4)
        self.gru = nn.GRU(4, 6)

    def forward(self, x: Any) -> Any:
        x = x + self.narrow(nn.functional.gelu(self.wide(self.norm(x))))
        y, _ = self.gru(x)
        return y.mean(0)


class Attentive(Module):
    """A GRU whose steps are weighted by a softmax."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.gru = nn.GRU(4, 6, batch_first=True)
        self.query = nn.Linear(6, 1)

    def forward(self, x: Any) -> Any:
        y, _ = self.gru(x)
        return (torch.softmax(self.query(y), 1) * y).sum(1)


class Cells(Module):
    """A step of two cells."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.lstm = nn.LSTMCell(4, 5)
        self.gru = nn.GRUCell(5, 3)

    def forward(self, x: Any, h: Any, c: Any, g: Any) -> Any:
        h, c = self.lstm(x, (h, c))
        return h, c, self.gru(h, g)


def models() -> dict[str, tuple[Any, tuple[Any, ...], dict[str, Any]]]:
    """Networks with example inputs, and the names of open dimensions by input and axis."""
    r = torch.randn
    return {
        "embedded": (Embedded(), (torch.randint(0, 11, (2, 7)),), {}),
        "convolved": (Convolved(), (r(2, 4, 9),), {}),
        "vanilla": (Vanilla(), (r(6, 2, 4), r(1, 2, 5)), {}),
        "stateful": (
            Stateful(),
            (r(2, 6, 4), r(1, 2, 5), r(1, 2, 5)),
            {"x": {0: "batch", 1: "time"}, "h": {1: "batch"}, "c": {1: "batch"}},
        ),
        "residual": (Residual(), (r(6, 2, 4),), {}),
        "attentive": (Attentive(), (r(2, 6, 4),), {}),
        "cells": (Cells(), (r(2, 4), r(2, 5), r(2, 5), r(2, 3)), {}),
    }


def export(path: Path, model: Any, inputs: tuple[Any, ...], dims: Any, new: bool) -> None:
    """Export a network without what only tells where it comes from."""
    names = list("xhcg"[: len(inputs)])
    options: dict[str, Any] = {"dynamo": new, "input_names": names}
    if new:
        options["external_data"] = False
        # The newer exporter has no dynamic sequence for its own layers.
        options["dynamic_shapes"] = None
    elif dims:
        options["dynamic_axes"] = dims
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        torch.onnx.export(model, inputs, str(path), **options)
    proto = onnx.load(str(path))
    for holder in (proto, proto.graph, *proto.graph.node, *proto.graph.input):
        del holder.metadata_props[:]
        holder.doc_string = ""
    del proto.graph.value_info[:]
    onnx.save(proto, str(path))
    made: Any = model(*inputs)
    outputs: list[Any] = [made] if torch.is_tensor(made) else list(made)
    arrays = {name: value.numpy() for name, value in zip(names, inputs, strict=True)}
    for entry, value in zip(proto.graph.output, outputs, strict=True):
        arrays[f"torch.{entry.name}"] = value.detach().numpy()
    np.savez(path.with_suffix(".npz"), **arrays)


def main() -> int:
    """Write all models."""
    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    for name, (model, inputs, dims) in models().items():
        model.eval()
        for new in (False, True):
            path = FOLDER / f"{name}_{'dynamo' if new else 'script'}.onnx"
            export(path, model, inputs, dims, new)
            print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
