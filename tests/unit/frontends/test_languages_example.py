"""The languages example, a bidirectional GRU behind an embedding, on the machine."""

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

EXAMPLES = Path(__file__).parents[3] / "examples"
SAMPLES = 4


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory, run_tool: Any):
    """Run a few held-out names in f32; gives the text of the report, names and scores."""
    folder = tmp_path_factory.mktemp("languages")
    with np.load(EXAMPLES / "languages_test.npz") as arrays:
        names, labels = arrays["name"][:SAMPLES], arrays["labels"][:SAMPLES]
    np.savez(folder / "few.npz", name=names, labels=labels)
    run = run_tool(
        "spatial-run",
        str(EXAMPLES / "languages_gru.onnx"),
        *("--inputs", str(folder / "few.npz"), "--outputs", str(folder / "scores.npz")),
        *("--format", "f32"),
    )
    assert run.code == 0, run.err
    with np.load(folder / "scores.npz") as arrays:
        return run.out, names, arrays["scores"]


def test_scores_are_those_of_onnxruntime(scores: Any):
    _, names, found = scores
    runtime: Any = import_module("onnxruntime")
    session = runtime.InferenceSession(str(EXAMPLES / "languages_gru.onnx"))
    for name, mine in zip(names, found, strict=True):
        (wanted,) = session.run(None, {"name": name.astype(np.int64)})
        assert np.abs(mine - wanted).max() <= 1e-5 * np.abs(wanted).max()


def test_the_report_tells_the_accuracy(scores: Any):
    text, names, _ = scores
    assert f"on {len(names)} samples" in text
