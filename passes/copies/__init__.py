"""The parts of `pattern-eliminate-copies`: what a copy is, what it may become, the rewriting."""
