"""The parts of `pattern-simplify`: each looks at one kind of superfluous work."""
