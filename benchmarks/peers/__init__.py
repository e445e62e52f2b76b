"""Other trackers on the same reports, by the same metrics: ``python -m benchmarks.peers``."""
