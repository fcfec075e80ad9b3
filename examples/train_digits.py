"""
Train the digits example: an LSTM with a linear classifier on scikit-learn's digits.

Each 8x8 image is read as a sequence of 8 rows. Writes, beside this file,
`digits_lstm.safetensors` (weights in ONNX gate order i, o, f, c) and
`digits_test.npz` (held-out images `x` of shape [samples, 8, 1, 8] and `labels`).

    pip install -e '.[train]'
    python examples/train_digits.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

HIDDEN = 64
STEPS = 8
FEATURES = 8
CLASSES = 10
EPOCHS = 60
SEED = 0


class DigitsNetwork(torch.nn.Module):
    """An LSTM over the rows of an image; the last hidden state is classified."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = torch.nn.LSTM(FEATURES, HIDDEN)
        self.linear = torch.nn.Linear(HIDDEN, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map rows [steps, batch, features] to class scores [batch, classes]."""
        _, (hidden, _) = self.lstm(x)
        return self.linear(hidden[0])


def onnx_gates(rows: np.ndarray) -> np.ndarray:
    """Reorder a [4 * hidden, ...] array from PyTorch's i, f, g, o to ONNX's i, o, f, c."""
    i, f, g, o = np.split(rows, 4)
    return np.concatenate([i, o, f, g])


def train() -> tuple[DigitsNetwork, np.ndarray, np.ndarray]:
    """Return the trained network and the held-out images [n, 8, 8] and labels [n]."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    data = load_digits()
    images = (data.images / 16.0).astype(np.float32)
    train_x, test_x, train_y, test_y = train_test_split(
        images, data.target, test_size=360, random_state=SEED, stratify=data.target
    )
    network = DigitsNetwork()
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    x = torch.from_numpy(train_x).transpose(0, 1).contiguous()
    y = torch.from_numpy(train_y)
    for _ in range(EPOCHS):
        order = torch.randperm(len(y))
        for batch in order.split(32):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(network(x[:, batch]), y[batch])
            loss.backward()
            optimizer.step()
        scheduler.step()
    with torch.no_grad():
        scores = network(torch.from_numpy(test_x).transpose(0, 1).contiguous())
    accuracy = float((scores.argmax(1).numpy() == test_y).mean())
    print(f"held-out accuracy in f32: {accuracy:.4f} ({len(test_y)} images)")
    return network, test_x, test_y


def main() -> None:
    """Train and write the example's files."""
    network, images, labels = train()
    state = {name: value.numpy() for name, value in network.state_dict().items()}
    bias = [onnx_gates(state[f"lstm.bias_{part}_l0"]) for part in ("ih", "hh")]
    folder = Path(__file__).parent
    save_file(
        {
            "lstm.W": np.ascontiguousarray(onnx_gates(state["lstm.weight_ih_l0"])[None]),
            "lstm.R": np.ascontiguousarray(onnx_gates(state["lstm.weight_hh_l0"])[None]),
            "lstm.B": np.concatenate(bias)[None],
            "linear.W": np.ascontiguousarray(state["linear.weight"]),
            "linear.B": state["linear.bias"],
        },
        folder / "digits_lstm.safetensors",
    )
    np.savez_compressed(
        folder / "digits_test.npz",
        x=images[:, :, None, :].astype(np.float32),
        labels=labels.astype(np.int64),
    )


if __name__ == "__main__":
    main()
