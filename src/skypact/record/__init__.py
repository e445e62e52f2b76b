"""Replay and what a run leaves behind: batches by receive stamp, clocks, Parquet, the summary."""
