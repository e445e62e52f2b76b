"""Twins in memory of every boundary, for tests of this package and of what is built on it."""
