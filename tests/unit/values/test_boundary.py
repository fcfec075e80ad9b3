"""Arrays from outside: every way they can be wrong, and files of them."""

from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from xdsl.dialects.builtin import Float8E4M3FNType, f32, i8, i32

from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.array_files import load_arrays, save_arrays
from spatial_opt.runtime.boundary import TensorSpec, bind, random_arrays, sample_count

X = TensorSpec("x", (2, 3), f32)
Q = TensorSpec("quantised", (3,), i8, 10.0)


def test_stored_as_declared():
    got = bind({"x": np.ones((2, 3)), "quantised": [0.04, -20.0, 0.25]}, [X, Q])
    assert got["x"].dtype == np.float32
    # 0.25 * 10 is a tie, which goes to the even 2.
    assert got["quantised"].tolist() == [0, -128, 2]
    assert got["quantised"].dtype == np.int8


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "input 'x' is missing; got nothing"),
        ({"X": np.ones((2, 3))}, "no input 'X', only 'x'; did you mean 'x'"),
        ({"x": np.ones((2, 3)), "z": 1}, "no input 'z', only 'x'"),
        ({"x": np.ones((3, 2))}, r"shape \(3, 2\), but the program declares \(2, 3\)"),
        ({"x": np.ones((7, 2, 3))}, r"shape \(7, 2, 3\)"),
        ({"x": np.ones(())}, r"shape \(\)"),
        ({"x": [["a"] * 3] * 2}, "holds strings, not real numbers"),
        ({"x": np.full((2, 3), None)}, "holds object, not real numbers"),
        ({"x": np.ones((2, 3), complex)}, "holds complex128, not real numbers"),
        ({"x": [[1, 2, 3], [1]]}, "not a regular array"),
    ],
)
def test_wrong_input_is_one_sentence(given: dict[str, Any], message: str):
    with pytest.raises(SpatialError, match=message) as caught:
        bind(given, [X])
    assert "\n" not in str(caught.value)


def test_nan_in_an_integer_format_is_refused_with_its_place():
    with pytest.raises(SpatialError, match=r"'quantised' has 2 NaN \(the first at \[1\]\).*i8"):
        bind({"quantised": [0, np.nan, np.nan]}, [Q])
    kept = bind({"f": [np.nan]}, [TensorSpec("f", (1,), Float8E4M3FNType())])["f"]
    assert np.isnan(kept).all()


def test_more_parameters_than_needed_are_fine_but_not_a_missing_one():
    assert list(bind({"x": np.ones((2, 3)), "y": 1}, [X], "parameter")) == ["x"]
    with pytest.raises(SpatialError, match=r"no parameter 'lstm\.w', only 'lstm\.W'; did you mean"):
        bind({"lstm.w": 1}, [TensorSpec("lstm.W", (), f32)], "parameter")


def test_samples():
    ranks = {"x": 2, "y": 1}
    given = {"x": np.ones((4, 2, 3)), "y": np.ones(3)}
    assert sample_count(given, ranks) == 4
    assert sample_count({"x": np.ones((2, 3))}, ranks) is None
    with pytest.raises(SpatialError, match="'x' has 4, 'y' has 5"):
        sample_count({**given, "y": np.ones((5, 3))}, ranks)
    assert bind({"x": given["x"]}, [X], samples=True)["x"].shape == (4, 2, 3)


@pytest.mark.parametrize("dtype", [np.uint64, np.int64, np.uint8, np.bool_])
def test_integers_saturate(dtype: Any):
    values = np.array([0, 1, 200], np.int64).astype(dtype)
    got = bind({"n": values}, [TensorSpec("n", (3,), i8)])["n"]
    assert got.tolist() == [0, 1, 127 if dtype != np.bool_ else 1]
    big = np.array([2**40, -(2**40), 5])
    stored = bind({"n": big}, [TensorSpec("n", (3,), i32)])["n"]
    assert stored.tolist() == [2**31 - 1, -(2**31), 5]


def test_random_arrays_depend_on_seed_and_name_only():
    first = random_arrays([X, Q], 3)
    assert (random_arrays([Q, X], 3)["x"] == first["x"]).all()
    assert (random_arrays([X], 4)["x"] != first["x"]).any()


@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
def test_files_round_trip(tmp_path: Path, suffix: str):
    path = tmp_path / f"a.{suffix}"
    arrays = {"w": np.arange(6, dtype=np.float32).reshape(2, 3), "i": np.array([1, 2], np.int32)}
    save_arrays(path, arrays)
    loaded = load_arrays(path)
    assert sorted(loaded) == ["i", "w"]
    assert (loaded["w"] == arrays["w"]).all()


def test_short_floats_in_safetensors(tmp_path: Path):
    path = tmp_path / "a.safetensors"
    header = (
        b'{"b":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]},'
        b'"f":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[4,6]}}'
    )
    data = np.array([1.5, -2], ml_dtypes.bfloat16).tobytes()
    data += np.array([0.5, 448], ml_dtypes.float8_e4m3fn).tobytes()
    path.write_bytes(len(header).to_bytes(8, "little") + header + data)
    loaded = load_arrays(path)
    assert loaded["b"].tolist() == [1.5, -2]
    assert loaded["f"].tolist() == [0.5, 448]
    assert bind({"b": loaded["b"]}, [TensorSpec("b", (2,), f32)])["b"].dtype == np.float32


def test_unreadable_files_are_one_sentence(tmp_path: Path):
    good = tmp_path / "good.npz"
    save_arrays(good, {"x": np.ones(100)})
    cut = tmp_path / "cut.npz"
    cut.write_bytes(good.read_bytes()[:200])
    text = tmp_path / "text.npz"
    text.write_text("hello")
    empty = tmp_path / "empty.npz"
    empty.write_bytes(b"")
    pickled = tmp_path / "pickled.npz"
    np.savez(pickled, x=np.array([{}], object))
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"\xff" * 40)
    short = tmp_path / "short.safetensors"
    save_arrays(short, {"x": np.ones(9)})
    short.write_bytes(short.read_bytes()[:-8])
    for path in (cut, text, empty, pickled, broken, short, tmp_path, tmp_path / "none.npz"):
        with pytest.raises(SpatialError, match=str(path)) as caught:
            load_arrays(path)
        assert "\n" not in str(caught.value)
    other = tmp_path / "x.bin"
    other.write_bytes(b"1")
    with pytest.raises(SpatialError, match=r"neither .npz nor .safetensors"):
        load_arrays(other)
