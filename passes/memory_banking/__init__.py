"""Accesses of declared memories as problems of the banking solver."""
