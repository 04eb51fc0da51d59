"""Addresses as people write them, in parts."""
