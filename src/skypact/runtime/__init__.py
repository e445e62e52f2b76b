"""Wires the stages; the only part that knows them all."""
