"""Bytes to reports, pure: no sockets, no clock, no files."""
