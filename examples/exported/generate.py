"""
Writes the networks of this folder at any size.

    python examples/exported/generate.py                        # all of them, default sizes
    python examples/exported/generate.py lstm H=64 T=25 -o build
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from networks import NETWORKS, program

FOLDER = Path(__file__).parent


def main(argv: Sequence[str] | None = None) -> int:
    """Write one network, or all of them; return the exit code."""
    parser = argparse.ArgumentParser(description="Write networks as exporters do.")
    parser.add_argument("network", nargs="?", choices=NETWORKS)
    parser.add_argument("sizes", nargs="*", metavar="H=64")
    parser.add_argument("-e", "--element", default="f32", help="f32 or i32")
    parser.add_argument("-o", "--output", type=Path, default=FOLDER, help="a folder")
    arguments = parser.parse_intermixed_args(argv)
    arguments.output.mkdir(parents=True, exist_ok=True)
    try:
        given = (text.split("=") for text in arguments.sizes)
        sizes = {name: int(value) for name, value in given}
        for network in NETWORKS if arguments.network is None else [arguments.network]:
            text, _ = program(network, arguments.element, **sizes)
            path = arguments.output / f"{network}.mlir"
            path.write_text(text, encoding="utf-8")
            print(path)
    except (TypeError, ValueError) as error:
        print(f"generate.py: error: sizes are written like H=64: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
