"""What can't be read is one sentence with the place and a remedy, and nothing is written."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx_models import Arrays, helper, model, node, onnx
from operator_cases import floats, integers, one
from recurrent_cases import FACTORS, Layer

from spatial_opt.frontends.onnx import library

LSTM = {
    **{name: values[0] for name, values in FACTORS["LSTM"].items()},
    "sizes": (3, 2, 4, 5),
    "B": "constant",
    "initial_h": "constant",
    "P": "constant",
    "opset": 14,
}


def layer(**constants: Any) -> Any:
    """An LSTM, 3 x 2 x 4 with 5 hidden units, some of whose constants are replaced."""
    made = Layer("LSTM", LSTM, 0)
    proto = made.build()
    for tensor in proto.graph.initializer:
        if tensor.name in constants:
            tensor.CopyFrom(onnx.numpy_helper.from_array(constants[tensor.name], tensor.name))
    return proto


def lstm(**attributes: Any) -> Any:
    """The same, some of whose attributes are replaced."""
    proto = layer()
    kept = [a for a in proto.graph.node[0].attribute if a.name not in attributes]
    del proto.graph.node[0].attribute[:]
    proto.graph.node[0].attribute.extend(kept)
    given = {name: value for name, value in attributes.items() if value is not None}
    made = helper.make_node("LSTM", ["x"], ["y"], **given)
    proto.graph.node[0].attribute.extend(made.attribute)
    return proto


def changed(proto: Any, change: Callable[[Any], None]) -> Any:
    """Return a model after a change."""
    change(proto)
    return proto


def _open_dims(proto: Any) -> None:
    dims = proto.graph.input[0].type.tensor_type.shape.dim
    dims[0].dim_param = "time"
    dims[1].Clear()


def _no_shape(proto: Any) -> None:
    proto.graph.input[0].type.tensor_type.ClearField("shape")


def _opset(version: int | None) -> Callable[[Any], None]:
    def change(proto: Any) -> None:
        if version is None:
            del proto.opset_import[:]
        else:
            proto.opset_import[0].version = version

    return change


def _short_data(proto: Any) -> None:
    tensor = proto.graph.initializer[0]
    tensor.raw_data = tensor.raw_data[:-4]


def _named(name: str) -> Callable[[Any], None]:
    def change(proto: Any) -> None:
        proto.graph.node[0].name = name

    return change


def _foreign(proto: Any) -> None:
    proto.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    proto.graph.node[0].domain = "com.microsoft"
    proto.graph.node[0].op_type = "FusedMatMul"


def _strings(proto: Any) -> None:
    proto.graph.input[0].type.tensor_type.elem_type = 8


def _string_constant(proto: Any) -> None:
    texts = np.array(["a", "b"], object)
    proto.graph.initializer[0].CopyFrom(onnx.numpy_helper.from_array(texts, "b"))


def _declared(proto: Any) -> None:
    proto.graph.output[0].type.tensor_type.shape.dim[0].dim_value = 7


X = {"x": floats(2, 3, 4)}


def add() -> Any:
    """A model that is right."""
    return one("Add", X, {"b": floats(4)})[0]


def _scan(**attributes: Any) -> Any:
    body = helper.make_graph(
        [node("Add", "s e", "t"), node("Identity", "t", "u")],
        "body",
        [helper.make_tensor_value_info(name, 1, [3, 4]) for name in "se"],
        [helper.make_tensor_value_info(name, 1, [3, 4]) for name in "tu"],
    )
    scan = node("Scan", "s0 x", "last y", name="s", body=body, num_scan_inputs=1, **attributes)
    return model([scan], {"s0": floats(3, 4), **X}, "y")


def _branches() -> Any:
    """Branches of unlike results, chosen by an input."""
    bodies = {
        f"{name}_branch": helper.make_graph(
            [node("ReduceSum", "x", name, keepdims=keep)],
            name,
            [],
            [helper.make_tensor_value_info(name, 1, None)],
        )
        for name, keep in (("then", 0), ("else", 1))
    }
    return model([node("If", "c", "y", **bodies)], {"c": np.array(True), **X}, "y")


def _angles() -> Arrays:
    return {"c": floats(1, 3, 2), "s": floats(1, 3, 2, seed=1)}


def _scan8() -> Any:
    body = helper.make_graph(
        [node("Add", "s e", "t")],
        "body",
        [helper.make_tensor_value_info(name, 1, [4]) for name in "se"],
        [helper.make_tensor_value_info("t", 1, [4])],
    )
    scan = node("Scan", "- s0 x", "y", name="s", body=body, num_scan_inputs=1)
    return model([scan], {"s0": floats(2, 4), **X}, "y", None, 8)


MODELS: dict[str, tuple[Callable[[], Any], str]] = {
    "old opset": (
        lambda: changed(add(), _opset(6)),
        "uses opset 6, and the oldest one that is read is 7; convert it with "
        "onnx.version_converter.convert_version",
    ),
    "new opset": (
        lambda: changed(add(), _opset(999)),
        "uses opset 999, and the installed onnx package knows opsets up to "
        f"{library.newest_opset()}; install a newer one (pip install -U onnx) or export for opset",
    ),
    "no opset": (
        lambda: changed(add(), _opset(None)),
        "does not say which opset of ONNX it uses (opset_import); export it again",
    ),
    "open dimensions": (
        lambda: changed(add(), _open_dims),
        "dimensions 'time', 'x[1]' of the inputs are open, and the machine's are not; fix them, "
        "as with --dim time=1 --dim x[1]=1",
    ),
    "open rank": (
        lambda: changed(add(), _no_shape),
        "input 'x' has no shape, not even a number of dimensions; export the model with shapes",
    ),
    "empty dimension": (
        lambda: one("Add", {"x": floats(2, 0)}, {"b": floats(1)})[0],
        "input 'x' has the shape (2, 0), which holds nothing; every dimension must be at least 1, "
        "as with --dim x[1]=1",
    ),
    "input of strings": (
        lambda: changed(add(), _strings),
        "input 'x' holds STRING; inputs are tensors of floats, integers or truth values",
    ),
    "constant of strings": (
        lambda: changed(add(), _string_constant),
        "constant 'b' holds strings; constants are floats, integers or truth values",
    ),
    "output of another shape": (
        lambda: changed(add(), _declared),
        "value 'y' has the shape [2, 3, 4], but the file declares [7, 3, 4]; the model contradicts",
    ),
    "data too short": (lambda: changed(add(), _short_data), "is no valid ONNX model: "),
    "unknown operator": (
        lambda: changed(add(), lambda m: setattr(m.graph.node[0], "op_type", "Sum3")),
        "is no valid ONNX model: No Op registered for Sum3",
    ),
    "operator of another domain": (
        lambda: changed(changed(add(), _named("f")), _foreign),
        "node 'f' (com.microsoft.FusedMatMul): operators of the domain com.microsoft are not read; "
        "export the model without them, for the opset of ONNX alone",
    ),
    "operator that is not read": (
        lambda: changed(one("NonZero", X)[0], _named("n")),
        "node 'n' (NonZero): this operator is not read; the size of its result is known only when "
        "it runs; use Where with zeros instead",
    ),
    "operator without a remedy of its own": (
        lambda: one("Det", {"x": floats(3, 3)})[0],
        "node 'Det_0' (Det): this operator is not read; write it with those that are "
        "(docs/frontends.md lists them), or compute it outside of the network",
    ),
    "axes of a scan": (
        lambda: _scan(scan_input_axes=[0, 0]),
        "node 's' (Scan): scan_input_axes [0, 0] are not one for each of 1; correct them",
    ),
    "branches that differ": (
        _branches,
        "node 'If_0' (If): its condition is computed when the network runs, and its branches give "
        "[] numbers and [1, 1, 1] numbers; make both alike, or the condition a constant",
    ),
    "output twice": (
        lambda: model([node("Tanh", "x", "y")], X, "y y"),
        "output 'y' is there 2 times; name each another way",
    ),
    "constant without elements": (
        lambda: model([node("Identity", "c", "y")], X, "y", {"c": floats(0, 3)}),
        "constant 'y' has the shape [0, 3], which holds nothing; a tensor needs an element",
    ),
    "more memory than there is": (
        lambda: one("Pad", X, {"p": integers(2**40, 0, 0, 0, 0, 0), "v": floats()})[0],
        "node 'Pad_0' (Pad): it takes more memory than this computer gives; choose smaller",
    ),
    "alpha of zero": (
        lambda: one("Celu", X, alpha=0.0)[0],
        "node 'Celu_0' (Celu): its alpha is 0, by which x is divided; give another one",
    ),
    "equation of other operands": (
        lambda: one("Einsum", X, equation="ij->i")[0],
        "node 'Einsum_0' (Einsum): 'ij' of 'ij->i' does not label 3 dimensions",
    ),
    "quantised in the file": (
        lambda: model([node("DynamicQuantizeLinear", "x", "y s z")], X, "s"),
        "node 'DynamicQuantizeLinear_0' (DynamicQuantizeLinear): this operator is not read; give "
        "the network in floats, and choose --format int8 or mixed8 here",
    ),
    "operator whose definition is not read": (
        lambda: one("RotaryEmbedding", {"x": floats(1, 2, 3, 4)}, _angles(), opset=23)[0],
        "node 'RotaryEmbedding_0' (RotaryEmbedding): in what defines it, node ",
    ),
    "lengths of a reversed sequence": (
        lambda: one("ReverseSequence", X, {"n": integers(2, 9, 1)})[0],
        "its lengths [2, 9, 1] do not all run from 1 to 2; correct them",
    ),
    "window without a place": (
        lambda: one("MaxPool", X, kernel_shape=[5])[0],
        "node 'MaxPool_0' (MaxPool): a window that spans [5] does not fit into [4]; pad the input",
    ),
    "reflected too far": (
        lambda: one("Pad", X, {"p": integers(0, 0, 4, 0, 0, 0)}, mode="reflect")[0],
        "node 'Pad_0' (Pad): 4 elements are added to a dimension of 4 by mode reflect, which has 3 "
        "to add; add fewer",
    ),
    "old scan": (
        _scan8,
        "node 's' (Scan): Scan of opset 8 has a batch and lengths of its own, which later ones "
        "have not; export the model for opset 9 or later",
    ),
    "random numbers": (
        lambda: model([node("RandomNormalLike", "x", "y")], X, "y"),
        "node 'RandomNormalLike_0' (RandomNormalLike): it makes random numbers",
    ),
    "sizes at run time": (
        lambda: one("Reshape", {**X, "s": integers(24)})[0],
        "node 'Reshape_0' (Reshape): its sizes (input 1, 's') are computed when the network runs; "
        "they must be constants, export the model with fixed shapes",
    ),
    "integers divided": (
        lambda: one("Div", {"a": np.array([[4]], np.int32), "b": np.array([[2]], np.int32)})[0],
        "node 'Div_0' (Div): input 0 holds integers, for which it is not computed when the network "
        "runs; cast it to FLOAT first",
    ),
    "cast to a narrow integer": (
        lambda: one("Cast", X, to=3)[0],
        "it casts to INT8 when the network runs, and integers are computed in 32 bits, which wrap "
        "elsewhere; cast to INT32",
    ),
    "large integer": (
        lambda: one("Add", {"x": np.array([1, 2], np.int64)}, {"b": integers(2**40, 0)})[0],
        "node 'Add_0' (Add): the integer 1099511627776 of 'b' does not fit into 32 bits, in which "
        "integers are computed; use a smaller one",
    ),
    "power at run time": (
        lambda: one("Pow", {**X, "e": floats(2, 3, 4)})[0],
        "node 'Pow_0' (Pow): neither its base nor its exponent is one constant number",
    ),
    "place outside": (
        lambda: one("Gather", X, {"i": integers(5)})[0],
        "node 'Gather_0' (Gather): place 5 is outside of a dimension of 2 elements; places run "
        "from -2 to 1",
    ),
    "places of whole numbers": (
        lambda: one("Gather", {"w": np.array([1, 2], np.int32), "i": integers(0)})[0],
        "integers are taken at computed places; only numbers with a fraction (floats) can be",
    ),
    "no places": (
        lambda: one("Gather", X, {"i": integers()})[0],
        "node 'Gather_0' (Gather): it takes no places at all; a tensor needs an element",
    ),
    "nothing made": (
        lambda: one("Expand", {"x": floats(3, 1)}, {"s": integers(3, 0)})[0],
        "node 'Expand_0' (Expand): its result has the shape [3, 0], which holds nothing; a tensor",
    ),
    "parts of unlike rank": (
        lambda: one("Concat", {"x": floats(2, 3)}, {"c": floats(2)}, axis=1)[0],
        "node 'Concat_0' (Concat): shapes [2, 3] and [2] differ in more than dimension 1; make",
    ),
    "empty slice": (
        lambda: one("Slice", X, {"s": integers(2), "e": integers(1), "a": integers(2)})[0],
        "nothing of dimension 2 with 4 elements lies from 2 to 1 by 1; a tensor needs an element",
    ),
    "matrix of another size": (
        lambda: one("MatMul", X, {"w": floats(5, 2)})[0],
        "node 'MatMul_0' (MatMul): rows of 4 elements meet columns of 5; a matrix product needs as "
        "many of both, correct the shapes",
    ),
    "shapes that do not broadcast": (
        lambda: one("Add", X, {"b": floats(5)})[0],
        "node 'Add_0' (Add): shapes 2x3x4 and 5 do not broadcast: dimension 2 has the extents 4 "
        "and 5; make them equal or 1",
    ),
    "dropout in training": (
        lambda: one("Dropout", X, {"r": np.array(0.5, np.float32), "t": np.array(True)})[0],
        "node 'Dropout_0' (Dropout): it is in training mode",
    ),
    "output that is not made": (
        lambda: model([node("Dropout", "x", "y m")], X, "y m"),
        "node 'Dropout_0' (Dropout): output 1 ('m') is not supported; export the model without it",
    ),
    "R of another size": (
        lambda: layer(R=floats(1, 20, 4)),
        "node 'LSTM_0' (LSTM): R has the shape [1, 20, 4], but 1 direction with 4 gates of "
        "hidden_size 5 need [1, 20, 5]; correct the weights or hidden_size",
    ),
    "W of another size": (
        lambda: layer(W=floats(1, 20, 3)),
        "node 'LSTM_0' (LSTM): W must be directions x 4 * hidden_size x input size = 1x20x4xf32, "
        "got 1x20x3xf32",
    ),
    "B of another size": (
        lambda: layer(B=floats(1, 20)),
        "node 'LSTM_0' (LSTM): bias ('B') has the shape [1, 20], but it is directions x 8 * "
        "hidden_size = [1, 40]; correct it or hidden_size",
    ),
    "zeros of another size": (
        lambda: layer(initial_h=np.zeros((1, 2, 3), np.float32)),
        "initial_h ('initial_h') has the shape [1, 2, 3], but it is directions x batch x "
        "hidden_size = [1, 2, 5]",
    ),
    "peepholes of another size": (
        lambda: layer(P=floats(3, 5)),
        "peepholes ('P') has the shape [3, 5], but it is directions x 3 * hidden_size = [1, 15]",
    ),
    "unknown activation": (
        lambda: lstm(activations=["Sigmoid", "Tanh", "Swish"]),
        "activation 'Swish' is not known; there are relu, tanh, sigmoid,",
    ),
    "too many constants": (
        lambda: lstm(activation_alpha=[0.5]),
        "0 of the activations sigmoid, tanh, tanh take alpha, got 1 values",
    ),
    "unknown direction": (
        lambda: lstm(direction="sideways"),
        "direction 'sideways' is not known; it is forward, reverse, bidirectional",
    ),
    "unknown layout": (lambda: lstm(layout=2), "layout 2 is not known; it is 0 (time first) or 1"),
    "lengths beyond the sequence": (
        lambda: model(
            [node("RNN", "x W R - n", "y", hidden_size=5)],
            {"x": floats(3, 2, 4)},
            "y",
            {"W": floats(1, 5, 4), "R": floats(1, 5, 5), "n": np.array([3, 9], np.int32)},
        ),
        "sequence_lens are [3, 9] for 3 steps; they run from 0 to 3",
    ),
}


@pytest.fixture
def importing(tmp_path: Path, run_tool: Callable[..., Any]) -> Callable[..., str]:
    """Import bytes that must be refused; gives the sentence, after making sure of the rest."""

    def run(data: bytes, *arguments: str) -> str:
        (tmp_path / "net.onnx").write_bytes(data)
        before = sorted(tmp_path.iterdir())
        written = ["-o", str(tmp_path / "net.mlir")] if "-o" not in arguments else []
        ran = run_tool("spatial-import", str(tmp_path / "net.onnx"), *written, *arguments)
        assert ran.code == 1
        assert ran.out == ""
        assert len(ran.err.splitlines()) == 1, ran.err
        assert ran.err.startswith("spatial-import: error: ")
        assert sorted(tmp_path.iterdir()) == before
        return ran.err

    return run


@pytest.mark.parametrize("case", MODELS)
def test_models_that_are_refused(case: str, importing: Callable[..., str]):
    make, sentence = MODELS[case]
    found = importing(make().SerializeToString())
    assert sentence in found
    assert ";" in found, "no remedy"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is empty, so it is no ONNX model; export or copy it again"),
        (b"not a model at all", "is no ONNX model, or was cut short or damaged"),
        (b"\x08\x08", "does not say which opset of ONNX it uses"),
    ],
)
def test_files_that_are_no_models(data: bytes, sentence: str, importing: Callable[..., str]):
    assert sentence in importing(data)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.99])
def test_truncated_file(part: float, importing: Callable[..., str]):
    data = layer().SerializeToString()
    sentence = importing(data[: int(part * len(data))])
    assert "was cut short or damaged; export or copy it again" in sentence


def test_damaged_files_never_end_in_a_traceback(tmp_path: Path, run_tool: Callable[..., Any]):
    generator = random.Random(0)
    whole = layer().SerializeToString()
    path = tmp_path / "net.onnx"
    codes: set[int] = set()
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(generator.choice([1, 3])):
            data[generator.randrange(len(data))] = generator.randrange(256)
        path.write_bytes(data)
        ran = run_tool("spatial-import", str(path), "-o", str(tmp_path / "net.mlir"))
        codes.add(ran.code)
        assert len(ran.err.splitlines()) == (1 if ran.code else 0)
    assert codes == {0, 1}


def _external(path: Path) -> None:
    proto = add()
    tensor = proto.graph.initializer[0]
    onnx.external_data_helper.set_external_data(tensor, "weights.bin", offset=0, length=16)
    (path / "weights.bin").write_bytes(tensor.raw_data)
    tensor.ClearField("raw_data")
    (path / "net.onnx").write_bytes(proto.SerializeToString())


def test_external_data(tmp_path: Path, run_tool: Callable[..., Any]):
    _external(tmp_path)
    arguments = [str(tmp_path / "net.onnx"), "-o", str(tmp_path / "net.mlir")]
    weights = tmp_path / "weights.bin"
    ran = run_tool("spatial-import", *arguments)
    assert (ran.code, ran.err) == (0, "")
    (tmp_path / "net.mlir").unlink()
    weights.write_bytes(weights.read_bytes()[:8])
    ran = run_tool("spatial-import", *arguments)
    assert ran.code == 1
    assert (
        f"tensor 'b' lies in bytes 0 to 16 of {weights}, which has 8; copy that file again"
        in ran.err
    )
    weights.unlink()
    ran = run_tool("spatial-import", *arguments)
    assert ran.code == 1
    assert (
        f"the elements of tensor 'b' lie in the file {weights}, which does not exist; put it beside"
        in ran.err
    )
    assert not (tmp_path / "net.mlir").exists()


def test_without_the_package(monkeypatch: pytest.MonkeyPatch, importing: Callable[..., str]):
    def absent(name: str) -> Any:
        raise ImportError(name)

    library.onnx.cache_clear()
    data = add().SerializeToString()
    monkeypatch.setattr(library, "import_module", absent)
    try:
        sentence = importing(data)
    finally:
        library.onnx.cache_clear()
    assert "reading ONNX models needs the package onnx, which is not installed; " in sentence
    assert "pip install 'spatial-opt[onnx]'" in sentence


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--dim", "batch"], "--dim takes a name and a whole number from 1 on, as in batch=1"),
        (["--dim", "batch=0"], "got 'batch=0'"),
        (["--dim", "b=1", "--dim", "b=2"], "--dim gives b twice; give it once"),
        (
            ["--dim", "b=1"],
            "no input has the dimension 'b' of --dim; none has a name, write x[0]=1",
        ),
        (["-o", "net.txt"], "net.txt does not end in .mlir, as IR does; name it so"),
        (["-o", "nowhere/net.mlir"], "there is no folder nowhere"),
        (["--format", "int8"], "no recurrent or linear layer outside of loops"),
        (["--calibrate", "x.npz"], "leave --format and --calibrate out"),
        (
            ["-o", "net.mlir", "--calibrate", "net.safetensors"],
            "the weights would take the place of the examples net.safetensors; choose another",
        ),
    ],
)
def test_arguments_that_are_refused(
    arguments: list[str], sentence: str, importing: Callable[..., str]
):
    assert sentence in importing(add().SerializeToString(), *arguments)


def test_paths_that_are_refused(tmp_path: Path, run_tool: Callable[..., Any]):
    for path, sentence in (
        (tmp_path, "is no network of another tool, going by its suffix; they end in .onnx"),
        (tmp_path / "net.pb", "is no network of another tool"),
        (tmp_path / "net.onnx", "No such file or directory"),
    ):
        ran = run_tool("spatial-import", str(path), "-o", str(tmp_path / "net.mlir"))
        assert ran.code == 1
        assert sentence in ran.err
    (tmp_path / "folder.onnx").mkdir()
    ran = run_tool("spatial-import", str(tmp_path / "folder.onnx"), "-o", "net.mlir")
    assert "is a folder; name an .onnx file in it" in ran.err


def test_examples_that_do_not_fit(tmp_path: Path, run_tool: Callable[..., Any]):
    path = tmp_path / "net.onnx"
    path.write_bytes(layer().SerializeToString())

    def refused(**arrays: Any) -> str:
        np.savez(tmp_path / "x.npz", **arrays)
        arguments = ["--format", "int8", "--calibrate", str(tmp_path / "x.npz")]
        ran = run_tool("spatial-import", str(path), "-o", str(tmp_path / "net.mlir"), *arguments)
        assert ran.code == 1
        assert not (tmp_path / "net.mlir").exists()
        return ran.err

    x: Arrays = {"X": floats(3, 2, 4)}
    assert "the program has no input 'x', only 'X'" in refused(x=x["X"])
    assert "input 'X' has shape (2, 4), but the program declares (3, 2, 4)" in refused(X=x["X"][0])
    assert "labels" in refused(**x, labels=np.array([0]))


def test_wrong_usage(run_tool: Callable[..., Any]):
    assert run_tool("spatial-import").code == 2
    assert run_tool("spatial-import", "a.onnx").code == 2
    assert run_tool("spatial-import", "a.onnx", "-o", "a.mlir", "--format", "f64").code == 2
    helped = run_tool("spatial-import", "--help")
    assert helped.code == 0
    assert "examples:" in helped.out
