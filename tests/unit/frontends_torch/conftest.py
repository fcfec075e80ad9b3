"""
Lets the tests of this folder import its modules, and leaves those out that need torch without it.

torch is too large for the extra `test`; tests/conftest.py says at the start whether it is there.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

collect_ignore_glob = [] if find_spec("torch") else ["test_torch_*.py"]
