"""The parts of `pattern-tile`: index arithmetic, what is legal, and the rewriting."""
