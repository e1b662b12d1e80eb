"""Holding the answers of any server against the contract."""
