"""
Train the languages example: a bidirectional GRU that tells the language of a name.

The data are the names of countries, languages and currencies in ten languages, from the locale data
of Unicode that the package Babel ships. Names that several of the languages share are left out. The
held-out names are of things that do not occur in the training data in any language.

Writes, beside this file, `languages_gru.onnx` (an embedding of characters, the GRU and a
classifier), `languages_test.npz` (held-out names `name` of shape [samples, 20, 1] and `labels`) and
`languages_calibration.npz` (names of the training data, to find scales of 8-bit numbers with).

    pip install -e '.[train,onnx]'
    python examples/train_languages.py
    cd examples
    spatial-run languages_gru.onnx --inputs languages_test.npz --format f32
    spatial-run languages_gru.onnx --inputs languages_test.npz --format int8 \
        --calibrate languages_calibration.npz
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import torch
from babel import Locale

LANGUAGES = ("de", "en", "es", "fi", "fr", "hu", "it", "pl", "sv", "tr")
LETTERS = " '-abcdefghijklmnopqrstuvwxyzßàáâäåæçèéêëìíîïñòóôöøùúûüýąćęğ\u0131łńőœśşšűźżž"
"""A character is its place in here, counted from 1; 0 stands behind the end."""
STEPS = 20
"""Characters per name; longer names are left out."""
EMBEDDING = 16
HIDDEN = 32
DROPOUT = 0.3
EPOCHS = 40
BATCH = 64
SEED = 0
HELD_OUT = 480
CALIBRATION = 64


class LanguagesNetwork(torch.nn.Module):
    """A bidirectional GRU over characters; its two last states are classified."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding(len(LETTERS) + 1, EMBEDDING)
        self.gru = torch.nn.GRU(EMBEDDING, HIDDEN, bidirectional=True)
        self.linear = torch.nn.Linear(2 * HIDDEN, len(LANGUAGES))
        self.dropout = torch.nn.Dropout(DROPOUT)

    def forward(self, name: torch.Tensor) -> torch.Tensor:
        """Map characters [steps, batch] to scores [batch, languages]."""
        _, last = self.gru(self.dropout(self.embedding(name)))
        return self.linear(self.dropout(torch.cat([last[0], last[1]], 1)))


def names() -> list[tuple[str, str, int]]:
    """Return (thing, name, number of the language) of all names, in a fixed order."""
    found: list[tuple[str, str, int]] = []
    for number, language in enumerate(LANGUAGES):
        locale = Locale(language)
        for part in ("territories", "languages", "currencies"):
            for code, name in sorted(getattr(locale, part).items()):
                plain = unicodedata.normalize("NFC", name.lower()).replace("\u2019", "'")
                if len(plain) <= STEPS and set(plain) <= set(LETTERS) and not code.isdigit():
                    found.append((f"{part}.{code}", plain, number))
    languages_of = Counter(name for name, _ in {(name, number) for _, name, number in found})
    return [entry for entry in found if languages_of[entry[1]] == 1]


def encoded(entries: list[tuple[str, str, int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the characters [steps, names] and the labels [names]."""
    x = np.zeros((STEPS, len(entries)), np.int64)
    for column, (_, name, _) in enumerate(entries):
        x[: len(name), column] = [LETTERS.index(letter) + 1 for letter in name]
    labels = np.array([label for _, _, label in entries])
    return torch.from_numpy(x), torch.from_numpy(labels)


def split() -> tuple[list[tuple[str, str, int]], list[tuple[str, str, int]]]:
    """Return the names to train with and those held out, which are names of other things."""
    entries = names()
    things = np.array(sorted({thing for thing, _, _ in entries}))
    order = np.random.default_rng(SEED).permutation(len(things))
    held_out = set(things[order[: len(things) // 6]])
    train = [entry for entry in entries if entry[0] not in held_out]
    known = {name for _, name, _ in train}
    # A name may be that of two things.
    test = [entry for entry in entries if entry[0] in held_out and entry[1] not in known]
    picked = np.random.default_rng(SEED).permutation(len(test))[:HELD_OUT]
    return train, [test[n] for n in sorted(picked)]


def train(x: torch.Tensor, y: torch.Tensor) -> LanguagesNetwork:
    """Return the network trained with characters [steps, names] and labels [names]."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    network = LanguagesNetwork()
    optimizer = torch.optim.Adam(network.parameters(), lr=4e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(y)).split(BATCH):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(network(x[:, batch]), y[batch])
            loss.backward()
            optimizer.step()
        scheduler.step()
    return network.eval()


def accuracy(network: LanguagesNetwork, x: torch.Tensor, y: torch.Tensor) -> float:
    """Return the share of names whose language is told."""
    with torch.no_grad():
        return float((network(x).argmax(1) == y).double().mean())


def saved_names(x: torch.Tensor) -> np.ndarray:
    """Return characters as they are stored, [names, steps, 1]."""
    return x.T[:, :, None].numpy().astype(np.int32)


def main() -> None:
    """Train and write the example's files."""
    train_entries, test_entries = split()
    x, y = encoded(train_entries)
    test_x, test_y = encoded(test_entries)
    network = train(x, y)
    print(f"accuracy in f32 on {len(y)} training names: {accuracy(network, x, y):.4f}")
    print(
        f"accuracy in f32 on {len(test_y)} held-out names: {accuracy(network, test_x, test_y):.4f}"
    )
    folder = Path(__file__).parent
    path = folder / "languages_gru.onnx"
    torch.onnx.export(
        network,
        (test_x[:, :1],),
        str(path),
        input_names=["name"],
        output_names=["scores"],
        opset_version=17,
        dynamo=False,
    )
    onnx.checker.check_model(str(path))
    np.savez_compressed(
        folder / "languages_test.npz", name=saved_names(test_x), labels=test_y.numpy()
    )
    picked = np.random.default_rng(SEED).choice(len(y), CALIBRATION, replace=False)
    np.savez_compressed(folder / "languages_calibration.npz", name=saved_names(x[:, picked]))


if __name__ == "__main__":
    main()
