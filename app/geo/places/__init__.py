"""The named businesses of a map."""
