"""What holds when torch is not installed, which the default installation does not need."""

import sys
from pathlib import Path
from typing import Any

import pytest

from spatial_opt.frontends.files import is_network
from spatial_opt.frontends.torch import library


@pytest.fixture
def without_torch(monkeypatch: pytest.MonkeyPatch):
    """Make the import of torch fail."""
    library.torch.cache_clear()
    monkeypatch.setitem(sys.modules, "torch", None)
    yield
    library.torch.cache_clear()


@pytest.mark.usefixtures("without_torch")
@pytest.mark.parametrize("tool", ["spatial-import", "spatial-run"])
def test_what_to_install(tool: str, tmp_path: Path, run_tool: Any):
    path = tmp_path / "model.pt2"
    path.write_bytes(b"anything")
    options = ["-o", str(tmp_path / "model.mlir")] if tool == "spatial-import" else []
    run = run_tool(tool, str(path), *options)
    assert run.code == 1
    assert run.err.count("\n") == 1
    assert "needs the package torch, which is not installed" in run.err
    assert "pip install 'spatial-opt[torch]'" in run.err
    assert list(tmp_path.iterdir()) == [path]


def test_suffixes():
    assert is_network(Path("model.pt2"))
    assert is_network(Path("MODEL.PT2"))
    assert not is_network(Path("model.pt"))
