"""Weights and inputs that are missing, misnamed, misshapen, of a wrong type, or no arrays."""

import zipfile
from typing import Any

import numpy as np
import pytest

from spatial_opt.runtime.array_files import save_arrays

W, R = np.zeros((1, 6, 5), np.float32), np.zeros((1, 6, 6), np.float32)
X = np.zeros((4, 1, 5), np.float32)
LEVELS = ["net.mlir", "pattern.mlir", "config.mlir"]
OBJECTS: Any = np.array([[["a"] * 6] * 6], dtype=object)


@pytest.mark.parametrize("model", LEVELS)
@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"W": W}, "bad.npz: parameter 'R' is missing; got 'W'; add it"),
        ({}, "bad.npz: parameter 'W' is missing; got nothing"),
        (
            {"W": W, "r": R},
            "bad.npz: the program has no parameter 'r', only 'W', 'R'; did you mean",
        ),
        ({"W": W, "R": R.astype(str)}, "bad.npz: parameter 'R' holds strings, not real numbers"),
        ({"W": W, "R": R.astype(complex)}, "bad.npz: parameter 'R' holds complex128, not real"),
        ({"W": W, "R": OBJECTS}, "bad.npz holds Python objects, which are not loaded"),
    ],
)
def test_weights(bad: Any, model: str, arrays: dict[str, Any], sentence: str) -> None:
    assert sentence in bad.refused(model, "--weights", bad.arrays(**arrays))


@pytest.mark.parametrize("model", LEVELS)
@pytest.mark.parametrize("shape", [(1, 5, 6), (6, 6), (1, 6, 7), (36,)])
def test_weights_of_another_shape_are_refused_before_compiling(
    bad: Any, model: str, shape: tuple[int, ...]
) -> None:
    name = bad.arrays(W=W, R=np.zeros(shape))
    sentence = bad.refused(model, "--weights", name, "--dump-ir", "steps")
    listed = str(shape)
    assert f"parameter 'R' has shape {listed}, but the program declares (1, 6, 6)" in sentence
    assert "reshape it or change the program" in sentence


def test_weights_of_another_rank_in_a_configuration_that_tells_no_shape(bad: Any) -> None:
    text = bad.text("config.mlir")
    assert '"R" [1, 6, 6]' in text
    model = bad.write("bad.mlir", text.replace('"R" [1, 6, 6]', '"R"'))
    sentence = bad.refused(model, "--weights", bad.arrays(W=W, R=R[0]))
    assert "parameter 'R' has shape [6, 6] of rank 2" in sentence
    assert "takes a tensor of rank 3; reshape it" in sentence


def test_one_parameter_with_two_shapes(bad: Any) -> None:
    sentence = bad.refused(bad.edit("net.mlir", '"R"', '"W"'))
    assert "parameter 'W' is declared as 1x6x5xf32 and as 1x6x6xf32" in sentence


@pytest.mark.parametrize("model", LEVELS)
def test_weights_attribute(bad: Any, model: str) -> None:
    text = bad.text(model)
    for new, sentence in (
        (
            '"nope.safetensors"',
            "there is no file nope.safetensors, which bad.mlir names in",
        ),
        ("7 : i64", "pattern.weights of bad.mlir is 7 : i64, not the name of a file"),
    ):
        bad.write("bad.mlir", text.replace('"w.safetensors"', new))
        assert sentence in bad.refused("bad.mlir")
    bad.write("bad.mlir", text.replace("pattern.weights =", "other ="))
    assert "bad.mlir has parameters ('W', 'R') but names no weights file" in bad.refused("bad.mlir")


@pytest.mark.parametrize("which", ["W", "R"])
def test_nan_in_an_integer_format(bad: Any, which: str) -> None:
    arrays = {"W": W.copy(), "R": R.copy()}
    arrays[which][0, 2, 3] = np.nan
    sentence = bad.refused("net.mlir", "--format", "int8", "--weights", bad.arrays(**arrays))
    assert f"parameter '{which}' has 1 NaN (the first at [0, 2, 3])" in sentence
    assert "format i8 can't hold; replace them or choose a float format" in sentence


def test_nan_in_inputs(bad: Any) -> None:
    name = bad.arrays(x=np.full(X.shape, np.nan))
    assert "input 'x' has 20 NaN" in bad.refused("net.mlir", "--format=int8", "--inputs", name)
    assert bad.run("net.mlir", "--format=f32", "--inputs", name).code == 0


@pytest.mark.parametrize("number", [np.inf, 1e300, 1e-45, 1e-300])
@pytest.mark.parametrize("format", ["int8", "mixed8"])
def test_numbers_of_any_size_have_a_scale(bad: Any, number: float, format: str) -> None:
    ran = bad.run(
        "net.mlir", "--format", format, "--inputs", bad.arrays(x=np.full(X.shape, number))
    )
    assert (ran.code, ran.err) == (0, "")


@pytest.mark.parametrize("model", LEVELS)
@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        (
            {"x": X[:, :, :4]},
            "input 'x' has shape (4, 1, 4), but the program declares (4, 1, 5)",
        ),
        (
            {"x": np.zeros((3, 4, 1, 6))},
            "input 'x' has shape (3, 4, 1, 6), but the program",
        ),
        ({"x": np.zeros((0, 4, 1, 5))}, "input 'x' holds no sample; pass one or more"),
        ({"X": X}, "the program has no input 'X', only 'x'; did you mean 'x'?"),
        ({"x": X, "zzz": X}, "the program has no input 'zzz', only 'x'"),
        ({}, "input 'x' is missing; got nothing; add it"),
        ({"x": X.astype(str)}, "input 'x' holds strings, not real numbers"),
        ({"x": X.astype(complex)}, "input 'x' holds complex128, not real numbers"),
        (
            {"x": X, "labels": np.zeros(3, int)},
            "there are 3 labels, but no input has a",
        ),
        (
            {"x": np.zeros((3, *X.shape)), "labels": np.zeros(2, int)},
            "there are 2 labels for 3 samples of inputs; give one label per sample",
        ),
        (
            {"x": np.zeros((3, *X.shape)), "labels": np.zeros((3, 1), int)},
            "'labels' has shape (3, 1) and holds int64; give one whole number per sample",
        ),
        (
            {"x": np.zeros((3, *X.shape)), "labels": np.array(["a", "b", "c"])},
            "'labels' has shape (3,) and holds <U1",
        ),
    ],
)
def test_inputs(bad: Any, model: str, arrays: dict[str, Any], sentence: str) -> None:
    found = bad.refused(model, "--inputs", bad.arrays(**arrays))
    assert found.startswith("bad.npz: ")
    assert sentence in found


def test_labels_that_are_no_classes(bad: Any) -> None:
    name = bad.arrays(x=np.zeros((3, *X.shape)), labels=np.array([0, 99, 1]))
    sentence = bad.refused("net.mlir", "--inputs", name)
    assert "1 of the labels, such as 99, are none of the 24 classes" in sentence


def with_initial_state(bad: Any) -> str:
    """Write the network with its first state as an input."""
    text = (
        bad.text("net.mlir")
        .replace('"x"})', '"x"}, %h0 : tensor<1x1x6xf32> {pattern.name = "h0"})')
        .replace("%r hidden", "%r initial_h %h0 hidden")
    )
    text = text.replace("tensor<1x6x6xf32>)\n", "tensor<1x6x6xf32>, tensor<1x1x6xf32>)\n")
    return bad.write("bad.mlir", text)


def test_inputs_that_only_fill_memories(bad: Any) -> None:
    with_initial_state(bad)
    saved = bad.tool("spatial-opt", "bad.mlir", "-p", "unfused{format=f32 hu=2}", "-o", "c.mlir")
    assert (saved.code, saved.err) == (0, "")
    assert 'init input "h0" [1, 1, 6] ' in bad.text("c.mlir")
    for model in ("bad.mlir", "c.mlir"):
        for shape in ((1, 6), (1, 1, 5), (1, 6, 1)):
            name = bad.arrays(x=X, h0=np.zeros(shape))
            sentence = bad.refused(model, "--inputs", name)
            assert f"input 'h0' has shape {shape}, but the program declares (1, 1, 6)" in sentence
        assert bad.run(model, "--inputs", bad.arrays(x=X, h0=np.zeros((1, 1, 6)))).code == 0


def test_inputs_that_disagree_about_the_samples(bad: Any) -> None:
    with_initial_state(bad)
    name = bad.arrays(x=np.zeros((3, *X.shape)), h0=np.zeros((2, 1, 1, 6)))
    sentence = bad.refused("bad.mlir", "--inputs", name)
    assert "disagree about the number of samples: 'x' has 3, 'h0' has 2" in sentence


@pytest.mark.parametrize("option", ["--inputs", "--weights"])
def test_files_that_are_not_what_they_say(bad: Any, option: str) -> None:
    good = (bad.folder / "x.npz").read_bytes()
    np.save(bad.folder / "a.npy", X)
    damaged = bytearray(good)
    damaged[150] ^= 255
    with zipfile.ZipFile(bad.folder / "zip.npz", "w") as archive:
        archive.writestr("x.npy", "no array")
    weights = (bad.folder / "w.safetensors").read_bytes()
    bad.write("cut.safetensors", weights[:150])
    (bad.folder / "folder.npz").mkdir()
    for name, sentence in (
        (bad.write("text.npz", "hello"), "text.npz starts with b'hello', so it is no .npz file"),
        (bad.write("empty.npz", ""), "empty.npz is empty, so it is no .npz file"),
        (bad.write("cut.npz", good[:200]), "cut.npz can't be read as .npz: File is not a zip file"),
        (bad.write("damaged.npz", bytes(damaged)), "damaged.npz can't be read as .npz: Bad CRC-32"),
        (bad.write("one.npz", (bad.folder / "a.npy").read_bytes()), "one.npz is a single array"),
        ("a.npy", "a.npy is neither .npz nor .safetensors"),
        ("zip.npz", ".npz"),
        ("cut.safetensors", "cut.safetensors can't be read as .safetensors: "),
        (
            bad.write("text.safetensors", "hello"),
            "text.safetensors can't be read as .safe",
        ),
        ("folder.npz", "folder.npz is a folder; name a .npz or .safetensors file in it"),
        ("none.npz", "there is no file none.npz; that folder has "),
        ("net.mlir", "net.mlir is neither .npz nor .safetensors"),
    ):
        assert sentence in bad.refused("net.mlir", option, name)


def test_the_inputs_of_another_model(bad: Any) -> None:
    name = bad.arrays(x=np.zeros((10, 8, 1, 8)), labels=np.zeros(10, int))
    sentence = bad.refused("net.mlir", "--inputs", name)
    assert (
        "input 'x' has shape (10, 8, 1, 8), but the program declares (4, 1, 5) (or (n, 4"
        in sentence
    )


def test_what_is_written_can_be_read_again(bad: Any) -> None:
    save_arrays(bad.folder / "x.safetensors", {"x": X})
    for name in ("y.npz", "y.safetensors"):
        assert bad.run("net.mlir", "--inputs", "x.safetensors", "--outputs", name).code == 0
        assert (bad.folder / name).is_file()
