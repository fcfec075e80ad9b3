"""What can't be read is one sentence with the place and a remedy, and nothing is written."""

from __future__ import annotations

import random
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
    "shares that differ": (
        of_one(lambda x: F.adaptive_avg_pool1d(x[None], 3)),
        (X,),
        r"output size \[3\] does not divide \[5\], so its windows differ; choose sizes that do",
    ),
    "divisor": (
        of_one(lambda x: F.avg_pool2d(x[None, None], 2, divisor_override=3)),
        (X,),
        "multiply the result instead",
    ),
    "variance of one": (of_one(lambda x: x[:1].var(0)), (X,), "is no number; take more of them"),
    "argmax": (of_one(lambda x: x.argmax(1)), (X,), "take the largest score from the result"),
    "places of max": (
        of_one(lambda x: x.max(1).indices),
        (X,),
        "result 1 of the operation in front is not computed; use its result 0 alone",
    ),
    "cumsum": (of_one(lambda x: x.cumsum(0)), (X,), "use torch's scan operator"),
    "cond": (of_one(_chosen), (X,), "choices with where"),
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
    "power of tensors": (of_one(lambda x: x**x), (X,), "neither its base nor its exponent"),
    "rounded division": (
        of_one(lambda x: torch.div(x, 2, rounding_mode="floor")),
        (X,),
        "divide, then round",
    ),
    "truth values": (
        of_one(lambda x: (x > 0) / (x < 1) - (x > 0).abs()),
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


def _open(path: Path | None = None) -> Any:
    """Return a program for any number of rows, and write it."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(5, 4), nn.Softmax(0))
    program = exported(network, (X,), dynamic_shapes=({0: torch.export.Dim("rows")},))
    if path is not None:
        torch.export.save(program, str(path))
    return network, program


def _name_of_the_rows(program: Any) -> str:
    (node,) = (n for n in program.graph.nodes if n.name == "input")
    return str(node.meta["val"].shape[0])


def test_open_dimensions():
    _, program = _open()
    name = _name_of_the_rows(program)
    message = (
        f"dimension '{name}' of the inputs is open, and the machine's are not; fix it, as with "
        f"--dim {name}=1"
    )
    with pytest.raises(SpatialError, match=message):
        import_exported(program)


@pytest.mark.parametrize("place", [True, False])
def test_open_dimensions_are_fixed(place: bool, tmp_path: Path, run_tool: Any):
    network, program = _open(tmp_path / "open.pt2")
    name = "input[0]" if place else _name_of_the_rows(program)
    x = numbers(7, 5, seed=3)
    np.savez(tmp_path / "x.npz", input=x.numpy())
    run = run_tool(
        *("spatial-run", str(tmp_path / "open.pt2"), "--dim", f"{name}=7", "--format", "f32"),
        *("--inputs", str(tmp_path / "x.npz"), "--outputs", str(tmp_path / "y.npz")),
    )
    assert run.code == 0, run.err
    with np.load(tmp_path / "y.npz") as found:
        assert_close(list(found.values()), expected(network, (x,)))


def test_numbers_that_a_program_is_not_made_for(tmp_path: Path):
    def halves(x: Any) -> Any:
        return x.reshape(2, -1, 5)

    rows = torch.export.Dim("half") * 2
    program = exported(of_one(halves), (numbers(4, 5),), dynamic_shapes=(({0: rows},),))
    with pytest.raises(SpatialError, match=r"torch can't export the program for .*; choose other"):
        import_exported(program, {"inputs_0[0]": 3})


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


def _entries(data: bytes, change: Callable[[str, bytes], bytes | None]) -> bytes:
    """Change entries of an archive, or leave them out."""
    stream = BytesIO()
    with ZipFile(BytesIO(data)) as old, ZipFile(stream, "w", ZIP_STORED) as new:
        for name in old.namelist():
            made = change(name, old.read(name))
            if made is not None:
                new.writestr(name, made)
    return stream.getvalue()


def _short_weights(data: bytes) -> bytes:
    return _entries(data, lambda name, own: b"" if name.endswith("weight_0") else own)


def _no_weights(data: bytes) -> bytes:
    return _entries(data, lambda name, own: None if name.endswith("weight_0") else own)


def _other_shape(data: bytes) -> bytes:
    def change(text: bytes) -> bytes:
        return text.replace(b'"sizes": [{"as_int": 4}, {"as_int": 5}]', _SIZES)

    return _entries(data, lambda name, own: change(own) if name.endswith("model.json") else own)


_SIZES = b'"sizes": [{"as_int": 6}, {"as_int": 5}]'


def _flipped(data: bytes) -> bytes:
    """Flip a bit of the weights."""
    with ZipFile(BytesIO(data)) as archive:
        entry = next(e for e in archive.infolist() if e.filename.endswith("weight_0"))
        weights = archive.read(entry)
    place = data.index(weights) + 5
    return data[:place] + bytes([data[place] ^ 8]) + data[place + 1 :]


def _foreign(data: bytes) -> bytes:
    def change(text: bytes) -> bytes:
        return text.replace(b"torch.ops.aten.linear.default", b"torch.ops.mine.linear.default")

    return _rewritten(data, change)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_emptied, "is empty; export the module again"),
        (_text, "no file of torch.export.save, or was cut short or damaged"),
        (_cut, "no file of torch.export.save, or was cut short or damaged"),
        (_without_program, "an archive without an exported program"),
        (_other_version, r"written by torch .* in version 99\.\d+ of the format, and torch"),
        (_short_weights, "its tensor 'weight' takes 80 bytes, of which 0 are there; copy the file"),
        (_no_weights, "its tensor 'weight' takes 80 bytes, of which 0 are there; copy the file"),
        (_other_shape, r"weights 'weight' have the shape \[4, 5\], and the program takes \[6, 5\]"),
        (_flipped, "its part .*weight_0 is damaged; copy the file again"),
        (_foreign, "has no operator mine.linear.default; import what brings it"),
    ],
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
    assert ";" in run.err
    assert list(tmp_path.iterdir()) == [path]


def test_damaged_files_never_end_in_a_traceback(saved: Path, tmp_path: Path, run_tool: Any):
    generator = random.Random(0)
    whole, path = saved.read_bytes(), tmp_path / "bad.pt2"
    for number in range(60):
        data = bytearray(whole)
        if number % 3:
            for _ in range(generator.choice([1, 20])):
                data[generator.randrange(len(data))] = generator.randrange(256)
        else:
            del data[generator.randrange(len(data)) :]
        path.write_bytes(data)
        run = run_tool("spatial-import", str(path), "-o", str(tmp_path / "bad.mlir"))
        assert len(run.err.splitlines()) == (1 if run.code else 0), run.err
        left = {each.name for each in tmp_path.iterdir()} - {path.name}
        assert not left or not run.code
        for name in left:
            (tmp_path / name).unlink()


def test_missing_and_dims(saved: Path, tmp_path: Path, run_tool: Any):
    missing, output = tmp_path / "missing.pt2", str(tmp_path / "x.mlir")
    run = run_tool("spatial-import", str(missing), "-o", output)
    assert run.code == 1
    assert "No such file" in run.err
    run = run_tool("spatial-import", str(saved), "-o", output, "--dim", "batch=3")
    assert run.code == 1
    assert "no input has the dimension 'batch' of --dim; none has a name, write x[0]=1" in run.err
    run = run_tool("spatial-import", str(saved), "-o", output, "--dim", "input[0]=4")
    assert run.code == 1
    assert (
        "dimension input[0] is 3 in the program, which 4 of --dim can't change; export" in run.err
    )
    assert not list(tmp_path.iterdir())
