"""Lets the tests of this folder import its modules and those of examples/exported."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parents[3] / "examples" / "exported"))
