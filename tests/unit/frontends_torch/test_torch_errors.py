"""What can't be read is one sentence with the place and a remedy, and nothing is written."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile

import numpy as np
import pytest
from torch_values import assert_close, expected, nn, numbers, of_one, of_two, torch

from spatial_opt.frontends.torch import import_exported, import_module
from spatial_opt.machine.errors import SpatialError

F: Any = nn.functional
X = numbers(3, 5)


class Counter(nn.Module):
    """Counts its calls in a buffer."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.calls: Any
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x: Any) -> Any:
        """Add the number of calls."""
        self.calls += 1
        return x + self.calls


def _changed_input(x: Any) -> Any:
    x += 1
    return x * 2


def _packed(x: Any) -> Any:
    return nn.utils.rnn.pack_padded_sequence(x[None], [3], batch_first=True).data


def _chosen(x: Any) -> Any:
    def more(x: Any) -> Any:
        return x + 1

    def less(x: Any) -> Any:
        return x - 1

    return torch.cond(x.sum() > 0, more, less, (x,))


def _lstm_of_a_sum(x: Any, w: Any) -> Any:
    states, weights = (torch.zeros(1, 1, 4),) * 2, [w * x.sum(), w[:, :4]]
    return torch.lstm(x, states, weights, False, 1, 0.0, False, False, False)[0]


OPERATORS: dict[str, tuple[Any, tuple[Any, ...], str]] = {
    "unknown operator": (
        of_one(torch.special.bessel_j0),
        (X,),
        r"node '.*' \(aten\.special_bessel_j0\.default\): this operator is not read; write it with "
        r"those that are \(docs/frontends\.md lists them\), or compute it outside of the module",
    ),
    "einsum": (of_one(lambda x: torch.einsum("ij,kj->ik", x, x)), (X,), "permute and matmul"),
    "max_pool1d": (of_one(lambda x: F.max_pool1d(x[None], 2)), (X,), "use amax"),
    "avg_pool1d": (of_one(lambda x: F.avg_pool1d(x[None], 2)), (X,), "use mean"),
    "argmax": (of_one(lambda x: x.argmax(1)), (X,), "take the largest score from the result"),
    "places of max": (
        of_one(lambda x: x.max(1).indices),
        (X,),
        "result 1 of the operation in front is not computed; use its result 0 alone",
    ),
    "cumsum": (of_one(lambda x: x.cumsum(0)), (X,), "use torch's scan operator"),
    "cond": (of_one(_chosen), (X,), "choices with where"),
    "attention": (
        of_one(lambda x: F.scaled_dot_product_attention(x[None], x[None], x[None])),
        (X,),
        "two matmuls and a softmax",
    ),
    "packed": (of_one(_packed), (X,), "padded sequences"),
    "transposed convolution": (
        nn.ConvTranspose1d(5, 2, 3).eval(),
        (numbers(1, 5, 4),),
        "zeros between its elements",
    ),
    "random numbers": (
        of_one(lambda x: x + torch.rand(3, 5)),
        (X,),
        "random numbers, and a configuration gives the same ones in every run; make them an input",
    ),
    "dropout": (nn.Dropout().train(), (X,), r"call module\.eval\(\)|random numbers"),
    "dropout of a layer": (
        nn.LSTM(5, 4, 2, dropout=0.5).train(),
        (numbers(3, 1, 5),),
        r"call module\.eval\(\) before the export",
    ),
    "batch_norm": (nn.BatchNorm1d(5).train(), (X,), r"call module\.eval\(\)"),
    "buffer": (Counter().eval(), (X,), r"changes 'calls', and a configuration keeps nothing"),
    "changed input": (of_one(_changed_input), (X,), r"changes 'x|hand states in and out"),
    "complex input": (
        of_one(torch.real),
        (X.to(torch.complex64),),
        "holds complex numbers, which are not computed in",
    ),
    "complex parameter": (
        of_two(lambda x, w: x + w.real, w=nn.Parameter(X.to(torch.complex64))),
        (X,),
        "'w' holds complex numbers",
    ),
    "complex inside": (
        of_one(lambda x: x.to(torch.complex64).abs()),
        (X,),
        "it converts to complex64, which is not computed in; use float32, int64 or bool",
    ),
    "narrow integers": (of_one(lambda x: x.to(torch.int8)), (X,), "converts to int8"),
    "padding with ones": (
        of_one(lambda x: F.pad(x, (1, 1), value=1.0)),
        (X,),
        "only zeros are added, concatenate other numbers",
    ),
    "power of tensors": (of_one(lambda x: x**x), (X,), "neither its base nor its exponent"),
    "rounded division": (
        of_one(lambda x: torch.div(x, 2, rounding_mode="floor")),
        (X,),
        "divide, then round",
    ),
    "truth values": (
        of_one(lambda x: (x > 0) * (x < 1)),
        (X,),
        "truth values; convert them to numbers first",
    ),
    "bits": (
        of_one(lambda x: x & 3),
        (torch.arange(4),),
        "bits are not computed with; compare them first",
    ),
    "weights that are computed": (
        of_two(_lstm_of_a_sum, w=nn.Parameter(numbers(16, 5))),
        (numbers(3, 1, 5),),
        "must be parameters of the module",
    ),
    "several lists of places": (
        of_one(lambda x: x[[0, 1], [1, 2]]),
        (X,),
        "use one list at a time",
    ),
    "steps of writing": (
        of_one(lambda x: torch.slice_scatter(x, x[:, ::2], 1, 0, 5, 2)),
        (X,),
        "write to neighbours",
    ),
    "softplus": (of_one(lambda x: F.softplus(x, 1.0, 2.0)), (X,), "threshold at least 20"),
    "nothing given": (of_one(lambda x: None), (X,), "gives no tensor"),
    "no tensors": (of_one(lambda x: (x, "text")), (X,), "text|str"),
    "empty input": (of_one(lambda x: x + 1), (X[:0],), "which holds nothing"),
    "empty slice": (of_one(lambda x: x[:, 5:].sum() + x), (X,), "take at least one"),
}


@pytest.mark.parametrize("name", OPERATORS)
def test_what_is_not_read(name: str):
    module, args, message = OPERATORS[name]
    with pytest.raises(SpatialError, match=message) as caught:
        import_module(module, args)
    text = str(caught.value)
    assert "\n" not in text
    assert ";" in text, "no remedy"


def test_a_module_that_torch_does_not_export():
    def branch(x: Any) -> Any:
        return x + 1 if x.sum() > 0 else x

    with pytest.raises(SpatialError, match=r"torch\.export does not take the module: .*; see that"):
        import_module(of_one(branch), (X,))


def exported(module: Any, args: tuple[Any, ...], **options: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.export.export(module.eval(), args, strict=False, **options)


def test_open_dimensions():
    program = exported(nn.Linear(5, 4), (X,), dynamic_shapes=({0: torch.export.Dim("batch")},))
    with pytest.raises(SpatialError, match=r"dimension 0 of input 'input' is open \(.*\), and"):
        import_exported(program)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a file of a small network."""
    path = tmp_path_factory.mktemp("saved") / "linear.pt2"
    torch.manual_seed(0)
    torch.export.save(exported(nn.Linear(5, 4), (X,)), str(path))
    return path


def test_a_file_is_imported_and_run(saved: Path, tmp_path: Path, run_tool: Any):
    inputs, outputs, ir = tmp_path / "x.npz", tmp_path / "y.npz", tmp_path / "linear.mlir"
    np.savez(inputs, input=X.numpy())
    given = ("--inputs", str(inputs), "--outputs", str(outputs), "--format", "f32")
    assert run_tool("spatial-run", str(saved), *given).code == 0
    torch.manual_seed(0)
    wanted = expected(nn.Linear(5, 4), (X,))
    with np.load(outputs) as found:
        assert_close(list(found.values()), wanted)
    run = run_tool("spatial-import", str(saved), "-o", str(ir))
    assert (run.code, run.err) == (0, "")
    assert ir.exists()
    assert ir.with_suffix(".safetensors").exists()
    outputs.unlink()
    assert run_tool("spatial-run", str(ir), *given).code == 0
    with np.load(outputs) as found:
        assert_close(list(found.values()), wanted)


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _emptied(_: bytes) -> bytes:
    return b""


def _text(_: bytes) -> bytes:
    return b"no archive"


def _other_version(data: bytes) -> bytes:
    """Change the version of the format that is written in the archive."""

    def change(text: bytes) -> bytes:
        return re.sub(rb'"major": \d+', b'"major": 99', text)

    return _rewritten(data, change)


def _without_program(data: bytes) -> bytes:
    def change(_: bytes) -> bytes:
        return b"{}"

    return _rewritten(data, change)


def _rewritten(data: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """Change the descriptions in an archive."""
    stream = BytesIO()
    with ZipFile(BytesIO(data)) as old, ZipFile(stream, "w", ZIP_STORED) as new:
        for entry in old.infolist():
            text = old.read(entry)
            new.writestr(entry.filename, change(text) if entry.filename.endswith("json") else text)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_emptied, "is empty; export the module again"),
        (_text, "no file of torch.export.save, or was cut short or damaged"),
        (_cut, "no file of torch.export.save, or was cut short or damaged"),
        (_without_program, "an archive without an exported program"),
        (_other_version, r"written by torch .* in version 99\.\d+ of the format, and torch"),
    ],
    ids=["empty", "text", "cut", "no program", "version"],
)
def test_bad_files(
    damage: Callable[[bytes], bytes], message: str, saved: Path, tmp_path: Path, run_tool: Any
):
    path, output = tmp_path / "bad.pt2", tmp_path / "bad.mlir"
    path.write_bytes(damage(saved.read_bytes()))
    run = run_tool("spatial-import", str(path), "-o", str(output))
    assert run.code == 1
    assert run.out == ""
    assert re.fullmatch(rf"spatial-import: .*{re.escape(str(path))}.*{message}.*\n", run.err), (
        run.err
    )
    assert list(tmp_path.iterdir()) == [path]


def test_missing_and_dims(saved: Path, tmp_path: Path, run_tool: Any):
    missing, output = tmp_path / "missing.pt2", str(tmp_path / "x.mlir")
    run = run_tool("spatial-import", str(missing), "-o", output)
    assert run.code == 1
    assert "No such file" in run.err
    run = run_tool("spatial-import", str(saved), "-o", output, "--dim", "batch=3")
    assert run.code == 1
    assert "--dim batch is given, but dimensions of an exported program are fixed" in run.err
    assert not list(tmp_path.iterdir())
