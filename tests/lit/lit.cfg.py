"""A few tests of the real command lines; everything else runs in process under pytest."""

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

# lit defines this name before it runs the file.
config: Any = globals()["config"]

config.name = "spatial-opt"
config.test_format = import_module("lit.formats").ShTest(execute_external=False)
config.suffixes = [".mlir"]
config.test_source_root = str(Path(__file__).parent)
config.test_exec_root = str(Path(__file__).parent)
config.environment["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
