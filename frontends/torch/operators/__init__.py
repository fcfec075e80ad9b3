"""Operators of PyTorch by kind."""
