"""
Export the digits example from PyTorch, as ONNX and as an exported program.

Reads the trained weights, `digits_lstm.safetensors`, and writes `digits_lstm.onnx` and
`digits_lstm.pt2` beside them: the same network as `digits_lstm.mlir`, as PyTorch's exporters leave
it.

    pip install -e '.[train,onnx]'
    python examples/export_digits.py
    spatial-run examples/digits_lstm.onnx --inputs examples/digits_test.npz
    spatial-run examples/digits_lstm.pt2 --inputs examples/digits_test.npz
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from safetensors.numpy import load_file
from train_digits import CLASSES, FEATURES, HIDDEN, STEPS, DigitsNetwork

FOLDER = Path(__file__).parent
OPSET = 17


def torch_gates(rows: np.ndarray) -> torch.Tensor:
    """Reorder a [4 * hidden, ...] array from ONNX's i, o, f, c to PyTorch's i, f, g, o."""
    i, o, f, g = np.split(rows, 4)
    return torch.from_numpy(np.concatenate([i, f, g, o]))


def trained_network() -> DigitsNetwork:
    """Return the network with its trained weights."""
    arrays = load_file(FOLDER / "digits_lstm.safetensors")
    of_input, of_state = np.split(arrays["lstm.B"][0], 2)
    network = DigitsNetwork()
    network.load_state_dict(
        {
            "lstm.weight_ih_l0": torch_gates(arrays["lstm.W"][0]),
            "lstm.weight_hh_l0": torch_gates(arrays["lstm.R"][0]),
            "lstm.bias_ih_l0": torch_gates(of_input),
            "lstm.bias_hh_l0": torch_gates(of_state),
            "linear.weight": torch.from_numpy(arrays["linear.W"]),
            "linear.bias": torch.from_numpy(arrays["linear.B"]),
        }
    )
    return network.eval()


def main() -> None:
    """Export, and tell the shapes."""
    path = FOLDER / "digits_lstm.onnx"
    example = torch.zeros(STEPS, 1, FEATURES)
    network = trained_network()
    torch.onnx.export(
        network,
        (example,),
        str(path),
        input_names=["x"],
        output_names=["scores"],
        opset_version=OPSET,
        dynamo=False,
    )
    onnx.checker.check_model(str(path))
    exported = torch.export.export(network, (example,), strict=False)
    torch.export.save(exported, path.with_suffix(".pt2"))
    print(f"{path}: x {tuple(example.shape)}, scores (1, {CLASSES}), {HIDDEN} hidden units")


if __name__ == "__main__":
    main()
