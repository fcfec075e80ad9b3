"""
Writes recurrent layers of any size as rnn IR, with their weights in a file next to it.

    python benchmarks/generate.py lstm --hidden 512 --steps 25 --batch 1 --weights 0 -o lstm.mlir

The layers, and the list of DeepBench problems, are those of `spatial_opt.bench.problems`.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from spatial_opt.bench.problems import CELLS, DEEPBENCH, Problem, generate, make_weights
from spatial_opt.runtime.array_files import save_arrays

__all__ = ["DEEPBENCH", "Problem", "generate", "main", "make_weights"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Write a recurrent layer as rnn IR.")
    parser.add_argument("cell", choices=list(CELLS))
    parser.add_argument("--hidden", type=int, required=True, help="hidden units")
    parser.add_argument("--steps", type=int, required=True, help="time steps")
    parser.add_argument("--batch", type=int, default=1, help="sequences at once")
    parser.add_argument(
        "--input", type=int, help="inputs per step, as many as hidden units if absent"
    )
    parser.add_argument(
        "--weights", type=int, metavar="SEED", help="also write random weights next to the output"
    )
    parser.add_argument("-o", dest="output", type=Path, help="file to write, stdout if absent")
    options = parser.parse_args(arguments)
    if options.weights is not None and options.output is None:
        parser.error("--weights needs -o, the weights are written next to the IR")
    inputs = options.hidden if options.input is None else options.input
    output: Path | None = options.output
    file = None if output is None else output.with_suffix(".safetensors")
    try:
        module = generate(
            options.cell,
            options.hidden,
            options.steps,
            batch=options.batch,
            inputs=inputs,
            weights_file=None if file is None else file.name,
        )
    except ValueError as error:
        parser.error(str(error))
    if output is None or file is None:
        print(module)
        return 0
    output.write_text(str(module) + "\n")
    if options.weights is not None:
        save_arrays(file, make_weights(options.cell, options.hidden, inputs, options.weights))
    return 0


if __name__ == "__main__":
    sys.exit(main())
