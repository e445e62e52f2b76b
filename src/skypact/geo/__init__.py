"""The earth under the picture: the geoid and the borders."""
