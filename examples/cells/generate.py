"""
Writes the cells of this folder at any size, with weights in a file next to them.

    python examples/cells/generate.py                          # all of them, at their default sizes
    python examples/cells/generate.py mgu H=64 D=32 -o build   # one, at a size, somewhere else

A cell is a text with holes, `templates/<name>.mlir.in`: `${H}` is the size H, and `${4 * H}` what
Python makes of it. Weights are random, even in +-1/sqrt(n) where rows have n elements, and depend
on name and shape only, so that the variants of a cell in other formats share its file.
"""

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt
import safetensors.numpy

FOLDER = Path(__file__).parent

_DEFAULT = {"T": 6, "D": 10, "H": 24}

SIZES: dict[str, dict[str, int]] = {
    "matvec": {"D": 40, "H": 24},
    "matvec_int8": {"D": 40, "H": 24},
    "matvec_mixed8": {"D": 40, "H": 24},
    "lstm_peephole": _DEFAULT | {"P": 12},
    "lstm_peephole_mixed8": _DEFAULT | {"P": 12},
    "lstm_layer_norm": _DEFAULT,
    "lstm_two_layers": _DEFAULT,
    "lstm_bidirectional": _DEFAULT,
    "gru_reset_before": _DEFAULT,
    "gru_reset_after": _DEFAULT,
    "gru_reset_after_mixed8": _DEFAULT,
    "mgu": _DEFAULT,
    "mgu_mixed8": _DEFAULT,
    "sru": {"T": 6, "H": 24},
    "ligru": _DEFAULT,
    "conv_gru": _DEFAULT | {"C": 16, "N": 3},
    "attention": _DEFAULT,
}
"""Default sizes: steps T, inputs D, hidden units H; P projected units, C channels, N taps."""

_HOLE = re.compile(r"\$\{([^}]*)\}")
_PARAMETER = re.compile(r'pattern\.parameter "(\w+)".*: tensor<((?:\d+x)+)\w+>')


def program(cell: str, **sizes: int) -> str:
    """
    Return the text of a cell; sizes that are not given have their default.

    Raises `ValueError` for an unknown cell or size, or a size below one.
    """
    if cell not in SIZES:
        raise ValueError(f"there is no cell {cell!r}; cells are {', '.join(SIZES)}")
    for name, size in sizes.items():
        if name not in SIZES[cell]:
            known = ", ".join(SIZES[cell])
            raise ValueError(f"{cell} has no size {name!r}; its sizes are {known}")
        if size < 1:
            raise ValueError(f"size {name} of {cell} must be at least 1, got {size}")
    values = {**SIZES[cell], **sizes}
    template = (FOLDER / "templates" / f"{cell}.mlir.in").read_text(encoding="utf-8")

    def fill(hole: re.Match[str]) -> str:
        return str(eval(hole[1], {"__builtins__": {}, "float": float}, values))

    return _HOLE.sub(fill, template)


def weights(text: str, seed: int = 0) -> dict[str, npt.NDArray[np.float32]]:
    """Return weights for all parameters of a cell's text, the same for the same shapes."""
    found: dict[str, npt.NDArray[np.float32]] = {}
    for name, dimensions in _PARAMETER.findall(text):
        shape = tuple(int(extent) for extent in dimensions.split("x")[:-1])
        generator = np.random.default_rng([seed, crc32(f"{name}{shape}".encode())])
        reach = 1.0 / np.sqrt(shape[-1])
        found[name] = generator.uniform(-reach, reach, shape).astype(np.float32)
    return found


def write(cell: str, folder: Path, **sizes: int) -> Path:
    """Write a cell and its weights into a folder; return the path of the cell."""
    text = program(cell, **sizes)
    path = folder / f"{cell}.mlir"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    file = re.search(r'pattern\.weights = "([^"]+)"', text)
    assert file is not None
    save: Any = getattr(safetensors.numpy, "save_file")
    save(weights(text), str(folder / file[1]))
    return path


def parse_sizes(texts: Sequence[str]) -> Mapping[str, int]:
    """Read sizes such as `H=64`; raises `ValueError` for anything else."""
    sizes: dict[str, int] = {}
    for text in texts:
        name, _, value = text.partition("=")
        if not re.fullmatch(r"\d+", value):
            raise ValueError(f"a size is written like H=64, got {text!r}")
        sizes[name] = int(value)
    return sizes


def main(argv: Sequence[str] | None = None) -> int:
    """Write one cell, or all of them; return the exit code."""
    parser = argparse.ArgumentParser(description="Write cells with their weights.")
    parser.add_argument("cell", nargs="?", help="one of " + ", ".join(SIZES))
    parser.add_argument("sizes", nargs="*", metavar="H=64")
    parser.add_argument("-o", "--output", type=Path, default=FOLDER, help="a folder")
    arguments = parser.parse_intermixed_args(argv)
    try:
        sizes = parse_sizes(arguments.sizes)
        for cell in SIZES if arguments.cell is None else [arguments.cell]:
            print(write(cell, arguments.output, **sizes))
    except ValueError as error:
        print(f"generate.py: error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
