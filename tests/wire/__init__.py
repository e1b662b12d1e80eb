"""Conversations over raw bytes with servers of every setting, which `make fuzz-wire` runs."""
