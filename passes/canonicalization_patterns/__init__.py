"""
Canonicalisation patterns, one module per group of operations.

Operations reach them through their traits; `canonicalize` and `pattern-simplify` apply them.
"""
