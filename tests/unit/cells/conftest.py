"""Lets the tests of this folder import its module, and the twins what they compute with."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parents[3] / "examples" / "cells"))
