"""Recurrent layers, cells and loops, with the values of PyTorch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_values import (
    Function,
    assert_close,
    check,
    expected,
    nn,
    numbers,
    run_machine,
    torch,
)

from spatial_opt.frontends.torch import import_file, import_module

CELLS: dict[str, Any] = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}
VARIANTS = [
    {"num_layers": layers, "bidirectional": ways, "batch_first": first, "bias": bias}
    for layers, ways, first, bias in (
        (1, False, False, True),
        (1, True, True, False),
        (2, False, True, True),
        (2, True, False, False),
        (3, True, True, True),
    )
]
scan: Any = torch._higher_order_ops.scan


def layer(cell: str, inputs: int, hidden: int, **options: Any) -> Any:
    torch.manual_seed(inputs * 100 + hidden)
    return CELLS[cell](inputs, hidden, **options)


@pytest.mark.parametrize(
    "options",
    [pytest.param(v, marks=() if n == 2 else pytest.mark.long) for n, v in enumerate(VARIANTS)],
    ids=map(str, range(len(VARIANTS))),
)
@pytest.mark.parametrize("cell", CELLS)
def test_layers(cell: str, options: dict[str, Any]):
    check(layer(cell, 5, 4, **options), numbers(3, 2, 5))


@pytest.mark.long
@pytest.mark.parametrize("cell", CELLS)
@settings(max_examples=3, deadline=None)
@given(
    steps=st.integers(1, 7),
    batch=st.integers(1, 3),
    inputs=st.integers(1, 7),
    hidden=st.integers(1, 7),
    ways=st.booleans(),
)
def test_sizes(cell: str, steps: int, batch: int, inputs: int, hidden: int, ways: bool):
    module = layer(cell, inputs, hidden, bidirectional=ways)
    check(module, numbers(steps, batch, inputs, seed=hidden))


@pytest.mark.long
@pytest.mark.parametrize(
    ("ways", "first"),
    [(False, False), (False, True), (True, False), (True, True)],
)
def test_states_go_in_and_out(ways: bool, first: bool):
    shape = (2 * (1 + ways), 2, 4)
    x = numbers(2, 3, 5) if first else numbers(3, 2, 5)
    options = {"num_layers": 2, "bidirectional": ways, "batch_first": first}
    states = numbers(*shape, seed=1), numbers(*shape, seed=2)
    lstm = layer("lstm", 5, 4, **options)

    def run(x: Any, h: Any, c: Any, inner: Any) -> Any:
        return inner(x, (h, c))

    check(Function(run, inner=lstm), x, *states)
    check(layer("gru", 5, 4, **options), x, states[0])


@pytest.mark.long
@pytest.mark.parametrize(("ways", "layers"), [(True, 2), (False, 1)])
def test_projections(ways: bool, layers: int):
    options = {"num_layers": layers, "bidirectional": ways, "proj_size": 3}
    check(layer("lstm", 5, 4, **options), numbers(3, 2, 5))
    check(layer("lstm", 5, 4, batch_first=True, bias=False, **options), numbers(2, 3, 5))


def test_outputs_have_telling_names():
    program = import_module(layer("lstm", 5, 4, num_layers=2), (numbers(3, 1, 5),))
    names = [name for name in ("lstm.y", "lstm.h", "lstm.c") if f'"{name}"' in str(program.module)]
    assert names == ["lstm.y", "lstm.h", "lstm.c"]


def test_the_digits_example():
    path = Path(__file__).parents[3] / "examples" / "digits_lstm.pt2"
    with np.load(path.with_name("digits_test.npz")) as arrays:
        image = torch.from_numpy(arrays["x"][0])
    program = import_file(path)
    wanted = expected(torch.export.load(str(path)).module(), (image,))
    assert_close(run_machine(program, (image,), "numpy"), wanted)


def test_a_relu_and_no_batch():
    check(layer("rnn", 5, 4, nonlinearity="relu"), numbers(3, 5))


@pytest.mark.parametrize("bias", [True, pytest.param(False, marks=pytest.mark.long)])
def test_cells(bias: bool):
    x, h = numbers(2, 5), numbers(2, 4, seed=1)
    for cell in (nn.LSTMCell(5, 4, bias), nn.GRUCell(5, 4, bias), nn.RNNCell(5, 4, bias)):
        check(cell, x)
    check(nn.RNNCell(5, 4, bias, nonlinearity="relu"), x, h)
    check(nn.GRUCell(5, 4, bias), x[0], h[0])


def leaky_cell(x: Any, w: Any, b: Any) -> Any:
    """Two states, two outputs of other shapes, weights and a number from around the loop."""

    def step(states: Any, parts: Any) -> Any:
        h, total = states
        row, gate = parts
        after = torch.tanh(row @ w + h * gate + b)
        return [after.clone(), total + after.sum()], [after[:, :2] * 2, after.mean()]

    gates = torch.sigmoid(x[:, :1, :3] * 0.5)
    return scan(step, [torch.zeros(2, 3), torch.tensor(0.0)], [x, gates])


def leaky() -> Any:
    return Function(leaky_cell, w=nn.Parameter(numbers(3, 3)), b=nn.Parameter(numbers(3)))


@pytest.mark.parametrize("steps", [4, pytest.param(1, marks=pytest.mark.long)])
def test_scan(steps: int):
    check(leaky(), numbers(steps, 2, 3))


def cell_in_scan(x: Any, cell: Any) -> Any:
    """Give what a cell of PyTorch makes of each step."""

    def step(h: Any, row: Any) -> Any:
        after = cell(row, h)
        return after.clone(), after.clone()

    return scan(step, x.new_zeros(2, 4), x)


@pytest.mark.long
def test_a_cell_inside_of_scan():
    check(Function(cell_in_scan, cell=nn.GRUCell(3, 4)), numbers(5, 2, 3))


class Network(nn.Module):
    """An embedding, a convolution, stacked bidirectional layers and a classifier."""

    def __init__(self, hidden: int = 4) -> None:
        nn.Module.__init__(self)
        torch.manual_seed(0)
        self.embedding = nn.Embedding(9, 3)
        self.convolution = nn.Conv1d(3, 5, 3, padding=1)
        self.lstm = nn.LSTM(5, hidden, 2, bidirectional=True, batch_first=True)
        self.classifier = nn.Linear(2 * hidden, 3)

    def forward(self, places: Any) -> Any:
        """Map places [batch, steps] to scores."""
        x = torch.relu(self.convolution(self.embedding(places).transpose(1, 2))).transpose(1, 2)
        y, _ = self.lstm(x)
        return torch.log_softmax(self.classifier(y[:, -1]), -1)


PLACES = torch.tensor([[1, 0, 8, 3, 3]])


def lines(module: Any, *args: Any) -> int:
    return len(str(import_module(module.eval(), args).module).splitlines())


@pytest.mark.long
def test_the_text_has_one_size_for_any_time_and_width():
    assert lines(Network(4), PLACES) == lines(Network(64), PLACES.repeat(1, 40))
    of_scan = [lines(leaky(), numbers(steps, 2, 3)) for steps in (2, 50)]
    assert of_scan[0] == of_scan[1]
    projected = [
        lines(layer("lstm", 5, hidden, proj_size=3), numbers(steps, 1, 5))
        for steps, hidden in ((2, 4), (50, 64))
    ]
    assert projected[0] == projected[1]


def classified(x: Any, inner: Any, linear: Any) -> Any:
    """Classify the last output of a layer."""
    y, _ = inner(x)
    return linear(y[-1])


MACHINE: dict[str, tuple[Any, Any]] = {
    "embedding, convolution, stacked bidirectional LSTM, classifier": (Network(), PLACES),
    "GRU, classifier": (
        Function(classified, inner=layer("gru", 5, 4), linear=nn.Linear(4, 3)),
        numbers(3, 1, 5),
    ),
    "LSTM with a projection": (
        Function(classified, inner=layer("lstm", 5, 4, proj_size=3), linear=nn.Linear(3, 2)),
        numbers(3, 1, 5),
    ),
    "scan": (leaky(), numbers(4, 2, 3)),
    "cell in a scan": (Function(cell_in_scan, cell=nn.GRUCell(3, 4)), numbers(3, 2, 3)),
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name.startswith(("embedding", "scan")) else pytest.mark.long)
        for name in MACHINE
    ],
)
def test_the_machine_has_the_values_of_torch(name: str):
    module, x = MACHINE[name]
    module.eval()
    program = import_module(module, (x,))
    wanted = expected(module, (x,))
    for evaluator in ("numpy", "native"):
        assert_close(run_machine(program, (x,), evaluator), wanted)
