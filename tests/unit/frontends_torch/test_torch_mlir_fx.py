"""PyTorch by way of torch-mlir's own exporter, raised to patterns: the values of PyTorch."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from spatial_opt.frontends.upstream import import_upstream
from spatial_opt.interop.generic_reader import read_generic
from spatial_opt.runtime.pattern_evaluator import evaluate
from spatial_opt.runtime.program_inputs import random_inputs
from spatial_opt.tools.compilation import make_context

torch: Any = pytest.importorskip("torch")
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(find_spec("torch_mlir") is None, reason="torch-mlir is not installed"),
]
nn: Any = torch.nn


def _first(layer: Any) -> Any:
    """Take the sequence that a recurrent layer gives, without its states."""

    class First(nn.Module):
        def __init__(self) -> None:
            nn.Module.__init__(self)
            self.layer = layer

        def forward(self, x: Any) -> Any:
            return self.layer(x)[0]

    return First()


CASES: dict[str, tuple[Any, tuple[int, ...]]] = {
    "classifier": (nn.Sequential(nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, 3)), (2, 5)),
    "probabilities": (nn.Sequential(nn.Linear(5, 7), nn.Softmax(-1)), (3, 5)),
    "log_probabilities": (nn.Sequential(nn.Linear(5, 7), nn.LogSoftmax(-1)), (3, 5)),
    "lstm": (_first(nn.LSTM(4, 5)), (3, 2, 4)),
    "gru": (_first(nn.GRU(4, 5, bidirectional=True, batch_first=True)), (2, 3, 4)),
    "rnn": (_first(nn.RNN(3, 5, num_layers=2)), (3, 1, 3)),
    "normalised": (nn.BatchNorm1d(4), (2, 4)),
    "activations": (nn.Sequential(nn.GELU(), nn.ELU(), nn.LeakyReLU(), nn.SiLU()), (3, 7)),
    "softplus": (nn.Sequential(nn.Softplus(), nn.Hardsigmoid()), (3, 7)),
    "pooling": (nn.MaxPool1d(2), (2, 3, 8)),
}


@pytest.mark.parametrize("name", CASES)
def test_networks(name: str):
    module, shape = CASES[name]
    torch.manual_seed(3)
    x = torch.randn(*shape)
    fx: Any = import_module("torch_mlir.fx")
    lowered = fx.export_and_import(module.eval(), x, output_type="linalg-on-tensors")
    text: str = lowered.operation.get_asm(print_generic_op_form=True)
    program = import_upstream(make_context(), read_generic(text, name, allow_unregistered=True))
    (given,) = random_inputs(program.module, 0)
    (got,) = evaluate(program.module, {given: x.numpy()}, program.parameters).values()
    np.testing.assert_allclose(got, module(x).detach().numpy(), rtol=0, atol=2e-6)
