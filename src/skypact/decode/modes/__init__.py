"""Mode S and ADS-B: receivers' byte streams to frames, frames to columns and reports."""
